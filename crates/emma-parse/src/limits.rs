//! What reading hostile input may cost at most.

/// Bytes read of an Outlook file for each of its own, what its blocks lead to counted again
/// each time: a file that is as it should be needs about four.
pub(crate) const PST_READ_RATIO_MAX: u64 = 100;
/// Nodes of an Outlook file that are read: folders, messages and their lists.
pub(crate) const PST_NODES_MAX: usize = 8 << 20;
/// Blocks of one value in an Outlook file: eight gigabytes of them.
pub(crate) const PST_BLOCKS_MAX: usize = 1 << 20;
/// Longest value that is held in memory (a text, a node's heap, a table's rows), in bytes.
pub(crate) const PST_VALUE_BYTES_MAX: usize = 64 << 20;
/// Longest value that is a name, a subject, an address, in bytes.
pub(crate) const PST_TEXT_BYTES_MAX: usize = 64 << 10;
/// Longest value in a table's cell, in bytes.
pub(crate) const PST_CELL_BYTES_MAX: usize = 8 << 10;
/// Folders of an Outlook file.
pub(crate) const PST_FOLDERS_MAX: usize = 100_000;
/// Deepest nesting of folders that a path tells.
pub(crate) const PST_FOLDER_DEPTH_MAX: usize = 128;
/// Longest name of a folder, in bytes.
pub(crate) const PST_FOLDER_NAME_BYTES_MAX: usize = 1 << 10;
/// Recipients of one item.
pub(crate) const PST_RECIPIENTS_MAX: usize = 20_000;
/// Attachments of one item.
pub(crate) const PST_FILES_MAX: usize = 10_000;
/// Deepest nesting of messages in messages.
pub(crate) const PST_NESTED_MAX: usize = 32;

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
