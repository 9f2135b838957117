//! The private copy of a member of rows.

use crate::window::{Window, WindowReader};
use emma_store::{NewFile, Scratch};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder with a copy of the member and, where one was delivered, its write-ahead log. Both go
/// again when this is dropped.
pub(crate) struct PrivateCopy {
    folder: Scratch,
}

/// Writes what lies beside a member under its name and `suffix`; false where nothing does.
pub(crate) type Beside<'b> = &'b dyn Fn(&str, &mut dyn io::Write) -> io::Result<bool>;

impl PrivateCopy {
    /// Copies the rest of `window` into a folder of its own below `scratch`.
    pub fn create(
        scratch: &Path,
        window: &mut Window<'_>,
        beside: Option<Beside<'_>>,
    ) -> io::Result<PrivateCopy> {
        // One process has many readers at work in one scratch folder.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rows-{}-{number}", std::process::id());
        let folder = Scratch::create(&scratch.join(name))?;
        let copy = PrivateCopy { folder };
        let mut file = NewFile::create_in(copy.folder.path())?;
        io::copy(&mut WindowReader(window), &mut file)?;
        file.commit_unsynced(&copy.path())?;
        if let Some(beside) = beside {
            let mut log = NewFile::create_in(copy.folder.path())?;
            if beside("-wal", &mut log)? {
                log.commit_unsynced(&copy.folder.path().join("copy-wal"))?;
            }
        }
        Ok(copy)
    }

    /// Where the copy lies.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("copy")
    }
}
