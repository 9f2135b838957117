//! Writes Outlook's files of messages, of invented data: MS-PST, both layouts, all encodings.
//!
//! Well enough that other readers open them (`pst_oracle.rs`), and apart enough from the reader
//! that both would have to be wrong in the same way.

mod item;
pub mod laid;

pub use item::{Attached, Item, Val, at, text};
use laid::{Heap, Laid, MAPPED, encode};
use std::collections::BTreeMap;

/// Ids of named properties in these files, in the order of [`NAMED`].
pub const EMAIL: u16 = 0x8000;
pub const START: u16 = 0x8001;
pub const END: u16 = 0x8002;
pub const PLACE: u16 = 0x8003;
const NAMED: [(u32, u16); 4] = [(0x8083, 1), (0x820D, 0), (0x820E, 0), (0x8208, 0)];

pub const ROOT: u32 = 0x122;
pub const TOP: u32 = 0x8022;
pub const DELETED: u32 = 0x8062;
pub const INBOX: u32 = 0x8082;

struct Block {
    id: u64,
    data: Vec<u8>,
}

struct Node {
    id: u32,
    data: u64,
    within: u64,
    parent: u32,
}

struct Folder {
    id: u32,
    name: String,
    parent: u32,
}

/// A file under way.
pub struct Pst {
    wide: bool,
    /// 0 plain, 1 permuted, 2 cyclic.
    encoding: u8,
    blocks: Vec<Block>,
    nodes: Vec<Node>,
    folders: Vec<Folder>,
    /// Messages by the folder that lists them.
    listed: BTreeMap<u32, Vec<u32>>,
    /// More subfolders that folders list.
    pub also_lists: Vec<(u32, u32)>,
    next: u64,
    next_message: u32,
}

impl Pst {
    /// A file with the folders that every file has, and an inbox.
    pub fn new(wide: bool, encoding: u8) -> Pst {
        let mut pst = Pst {
            wide,
            encoding,
            blocks: Vec::new(),
            nodes: Vec::new(),
            folders: Vec::new(),
            listed: BTreeMap::new(),
            also_lists: Vec::new(),
            next: 4,
            next_message: 0x20_0004,
        };
        pst.folder(ROOT, "", ROOT);
        pst.folder(TOP, "Top of Personal Folders", ROOT);
        pst.folder(DELETED, "Gel\u{f6}schte Objekte", TOP);
        pst.folder(INBOX, "Inbox", TOP);
        pst
    }

    pub fn folder(&mut self, id: u32, name: &str, parent: u32) {
        self.folders.push(Folder { id, name: name.to_owned(), parent });
    }

    /// Adds a message to a folder, which lists it; returns its node.
    pub fn message(&mut self, folder: u32, item: &Item) -> u32 {
        let id = self.orphan(folder, item);
        self.listed.entry(folder).or_default().push(id);
        id
    }

    /// Adds a message that no folder lists.
    pub fn orphan(&mut self, folder: u32, item: &Item) -> u32 {
        let id = self.next_message;
        self.next_message += 0x20;
        let (data, within) = self.item(item);
        self.nodes.push(Node { id, data, within, parent: folder });
        id
    }

    fn word(&self, value: u64) -> Vec<u8> {
        value.to_le_bytes()[..if self.wide { 8 } else { 4 }].to_vec()
    }

    fn block(&mut self, data: Vec<u8>, internal: bool) -> u64 {
        let id = self.next | if internal { 2 } else { 0 };
        self.next += 4;
        self.blocks.push(Block { id, data });
        id
    }

    /// Most bytes of a block.
    fn room(&self) -> usize {
        8_192 - if self.wide { 16 } else { 12 }
    }

    /// A value of any length: a block, or a list of blocks.
    pub fn value(&mut self, bytes: &[u8]) -> u64 {
        let room = self.room();
        if bytes.len() <= room {
            return self.block(bytes.to_vec(), false);
        }
        let ids: Vec<u64> =
            bytes.chunks(room).map(|piece| self.block(piece.to_vec(), false)).collect();
        let list = |pst: &mut Pst, level: u8, ids: &[u64], total: usize| {
            let mut data = vec![1, level];
            data.extend((ids.len() as u16).to_le_bytes());
            data.extend((total as u32).to_le_bytes());
            ids.iter().for_each(|id| data.extend(pst.word(*id)));
            pst.block(data, true)
        };
        // Small lists, so that a list of lists is met, too.
        if ids.len() <= 20 {
            return list(self, 1, &ids, bytes.len());
        }
        let mut left = bytes.len();
        let mut lists = Vec::new();
        for ids in ids.chunks(20) {
            let length = left.min(20 * room);
            left -= length;
            lists.push(list(self, 1, ids, length));
        }
        list(self, 2, &lists, bytes.len())
    }

    /// A value that is one block of a file a million times over: eight gigabytes.
    pub fn endless(&mut self) -> u64 {
        let one = self.block(vec![7; self.room()], false);
        let mut lists = one;
        for level in [1, 2] {
            let mut data = vec![1, level];
            data.extend(1_000u16.to_le_bytes());
            data.extend(u32::MAX.to_le_bytes());
            (0..1_000).for_each(|_| data.extend(self.word(lists)));
            lists = self.block(data, true);
        }
        lists
    }

    /// A list of nodes within another; 0 where there are none.
    fn within(&mut self, mut nodes: Vec<(u32, u64, u64)>) -> u64 {
        if nodes.is_empty() {
            return 0;
        }
        nodes.sort_unstable();
        let mut data = vec![2, 0];
        data.extend((nodes.len() as u16).to_le_bytes());
        if self.wide {
            data.extend([0; 4]);
        }
        for (id, value, within) in nodes {
            for word in [u64::from(id), value, within] {
                data.extend(self.word(word));
            }
        }
        self.block(data, true)
    }

    fn item(&mut self, item: &Item) -> (u64, u64) {
        let mut values = item.values.clone();
        let mut within = Vec::new();
        if !item.to.is_empty() {
            let rows: Vec<_> = (0u32..)
                .zip(&item.to)
                .map(|(row, (kind, name, address))| {
                    let cells = vec![
                        (0x0C15, Val::Long(*kind)),
                        (0x3001, text(name)),
                        (0x3003, text(address)),
                    ];
                    (row, cells)
                })
                .collect();
            let columns = [(0x0C15, 3u16), (0x3001, 0x1F), (0x3003, 0x1F)];
            let (data, sub) = self.table(&columns, &rows);
            within.push((0x692, data, sub));
            let shown: Vec<&str> = item.to.iter().map(|(_, name, _)| *name).collect();
            values.push((0x0E04, text(&shown.join("; "))));
        }
        let mut rows = Vec::new();
        for (number, file) in (0u32..).zip(&item.files) {
            let id = 0x8025 + number * 0x20;
            let (data, sub) = match file {
                Attached::Bytes(name, kind, bytes) => {
                    let values = vec![
                        (0x0E20, Val::Long(bytes.len() as i32)),
                        (0x3701, Val::Binary(bytes.clone())),
                        (0x3704, text(name)),
                        (0x3705, Val::Long(1)),
                        (0x3707, text(name)),
                        (0x370E, text(kind)),
                    ];
                    self.properties(values, Vec::new())
                }
                Attached::Item(name, inner) => {
                    let (data, sub) = self.item(inner);
                    let values = vec![
                        (0x0E20, Val::Long(100)),
                        (0x3001, text(name)),
                        (0x3701, Val::Object(0x20_0024, 100)),
                        (0x3705, Val::Long(5)),
                    ];
                    self.properties(values, vec![(0x20_0024, data, sub)])
                }
            };
            within.push((id, data, sub));
            rows.push((id, vec![(0x0E20, Val::Long(100)), (0x3705, Val::Long(1))]));
        }
        if !rows.is_empty() {
            let (data, sub) = self.table(&[(0x0E20, 3), (0x3705, 3)], &rows);
            within.push((0x671, data, sub));
        }
        self.properties(values, within)
    }

    /// Where a value goes that is longer than four bytes: the heap, or a node within.
    fn keep(&mut self, heap: &mut Heap, within: &mut Vec<(u32, u64, u64)>, bytes: &[u8]) -> u32 {
        if bytes.is_empty() {
            return 0;
        }
        if bytes.len() <= 1_000 {
            return heap.add(bytes.to_vec());
        }
        let id = ((within.len() as u32 + 0x400) << 5) | 0x1F;
        let data = self.value(bytes);
        within.push((id, data, 0));
        id
    }

    fn stored(&self, value: &Val) -> (u16, Vec<u8>) {
        match value {
            Val::Text(text) if self.wide => {
                (0x1F, text.encode_utf16().flat_map(u16::to_le_bytes).collect())
            }
            // Everything written here is in code page 1252 below its extra characters.
            Val::Text(text) => (0x1E, text.chars().map(|c| c as u32 as u8).collect()),
            Val::Short(n) => (0x02, n.to_le_bytes().to_vec()),
            Val::Long(n) => (0x03, n.to_le_bytes().to_vec()),
            Val::Bool(truth) => (0x0B, vec![u8::from(*truth)]),
            Val::Time(time) => (0x40, time.to_le_bytes().to_vec()),
            Val::Binary(bytes) => (0x102, bytes.clone()),
            Val::Stored(_) => (0x102, Vec::new()),
            Val::Object(id, size) => (0x0D, [id.to_le_bytes(), size.to_le_bytes()].concat()),
        }
    }

    fn properties(
        &mut self,
        mut values: Vec<(u16, Val)>,
        mut within: Vec<(u32, u64, u64)>,
    ) -> (u64, u64) {
        values.sort_by_key(|(id, _)| *id);
        let mut heap = Heap::new(0xBC);
        let tree = heap.add(vec![0; 8]);
        let leaf = heap.add(vec![0; values.len() * 8]);
        let mut entries = Vec::new();
        for (id, value) in &values {
            let (kind, bytes) = self.stored(value);
            let four = match (kind, value) {
                (_, Val::Stored(block)) => {
                    let id = ((within.len() as u32 + 0x400) << 5) | 0x1F;
                    within.push((id, *block, 0));
                    id
                }
                (0x02 | 0x03 | 0x0B, _) => {
                    let mut four = [0; 4];
                    four[..bytes.len()].copy_from_slice(&bytes);
                    u32::from_le_bytes(four)
                }
                _ => self.keep(&mut heap, &mut within, &bytes),
            };
            entries.extend(id.to_le_bytes());
            entries.extend(kind.to_le_bytes());
            entries.extend(four.to_le_bytes());
        }
        heap.set(tree, &[&[0xB5, 2, 6, 0][..], &leaf.to_le_bytes()].concat());
        heap.set(leaf, &entries);
        let data = self.block(heap.end(tree), false);
        (data, self.within(within))
    }

    /// A table of rows, each with an id; columns are ids and types, of four or eight bytes.
    fn table(&mut self, columns: &[(u16, u16)], rows: &[(u32, Vec<(u16, Val)>)]) -> (u64, u64) {
        let columns: Vec<(u16, u16)> =
            [(0x67F2, 3), (0x67F3, 3)].into_iter().chain(columns.iter().copied()).collect();
        let mut heap = Heap::new(0x7C);
        let mut within = Vec::new();
        let info = heap.add(vec![0; 22 + 8 * columns.len()]);
        let tree = heap.add(vec![0; 8]);
        let key = if self.wide { 4 } else { 2 };
        let index = heap.add(vec![0; rows.len() * (4 + key)]);
        let map_at = 4 * columns.len();
        let width = map_at + columns.len().div_ceil(8);
        let (mut matrix, mut entries) = (Vec::new(), Vec::new());
        for (place, (id, cells)) in (0u32..).zip(rows) {
            let mut row = vec![0; width];
            for (bit, (column, kind)) in columns.iter().enumerate() {
                let cell = match column {
                    0x67F2 => id.to_le_bytes().to_vec(),
                    0x67F3 => 1u32.to_le_bytes().to_vec(),
                    _ => match cells.iter().find(|(id, _)| id == column) {
                        Some((_, value)) => {
                            let (_, bytes) = self.stored(value);
                            match kind {
                                3 => bytes,
                                _ => {
                                    self.keep(&mut heap, &mut within, &bytes).to_le_bytes().to_vec()
                                }
                            }
                        }
                        None => continue,
                    },
                };
                row[4 * bit..4 * bit + 4].copy_from_slice(&cell);
                row[map_at + bit / 8] |= 0x80 >> (bit % 8);
            }
            matrix.push(row);
            entries.extend(id.to_le_bytes());
            entries.extend(&place.to_le_bytes()[..key]);
        }
        let held = match matrix.len() * width {
            0 => 0,
            short if short <= 1_000 => heap.add(matrix.concat()),
            _ => {
                // No row lies across two blocks.
                let per = self.room() / width;
                let mut blocks: Vec<Vec<u8>> = matrix.chunks(per).map(<[_]>::concat).collect();
                let room = self.room();
                let last = blocks.len() - 1;
                blocks[..last].iter_mut().for_each(|block| block.resize(room, 0));
                let data = self.value(&blocks.concat());
                within.push((0x3F, data, 0));
                0x3F
            }
        };
        let mut described = vec![0x7C, columns.len() as u8];
        for end in [map_at, map_at, map_at, width] {
            described.extend((end as u16).to_le_bytes());
        }
        for id in [tree, held, 0] {
            described.extend(id.to_le_bytes());
        }
        for (bit, (id, kind)) in columns.iter().enumerate() {
            // Texts of the older layout have its type, here as in properties.
            let kind = if *kind == 0x1F && !self.wide { 0x1E } else { *kind };
            described.extend(kind.to_le_bytes());
            described.extend(id.to_le_bytes());
            described.extend((4 * bit as u16).to_le_bytes());
            described.extend([4, bit as u8]);
        }
        heap.set(info, &described);
        let root = if rows.is_empty() { 0 } else { index };
        heap.set(tree, &[&[0xB5, 4, key as u8, 0][..], &root.to_le_bytes()].concat());
        heap.set(index, &entries);
        let data = self.block(heap.end(info), false);
        (data, self.within(within))
    }

    fn node(&mut self, id: u32, (data, within): (u64, u64), parent: u32) {
        self.nodes.push(Node { id, data, within, parent });
    }

    /// The nodes of folders and of the file itself.
    fn structure(&mut self) {
        let folders = std::mem::take(&mut self.folders);
        for folder in &folders {
            let listed = self.listed.remove(&folder.id).unwrap_or_default();
            let children = folders.iter().filter(|child| child.parent == folder.id);
            let children = children.filter(|child| child.id != folder.id).map(|child| child.id);
            let also = self.also_lists.iter().filter(|(id, _)| *id == folder.id);
            let children: Vec<u32> = children.chain(also.map(|(_, child)| *child)).collect();
            let values = vec![
                (0x3001, text(&folder.name)),
                (0x3602, Val::Long(listed.len() as i32)),
                (0x3603, Val::Long(0)),
                (0x360A, Val::Bool(!children.is_empty())),
            ];
            let made = self.properties(values, Vec::new());
            self.node(folder.id, made, folder.parent);
            let name = |id: &u32| {
                let named = folders.iter().find(|folder| folder.id == *id);
                named.map_or("", |folder| folder.name.as_str())
            };
            let rows: Vec<_> =
                children.iter().map(|id| (*id, vec![(0x3001, text(name(id)))])).collect();
            let columns = [(0x3001, 0x1F)];
            let made = self.table(&columns, &rows);
            self.node(folder.id & !0x1F | 0x0D, made, 0);
            let rows: Vec<_> = listed.iter().map(|id| (*id, Vec::new())).collect();
            let made = self.table(&columns, &rows);
            self.node(folder.id & !0x1F | 0x0E, made, 0);
            let made = self.table(&columns, &[]);
            self.node(folder.id & !0x1F | 0x0F, made, 0);
        }
        let entry = |id: u32| [&[0; 20][..], &id.to_le_bytes()].concat();
        let values = vec![
            (0x0FF9, Val::Binary(vec![7; 16])),
            (0x3001, text("Birds")),
            (0x35DF, Val::Long(0xFF)),
            (0x35E0, Val::Binary(entry(TOP))),
            (0x35E3, Val::Binary(entry(DELETED))),
            (0x67FF, Val::Long(0)),
        ];
        let made = self.properties(values, Vec::new());
        self.node(0x21, made, 0);
        // Appointments and addresses: 00062002 and 00062004-0000-0000-C000-000000000046.
        let set = |number: u8| [number, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
        let sets = [set(2), set(4)].concat();
        let mut entries = Vec::new();
        for (place, (number, set)) in (0u16..).zip(NAMED) {
            entries.extend(number.to_le_bytes());
            entries.extend(((set + 3) << 1).to_le_bytes());
            entries.extend(place.to_le_bytes());
        }
        let values = vec![
            (0x0001, Val::Long(251)),
            (0x0002, Val::Binary(sets)),
            (0x0003, Val::Binary(entries)),
            (0x0004, Val::Binary(vec![0; 4])),
        ];
        let made = self.properties(values, Vec::new());
        self.node(0x61, made, 0);
    }

    /// The bytes of the file.
    pub fn end(mut self) -> Vec<u8> {
        self.structure();
        let mut file = Laid::new(self.wide);
        let mut places = Vec::new();
        self.blocks.sort_by_key(|block| block.id);
        for block in &self.blocks {
            let mut data = block.data.clone();
            if block.id & 2 == 0 {
                encode(self.encoding, &mut data, block.id);
            }
            let offset = file.block(block.id, &data);
            places.push([self.word(block.id), self.word(offset)].concat());
            let place = places.last_mut().unwrap();
            place.extend((data.len() as u16).to_le_bytes());
            place.extend(2u16.to_le_bytes());
            if self.wide {
                place.extend([0; 4]);
            }
        }
        self.nodes.sort_by_key(|node| node.id);
        let nodes: Vec<Vec<u8>> = self
            .nodes
            .iter()
            .map(|node| {
                let words = [u64::from(node.id), node.data, node.within, u64::from(node.parent)];
                words.iter().flat_map(|word| self.word(*word)).collect()
            })
            .collect();
        let blocks = file.tree(0x80, places);
        let nodes = file.tree(0x81, nodes);
        let length = file.bytes.len() as u64;
        for at in (0x4400..length).step_by(MAPPED) {
            file.map(at, 0x84);
        }
        file.map(0x4600, 0x83);
        let next = self.next;
        file.header(self.encoding, length, nodes, blocks, next);
        file.bytes
    }
}
