//! The columns of anomalies, claims and members.

use super::parts::{PlaceColumns, PlaceView, RecordColumns, RecordView, owned};
use super::{Codec, ColumnSet, RowView, Tuning, column, optional, required, schema};
use crate::row::{AnomalyRow, LinkRow, MemberRow};
use arrow_array::builder::{BooleanBuilder, StringBuilder, UInt8Builder, UInt64Builder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, StringArray, UInt8Array, UInt64Array,
};
use arrow_schema::{DataType, SchemaRef};
use emma_model::ItemClass;
use emma_model::digest::Digest;
use std::sync::Arc;

impl Codec for AnomalyRow {
    type Columns = AnomalyColumns;
    type View = AnomalyView;
    const TUNING: &'static [(&'static str, Tuning)] = &[
        ("exhibit", Tuning::EXHIBITS.bounded()),
        ("member", Tuning::NAMES),
        ("offset", Tuning::NUMBERS.bounded()),
        ("length", Tuning::NUMBERS),
        ("table", Tuning::FEW),
        ("row", Tuning::NUMBERS),
        ("class", Tuning::FEW),
        ("kind", Tuning::FEW),
        ("field", Tuning::FEW),
        ("note", Tuning::NAMES),
    ];
}

/// Anomalies as columns.
#[derive(Debug, Default)]
pub struct AnomalyColumns {
    place: PlaceColumns,
    class: UInt8Builder,
    kind: StringBuilder,
    field: StringBuilder,
    note: StringBuilder,
}

impl ColumnSet<AnomalyRow> for AnomalyColumns {
    fn schema() -> SchemaRef {
        let mut fields = PlaceColumns::fields();
        fields.extend([
            optional("class", DataType::UInt8),
            required("kind", DataType::Utf8),
            optional("field", DataType::Utf8),
            required("note", DataType::Utf8),
        ]);
        schema(fields)
    }

    fn push(&mut self, row: &AnomalyRow) {
        self.place.push(&row.exhibit, &row.member, Some(&row.place));
        self.class.append_option(row.class.map(|class| class as u8));
        self.kind.append_value(&row.kind);
        self.field.append_option(row.field.as_ref());
        self.note.append_value(&row.note);
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.place.take();
        let rest: [ArrayRef; 4] = [
            Arc::new(self.class.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.field.finish()),
            Arc::new(self.note.finish()),
        ];
        columns.extend(rest);
        columns
    }
}

/// Anomalies read from columns.
#[derive(Debug)]
pub struct AnomalyView {
    place: PlaceView,
    class: UInt8Array,
    kind: StringArray,
    field: StringArray,
    note: StringArray,
}

impl RowView<AnomalyRow> for AnomalyView {
    fn new(batch: &RecordBatch) -> Option<AnomalyView> {
        Some(AnomalyView {
            place: PlaceView::new(batch)?,
            class: column(batch, "class")?,
            kind: column(batch, "kind")?,
            field: column(batch, "field")?,
            note: column(batch, "note")?,
        })
    }

    fn get(&self, at: usize) -> Option<AnomalyRow> {
        let class = match self.class.is_valid(at) {
            true => Some(ItemClass::from_u8(self.class.value(at))?),
            false => None,
        };
        Some(AnomalyRow {
            exhibit: self.place.exhibit(at)?,
            member: self.place.member(at)?,
            place: self.place.place(at)?,
            class,
            kind: self.kind.value(at).to_owned(),
            field: owned(&self.field, at),
            note: self.note.value(at).to_owned(),
        })
    }
}

impl Codec for LinkRow {
    type Columns = LinkColumns;
    type View = LinkView;
    const TUNING: &'static [(&'static str, Tuning)] = &[
        ("exhibit", Tuning::EXHIBITS.bounded()),
        ("member", Tuning::NAMES),
        ("offset", Tuning::NUMBERS.bounded()),
        ("length", Tuning::NUMBERS),
        ("other", Tuning::IDS),
        ("source", Tuning::FEW),
        ("relation", Tuning::FEW),
        ("target_path", Tuning::NAMES.bounded()),
        ("from_line", Tuning::NUMBERS.bounded()),
        ("to_line", Tuning::NUMBERS.bounded()),
    ];
}

/// Claims as columns.
#[derive(Debug, Default)]
pub struct LinkColumns {
    record: RecordColumns,
    source: StringBuilder,
    relation: StringBuilder,
    target_path: StringBuilder,
    from_line: UInt64Builder,
    to_line: UInt64Builder,
}

impl ColumnSet<LinkRow> for LinkColumns {
    fn schema() -> SchemaRef {
        let mut fields = RecordColumns::fields();
        fields.extend([
            required("source", DataType::Utf8),
            required("relation", DataType::Utf8),
            required("target_path", DataType::Utf8),
            required("from_line", DataType::UInt64),
            required("to_line", DataType::UInt64),
        ]);
        schema(fields)
    }

    fn push(&mut self, row: &LinkRow) {
        self.record.push(&row.record);
        self.source.append_value(&row.source);
        self.relation.append_value(&row.relation);
        self.target_path.append_value(&row.target_path);
        self.from_line.append_value(row.from_line);
        self.to_line.append_value(row.to_line);
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.record.take();
        let rest: [ArrayRef; 5] = [
            Arc::new(self.source.finish()),
            Arc::new(self.relation.finish()),
            Arc::new(self.target_path.finish()),
            Arc::new(self.from_line.finish()),
            Arc::new(self.to_line.finish()),
        ];
        columns.extend(rest);
        columns
    }
}

/// Claims read from columns.
#[derive(Debug)]
pub struct LinkView {
    record: RecordView,
    source: StringArray,
    relation: StringArray,
    target_path: StringArray,
    from_line: UInt64Array,
    to_line: UInt64Array,
}

impl RowView<LinkRow> for LinkView {
    fn new(batch: &RecordBatch) -> Option<LinkView> {
        let record = ["exhibit", "member", "offset", "length", "other"]
            .iter()
            .map(|name| batch.column_by_name(name).cloned())
            .collect::<Option<Vec<ArrayRef>>>()?;
        Some(LinkView {
            record: RecordView::new(&record)?,
            source: column(batch, "source")?,
            relation: column(batch, "relation")?,
            target_path: column(batch, "target_path")?,
            from_line: column(batch, "from_line")?,
            to_line: column(batch, "to_line")?,
        })
    }

    fn get(&self, at: usize) -> Option<LinkRow> {
        Some(LinkRow {
            record: self.record.get(at)?,
            source: self.source.value(at).to_owned(),
            relation: self.relation.value(at).to_owned(),
            target_path: self.target_path.value(at).to_owned(),
            from_line: self.from_line.value(at),
            to_line: self.to_line.value(at),
        })
    }
}

impl Codec for MemberRow {
    type Columns = MemberColumns;
    type View = MemberView;
    const TUNING: &'static [(&'static str, Tuning)] = &[
        ("exhibit", Tuning::EXHIBITS.bounded()),
        ("member", Tuning::IDS),
        ("name", Tuning::IDS),
        ("digest", Tuning::TEXTS),
        ("bytes", Tuning::NUMBERS),
        ("parser", Tuning::FEW),
        ("media", Tuning::FEW),
    ];
}

/// Members as columns.
#[derive(Debug, Default)]
pub struct MemberColumns {
    place: PlaceColumns,
    name: StringBuilder,
    digest: StringBuilder,
    bytes: UInt64Builder,
    parser: StringBuilder,
    media: StringBuilder,
    kept: BooleanBuilder,
}

impl ColumnSet<MemberRow> for MemberColumns {
    fn schema() -> SchemaRef {
        let mut fields = PlaceColumns::fields();
        fields.truncate(2);
        fields.extend([
            required("name", DataType::Utf8),
            required("digest", DataType::Utf8),
            required("bytes", DataType::UInt64),
            required("parser", DataType::Utf8),
            required("media", DataType::Utf8),
            required("kept", DataType::Boolean),
        ]);
        schema(fields)
    }

    fn push(&mut self, row: &MemberRow) {
        self.place.push(&row.exhibit, &row.member, None);
        self.name.append_value(&row.name);
        self.digest.append_value(row.digest.hex());
        self.bytes.append_value(row.bytes);
        self.parser.append_value(&row.parser);
        self.media.append_value(&row.media);
        self.kept.append_value(row.kept);
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.place.take();
        columns.truncate(2);
        let rest: [ArrayRef; 6] = [
            Arc::new(self.name.finish()),
            Arc::new(self.digest.finish()),
            Arc::new(self.bytes.finish()),
            Arc::new(self.parser.finish()),
            Arc::new(self.media.finish()),
            Arc::new(self.kept.finish()),
        ];
        columns.extend(rest);
        columns
    }
}

/// Members read from columns.
#[derive(Debug)]
pub struct MemberView {
    exhibit: StringArray,
    member: StringArray,
    name: StringArray,
    digest: StringArray,
    bytes: UInt64Array,
    parser: StringArray,
    media: StringArray,
    kept: BooleanArray,
}

impl RowView<MemberRow> for MemberView {
    fn new(batch: &RecordBatch) -> Option<MemberView> {
        Some(MemberView {
            exhibit: column(batch, "exhibit")?,
            member: column(batch, "member")?,
            name: column(batch, "name")?,
            digest: column(batch, "digest")?,
            bytes: column(batch, "bytes")?,
            parser: column(batch, "parser")?,
            media: column(batch, "media")?,
            kept: column(batch, "kept")?,
        })
    }

    fn get(&self, at: usize) -> Option<MemberRow> {
        let member = super::parts::text(&self.member, at).unwrap_or("");
        Some(MemberRow {
            exhibit: emma_model::ExhibitId(Digest::from_hex(self.exhibit.value(at))?),
            member: super::parts::take_member(member)?,
            name: self.name.value(at).to_owned(),
            digest: Digest::from_hex(self.digest.value(at))?,
            bytes: self.bytes.value(at),
            parser: self.parser.value(at).to_owned(),
            media: self.media.value(at).to_owned(),
            kept: self.kept.value(at),
        })
    }
}
