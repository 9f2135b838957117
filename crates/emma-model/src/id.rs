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

use crate::digest::{Digest, hex};
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
        RecordId::Sealed {
            exhibit,
            member,
            place: Place::Span { offset, length },
        }
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
            RecordId::Sealed {
                exhibit,
                member,
                place,
            } => {
                out.push(1);
                out.extend_from_slice(&exhibit.0.0);
                put_locator(out, member, place);
            }
            RecordId::Live {
                source,
                sequence,
                index,
            } => {
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
                RecordId::Sealed {
                    exhibit,
                    member,
                    place,
                }
            }
            2 => {
                let source = take_ordered_text(&mut cursor)?;
                let sequence = u64::from_be_bytes(take(&mut cursor, 8)?.try_into().ok()?);
                let index = u32::from_be_bytes(take(&mut cursor, 4)?.try_into().ok()?);
                RecordId::Live {
                    source,
                    sequence,
                    index,
                }
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
            0 if take(cursor, 1)?[0] == 1 => return String::from_utf8(bytes).ok(),
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

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordId::Sealed {
                exhibit,
                member,
                place,
            } => {
                write!(f, "{exhibit}")?;
                for ordinal in &member.0 {
                    write!(f, "/{ordinal}")?;
                }
                match place {
                    Place::Span { offset, length } => write!(f, "@{offset}+{length}"),
                    Place::Row { table, row } => write!(f, "#{}:{row}", escape(table)),
                }
            }
            RecordId::Live {
                source,
                sequence,
                index,
            } => {
                write!(f, "live:{}:{sequence}:{index}", escape(source))
            }
        }
    }
}

impl std::str::FromStr for RecordId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<RecordId, IdError> {
        const WANT: IdError = IdError(
            "a record id looks like HEX@OFFSET+LENGTH, HEX/0/2@OFFSET+LENGTH or HEX#TABLE:ROW",
        );
        if let Some(rest) = text.strip_prefix("live:") {
            let mut parts = rest.split(':');
            let (Some(source), Some(sequence), Some(index), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(IdError(
                    "a live record id looks like live:SOURCE:SEQUENCE:INDEX",
                ));
            };
            return Ok(RecordId::Live {
                source: unescape(source).ok_or(WANT)?,
                sequence: sequence.parse().map_err(|_| WANT)?,
                index: index.parse().map_err(|_| WANT)?,
            });
        }
        let at = text.find(['@', '#']).ok_or(WANT)?;
        let (head, tail) = text.split_at(at);
        let mut parts = head.split('/');
        let exhibit = parts
            .next()
            .and_then(Digest::from_hex)
            .map(ExhibitId)
            .ok_or(WANT)?;
        let ordinals: Result<Vec<u32>, IdError> =
            parts.map(|p| p.parse().map_err(|_| WANT)).collect();
        let member = MemberPath(ordinals?);
        if member.0.len() > MemberPath::DEPTH_MAX {
            return Err(WANT);
        }
        let place = if let Some(span) = tail.strip_prefix('@') {
            let (offset, length) = span.split_once('+').ok_or(WANT)?;
            Place::Span {
                offset: offset.parse().map_err(|_| WANT)?,
                length: length.parse().map_err(|_| WANT)?,
            }
        } else {
            let (table, row) = tail[1..].rsplit_once(':').ok_or(WANT)?;
            Place::Row {
                table: unescape(table).ok_or(WANT)?,
                row: row.parse().map_err(|_| WANT)?,
            }
        };
        Ok(RecordId::Sealed {
            exhibit,
            member,
            place,
        })
    }
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
        put_network_id(
            &mut out,
            &self.network,
            self.conversation.as_deref(),
            &self.id,
        );
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

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "net:{}:", escape(&self.network))?;
        if let Some(conversation) = &self.conversation {
            // An '=' tells an empty conversation from none.
            write!(f, "={}", escape(conversation))?;
        }
        write!(f, ":{}", escape(&self.id))
    }
}

impl std::str::FromStr for NetworkId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<NetworkId, IdError> {
        const WANT: IdError = IdError("a network id looks like net:NETWORK:CONVERSATION:ID");
        let rest = text.strip_prefix("net:").ok_or(WANT)?;
        let parts: Vec<&str> = rest.split(':').collect();
        let [network, conversation, id] = parts[..] else {
            return Err(WANT);
        };
        let conversation = match conversation.strip_prefix('=') {
            Some(name) => Some(unescape(name).ok_or(WANT)?),
            None if conversation.is_empty() => None,
            None => return Err(WANT),
        };
        Ok(NetworkId {
            network: unescape(network).ok_or(WANT)?,
            conversation,
            id: unescape(id).ok_or(WANT)?,
        })
    }
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

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageId::Network(id) => id.fmt(f),
            MessageId::Record(id) => id.fmt(f),
        }
    }
}

impl std::str::FromStr for MessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<MessageId, IdError> {
        if text.starts_with("net:") {
            text.parse().map(MessageId::Network)
        } else {
            text.parse().map(MessageId::Record)
        }
    }
}

/// Escapes all but unreserved ASCII, so that a part never holds a separator, a blank or a control.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    out
}

fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = (bytes.next()? as char).to_digit(16)?;
            let low = (bytes.next()? as char).to_digit(16)?;
            out.push((high << 4 | low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record_ids() -> impl Strategy<Value = RecordId> {
        let place = prop_oneof![
            (any::<u64>(), any::<u64>())
                .prop_map(|(offset, length)| Place::Span { offset, length }),
            (".{0,8}", any::<i64>()).prop_map(|(table, row)| Place::Row { table, row }),
        ];
        prop_oneof![
            (
                any::<[u8; 32]>(),
                proptest::collection::vec(any::<u32>(), 0..4),
                place
            )
                .prop_map(|(exhibit, member, place)| RecordId::Sealed {
                    exhibit: ExhibitId(Digest(exhibit)),
                    member: MemberPath(member),
                    place,
                }),
            (".{0,8}", any::<u64>(), any::<u32>()).prop_map(|(source, sequence, index)| {
                RecordId::Live {
                    source,
                    sequence,
                    index,
                }
            }),
        ]
    }

    /// Ids of one exhibit that often share a prefix.
    fn close_ids() -> impl Strategy<Value = RecordId> {
        let place = prop_oneof![
            (0u64..3, 0u64..3).prop_map(|(offset, length)| Place::Span { offset, length }),
            ("[a\0]{0,2}", -2i64..2).prop_map(|(table, row)| Place::Row { table, row }),
        ];
        (proptest::collection::vec(0u32..3, 0..3), place).prop_map(|(member, place)| {
            let exhibit = ExhibitId(Digest::of(b"e"));
            RecordId::Sealed {
                exhibit,
                member: MemberPath(member),
                place,
            }
        })
    }

    proptest! {
        #[test]
        fn record_ids_survive_text_and_canonical_bytes(id in record_ids()) {
            prop_assert_eq!(id.to_string().parse::<RecordId>(), Ok(id.clone()));
            prop_assert_eq!(RecordId::from_canonical(&id.canonical()), Some(id));
        }

        #[test]
        fn ids_order_as_their_canonical_bytes(a in record_ids(), b in record_ids()) {
            prop_assert_eq!(a.cmp(&b), a.canonical().cmp(&b.canonical()));
        }

        #[test]
        fn spans_order_as_their_canonical_bytes(a in any::<(u64, u64)>(), b in any::<(u64, u64)>()) {
            let exhibit = ExhibitId(Digest::of(b"e"));
            let id = |(o, l)| RecordId::span(exhibit, MemberPath::default(), o, l);
            prop_assert_eq!(a.cmp(&b), id(a).canonical().cmp(&id(b).canonical()));
        }

        #[test]
        fn members_order_as_their_canonical_bytes(
            a in proptest::collection::vec(any::<u32>(), 0..4),
            b in proptest::collection::vec(any::<u32>(), 0..4),
        ) {
            let exhibit = ExhibitId(Digest::of(b"e"));
            let id = |path: &Vec<u32>| RecordId::span(exhibit, MemberPath(path.clone()), 0, 1);
            prop_assert_eq!(id(&a).cmp(&id(&b)), id(&a).canonical().cmp(&id(&b).canonical()));
        }

        #[test]
        fn network_ids_order_as_their_canonical_bytes(
            a in ("[ab]{0,2}", proptest::option::of("[ab]{0,2}"), "[ab]{0,3}"),
            b in ("[ab]{0,2}", proptest::option::of("[ab]{0,2}"), "[ab]{0,3}"),
        ) {
            let id = |(network, conversation, id): (String, Option<String>, String)| {
                MessageId::Network(NetworkId { network, conversation, id })
            };
            let (a, b) = (id(a), id(b));
            prop_assert_eq!(a.cmp(&b), a.canonical().cmp(&b.canonical()));
        }

        #[test]
        fn network_ids_survive_text(network in ".{0,6}", conversation in proptest::option::of(".{0,6}"), id in ".{0,6}") {
            let id = NetworkId { network, conversation, id };
            prop_assert_eq!(id.to_string().parse::<NetworkId>(), Ok(id));
        }

        #[test]
        fn no_text_makes_id_parsing_panic(text in ".{0,100}") {
            let _ = text.parse::<MessageId>();
        }
    }

    #[test]
    fn an_exhibit_id_depends_on_each_of_its_three_parts() {
        let base = ExhibitId::derive("irc", b"train/a.txt", Digest::of(b"x"));
        assert_ne!(
            base,
            ExhibitId::derive("irc2", b"train/a.txt", Digest::of(b"x"))
        );
        assert_ne!(
            base,
            ExhibitId::derive("irc", b"train/b.txt", Digest::of(b"x"))
        );
        assert_ne!(
            base,
            ExhibitId::derive("irc", b"train/a.txt", Digest::of(b"y"))
        );
        assert_ne!(
            ExhibitId::derive("ab", b"c", Digest::of(b"x")),
            ExhibitId::derive("a", b"bc", Digest::of(b"x")),
            "the border between source and path counts"
        );
    }
}
