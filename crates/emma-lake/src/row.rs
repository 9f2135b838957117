//! The rows of the canonical tables, as Rust values.
//!
//! Rows hold content alone: no nonce, tree, delivery, custody, dense number or log position.
//! Their bytes for hashing are in [`crate::canonical`], their columns in `docs/formats/lake.md`.

use emma_model::record::Borrowed;
use emma_model::{
    Clock, Digest, ExhibitId, ItemClass, MemberPath, MessageId, Micros, NetworkId, Place, RecordId,
    RecordKind, Zone,
};
use std::cmp::Ordering;

/// How the copies of a message agree. The number is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum State {
    /// One copy.
    Single = 0,
    /// Several copies, one version.
    Agreeing = 1,
    /// Copies that differ: several versions.
    Conflicting = 2,
}

impl State {
    /// The state with number `n`, as stored.
    pub fn from_u8(n: u8) -> Option<State> {
        [State::Single, State::Agreeing, State::Conflicting].get(n as usize).copied()
    }

    /// The word shown to people, written in JSON and used in queries.
    pub fn name(self) -> &'static str {
        ["single", "agreeing", "conflicting"][self as usize]
    }
}

/// One distinct version of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageRow {
    /// Sort time of the message: the earliest lower bound among its versions. `None`: undated.
    pub sort: Option<Micros>,
    /// The message.
    pub id: MessageId,
    /// Which version, from 0; versions are ordered by their smallest record id.
    pub version: u32,
    /// How many versions the message has, at least 1.
    pub versions: u32,
    /// How its copies agree.
    pub state: State,
    /// What it is.
    pub kind: RecordKind,
    /// The network.
    pub network: String,
    /// Sender handle.
    pub from: Option<String>,
    /// Recipient handles in the order given.
    pub to: Vec<String>,
    /// Room, group or thread.
    pub conversation: Option<String>,
    /// Earliest this version's time can be.
    pub lo: Option<Micros>,
    /// Latest it can be, inclusive; given exactly where `lo` is.
    pub hi: Option<Micros>,
    /// What is known of the zone; [`Zone::Unknown`] where undated.
    pub zone: Zone,
    /// Whose clock; [`Clock::Unstated`] where undated.
    pub clock: Clock,
    /// True where the bounds come from neighbours, file names or a guess about a clock.
    pub inferred: bool,
    /// The text said.
    pub text: Option<String>,
    /// Country whose law the row falls under (ISO 3166-1 alpha-2).
    pub territory: Option<String>,
    /// The id of the message this one answers, in the same network and scope.
    pub reply_to: Option<String>,
    /// The copies that witness this version, ascending; at least one.
    pub records: Vec<RecordId>,
    /// Sources of those copies, sorted, distinct.
    pub sources: Vec<String>,
}

impl MessageRow {
    /// The order of a messages file and of search: sort time descending with undated last, then
    /// message id descending, then version ascending.
    pub fn search_order(&self, other: &MessageRow) -> Ordering {
        search_order((self.sort, &self.id, self.version), (other.sort, &other.id, other.version))
    }
}

/// [`MessageRow::search_order`] on its three keys: sort time, message id, version.
pub fn search_order(
    a: (Option<Micros>, &MessageId, u32),
    b: (Option<Micros>, &MessageId, u32),
) -> Ordering {
    // `None` is below every `Some`, so the reversed order puts undated rows last.
    b.0.cmp(&a.0).then_with(|| b.1.cmp(a.1)).then_with(|| a.2.cmp(&b.2))
}

/// One record that witnesses a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyRow {
    /// The record.
    pub record: RecordId,
    /// The message it witnesses.
    pub message: MessageId,
    /// Sort time of that message.
    pub sort: Option<Micros>,
    /// The version it witnesses.
    pub version: u32,
    /// The source its exhibit came from.
    pub source: String,
    /// Name and version of what read it: `irc/1`, `mapping:NAME/3`.
    pub parser: String,
    /// What it is.
    pub kind: RecordKind,
    /// The network's own id of the message.
    pub network_id: Option<NetworkId>,
    /// The line of the member it starts on, from 0; 0 where lines mean nothing.
    pub line: u64,
    /// The characters the time was read from.
    pub time_raw: Option<String>,
    /// What is known of the zone; [`Zone::Unknown`] where undated.
    pub zone: Zone,
    /// Whose clock; [`Clock::Unstated`] where undated.
    pub clock: Clock,
    /// True where the time is inferred.
    pub inferred: bool,
    /// Everything else that was read, kept raw: (name, value), in source order.
    pub extra: Vec<(String, String)>,
    /// Where values came from that are not in the record's own bytes.
    pub borrowed: Vec<Borrowed>,
    /// How many anomalies the record has.
    pub anomalies: u16,
}

/// One oddity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnomalyRow {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The way into its containers.
    pub member: MemberPath,
    /// Where in that member; the whole of it (`0+BYTES`) for an oddity of the member itself.
    pub place: Place,
    /// What the item is; `None` for an oddity of the member as a whole.
    pub class: Option<ItemClass>,
    /// Dotted code such as `json.syntax`.
    pub kind: String,
    /// The field it concerns.
    pub field: Option<String>,
    /// A short explanation, without content.
    pub note: String,
}

/// A statement about other records: by whoever made the file, never by emma.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkRow {
    /// The record that states it.
    pub record: RecordId,
    /// The source of its exhibit.
    pub source: String,
    /// What is stated: `reply`, `start`.
    pub relation: String,
    /// Delivered path of the file whose lines are meant.
    pub target_path: String,
    /// The line that replies, from 0.
    pub from_line: u64,
    /// The line replied to, from 0.
    pub to_line: u64,
}

/// A file as delivered, or a member of one: what read it, and what its bytes are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberRow {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The way into its containers.
    pub member: MemberPath,
    /// Its name as found, decoded for display.
    pub name: String,
    /// SHA-256 of its unpacked bytes.
    pub digest: Digest,
    /// Unpacked bytes.
    pub bytes: u64,
    /// Name and version of what read it.
    pub parser: String,
    /// What its bytes are, told by themselves (`image/jpeg`); empty where that is not known.
    pub media: String,
    /// True where it is kept as it is (a photo, an unknown format), beside what was read of it.
    pub kept: bool,
}
