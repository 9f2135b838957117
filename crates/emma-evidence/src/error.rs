//! What can go wrong with evidence.

use emma_store::StoreError;
use std::io;

/// The result of an operation on evidence.
pub type Result<T> = std::result::Result<T, EvidenceError>;

/// What went wrong, and with which object. Never repeats content, names or paths outside the
/// case: objects are named by their place in the case folder, which holds digests only.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The disk refused. Safe to run again once the cause is gone.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading failed. Safe to run again once the cause is gone.
    #[error("cannot {operation}: {source}")]
    Io {
        /// The operation, in words.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Bytes of the case are not what they were. Not safe to go on: run `emma verify`.
    #[error("{object} is damaged: {what}")]
    Damaged {
        /// The object, by its place in the case folder.
        object: String,
        /// What does not fit.
        what: &'static str,
    },
    /// A key, note, id or proof that was given does not read as one.
    #[error("not readable as {expected}: {what}")]
    Format {
        /// What was expected.
        expected: &'static str,
        /// Where it differs.
        what: &'static str,
    },
    /// The object is not there.
    #[error("{object} is not in this case")]
    Missing {
        /// The object, by its place in the case folder or its id.
        object: String,
    },
    /// More than a limit allows.
    #[error("{what} is larger than the limit of {max}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes or items as `what` says.
        max: u64,
    },
}

impl EvidenceError {
    /// True where the disk is full: free space, then run the same command again.
    pub fn is_disk_full(&self) -> bool {
        match self {
            EvidenceError::Store(error) => error.is_disk_full(),
            EvidenceError::Io { source, .. } => emma_store::is_disk_full(source),
            _ => false,
        }
    }

    pub(crate) fn damaged(object: impl Into<String>, what: &'static str) -> EvidenceError {
        EvidenceError::Damaged { object: object.into(), what }
    }

    pub(crate) fn format(expected: &'static str, what: &'static str) -> EvidenceError {
        EvidenceError::Format { expected, what }
    }
}

/// Names the operation of an I/O result.
pub(crate) fn io_at<T>(operation: &'static str, result: io::Result<T>) -> Result<T> {
    result.map_err(|source| EvidenceError::Io { operation, source })
}
