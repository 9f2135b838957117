//! Parts that several tables share: places, record ids, lists of texts.

use super::{element, optional, required};
use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::{Array, ArrayRef, ListArray, StringArray, StructArray, UInt64Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use emma_model::digest::Digest;
use emma_model::{ExhibitId, MemberPath, Place, RecordId};
use std::fmt::Write as _;
use std::sync::Arc;

/// The text form of a member path: ordinals with `/` between.
pub(super) fn put_member(out: &mut String, member: &MemberPath) {
    for (at, ordinal) in member.0.iter().enumerate() {
        let slash = if at == 0 { "" } else { "/" };
        write!(out, "{slash}{ordinal}").expect("writing to a string");
    }
}

/// Reads [`put_member`] back.
pub(super) fn take_member(text: &str) -> Option<MemberPath> {
    if text.is_empty() {
        return Some(MemberPath::default());
    }
    let ordinals: Option<Vec<u32>> = text.split('/').map(|part| part.parse().ok()).collect();
    ordinals.filter(|ordinals| ordinals.len() <= MemberPath::DEPTH_MAX).map(MemberPath)
}

/// A digest column: hexadecimal, the last one kept because neighbours repeat it.
#[derive(Debug, Default)]
struct HexColumn {
    builder: StringBuilder,
    last: Option<(Digest, String)>,
}

impl HexColumn {
    fn push(&mut self, digest: &Digest) {
        match &self.last {
            Some((known, text)) if known == digest => self.builder.append_value(text),
            _ => {
                let text = digest.hex();
                self.builder.append_value(&text);
                self.last = Some((*digest, text));
            }
        }
    }
}

/// Columns of a record id: exhibit, member, offset and length of a span; any other id as text.
#[derive(Debug, Default)]
pub(super) struct RecordColumns {
    exhibit: HexColumn,
    member: StringBuilder,
    offset: UInt64Builder,
    length: UInt64Builder,
    other: StringBuilder,
    text: String,
}

impl RecordColumns {
    pub(super) fn fields() -> Vec<Field> {
        vec![
            optional("exhibit", DataType::Utf8),
            optional("member", DataType::Utf8),
            optional("offset", DataType::UInt64),
            optional("length", DataType::UInt64),
            optional("other", DataType::Utf8),
        ]
    }

    pub(super) fn push(&mut self, id: &RecordId) {
        if let RecordId::Sealed { exhibit, member, place: Place::Span { offset, length } } = id {
            self.exhibit.push(&exhibit.0);
            if member.0.is_empty() {
                self.member.append_null();
            } else {
                self.text.clear();
                put_member(&mut self.text, member);
                self.member.append_value(&self.text);
            }
            self.offset.append_value(*offset);
            self.length.append_value(*length);
            self.other.append_null();
        } else {
            self.exhibit.builder.append_null();
            self.member.append_null();
            self.offset.append_null();
            self.length.append_null();
            self.other.append_value(id.to_string());
        }
    }

    pub(super) fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.exhibit.builder.finish()),
            Arc::new(self.member.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.length.finish()),
            Arc::new(self.other.finish()),
        ]
    }
}

/// Reads [`RecordColumns`].
#[derive(Debug)]
pub(super) struct RecordView {
    exhibit: StringArray,
    member: StringArray,
    offset: UInt64Array,
    length: UInt64Array,
    other: StringArray,
}

impl RecordView {
    pub(super) fn new(columns: &[ArrayRef]) -> Option<RecordView> {
        let [exhibit, member, offset, length, other] = columns else {
            return None;
        };
        Some(RecordView {
            exhibit: exhibit.as_any().downcast_ref().cloned()?,
            member: member.as_any().downcast_ref().cloned()?,
            offset: offset.as_any().downcast_ref().cloned()?,
            length: length.as_any().downcast_ref().cloned()?,
            other: other.as_any().downcast_ref().cloned()?,
        })
    }

    pub(super) fn get(&self, at: usize) -> Option<RecordId> {
        if self.exhibit.is_null(at) {
            return text(&self.other, at)?.parse().ok();
        }
        let exhibit = ExhibitId(Digest::from_hex(self.exhibit.value(at))?);
        let member = take_member(text(&self.member, at).unwrap_or(""))?;
        if self.offset.is_null(at) || self.length.is_null(at) {
            return None;
        }
        Some(RecordId::span(exhibit, member, self.offset.value(at), self.length.value(at)))
    }
}

/// Where an item stands, for tables whose rows always have an exhibit.
#[derive(Debug, Default)]
pub(super) struct PlaceColumns {
    exhibit: HexColumn,
    member: StringBuilder,
    offset: UInt64Builder,
    length: UInt64Builder,
    table: StringBuilder,
    row: arrow_array::builder::Int64Builder,
    text: String,
}

impl PlaceColumns {
    pub(super) fn fields() -> Vec<Field> {
        vec![
            required("exhibit", DataType::Utf8),
            optional("member", DataType::Utf8),
            optional("offset", DataType::UInt64),
            optional("length", DataType::UInt64),
            optional("table", DataType::Utf8),
            optional("row", DataType::Int64),
        ]
    }

    pub(super) fn push(&mut self, exhibit: &ExhibitId, member: &MemberPath, place: Option<&Place>) {
        self.exhibit.push(&exhibit.0);
        if member.0.is_empty() {
            self.member.append_null();
        } else {
            self.text.clear();
            put_member(&mut self.text, member);
            self.member.append_value(&self.text);
        }
        let (span, cell) = match place {
            Some(Place::Span { offset, length }) => (Some((*offset, *length)), None),
            Some(Place::Row { table, row }) => (None, Some((table, *row))),
            None => (None, None),
        };
        self.offset.append_option(span.map(|span| span.0));
        self.length.append_option(span.map(|span| span.1));
        self.table.append_option(cell.map(|cell| cell.0));
        self.row.append_option(cell.map(|cell| cell.1));
    }

    pub(super) fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.exhibit.builder.finish()),
            Arc::new(self.member.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.length.finish()),
            Arc::new(self.table.finish()),
            Arc::new(self.row.finish()),
        ]
    }
}

/// Reads [`PlaceColumns`].
#[derive(Debug)]
pub(super) struct PlaceView {
    exhibit: StringArray,
    member: StringArray,
    offset: UInt64Array,
    length: UInt64Array,
    table: StringArray,
    row: arrow_array::Int64Array,
}

impl PlaceView {
    pub(super) fn new(batch: &arrow_array::RecordBatch) -> Option<PlaceView> {
        Some(PlaceView {
            exhibit: super::column(batch, "exhibit")?,
            member: super::column(batch, "member")?,
            offset: super::column(batch, "offset")?,
            length: super::column(batch, "length")?,
            table: super::column(batch, "table")?,
            row: super::column(batch, "row")?,
        })
    }

    pub(super) fn exhibit(&self, at: usize) -> Option<ExhibitId> {
        Some(ExhibitId(Digest::from_hex(text(&self.exhibit, at)?)?))
    }

    pub(super) fn member(&self, at: usize) -> Option<MemberPath> {
        take_member(text(&self.member, at).unwrap_or(""))
    }

    pub(super) fn place(&self, at: usize) -> Option<Place> {
        if self.offset.is_valid(at) && self.length.is_valid(at) {
            let (offset, length) = (self.offset.value(at), self.length.value(at));
            return Some(Place::Span { offset, length });
        }
        let table = text(&self.table, at)?.to_owned();
        self.row.is_valid(at).then(|| Place::Row { table, row: self.row.value(at) })
    }
}

/// A column of lists of texts.
#[derive(Debug)]
pub(super) struct TextsColumn {
    ends: Vec<i32>,
    values: StringBuilder,
}

impl Default for TextsColumn {
    fn default() -> TextsColumn {
        TextsColumn { ends: vec![0], values: StringBuilder::new() }
    }
}

impl TextsColumn {
    pub(super) fn data_type() -> DataType {
        DataType::List(element(DataType::Utf8))
    }

    pub(super) fn push(&mut self, texts: &[String]) {
        for text in texts {
            self.values.append_value(text);
        }
        self.ends.push(list_end(&self.ends, texts.len()));
    }

    pub(super) fn take(&mut self) -> ArrayRef {
        list(DataType::Utf8, &mut self.ends, Arc::new(self.values.finish()))
    }
}

/// Where a list ends that follows `ends` and has `count` elements.
pub(super) fn list_end(ends: &[i32], count: usize) -> i32 {
    // Batches are capped by rows and bytes far below 2^31 elements.
    ends.last().expect("starts with 0") + i32::try_from(count).expect("lists stay below 2^31")
}

/// A list array out of its ends and elements; `ends` starts anew.
pub(super) fn list(data_type: DataType, ends: &mut Vec<i32>, values: ArrayRef) -> ArrayRef {
    let ends = std::mem::replace(ends, vec![0]);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    Arc::new(ListArray::new(element(data_type), offsets, values, None))
}

/// A struct array without nulls of its own.
pub(super) fn structure(fields: &Fields, columns: Vec<ArrayRef>) -> ArrayRef {
    Arc::new(StructArray::new(fields.clone(), columns, None))
}

/// The element range of list `at`.
pub(super) fn list_range(list: &ListArray, at: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[at] as usize..offsets[at + 1] as usize
}

/// The texts of list `at`.
pub(super) fn texts(list: &ListArray, values: &StringArray, at: usize) -> Vec<String> {
    list_range(list, at).map(|i| values.value(i).to_owned()).collect()
}

/// The value at `at`, where there is one.
pub(super) fn text(column: &StringArray, at: usize) -> Option<&str> {
    column.is_valid(at).then(|| column.value(at))
}

/// The value at `at`, owned.
pub(super) fn owned(column: &StringArray, at: usize) -> Option<String> {
    text(column, at).map(str::to_owned)
}
