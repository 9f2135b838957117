//! Exhibits, and the files of the latest snapshot.

use super::Verified;
use super::log::Stated;
use crate::error::{Result, io_at};
use crate::exhibit::{ExhibitStore, copy_hashed};
use emma_model::Digest;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Component, Path};

/// Re-hashes every sealed file the log names, and returns those that do not fit.
pub(super) fn check_exhibits(
    evidence: &Path,
    stated: &Stated,
    out: &mut Verified,
    progress: &mut dyn FnMut(u64),
) -> Result<BTreeSet<Digest>> {
    let store = ExhibitStore::open(evidence);
    let mut damaged = BTreeSet::new();
    for (digest, bytes) in &stated.exhibits {
        let name = digest.hex();
        let what = match hash_file(&store.path(digest), progress)? {
            None => Some("it is not there"),
            Some((found, length)) if found != *digest || length != *bytes => {
                Some("its bytes are not those that were sealed")
            }
            Some(_) => None,
        };
        if let Some(what) = what {
            out.find(format!("exhibits/{}/{name}", &name[..2]), what);
            damaged.insert(*digest);
        }
        out.exhibits += 1;
        out.exhibit_bytes += bytes;
    }
    Ok(damaged)
}

/// Re-hashes the lake and index files that snapshots' entries list. Those of the latest must be
/// there; an earlier one's may have gone, but not changed.
pub(super) fn check_snapshot(
    case: &Path,
    stated: &Stated,
    out: &mut Verified,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    for (file, latest) in stated.files.values() {
        let path = Path::new(&file.path);
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            out.find("a snapshot", "it lists a file outside the case");
            continue;
        }
        out.snapshot_files += 1;
        match hash_file(&case.join(path), progress)? {
            None if *latest => out.find(&file.path, "it is not there"),
            None => {}
            Some((digest, bytes)) if digest.hex() != file.digest || bytes != file.bytes => {
                out.find(&file.path, "its bytes are not those that were published");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Re-hashes what crashes left and appends set aside.
pub(super) fn check_torn(evidence: &Path, out: &mut Verified) -> Result<()> {
    let folder = evidence.join("log/torn");
    if !folder.is_dir() {
        return Ok(());
    }
    for file in io_at("list a folder", std::fs::read_dir(&folder))? {
        let file = io_at("list a folder", file)?;
        let name = file.file_name().to_string_lossy().into_owned();
        let Some(digest) = Digest::from_hex(&name) else {
            continue;
        };
        if hash_file(&file.path(), &mut |_| {})?.map(|(found, _)| found) != Some(digest) {
            out.find(format!("log/torn/{name}"), "its bytes are not those that were set aside");
        }
    }
    Ok(())
}

fn hash_file(path: &Path, progress: &mut dyn FnMut(u64)) -> Result<Option<(Digest, u64)>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => io_at("open a file", other)?,
    };
    copy_hashed(&mut file, &mut std::io::sink(), progress).map(Some)
}
