//! Rows to Parquet.
//!
//! The same rows give the same bytes: writer settings are fixed here, row groups and pages are
//! cut by counts of rows and bytes alone, and no name, clock or machine enters the file. A
//! writer holds one batch of rows as columns and the encoded pages of one row group.

use crate::canonical::TableRow;
use crate::columns::{Codec, ColumnSet};
use crate::error::{LakeError, Result};
use crate::root::{GroupHash, GroupHasher};
use crate::row::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow};
use crate::snapshot::FileEntry;
use crate::table::FileRole;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use emma_model::{Digest, Micros};
use emma_store::NewFile;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Rows of one file: row numbers are 32 bits wide, and one split holds as many documents.
pub const FILE_ROWS_MAX: u64 = 16_000_000;
/// Rows of a row group.
///
/// Large, because each has its own dictionaries of handles and conversations.
pub const ROW_GROUP_ROWS_MAX: usize = 524_288;
/// Canonical bytes of a row group, after which it is closed early.
pub const ROW_GROUP_BYTES_MAX: usize = 256 << 20;
/// Rows of a page, the unit that a reader decodes for one row.
pub const PAGE_ROWS_MAX: usize = 2_048;
/// Rows turned into columns at once: whole pages.
const BATCH_ROWS_MAX: usize = 4 * PAGE_ROWS_MAX;
/// Canonical bytes turned into columns at once, after which a batch is closed early.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// zstd level of compressed columns.
const ZSTD_LEVEL: i32 = 1;

/// What [`TableWriter::finish`] wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The file.
    pub file: FileEntry,
    /// Hashes of its groups, in group order.
    pub groups: Vec<GroupHash>,
    /// Earliest and latest sort time, for messages and copies with a time.
    pub sort: Option<(Micros, Micros)>,
    /// Rows without a sort time (messages and copies).
    pub undated: u64,
}

/// Writes the rows of one table's file, in file order, holding at most one row group.
pub struct TableWriter<R: TableRow> {
    case: PathBuf,
    partition: String,
    /// Made at the first batch: a table without rows touches no disk, so no fault can fall there.
    parquet: Option<ArrowWriter<HashedFile>>,
    schema: SchemaRef,
    columns: <R as Codec>::Columns,
    hasher: GroupHasher,
    previous: Option<R>,
    rows: u32,
    batch_rows: usize,
    batch_bytes: usize,
    group_rows: usize,
    group_bytes: usize,
    sort: Option<(Micros, Micros)>,
    undated: u64,
}

/// Writes messages, in search order.
pub type MessagesWriter = TableWriter<MessageRow>;
/// Writes copies, by record id.
pub type CopiesWriter = TableWriter<CopyRow>;
/// Writes anomalies, by exhibit, member, place.
pub type AnomaliesWriter = TableWriter<AnomalyRow>;
/// Writes claims, by record id.
pub type ClaimsWriter = TableWriter<LinkRow>;
/// Writes members, by exhibit and member.
pub type MembersWriter = TableWriter<MemberRow>;

impl<R: TableRow> std::fmt::Debug for TableWriter<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter")
            .field("table", &R::TABLE)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<R: TableRow> TableWriter<R> {
    const ROLE: FileRole = FileRole::Table(R::TABLE);

    /// Starts the file of `partition` under `CASE/lake/TABLE`; nothing stays unless finished.
    pub fn new(case: &Path, partition: &str) -> TableWriter<R> {
        TableWriter {
            case: case.to_owned(),
            partition: partition.to_owned(),
            parquet: None,
            schema: <R as Codec>::Columns::schema(),
            columns: Default::default(),
            hasher: GroupHasher::default(),
            previous: None,
            rows: 0,
            batch_rows: 0,
            batch_bytes: 0,
            group_rows: 0,
            group_bytes: 0,
            sort: None,
            undated: 0,
        }
    }

    /// Rows pushed so far: the number the next row gets.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Adds the next row.
    ///
    /// # Panics
    /// In builds with debug assertions where rows come out of file order, which only a bug of
    /// the caller can cause.
    pub fn push(&mut self, row: &R) -> Result<()> {
        if u64::from(self.rows) == FILE_ROWS_MAX {
            let limit = "file_rows_max";
            return Err(LakeError::Limit { role: Self::ROLE, limit, most: FILE_ROWS_MAX });
        }
        if cfg!(debug_assertions) {
            let ordered = self.previous.as_ref().is_none_or(|last| last.file_order(row).is_le());
            assert!(ordered, "rows come in file order");
            self.previous = Some(row.clone());
        }
        match row.sort_time() {
            Some(time) => {
                let (least, greatest) = self.sort.unwrap_or((time, time));
                self.sort = Some((least.min(time), greatest.max(time)));
            }
            None => self.undated += 1,
        }
        self.hasher.push(row);
        self.columns.push(row);
        self.rows += 1;
        self.batch_rows += 1;
        self.batch_bytes += self.hasher.last_bytes();
        if self.batch_rows == BATCH_ROWS_MAX || self.batch_bytes >= BATCH_BYTES_MAX {
            self.write_batch()?;
        }
        Ok(())
    }

    /// Makes the file durable under `lake/TABLE/PARTITION-DIGEST16.parquet`. `None` where no row
    /// was pushed (then no file is left).
    pub fn finish(mut self) -> Result<Option<Written>> {
        self.write_batch()?;
        let Some(parquet) = self.parquet else {
            return Ok(None);
        };
        let file = parquet.into_inner().map_err(|error| failed(Self::ROLE, error))?;
        let name = format!("{}.parquet", self.partition);
        let file = file.commit(&self.case, R::TABLE.name(), &name, self.rows.into())?;
        let groups = self.hasher.finish();
        Ok(Some(Written { file, groups, sort: self.sort, undated: self.undated }))
    }

    fn write_batch(&mut self) -> Result<()> {
        if self.batch_rows == 0 {
            return Ok(());
        }
        let batch = RecordBatch::try_new(self.schema.clone(), self.columns.take())
            .expect("columns follow the schema");
        let parquet = match &mut self.parquet {
            Some(parquet) => parquet,
            None => self.parquet.insert(Self::open(&self.case, &self.schema)?),
        };
        parquet.write(&batch).map_err(|error| failed(Self::ROLE, error))?;
        self.group_rows += self.batch_rows;
        self.group_bytes += self.batch_bytes;
        self.batch_rows = 0;
        self.batch_bytes = 0;
        if self.group_rows + BATCH_ROWS_MAX > ROW_GROUP_ROWS_MAX
            || self.group_bytes + BATCH_BYTES_MAX > ROW_GROUP_BYTES_MAX
        {
            parquet.flush().map_err(|error| failed(Self::ROLE, error))?;
            self.group_rows = 0;
            self.group_bytes = 0;
        }
        Ok(())
    }

    fn open(case: &Path, schema: &SchemaRef) -> Result<ArrowWriter<HashedFile>> {
        let file = HashedFile::create(case, R::TABLE.name(), Self::ROLE)?;
        let options = ArrowWriterOptions::new()
            .with_properties(properties::<R>())
            .with_skip_arrow_metadata(true)
            .with_schema_root(R::TABLE.name().to_owned());
        ArrowWriter::try_new_with_options(file, schema.clone(), options)
            .map_err(|error| failed(Self::ROLE, error))
    }
}

/// The settings of a table's files. Changing one changes file bytes: see `docs/formats/lake.md`.
fn properties<R: TableRow>() -> WriterProperties {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).expect("a level that zstd knows");
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by("emma lake 1".to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_index_truncate_length(None)
        .set_statistics_truncate_length(None)
        .set_data_page_row_count_limit(PAGE_ROWS_MAX)
        .set_write_batch_size(PAGE_ROWS_MAX)
        .set_max_row_group_row_count(None);
    for (path, tuning) in R::TUNING {
        let path = ColumnPath::new(path.split('.').map(str::to_owned).collect());
        let dictionary = tuning.dictionary_bytes_max;
        builder = builder.set_column_dictionary_enabled(path.clone(), dictionary > 0);
        if dictionary > 0 {
            builder = builder.set_column_dictionary_page_size_limit(path.clone(), dictionary);
        }
        if let Some(encoding) = tuning.encoding {
            builder = builder.set_column_encoding(path.clone(), encoding);
        }
        if tuning.compressed {
            builder = builder.set_column_compression(path.clone(), Compression::ZSTD(level));
        }
        if tuning.bounds {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Page);
        }
    }
    builder.build()
}

fn failed(role: FileRole, error: ParquetError) -> LakeError {
    match error {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => LakeError::io(role)(*error),
            Err(_) => LakeError::damaged(role, "the writer failed"),
        },
        _ => LakeError::damaged(role, "the writer failed"),
    }
}

/// A new file that is hashed as it is written.
#[derive(Debug)]
pub(crate) struct HashedFile {
    file: NewFile,
    hasher: Sha256,
    bytes: u64,
    role: FileRole,
}

impl HashedFile {
    /// Starts a file in `CASE/lake/FOLDER`.
    pub(crate) fn create(case: &Path, folder: &str, role: FileRole) -> Result<HashedFile> {
        let folder = case.join("lake").join(folder);
        emma_store::create_dir_durable(&folder).map_err(LakeError::store(role))?;
        let file = NewFile::create_in(&folder).map_err(LakeError::store(role))?;
        Ok(HashedFile { file, hasher: Sha256::new(), bytes: 0, role })
    }

    /// Makes it durable as `lake/FOLDER/STEM-DIGEST16.ENDING`, where `name` is `STEM.ENDING`.
    pub(crate) fn commit(
        self,
        case: &Path,
        folder: &str,
        name: &str,
        rows: u64,
    ) -> Result<FileEntry> {
        let sha256 = Digest(self.hasher.finalize().into());
        let (stem, ending) = name.rsplit_once('.').expect("names have an ending");
        let path = format!("lake/{folder}/{stem}-{}.{ending}", &sha256.hex()[..16]);
        self.file.commit(&case.join(&path)).map_err(LakeError::store(self.role))?;
        Ok(FileEntry { path, sha256, bytes: self.bytes, rows })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
