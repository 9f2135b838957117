//! A case beside the twin's truth.
//!
//! Invariant: emma never reads the truth, and this crate never reads a case but through `emma`
//! itself: as an actor, under an authority, for a reason, in the audit.
//!
//! 1. [`truth`]: what every delivered copy should say, and which faults were put into it;
//! 2. [`case`]: what the case holds, as `emma` exports it;
//! 3. [`compare`]: the differences of each copy, beside the faults listed for it;
//! 4. [`score`]: shares with their intervals.
#![forbid(unsafe_code)]

pub mod case;
pub mod compare;
pub mod score;
pub mod truth;

/// Why nothing could be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Something is not what a twin or emma writes.
    #[error("{what} is not as expected: {detail}")]
    Malformed {
        /// What.
        what: String,
        /// How.
        detail: String,
    },
    /// `emma` failed; it has said why.
    #[error("emma {command} ended with exit code {code}")]
    Emma {
        /// The command.
        command: String,
        /// Its exit code.
        code: i32,
    },
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, ScoreError>;

pub(crate) fn io<T>(path: &std::path::Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| ScoreError::Io { path: path.display().to_string(), error })
}

pub(crate) fn malformed(what: impl ToString, detail: impl ToString) -> ScoreError {
    ScoreError::Malformed { what: what.to_string(), detail: detail.to_string() }
}
