//! Who the numbers of an export stand for.

use crate::base64;
use crate::json::object::Object;
use emma_model::record::Origin;
use std::collections::BTreeMap;

/// People and chats remembered at most,
const PEOPLE_MAX: usize = 1 << 20;
/// and their handles and names, in bytes.
const PEOPLE_BYTES_MAX: usize = 64 << 20;
/// Longest handle or name kept, in bytes.
const TEXT_BYTES_MAX: usize = 1 << 10;

/// Everybody and every chat seen so far.
#[derive(Default)]
pub(super) struct People {
    /// The owner of the export: a handle made from the account's own frame.
    pub owner: Option<Party>,
    recipients: BTreeMap<u64, Party>,
    bytes: usize,
    chats: BTreeMap<u64, u64>,
}

/// Somebody, or a group.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// The account id, else the number, else the username; a group's master key.
    pub handle: String,
    /// What the owner calls them.
    pub name: Option<String>,
    pub role: Role,
    /// The frame that says so.
    pub origin: Origin,
}

/// What a recipient is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Person,
    Group,
    Owner,
    /// Signal's own channel, a list of people, a link to a call.
    Service,
}

impl People {
    /// Remembers a recipient; false where there are too many.
    pub fn add(&mut self, id: u64, mut party: Party) -> bool {
        party.handle.truncate(fits(&party.handle));
        if let Some(name) = &mut party.name {
            name.truncate(fits(name));
        }
        let bytes = party.handle.len() + party.name.as_ref().map_or(0, String::len);
        let room = self.recipients.len() < PEOPLE_MAX && self.bytes + bytes <= PEOPLE_BYTES_MAX;
        if room {
            self.bytes += bytes;
            self.recipients.insert(id, party);
        }
        room
    }

    /// Remembers whose a chat is; false where there are too many.
    pub fn add_chat(&mut self, id: u64, recipient: u64) -> bool {
        let room = self.chats.len() < PEOPLE_MAX;
        if room {
            self.chats.insert(id, recipient);
        }
        room
    }

    /// The recipient with a number.
    pub fn party(&self, id: u64) -> Option<&Party> {
        self.recipients.get(&id)
    }

    /// The person or group of a chat.
    pub fn of_chat(&self, chat: u64) -> Option<&Party> {
        self.party(*self.chats.get(&chat)?)
    }
}

/// Where a text may be cut.
fn fits(text: &str) -> usize {
    match text.len() <= TEXT_BYTES_MAX {
        true => text.len(),
        false => text.floor_char_boundary(TEXT_BYTES_MAX),
    }
}

/// A number of 64 bits, which JSON writes as a string; one left out is 0.
pub(super) fn number(object: &Object<'_>, key: &str) -> Option<u64> {
    match object.peek(key) {
        Some(text) => text.parse().ok(),
        None => Some(0),
    }
}

/// Sixteen bytes in base64 as a UUID; anything else as it is written.
pub(super) fn uuid(text: &str) -> String {
    match base64::decode(text).filter(|_| text.len() <= 64) {
        Some(bytes) if bytes.len() == 16 => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
            parts.join("-")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_uuids() {
        assert_eq!(uuid("AAECAwQFBgcICQoLDA0ODw=="), "00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(uuid("AAECAwQFBgcICQoLDA0O_w"), "00010203-0405-0607-0809-0a0b0c0d0eff");
        assert_eq!(uuid("heron"), "heron");
        assert_eq!(uuid(""), "");
    }
}
