//! Contracts that engines beyond the lake fulfil, so that the pipeline names none of them.

use crate::error::Result;
use crate::row::MessageRow;
use crate::snapshot::FileEntry;
use std::path::Path;

/// Builds a search index over one segment's messages.
pub trait SplitBuilder: Send + Sync {
    /// Indexes `rows`, which come in file order (row number = document number), and leaves one
    /// file named by its own SHA-256 in `CASE/index`. The same rows give the same bytes.
    ///
    /// The entry's path is relative to `case` with `/` between components.
    fn build(
        &self,
        case: &Path,
        rows: &mut dyn Iterator<Item = Result<MessageRow>>,
    ) -> Result<FileEntry>;
}
