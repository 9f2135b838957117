//! The bytes a row is hashed as.
//!
//! They are injective (two different rows never give the same bytes), need no schema of any
//! file format and depend on no machine. Each starts with one byte: the version of the encoding
//! of its table. Numbers are base 128, texts length-prefixed, options tagged, times eight bytes
//! big-endian; `docs/formats/lake.md` lists the order of the fields.

use crate::columns::Codec;
use crate::pack::{put_number, put_optional_text, put_optional_time, put_text};
use crate::root::Group;
use crate::row::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow};
use crate::table::Table;
use emma_model::id::{put_locator, put_network_id};
use emma_model::record::{Borrowed, Origin};
use emma_model::{MessageId, Micros, NetworkId, RecordId};
use std::cmp::Ordering;

/// Version of the canonical encodings below: the first byte of each.
pub const ENCODING_VERSION: u8 = 1;

/// Microseconds of a UTC day.
const DAY: Micros = 86_400_000_000;

/// A row of a canonical table. The five tables of this crate are all there are.
pub trait TableRow: Codec {
    /// Its table.
    const TABLE: Table;

    /// Appends the canonical bytes.
    fn canonical(&self, out: &mut Vec<u8>);

    /// The group whose hash the row is part of.
    fn group(&self) -> Group;

    /// The order of the table's files, which is also the order in which rows are hashed.
    fn file_order(&self, other: &Self) -> Ordering;

    /// The sort time, for tables that have one.
    fn sort_time(&self) -> Option<Micros> {
        None
    }
}

impl TableRow for MessageRow {
    const TABLE: Table = Table::Messages;

    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(ENCODING_VERSION);
        put_optional_time(out, self.sort);
        put_message_id(out, &self.id, self.records.first(), None);
        put_number(out, self.version.into());
        put_number(out, self.versions.into());
        out.push(self.state as u8);
        out.push(self.kind as u8);
        put_text(out, &self.network);
        put_optional_text(out, self.from.as_deref());
        put_texts(out, &self.to);
        put_optional_text(out, self.conversation.as_deref());
        put_optional_time(out, self.lo);
        put_optional_time(out, self.hi);
        out.push(self.zone as u8);
        out.push(self.clock as u8);
        out.push(self.inferred.into());
        put_optional_text(out, self.text.as_deref());
        put_optional_text(out, self.territory.as_deref());
        put_optional_text(out, self.reply_to.as_deref());
        put_number(out, self.records.len() as u64);
        for record in &self.records {
            record.put_canonical(out);
        }
        put_texts(out, &self.sources);
    }

    fn group(&self) -> Group {
        self.sort.map_or(Group::Undated, |time| Group::Day(time.div_euclid(DAY)))
    }

    fn file_order(&self, other: &Self) -> Ordering {
        self.search_order(other)
    }

    fn sort_time(&self) -> Option<Micros> {
        self.sort
    }
}

impl TableRow for CopyRow {
    const TABLE: Table = Table::Copies;

    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(ENCODING_VERSION);
        self.record.put_canonical(out);
        put_message_id(out, &self.message, Some(&self.record), self.network_id.as_ref());
        put_optional_time(out, self.sort);
        put_number(out, self.version.into());
        put_text(out, &self.source);
        put_text(out, &self.parser);
        out.push(self.kind as u8);
        match &self.network_id {
            None => out.push(0),
            Some(id) => {
                out.push(1);
                put_whole_network_id(out, id);
            }
        }
        put_number(out, self.line);
        put_optional_text(out, self.time_raw.as_deref());
        out.push(self.zone as u8);
        out.push(self.clock as u8);
        out.push(self.inferred.into());
        put_number(out, self.extra.len() as u64);
        for (name, value) in &self.extra {
            put_text(out, name);
            put_text(out, value);
        }
        put_borrowed(out, &self.borrowed);
        put_number(out, self.anomalies.into());
    }

    fn group(&self) -> Group {
        record_group(&self.record)
    }

    fn file_order(&self, other: &Self) -> Ordering {
        self.record.cmp(&other.record)
    }

    fn sort_time(&self) -> Option<Micros> {
        self.sort
    }
}

impl TableRow for AnomalyRow {
    const TABLE: Table = Table::Anomalies;

    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(ENCODING_VERSION);
        out.extend_from_slice(&self.exhibit.0.0);
        put_locator(out, &self.member, &self.place);
        out.push(self.class.map_or(0, |class| class as u8));
        put_text(out, &self.kind);
        put_optional_text(out, self.field.as_deref());
        put_text(out, &self.note);
    }

    fn group(&self) -> Group {
        Group::Exhibit(self.exhibit)
    }

    fn file_order(&self, other: &Self) -> Ordering {
        // An item may show several oddities; theirs is the order in which the parser named them.
        (self.exhibit, &self.member, &self.place).cmp(&(other.exhibit, &other.member, &other.place))
    }
}

impl TableRow for LinkRow {
    const TABLE: Table = Table::Claims;

    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(ENCODING_VERSION);
        self.record.put_canonical(out);
        put_text(out, &self.source);
        put_text(out, &self.relation);
        put_text(out, &self.target_path);
        put_number(out, self.from_line);
        put_number(out, self.to_line);
    }

    fn group(&self) -> Group {
        record_group(&self.record)
    }

    fn file_order(&self, other: &Self) -> Ordering {
        self.record.cmp(&other.record)
    }
}

impl TableRow for MemberRow {
    const TABLE: Table = Table::Members;

    fn canonical(&self, out: &mut Vec<u8>) {
        out.push(ENCODING_VERSION);
        out.extend_from_slice(&self.exhibit.0.0);
        put_number(out, self.member.0.len() as u64);
        for ordinal in &self.member.0 {
            put_number(out, (*ordinal).into());
        }
        put_text(out, &self.name);
        out.extend_from_slice(&self.digest.0);
        put_number(out, self.bytes);
        put_text(out, &self.parser);
        put_text(out, &self.media);
        out.push(self.kept.into());
    }

    fn group(&self) -> Group {
        Group::Exhibit(self.exhibit)
    }

    fn file_order(&self, other: &Self) -> Ordering {
        (self.exhibit, &self.member).cmp(&(other.exhibit, &other.member))
    }
}

/// Appends a message id: 2 where it is the record `own`, 3 where it is the network id `named`,
/// else 0 or 1 and its own bytes. An id that can be said short is never said long.
fn put_message_id(
    out: &mut Vec<u8>,
    id: &MessageId,
    own: Option<&RecordId>,
    named: Option<&NetworkId>,
) {
    match id {
        MessageId::Record(id) if Some(id) == own => out.push(2),
        MessageId::Network(id) if Some(id) == named => out.push(3),
        MessageId::Network(id) => {
            out.push(0);
            put_whole_network_id(out, id);
        }
        MessageId::Record(id) => {
            out.push(1);
            id.put_canonical(out);
        }
    }
}

fn put_whole_network_id(out: &mut Vec<u8>, id: &NetworkId) {
    put_network_id(out, &id.network, id.conversation.as_deref(), &id.id);
}

fn put_texts(out: &mut Vec<u8>, texts: &[String]) {
    put_number(out, texts.len() as u64);
    for text in texts {
        put_text(out, text);
    }
}

fn put_borrowed(out: &mut Vec<u8>, borrowed: &[Borrowed]) {
    put_number(out, borrowed.len() as u64);
    for value in borrowed {
        put_text(out, value.field);
        match value.origin {
            Origin::Leaf { offset, length } => {
                out.push(0);
                put_number(out, offset);
                put_number(out, length);
            }
            Origin::Path => out.push(1),
            Origin::Mapping => out.push(2),
            Origin::Neighbours => out.push(3),
        }
    }
}

fn record_group(id: &RecordId) -> Group {
    match id {
        RecordId::Sealed { exhibit, .. } => Group::Exhibit(*exhibit),
        RecordId::Live { source, .. } => Group::Stream(source.clone()),
    }
}
