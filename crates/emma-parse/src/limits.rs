//! What reading hostile input may cost at most.

/// Limits of one reading. They are part of what a reading means: another limit may cut a record
/// elsewhere, so [`crate::Plan::id`] does not cover them and receipts name them apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest record, in bytes. What is longer becomes anomaly chunks of this size.
    pub record_bytes_max: usize,
    /// Deepest nesting of JSON values or XML elements that is read.
    pub json_depth_max: usize,
    /// Deepest nesting of containers that is opened, at most
    /// [`emma_model::MemberPath::DEPTH_MAX`].
    pub container_depth_max: usize,
    /// Most bytes unpacked from one exhibit, all members and levels together.
    pub unpacked_bytes_max: u64,
    /// Most bytes unpacked from one exhibit for each of its own bytes.
    pub unpacked_ratio_max: u64,
    /// Bytes that may be unpacked whatever the ratio says.
    pub unpacked_bytes_free: u64,
    /// Most members of one exhibit, all levels together.
    pub members_max: u64,
    /// Longest member name kept, in bytes; a longer one is cut for display.
    pub name_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes_max: 1 << 20,
            json_depth_max: 128,
            container_depth_max: 16,
            unpacked_bytes_max: 16 << 40,
            unpacked_ratio_max: 1_000,
            unpacked_bytes_free: 256 << 20,
            members_max: 4_000_000,
            name_bytes_max: 4_096,
        }
    }
}

impl Limits {
    /// How much may be unpacked from an exhibit of `bytes` bytes.
    pub fn unpacked_bytes_for(&self, bytes: u64) -> u64 {
        let by_ratio = bytes.saturating_mul(self.unpacked_ratio_max).max(self.unpacked_bytes_free);
        by_ratio.min(self.unpacked_bytes_max)
    }
}
