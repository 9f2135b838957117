//! Everything of a case re-hashed and re-checked.
//!
//! 1. payloads: every frame against its digest;
//! 2. log: entries against tiles, signatures, what each had seen, the checkpoint, and the older
//!    checkpoint that the verifier brought;
//! 3. exhibits: every sealed file against its name;
//! 4. trees: every leaf from the exhibit's bytes, up to the root in the receipt;
//! 5. files of the latest snapshot: lake and index against the digests in the log.
//!
//! It reads the files as they lie and trusts no index, so that damage in one place does not hide
//! damage in another. Damage is a [`Finding`], never an error: only the disk can fail.

mod files;
mod log;
mod payloads;
mod tiles;
mod trees;

use crate::error::Result;
use crate::key::VerifierKey;
use crate::log::{Checkpoint, read_tail_file};
use emma_model::{Digest, MemberPath, Place};
use std::io::{self, Read};
use std::path::Path;

/// What does not fit, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// The object: a path below `CASE/evidence` or `CASE`, or a log entry.
    pub object: String,
    /// What does not fit.
    pub what: String,
}

/// What was verified, and what does not fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Empty where everything fits.
    pub findings: Vec<Finding>,
    /// Entries in the log.
    pub entries: u64,
    /// Entries under the latest checkpoint.
    pub entries_under_checkpoint: u64,
    /// Entries after it: index and the signer's key name. Not yet under a checkpoint.
    pub entries_after_checkpoint: Vec<(u64, String)>,
    /// Payload objects.
    pub payloads: u64,
    /// Distinct sealed files.
    pub exhibits: u64,
    /// Bytes of sealed files.
    pub exhibit_bytes: u64,
    /// Record trees.
    pub trees: u64,
    /// Leaves of all trees.
    pub leaves: u64,
    /// Lake and index files.
    pub snapshot_files: u64,
}

impl Verified {
    pub(crate) fn find(&mut self, object: impl Into<String>, what: impl Into<String>) {
        self.findings.push(Finding { object: object.into(), what: what.into() });
    }
}

/// Unpacks members of exhibits: the part of a verification that needs to know containers.
///
/// Members are asked for in the order of the tree's leaves, which is the order in which a reader
/// of the container meets them.
pub trait MemberBytes {
    /// The unpacked bytes of `member`, which is not the exhibit itself, from their start. `file`
    /// holds the exhibit whose bytes have `digest`.
    fn open<'a>(
        &'a mut self,
        file: &Path,
        digest: &Digest,
        member: &MemberPath,
    ) -> io::Result<Box<dyn Read + 'a>>;

    /// The canonical values of a row, for places without a byte span.
    fn row(
        &mut self,
        _file: &Path,
        _digest: &Digest,
        _member: &MemberPath,
        _place: &Place,
    ) -> io::Result<Vec<u8>> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// For cases whose exhibits hold no containers, and for tests: every member is unreadable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoMembers;

impl MemberBytes for NoMembers {
    fn open<'a>(
        &'a mut self,
        _file: &Path,
        _digest: &Digest,
        _member: &MemberPath,
    ) -> io::Result<Box<dyn Read + 'a>> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Verifies the case in `case`.
///
/// `log_key` is the public key the verifier got elsewhere; without it the log's own first entry
/// names one, which shows consistency but not authenticity. `older` is a checkpoint obtained
/// before. `progress` is told bytes as they are read.
pub fn verify_case(
    case: &Path,
    log_key: Option<&VerifierKey>,
    older: Option<&Checkpoint>,
    members: &mut dyn MemberBytes,
    progress: &mut dyn FnMut(u64),
) -> Result<Verified> {
    let evidence = case.join("evidence");
    let mut out = Verified::default();
    let tail = read_tail_file(&evidence.join("log"));
    let reached = tail.as_ref().ok().map(|tail| tail.position);
    let payloads = payloads::check(&evidence, reached, &mut out, progress)?;
    let stated = log::check(&evidence, tail, log_key, older, &payloads, &mut out)?;
    let damaged = files::check_exhibits(&evidence, &stated, &mut out, progress)?;
    trees::check(&evidence, &stated, &damaged, members, &mut out, progress)?;
    files::check_snapshot(case, &stated, &mut out, progress)?;
    files::check_torn(&evidence, &mut out)?;
    out.findings.dedup();
    Ok(out)
}
