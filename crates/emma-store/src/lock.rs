//! One holder at a time, across processes.

use crate::{Result, at};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An exclusive lock on a file (advisory, released by the system when its process dies).
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// The lock is taken by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// What the holder wrote about itself: who, doing what, since when.
    pub holder: String,
}

/// Takes the lock, waiting for it. For short critical sections.
pub fn acquire(path: &Path) -> Result<Lock> {
    let file = open(path)?;
    at("take a lock", file.lock())?;
    Ok(Lock { file })
}

/// Takes the lock if it is free and leaves `holder` in it for others to read.
pub fn try_acquire(path: &Path, holder: &str) -> Result<std::result::Result<Lock, Busy>> {
    let mut file = open(path)?;
    match file.try_lock() {
        Ok(()) => {
            at("sign a lock", sign(&mut file, holder))?;
            Ok(Ok(Lock { file }))
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(4096).read_to_string(&mut holder);
            Ok(Err(Busy { holder }))
        }
        Err(std::fs::TryLockError::Error(error)) => at("take a lock", Err(error)),
    }
}

fn open(path: &Path) -> Result<File> {
    at(
        "open a lock",
        File::options().read(true).write(true).create(true).truncate(false).open(path),
    )
}

fn sign(file: &mut File, holder: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(holder.as_bytes())
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = try_acquire(&path, "intake since 10:00").unwrap().unwrap();
        let busy = try_acquire(&path, "rebuild").unwrap().unwrap_err();
        assert_eq!(busy.holder, "intake since 10:00");
        drop(held);
        assert!(try_acquire(&path, "rebuild").unwrap().is_ok());
    }
}
