//! What an authority lets its reader see: the reference that every faster filter must equal.
//!
//! A row is tested in a fixed order (source, handle, territory, period) and withheld under the
//! first test it fails, so that the counts by reason add up to the rows withheld.

use crate::row::MessageRow;
use emma_model::Micros;
use std::collections::BTreeSet;

/// The limits an authority sets on rows. `None` means no limit of that kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    /// Sources whose copies may be shown. A version is shown if one of its copies is from these.
    pub sources: Option<BTreeSet<String>>,
    /// Handles: the sender or a named recipient must be one, spelled by the mapping's case rule.
    pub handles: Option<BTreeSet<String>>,
    /// Countries (ISO 3166-1 alpha-2).
    pub territory: Option<BTreeSet<String>>,
    /// Message times covered: from the first microsecond, up to but without the second.
    pub period: Option<(Micros, Micros)>,
}

/// Whether a row may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It may.
    Visible,
    /// It may not, for the first reason found.
    Withheld(Reason),
}

/// Why a row is withheld. The number is stable within a run (it fits the bits of a byte column).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Reason {
    /// No copy is from the authority's sources.
    Source = 1,
    /// Neither sender nor named recipients are listed.
    Handle = 2,
    /// The row names no party at all.
    HandleUnknown = 3,
    /// Another country.
    Territory = 4,
    /// The row names no country.
    TerritoryUnknown = 5,
    /// Wholly outside the period.
    Period = 6,
    /// Its time bounds reach out of the period.
    TimeUncertain = 7,
    /// It has no time.
    Undated = 8,
}

impl Reason {
    /// All reasons, by number.
    pub const ALL: [Reason; 8] = [
        Reason::Source,
        Reason::Handle,
        Reason::HandleUnknown,
        Reason::Territory,
        Reason::TerritoryUnknown,
        Reason::Period,
        Reason::TimeUncertain,
        Reason::Undated,
    ];

    /// The reason with number `n`; 0 stands for a visible row.
    pub fn from_u8(n: u8) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| *reason as u8 == n)
    }

    /// The words shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Source => "source",
            Reason::Handle => "handle",
            Reason::HandleUnknown => "handle unknown",
            Reason::Territory => "territory",
            Reason::TerritoryUnknown => "territory unknown",
            Reason::Period => "period",
            Reason::TimeUncertain => "time uncertain",
            Reason::Undated => "undated",
        }
    }
}

impl View {
    /// True where nothing is withheld.
    pub fn is_open(&self) -> bool {
        *self == View::default()
    }

    /// True where rows of the sources it opens may be withheld.
    pub fn limits_rows(&self) -> bool {
        self.handles.is_some() || self.territory.is_some() || self.period.is_some()
    }

    /// Whether `row` may be shown, and if not, why.
    pub fn judge(&self, row: &MessageRow) -> Verdict {
        let reason = self
            .judge_sources(&row.sources)
            .or_else(|| self.judge_handles(row.from.as_deref(), &row.to))
            .or_else(|| self.judge_territory(row.territory.as_deref()))
            .or_else(|| self.judge_period(row.lo, row.hi));
        reason.map_or(Verdict::Visible, Verdict::Withheld)
    }

    /// Tests the sources of the copies that witness a version.
    pub fn judge_sources(&self, sources: &[String]) -> Option<Reason> {
        let allowed = self.sources.as_ref()?;
        let shown = sources.iter().any(|source| allowed.contains(source));
        (!shown).then_some(Reason::Source)
    }

    /// Tests sender and named recipients.
    pub fn judge_handles(&self, from: Option<&str>, to: &[String]) -> Option<Reason> {
        let listed = self.handles.as_ref()?;
        if from.is_none() && to.is_empty() {
            return Some(Reason::HandleUnknown);
        }
        let shown = from.is_some_and(|handle| listed.contains(handle))
            || to.iter().any(|handle| listed.contains(handle));
        (!shown).then_some(Reason::Handle)
    }

    /// Tests the country.
    pub fn judge_territory(&self, territory: Option<&str>) -> Option<Reason> {
        let listed = self.territory.as_ref()?;
        match territory {
            None => Some(Reason::TerritoryUnknown),
            Some(country) => (!listed.contains(country)).then_some(Reason::Territory),
        }
    }

    /// Tests the time bounds.
    pub fn judge_period(&self, lo: Option<Micros>, hi: Option<Micros>) -> Option<Reason> {
        let (from, until) = self.period?;
        let (Some(lo), Some(hi)) = (lo, hi) else {
            return Some(Reason::Undated);
        };
        if hi < from || lo >= until {
            Some(Reason::Period)
        } else if lo < from || hi >= until {
            Some(Reason::TimeUncertain)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::State;
    use emma_model::{Clock, Digest, ExhibitId, MemberPath, MessageId, RecordId, RecordKind, Zone};

    fn row() -> MessageRow {
        let exhibit = ExhibitId(Digest::of(b"x"));
        let record = RecordId::span(exhibit, MemberPath::default(), 0, 1);
        MessageRow {
            sort: Some(100),
            id: MessageId::Record(record.clone()),
            version: 0,
            versions: 1,
            state: State::Single,
            kind: RecordKind::Message,
            network: "radio".into(),
            from: Some("greyheron".into()),
            to: vec!["bluetit".into(), "wren".into()],
            conversation: Some("ring".into()),
            lo: Some(100),
            hi: Some(200),
            zone: Zone::Declared,
            clock: Clock::Sent,
            inferred: false,
            text: None,
            territory: Some("NL".into()),
            reply_to: None,
            records: vec![record],
            sources: vec!["feed".into(), "phone".into()],
        }
    }

    fn set(words: &[&str]) -> Option<BTreeSet<String>> {
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn check(view: &View, row: &MessageRow, expected: Option<Reason>) {
        let verdict = expected.map_or(Verdict::Visible, Verdict::Withheld);
        assert_eq!(view.judge(row), verdict);
    }

    #[test]
    fn an_open_view_shows_everything() {
        assert!(View::default().is_open());
        check(&View::default(), &row(), None);
    }

    #[test]
    fn one_witness_from_a_listed_source_is_enough() {
        check(&View { sources: set(&["phone"]), ..View::default() }, &row(), None);
        let view = View { sources: set(&["other"]), ..View::default() };
        check(&view, &row(), Some(Reason::Source));
    }

    #[test]
    fn sender_or_named_recipient_is_listed_and_being_in_the_room_is_not_enough() {
        let view = |handle| View { handles: set(&[handle]), ..View::default() };
        check(&view("greyheron"), &row(), None);
        check(&view("wren"), &row(), None);
        check(&view("ring"), &row(), Some(Reason::Handle));
        check(&view("Wren"), &row(), Some(Reason::Handle));
        let nobody = MessageRow { from: None, to: vec![], ..row() };
        check(&view("wren"), &nobody, Some(Reason::HandleUnknown));
    }

    #[test]
    fn a_country_is_listed_or_unknown() {
        let view = View { territory: set(&["NL", "BE"]), ..View::default() };
        check(&view, &row(), None);
        check(
            &view,
            &MessageRow { territory: Some("FR".into()), ..row() },
            Some(Reason::Territory),
        );
        check(&view, &MessageRow { territory: None, ..row() }, Some(Reason::TerritoryUnknown));
    }

    #[test]
    fn bounds_lie_inside_the_period_or_straddle_it_or_lie_outside() {
        let check = |period, expected| {
            check(&View { period: Some(period), ..View::default() }, &row(), expected);
        };
        check((100, 201), None);
        check((100, 200), Some(Reason::TimeUncertain));
        check((101, 300), Some(Reason::TimeUncertain));
        check((200, 300), Some(Reason::TimeUncertain));
        check((201, 300), Some(Reason::Period));
        check((0, 100), Some(Reason::Period));
        let view = View { period: Some((0, 300)), ..View::default() };
        let undated = MessageRow { lo: None, hi: None, ..row() };
        assert_eq!(view.judge(&undated), Verdict::Withheld(Reason::Undated));
    }

    #[test]
    fn the_first_failing_test_gives_the_reason() {
        let view = View {
            sources: set(&["other"]),
            handles: set(&["nobody"]),
            territory: set(&["FR"]),
            period: Some((0, 1)),
        };
        check(&view, &row(), Some(Reason::Source));
        check(&View { sources: None, ..view.clone() }, &row(), Some(Reason::Handle));
    }

    #[test]
    fn reasons_have_stable_numbers() {
        for (at, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at + 1);
            assert_eq!(Reason::from_u8(reason as u8), Some(reason));
        }
        assert_eq!(Reason::from_u8(0), None);
    }
}
