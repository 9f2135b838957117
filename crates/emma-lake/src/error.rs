//! What can go wrong with files of the lake.

use crate::table::FileRole;
use emma_store::StoreError;

/// Why a file of the lake could not be written or read.
///
/// No variant repeats content: a file is named by its role, a row by its number.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The disk refused; retrying is safe once there is room.
    #[error("cannot store a {role} file: {source}")]
    Store {
        /// Which kind of file.
        role: FileRole,
        /// What the system said.
        #[source]
        source: StoreError,
    },
    /// Reading or writing bytes failed.
    #[error("cannot read or write a {role} file: {source}")]
    Io {
        /// Which kind of file.
        role: FileRole,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not what this program wrote: rebuild the lake.
    #[error("a {role} file is damaged: {what}")]
    Damaged {
        /// Which kind of file.
        role: FileRole,
        /// What was expected.
        what: String,
    },
    /// A row number beyond the end.
    #[error("a {role} file of {rows} rows has no row {row}")]
    NoSuchRow {
        /// Which kind of file.
        role: FileRole,
        /// The row asked for, from 0.
        row: u64,
        /// Rows in the file.
        rows: u64,
    },
    /// A row, file or batch over a named limit.
    #[error("a {role} file would pass the limit {limit} of {most}")]
    Limit {
        /// Which kind of file.
        role: FileRole,
        /// Name of the limit.
        limit: &'static str,
        /// Its value.
        most: u64,
    },
}

impl LakeError {
    /// True where the disk is full: free space, then run the same command again.
    pub fn is_disk_full(&self) -> bool {
        match self {
            LakeError::Store { source, .. } => source.is_disk_full(),
            LakeError::Io { source, .. } => emma_store::is_disk_full(source),
            _ => false,
        }
    }

    pub(crate) fn store(role: FileRole) -> impl Fn(StoreError) -> LakeError {
        move |source| LakeError::Store { role, source }
    }

    pub(crate) fn io(role: FileRole) -> impl Fn(std::io::Error) -> LakeError {
        move |source| LakeError::Io { role, source }
    }

    pub(crate) fn damaged(role: FileRole, what: impl Into<String>) -> LakeError {
        LakeError::Damaged { role, what: what.into() }
    }
}

/// The result of an operation on the lake.
pub type Result<T> = std::result::Result<T, LakeError>;
