//! Whether an exhibit holds the data of a simulated network.
//!
//! Invented data says so four times (`docs/twin.md`): in a field of every record, in its
//! identifiers, in a signed manifest and in the pixels of its photos. The first two are seen here,
//! record by record: the field, and identifiers of ranges that are nobody's.
//!
//! A real case admits no such exhibit. One test SIM in an operator's table is no simulation, so
//! identifiers alone count only where at least half of those that can be told are of such ranges.

use emma_model::{Record, RecordKind};

/// Why a real case did not read an exhibit, as an anomaly's kind.
pub const REFUSED: &str = "synthetic.refused";
/// What an exhibit of a synthetic case lacks, as an anomaly's kind.
pub const STRIPPED: &str = "synthetic.mark_stripped";

/// Names that belong to nobody (RFC 2606, RFC 6761).
const DOMAINS: [&str; 6] =
    [".example", "@example.com", "@example.org", "@example.net", ".test", ".invalid"];
/// Lengths of IMEI (14 to 16), IMSI (15) and ICCID (18 to 20), in digits.
const DIGITS: std::ops::RangeInclusive<usize> = 14..=20;

/// What a line before a table's header says.
const HEAD_MARK: &[u8] = b"SYNTHETIC DATA";
/// How much of a member's first bytes is looked at for it.
const HEAD_BYTES: usize = 256;

/// Counts of one exhibit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Records whose own field, and tables whose first line, says that they are synthetic.
    pub said: u64,
    /// Identifiers that can be told: handles, numbers of devices and SIMs, plates.
    pub told: u64,
    /// Those of them that are of reserved and test ranges.
    pub reserved: u64,
}

impl Marks {
    /// Looks at one record.
    pub fn record(&mut self, record: &Record<'_>) {
        for handle in record.from.iter().chain(&record.to) {
            self.identifier(handle, record.kind);
        }
        let mut said = false;
        for (name, value) in &record.extra {
            said |= name.eq_ignore_ascii_case("synthetic") && matches!(&**value, "true" | "1");
            said |= value == "SYNTHETIC";
            if DIGITS.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit()) {
                self.identifier(value, record.kind);
            }
        }
        self.said += u64::from(said);
    }

    /// Looks at the first bytes of a member that carry structure: a table may say it in a line
    /// before its header.
    pub fn head(&mut self, raw: &[u8]) {
        let head = &raw[..raw.len().min(HEAD_BYTES)];
        let says = head.windows(HEAD_MARK.len()).any(|bytes| bytes == HEAD_MARK);
        self.said += u64::from(says);
    }

    fn identifier(&mut self, value: &str, kind: RecordKind) {
        self.told += 1;
        self.reserved += u64::from(is_reserved(value, kind));
    }

    /// Whether the identifiers alone say that the data is invented.
    pub fn by_identifiers(&self) -> bool {
        self.reserved > 0 && self.reserved >= self.told - self.reserved
    }

    /// Whether the exhibit holds invented data.
    pub fn synthetic(&self) -> bool {
        self.said > 0 || self.by_identifiers()
    }

    /// Whether invented data lacks the field that says so.
    pub fn stripped(&self) -> bool {
        self.said == 0 && self.by_identifiers()
    }

    /// What was seen, for people.
    pub fn describe(&self) -> String {
        format!(
            "{} records or first lines say so; {} of {} identifiers are of reserved or test ranges",
            self.said, self.reserved, self.told
        )
    }
}

/// Whether an identifier is of a range that is nobody's: a handle of a reserved domain, an IMEI of
/// test equipment (reporting body 00), an IMSI of a test network (MCC 001), an ICCID of a country
/// code that is not assigned (999), a plate that no issuer uses (`QI`).
fn is_reserved(value: &str, kind: RecordKind) -> bool {
    if value.bytes().all(|byte| byte.is_ascii_digit()) && DIGITS.contains(&value.len()) {
        return match value.len() {
            14..=16 => value.starts_with("0010"),
            _ => value.starts_with("89999"),
        };
    }
    if kind == RecordKind::Location && value.get(..2) == Some("QI") {
        return value[2..].starts_with(|c: char| c == '-' || c == ' ' || c.is_ascii_digit());
    }
    DOMAINS.iter().any(|domain| {
        let tail = value.len().checked_sub(domain.len()).and_then(|at| value.get(at..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(domain))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen<'s> = (RecordKind, &'s str, &'s [(&'s str, &'s str)]);

    fn marks(records: &[Seen<'_>]) -> Marks {
        let mut marks = Marks::default();
        for (kind, from, extra) in records {
            let mut record = Record::new(*kind, "n");
            record.from =
                Some((*from).into()).filter(|from: &std::borrow::Cow<'_, str>| !from.is_empty());
            record.extra = extra.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            marks.record(&record);
        }
        marks
    }

    #[test]
    fn reserved_ranges_are_told_from_others() {
        use RecordKind::{Event, Location, Message};
        for (kind, value) in [
            (Message, "grey.heron@phone.example"),
            (Message, "A@PHONE.EXAMPLE"),
            (Message, "owl@nest.test"),
            (Message, "owl@example.com"),
            (Event, "001010000000001"),
            (Event, "001017000000018"),
            (Event, "00101700000001"),
            (Event, "8999900000000000017"),
            (Location, "QI-123-A"),
            (Location, "QI12 ABA"),
            (Location, "QI AB 12"),
        ] {
            assert!(is_reserved(value, kind), "{value}");
        }
        for (kind, value) in [
            (Message, "grey.heron"),
            (Message, "owl@nest.org"),
            (Message, "example"),
            (Message, "QI-123-A"),
            (Event, "490154203237518"),
            (Event, "234100000000001"),
            (Event, "8944100000000000017"),
            (Event, "001"),
            (Location, "QIX 1"),
            (Location, "AB-123-C"),
            (Location, "Ǻ1"),
        ] {
            assert!(!is_reserved(value, kind), "{value}");
        }
    }

    #[test]
    fn the_field_counts_once_and_identifiers_by_halves() {
        use RecordKind::Message;
        let said = marks(&[(Message, "anna", &[("SYNTHETIC", "1")]), (Message, "bo", &[])]);
        assert_eq!((said.said, said.synthetic(), said.stripped()), (1, true, false));
        let unsaid = marks(&[(Message, "anna", &[("synthetic", "false")])]);
        assert!(!unsaid.synthetic());
        let half = marks(&[(Message, "a@phone.example", &[]), (Message, "bo", &[])]);
        assert!(half.synthetic() && half.stripped());
        let one_of_three = marks(&[
            (Message, "a", &[("imei", "001017000000018")]),
            (Message, "b", &[]),
            (Message, "c", &[]),
        ]);
        assert!(!one_of_three.synthetic(), "a test device among others");
        assert!(!marks(&[]).synthetic());
        assert!(marks(&[(Message, "anna", &[("Ref", "SYNTHETIC")])]).synthetic(), "any column");
        let mut table = Marks::default();
        table.head(b"# SYNTHETIC DATA;operator B\r\n");
        assert!(table.synthetic());
    }
}
