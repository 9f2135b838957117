//! Parquet to rows.
//!
//! A file is mapped and its footer read once. Single rows are read by *block*, the run of rows
//! that share a page in every column; decoded blocks are cached up to a byte cap, least recently
//! used first out. Ranges stream past the cache.
//!
//! The Parquet reader is trusted to be right about good files only. A damaged one may make it
//! panic: every call into it is fenced, and a panic becomes [`LakeError::Damaged`].

use crate::canonical::TableRow;
use crate::columns::{Codec, RowView};
use crate::error::{LakeError, Result};
use crate::row::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow};
use crate::snapshot::FileEntry;
use crate::table::FileRole;
use crate::write::PAGE_ROWS_MAX;
use arrow_array::RecordBatch;
use bytes::Bytes;
use emma_store::MappedFile;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Decoded blocks kept by one open file, in bytes, where nothing else is said.
pub const CACHE_BYTES_MAX: usize = 32 << 20;

/// An open file of a table. Shared between threads; decoded blocks are cached up to a byte cap.
pub struct TableFile<R: TableRow> {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    /// First row of each row group, and the row count at the end.
    starts: Vec<u32>,
    cache: Mutex<Cache<R>>,
}

/// An open messages file.
pub type Messages = TableFile<MessageRow>;
/// An open copies file.
pub type Copies = TableFile<CopyRow>;
/// An open anomalies file.
pub type Anomalies = TableFile<AnomalyRow>;
/// An open claims file.
pub type Claims = TableFile<LinkRow>;
/// An open members file.
pub type Members = TableFile<MemberRow>;

type Block<R> = Arc<<R as Codec>::View>;

struct Cache<R: TableRow> {
    blocks: BTreeMap<u32, Cached<R>>,
    bytes: usize,
    bytes_max: usize,
    clock: u64,
}

struct Cached<R: TableRow> {
    view: Block<R>,
    bytes: usize,
    used: u64,
}

impl<R: TableRow> Cache<R> {
    fn get(&mut self, block: u32) -> Option<Block<R>> {
        self.clock += 1;
        let cached = self.blocks.get_mut(&block)?;
        cached.used = self.clock;
        Some(cached.view.clone())
    }

    fn put(&mut self, block: u32, view: Block<R>, bytes: usize) {
        self.clock += 1;
        self.bytes += bytes;
        let used = self.clock;
        if let Some(old) = self.blocks.insert(block, Cached { view, bytes, used }) {
            self.bytes -= old.bytes;
        }
        while self.bytes > self.bytes_max && self.blocks.len() > 1 {
            let oldest = self.blocks.iter().min_by_key(|(_, cached)| cached.used);
            let oldest = *oldest.expect("more than one").0;
            self.bytes -= self.blocks.remove(&oldest).map_or(0, |cached| cached.bytes);
        }
    }
}

impl<R: TableRow> std::fmt::Debug for TableFile<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableFile")
            .field("table", &R::TABLE)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}

impl<R: TableRow> TableFile<R> {
    const ROLE: FileRole = FileRole::Table(R::TABLE);

    /// Opens the file of `entry` under `case`. Its digest is not checked (`verify` does that).
    pub fn open(case: &Path, entry: &FileEntry) -> Result<TableFile<R>> {
        TableFile::open_with(case, entry, CACHE_BYTES_MAX)
    }

    /// Opens a file with its own cap on decoded blocks, in bytes.
    pub fn open_with(
        case: &Path,
        entry: &FileEntry,
        cache_bytes_max: usize,
    ) -> Result<TableFile<R>> {
        let map =
            MappedFile::open(&case.join(&entry.path)).map_err(LakeError::store(Self::ROLE))?;
        let bytes = Bytes::from_owner(Mapped(map));
        let metadata = fence(Self::ROLE, || {
            let options =
                ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
            ArrowReaderMetadata::load(&bytes, options).ok()
        })?;
        let starts = starts(metadata.metadata())
            .filter(|starts| starts.last().is_some_and(|rows| u64::from(*rows) == entry.rows))
            .ok_or_else(|| LakeError::damaged(Self::ROLE, "its row count is not as described"))?;
        let cache =
            Cache { blocks: BTreeMap::new(), bytes: 0, bytes_max: cache_bytes_max, clock: 0 };
        Ok(TableFile { bytes, metadata, starts, cache: Mutex::new(cache) })
    }

    /// Rows in the file.
    pub fn len(&self) -> u32 {
        *self.starts.last().expect("ends with the row count")
    }

    /// True where the file has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with number `row`.
    pub fn row(&self, row: u32) -> Result<R> {
        Ok(self.rows(&[row])?.remove(0))
    }

    /// The rows with these numbers, in the order asked for. Reads only the pages needed.
    pub fn rows(&self, rows: &[u32]) -> Result<Vec<R>> {
        let mut wanted: BTreeMap<u32, Option<Block<R>>> = BTreeMap::new();
        {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            for row in rows {
                let block = self.block_start(*row)?;
                wanted.entry(block).or_insert_with(|| cache.get(block));
            }
        }
        self.fill(&mut wanted)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let block = self.block_start(*row)?;
            let view = wanted[&block].as_ref().expect("filled above");
            found.push(self.decode(view, *row, (*row - block) as usize)?);
        }
        Ok(found)
    }

    /// The rows of a range, in file order, without filling the cache. A range is cut at
    /// the end.
    pub fn range(&self, rows: Range<u32>) -> Rows<'_, R> {
        let end = rows.end.min(self.len());
        Rows { file: self, next: rows.start, end, reader: None, view: None, at: 0, count: 0 }
    }

    pub(crate) fn parquet(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    pub(crate) fn starts(&self) -> &[u32] {
        &self.starts
    }

    fn decode(&self, view: &R::View, row: u32, at: usize) -> Result<R> {
        fence(Self::ROLE, || view.get(at))
            .map_err(|_| LakeError::damaged(Self::ROLE, format!("row {row} is unreadable")))
    }

    /// The row group of `row`.
    fn group_of(&self, row: u32) -> Result<usize> {
        if row >= self.len() {
            let (row, rows) = (row.into(), self.len().into());
            return Err(LakeError::NoSuchRow { role: Self::ROLE, row, rows });
        }
        Ok(self.starts.partition_point(|start| *start <= row) - 1)
    }

    /// The first row of the block that holds `row`.
    fn block_start(&self, row: u32) -> Result<u32> {
        let start = self.starts[self.group_of(row)?];
        Ok(row - (row - start) % PAGE_ROWS_MAX as u32)
    }

    /// Reads the blocks that were not cached.
    fn fill(&self, wanted: &mut BTreeMap<u32, Option<Block<R>>>) -> Result<()> {
        let missing: Vec<u32> =
            wanted.iter().filter(|(_, view)| view.is_none()).map(|(block, _)| *block).collect();
        let mut at = 0;
        while at < missing.len() {
            let group = self.group_of(missing[at])?;
            let end = self.starts[group + 1];
            let count = missing[at..].iter().take_while(|block| **block < end).count();
            let blocks = &missing[at..at + count];
            at += count;
            let ranges: Vec<Range<u32>> =
                blocks.iter().map(|block| *block..end.min(block + PAGE_ROWS_MAX as u32)).collect();
            let mut reader = self.reader(group, &ranges, ProjectionMask::all())?;
            for (block, range) in blocks.iter().zip(&ranges) {
                let batch = self.batch(&mut reader)?.filter(|b| b.num_rows() == range.len());
                let view = batch.as_ref().and_then(R::View::new);
                let (Some(batch), Some(view)) = (batch, view) else {
                    return Err(LakeError::damaged(Self::ROLE, "a page is not as described"));
                };
                let view = Arc::new(view);
                wanted.insert(*block, Some(view.clone()));
                let bytes = batch.get_array_memory_size();
                let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
                cache.put(*block, view, bytes);
            }
        }
        Ok(())
    }

    /// A reader of ascending row ranges inside one row group.
    fn reader(
        &self,
        group: usize,
        ranges: &[Range<u32>],
        mask: ProjectionMask,
    ) -> Result<ParquetRecordBatchReader> {
        let start = self.starts[group];
        let rows = (self.starts[group + 1] - start) as usize;
        let ranges = ranges.iter().map(|r| (r.start - start) as usize..(r.end - start) as usize);
        let selection = RowSelection::from_consecutive_ranges(ranges, rows);
        fence(Self::ROLE, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.bytes.clone(),
                self.metadata.clone(),
            )
            .with_row_groups(vec![group])
            .with_row_selection(selection)
            .with_projection(mask)
            .with_batch_size(PAGE_ROWS_MAX)
            .build()
            .ok()
        })
    }

    fn batch(&self, reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>> {
        fence(Self::ROLE, || match reader.next() {
            None => Some(None),
            Some(batch) => batch.ok().map(Some),
        })
    }

    /// Calls `visit` with batches of the named columns, in file order, all rows.
    pub(crate) fn scan(
        &self,
        columns: &[&str],
        visit: &mut dyn FnMut(&RecordBatch) -> Option<()>,
    ) -> Result<()> {
        let schema = self.parquet().file_metadata().schema_descr();
        let mask = ProjectionMask::columns(schema, columns.iter().copied());
        for group in 0..self.starts.len() - 1 {
            let whole = self.starts[group]..self.starts[group + 1];
            let mut reader = self.reader(group, std::slice::from_ref(&whole), mask.clone())?;
            while let Some(batch) = self.batch(&mut reader)? {
                fence(Self::ROLE, || visit(&batch))?;
            }
        }
        Ok(())
    }
}

/// Runs code that walks untrusted bytes: no value and a panic both mean a damaged file.
pub(crate) fn fence<T>(role: FileRole, work: impl FnOnce() -> Option<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(LakeError::damaged(role, "its pages or footer are unreadable")),
        Err(_) => Err(LakeError::damaged(role, "its pages or footer make no sense")),
    }
}

fn starts(metadata: &ParquetMetaData) -> Option<Vec<u32>> {
    let mut starts = vec![0u32];
    for group in metadata.row_groups() {
        let rows = u32::try_from(group.num_rows()).ok()?;
        starts.push(starts.last()?.checked_add(rows)?);
    }
    Some(starts)
}

struct Mapped(MappedFile);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Rows of a range, in file order, one page at a time.
pub struct Rows<'a, R: TableRow> {
    file: &'a TableFile<R>,
    next: u32,
    end: u32,
    /// The open row group and the row it ends before.
    reader: Option<(ParquetRecordBatchReader, u32)>,
    view: Option<R::View>,
    at: usize,
    count: usize,
}

impl<R: TableRow> std::fmt::Debug for Rows<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<R: TableRow> Rows<'_, R> {
    /// Makes sure that a view with rows left is open.
    fn advance(&mut self) -> Result<()> {
        while self.at == self.count {
            if self.reader.as_ref().is_none_or(|(_, end)| self.next >= *end) {
                let group = self.file.group_of(self.next)?;
                let end = self.file.starts[group + 1].min(self.end);
                let reader = self.file.reader(
                    group,
                    std::slice::from_ref(&(self.next..end)),
                    ProjectionMask::all(),
                )?;
                self.reader = Some((reader, end));
            }
            let (reader, _) = self.reader.as_mut().expect("just opened");
            let batch = self.file.batch(reader)?;
            let view = batch.as_ref().and_then(R::View::new);
            let (Some(batch), Some(view)) = (batch, view) else {
                return Err(LakeError::damaged(TableFile::<R>::ROLE, "rows are missing"));
            };
            self.view = Some(view);
            self.at = 0;
            self.count = batch.num_rows();
        }
        Ok(())
    }
}

impl<R: TableRow> Iterator for Rows<'_, R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        if self.next >= self.end {
            return None;
        }
        if let Err(error) = self.advance() {
            self.end = self.next;
            return Some(Err(error));
        }
        let view = self.view.as_ref().expect("advanced");
        let row = self.file.decode(view, self.next, self.at);
        self.at += 1;
        self.next += 1;
        Some(row)
    }
}
