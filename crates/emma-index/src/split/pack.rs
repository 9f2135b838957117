//! Many component files in one, and a read-only directory over it.

use super::VERSION;
use crate::error::{IndexError, Result};
use emma_model::Digest;
use emma_store::NewFile;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::Directory;
use tantivy::directory::error::{DeleteError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    FileHandle, FileSlice, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};

/// Ends every split.
const MAGIC: &[u8; 8] = b"EMMASPLT";
/// Directory offset 8, version 4, magic 8.
const TAIL: usize = 20;

/// Writes `components` as one file named by its digest and returns digest and size.
pub(crate) fn write(
    folder: &Path,
    components: &BTreeMap<String, OwnedBytes>,
) -> Result<(Digest, u64)> {
    let mut file = NewFile::create_in(folder)?;
    let mut hasher = Sha256::new();
    let mut written = 0u64;
    let mut put = |bytes: &[u8]| -> Result<()> {
        hasher.update(bytes);
        written += bytes.len() as u64;
        file.write_all(bytes).map_err(|source| {
            IndexError::Store(emma_store::StoreError { operation: "write a file", source })
        })
    };
    let mut directory = (components.len() as u32).to_le_bytes().to_vec();
    let mut offset = 0u64;
    for (name, bytes) in components {
        let length = bytes.len() as u64;
        directory.push(u8::try_from(name.len()).expect("component names are short"));
        directory.extend_from_slice(name.as_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(&length.to_le_bytes());
        put(bytes)?;
        offset += length;
    }
    put(&directory)?;
    put(&offset.to_le_bytes())?;
    put(&VERSION.to_le_bytes())?;
    put(MAGIC)?;
    let digest = Digest(hasher.finalize().into());
    file.commit(&folder.join(format!("{digest}.split")))?;
    Ok((digest, written))
}

/// A split's components as the files of a directory that nothing can be written to.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    file: FileSlice,
    components: Arc<BTreeMap<PathBuf, Range<usize>>>,
}

impl Packed {
    /// Maps a split. `Ok(None)` where the file is not a split.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Packed>> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = MmapDirectory::open(folder).map_err(|_| io::ErrorKind::NotFound)?;
        let handle = folder.get_file_handle(Path::new(name)).map_err(|error| match error {
            OpenReadError::FileDoesNotExist(_) => io::Error::from(io::ErrorKind::NotFound),
            _ => io::Error::other("a split cannot be mapped"),
        })?;
        let file = FileSlice::new(handle);
        let Some(components) = directory(&file.read_bytes()?) else {
            return Ok(None);
        };
        Ok(Some(Packed { file, components: Arc::new(components) }))
    }

    /// The bytes of a component.
    pub(crate) fn component(&self, path: &Path) -> Option<FileSlice> {
        self.components.get(path).map(|range| self.file.slice(range.clone()))
    }
}

/// Reads the directory at the end of a split.
fn directory(bytes: &[u8]) -> Option<BTreeMap<PathBuf, Range<usize>>> {
    let tail = bytes.get(bytes.len().checked_sub(TAIL)?..)?;
    let begin = usize::try_from(u64::from_le_bytes(tail[..8].try_into().ok()?)).ok()?;
    let version = u32::from_le_bytes(tail[8..12].try_into().ok()?);
    if version != VERSION || &tail[12..] != MAGIC {
        return None;
    }
    let mut rest = bytes.get(begin..bytes.len() - TAIL)?;
    let mut take = |length: usize| {
        let (head, tail) = rest.split_at_checked(length)?;
        rest = tail;
        Some(head)
    };
    let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
    let mut components = BTreeMap::new();
    for _ in 0..count {
        let length = take(1)?[0] as usize;
        let name = std::str::from_utf8(take(length)?).ok()?;
        let mut number = || usize::try_from(u64::from_le_bytes(take(8)?.try_into().ok()?)).ok();
        let (offset, length) = (number()?, number()?);
        let range = offset..offset.checked_add(length)?;
        if range.end > begin || components.insert(PathBuf::from(name), range).is_some() {
            return None;
        }
    }
    rest.is_empty().then_some(components)
}

fn read_only() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "splits are never changed")
}

impl Directory for Packed {
    fn get_file_handle(
        &self,
        path: &Path,
    ) -> std::result::Result<Arc<dyn FileHandle>, OpenReadError> {
        let slice = self.component(path);
        let slice = slice.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))?;
        Ok(Arc::new(slice))
    }

    fn exists(&self, path: &Path) -> std::result::Result<bool, OpenReadError> {
        Ok(self.components.contains_key(path))
    }

    fn atomic_read(&self, path: &Path) -> std::result::Result<Vec<u8>, OpenReadError> {
        let slice = self.component(path);
        let slice = slice.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))?;
        match slice.read_bytes() {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn delete(&self, path: &Path) -> std::result::Result<(), DeleteError> {
        Err(DeleteError::IoError { io_error: Arc::new(read_only()), filepath: path.to_owned() })
    }

    fn open_write(&self, path: &Path) -> std::result::Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::wrap_io_error(read_only(), path.to_owned()))
    }

    fn atomic_write(&self, _path: &Path, _data: &[u8]) -> io::Result<()> {
        Err(read_only())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn watch(&self, _callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}
