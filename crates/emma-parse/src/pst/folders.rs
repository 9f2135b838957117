//! The tree of folders, and which messages it leads to (MS-PST 2.4.3, 2.4.4).

use super::bytes::u32_at;
use super::pages::Node;
use super::properties::{Object, within};
use super::store::Store;
use super::table::Table;
use crate::limits::{PST_FOLDER_DEPTH_MAX, PST_FOLDER_NAME_BYTES_MAX, PST_FOLDERS_MAX};
use std::collections::{BTreeMap, HashSet};
use std::io;

/// Types of nodes: the lowest five bits of their ids (2.2.2.1).
pub(super) const FOLDER: u32 = 0x02;
const SEARCH_FOLDER: u32 = 0x03;
const SUBFOLDERS: u32 = 0x0D;
const CONTENTS: u32 = 0x0E;
/// Nodes that every file has (2.4.1).
const STORE: u32 = 0x21;
const ROOT: u32 = 0x122;
/// Properties.
const NAME: u16 = 0x3001;
const WASTEBASKET: u16 = 0x35E3;
const PASSWORD: u16 = 0x67FF;

/// What type of node an id names.
pub(super) fn kind(id: u32) -> u32 {
    id & 0x1F
}

struct Folder {
    name: String,
    parent: u32,
}

/// The folders of a file.
#[derive(Default)]
pub(super) struct Folders {
    by_id: BTreeMap<u32, Folder>,
    /// The messages that folders list which the root leads to.
    listed: HashSet<u32>,
    /// The folder of deleted items, where the file names one.
    deleted: Option<u32>,
}

/// Where a message is.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Home {
    /// Names from the root on, joined by `/`.
    pub path: String,
    /// It is among the deleted items.
    pub deleted: bool,
}

impl Folders {
    /// Reads the folders among `nodes`, which are sorted.
    pub fn open(store: &Store, nodes: &[Node]) -> io::Result<Folders> {
        let mut folders = Folders::default();
        for node in nodes.iter().filter(|node| matches!(kind(node.id), FOLDER | SEARCH_FOLDER)) {
            if folders.by_id.len() == PST_FOLDERS_MAX {
                store.note("pst.limit", "the file has more folders than are read");
                break;
            }
            let object = match node.data {
                0 => None,
                _ => Object::open(store, node)?,
            };
            let name = match object {
                Some(object) => object.text(store, NAME)?,
                None => None,
            };
            let mut name = name.unwrap_or_default();
            let cut = (0..=PST_FOLDER_NAME_BYTES_MAX.min(name.len())).rev();
            let cut = cut.into_iter().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
            name.truncate(cut);
            folders.by_id.insert(node.id, Folder { name, parent: node.parent });
        }
        folders.reach(store, nodes)?;
        folders.about(store, nodes)?;
        Ok(folders)
    }

    /// Follows what folders list, from the root on.
    fn reach(&mut self, store: &Store, nodes: &[Node]) -> io::Result<()> {
        let mut seen = HashSet::from([ROOT]);
        let mut open = vec![ROOT];
        while let Some(folder) = open.pop() {
            let table = |kind: u32| match within(nodes, (folder & !0x1F) | kind) {
                Some(node) if node.data != 0 => Table::open(store, node),
                _ => Ok(None),
            };
            for child in table(SUBFOLDERS)?.map(|table| table.ids()).unwrap_or_default() {
                if kind(child) != FOLDER {
                    continue;
                }
                match seen.insert(child) {
                    true => open.push(child),
                    false => store.note("pst.folder_cycle", "a folder is listed more than once"),
                }
            }
            let contents = table(CONTENTS)?.map(|table| table.ids());
            let there = contents.unwrap_or_default();
            self.listed.extend(there.into_iter().filter(|id| within(nodes, *id).is_some()));
        }
        Ok(())
    }

    /// What the file says of itself.
    fn about(&mut self, store: &Store, nodes: &[Node]) -> io::Result<()> {
        let Some(node) = within(nodes, STORE) else { return Ok(()) };
        let Some(object) = Object::open(store, node)? else { return Ok(()) };
        let password = object.number(store, PASSWORD)?.is_some_and(|password| password != 0);
        if password && store.header.personal {
            store.note("pst.password", "the file has a password, which encodes nothing");
        }
        // An entry's id ends with that of its node (2.4.3.2).
        let entry = object.value(store, WASTEBASKET)?;
        self.deleted = entry.and_then(|entry| u32_at(&entry.bytes, 20));
        Ok(())
    }

    /// True where a folder that the root leads to lists this message.
    pub fn lists(&self, message: u32) -> bool {
        self.listed.contains(&message)
    }

    /// Where a message in the folder with this id is.
    pub fn home(&self, store: &Store, folder: u32) -> Home {
        let mut names: Vec<&str> = Vec::new();
        let mut deleted = false;
        let mut at = folder;
        for depth in 0.. {
            let Some(found) = self.by_id.get(&at) else { break };
            if depth == PST_FOLDER_DEPTH_MAX {
                store.note("pst.folder_cycle", "folders are nested too deep or in each other");
                break;
            }
            deleted |= Some(at) == self.deleted;
            if !found.name.is_empty() {
                names.push(&found.name);
            }
            // The root is in itself.
            if found.parent == at {
                break;
            }
            at = found.parent;
        }
        names.reverse();
        Home { path: names.join("/"), deleted }
    }
}
