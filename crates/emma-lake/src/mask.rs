//! Rows of an immutable file that a snapshot leaves out.

/// A sorted set of row numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mask {
    rows: Vec<u32>,
}

impl Mask {
    /// No rows.
    pub const NONE: Mask = Mask { rows: Vec::new() };

    /// The set of `rows`, in any order, repeated or not.
    pub fn new(mut rows: Vec<u32>) -> Mask {
        rows.sort_unstable();
        rows.dedup();
        Mask { rows }
    }

    /// The row numbers, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// How many rows are left out.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where every row counts.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True where `row` is left out.
    pub fn contains(&self, row: u32) -> bool {
        self.rows.binary_search(&row).is_ok()
    }

    /// How many rows below `row` are left out.
    pub fn rank(&self, row: u32) -> usize {
        self.rows.partition_point(|masked| *masked < row)
    }

    /// The union with more rows.
    pub fn with(&self, more: &[u32]) -> Mask {
        let mut rows = self.rows.clone();
        rows.extend_from_slice(more);
        Mask::new(rows)
    }
}
