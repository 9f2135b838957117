//! What was handed over: the files under the paths named at intake, in one fixed order.
//!
//! A delivered path starts at the last component of what was named, has `/` between
//! components and keeps the bytes of each name as found. The parent folder never counts, so
//! the same delivery under another folder gives the same exhibits.

use crate::error::{CaseError, Result, at};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One file to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredFile {
    /// Where it lies now.
    pub file: PathBuf,
    /// Its delivered path, bytes as found.
    pub path: Vec<u8>,
    /// Its length in bytes when it was listed.
    pub bytes: u64,
}

/// The files of a delivery, ordered by delivered path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Regular files.
    pub files: Vec<DeliveredFile>,
    /// Entries that are neither files nor folders (links, sockets, devices): listed, not read.
    pub passed_over: Vec<Vec<u8>>,
}

impl Delivered {
    /// Sum of the files' lengths.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Lists what `paths` hold.
///
/// # Errors
/// A path that is missing or unreadable, a name of a path that has no last component (`..`),
/// and two files with one delivered path.
pub fn list(paths: &[PathBuf]) -> Result<Delivered> {
    let mut delivered = Delivered::default();
    for named in paths {
        let full = at("read a path named for intake", fs::canonicalize(named))?;
        let name = match named.file_name() {
            Some(name) => name.as_bytes().to_vec(),
            // `.` and `folder/..` still have a name once resolved; only `/` has none.
            None => full.file_name().map(|name| name.as_bytes().to_vec()).unwrap_or_default(),
        };
        walk(&full, name, &mut delivered)?;
    }
    delivered.files.sort_by(|a, b| a.path.cmp(&b.path));
    delivered.passed_over.sort();
    if let Some(pair) = delivered.files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(CaseError::usage(
            format!("two files have one delivered path (of {} bytes)", pair[0].path.len()),
            "take them in as two deliveries, or name a folder above both",
        ));
    }
    Ok(delivered)
}

fn walk(place: &Path, path: Vec<u8>, delivered: &mut Delivered) -> Result<()> {
    const READ: &str = "read a delivered file or folder";
    // An explicit stack: folders nest as deep as the sender likes.
    let mut stack = vec![(place.to_owned(), path)];
    while let Some((place, path)) = stack.pop() {
        let meta = at(READ, fs::symlink_metadata(&place))?;
        if meta.is_dir() {
            for entry in at(READ, fs::read_dir(&place))? {
                let entry = at(READ, entry)?;
                let mut inner = path.clone();
                if !inner.is_empty() {
                    inner.push(b'/');
                }
                inner.extend_from_slice(entry.file_name().as_bytes());
                stack.push((entry.path(), inner));
            }
        } else if meta.is_file() {
            delivered.files.push(DeliveredFile { file: place, path, bytes: meta.len() });
        } else {
            delivered.passed_over.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(delivered: &Delivered) -> Vec<String> {
        let text = |file: &DeliveredFile| String::from_utf8_lossy(&file.path).into_owned();
        delivered.files.iter().map(text).collect()
    }

    #[test]
    fn a_delivered_path_starts_at_the_named_component() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("parent/train");
        fs::create_dir_all(root.join("deep")).unwrap();
        fs::write(root.join("b.txt"), b"b").unwrap();
        fs::write(root.join("deep/a.txt"), b"a").unwrap();
        std::os::unix::fs::symlink("b.txt", root.join("link")).unwrap();
        let delivered = list(&[root]).unwrap();
        assert_eq!(paths(&delivered), ["train/b.txt", "train/deep/a.txt"]);
        assert_eq!(delivered.passed_over, [b"train/link".to_vec()]);
        assert_eq!(delivered.bytes(), 2);
    }

    #[test]
    fn two_files_with_one_delivered_path_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for parent in ["one", "two"] {
            fs::create_dir_all(folder.path().join(parent)).unwrap();
            fs::write(folder.path().join(parent).join("same.txt"), b"x").unwrap();
        }
        let named = ["one/same.txt", "two/same.txt"].map(|name| folder.path().join(name));
        assert!(matches!(list(&named), Err(CaseError::Usage { .. })));
    }
}
