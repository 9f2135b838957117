//! Folders that are removed again.

use crate::{Result, at, write::TEMPORARY_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder for intermediate files. Removed when dropped, and by the next run after a crash.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Creates (or empties and reuses) the folder `path`.
    ///
    /// Only the holder of the pipeline's lock may do so: whatever is in it is taken as left by a
    /// crash.
    pub fn create(path: &Path) -> Result<Scratch> {
        if path.exists() {
            at("clear a scratch folder", fs::remove_dir_all(path))?;
        }
        at("create a scratch folder", fs::create_dir_all(path))?;
        Ok(Scratch { path: path.to_owned() })
    }

    /// Makes the file `root/relative` readable as `relative` in this folder, without copying it.
    pub fn mirror(&self, root: &Path, relative: &str) -> Result<()> {
        let place = self.path.join(relative);
        if let Some(folder) = place.parent() {
            at("create a scratch folder", fs::create_dir_all(folder))?;
        }
        let target = at("mirror a file", fs::canonicalize(root.join(relative)))?;
        at("mirror a file", std::os::unix::fs::symlink(target, place))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes temporaries that a crash left in `folder` (not below it) and says how many.
///
/// Call it only while holding the lock under which such files are written.
pub fn sweep_temporaries(folder: &Path) -> Result<usize> {
    let mut swept = 0;
    for entry in at("list a folder", fs::read_dir(folder))? {
        let entry = at("list a folder", entry)?;
        if entry.file_name().to_string_lossy().ends_with(TEMPORARY_SUFFIX) {
            at("sweep a temporary", fs::remove_file(entry.path()))?;
            swept += 1;
        }
    }
    Ok(swept)
}
