//! The columns of copies.

use super::parts::{RecordColumns, RecordView, list, list_end, list_range, owned, structure, text};
use super::{
    Codec, ColumnSet, RowView, Tuning, column, element, instant, optional, required, schema,
    written,
};
use crate::names;
use crate::row::CopyRow;
use arrow_array::builder::{
    BooleanBuilder, Int64Builder, StringBuilder, UInt8Builder, UInt16Builder, UInt32Builder,
    UInt64Builder,
};
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, BooleanArray, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Fields, SchemaRef};
use emma_model::record::{Borrowed, Origin};
use emma_model::{Clock, MessageId, NetworkId, RecordId, RecordKind, Zone};
use std::fmt::Write as _;
use std::sync::Arc;

/// How the `message` column names the message.
mod form {
    /// By this record: `message` is null.
    pub const OWN_RECORD: u8 = 0;
    /// By this record's network id: `message` is null.
    pub const OWN_NETWORK_ID: u8 = 1;
    /// By the text form of any id.
    pub const TEXT: u8 = 2;
}

impl Codec for CopyRow {
    type Columns = CopyColumns;
    type View = CopyView;
    const TUNING: &'static [(&'static str, Tuning)] = &[
        ("exhibit", Tuning::EXHIBITS.bounded()),
        ("member", Tuning::NAMES),
        ("offset", Tuning::NUMBERS.bounded()),
        ("length", Tuning::NUMBERS.bounded()),
        ("other", Tuning::IDS),
        ("message_form", Tuning::FEW),
        ("message", Tuning::IDS),
        ("sort", Tuning::NUMBERS),
        ("version", Tuning::FEW),
        ("source", Tuning::FEW),
        ("parser", Tuning::FEW),
        ("kind", Tuning::FEW),
        ("id_network", Tuning::FEW),
        ("id_conversation", Tuning::NAMES),
        ("id", Tuning::IDS),
        ("line", Tuning::NUMBERS.bounded()),
        ("time_raw", Tuning::IDS),
        ("zone", Tuning::FEW),
        ("clock", Tuning::FEW),
        ("extra.list.element.name", Tuning::FEW),
        ("extra.list.element.value", Tuning::TEXTS),
        ("borrowed", Tuning::NAMES),
        ("anomalies", Tuning::FEW),
    ];
}

fn extra_fields() -> Fields {
    Fields::from(vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, false),
    ])
}

/// Copies as columns.
#[derive(Debug)]
pub struct CopyColumns {
    record: RecordColumns,
    message_form: UInt8Builder,
    message: StringBuilder,
    sort: Int64Builder,
    version: UInt32Builder,
    source: StringBuilder,
    parser: StringBuilder,
    kind: UInt8Builder,
    id_network: StringBuilder,
    id_conversation: StringBuilder,
    id: StringBuilder,
    line: UInt64Builder,
    time_raw: StringBuilder,
    zone: UInt8Builder,
    clock: UInt8Builder,
    inferred: BooleanBuilder,
    extra_ends: Vec<i32>,
    extra_names: StringBuilder,
    extra_values: StringBuilder,
    extra_fields: Fields,
    borrowed: StringBuilder,
    anomalies: UInt16Builder,
    text: String,
}

impl Default for CopyColumns {
    fn default() -> CopyColumns {
        CopyColumns {
            record: RecordColumns::default(),
            message_form: UInt8Builder::new(),
            message: StringBuilder::new(),
            sort: Int64Builder::new(),
            version: UInt32Builder::new(),
            source: StringBuilder::new(),
            parser: StringBuilder::new(),
            kind: UInt8Builder::new(),
            id_network: StringBuilder::new(),
            id_conversation: StringBuilder::new(),
            id: StringBuilder::new(),
            line: UInt64Builder::new(),
            time_raw: StringBuilder::new(),
            zone: UInt8Builder::new(),
            clock: UInt8Builder::new(),
            inferred: BooleanBuilder::new(),
            extra_ends: vec![0],
            extra_names: StringBuilder::new(),
            extra_values: StringBuilder::new(),
            extra_fields: extra_fields(),
            borrowed: StringBuilder::new(),
            anomalies: UInt16Builder::new(),
            text: String::new(),
        }
    }
}

impl ColumnSet<CopyRow> for CopyColumns {
    fn schema() -> SchemaRef {
        let mut fields = RecordColumns::fields();
        fields.extend([
            required("message_form", DataType::UInt8),
            optional("message", DataType::Utf8),
            optional("sort", instant()),
            required("version", DataType::UInt32),
            required("source", DataType::Utf8),
            required("parser", DataType::Utf8),
            required("kind", DataType::UInt8),
            optional("id_network", DataType::Utf8),
            optional("id_conversation", DataType::Utf8),
            optional("id", DataType::Utf8),
            required("line", DataType::UInt64),
            optional("time_raw", DataType::Utf8),
            required("zone", DataType::UInt8),
            required("clock", DataType::UInt8),
            required("inferred", DataType::Boolean),
            required("extra", DataType::List(element(DataType::Struct(extra_fields())))),
            optional("borrowed", DataType::Utf8),
            required("anomalies", DataType::UInt16),
        ]);
        schema(fields)
    }

    fn push(&mut self, row: &CopyRow) {
        self.record.push(&row.record);
        let form = match &row.message {
            MessageId::Record(id) if *id == row.record => form::OWN_RECORD,
            MessageId::Network(id) if Some(id) == row.network_id.as_ref() => form::OWN_NETWORK_ID,
            _ => form::TEXT,
        };
        self.message_form.append_value(form);
        self.message.append_option((form == form::TEXT).then(|| row.message.to_string()));
        self.sort.append_option(row.sort);
        self.version.append_value(row.version);
        self.source.append_value(&row.source);
        self.parser.append_value(&row.parser);
        self.kind.append_value(row.kind as u8);
        let id = row.network_id.as_ref();
        self.id_network.append_option(id.map(|id| &id.network));
        self.id_conversation.append_option(id.and_then(|id| id.conversation.as_ref()));
        self.id.append_option(id.map(|id| &id.id));
        self.line.append_value(row.line);
        let raw = row.time_raw.as_deref();
        self.time_raw.append_option(raw.map(|raw| written::shorten(raw, row.sort)));
        self.zone.append_value(row.zone as u8);
        self.clock.append_value(row.clock as u8);
        self.inferred.append_value(row.inferred);
        for (name, value) in &row.extra {
            self.extra_names.append_value(name);
            self.extra_values.append_value(value);
        }
        self.extra_ends.push(list_end(&self.extra_ends, row.extra.len()));
        if row.borrowed.is_empty() {
            self.borrowed.append_null();
        } else {
            self.text.clear();
            put_borrowed(&mut self.text, &row.borrowed);
            self.borrowed.append_value(&self.text);
        }
        self.anomalies.append_value(row.anomalies);
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns = self.record.take();
        let sort = self.sort.finish().reinterpret_cast::<TimestampMicrosecondType>();
        let pairs: Vec<ArrayRef> =
            vec![Arc::new(self.extra_names.finish()), Arc::new(self.extra_values.finish())];
        let pairs = structure(&self.extra_fields, pairs);
        let extra = DataType::Struct(self.extra_fields.clone());
        let rest: [ArrayRef; 18] = [
            Arc::new(self.message_form.finish()),
            Arc::new(self.message.finish()),
            Arc::new(sort.with_timezone("UTC")),
            Arc::new(self.version.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.parser.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.id_network.finish()),
            Arc::new(self.id_conversation.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.line.finish()),
            Arc::new(self.time_raw.finish()),
            Arc::new(self.zone.finish()),
            Arc::new(self.clock.finish()),
            Arc::new(self.inferred.finish()),
            list(extra, &mut self.extra_ends, pairs),
            Arc::new(self.borrowed.finish()),
            Arc::new(self.anomalies.finish()),
        ];
        columns.extend(rest);
        columns
    }
}

/// The text form: `FIELD@OFFSET+LENGTH`, `FIELD=path`, `FIELD=mapping`, `FIELD=neighbours`, with
/// `;` between. The characters `;@=%` of a field name are percent-escaped.
fn put_borrowed(out: &mut String, borrowed: &[Borrowed]) {
    for (at, value) in borrowed.iter().enumerate() {
        if at > 0 {
            out.push(';');
        }
        for letter in value.field.chars() {
            if ";@=%".contains(letter) {
                write!(out, "%{:02X}", letter as u32).expect("writing to a string");
            } else {
                out.push(letter);
            }
        }
        match value.origin {
            Origin::Leaf { offset, length } => {
                write!(out, "@{offset}+{length}").expect("writing to a string");
            }
            Origin::Path => out.push_str("=path"),
            Origin::Mapping => out.push_str("=mapping"),
            Origin::Neighbours => out.push_str("=neighbours"),
        }
    }
}

/// Reads [`put_borrowed`] back.
fn take_borrowed(text: &str) -> Option<Vec<Borrowed>> {
    text.split(';').map(take_one_borrowed).collect()
}

fn take_one_borrowed(text: &str) -> Option<Borrowed> {
    let at = text.find(['@', '='])?;
    let (field, rest) = text.split_at(at);
    let unescaped;
    let field = if field.contains('%') {
        unescaped =
            field.replace("%3B", ";").replace("%40", "@").replace("%3D", "=").replace("%25", "%");
        &unescaped
    } else {
        field
    };
    let origin = match rest {
        "=path" => Origin::Path,
        "=mapping" => Origin::Mapping,
        "=neighbours" => Origin::Neighbours,
        _ => {
            let (offset, length) = rest.strip_prefix('@')?.split_once('+')?;
            Origin::Leaf { offset: offset.parse().ok()?, length: length.parse().ok()? }
        }
    };
    Some(Borrowed { field: names::name(field)?, origin })
}

/// Copies read from columns.
#[derive(Debug)]
pub struct CopyView {
    record: RecordView,
    message_form: UInt8Array,
    message: StringArray,
    sort: TimestampMicrosecondArray,
    version: UInt32Array,
    source: StringArray,
    parser: StringArray,
    kind: UInt8Array,
    id_network: StringArray,
    id_conversation: StringArray,
    id: StringArray,
    line: UInt64Array,
    time_raw: StringArray,
    zone: UInt8Array,
    clock: UInt8Array,
    inferred: BooleanArray,
    extra: ListArray,
    extra_names: StringArray,
    extra_values: StringArray,
    borrowed: StringArray,
    anomalies: UInt16Array,
}

impl RowView<CopyRow> for CopyView {
    fn new(batch: &RecordBatch) -> Option<CopyView> {
        let extra: ListArray = column(batch, "extra")?;
        let pairs = extra.values().as_any().downcast_ref::<StructArray>()?.clone();
        let record = ["exhibit", "member", "offset", "length", "other"]
            .iter()
            .map(|name| batch.column_by_name(name).cloned())
            .collect::<Option<Vec<ArrayRef>>>()?;
        Some(CopyView {
            record: RecordView::new(&record)?,
            message_form: column(batch, "message_form")?,
            message: column(batch, "message")?,
            sort: column(batch, "sort")?,
            version: column(batch, "version")?,
            source: column(batch, "source")?,
            parser: column(batch, "parser")?,
            kind: column(batch, "kind")?,
            id_network: column(batch, "id_network")?,
            id_conversation: column(batch, "id_conversation")?,
            id: column(batch, "id")?,
            line: column(batch, "line")?,
            time_raw: column(batch, "time_raw")?,
            zone: column(batch, "zone")?,
            clock: column(batch, "clock")?,
            inferred: column(batch, "inferred")?,
            extra,
            extra_names: pairs.column_by_name("name")?.as_any().downcast_ref().cloned()?,
            extra_values: pairs.column_by_name("value")?.as_any().downcast_ref().cloned()?,
            borrowed: column(batch, "borrowed")?,
            anomalies: column(batch, "anomalies")?,
        })
    }

    fn get(&self, at: usize) -> Option<CopyRow> {
        let record = self.record.get(at)?;
        let sort = self.sort.is_valid(at).then(|| self.sort.value(at));
        let network_id = self.network_id(at)?;
        let extra = list_range(&self.extra, at)
            .map(|i| (self.extra_names.value(i).to_owned(), self.extra_values.value(i).to_owned()))
            .collect();
        let borrowed = match text(&self.borrowed, at) {
            None => Vec::new(),
            Some(text) => take_borrowed(text)?,
        };
        Some(CopyRow {
            message: self.message(at, &record, network_id.as_ref())?,
            record,
            sort,
            version: self.version.value(at),
            source: self.source.value(at).to_owned(),
            parser: self.parser.value(at).to_owned(),
            kind: RecordKind::from_u8(self.kind.value(at))?,
            network_id,
            line: self.line.value(at),
            time_raw: match text(&self.time_raw, at) {
                None => None,
                Some(short) => Some(written::lengthen(short, sort)?),
            },
            zone: Zone::from_u8(self.zone.value(at))?,
            clock: Clock::from_u8(self.clock.value(at))?,
            inferred: self.inferred.value(at),
            extra,
            borrowed,
            anomalies: self.anomalies.value(at),
        })
    }
}

impl CopyView {
    /// The network id: none is fine, half of one is not.
    fn network_id(&self, at: usize) -> Option<Option<NetworkId>> {
        match (owned(&self.id_network, at), owned(&self.id, at)) {
            (None, None) => Some(None),
            (Some(network), Some(id)) => Some(Some(NetworkId {
                network,
                conversation: owned(&self.id_conversation, at),
                id,
            })),
            _ => None,
        }
    }

    fn message(&self, at: usize, own: &RecordId, named: Option<&NetworkId>) -> Option<MessageId> {
        match self.message_form.value(at) {
            form::OWN_RECORD => Some(MessageId::Record(own.clone())),
            form::OWN_NETWORK_ID => Some(MessageId::Network(named?.clone())),
            form::TEXT => text(&self.message, at)?.parse().ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrowed_values_survive_text() {
        let borrowed = vec![
            Borrowed { field: "time", origin: Origin::Leaf { offset: 3, length: 14 } },
            Borrowed { field: "from", origin: Origin::Path },
            Borrowed { field: "to", origin: Origin::Mapping },
            Borrowed { field: "text", origin: Origin::Neighbours },
            Borrowed { field: "odd;na@me=50%25", origin: Origin::Path },
        ];
        let mut text = String::new();
        put_borrowed(&mut text, &borrowed);
        assert_eq!(
            text,
            "time@3+14;from=path;to=mapping;text=neighbours;odd%3Bna%40me%3D50%2525=path"
        );
        assert_eq!(take_borrowed(&text), Some(borrowed));
        assert_eq!(take_borrowed("time@3"), None);
        assert_eq!(take_borrowed(""), None);
    }
}
