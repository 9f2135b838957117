//! Files that appear whole or not at all.

use crate::{Result, at, fault};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Ending of temporary names; [`crate::sweep_temporaries`] removes what a crash left.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// A file being written under a temporary name in its final folder.
///
/// Dropped without [`NewFile::commit`] it leaves nothing.
#[derive(Debug)]
pub struct NewFile {
    file: Option<File>,
    temporary: PathBuf,
}

impl NewFile {
    /// Starts a file in `folder`, which must exist.
    pub fn create_in(folder: &Path) -> Result<NewFile> {
        let mut random = [0u8; 12];
        at("draw a temporary name", getrandom::fill(&mut random).map_err(io::Error::other))?;
        let name: String = random.iter().map(|b| format!("{b:02x}")).collect();
        let temporary = folder.join(format!("{name}{TEMPORARY_SUFFIX}"));
        at("create a file", fault::point("create"))?;
        let file = at(
            "create a file",
            File::options().write(true).read(true).create_new(true).open(&temporary),
        )?;
        Ok(NewFile { file: Some(file), temporary })
    }

    /// The open file, for readers that need to seek back over what was written.
    pub fn file(&mut self) -> &mut File {
        self.file.as_mut().expect("the file is open until commit")
    }

    /// Makes the bytes durable and gives the file its name. An existing file of that name is
    /// replaced; callers use names that are digests, or mean to replace.
    pub fn commit(mut self, path: &Path) -> Result<()> {
        let file = self.file.take().expect("the file is open until commit");
        at("sync a file", fault::point("sync.before"))?;
        at("sync a file", file.sync_all())?;
        drop(file);
        at("name a file", fault::point("rename.before"))?;
        at("name a file", fs::rename(&self.temporary, path))?;
        at("name a file", fault::point("rename.after"))?;
        sync_parent(path)?;
        at("sync a folder", fault::point("folder.after"))
    }

    /// Like [`NewFile::commit`] without waiting for the disk: for derived files whose batch is
    /// synced together by [`create_dir_durable`]'s caller, or scratch.
    pub fn commit_unsynced(mut self, path: &Path) -> Result<()> {
        drop(self.file.take());
        at("name a file", fs::rename(&self.temporary, path))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::point("write")?;
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Writes `bytes` as the file `path`, durably, or not at all. The parent folder must exist.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = NewFile::create_in(parent(path))?;
    at("write a file", file.write_all(bytes))?;
    file.commit(path)
}

/// Like [`write_new`], readable and writable by its owner alone (mode 0600): private keys.
///
/// The mode is set before the first byte is written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = NewFile::create_in(parent(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        at("protect a file", file.file().set_permissions(fs::Permissions::from_mode(0o600)))?;
    }
    at("write a file", file.write_all(bytes))?;
    file.commit(path)
}

/// Replaces the file `path` by `bytes`, durably: readers see the old or the new, never a mix.
pub fn write_replace(path: &Path, bytes: &[u8]) -> Result<()> {
    write_new(path, bytes)
}

/// Makes a file, or the names in a folder, durable: the second half of a batch whose files
/// were named by [`NewFile::commit_unsynced`].
pub fn sync_path(path: &Path) -> Result<()> {
    at("sync a file", fault::point("sync.path.before"))?;
    let file = at("open a file", File::open(path))?;
    at("sync a file", file.sync_all())?;
    at("sync a file", fault::point("sync.path.after"))
}

/// Removes a file and makes its absence durable. A file that is not there is fine.
pub fn remove_durable(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => at("remove a file", Err(error)),
    }
}

/// Creates a folder and those above it, durably. One that exists is fine.
pub fn create_dir_durable(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_dir_durable(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => at("create a folder", other),
    }?;
    sync_parent(path)
}

/// Creates a folder in an existing one without waiting for the disk: its batch is synced by
/// [`sync_path`] on the folder above. One that exists is fine.
pub fn create_dir_unsynced(path: &Path) -> Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => at("create a folder", other),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let folder = at("open a folder", File::open(parent(path)))?;
    at("sync a folder", folder.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_under_its_name_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_new(&path, b"one").unwrap();
        write_replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_committed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create_in(folder.path()).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_private(&path, b"secret").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn nested_folders_are_created_once_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        create_dir_durable(&deep).unwrap();
        create_dir_durable(&deep).unwrap();
        assert!(deep.is_dir());
    }
}
