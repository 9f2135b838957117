//! Read-only mapped files.

use crate::{Result, at};
use memmap2::Mmap;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// The bytes of a file, mapped. Empty files map to an empty slice.
///
/// emma maps only files that are write-once under their name (or append-only, up to a length
/// already durable): nothing in this program changes bytes under a mapping. Someone else who
/// truncates a mapped file can stop the process with SIGBUS; it cannot make it read wrong data
/// unnoticed, because what is read is checked against digests.
#[derive(Debug)]
pub struct MappedFile(Option<Mmap>);

impl MappedFile {
    /// Maps `path` for reading.
    #[allow(unsafe_code)]
    pub fn open(path: &Path) -> Result<MappedFile> {
        let file = at("open a file", File::open(path))?;
        if at("measure a file", file.metadata())?.len() == 0 {
            return Ok(MappedFile(None));
        }
        // SAFETY: the mapping is read-only and the file is write-once (see the type's docs).
        let map = at("map a file", unsafe { Mmap::map(&file) })?;
        Ok(MappedFile(Some(map)))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
}
