//! The columns of messages.

use super::parts::{
    RecordColumns, RecordView, TextsColumn, list, list_end, list_range, owned, structure, text,
    texts,
};
use super::{
    Codec, ColumnSet, RowView, Tuning, column, element, instant, optional, required, schema,
};
use crate::row::{MessageRow, State};
use arrow_array::builder::{
    BooleanBuilder, Int64Builder, StringBuilder, UInt8Builder, UInt32Builder,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, UInt8Array, UInt32Array,
};
use arrow_schema::{DataType, Fields, SchemaRef};
use emma_model::{Clock, MessageId, NetworkId, RecordKind, Zone};
use std::sync::Arc;

/// How the `id` column names the message.
mod form {
    /// By its own first record: `id` is null.
    pub const OWN_RECORD: u8 = 0;
    /// By a network id of the row's network.
    pub const NETWORK: u8 = 1;
    /// By a network id of the row's network and conversation.
    pub const CONVERSATION: u8 = 2;
    /// By the text form of any id.
    pub const TEXT: u8 = 3;
}

impl Codec for MessageRow {
    type Columns = MessageColumns;
    type View = MessageView;
    const TUNING: &'static [(&'static str, Tuning)] = &[
        ("sort", Tuning::NUMBERS.bounded()),
        ("id_form", Tuning::FEW),
        ("id", Tuning::IDS),
        ("version", Tuning::FEW),
        ("versions", Tuning::FEW),
        ("state", Tuning::FEW),
        ("kind", Tuning::FEW),
        ("network", Tuning::FEW),
        ("from", Tuning::NAMES),
        ("to.list.element", Tuning::NAMES),
        ("conversation", Tuning::NAMES),
        ("lo_after", Tuning::FEW),
        ("hi_after", Tuning::FEW),
        ("zone", Tuning::FEW),
        ("clock", Tuning::FEW),
        ("text", Tuning::TEXTS),
        ("territory", Tuning::FEW),
        ("reply_to", Tuning::IDS),
        ("records.list.element.exhibit", Tuning::EXHIBITS),
        ("records.list.element.member", Tuning::FEW),
        ("records.list.element.offset", Tuning::NUMBERS),
        ("records.list.element.length", Tuning::NUMBERS),
        ("records.list.element.other", Tuning::IDS),
        ("sources.list.element", Tuning::FEW),
    ];
}

/// Messages as columns.
#[derive(Debug)]
pub struct MessageColumns {
    sort: Int64Builder,
    id_form: UInt8Builder,
    id: StringBuilder,
    version: UInt32Builder,
    versions: UInt32Builder,
    state: UInt8Builder,
    kind: UInt8Builder,
    network: StringBuilder,
    from: StringBuilder,
    to: TextsColumn,
    conversation: StringBuilder,
    lo_after: Int64Builder,
    hi_after: Int64Builder,
    zone: UInt8Builder,
    clock: UInt8Builder,
    inferred: BooleanBuilder,
    text: StringBuilder,
    territory: StringBuilder,
    reply_to: StringBuilder,
    record_ends: Vec<i32>,
    records: RecordColumns,
    record_fields: Fields,
    sources: TextsColumn,
}

impl Default for MessageColumns {
    fn default() -> MessageColumns {
        MessageColumns {
            sort: Int64Builder::new(),
            id_form: UInt8Builder::new(),
            id: StringBuilder::new(),
            version: UInt32Builder::new(),
            versions: UInt32Builder::new(),
            state: UInt8Builder::new(),
            kind: UInt8Builder::new(),
            network: StringBuilder::new(),
            from: StringBuilder::new(),
            to: TextsColumn::default(),
            conversation: StringBuilder::new(),
            lo_after: Int64Builder::new(),
            hi_after: Int64Builder::new(),
            zone: UInt8Builder::new(),
            clock: UInt8Builder::new(),
            inferred: BooleanBuilder::new(),
            text: StringBuilder::new(),
            territory: StringBuilder::new(),
            reply_to: StringBuilder::new(),
            record_ends: vec![0],
            records: RecordColumns::default(),
            record_fields: Fields::from(RecordColumns::fields()),
            sources: TextsColumn::default(),
        }
    }
}

impl ColumnSet<MessageRow> for MessageColumns {
    fn schema() -> SchemaRef {
        let record = DataType::Struct(Fields::from(RecordColumns::fields()));
        schema(vec![
            optional("sort", instant()),
            required("id_form", DataType::UInt8),
            optional("id", DataType::Utf8),
            required("version", DataType::UInt32),
            required("versions", DataType::UInt32),
            required("state", DataType::UInt8),
            required("kind", DataType::UInt8),
            required("network", DataType::Utf8),
            optional("from", DataType::Utf8),
            required("to", TextsColumn::data_type()),
            optional("conversation", DataType::Utf8),
            optional("lo_after", DataType::Int64),
            optional("hi_after", DataType::Int64),
            required("zone", DataType::UInt8),
            required("clock", DataType::UInt8),
            required("inferred", DataType::Boolean),
            optional("text", DataType::Utf8),
            optional("territory", DataType::Utf8),
            optional("reply_to", DataType::Utf8),
            required("records", DataType::List(element(record))),
            required("sources", TextsColumn::data_type()),
        ])
    }

    fn push(&mut self, row: &MessageRow) {
        self.push_id(row);
        self.sort.append_option(row.sort);
        self.version.append_value(row.version);
        self.versions.append_value(row.versions);
        self.state.append_value(row.state as u8);
        self.kind.append_value(row.kind as u8);
        self.network.append_value(&row.network);
        self.from.append_option(row.from.as_ref());
        self.to.push(&row.to);
        self.conversation.append_option(row.conversation.as_ref());
        // Differences wrap, so that any pair of times survives.
        let sort = row.sort.unwrap_or(0);
        self.lo_after.append_option(row.lo.map(|lo| lo.wrapping_sub(sort)));
        let lo = row.lo.unwrap_or(0);
        self.hi_after.append_option(row.hi.map(|hi| hi.wrapping_sub(lo)));
        self.zone.append_value(row.zone as u8);
        self.clock.append_value(row.clock as u8);
        self.inferred.append_value(row.inferred);
        self.text.append_option(row.text.as_ref());
        self.territory.append_option(row.territory.as_ref());
        self.reply_to.append_option(row.reply_to.as_ref());
        for record in &row.records {
            self.records.push(record);
        }
        self.record_ends.push(list_end(&self.record_ends, row.records.len()));
        self.sources.push(&row.sources);
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let record = DataType::Struct(self.record_fields.clone());
        let records = structure(&self.record_fields, self.records.take());
        let sort =
            self.sort.finish().reinterpret_cast::<arrow_array::types::TimestampMicrosecondType>();
        vec![
            Arc::new(sort.with_timezone("UTC")),
            Arc::new(self.id_form.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.version.finish()),
            Arc::new(self.versions.finish()),
            Arc::new(self.state.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.network.finish()),
            Arc::new(self.from.finish()),
            self.to.take(),
            Arc::new(self.conversation.finish()),
            Arc::new(self.lo_after.finish()),
            Arc::new(self.hi_after.finish()),
            Arc::new(self.zone.finish()),
            Arc::new(self.clock.finish()),
            Arc::new(self.inferred.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.territory.finish()),
            Arc::new(self.reply_to.finish()),
            list(record, &mut self.record_ends, records),
            self.sources.take(),
        ]
    }
}

impl MessageColumns {
    fn push_id(&mut self, row: &MessageRow) {
        let short = match &row.id {
            MessageId::Record(id) if Some(id) == row.records.first() => {
                self.id_form.append_value(form::OWN_RECORD);
                return self.id.append_null();
            }
            MessageId::Network(id) if id.network == row.network => match &id.conversation {
                None => Some((form::NETWORK, &id.id)),
                same if *same == row.conversation => Some((form::CONVERSATION, &id.id)),
                Some(_) => None,
            },
            _ => None,
        };
        match short {
            Some((form, id)) => {
                self.id_form.append_value(form);
                self.id.append_value(id);
            }
            None => {
                self.id_form.append_value(form::TEXT);
                self.id.append_value(row.id.to_string());
            }
        }
    }
}

/// Messages read from columns.
#[derive(Debug)]
pub struct MessageView {
    sort: TimestampMicrosecondArray,
    id_form: UInt8Array,
    id: StringArray,
    version: UInt32Array,
    versions: UInt32Array,
    state: UInt8Array,
    kind: UInt8Array,
    network: StringArray,
    from: StringArray,
    to: ListArray,
    to_values: StringArray,
    conversation: StringArray,
    lo_after: Int64Array,
    hi_after: Int64Array,
    zone: UInt8Array,
    clock: UInt8Array,
    inferred: BooleanArray,
    text: StringArray,
    territory: StringArray,
    reply_to: StringArray,
    record_lists: ListArray,
    records: RecordView,
    sources: ListArray,
    source_values: StringArray,
}

fn values(list: &ListArray) -> Option<StringArray> {
    list.values().as_any().downcast_ref().cloned()
}

impl RowView<MessageRow> for MessageView {
    fn new(batch: &RecordBatch) -> Option<MessageView> {
        let to: ListArray = column(batch, "to")?;
        let sources: ListArray = column(batch, "sources")?;
        let record_lists: ListArray = column(batch, "records")?;
        let records = record_lists.values().as_any().downcast_ref::<StructArray>()?;
        Some(MessageView {
            sort: column(batch, "sort")?,
            id_form: column(batch, "id_form")?,
            id: column(batch, "id")?,
            version: column(batch, "version")?,
            versions: column(batch, "versions")?,
            state: column(batch, "state")?,
            kind: column(batch, "kind")?,
            network: column(batch, "network")?,
            from: column(batch, "from")?,
            to_values: values(&to)?,
            to,
            conversation: column(batch, "conversation")?,
            lo_after: column(batch, "lo_after")?,
            hi_after: column(batch, "hi_after")?,
            zone: column(batch, "zone")?,
            clock: column(batch, "clock")?,
            inferred: column(batch, "inferred")?,
            text: column(batch, "text")?,
            territory: column(batch, "territory")?,
            reply_to: column(batch, "reply_to")?,
            records: RecordView::new(records.columns())?,
            record_lists,
            source_values: values(&sources)?,
            sources,
        })
    }

    fn get(&self, at: usize) -> Option<MessageRow> {
        let sort = self.sort.is_valid(at).then(|| self.sort.value(at));
        let after = |column: &Int64Array, base: Option<i64>| {
            column.is_valid(at).then(|| base.unwrap_or(0).wrapping_add(column.value(at)))
        };
        let lo = after(&self.lo_after, sort);
        let records: Option<Vec<_>> =
            list_range(&self.record_lists, at).map(|i| self.records.get(i)).collect();
        let records = records?;
        Some(MessageRow {
            sort,
            id: self.id(at, &records)?,
            version: self.version.value(at),
            versions: self.versions.value(at),
            state: State::from_u8(self.state.value(at))?,
            kind: RecordKind::from_u8(self.kind.value(at))?,
            network: self.network.value(at).to_owned(),
            from: owned(&self.from, at),
            to: texts(&self.to, &self.to_values, at),
            conversation: owned(&self.conversation, at),
            lo,
            hi: after(&self.hi_after, lo),
            zone: Zone::from_u8(self.zone.value(at))?,
            clock: Clock::from_u8(self.clock.value(at))?,
            inferred: self.inferred.value(at),
            text: owned(&self.text, at),
            territory: owned(&self.territory, at),
            reply_to: owned(&self.reply_to, at),
            records,
            sources: texts(&self.sources, &self.source_values, at),
        })
    }
}

impl MessageView {
    fn id(&self, at: usize, records: &[emma_model::RecordId]) -> Option<MessageId> {
        let network = || self.network.value(at).to_owned();
        match self.id_form.value(at) {
            form::OWN_RECORD => Some(MessageId::Record(records.first()?.clone())),
            form::NETWORK => Some(MessageId::Network(NetworkId {
                network: network(),
                conversation: None,
                id: owned(&self.id, at)?,
            })),
            form::CONVERSATION => Some(MessageId::Network(NetworkId {
                network: network(),
                conversation: Some(owned(&self.conversation, at)?),
                id: owned(&self.id, at)?,
            })),
            form::TEXT => text(&self.id, at)?.parse().ok(),
            _ => None,
        }
    }
}
