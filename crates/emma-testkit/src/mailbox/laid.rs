//! How the bytes of Outlook's files lie: heaps, blocks, pages, the header.

use encoding::Encoding;

// The tables of MS-PST 5.1 and 5.2 stand once; that they are right, other readers show.
#[allow(dead_code, reason = "the checksum here is written apart")]
#[path = "../../../emma-parse/src/pst/encoding.rs"]
mod encoding;

/// A heap of one block.
pub struct Heap {
    client: u8,
    items: Vec<Vec<u8>>,
}

impl Heap {
    pub fn new(client: u8) -> Heap {
        Heap { client, items: Vec::new() }
    }

    pub fn add(&mut self, bytes: Vec<u8>) -> u32 {
        self.items.push(bytes);
        (self.items.len() as u32) << 5
    }

    pub fn set(&mut self, id: u32, bytes: &[u8]) {
        self.items[(id >> 5) as usize - 1] = bytes.to_vec();
    }

    pub fn end(self, root: u32) -> Vec<u8> {
        let mut data = vec![0, 0, 0xEC, self.client];
        data.extend(root.to_le_bytes());
        data.extend([0; 4]);
        let mut offsets = vec![data.len() as u16];
        for item in &self.items {
            data.extend(item);
            offsets.push(data.len() as u16);
        }
        data.resize(data.len().next_multiple_of(2), 0);
        let list = data.len() as u16;
        data[..2].copy_from_slice(&list.to_le_bytes());
        data.extend((self.items.len() as u16).to_le_bytes());
        data.extend(0u16.to_le_bytes());
        offsets.iter().for_each(|offset| data.extend(offset.to_le_bytes()));
        assert!(data.len() <= 8_176, "a heap of one block");
        data
    }
}

/// A file's bytes, laid out.
pub struct Laid {
    pub bytes: Vec<u8>,
    wide: bool,
    next_page: u64,
}

/// How far one map of what is in use reaches.
pub const MAPPED: usize = 496 * 8 * 64;

impl Laid {
    /// Room for the header and the first maps, nothing else yet.
    pub fn new(wide: bool) -> Laid {
        Laid { bytes: vec![0; 0x4800], wide, next_page: 0x400 }
    }

    /// Moves on to where `length` bytes have room; maps stand at fixed places.
    fn room(&mut self, length: usize, step: usize) -> u64 {
        let mut at = self.bytes.len().next_multiple_of(step);
        let map = (at - 0x4400).next_multiple_of(MAPPED) + 0x4400;
        if at <= map && at + length > map {
            at = map + 512;
        }
        self.bytes.resize(at + length, 0);
        at as u64
    }

    pub fn block(&mut self, id: u64, data: &[u8]) -> u64 {
        let trailer = if self.wide { 16 } else { 12 };
        let whole = (data.len() + trailer).next_multiple_of(64);
        let offset = self.room(whole, 64);
        let start = offset as usize;
        self.bytes[start..start + data.len()].copy_from_slice(data);
        let mut end = (data.len() as u16).to_le_bytes().to_vec();
        end.extend(signature(offset, id).to_le_bytes());
        let sum = sum(data).to_le_bytes();
        match self.wide {
            true => {
                end.extend(sum);
                end.extend(id.to_le_bytes());
            }
            false => {
                end.extend((id as u32).to_le_bytes());
                end.extend(sum);
            }
        }
        self.bytes[start + whole - trailer..start + whole].copy_from_slice(&end);
        offset
    }

    fn page(&mut self, at: u64, kind: u8, id: u64, body: &[u8], signature: u16) {
        let length = if self.wide { 496 } else { 500 };
        let mut page = body.to_vec();
        page.resize(length, 0);
        let sum = sum(&page).to_le_bytes();
        page.extend([kind, kind]);
        page.extend(signature.to_le_bytes());
        match self.wide {
            true => {
                page.extend(sum);
                page.extend(id.to_le_bytes());
            }
            false => {
                page.extend((id as u32).to_le_bytes());
                page.extend(sum);
            }
        }
        self.bytes[at as usize..at as usize + 512].copy_from_slice(&page);
    }

    /// A tree of pages over sorted entries; its root's id and place.
    pub fn tree(&mut self, kind: u8, entries: Vec<Vec<u8>>) -> (u64, u64) {
        let mut level = 0;
        let mut entries = entries;
        let word = if self.wide { 8 } else { 4 };
        loop {
            let room = if self.wide { 488 } else { 496 };
            let size = entries[0].len();
            let mut above = Vec::new();
            let mut root = (0, 0);
            for group in entries.chunks(room / size) {
                let mut body = group.concat();
                body.resize(room, 0);
                body.extend([group.len() as u8, (room / size) as u8, size as u8, level]);
                let at = self.room(512, 512);
                let id = self.next_page;
                self.next_page += 4;
                self.page(at, kind, id, &body, signature(at, id));
                let mut entry = group[0][..word].to_vec();
                entry.extend(&id.to_le_bytes()[..word]);
                entry.extend(&at.to_le_bytes()[..word]);
                above.push(entry);
                root = (id, at);
            }
            if above.len() == 1 {
                return root;
            }
            (entries, level) = (above, level + 1);
        }
    }

    /// A map that says that everything is in use.
    pub fn map(&mut self, at: u64, kind: u8) {
        let mut body = if self.wide { Vec::new() } else { vec![0; 4] };
        body.resize(body.len() + 496, 0xFF);
        self.page(at, kind, at, &body, 0);
    }

    pub fn header(
        &mut self,
        encoding: u8,
        length: u64,
        nodes: (u64, u64),
        blocks: (u64, u64),
        next: u64,
    ) {
        let wide = self.wide;
        let mut head = vec![0; if wide { 564 } else { 512 }];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"!BDN");
        put(8, b"SM");
        put(10, &(if wide { 23u16 } else { 14 }).to_le_bytes());
        put(12, &[19, 0, 1, 1]);
        let word = if wide { 8 } else { 4 };
        let root = if wide { 184 } else { 168 };
        let words = [length, 0x4400, 0, 0, nodes.0, nodes.1, blocks.0, blocks.1];
        for (number, value) in words.into_iter().enumerate() {
            put(root + number * word, &value.to_le_bytes()[..word]);
        }
        put(root + 8 * word, &[2]);
        let (maps, sentinel) = if wide { (256, 512) } else { (204, 460) };
        put(maps, &[0xFF; 256]);
        put(sentinel, &[0x80, encoding]);
        match wide {
            true => {
                put(32, &0x8000u64.to_le_bytes());
                put(516, &next.to_le_bytes());
            }
            false => {
                put(24, &(next as u32).to_le_bytes());
                put(28, &0x8000u32.to_le_bytes());
            }
        }
        let part = sum(&head[8..479]);
        head[4..8].copy_from_slice(&part.to_le_bytes());
        if wide {
            let all = sum(&head[8..524]);
            head[524..528].copy_from_slice(&all.to_le_bytes());
        }
        self.bytes[..head.len()].copy_from_slice(&head);
    }
}

/// A page's or block's signature (MS-PST 5.5).
fn signature(offset: u64, id: u64) -> u16 {
    let mixed = offset as u32 ^ id as u32;
    (mixed >> 16) as u16 ^ mixed as u16
}

/// CRC-32 without inversions, bit by bit.
pub fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 }
        })
    })
}

/// Encodes a block. The rotors are their own inverse; a permutation is turned round. That both
/// are those of the specification is what other readers show.
pub fn encode(method: u8, data: &mut [u8], block: u64) {
    let encoding = Encoding::of(method).unwrap();
    if encoding != Encoding::Permute {
        return encoding.decode(data, block);
    }
    let mut decoded: Vec<u8> = (0..=255).collect();
    encoding.decode(&mut decoded, block);
    for byte in data {
        *byte = decoded.iter().position(|from| from == byte).unwrap() as u8;
    }
}
