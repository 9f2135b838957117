//! Files as they leave: compressed, digested, listed for the manifest. All go through `emma-store`.

use crate::Result;
use emma_store::NewFile;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;

/// One file of the output.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileEntry {
    /// Path below the output folder, '/' between.
    pub path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Records, rows or lines in it.
    pub records: u64,
}

/// Compression of the NDJSON files: speed counts more than size here.
const ZSTD_LEVEL: i32 = 1;

struct Digesting<W> {
    inner: W,
    sha: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.sha.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Makes a folder and those above it.
pub fn folder(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        folder(parent)?;
    }
    Ok(emma_store::create_dir_unsynced(path)?)
}

/// Keeps `content` as `path` below `root`; compressed where the path ends in `.zst`.
pub fn keep(root: &Path, path: &str, content: &[u8], records: u64) -> Result<FileEntry> {
    let full = root.join(path);
    let parent = full.parent().unwrap_or(root);
    folder(parent)?;
    let mut file = NewFile::create_in(parent)?;
    let mut digesting = Digesting { inner: file.file(), sha: Sha256::new(), bytes: 0 };
    if path.ends_with(".zst") {
        let mut encoder = zstd::Encoder::new(&mut digesting, ZSTD_LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.write_all(content)?;
        encoder.finish()?;
    } else {
        digesting.write_all(content)?;
    }
    let bytes = digesting.bytes;
    let sha256 = digesting.sha.finalize().iter().map(|b| format!("{b:02x}")).collect();
    file.commit_unsynced(&full)?;
    Ok(FileEntry { path: path.into(), sha256, bytes, records })
}
