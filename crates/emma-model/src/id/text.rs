//! Ids as people and programs write them: ASCII, without blanks, the same on every machine.

use super::{ExhibitId, IdError, MemberPath, MessageId, NetworkId, Place, RecordId};
use crate::digest::{Digest, hex};
use std::fmt;

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordId::Sealed { exhibit, member, place } => {
                write!(f, "{exhibit}")?;
                for ordinal in &member.0 {
                    write!(f, "/{ordinal}")?;
                }
                match place {
                    Place::Span { offset, length } => write!(f, "@{offset}+{length}"),
                    Place::Row { table, row } => write!(f, "#{}:{row}", escape(table)),
                }
            }
            RecordId::Live { source, sequence, index } => {
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
                return Err(IdError("a live record id looks like live:SOURCE:SEQUENCE:INDEX"));
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
        let exhibit = parts.next().and_then(Digest::from_hex).map(ExhibitId).ok_or(WANT)?;
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
            Place::Row { table: unescape(table).ok_or(WANT)?, row: row.parse().map_err(|_| WANT)? }
        };
        Ok(RecordId::Sealed { exhibit, member, place })
    }
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
