//! The loss ledger of one reading: every byte of every member, accounted for.
//!
//! For a text member the spans of its items must add up to exactly the bytes that were
//! unpacked. The reading is refused (a bug in a parser, not a property of the data) where they
//! do not: a ledger that does not balance never becomes a receipt.

use emma_model::record::MemberEnd;
use emma_model::{Item, ItemClass, MemberPath, Place, RecordKind};
use std::collections::BTreeMap;

/// Members listed one by one in a ledger; the rest are counted together.
pub const MEMBERS_LISTED_MAX: usize = 10_000;

/// Totals of one reading of one exhibit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Items by class, in the order record, framing, anomaly, blob.
    pub items: [u64; 4],
    /// Bytes by class, in the same order.
    pub bytes: [u64; 4],
    /// Records by kind, by [`RecordKind`] number.
    pub kinds: [u64; RecordKind::ALL.len()],
    /// Anomalies by kind, those on good records and on members included.
    pub anomalies: BTreeMap<&'static str, u64>,
    /// Members in the order they ended, the first [`MEMBERS_LISTED_MAX`].
    pub members: Vec<MemberEnd>,
    /// Members beyond those listed.
    pub members_unlisted: u64,
    /// Unpacked bytes of all members that hold items (containers count through their members).
    pub unpacked: u64,
    open: Option<(MemberPath, u64)>,
}

/// The spans of a member do not add up to its bytes: a bug in its parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parser {parser} accounted for {accounted} of {bytes} bytes of a member")]
pub struct Unbalanced {
    /// The parser.
    pub parser: String,
    /// Bytes in items.
    pub accounted: u64,
    /// Bytes unpacked.
    pub bytes: u64,
}

impl Ledger {
    /// Enters one item.
    pub fn item(&mut self, item: &Item<'_>) {
        let class = item.class as usize - 1;
        let length = match &item.place {
            Place::Span { length, .. } => *length,
            Place::Row { .. } => 0,
        };
        self.items[class] += 1;
        self.bytes[class] += length;
        match &mut self.open {
            Some((member, bytes)) if member == item.member => *bytes += length,
            other => *other = Some((item.member.clone(), length)),
        }
        if let (ItemClass::Record, Some(record)) = (item.class, &item.record) {
            self.kinds[record.kind as usize] += 1;
        }
        for anomaly in &item.anomalies {
            *self.anomalies.entry(anomaly.kind.0).or_default() += 1;
        }
    }

    /// Enters the end of a member and checks that its bytes balance.
    pub fn member_end(&mut self, end: MemberEnd) -> Result<(), Unbalanced> {
        for anomaly in &end.anomalies {
            *self.anomalies.entry(anomaly.kind.0).or_default() += 1;
        }
        // Containers have no items of their own: they account by member.
        if let Some((_, accounted)) = self.open.take_if(|(member, _)| *member == end.path) {
            if accounted != end.bytes {
                return Err(Unbalanced { parser: end.parser, accounted, bytes: end.bytes });
            }
            self.unpacked += end.bytes;
        }
        if self.members.len() < MEMBERS_LISTED_MAX {
            self.members.push(end);
        } else {
            self.members_unlisted += 1;
        }
        Ok(())
    }

    /// Nothing of the exhibit came into the case, for a reason called `kind`: its bytes stay
    /// accounted for, records and what was odd about them no longer count.
    pub fn refuse(&mut self, kind: &'static str) {
        self.kinds = Default::default();
        self.anomalies = BTreeMap::from([(kind, 1)]);
    }

    /// Records of all kinds.
    pub fn records(&self) -> u64 {
        self.items[0]
    }

    /// Leaves of the record tree.
    pub fn leaves(&self) -> u64 {
        self.items.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emma_model::{Anomaly, Digest};

    fn span(member: &MemberPath, offset: u64, length: u64, class: ItemClass) -> Item<'_> {
        Item {
            member,
            place: Place::Span { offset, length },
            class,
            raw: &[],
            line: 0,
            record: None,
            anomalies: vec![],
        }
    }

    fn end(path: MemberPath, bytes: u64) -> MemberEnd {
        MemberEnd {
            media: "",
            path,
            name: String::new(),
            parser: "p".into(),
            bytes,
            digest: Digest([0; 32]),
            anomalies: vec![Anomaly::new("zip.truncated", "")],
        }
    }

    #[test]
    fn a_member_whose_spans_add_up_balances() {
        let inner = MemberPath(vec![0]);
        let mut ledger = Ledger::default();
        ledger.item(&span(&inner, 0, 3, ItemClass::Record));
        ledger.item(&span(&inner, 3, 1, ItemClass::Framing));
        ledger.member_end(end(inner, 4)).unwrap();
        ledger.member_end(end(MemberPath::default(), 900)).unwrap();
        assert_eq!((ledger.unpacked, ledger.bytes), (4, [3, 1, 0, 0]));
        assert_eq!(ledger.anomalies["zip.truncated"], 2);
    }

    #[test]
    fn a_lost_byte_is_an_error() {
        let member = MemberPath::default();
        let mut ledger = Ledger::default();
        ledger.item(&span(&member, 0, 3, ItemClass::Record));
        let wrong = ledger.member_end(end(member, 4)).unwrap_err();
        assert_eq!((wrong.accounted, wrong.bytes), (3, 4));
    }
}
