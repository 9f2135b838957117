//! What can go wrong with splits and searches.

use emma_lake::LakeError;
use emma_store::StoreError;

/// Why a split could not be built, opened or searched.
///
/// No variant repeats content: a split is named by the number of its segment.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The disk refused; retrying is safe once there is room.
    #[error("cannot store a split: {0}")]
    Store(#[from] StoreError),
    /// A file of the lake could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The bytes are not what this program wrote: rebuild the index.
    #[error("the split of segment {segment} is damaged: {what}")]
    Damaged {
        /// Number of the segment; 0 while it is being built.
        segment: u32,
        /// What was expected.
        what: &'static str,
    },
    /// The engine failed.
    #[error("the search engine failed on {operation}: {kind}")]
    Engine {
        /// What it was asked to do.
        operation: &'static str,
        /// What kind of failure, without content.
        kind: String,
    },
    /// Rows came in another order than the file's.
    #[error("row {row} is out of order: a split takes rows in search order")]
    Order {
        /// Row number, from 0.
        row: u32,
    },
    /// More rows than a split holds.
    #[error("a split holds at most {most} messages")]
    TooMany {
        /// [`crate::split::SPLIT_ROWS_MAX`].
        most: u32,
    },
    /// Whoever asked for the messages stopped it.
    #[error("the search was stopped: {0}")]
    Stopped(std::io::Error),
}

impl IndexError {
    pub(crate) fn engine(operation: &'static str) -> impl Fn(tantivy::TantivyError) -> IndexError {
        move |error| IndexError::Engine { operation, kind: kind_of(&error) }
    }

    pub(crate) fn io(operation: &'static str) -> impl Fn(std::io::Error) -> IndexError {
        move |error| IndexError::Engine { operation, kind: error.kind().to_string() }
    }

    /// True where the disk is full: free space, then run the same command again.
    pub fn is_disk_full(&self) -> bool {
        match self {
            IndexError::Store(error) => error.is_disk_full(),
            IndexError::Lake(error) => error.is_disk_full(),
            _ => false,
        }
    }
}

/// The engine's own messages hold paths and terms; only their kind is kept.
fn kind_of(error: &tantivy::TantivyError) -> String {
    use tantivy::TantivyError as E;
    match error {
        E::IoError(io) => io.kind().to_string(),
        E::DataCorruption(_) => "damaged data".to_owned(),
        E::OpenReadError(_) => "a part cannot be read".to_owned(),
        E::OpenWriteError(_) => "a part cannot be written".to_owned(),
        E::IncompatibleIndex(_) => "another version wrote it".to_owned(),
        E::SchemaError(_) | E::FieldNotFound(_) => "another layout of fields".to_owned(),
        _ => "internal error".to_owned(),
    }
}

/// The result of an operation on the index.
pub type Result<T> = std::result::Result<T, IndexError>;

/// Runs `work` on the split of `segment`; a panic in it becomes [`IndexError::Damaged`].
///
/// The engine trusts its files and panics on bytes it did not write. Nothing of what `work`
/// touched is used after a panic.
pub(crate) fn guarded<T>(segment: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or(Err(IndexError::Damaged { segment, what: "bytes that the engine can read" }))
}
