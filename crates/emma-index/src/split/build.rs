//! Rows in, one split out.

use super::invert::Inverter;
use super::rows::RowTableWriter;
use super::{Class, Fields, SPLIT_ROWS_MAX, name_term, pack, schema};
use crate::error::{IndexError, Result};
use crate::query::Has;
use crate::token::Scanner;
use emma_lake::LakeError;
use emma_lake::engine::SplitBuilder;
use emma_lake::row::MessageRow;
use emma_lake::snapshot::FileEntry;
use emma_lake::table::FileRole;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::fieldnorm::{FieldNormsSerializer, FieldNormsWriter};
use tantivy::index::{IndexSettings, Segment, SegmentComponent};
use tantivy::postings::InvertedIndexSerializer;
use tantivy::schema::Field;
use tantivy::{Directory, Index, SingleSegmentIndexWriter};

/// What the engine's writer wants at least; it gets no document.
const WRITER_BYTES: usize = 16 << 20;
/// Stands for the random id that the engine gives a segment.
pub(crate) const SEGMENT_NAME: &str = "00000000000000000000000000000000";
/// The component with the table of times.
pub(crate) const ROWS_NAME: &str = "rows";

/// Builds the splits of a case, in `CASE/index`.
///
/// Memory grows with the split: about 250 bytes a message of 70 bytes.
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
    let mut postings = Postings::new();
    let mut table = RowTableWriter::default();
    for row in rows {
        let row = row?;
        if table.rows() == SPLIT_ROWS_MAX {
            return Err(IndexError::TooMany { most: SPLIT_ROWS_MAX });
        }
        table.push(&row)?;
        postings.push(&row);
    }
    let rows = table.rows();
    let mut components = postings.write(rows)?;
    components.insert(ROWS_NAME.to_owned(), OwnedBytes::new(table.finish()));
    let folder = case.join("index");
    emma_store::create_dir_durable(&folder)?;
    let (sha256, bytes) = pack::write(&folder, &components)?;
    let path = format!("index/{sha256}.split");
    Ok(FileEntry { path, sha256, bytes, rows: u64::from(rows) })
}

/// The terms of all fields, in schema order, and the lengths of texts.
struct Postings {
    fields: Fields,
    inverters: Vec<(Field, Inverter)>,
    lengths: FieldNormsWriter,
    documents: u32,
    word: String,
}

impl Postings {
    fn new() -> Postings {
        let (schema, fields) = schema();
        Postings {
            fields,
            inverters: schema.fields().map(|(field, _)| (field, Inverter::new())).collect(),
            lengths: FieldNormsWriter::for_schema(&schema),
            documents: 0,
            word: String::new(),
        }
    }

    fn push(&mut self, row: &MessageRow) {
        let Fields { text, from, to, room, source, territory, class } = self.fields;
        let inverters = &mut self.inverters;
        let mut put = |field: Field, term: &[u8]| {
            inverters[field.field_id() as usize].1.push(term);
        };
        let mut scanner = Scanner::default();
        if let Some(written) = &row.text {
            while scanner.advance(written, &mut self.word).is_some() {
                put(text, self.word.as_bytes());
            }
        }
        let mut names = |field, names: &mut dyn Iterator<Item = &String>| {
            names.for_each(|name| put(field, name_term(name).as_bytes()));
        };
        names(from, &mut row.from.iter());
        names(to, &mut row.to.iter());
        names(room, &mut row.conversation.iter());
        names(source, &mut row.sources.iter());
        names(territory, &mut row.territory.iter());
        put(class, &self::class(row).term());
        for (field, inverter) in inverters {
            let terms = inverter.end_document();
            if *field == text {
                self.lengths.record(self.documents, text, terms);
            }
        }
        self.documents += 1;
    }

    /// The engine's files by name, the random id of the segment replaced by a fixed one.
    fn write(mut self, rows: u32) -> Result<BTreeMap<String, OwnedBytes>> {
        let (index, directory) = empty_index()?;
        let mut components = empty_components(&index, &directory, rows)?;
        let segment = index.new_segment();
        let failed = IndexError::io("writing a segment");
        let lengths = segment.open_write(SegmentComponent::FieldNorms);
        let lengths = lengths.map_err(|e| IndexError::engine("writing a segment")(e.into()))?;
        self.lengths.fill_up_to_max_doc(rows);
        FieldNormsSerializer::from_write(lengths)
            .and_then(|serializer| self.lengths.serialize(serializer, None))
            .map_err(&failed)?;
        let mut serializer = InvertedIndexSerializer::open(&segment)
            .map_err(IndexError::engine("writing a segment"))?;
        for (field, inverter) in self.inverters {
            let positions = field == self.fields.text;
            // No text lengths here: they would only serve the engine's own ranking.
            let total = inverter.total();
            let mut writer = serializer.new_field(field, total, None).map_err(&failed)?;
            inverter.write(&mut writer, positions).map_err(&failed)?;
            writer.close().map_err(&failed)?;
        }
        serializer.close().map_err(&failed)?;
        take(&segment, &directory, &["fieldnorm", "term", "idx", "pos"], &mut components)?;
        Ok(components)
    }
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

/// An index with one segment that has no document.
fn empty_index() -> Result<(Index, RamDirectory)> {
    let (schema, _) = schema();
    let directory = RamDirectory::create();
    let settings =
        IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let writer: SingleSegmentIndexWriter = Index::builder()
        .schema(schema)
        .settings(settings)
        .single_segment_index_writer(directory.clone(), WRITER_BYTES)
        .map_err(IndexError::engine("starting a segment"))?;
    let index = writer.finalize().map_err(IndexError::engine("starting a segment"))?;
    Ok((index, directory))
}

/// What a segment has beside its postings: no columns, no stored documents, a description.
fn empty_components(
    index: &Index,
    directory: &RamDirectory,
    rows: u32,
) -> Result<BTreeMap<String, OwnedBytes>> {
    let failed = IndexError::engine("reading a segment back");
    let segments = index.searchable_segments().map_err(&failed)?;
    let [segment] = &segments[..] else {
        return Err(IndexError::Damaged { segment: 0, what: "one segment a split" });
    };
    let mut components = BTreeMap::new();
    take(segment, directory, &["fast", "store"], &mut components)?;
    let meta =
        directory.atomic_read(Path::new("meta.json")).map_err(|error| failed(error.into()))?;
    // The engine writes the id in the five groups of a UUID.
    let grouped = |id: &str| [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let meta = String::from_utf8_lossy(&meta)
        .replace(&grouped(&segment.id().uuid_string()), &grouped(SEGMENT_NAME))
        .replace("\"max_doc\": 0", &format!("\"max_doc\": {rows}"));
    components.insert("meta.json".to_owned(), OwnedBytes::new(meta.into_bytes()));
    Ok(components)
}

/// Moves files of a segment to `components`, under its fixed name.
fn take(
    segment: &Segment,
    directory: &RamDirectory,
    extensions: &[&str],
    components: &mut BTreeMap<String, OwnedBytes>,
) -> Result<()> {
    for extension in extensions {
        let path = PathBuf::from(format!("{}.{extension}", segment.id().uuid_string()));
        let file = directory.open_read(&path);
        let file = file.map_err(|e| IndexError::engine("reading a segment back")(e.into()))?;
        let bytes = file.read_bytes().map_err(IndexError::io("reading a segment back"))?;
        components.insert(format!("{SEGMENT_NAME}.{extension}"), bytes);
    }
    Ok(())
}
