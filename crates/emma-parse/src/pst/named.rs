//! Properties with names instead of fixed ids (MS-PST 2.4.7).

use super::bytes::{u16_at, u32_at};
use super::pages::Node;
use super::properties::Object;
use super::store::Store;
use std::collections::HashMap;
use std::io;

/// The node of the map from names to ids.
pub(super) const NODE: u32 = 0x61;
/// Its properties: the sets' ids, and the entries.
const SETS: u16 = 0x0002;
const ENTRIES: u16 = 0x0003;
/// Entries of the map at most: ids have 15 bits.
const ENTRIES_MAX: usize = 0x8000;

/// Sets of properties (MS-OXPROPS 1.3.2), in the order of their bytes.
pub(super) const APPOINTMENT: [u8; 16] = set(0x0006_2002);
pub(super) const ADDRESS: [u8; 16] = set(0x0006_2004);

const fn set(number: u32) -> [u8; 16] {
    let [a, b, c, d] = number.to_le_bytes();
    [a, b, c, d, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
}

/// Which ids this file gives to properties that are known by set and number.
#[derive(Default)]
pub(super) struct Named(HashMap<([u8; 16], u32), u16>);

impl Named {
    /// The file's map, empty where it has none.
    pub fn open(store: &Store, node: Option<&Node>) -> io::Result<Named> {
        let Some(node) = node else { return Ok(Named::default()) };
        let Some(object) = Object::open(store, node)? else { return Ok(Named::default()) };
        let of = |id| {
            let value = object.value(store, id);
            value.map(|value| value.map(|value| value.bytes).unwrap_or_default())
        };
        let (sets, entries) = (of(SETS)?, of(ENTRIES)?);
        let mut map = HashMap::new();
        for entry in entries.chunks_exact(8).take(ENTRIES_MAX) {
            let (Some(number), Some(set), Some(id)) =
                (u32_at(entry, 0), u16_at(entry, 4), u16_at(entry, 6))
            else {
                continue;
            };
            // The lowest bit says that the name is a text. Of the others, 1 and 2 stand for sets
            // that are not listed.
            let Some(place) = (set >> 1).checked_sub(3).filter(|_| set & 1 == 0) else { continue };
            let set = sets.chunks_exact(16).nth(place.into());
            if let Some(set) = set.and_then(|set| <[u8; 16]>::try_from(set).ok()) {
                map.entry((set, number)).or_insert(id.wrapping_add(0x8000));
            }
        }
        Ok(Named(map))
    }

    /// The id of a property in this file.
    pub fn id(&self, set: [u8; 16], number: u32) -> Option<u16> {
        self.0.get(&(set, number)).copied()
    }
}
