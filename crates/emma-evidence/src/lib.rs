//! Bytes that can be proven unchanged.
//!
//! What a court needs to check lives here and nowhere else, small enough to be read in a day:
//!
//! - [`key`] and [`note`]: Ed25519 keys and C2SP signed notes;
//! - [`merkle`]: RFC 6962 trees, inclusion and consistency proofs;
//! - [`log`]: the evidence log of a case (C2SP tlog-tiles on disk, with a tail);
//! - [`payload`]: what the log's entries commit to;
//! - [`exhibit`]: delivered files, sealed under their digests;
//! - [`lines`]: salted line sets, so that a proof discloses one exhibit's line and no other name;
//! - [`tree`]: record trees, one per exhibit and reading, with a nonce for every leaf;
//! - [`bundle`] and [`normal`]: a proof in one file, and how values are read from its bytes;
//! - [`verify`]: everything of a case re-hashed.
//!
//! Formats are specified in `docs/formats/{ids,evidence,proof}.md`.
//!
//! Invariant: this crate knows no message format, opens no socket and starts no thread.
#![forbid(unsafe_code)]

pub mod bundle;
mod error;
pub mod exhibit;
pub mod key;
pub mod lines;
pub mod log;
pub mod merkle;
pub mod normal;
pub mod note;
pub mod payload;
pub mod tree;
pub mod verify;

pub use bundle::{Bundle, Report};
pub use error::{EvidenceError, Result};
pub use exhibit::{ExhibitStore, Sealed};
pub use key::{CaseId, Signer, VerifierKey};
pub use lines::LineSet;
pub use log::{Appended, Checkpoint, Entry, Log, NewEntry, TornTail};
pub use payload::Payload;
pub use tree::{ReadingId, Tree, TreeSummary, TreeWriter};
pub use verify::{Finding, MemberBytes, Verified, verify_case};

/// Fills a buffer with randomness. Tests inject a seeded one.
pub type Random<'a> = dyn FnMut(&mut [u8]) + 'a;

/// The system's randomness.
///
/// # Panics
/// When the operating system has none to give: a key or nonce must never be guessable.
pub fn system_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system provides randomness");
}
