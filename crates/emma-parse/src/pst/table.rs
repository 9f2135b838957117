//! Tables on nodes (MS-PST 2.3.4): what a folder lists, the recipients and files of a message.

use super::bytes::{u16_at, u32_at};
use super::header::Layout;
use super::heap::Heap;
use super::pages::Node;
use super::properties::{Value, bytes, held};
use super::store::Store;
use crate::limits::PST_CELL_BYTES_MAX;
use std::io;

/// What a heap of a table is for, and what its first item starts with.
const TABLE: u8 = 0x7C;
/// Widest row, in bytes.
const ROW_BYTES_MAX: usize = 8 << 10;

/// A column: the property's id and type, where in the row it is, and its bit in the row's map.
#[derive(Clone, Copy, Debug)]
struct Column {
    id: u16,
    kind: u16,
    at: usize,
    width: usize,
    bit: usize,
}

/// A table.
pub(super) struct Table {
    heap: Heap,
    nodes: Vec<Node>,
    columns: Vec<Column>,
    /// The ids of the rows and their places, by id.
    rows: Vec<(u32, usize)>,
    /// Where in a row the map of the values that are there is, and the row's width.
    map_at: usize,
    row_bytes: usize,
    /// The rows; no row lies across two blocks.
    blocks: Vec<Vec<u8>>,
}

impl Table {
    /// The table on `node`; `None` where there is none.
    pub fn open(store: &Store, node: &Node) -> io::Result<Option<Table>> {
        let Some(heap) = Heap::open(store, node.data)? else { return Ok(None) };
        let info = heap.item(heap.root).unwrap_or_default();
        let count = info.get(1).copied().map_or(0, usize::from);
        let (Some(map_at), Some(row_bytes), Some(index), Some(rows)) =
            (u16_at(info, 6), u16_at(info, 8), u32_at(info, 10), u32_at(info, 14))
        else {
            store.note("pst.table_damaged", "a table's description ends early");
            return Ok(None);
        };
        let (map_at, row_bytes) = (usize::from(map_at), usize::from(row_bytes));
        let sound = info.first() == Some(&TABLE) && heap.client == TABLE;
        if !sound || !(4..=ROW_BYTES_MAX).contains(&row_bytes) || map_at > row_bytes {
            store.note("pst.table_damaged", "a table's description is none");
            return Ok(None);
        }
        let described = info.get(22..).unwrap_or_default().chunks_exact(8).take(count);
        let column = |entry: &[u8]| {
            let (at, width, bit) = (u16_at(entry, 4)?, *entry.get(6)?, *entry.get(7)?);
            let (at, width, bit) = (usize::from(at), usize::from(width), usize::from(bit));
            // A column beyond the row lies about it.
            let fits = at + width <= row_bytes && map_at + bit / 8 < row_bytes;
            let (kind, id) = (u16_at(entry, 0)?, u16_at(entry, 2)?);
            fits.then_some(Column { id, kind, at, width, bit })
        };
        let columns: Vec<Column> = described.filter_map(column).collect();
        if columns.len() < count {
            store.note("pst.table_damaged", "columns of a table lie outside of its rows");
        }
        let width = if store.header.layout == Layout::Ansi { 2 } else { 4 };
        let place = |(id, value): (u32, &[u8])| {
            let at = match width {
                2 => u16_at(value, 0)?.into(),
                _ => u32_at(value, 0)?,
            };
            Some((id, at as usize))
        };
        let listed = heap.tree(store, index, width).into_iter().filter_map(place);
        let mut listed: Vec<(u32, usize)> = listed.collect();
        listed.sort_unstable();
        listed.dedup_by_key(|(id, _)| *id);
        let nodes = store.within(node.within)?;
        let blocks = match rows {
            0 => Vec::new(),
            rows if rows & 0x1F == 0 => vec![heap.item(rows).unwrap_or_default().to_vec()],
            rows => match super::properties::within(&nodes, rows) {
                Some(node) => store.value_blocks(node.data)?,
                None => Vec::new(),
            },
        };
        Ok(Some(Table { heap, nodes, columns, rows: listed, map_at, row_bytes, blocks }))
    }

    /// The ids of the rows, in order of their places.
    pub fn ids(&self) -> Vec<u32> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|(id, at)| (*at, *id));
        rows.into_iter().map(|(id, _)| id).collect()
    }

    /// The bytes of the row with this id.
    fn row(&self, id: u32) -> Option<&[u8]> {
        let found = self.rows.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let at = self.rows[found].1;
        // Every block but the last holds as many rows as fit, also one that is missing.
        let fullest = self.blocks.iter().map(Vec::len).max()? / self.row_bytes;
        let block = self.blocks.get(at.checked_div(fullest)?)?;
        let start = (at % fullest) * self.row_bytes;
        block.get(start..start + self.row_bytes)
    }

    /// A value of the row with this id; `None` where the row has none.
    pub fn value(&self, store: &Store, row: u32, id: u16) -> io::Result<Option<Value>> {
        let Some(bytes_of) = self.row(row) else {
            store.note("pst.table_damaged", "a row of a table is not there");
            return Ok(None);
        };
        let Some(column) = self.columns.iter().find(|column| column.id == id) else {
            return Ok(None);
        };
        if bytes_of[self.map_at + column.bit / 8] & (0x80 >> (column.bit % 8)) == 0 {
            return Ok(None);
        }
        let cell = &bytes_of[column.at..column.at + column.width];
        // Of what is not a number, a truth or a time the cell tells where it is.
        let fixed = matches!(column.kind, 0..=0x07 | 0x0A | 0x0B | 0x14 | 0x40);
        let bytes = match u32_at(cell, 0) {
            Some(at) if !fixed => {
                bytes(store, held(store, &self.heap, &self.nodes, at)?, PST_CELL_BYTES_MAX)?
            }
            _ => cell.to_vec(),
        };
        Ok(Some(Value { kind: column.kind, bytes }))
    }
}
