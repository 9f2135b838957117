//! A split, opened for reading.

use super::build::{ROWS_NAME, SEGMENT_NAME};
use super::pack::Packed;
use super::{RowTable, schema};
use crate::bits::Bits;
use crate::error::{IndexError, Result};
use emma_lake::mask::Mask;
use std::path::Path;
use std::sync::Arc;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;
use tantivy::{Index, InvertedIndexReader, SegmentReader};

/// An open split and what its snapshot leaves out of it.
pub(crate) struct Split {
    /// Number of its segment.
    pub(crate) segment: u32,
    /// Times and versions.
    pub(crate) table: RowTable,
    /// Rows that count; none where all do.
    pub(crate) alive: Option<Bits>,
    /// Further versions of a message; none where every message has one row.
    pub(crate) follows: Option<Bits>,
    /// Dictionaries and postings by field.
    pub(crate) text: Arc<InvertedIndexReader>,
    pub(crate) from: Arc<InvertedIndexReader>,
    pub(crate) to: Arc<InvertedIndexReader>,
    pub(crate) room: Arc<InvertedIndexReader>,
    pub(crate) source: Arc<InvertedIndexReader>,
    pub(crate) territory: Arc<InvertedIndexReader>,
    pub(crate) class: Arc<InvertedIndexReader>,
    /// Words in each text, rounded; none where no row has a text.
    pub(crate) lengths: Option<FieldNormReader>,
}

impl Split {
    pub(crate) fn open(path: &Path, segment: u32, rows: u64, mask: &Mask) -> Result<Split> {
        let damaged = |what| move || IndexError::Damaged { segment, what };
        let packed = Packed::open(path)
            .map_err(IndexError::io("opening a split"))?
            .ok_or_else(damaged("a directory at its end"))?;
        let table = packed.component(Path::new(ROWS_NAME)).and_then(|file| file.read_bytes().ok());
        let table = table.and_then(RowTable::open).ok_or_else(damaged("its table of times"))?;
        let reader = reader(packed).map_err(IndexError::engine("opening a split"))?;
        if reader.max_doc() != table.rows || rows != u64::from(table.rows) {
            return Err(IndexError::Damaged { segment, what: "as many documents as rows" });
        }
        if mask.rows().last().is_some_and(|row| *row >= table.rows) {
            return Err(IndexError::Damaged { segment, what: "a mask within its rows" });
        }
        let (_, fields) = schema();
        let index = |field: Field| {
            reader.inverted_index(field).map_err(IndexError::engine("opening a dictionary"))
        };
        let lengths = reader.fieldnorms_readers().get_field(fields.text);
        Ok(Split {
            segment,
            alive: (!mask.is_empty()).then(|| Bits::without(table.rows, mask.rows())),
            follows: (!table.follows.is_empty()).then(|| Bits::of(table.rows, &table.follows)),
            text: index(fields.text)?,
            from: index(fields.from)?,
            to: index(fields.to)?,
            room: index(fields.room)?,
            source: index(fields.source)?,
            territory: index(fields.territory)?,
            class: index(fields.class)?,
            lengths: lengths.map_err(IndexError::engine("opening text lengths"))?,
            table,
        })
    }

    /// Rows in the split, masked ones too.
    pub(crate) fn rows(&self) -> u32 {
        self.table.rows
    }
}

fn reader(packed: Packed) -> tantivy::Result<SegmentReader> {
    let index = Index::open(packed)?;
    let segments = index.searchable_segments()?;
    match &segments[..] {
        [segment] if segment.id().uuid_string() == SEGMENT_NAME => SegmentReader::open(segment),
        _ => Err(tantivy::TantivyError::SchemaError(String::new())),
    }
}
