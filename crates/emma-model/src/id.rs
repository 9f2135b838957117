//! Ids. They are permanent, depend on content alone, and order by their canonical bytes.
//!
//! | id | is | text form |
//! | --- | --- | --- |
//! | [`ExhibitId`] | SHA-256 over (source, delivered path, SHA-256 of the bytes) | 64 hex digits |
//! | [`RecordId`] | where a record stands: exhibit, member, place | `HEX@OFFSET+LENGTH`, `HEX/0/2@OFFSET+LENGTH`, `HEX/3#TABLE:ROW`, `live:SOURCE:SEQUENCE:INDEX` |
//! | [`NetworkId`] | the network's own id of a message, with the scope in which it is unique | `net:NETWORK:CONVERSATION:ID` (percent-escaped parts, empty conversation where ids are unique in the whole network) |
//! | [`MessageId`] | a network id, else the smallest record id among the message's copies | as above |
//!
//! Canonical bytes are specified in `docs/formats/ids.md`.

mod text;

use crate::digest::Digest;
use std::fmt;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError(
    /// What was expected, without repeating the input.
    pub &'static str,
);

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for IdError {}

/// The id of an exhibit: a delivered file exactly as received.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExhibitId(pub Digest);

impl ExhibitId {
    /// Derives the id from where the file came from and what it holds.
    ///
    /// `path` is the delivered path, bytes as found, `/` between components, starting at the
    /// last component of what was named at intake.
    pub fn derive(source: &str, path: &[u8], bytes: Digest) -> ExhibitId {
        let mut out = Vec::with_capacity(64 + source.len() + path.len());
        out.extend_from_slice(b"emma/exhibit/v1\0");
        put_bytes(&mut out, source.as_bytes());
        put_bytes(&mut out, path);
        out.extend_from_slice(&bytes.0);
        ExhibitId(Digest::of(&out))
    }
}

impl fmt::Debug for ExhibitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for ExhibitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The way into nested containers, by ordinals counted from 0.
///
/// Empty for the exhibit's own bytes. In a zip an ordinal counts central-directory entries
/// (local headers where that is unreadable), in a tar its entries; the content of a gz or zst
/// stream is ordinal 0. At most [`MemberPath::DEPTH_MAX`] deep.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberPath(pub Vec<u32>);

impl MemberPath {
    /// Containers nest at most this deep; what lies deeper is reported, not opened.
    pub const DEPTH_MAX: usize = 16;

    /// The path of member `ordinal` inside this one.
    pub fn child(&self, ordinal: u32) -> MemberPath {
        let mut path = self.0.clone();
        path.push(ordinal);
        MemberPath(path)
    }
}

/// Where inside a member a record stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// A byte span of the member's unpacked bytes.
    Span {
        /// First byte, counted from 0.
        offset: u64,
        /// Length in bytes.
        length: u64,
    },
    /// A row of a table, for formats without stable byte spans.
    Row {
        /// Table or sheet name.
        table: String,
        /// Row number as the format counts it.
        row: i64,
    },
}

/// The permanent id of a record: its locator.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordId {
    /// A record of a sealed exhibit.
    Sealed {
        /// The exhibit.
        exhibit: ExhibitId,
        /// The way into its containers.
        member: MemberPath,
        /// The place in that member.
        place: Place,
    },
    /// A record of a live stream, known before its segment closes.
    Live {
        /// Source name.
        source: String,
        /// Sequence number of the batch.
        sequence: u64,
        /// Place in the batch, from 0.
        index: u32,
    },
}

impl RecordId {
    /// The id of a byte span of an exhibit's member.
    pub fn span(exhibit: ExhibitId, member: MemberPath, offset: u64, length: u64) -> RecordId {
        RecordId::Sealed { exhibit, member, place: Place::Span { offset, length } }
    }

    /// The exhibit, where the record has one.
    pub fn exhibit(&self) -> Option<ExhibitId> {
        match self {
            RecordId::Sealed { exhibit, .. } => Some(*exhibit),
            RecordId::Live { .. } => None,
        }
    }

    /// Canonical bytes: their order is the order of ids (big-endian numbers, tagged places).
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.put_canonical(&mut out);
        out
    }

    /// Appends [`RecordId::canonical`].
    pub fn put_canonical(&self, out: &mut Vec<u8>) {
        match self {
            RecordId::Sealed { exhibit, member, place } => {
                out.push(1);
                out.extend_from_slice(&exhibit.0.0);
                put_locator(out, member, place);
            }
            RecordId::Live { source, sequence, index } => {
                out.push(2);
                put_ordered_text(out, source);
                out.extend_from_slice(&sequence.to_be_bytes());
                out.extend_from_slice(&index.to_be_bytes());
            }
        }
    }

    /// Reads [`RecordId::canonical`] back. `None` for anything else, trailing bytes included.
    pub fn from_canonical(bytes: &[u8]) -> Option<RecordId> {
        let mut cursor = bytes;
        let id = match take(&mut cursor, 1)?[0] {
            1 => {
                let exhibit = ExhibitId(Digest(take(&mut cursor, 32)?.try_into().ok()?));
                let (member, place) = take_locator(&mut cursor)?;
                RecordId::Sealed { exhibit, member, place }
            }
            2 => {
                let source = take_ordered_text(&mut cursor)?;
                let sequence = u64::from_be_bytes(take(&mut cursor, 8)?.try_into().ok()?);
                let index = u32::from_be_bytes(take(&mut cursor, 4)?.try_into().ok()?);
                RecordId::Live { source, sequence, index }
            }
            _ => return None,
        };
        cursor.is_empty().then_some(id)
    }
}

/// Appends the canonical bytes of a locator inside an exhibit: member path, then place.
///
/// The record tree hashes these bytes (`docs/formats/evidence.md`).
pub fn put_locator(out: &mut Vec<u8>, member: &MemberPath, place: &Place) {
    // A 1 before each ordinal and a 0 after the last: a container orders before its members.
    for ordinal in &member.0 {
        out.push(1);
        out.extend_from_slice(&ordinal.to_be_bytes());
    }
    out.push(0);
    match place {
        Place::Span { offset, length } => {
            out.push(0);
            out.extend_from_slice(&offset.to_be_bytes());
            out.extend_from_slice(&length.to_be_bytes());
        }
        Place::Row { table, row } => {
            out.push(1);
            put_ordered_text(out, table);
            // Flipping the sign bit makes the byte order the numeric order.
            out.extend_from_slice(&((*row as u64) ^ (1 << 63)).to_be_bytes());
        }
    }
}

fn take_locator(cursor: &mut &[u8]) -> Option<(MemberPath, Place)> {
    let mut ordinals = Vec::new();
    loop {
        match take(cursor, 1)?[0] {
            0 => break,
            1 => ordinals.push(u32::from_be_bytes(take(cursor, 4)?.try_into().ok()?)),
            _ => return None,
        }
    }
    let place = match take(cursor, 1)?[0] {
        0 => Place::Span {
            offset: u64::from_be_bytes(take(cursor, 8)?.try_into().ok()?),
            length: u64::from_be_bytes(take(cursor, 8)?.try_into().ok()?),
        },
        1 => Place::Row {
            table: take_ordered_text(cursor)?,
            row: (u64::from_be_bytes(take(cursor, 8)?.try_into().ok()?) ^ (1 << 63)) as i64,
        },
        _ => return None,
    };
    Some((MemberPath(ordinals), place))
}

/// Appends a text so that the order of the bytes is the order of the texts: a zero byte becomes
/// `00 FF`, the end is `00 01`.
fn put_ordered_text(out: &mut Vec<u8>, text: &str) {
    if text.as_bytes().contains(&0) {
        for byte in text.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xFF);
            }
        }
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&[0, 1]);
}

fn take_ordered_text(cursor: &mut &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        match take(cursor, 1)?[0] {
            0 => match take(cursor, 1)?[0] {
                1 => return String::from_utf8(bytes).ok(),
                0xFF => bytes.push(0),
                _ => return None,
            },
            byte => bytes.push(byte),
        }
    }
}

/// Appends a length (4 bytes, big-endian) and the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("canonical parts stay under 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn take<'a>(cursor: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = cursor.split_at_checked(n)?;
    *cursor = tail;
    Some(head)
}

/// The network's own id of a message, with the scope in which it is unique.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NetworkId {
    /// The network, as its mapping names it.
    pub network: String,
    /// The conversation, where ids repeat between conversations.
    pub conversation: Option<String>,
    /// The id, bytes as found (decoded to text).
    pub id: String,
}

impl NetworkId {
    /// Canonical bytes: three parts, an absent conversation apart from an empty one. Their order
    /// is the order of the ids.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.network.len() + self.id.len());
        put_network_id(&mut out, &self.network, self.conversation.as_deref(), &self.id);
        out
    }
}

/// Appends [`NetworkId::canonical`] of an id whose parts are borrowed.
pub fn put_network_id(out: &mut Vec<u8>, network: &str, conversation: Option<&str>, id: &str) {
    put_ordered_text(out, network);
    match conversation {
        None => out.push(0),
        Some(conversation) => {
            out.push(1);
            put_ordered_text(out, conversation);
        }
    }
    put_ordered_text(out, id);
}

/// The name of a message: its smallest network id, else its smallest record id.
///
/// Network ids order before record ids, so `min` over all names of a message is its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageId {
    /// Named by the network.
    Network(NetworkId),
    /// Named by the smallest record id among its copies.
    Record(RecordId),
}

impl MessageId {
    /// Canonical bytes, tagged by what names the message.
    pub fn canonical(&self) -> Vec<u8> {
        let (tag, body) = match self {
            MessageId::Network(id) => (0u8, id.canonical()),
            MessageId::Record(id) => (1, id.canonical()),
        };
        let mut out = Vec::with_capacity(1 + body.len());
        out.push(tag);
        out.extend_from_slice(&body);
        out
    }
}

#[cfg(test)]
mod tests;
