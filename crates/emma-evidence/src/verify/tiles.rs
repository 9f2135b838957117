//! The log's tile files against its entries.

use super::Verified;
use crate::error::{Result, io_at};
use crate::log::tiles::{
    TILE_WIDTH, decode_entries, encode_entries, encode_hashes, tile_name, tile_path,
};
use crate::merkle;
use emma_model::Digest;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Every tile file against the entries; and that no full tile is missing.
/// Every tile file against the log's leaf hashes; and that no full tile is missing.
///
/// `folder` is `CASE/evidence/log`, `base` the number of entries that lie in full tiles.
pub(super) fn check(folder: &Path, base: u64, leaves: &[Digest], out: &mut Verified) -> Result<()> {
    let mut level_hashes = vec![leaves.to_vec()];
    while level_hashes.last().is_some_and(|below| below.len() >= TILE_WIDTH as usize) {
        let below = level_hashes.last().expect("there is a level");
        let above = below.chunks_exact(TILE_WIDTH as usize).map(merkle::root_of).collect();
        level_hashes.push(above);
    }
    for (level, hashes) in level_hashes.iter().enumerate() {
        let full = hashes.len() as u64 / TILE_WIDTH;
        for n in 0..full {
            // The last tiles may still lie in the tail alone.
            let below_tail = (n + 1) << (8 * (level as u32 + 1));
            let path = tile_path(Some(level as u32), n, TILE_WIDTH);
            if below_tail <= base && !folder.join(path).exists() {
                let name = tile_name(Some(level as u32), n, TILE_WIDTH);
                out.find(name, "it is not there");
            }
        }
    }
    let mut files = Vec::new();
    list_files(&folder.join("tile"), &mut files)?;
    for path in files {
        check_file(folder, &path, &level_hashes, out)?;
    }
    Ok(())
}

fn check_file(
    folder: &Path,
    path: &Path,
    levels: &[Vec<Digest>],
    out: &mut Verified,
) -> Result<()> {
    let name = path.strip_prefix(folder).unwrap_or(path);
    let object = format!("log/{}", name.display());
    let Some((level, n, width)) = parse_tile_path(name) else {
        out.find(object, "no tile has this name");
        return Ok(());
    };
    let bytes = io_at("read a tile", std::fs::read(path))?;
    let from = n.saturating_mul(TILE_WIDTH) as usize;
    let range = from..from.saturating_add(width as usize);
    let fits = match level {
        Some(level) => levels
            .get(level as usize)
            .and_then(|hashes| hashes.get(range))
            .is_some_and(|hashes| encode_hashes(hashes) == bytes),
        None => decode_entries(&bytes, width).is_some_and(|entries| {
            let again = encode_entries(entries.iter().map(Vec::as_slice)) == bytes;
            let leaves: Vec<Digest> =
                entries.iter().map(|entry| merkle::leaf_hash(entry)).collect();
            again && levels[0].get(range) == Some(&leaves[..])
        }),
    };
    if !fits {
        out.find(object, "it is not of the log's entries");
    }
    Ok(())
}

/// A tile's bytes, where it is there.
pub(super) fn read_tile(
    folder: &Path,
    level: Option<u32>,
    n: u64,
    width: u64,
) -> Result<Option<Vec<u8>>> {
    match std::fs::read(folder.join(tile_path(level, n, width))) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => io_at("read a tile", other).map(Some),
    }
}

/// Level, number and width from `tile/...`, where the name is exactly that of a tile.
fn parse_tile_path(name: &Path) -> Option<(Option<u32>, u64, u64)> {
    let mut parts: Vec<&str> =
        name.components().map(|part| part.as_os_str().to_str()).collect::<Option<_>>()?;
    let width = match parts.iter().rev().nth(1).and_then(|part| part.strip_suffix(".p")) {
        Some(number) => {
            let width = parts.pop()?.parse().ok()?;
            *parts.last_mut()? = number;
            width
        }
        None => TILE_WIDTH,
    };
    let ["tile", level, groups @ ..] = &parts[..] else {
        return None;
    };
    let level = if *level == "entries" { None } else { Some(level.parse().ok()?) };
    let mut n = 0u64;
    for group in groups {
        let digits = group.strip_prefix('x').unwrap_or(group);
        n = n.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    let width_fits = (1..=TILE_WIDTH).contains(&width);
    (width_fits && tile_path(level, n, width) == name).then_some((level, n, width))
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in io_at("list a folder", std::fs::read_dir(folder))? {
        let path = io_at("list a folder", entry)?.path();
        if path.is_dir() {
            list_files(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "tmp") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
