//! One item parsed out of an exhibit, and the stream of items that accounts for every byte.

use crate::anomaly::Anomaly;
use crate::digest::Digest;
use crate::id::{MemberPath, Place};
use crate::time::Time;
use std::borrow::Cow;
use std::io;

/// What a record is. The number is stored; the order is permanent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum RecordKind {
    /// Something a party said.
    Message = 0,
    /// Something a party did, told in the third person (`/me waves`).
    Action = 1,
    /// A line of the service itself: joins, parts, renames, pins.
    System = 2,
    /// A notice: sent by a party or service, not part of the talk.
    Notice = 3,
    /// A statement about other records (a reply link); a claim by whoever made the file.
    Link = 4,
    /// An item the parser recognised but has no richer kind for.
    Other = 5,
    /// A call: parties, start, and in the extra values duration, direction and whether answered.
    Call = 6,
    /// An entry of somebody's address book, or of a service's list of users.
    Contact = 7,
    /// An account or profile of the device's own user.
    Account = 8,
    /// Something a device, server or service noted: a login, a session, a notification.
    Event = 9,
    /// Where somebody or something was: a fix, a cell, a camera hit, a shared position.
    Location = 10,
    /// A device, by its identifiers.
    Device = 11,
    /// A SIM, or its assignment to a device or person.
    Sim = 12,
    /// Something written for oneself.
    Note = 13,
}

impl RecordKind {
    /// All kinds, by number.
    pub const ALL: [RecordKind; 14] = [
        RecordKind::Message,
        RecordKind::Action,
        RecordKind::System,
        RecordKind::Notice,
        RecordKind::Link,
        RecordKind::Other,
        RecordKind::Call,
        RecordKind::Contact,
        RecordKind::Account,
        RecordKind::Event,
        RecordKind::Location,
        RecordKind::Device,
        RecordKind::Sim,
        RecordKind::Note,
    ];

    /// The kind with number `n`, as stored.
    pub fn from_u8(n: u8) -> Option<RecordKind> {
        RecordKind::ALL.get(n as usize).copied()
    }

    /// The word shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        [
            "message", "action", "system", "notice", "link", "other", "call", "contact", "account",
            "event", "location", "device", "sim", "note",
        ][self as usize]
    }

    /// True for kinds that become messages of the lake (all but links).
    pub fn is_communication(self) -> bool {
        self != RecordKind::Link
    }
}

/// A link stated between two lines of another file of the same delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link<'a> {
    /// What is stated: `reply` (`from_line` replies to `to_line`) or `start` (both equal).
    pub relation: &'static str,
    /// Delivered path of the file whose lines are meant.
    pub target_path: Cow<'a, str>,
    /// The line that replies, counted from 0.
    pub from_line: u64,
    /// The line replied to, counted from 0.
    pub to_line: u64,
}

/// The values read from one record. Borrowed from the parser's window where possible.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// What it is.
    pub kind: RecordKind,
    /// The network, as the mapping or parser names it (`irc`, `telegram`, ...).
    pub network: Cow<'a, str>,
    /// The message's own id in the network.
    pub id: Option<Cow<'a, str>>,
    /// True where ids are unique only within a conversation.
    pub id_per_conversation: bool,
    /// Sender handle, spelled by the mapping's case rule.
    pub from: Option<Cow<'a, str>>,
    /// Recipient handles in the order given.
    pub to: Vec<Cow<'a, str>>,
    /// Room, group or thread.
    pub conversation: Option<Cow<'a, str>>,
    /// The text said. `None` where the record has none (a photo, a join).
    pub text: Option<Cow<'a, str>>,
    /// When. `None` where nothing is known ("undated").
    pub time: Option<Time<'a>>,
    /// Country whose law the row falls under (ISO 3166-1 alpha-2), where the mapping says.
    pub territory: Option<Cow<'a, str>>,
    /// The id of the message this one answers, in the same network and scope.
    pub reply_to: Option<Cow<'a, str>>,
    /// Everything else that was read, kept raw: (name, value), in source order.
    pub extra: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// For [`RecordKind::Link`].
    pub link: Option<Link<'a>>,
    /// Where values came from that are not in this record's own bytes.
    pub borrowed: Vec<Borrowed>,
}

/// Names the origin of a value that is not in the record's own span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Borrowed {
    /// The record's field: `from`, `time`, `conversation`, a column's name.
    pub field: &'static str,
    /// Where its value was read.
    pub origin: Origin,
}

/// An origin outside a record's own bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Another leaf of the same member (a CSV header, a date line).
    Leaf {
        /// First byte of that leaf.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The delivered path or member name.
    Path,
    /// A constant of the mapping.
    Mapping,
    /// Neighbouring records (a line without a time).
    Neighbours,
}

impl<'a> Record<'a> {
    /// A record with nothing known but its kind and network.
    pub fn new(kind: RecordKind, network: impl Into<Cow<'a, str>>) -> Record<'a> {
        Record {
            kind,
            network: network.into(),
            id: None,
            id_per_conversation: false,
            from: None,
            to: Vec::new(),
            conversation: None,
            text: None,
            time: None,
            territory: None,
            reply_to: None,
            extra: Vec::new(),
            link: None,
            borrowed: Vec::new(),
        }
    }
}

/// What a span of bytes turned out to be. Every byte of a text member is exactly one of the
/// first three; a member nobody can read is one blob. The number is hashed into the record tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ItemClass {
    /// A record.
    Record = 1,
    /// Bytes that carry structure only: brackets, separators, blank lines, a header row.
    Framing = 2,
    /// Bytes that did not parse.
    Anomaly = 3,
    /// A whole member kept as it is (a photo, an unknown format), known by its digest.
    Blob = 4,
}

impl ItemClass {
    /// The class with number `n`, as stored.
    pub fn from_u8(n: u8) -> Option<ItemClass> {
        [ItemClass::Record, ItemClass::Framing, ItemClass::Anomaly, ItemClass::Blob]
            .into_iter()
            .find(|class| *class as u8 == n)
    }

    /// The word shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        ["", "record", "framing", "anomaly", "blob"][self as usize]
    }
}

/// One leaf of an exhibit's record tree: a span and what it turned out to be.
#[derive(Debug)]
pub struct Item<'a> {
    /// The container member the span lies in.
    pub member: &'a MemberPath,
    /// Where in that member.
    pub place: Place,
    /// What it is.
    pub class: ItemClass,
    /// The bytes hashed into the leaf: the span itself; for a row its canonical values; for a
    /// blob the 32 bytes of its SHA-256.
    pub raw: &'a [u8],
    /// The line of the member the span starts on, counted from 0; 0 where lines mean nothing.
    pub line: u64,
    /// The values, for [`ItemClass::Record`].
    pub record: Option<Record<'a>>,
    /// What is odd about it.
    pub anomalies: Vec<Anomaly>,
}

/// How the reading of one member ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberEnd {
    /// Which member.
    pub path: MemberPath,
    /// Its name as found, decoded for display; the delivered path for the exhibit itself.
    pub name: String,
    /// Which parser or mapping read it (`irc`, `telegram`, `mapping:NAME`, `zip`, `blob`).
    pub parser: String,
    /// What its bytes are, told by themselves: a media type such as `image/jpeg`; empty where
    /// nothing is known beyond the parser.
    pub media: &'static str,
    /// Unpacked bytes read. The spans of a text member's items add up to exactly this.
    pub bytes: u64,
    /// SHA-256 of those bytes.
    pub digest: Digest,
    /// What is odd about the member as a whole (truncated, a duplicate name, a bomb cut off).
    pub anomalies: Vec<Anomaly>,
}

/// Receives what a parser finds, in order: the items of a member, then its end.
///
/// Members of a container come before the container's own end. An `Err` from the sink (a full
/// disk) stops the parser, which passes it on unchanged.
pub trait Sink {
    /// One leaf.
    fn item(&mut self, item: Item<'_>) -> io::Result<()>;
    /// A member is finished.
    fn member_end(&mut self, end: MemberEnd) -> io::Result<()>;
}
