//! The message ids of one chat seen so far, small in memory for the ids that exports hold.

use std::collections::BTreeMap;

/// Blocks of 65,536 ids of which at least one was seen; at most some 64 MiB in all.
const BLOCKS_MAX: usize = 1 << 18;
/// Ids remembered at most, at two bytes each.
const IDS_MAX: usize = 1 << 24;

/// What is known of an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    /// It was not seen before.
    New,
    /// It was.
    Again,
    /// Too many ids to remember: nobody knows.
    Unknown,
}

/// A set of ids in sorted blocks. Ids of an export mostly ascend, so adding is mostly appending.
#[derive(Default)]
pub(super) struct Ids {
    blocks: BTreeMap<i64, Vec<u16>>,
    count: usize,
}

impl Ids {
    /// Adds an id and says whether it was there.
    pub fn add(&mut self, id: i64) -> Seen {
        let (high, low) = (id >> 16, id as u16);
        let full = self.count >= IDS_MAX || self.blocks.len() >= BLOCKS_MAX;
        let found = match self.blocks.get(&high) {
            Some(block) => match block.last() {
                Some(last) if *last < low => Err(block.len()),
                _ => block.binary_search(&low),
            },
            None => Err(0),
        };
        match found {
            Ok(_) => Seen::Again,
            Err(_) if full => Seen::Unknown,
            Err(at) => {
                self.blocks.entry(high).or_default().insert(at, low);
                self.count += 1;
                Seen::New
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(ids in proptest::collection::vec(
            prop_oneof![-9i64..9, any::<i64>(), 65_530i64..65_540], 0..40)) {
            let mut ours = Ids::default();
            let mut theirs = BTreeSet::new();
            for id in ids {
                prop_assert_eq!(ours.add(id) == Seen::New, theirs.insert(id));
            }
        }
    }
}
