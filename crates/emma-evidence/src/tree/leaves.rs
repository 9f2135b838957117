//! The compact list of what each leaf is and where it stands: `leaves`.
//!
//! ```text
//! head  "emma/leaves/v1\n\0"
//! leaf  op (1) · parts that the op announces, in this order:
//!       bit 3  member changes: depth, ordinals
//!       bit 5  row: [bit 4, table changes: length, UTF-8] · row minus the row before, zigzag
//!       else   span: [bit 4: offset minus the end of the span before, zigzag] · length
//! ```
//!
//! Bits 0 to 2 of the op are the class. Numbers are LEB128. A new member starts with the end of
//! the span before, and the row before, at 0, and with the empty table. A span that follows the
//! one before it costs two or three bytes.

use emma_model::{ItemClass, MemberPath, Place};

pub(crate) const LEAVES_MAGIC: &[u8; 16] = b"emma/leaves/v1\n\0";

const CLASS_BITS: u8 = 0b111;
const MEMBER: u8 = 1 << 3;
const JUMP: u8 = 1 << 4;
const ROW: u8 = 1 << 5;

/// A leaf, without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Its number in the tree, from 0.
    pub index: u64,
    /// What it is.
    pub class: ItemClass,
    /// The container member it lies in.
    pub member: MemberPath,
    /// Where in that member.
    pub place: Place,
}

/// What the next leaf is written relative to; the same on both sides.
#[derive(Clone, Debug, Default)]
struct Before {
    started: bool,
    member: MemberPath,
    end: u64,
    table: String,
    row: i64,
}

impl Before {
    fn enter(&mut self) {
        self.started = true;
        self.end = 0;
        self.table.clear();
        self.row = 0;
    }
}

/// Writes the list.
#[derive(Debug, Default)]
pub(super) struct LeavesEncoder {
    before: Before,
}

impl LeavesEncoder {
    pub(super) fn put(
        &mut self,
        out: &mut Vec<u8>,
        class: ItemClass,
        member: &MemberPath,
        place: &Place,
    ) {
        let at = out.len();
        out.push(class as u8);
        if !self.before.started || self.before.member != *member {
            out[at] |= MEMBER;
            self.before.member.clone_from(member);
            self.before.enter();
            put_number(out, member.0.len() as u64);
            for ordinal in &member.0 {
                put_number(out, u64::from(*ordinal));
            }
        }
        match place {
            Place::Span { offset, length } => {
                if *offset != self.before.end {
                    out[at] |= JUMP;
                    put_signed(out, offset.wrapping_sub(self.before.end) as i64);
                }
                put_number(out, *length);
                self.before.end = offset.wrapping_add(*length);
            }
            Place::Row { table, row } => {
                out[at] |= ROW;
                if *table != self.before.table {
                    out[at] |= JUMP;
                    put_number(out, table.len() as u64);
                    out.extend_from_slice(table.as_bytes());
                    self.before.table.clone_from(table);
                }
                put_signed(out, row.wrapping_sub(self.before.row));
                self.before.row = *row;
            }
        }
    }
}

/// Reads the list.
#[derive(Clone, Debug)]
pub(super) struct LeavesDecoder<'a> {
    rest: &'a [u8],
    before: Before,
}

/// A leaf as the decoder stands on it: its member is [`LeavesDecoder::member`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub class: ItemClass,
    pub place: Place,
    pub member_changes: bool,
}

impl<'a> LeavesDecoder<'a> {
    /// `None` where the head is another.
    pub(super) fn new(bytes: &'a [u8]) -> Option<LeavesDecoder<'a>> {
        let rest = bytes.strip_prefix(LEAVES_MAGIC)?;
        Some(LeavesDecoder { rest, before: Before::default() })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn member(&self) -> &MemberPath {
        &self.before.member
    }

    /// The next leaf. `None` at the end, or where the bytes are no leaf.
    pub(super) fn step(&mut self) -> Option<Step> {
        let (&op, rest) = self.rest.split_first()?;
        self.rest = rest;
        let class = ItemClass::from_u8(op & CLASS_BITS)?;
        if op & !(CLASS_BITS | MEMBER | JUMP | ROW) != 0 {
            return None;
        }
        let member_changes = op & MEMBER != 0;
        if member_changes {
            let depth = usize::try_from(self.number()?).ok()?;
            if depth > MemberPath::DEPTH_MAX {
                return None;
            }
            self.before.member.0.clear();
            for _ in 0..depth {
                let ordinal = u32::try_from(self.number()?).ok()?;
                self.before.member.0.push(ordinal);
            }
            self.before.enter();
        } else if !self.before.started {
            return None;
        }
        let place = if op & ROW != 0 {
            if op & JUMP != 0 {
                let length = usize::try_from(self.number()?).ok()?;
                let (table, rest) = self.rest.split_at_checked(length)?;
                self.before.table = std::str::from_utf8(table).ok()?.to_owned();
                self.rest = rest;
            }
            self.before.row = self.before.row.wrapping_add(self.signed()?);
            Place::Row { table: self.before.table.clone(), row: self.before.row }
        } else {
            let jump = if op & JUMP != 0 { self.signed()? } else { 0 };
            let offset = self.before.end.wrapping_add(jump as u64);
            let length = self.number()?;
            self.before.end = offset.wrapping_add(length);
            Place::Span { offset, length }
        };
        Some(Step { class, place, member_changes })
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}

fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_number(out, ((value << 1) ^ (value >> 63)) as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leaves_read_back(list in proptest::collection::vec((
            1u8..5,
            proptest::collection::vec(0u32..3, 0..3),
            prop_oneof![
                (any::<u64>(), any::<u64>())
                    .prop_map(|(offset, length)| Place::Span { offset, length }),
                (0u64..50, 0u64..50)
                    .prop_map(|(offset, length)| Place::Span { offset, length }),
                ("[ab]{0,2}", any::<i64>())
                    .prop_map(|(table, row)| Place::Row { table, row }),
            ],
        ), 0..40)) {
            let mut bytes = LEAVES_MAGIC.to_vec();
            let mut encoder = LeavesEncoder::default();
            for (class, member, place) in &list {
                let class = ItemClass::from_u8(*class).unwrap();
                encoder.put(&mut bytes, class, &MemberPath(member.clone()), place);
            }
            let mut decoder = LeavesDecoder::new(&bytes).unwrap();
            for (class, member, place) in &list {
                let step = decoder.step().unwrap();
                prop_assert_eq!(step.class as u8, *class);
                prop_assert_eq!(&decoder.member().0, member);
                prop_assert_eq!(&step.place, place);
            }
            prop_assert!(decoder.is_at_end());
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let all = [&LEAVES_MAGIC[..], &bytes].concat();
            let mut decoder = LeavesDecoder::new(&all).unwrap();
            while decoder.step().is_some() {}
        }
    }
}
