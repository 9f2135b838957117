//! Keys files: which messages of a segment have a network id, and where they stand.
//!
//! A key is the first 8 bytes of a network id's identity and a row number. The file is a table
//! of buckets (by the leading bits of the identity) and in each bucket entries of seven bytes:
//! the next 24 bits and the row. So a look-up touches two places, and a few strangers may share
//! an entry's bits: the caller compares the row it finds. Layout: `docs/formats/lake.md`.

use crate::error::{LakeError, Result};
use crate::snapshot::FileEntry;
use crate::table::FileRole;
use crate::write::HashedFile;
use emma_store::MappedFile;
use std::io::{BufWriter, Write};
use std::path::Path;

const ROLE: FileRole = FileRole::Keys;
const MAGIC: &[u8; 16] = b"emma keys one\n\0\0";
/// Magic, count, bits.
const HEAD_BYTES: usize = 32;
/// 24 bits of identity, 32 bits of row.
const ENTRY_BYTES: usize = 7;
/// Entries of a bucket, on average, are between one and two times this.
const BUCKET_ENTRIES: u64 = 8;
/// Bits of the bucket table, at most: 24 bits of identity must follow within 64.
const BITS_MAX: u32 = 32;

/// First 16 bytes of SHA-256 over the canonical bytes of a network id.
pub type Identity = [u8; 16];

/// Collects the keys of a segment. Holds 16 bytes a key in memory, for at most
/// [`crate::write::FILE_ROWS_MAX`] rows.
#[derive(Debug, Default)]
pub struct KeysWriter {
    entries: Vec<(u64, u32)>,
}

impl KeysWriter {
    /// An empty collection.
    pub fn new() -> KeysWriter {
        KeysWriter::default()
    }

    /// Adds a message: `row` is the number of its first version's row in the messages file.
    pub fn add(&mut self, identity: &Identity, row: u32) {
        self.entries.push((head(identity), row));
    }

    /// Writes `CASE/lake/keys/PARTITION-DIGEST16.keys`; nothing where there are no keys.
    pub fn finish(mut self, case: &Path, partition: &str) -> Result<Option<FileEntry>> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        self.entries.sort_unstable();
        let count = self.entries.len() as u64;
        let bits = (count / BUCKET_ENTRIES).max(1).ilog2().min(BITS_MAX);
        let file = HashedFile::create(case, "keys", ROLE)?;
        let mut out = BufWriter::with_capacity(256 << 10, file);
        self.write(&mut out, bits).map_err(LakeError::io(ROLE))?;
        let file = out.into_inner().map_err(|error| LakeError::io(ROLE)(error.into_error()))?;
        file.commit(case, "keys", &format!("{partition}.keys"), count).map(Some)
    }

    fn write(&self, out: &mut impl Write, bits: u32) -> std::io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&(self.entries.len() as u64).to_le_bytes())?;
        out.write_all(&bits.to_le_bytes())?;
        out.write_all(&[0; 4])?;
        let mut at = 0u32;
        for bucket in 0..1u64 << bits {
            out.write_all(&at.to_le_bytes())?;
            while self
                .entries
                .get(at as usize)
                .is_some_and(|(head, _)| split(*head, bits).0 == bucket)
            {
                at += 1;
            }
        }
        out.write_all(&at.to_le_bytes())?;
        for (head, row) in &self.entries {
            out.write_all(&split(*head, bits).1.to_be_bytes()[1..])?;
            out.write_all(&row.to_le_bytes())?;
        }
        Ok(())
    }
}

fn head(identity: &Identity) -> u64 {
    u64::from_be_bytes(identity[..8].try_into().expect("8 of 16 bytes"))
}

/// The bucket of an identity and the 24 bits after it.
fn split(head: u64, bits: u32) -> (u64, u32) {
    let bucket = if bits == 0 { 0 } else { head >> (64 - bits) };
    (bucket, (head << bits >> 40) as u32)
}

/// An open keys file, mapped.
#[derive(Debug)]
pub struct Keys {
    map: MappedFile,
    count: u64,
    bits: u32,
    entries: usize,
}

impl Keys {
    /// Opens the file of `entry` under `case`.
    pub fn open(case: &Path, entry: &FileEntry) -> Result<Keys> {
        let map = MappedFile::open(&case.join(&entry.path)).map_err(LakeError::store(ROLE))?;
        Keys::parse(map, entry.rows)
            .ok_or_else(|| LakeError::damaged(ROLE, "its head or size is wrong"))
    }

    fn parse(map: MappedFile, rows: u64) -> Option<Keys> {
        let head = map.get(..HEAD_BYTES)?.strip_prefix(MAGIC)?;
        let count = u64::from_le_bytes(head[..8].try_into().ok()?);
        let bits = u32::from_le_bytes(head[8..12].try_into().ok()?);
        (bits <= BITS_MAX && count == rows).then_some(())?;
        let table = ((1u64 << bits) + 1) * 4;
        let entries = HEAD_BYTES as u64 + table;
        let whole = entries.checked_add(count.checked_mul(ENTRY_BYTES as u64)?)?;
        (whole == map.len() as u64).then(|| Keys { count, bits, entries: entries as usize, map })
    }

    /// How many keys.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// True where the file holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Rows that may be the message with this identity, ascending: the caller compares the row.
    pub fn find(&self, identity: &Identity) -> Vec<u32> {
        self.look_up(head(identity)).unwrap_or_default()
    }

    fn look_up(&self, head: u64) -> Option<Vec<u32>> {
        let (bucket, rest) = split(head, self.bits);
        let slot = HEAD_BYTES + usize::try_from(bucket).ok()? * 4;
        let bounds = self.map.get(slot..slot + 8)?;
        let first = u32::from_le_bytes(bounds[..4].try_into().ok()?) as usize;
        let end = u32::from_le_bytes(bounds[4..].try_into().ok()?) as usize;
        let start = self.entries.checked_add(first.checked_mul(ENTRY_BYTES)?)?;
        let stop = self.entries.checked_add(end.checked_mul(ENTRY_BYTES)?)?;
        let entries = self.map.get(start..stop)?;
        let rest = &rest.to_be_bytes()[1..];
        let rows = entries
            .chunks_exact(ENTRY_BYTES)
            .skip_while(|entry| &entry[..3] < rest)
            .take_while(|entry| &entry[..3] == rest)
            .map(|entry| u32::from_le_bytes(entry[3..].try_into().expect("4 of 7 bytes")));
        Some(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::network_identity;
    use proptest::prelude::*;

    fn write(keys: &[(Identity, u32)]) -> (tempfile::TempDir, Option<FileEntry>) {
        let case = tempfile::tempdir().unwrap();
        let mut writer = KeysWriter::new();
        for (identity, row) in keys {
            writer.add(identity, *row);
        }
        let entry = writer.finish(case.path(), "p").unwrap();
        (case, entry)
    }

    #[test]
    fn every_key_is_found_and_strangers_are_rare() {
        let name = |i: u32| network_identity("net", None, &i.to_string());
        let keys: Vec<_> = (0..5_000).map(|i| (name(i), i)).collect();
        let (case, entry) = write(&keys);
        let keys = Keys::open(case.path(), &entry.unwrap()).unwrap();
        assert_eq!(keys.len(), 5_000);
        for i in 0..5_000 {
            assert!(keys.find(&name(i)).contains(&i));
        }
        let strangers: usize = (5_000..10_000).map(|i| keys.find(&name(i)).len()).sum();
        assert!(strangers <= 1, "{strangers} of 5,000 absent keys were found");
    }

    #[test]
    fn no_keys_leave_no_file_and_a_cut_file_is_damaged() {
        assert_eq!(write(&[]).1, None);
        let (case, entry) = write(&[([7; 16], 3), ([9; 16], 1)]);
        let entry = entry.unwrap();
        let path = case.path().join(&entry.path);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 10, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let error = Keys::open(case.path(), &entry).unwrap_err();
            assert!(error.to_string().starts_with("a keys file is damaged"), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_flipped_byte_gives_rows_or_an_error_never_a_panic(at in 0usize..70, bit in 0u8..8) {
            let (case, entry) = write(&[([7; 16], 3), ([9; 16], 1), ([9; 16], 2)]);
            let entry = entry.unwrap();
            let path = case.path().join(&entry.path);
            let mut bytes = std::fs::read(&path).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(keys) = Keys::open(case.path(), &entry) {
                let _ = keys.find(&[9; 16]);
            }
        }
    }
}
