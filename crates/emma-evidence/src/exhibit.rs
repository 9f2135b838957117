//! Delivered files, sealed: `exhibits/<2 hex>/<64 hex>`, named by the SHA-256 of their bytes.
//!
//! Sealing copies and hashes in one pass. Nothing is overwritten: bytes that are there already
//! are read back and compared, because a crash may have left a file that never reached the disk.

use crate::error::{Result, io_at};
use emma_model::Digest;
use emma_store::{NewFile, create_dir_durable, sync_path};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 20;

/// What sealing found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// False where the same bytes were sealed before.
    pub fresh: bool,
}

/// The sealed files of a case.
#[derive(Clone, Debug)]
pub struct ExhibitStore {
    folder: PathBuf,
}

/// Sealed files whose durability is waited for together.
///
/// Nothing may be logged about them before [`Batch::sync`] has returned.
#[derive(Debug, Default)]
pub struct Batch {
    files: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl ExhibitStore {
    /// The store in `CASE/evidence`, created where it is missing.
    pub fn create(evidence: &Path) -> Result<ExhibitStore> {
        let folder = evidence.join("exhibits");
        create_dir_durable(&folder)?;
        Ok(ExhibitStore { folder })
    }

    /// The store in `CASE/evidence`.
    pub fn open(evidence: &Path) -> ExhibitStore {
        ExhibitStore { folder: evidence.join("exhibits") }
    }

    /// Where the bytes with this digest lie, or would lie.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.hex();
        self.folder.join(&name[..2]).join(name)
    }

    /// Opens sealed bytes for reading.
    pub fn file(&self, digest: &Digest) -> Result<File> {
        io_at("open an exhibit", File::open(self.path(digest)))
    }

    /// True where bytes with this digest are sealed.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.path(digest).exists()
    }

    /// Seals what `source` yields, durably. `progress` is told the bytes of each step.
    pub fn seal(&self, source: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<Sealed> {
        let mut batch = Batch::default();
        let sealed = self.seal_in(&mut batch, source, progress)?;
        batch.sync()?;
        Ok(sealed)
    }

    /// Seals what `source` yields as part of `batch`: durable once the batch is synced.
    pub fn seal_in(
        &self,
        batch: &mut Batch,
        source: &mut dyn Read,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Sealed> {
        let mut file = NewFile::create_in(&self.folder)?;
        let (digest, bytes) = copy_hashed(source, &mut file, progress)?;
        let path = self.path(&digest);
        let parent = path.parent().expect("an exhibit lies in a folder").to_owned();
        let present = path.exists() && {
            let mut old = io_at("open an exhibit", File::open(&path))?;
            copy_hashed(&mut old, &mut std::io::sink(), &mut |_| {})?.0 == digest
        };
        if !present {
            create_dir_durable(&parent)?;
            file.commit_unsynced(&path)?;
        }
        // Bytes that were there may stem from a batch that was never synced.
        batch.files.push(path);
        batch.folders.insert(parent);
        Ok(Sealed { digest, bytes, fresh: !present })
    }
}

impl Batch {
    /// Waits until every file of the batch, and its name, is on the disk.
    pub fn sync(self) -> Result<()> {
        for path in self.files.iter().chain(&self.folders) {
            sync_path(path)?;
        }
        Ok(())
    }
}

/// SHA-256 of a file's bytes.
pub fn digest_of(path: &Path) -> Result<Digest> {
    let mut file = io_at("open a file", File::open(path))?;
    Ok(copy_hashed(&mut file, &mut std::io::sink(), &mut |_| {})?.0)
}

/// Copies `source` to `target` and returns the digest and number of its bytes.
pub(crate) fn copy_hashed(
    source: &mut dyn Read,
    target: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<(Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; COPY_BYTES];
    let mut bytes = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => io_at("read a file", other)?,
        };
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        io_at("write a file", target.write_all(&buffer[..read]))?;
        bytes += read as u64;
        progress(read as u64);
    }
    Ok((Digest(hasher.finalize().into()), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_sealed_once_and_a_torn_file_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = ExhibitStore::create(folder.path()).unwrap();
        let seal = || store.seal(&mut &b"hello"[..], &mut |_| {}).unwrap();
        let first = seal();
        assert!(first.fresh);
        assert_eq!((first.digest, first.bytes), (Digest::of(b"hello"), 5));
        assert!(!seal().fresh);
        std::fs::write(store.path(&first.digest), b"he").unwrap();
        assert!(seal().fresh, "a file that a crash cut short counts as not there");
        assert_eq!(std::fs::read(store.path(&first.digest)).unwrap(), b"hello");
        let names = std::fs::read_dir(folder.path().join("exhibits")).unwrap().count();
        assert_eq!(names, 1, "no temporary stays");
    }
}
