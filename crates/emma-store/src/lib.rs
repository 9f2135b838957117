//! The one door to the disk.
//!
//! Every file that stays is created, appended, renamed or deleted here and nowhere else, so
//! that "what would a crash leave" has one answer:
//!
//! - [`write_new`] and [`NewFile`]: a file appears whole and durable under its name, or not at
//!   all (write a temporary beside it, fsync, rename, fsync the folder);
//! - [`write_private`]: the same for private keys, mode 0600;
//! - [`AppendFile`]: bytes are added at the end and made durable by [`AppendFile::sync`];
//! - [`Scratch`]: a folder that is removed again, whatever happens in it;
//! - [`lock`]: one holder at a time across processes, with who holds it and since when.
//!
//! Faults can be injected before and after each persist ([`fault`]).
//!
//! Invariant: nothing else in the core creates, renames or deletes a file.

mod append;
pub mod fault;
pub mod lock;
mod map;
mod scratch;
mod write;

pub use append::AppendFile;
pub use map::MappedFile;
pub use scratch::{Scratch, sweep_temporaries};
pub use write::{
    NewFile, create_dir_durable, create_dir_unsynced, remove_durable, sync_path, write_new,
    write_private, write_replace,
};

/// What went wrong at the door, and on which operation.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}: {source}")]
pub struct StoreError {
    /// The operation, in words: `write a file`, `sync a folder`.
    pub operation: &'static str,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

impl StoreError {
    /// True where the disk is full or a quota is reached: free space, then run the same command
    /// again.
    pub fn is_disk_full(&self) -> bool {
        is_disk_full(&self.source)
    }
}

/// True where `error` says the disk is full or a quota is reached.
pub fn is_disk_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

impl From<StoreError> for std::io::Error {
    fn from(error: StoreError) -> std::io::Error {
        std::io::Error::new(error.source.kind(), error)
    }
}

/// The result of an operation at the door.
pub type Result<T> = std::result::Result<T, StoreError>;

pub(crate) fn at<T>(operation: &'static str, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|source| StoreError { operation, source })
}
