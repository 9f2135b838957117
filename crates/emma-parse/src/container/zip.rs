//! zip: by central directory; by local headers where that is unreadable.

use crate::exhibit::{Opened, Reading};
use crate::name;
use crate::source::{Bytes, Damage, Disk, Positioned, Stream, Whole};
use emma_model::Anomaly;
use rawzip::{CompressionMethod, ReaderAt, ZipLocator};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufReader, Read};

/// Bytes read from packed content at a time.
const PACKED_BUFFER_BYTES: usize = 64 << 10;
/// How far back from the end the end record is looked for: its longest comment and itself.
const LOCATE_BYTES_MAX: u64 = 1 << 17;
/// Largest zstd window of a member, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// One entry as far as it is needed, whichever header it was read from.
struct Entry {
    name: Vec<u8>,
    method: CompressionMethod,
    encrypted: bool,
    folder: bool,
    /// Where the packed bytes start, and where they end at the latest.
    range: Option<(u64, u64)>,
    /// Unpacked length and CRC-32, where stated.
    stated: Option<(u64, u32)>,
}

/// Names met so far (as hashes: memory stays small) and what is odd about the archive.
#[derive(Default)]
struct Listing {
    ordinal: u32,
    names: BTreeSet<u64>,
    ranges: Vec<(u64, u64)>,
    anomalies: Vec<Anomaly>,
}

impl Listing {
    /// True for a name not met before.
    fn is_new(&mut self, name: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        hasher.write(name);
        self.names.insert(hasher.finish())
    }
}

/// Reads the entries of a zip as members.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    file: Whole<'_>,
) -> io::Result<Vec<Anomaly>> {
    let mut listing = Listing::default();
    let complete = by_directory(reading, opened, file, &mut listing)?;
    if !complete && listing.ordinal == 0 {
        let note = "the central directory is unreadable; members are found by local headers";
        listing.anomalies.push(Anomaly::new("zip.directory", note));
        by_local_headers(reading, opened, file, &mut listing)?;
    } else if !complete {
        let note = "the central directory is damaged; members after this one are not listed";
        listing.anomalies.push(Anomaly::new("zip.directory", note));
    }
    listing.ranges.sort_unstable();
    if listing.ranges.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        let note = "members share packed bytes, as in archives made to explode";
        listing.anomalies.push(Anomaly::new("zip.overlap", note));
    }
    Ok(listing.anomalies)
}

/// Goes through the central directory. False where it could not be read to its end.
fn by_directory(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    whole: Whole<'_>,
    listing: &mut Listing,
) -> io::Result<bool> {
    let disk = reading.disk;
    let source = Watched { whole, disk };
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let locator = ZipLocator::new().max_search_space(LOCATE_BYTES_MAX);
    let archive = match locator.locate_in_reader(&source, &mut buffer, whole.length) {
        Ok(archive) => archive,
        Err((_, error)) => return content_error(disk, error).map(|()| false),
    };
    // Records are at most 64 KiB of name, extra fields and comment each.
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut entries = archive.entries(&mut buffer);
    loop {
        let header = match entries.next_entry() {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(true),
            Err(error) => return content_error(disk, error).map(|()| false),
        };
        let mut entry = listed(&header);
        match archive.get_entry(header.wayfinder()) {
            Ok(found) => entry.range = Some(found.compressed_data_range()),
            Err(error) => content_error(disk, error)?,
        }
        if !member(reading, opened, whole, listing, entry)? {
            return Ok(true);
        }
    }
}

/// An entry as the central directory describes it, its place aside.
fn listed(header: &rawzip::ZipFileHeaderRecord<'_>) -> Entry {
    Entry {
        name: header.file_path().as_bytes().to_vec(),
        method: header.compression_method(),
        encrypted: header.flags().is_encrypted(),
        folder: header.is_dir(),
        range: None,
        stated: Some((header.uncompressed_size_hint(), header.crc32())),
    }
}

/// Shows the directory's entries to `visit` until it says that it has seen enough. Damage ends
/// the list.
fn each_listed<'o, 'd: 'o>(
    disk: &'d Disk<'d>,
    whole: Whole<'o>,
    visit: &mut dyn FnMut(Entry) -> io::Result<bool>,
) -> io::Result<()> {
    let source = Watched { whole, disk };
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let locator = ZipLocator::new().max_search_space(LOCATE_BYTES_MAX);
    let archive = match locator.locate_in_reader(&source, &mut buffer, whole.length) {
        Ok(archive) => archive,
        Err((_, error)) => return content_error(disk, error),
    };
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut entries = archive.entries(&mut buffer);
    loop {
        let header = match entries.next_entry() {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(()),
            Err(error) => return content_error(disk, error),
        };
        let mut entry = listed(&header);
        match archive.get_entry(header.wayfinder()) {
            Ok(found) => entry.range = Some(found.compressed_data_range()),
            Err(error) => content_error(disk, error)?,
        }
        if !visit(entry)? {
            return Ok(());
        }
    }
}

/// Writes the first entry called `name` to `out`; false where the directory lists none.
fn write_entry<'o, 'd: 'o>(
    disk: &'d Disk<'d>,
    whole: Whole<'o>,
    name: &[u8],
    out: &mut dyn io::Write,
) -> io::Result<bool> {
    let mut written = false;
    each_listed(disk, whole, &mut |entry| {
        if entry.name != name {
            return Ok(true);
        }
        // What is odd about it is told where it is read as a member itself.
        let damage = Damage::default();
        if let Some(inner) = open(disk, whole, &entry, &damage)? {
            let mut stream = Stream { inner, disk, damage, damage_kind: "zip.damaged" };
            io::copy(&mut stream, out)?;
            written = true;
        }
        Ok(false)
    })?;
    Ok(written)
}

/// True where the directory lists one of `names` and all entries together unpack to at most
/// `bytes_max`, whatever they state.
pub(crate) fn lists_within<'o, 'd: 'o>(
    disk: &'d Disk<'d>,
    whole: Whole<'o>,
    names: &[&[u8]],
    bytes_max: u64,
) -> io::Result<bool> {
    let mut found = false;
    each_listed(disk, whole, &mut |entry| {
        found = names.contains(&entry.name.as_slice());
        Ok(!found)
    })?;
    if !found {
        return Ok(false);
    }
    let mut left = bytes_max;
    each_listed(disk, whole, &mut |entry| {
        let damage = Damage::default();
        if let Some(inner) = open(disk, whole, &entry, &damage)? {
            let stream = Stream { inner, disk, damage, damage_kind: "zip.damaged" };
            let bytes = io::copy(&mut stream.take(left + 1), &mut io::sink())?;
            found &= bytes <= left;
            left = left.saturating_sub(bytes);
        }
        Ok(found)
    })?;
    Ok(found)
}

/// Goes from local header to local header, skipping what is between.
fn by_local_headers(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    whole: Whole<'_>,
    listing: &mut Listing,
) -> io::Result<()> {
    const FIXED: usize = 30;
    let mut at = 0;
    while let Some(found) = find_signature(reading, whole, at)? {
        let mut fixed = [0; FIXED];
        let source = Watched { whole, disk: reading.disk };
        if source.read_up_to(&mut fixed, found)? < FIXED {
            return Ok(());
        }
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        let mut name = vec![0; usize::from(short(26))];
        let name_bytes = source.read_up_to(&mut name, found + FIXED as u64)?;
        name.truncate(name_bytes);
        let start = found + FIXED as u64 + u64::from(short(26)) + u64::from(short(28));
        // With bit 3 the sizes follow the content; packed streams know their own end.
        let sized = short(6) & 8 == 0 && long(18) != u32::MAX;
        let packed = u64::from(long(18));
        let end = if sized { start.saturating_add(packed).min(whole.length) } else { whole.length };
        let entry = Entry {
            folder: name.ends_with(b"/"),
            name,
            method: CompressionMethod::new(short(8)),
            encrypted: short(6) & 1 != 0,
            range: (start <= whole.length).then_some((start, end)),
            stated: sized.then(|| (u64::from(long(22)), long(14))),
        };
        if !member(reading, opened, whole, listing, entry)? {
            return Ok(());
        }
        if !sized {
            // Its range reaches to the end of the file: that is no overlap.
            listing.ranges.pop();
        }
        at = if sized { end.max(found + 4) } else { start.min(whole.length).max(found + 4) };
    }
    Ok(())
}

/// Where the next local header's signature stands, from `at` on.
fn find_signature(reading: &Reading<'_>, whole: Whole<'_>, at: u64) -> io::Result<Option<u64>> {
    const OVERLAP: u64 = 3;
    let source = Watched { whole, disk: reading.disk };
    let mut buffer = vec![0; PACKED_BUFFER_BYTES];
    let mut at = at;
    loop {
        let n = source.read_up_to(&mut buffer, at)?;
        if let Some(found) = memchr::memmem::find(&buffer[..n], b"PK\x03\x04") {
            return Ok(Some(at + found as u64));
        }
        if n < buffer.len() {
            return Ok(None);
        }
        at += n as u64 - OVERLAP;
    }
}

/// Reads one entry. False where a limit ends the whole archive.
fn member(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    whole: Whole<'_>,
    listing: &mut Listing,
    entry: Entry,
) -> io::Result<bool> {
    if reading.disk.exhausted() {
        let note = "unpacking stopped at the limit";
        listing.anomalies.push(Anomaly::new("container.unpacked_limit", note));
        return Ok(false);
    }
    if !reading.disk.admit_member() {
        listing.anomalies.push(Anomaly::new("container.members_limit", "too many members"));
        return Ok(false);
    }
    let mut anomalies = Vec::new();
    if !listing.is_new(&entry.name) {
        let note = "an earlier member has the same name";
        anomalies.push(Anomaly::field("zip.duplicate_name", "name", note));
    }
    let name = name::decode(&entry.name, &mut anomalies);
    let path = opened.path.child(listing.ordinal);
    listing.ordinal += 1;
    let damage = Damage::default();
    let disk = reading.disk;
    let beside = |suffix: &str, out: &mut dyn io::Write| {
        write_entry(disk, whole, &[&entry.name, suffix.as_bytes()].concat(), out)
    };
    let opened = Opened { path, name, damage: damage.clone(), anomalies, beside: Some(&beside) };
    if entry.folder && entry.stated.is_none_or(|(bytes, _)| bytes == 0) {
        reading.unreadable(opened, "folder")?;
        return Ok(true);
    }
    listing.ranges.extend(entry.range);
    match open(reading.disk, whole, &entry, &damage)? {
        Some(inner) => {
            let stream = Stream { inner, disk: reading.disk, damage, damage_kind: "zip.damaged" };
            reading.member(opened, Bytes::Stream(Box::new(stream)))?;
        }
        None => reading.unreadable(opened, "zip")?,
    }
    Ok(true)
}

/// The unpacked bytes of an entry; `None`, with the damage set, where none can be had.
fn open<'o, 'd: 'o>(
    disk: &'d Disk<'d>,
    whole: Whole<'o>,
    entry: &Entry,
    damage: &Damage,
) -> io::Result<Option<Checked<Box<dyn Read + 'o>>>> {
    let Some((at, end)) = entry.range else {
        damage.set("zip.local_header", "the member's own header is unreadable");
        return Ok(None);
    };
    if entry.encrypted {
        damage.set("zip.encrypted", "the member is encrypted");
        return Ok(None);
    }
    if end > whole.length {
        damage.set("zip.truncated", "the archive ends inside this member");
    }
    let packed = Positioned { file: whole.file, disk, at, end };
    let packed = BufReader::with_capacity(PACKED_BUFFER_BYTES, packed);
    let Some(inner) = unpacker(entry.method, packed)? else {
        damage.set("zip.method", "the member is packed in a way that is not supported");
        return Ok(None);
    };
    Ok(Some(Checked {
        inner,
        stated: entry.stated,
        crc: flate2::Crc::new(),
        bytes: 0,
        damage: damage.clone(),
    }))
}

/// The decoder for a method, `None` where there is none.
fn unpacker<'p>(
    method: CompressionMethod,
    packed: BufReader<impl Read + 'p>,
) -> io::Result<Option<Box<dyn Read + 'p>>> {
    Ok(match method {
        CompressionMethod::STORE => Some(Box::new(packed)),
        CompressionMethod::DEFLATE => Some(Box::new(flate2::bufread::DeflateDecoder::new(packed))),
        CompressionMethod::ZSTD => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Some(Box::new(decoder))
        }
        _ => None,
    })
}

/// Checks length and CRC-32 at the end of a member.
struct Checked<R> {
    inner: R,
    stated: Option<(u64, u32)>,
    crc: flate2::Crc,
    bytes: u64,
    damage: Damage,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.crc.update(&out[..n]);
        self.bytes += n as u64;
        if n == 0 && !out.is_empty() {
            match self.stated {
                Some((bytes, _)) if bytes != self.bytes => {
                    self.damage.set("zip.length", "the member is not as long as stated");
                }
                Some((_, crc)) if crc != self.crc.sum() => {
                    self.damage.set("zip.checksum", "the member's checksum does not hold");
                }
                _ => {}
            }
        }
        Ok(n)
    }
}

/// The archive's file, its failures remembered.
#[derive(Clone, Copy)]
struct Watched<'w, 'd> {
    whole: Whole<'w>,
    disk: &'d Disk<'d>,
}

impl Watched<'_, '_> {
    /// Fills `out` from `at` on as far as the file goes; says how far.
    fn read_up_to(&self, out: &mut [u8], at: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.read_at(&mut out[filled..], at + filled as u64)? {
                0 => break,
                n => filled += n,
            }
        }
        Ok(filled)
    }
}

impl ReaderAt for Watched<'_, '_> {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = u64::MAX;
        Positioned { file: self.whole.file, disk: self.disk, at: offset, end }.read(out)
    }
}

/// An error of the zip reader is content, unless the disk failed.
fn content_error(disk: &Disk<'_>, error: rawzip::Error) -> io::Result<()> {
    match disk.failed() {
        true => Err(io::Error::other(error)),
        false => Ok(()),
    }
}
