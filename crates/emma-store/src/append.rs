//! Files that only grow.

use crate::{Result, at, fault, write::sync_parent};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A file that is only appended to. Who may append is decided by a [`crate::lock`].
#[derive(Debug)]
pub struct AppendFile {
    file: File,
    length: u64,
}

impl AppendFile {
    /// Opens `path` for appending, creating it (durably) where it is missing.
    pub fn open(path: &Path) -> Result<AppendFile> {
        let fresh = !path.exists();
        let mut file = at(
            "open a file to append",
            File::options().read(true).write(true).create(true).truncate(false).open(path),
        )?;
        if fresh {
            at("sync a file", file.sync_all())?;
            sync_parent(path)?;
        }
        let length = at("measure a file", file.seek(SeekFrom::End(0)))?;
        Ok(AppendFile { file, length })
    }

    /// Bytes in the file, unsynced ones included.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes at the end and returns where they start. Durable only after [`AppendFile::sync`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let start = self.length;
        at("append to a file", fault::point("append.before"))?;
        at("append to a file", self.file.seek(SeekFrom::Start(start)))?;
        at("append to a file", self.file.write_all(bytes))?;
        self.length = start + bytes.len() as u64;
        at("append to a file", fault::point("append.after"))?;
        Ok(start)
    }

    /// Waits until all appended bytes are on the disk.
    pub fn sync(&mut self) -> Result<()> {
        at("sync a file", fault::point("append.sync.before"))?;
        at("sync a file", self.file.sync_data())?;
        at("sync a file", fault::point("append.sync.after"))
    }

    /// Drops what lies beyond `length` (a torn tail), durably.
    pub fn truncate(&mut self, length: u64) -> Result<()> {
        at("cut a torn tail", self.file.set_len(length))?;
        self.length = length;
        at("cut a torn tail", self.file.sync_all())
    }

    /// Reads `length` bytes from `start`.
    pub fn read_at(&mut self, start: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        at("read a file", self.file.seek(SeekFrom::Start(start)))?;
        at("read a file", self.file.read_exact(&mut bytes))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_bytes_are_read_back_and_a_torn_tail_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = AppendFile::open(&path).unwrap();
        assert_eq!(file.append(b"one").unwrap(), 0);
        assert_eq!(file.append(b"two").unwrap(), 3);
        file.sync().unwrap();
        let mut again = AppendFile::open(&path).unwrap();
        assert_eq!(again.read_at(3, 3).unwrap(), b"two");
        again.truncate(4).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"onet");
        assert_eq!(again.append(b"!").unwrap(), 4);
    }
}
