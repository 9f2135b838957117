//! tar: ustar, pax and GNU archives, read forward.
//!
//! Written here rather than taken from a crate, because extended headers of hostile archives must
//! not be read into memory whole and damaged ones must not end the reading.
//!
//! 1. A header block of 512 bytes with a valid checksum describes an entry or extends the next.
//! 2. The content follows, padded to 512 bytes.
//! 3. A block of zeros ends the archive, but headers after it are still read, and told; a block
//!    that is neither is skipped and told, and the next valid header goes on.

use crate::exhibit::{Opened, Reading};
use crate::name;
use crate::source::{Bytes, Damage, Stream};
use crate::window::{Window, WindowReader};
use emma_model::Anomaly;
use std::io::{self, Read};

const BLOCK: usize = 512;
/// Longest extended header that is looked at; the rest of a longer one is skipped.
const EXTENSION_BYTES_MAX: usize = 64 << 10;

/// True where `head` starts with a tar header.
pub(crate) fn is_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK) else {
        return false;
    };
    // The old format before ustar has no magic; a checksum over names alone is too weak a sign.
    block[257..].starts_with(b"ustar") && checksum_holds(block)
}

/// What an extended header says about the next entry.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads the entries of a tar as members, in order.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    window: &mut Window<'_>,
) -> io::Result<Vec<Anomaly>> {
    let mut state = State::default();
    let mut ordinal = 0;
    let mut extension = Extension::default();
    while window.fill(BLOCK)? {
        let block: [u8; BLOCK] = window.bytes()[..BLOCK].try_into().expect("a whole block");
        window.consume_lines(BLOCK, 0);
        if !state.is_header(&block) {
            continue;
        }
        let size = number(&block[124..136]).unwrap_or(0);
        let kind = block[156];
        if let b'x' | b'g' | b'L' | b'K' = kind {
            let content = read_extension(window, size)?;
            match kind {
                b'x' => extension.pax(&content),
                b'L' => extension.path = Some(until_nul(&content).to_vec()),
                _ => {}
            }
            if size > EXTENSION_BYTES_MAX as u64 {
                let note = "an extended header is too long to be read whole";
                state.tell("tar.extension_long", note);
            }
            continue;
        }
        let extension = std::mem::take(&mut extension);
        if !reading.disk.admit_member() || ordinal == u32::MAX {
            state.tell("container.members_limit", "too many members");
            return Ok(state.anomalies);
        }
        let size = match kind {
            // Links, devices, folders and pipes have no content of their own.
            b'1'..=b'6' => 0,
            _ => extension.size.unwrap_or(size),
        };
        entry(reading, opened, window, ordinal, &block, extension, size)?;
        ordinal += 1;
        if reading.disk.exhausted() {
            state.tell("container.unpacked_limit", "unpacking stopped at the limit");
            return Ok(state.anomalies);
        }
    }
    match (state.ended, window.bytes().iter().all(|byte| *byte == 0)) {
        (true, true) => {}
        (true, false) => state.tell("tar.after_end", "bytes follow the end mark"),
        (false, _) => state.tell("tar.no_end", "the archive has no end mark"),
    }
    Ok(state.anomalies)
}

/// What the blocks so far mean for the next.
#[derive(Default)]
struct State {
    /// A block that is no header was told, and none that is one came since.
    skipping: bool,
    /// The end mark was met.
    ended: bool,
    anomalies: Vec<Anomaly>,
}

impl State {
    /// True for a valid header. Anything else is skipped, and told unless it is the end mark.
    fn is_header(&mut self, block: &[u8; BLOCK]) -> bool {
        if block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            return false;
        }
        let valid = checksum_holds(block);
        if std::mem::take(&mut self.ended) {
            self.tell("tar.after_end", "bytes follow the end mark");
        } else if !valid && !self.skipping {
            self.tell("tar.header", "a block is no valid header; skipped");
        }
        self.skipping = !valid;
        valid
    }

    /// Adds an anomaly of the archive; each kind once, whatever hostile blocks repeat.
    fn tell(&mut self, kind: &'static str, note: &'static str) {
        if self.anomalies.iter().all(|anomaly| anomaly.kind.0 != kind) {
            self.anomalies.push(Anomaly::new(kind, note));
        }
    }
}

/// Reads one entry and the padding after it.
fn entry(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    window: &mut Window<'_>,
    ordinal: u32,
    block: &[u8; BLOCK],
    extension: Extension,
    size: u64,
) -> io::Result<()> {
    let mut anomalies = Vec::new();
    let path = match &extension.path {
        Some(path) => path.clone(),
        None => header_path(block),
    };
    if extension.sparse || block[156] == b'S' {
        let note = "a sparse file; its stored blocks are read, not its holes";
        anomalies.push(Anomaly::new("tar.sparse", note));
    }
    let damage = Damage::default();
    let name = name::decode(&path, &mut anomalies);
    let member = Opened {
        path: opened.path.child(ordinal),
        name,
        damage: damage.clone(),
        anomalies,
        beside: None,
    };
    let mut left = size;
    if let b'1'..=b'6' = block[156] {
        reading.unreadable(member, if block[156] == b'5' { "folder" } else { "link" })?;
    } else {
        let inner = Content { window, left: &mut left, damage: &damage };
        let disk = reading.disk;
        let stream = Stream { inner, disk, damage: damage.clone(), damage_kind: "tar.damaged" };
        reading.member(member, Bytes::Stream(Box::new(stream)))?;
    }
    // A member cut by a limit leaves content behind; padding follows in any case.
    let padding = size.next_multiple_of(BLOCK as u64).wrapping_sub(size) % BLOCK as u64;
    skip(window, left.saturating_add(padding))
}

/// The content of one entry.
struct Content<'c, 'w> {
    window: &'c mut Window<'w>,
    left: &'c mut u64,
    damage: &'c Damage,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room = out.len().min(usize::try_from(*self.left).unwrap_or(usize::MAX));
        let n = WindowReader(self.window).read(&mut out[..room])?;
        *self.left -= n as u64;
        if n == 0 && room > 0 {
            self.damage.set("tar.truncated", "the archive ends inside this member");
        }
        Ok(n)
    }
}

fn read_extension(window: &mut Window<'_>, size: u64) -> io::Result<Vec<u8>> {
    let wanted = size.min(EXTENSION_BYTES_MAX as u64) as usize;
    window.fill(wanted)?;
    let content = window.bytes()[..wanted.min(window.bytes().len())].to_vec();
    skip(window, size.checked_next_multiple_of(BLOCK as u64).unwrap_or(size))?;
    Ok(content)
}

fn skip(window: &mut Window<'_>, bytes: u64) -> io::Result<()> {
    io::copy(&mut WindowReader(window).take(bytes), &mut io::sink())?;
    Ok(())
}

impl Extension {
    /// Takes the records `LENGTH KEY=VALUE\n` of a pax header; one that does not fit ends it.
    fn pax(&mut self, content: &[u8]) {
        let mut rest = content;
        while let Some(space) = memchr::memchr(b' ', rest) {
            let length = std::str::from_utf8(&rest[..space]).ok().and_then(|n| n.parse().ok());
            let Some(length) = length.filter(|n: &usize| *n > space + 1 && *n <= rest.len()) else {
                return;
            };
            let record = rest[space + 1..length].strip_suffix(b"\n").unwrap_or_default();
            if let Some(equals) = memchr::memchr(b'=', record) {
                let value = &record[equals + 1..];
                let text = || std::str::from_utf8(value).ok();
                match &record[..equals] {
                    b"path" => self.path = Some(value.to_vec()),
                    b"size" => self.size = text().and_then(|text| text.parse().ok()),
                    key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                    _ => {}
                }
            }
            rest = &rest[length..];
        }
    }
}

/// The path of the header itself, with the ustar prefix.
fn header_path(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    let prefix = until_nul(&block[345..500]);
    // GNU headers (`ustar  `) keep times where ustar keeps the prefix.
    match block[257..].starts_with(b"ustar\0") && !prefix.is_empty() {
        true => [prefix, b"/", name].concat(),
        false => name.to_vec(),
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

/// An octal number, or the GNU base-256 form with the top bit set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut value = u64::from(field[0] & 0x7f);
        for byte in &field[1..] {
            value = value.checked_mul(256)? | u64::from(*byte);
        }
        return Some(value);
    }
    let text = std::str::from_utf8(until_nul(field)).ok()?.trim();
    u64::from_str_radix(text, 8).ok()
}

fn checksum_holds(block: &[u8]) -> bool {
    let blank = |at: usize| (148..156).contains(&at);
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| u64::from(if blank(at) { b' ' } else { *byte }))
        .sum();
    number(&block[148..156]) == Some(sum)
}
