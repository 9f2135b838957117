//! Rows in, one split out.

use super::rows::RowTableWriter;
use super::{Class, Fields, SPLIT_ROWS_MAX, name_term, pack, schema, tokenizers};
use crate::error::{IndexError, Result};
use crate::query::Has;
use emma_lake::LakeError;
use emma_lake::engine::SplitBuilder;
use emma_lake::row::MessageRow;
use emma_lake::snapshot::FileEntry;
use emma_lake::table::FileRole;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::path::{Path, PathBuf};
use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::index::IndexSettings;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Document, Field, Value};
use tantivy::{Directory, Index, SingleSegmentIndexWriter};

/// Sets the first size of the engine's table of words; it grows as needed.
const TABLE_BYTES: usize = 64 << 20;
/// Stands for the random id that the engine gives a segment.
pub(crate) const SEGMENT_NAME: &str = "00000000000000000000000000000000";
/// The component with the table of times.
pub(crate) const ROWS_NAME: &str = "rows";

/// Builds the splits of a case, in `CASE/index`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Splits;

impl SplitBuilder for Splits {
    fn build(
        &self,
        case: &Path,
        rows: &mut dyn Iterator<Item = emma_lake::error::Result<MessageRow>>,
    ) -> emma_lake::error::Result<FileEntry> {
        build(case, rows).map_err(|error| match error {
            IndexError::Lake(error) => error,
            IndexError::Store(source) => LakeError::Store { role: FileRole::Split, source },
            IndexError::Order { .. } | IndexError::TooMany { .. } => {
                LakeError::Damaged { role: FileRole::Split, what: error.to_string() }
            }
            other => LakeError::Io {
                role: FileRole::Split,
                source: std::io::Error::other(other.to_string()),
            },
        })
    }
}

fn build(
    case: &Path,
    rows: &mut dyn Iterator<Item = emma_lake::error::Result<MessageRow>>,
) -> Result<FileEntry> {
    let (directory, mut writer, fields) = writer()?;
    let mut table = RowTableWriter::default();
    for row in rows {
        let mut row = row?;
        if table.rows() == SPLIT_ROWS_MAX {
            return Err(IndexError::TooMany { most: SPLIT_ROWS_MAX });
        }
        table.push(&row)?;
        shorten(&mut row);
        let document = RowDocument { class: class(&row).term(), row, fields };
        writer.add_document(document).map_err(IndexError::engine("adding a message"))?;
    }
    let index = writer.finalize().map_err(IndexError::engine("writing a segment"))?;
    let rows = table.rows();
    let mut components = components(&index, &directory)?;
    components.insert(ROWS_NAME.to_owned(), OwnedBytes::new(table.finish()));
    // The engine keeps a store of (empty) documents at some bytes a row; nobody reads it.
    let (empty, writer, _) = self::writer()?;
    let index = writer.finalize().map_err(IndexError::engine("writing a segment"))?;
    let store = format!("{SEGMENT_NAME}.store");
    let nothing = self::components(&index, &empty)?.remove(&store);
    components.insert(store, nothing.unwrap_or_else(OwnedBytes::empty));
    let folder = case.join("index");
    emma_store::create_dir_durable(&folder)?;
    let (sha256, bytes) = pack::write(&folder, &components)?;
    let path = format!("index/{sha256}.split");
    Ok(FileEntry { path, sha256, bytes, rows: u64::from(rows) })
}

/// Replaces names that are too long for a dictionary by what stands for them there.
fn shorten(row: &mut MessageRow) {
    let one = [&mut row.from, &mut row.conversation, &mut row.territory];
    let names = one.into_iter().flatten().chain(&mut row.to).chain(&mut row.sources);
    for name in names {
        if let Cow::Owned(short) = name_term(name) {
            *name = short;
        }
    }
}

type Writer = SingleSegmentIndexWriter<RowDocument>;

fn writer() -> Result<(RamDirectory, Writer, Fields)> {
    let (schema, fields) = schema();
    let directory = RamDirectory::create();
    let settings =
        IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let writer = Index::builder()
        .schema(schema)
        .settings(settings)
        .tokenizers(tokenizers())
        .single_segment_index_writer(directory.clone(), TABLE_BYTES)
        .map_err(IndexError::engine("starting a segment"))?;
    Ok((directory, writer, fields))
}

/// The engine's files by name, the random id of the segment replaced by a fixed one.
fn components(index: &Index, directory: &RamDirectory) -> Result<BTreeMap<String, OwnedBytes>> {
    let failed = IndexError::engine("reading a segment back");
    let ids = index.searchable_segment_ids().map_err(&failed)?;
    let [id] = &ids[..] else {
        return Err(IndexError::Damaged { segment: 0, what: "one segment a split" });
    };
    let id = id.uuid_string();
    let mut components = BTreeMap::new();
    for extension in ["fieldnorm", "term", "idx", "pos", "fast", "store"] {
        let path = PathBuf::from(format!("{id}.{extension}"));
        let file = directory.open_read(&path).map_err(|error| failed(error.into()))?;
        let bytes = file.read_bytes().map_err(IndexError::io("reading a segment back"))?;
        components.insert(format!("{SEGMENT_NAME}.{extension}"), bytes);
    }
    let meta = directory.atomic_read(Path::new("meta.json")).map_err(|error| failed(error.into()))?;
    let meta = String::from_utf8_lossy(&meta);
    // The engine writes the id in the five groups of a UUID.
    let grouped = |id: &str| {
        [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
    };
    let meta = meta.replace(&grouped(&id), &grouped(SEGMENT_NAME)).replace(&id, SEGMENT_NAME);
    components.insert("meta.json".to_owned(), OwnedBytes::new(meta.into_bytes()));
    Ok(components)
}

fn class(row: &MessageRow) -> Class {
    let has = |has: Has| match has {
        Has::Text => row.text.as_ref().is_some_and(|text| !text.is_empty()),
        Has::Time => row.lo.is_some(),
        Has::Sender => row.from.is_some(),
        Has::Recipient => !row.to.is_empty(),
        Has::Conversation => row.conversation.is_some(),
        Has::Reply => row.reply_to.is_some(),
        Has::Territory => row.territory.is_some(),
    };
    let bits = Has::ALL.into_iter().filter(|h| has(*h)).map(|h| 1 << h as u8).sum();
    Class { kind: row.kind, state: row.state, has: bits }
}

/// A row as the engine takes it, without a copy of its texts.
struct RowDocument {
    row: MessageRow,
    class: [u8; 3],
    fields: Fields,
}

#[derive(Clone, Copy, Debug)]
enum RowValue<'a> {
    Text(&'a str),
    Name(&'a [u8]),
}

impl<'a> Value<'a> for RowValue<'a> {
    type ArrayIter = iter::Empty<RowValue<'a>>;
    type ObjectIter = iter::Empty<(&'a str, RowValue<'a>)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            RowValue::Text(text) => ReferenceValueLeaf::Str(text),
            RowValue::Name(name) => ReferenceValueLeaf::Bytes(name),
        })
    }
}

impl Document for RowDocument {
    type Value<'a> = RowValue<'a>;
    type FieldsValuesIter<'a> = std::vec::IntoIter<(Field, RowValue<'a>)>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let (row, fields) = (&self.row, &self.fields);
        fn name<'a>(
            field: Field,
            names: impl IntoIterator<Item = &'a String>,
        ) -> impl Iterator<Item = (Field, RowValue<'a>)> {
            names.into_iter().map(move |name| (field, RowValue::Name(name.as_bytes())))
        }
        let mut out = Vec::with_capacity(6 + row.to.len() + row.sources.len());
        out.extend(row.text.as_deref().map(|text| (fields.text, RowValue::Text(text))));
        out.extend(name(fields.from, &row.from));
        out.extend(name(fields.to, &row.to));
        out.extend(name(fields.room, &row.conversation));
        out.extend(name(fields.source, &row.sources));
        out.extend(name(fields.territory, &row.territory));
        out.push((fields.class, RowValue::Name(&self.class)));
        out.into_iter()
    }
}
