//! Finding rows by what they are, with the least and greatest values of pages.
//!
//! 1. a row group and page bounds say which pages may hold the row;
//! 2. those pages are decoded (and cached) and their rows compared.

use crate::canonical::TableRow;
use crate::error::Result;
use crate::read::{TableFile, fence};
use crate::row::{CopyRow, LinkRow, MessageRow};
use crate::table::FileRole;
use crate::write::PAGE_ROWS_MAX;
use emma_model::digest::Digest;
use emma_model::{ExhibitId, MemberPath, MessageId, Micros, Place, RecordId};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use std::collections::BTreeMap;
use std::ops::Range;

/// The pages of one column of one row group: row ranges and bounds.
struct Pages<'a> {
    role: FileRole,
    index: Option<&'a ColumnIndexMetaData>,
    ranges: Vec<Range<u32>>,
}

/// Least and greatest value of a page. `None` where the file does not say: then nothing is ruled
/// out.
#[derive(Clone, Copy, Debug)]
enum Bounds<'a> {
    Number(i64, i64),
    Text(&'a [u8], &'a [u8]),
    /// Only nulls.
    Null,
}

impl Bounds<'_> {
    fn unsigned(self) -> Option<(u64, u64)> {
        match self {
            Bounds::Number(least, greatest) => Some((least as u64, greatest as u64)),
            _ => None,
        }
    }
}

impl Pages<'_> {
    fn bounds(&self, page: usize) -> Option<Bounds<'_>> {
        let index = self.index?;
        if matches!(index, ColumnIndexMetaData::NONE) {
            return None;
        }
        // The lists of a damaged index may differ in length: then nothing is ruled out.
        fence(self.role, || {
            if index.is_null_page(page) {
                return Some(Bounds::Null);
            }
            match index {
                ColumnIndexMetaData::INT64(index) => {
                    Some(Bounds::Number(*index.min_value(page)?, *index.max_value(page)?))
                }
                ColumnIndexMetaData::BYTE_ARRAY(index) => {
                    Some(Bounds::Text(index.min_value(page)?, index.max_value(page)?))
                }
                _ => None,
            }
        })
        .ok()
    }
}

impl<R: TableRow> TableFile<R> {
    /// The pages of column `path` in row group `group`.
    fn pages(&self, group: usize, path: &str) -> Pages<'_> {
        let metadata = self.parquet();
        let (start, end) = (self.starts()[group], self.starts()[group + 1]);
        let schema = metadata.file_metadata().schema_descr();
        let column = schema.columns().iter().position(|column| column.path().string() == path);
        let locations = column.and_then(|column| {
            Some(metadata.offset_index()?.get(group)?.get(column)?.page_locations())
        });
        let index = column.and_then(|column| metadata.column_index()?.get(group)?.get(column));
        let firsts: Vec<u32> = match locations {
            Some(locations) => locations
                .iter()
                .map(|page| start.saturating_add(u32::try_from(page.first_row_index).unwrap_or(0)))
                .collect(),
            None => vec![start],
        };
        let ends = firsts.iter().skip(1).copied().chain([end]);
        let ranges = firsts.iter().copied().zip(ends).map(|(a, b)| a..b.min(end)).collect();
        Pages { role: FileRole::Table(R::TABLE), index, ranges }
    }

    /// Row ranges of the pages of `path` for which `keep` holds, ascending, over all row groups.
    fn candidates(&self, path: &str, keep: &dyn Fn(Bounds<'_>) -> bool) -> Vec<Range<u32>> {
        let mut found = Vec::new();
        for group in 0..self.starts().len() - 1 {
            let pages = self.pages(group, path);
            for (page, range) in pages.ranges.iter().enumerate() {
                if pages.bounds(page).is_none_or(keep) {
                    found.push(range.clone());
                }
            }
        }
        found
    }

    /// Row ranges of the pages of `path` that hold rows without a value: ids that are no spans.
    fn without(&self, path: &str) -> Vec<Range<u32>> {
        let mut found = Vec::new();
        for group in 0..self.starts().len() - 1 {
            let pages = self.pages(group, path);
            let counts = pages.index.and_then(|index| index.null_counts());
            for (page, range) in pages.ranges.into_iter().enumerate() {
                if counts.and_then(|counts| counts.get(page)).is_none_or(|nulls| *nulls > 0) {
                    found.push(range);
                }
            }
        }
        found
    }

    /// The rows of `ranges` for which `keep` holds, with their numbers, by way of the cache.
    fn matching(&self, ranges: &[Range<u32>], keep: &dyn Fn(&R) -> bool) -> Result<Vec<(u32, R)>> {
        let mut found = Vec::new();
        for range in ranges {
            let mut next = range.start;
            while next < range.end {
                let end = range.end.min(next + PAGE_ROWS_MAX as u32);
                let numbers: Vec<u32> = (next..end).collect();
                let rows = self.rows(&numbers)?;
                found.extend(numbers.into_iter().zip(rows).filter(|(_, row)| keep(row)));
                next = end;
            }
        }
        Ok(found)
    }
}

/// Ranges that wait to be joined.
const PLACES_MAX: usize = 1 << 20;

/// What any of the ranges covers, as ascending, disjoint ranges.
fn union(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut all: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

/// What both lists of ascending, disjoint ranges cover.
fn intersect(a: &[Range<u32>], b: &[Range<u32>]) -> Vec<Range<u32>> {
    let (mut i, mut j) = (0, 0);
    let mut both = Vec::new();
    while i < a.len() && j < b.len() {
        let common = a[i].start.max(b[j].start)..a[i].end.min(b[j].end);
        if common.start < common.end {
            both.push(common);
        }
        if a[i].end < b[j].end { i += 1 } else { j += 1 }
    }
    both
}

impl TableFile<MessageRow> {
    /// The versions of a message, with their row numbers, given its sort time.
    pub fn find(&self, sort: Option<Micros>, id: &MessageId) -> Result<Vec<(u32, MessageRow)>> {
        let range = match sort {
            Some(time) => self.sort_range(time, time.saturating_add(1))?,
            None => self.dated()?..self.len(),
        };
        // Within one sort time rows stand by descending id.
        let first = self.partition(range.clone(), &|row| row.id > *id)?;
        let end = self.partition(first..range.end, &|row| row.id >= *id)?;
        self.matching(std::slice::from_ref(&(first..end)), &|row| row.sort == sort && row.id == *id)
    }

    /// The row range whose sort times lie in `from..until` (undated rows are in none).
    pub fn sort_range(&self, from: Micros, until: Micros) -> Result<Range<u32>> {
        let dated = self.dated()?;
        let first = self.partition_time(dated, &|time| time >= until)?;
        let end = self.partition_time(dated, &|time| time >= from)?;
        Ok(first..end.max(first))
    }

    /// How many rows have a time: the first undated row.
    fn dated(&self) -> Result<u32> {
        let with_time = self.candidates("sort", &|bounds| !matches!(bounds, Bounds::Null));
        match with_time.last() {
            None => Ok(0),
            Some(page) => self.partition(page.clone(), &|row| row.sort.is_some()),
        }
    }

    /// The first of the dated rows for whose time `before` no longer holds; `before` holds for
    /// greater times only.
    fn partition_time(&self, dated: u32, before: &dyn Fn(Micros) -> bool) -> Result<u32> {
        let undecided = self.candidates("sort", &|bounds| match bounds {
            Bounds::Number(least, _) => !before(least),
            _ => true,
        });
        match undecided.first() {
            Some(page) if page.start < dated => {
                let page = page.start..page.end.min(dated);
                self.partition(page, &|row| row.sort.is_some_and(before))
            }
            _ => Ok(dated),
        }
    }

    /// The first row of `range` for which `before` no longer holds.
    fn partition(&self, range: Range<u32>, before: &dyn Fn(&MessageRow) -> bool) -> Result<u32> {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(&self.row(middle)?) { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}

impl TableFile<CopyRow> {
    /// The copy with this record id, with its row number.
    pub fn find(&self, record: &RecordId) -> Result<Option<(u32, CopyRow)>> {
        let ranges = self.places_of(record);
        Ok(self.matching(&ranges, &|row| row.record == *record)?.pop())
    }

    /// The copies with these record ids, each with its row number, in the order of the ids. Each
    /// page is read once, however many of its rows are asked for.
    pub fn find_all(&self, records: &[&RecordId]) -> Result<Vec<Option<(u32, CopyRow)>>> {
        let wanted: BTreeMap<&RecordId, usize> =
            records.iter().enumerate().map(|(at, record)| (*record, at)).collect();
        let mut places: Vec<Range<u32>> = Vec::new();
        let mut others = false;
        for record in records {
            let span = matches!(record, RecordId::Sealed { place: Place::Span { .. }, .. });
            // Rows and the like all stand among the same pages.
            if span || !std::mem::replace(&mut others, true) {
                places.extend(self.places_of(record));
            }
            if places.len() >= PLACES_MAX {
                places = union(places);
            }
        }
        let places = union(places);
        let mut found = vec![None; records.len()];
        for range in places {
            for (row, copy) in range.clone().zip(self.range(range)) {
                let copy = copy?;
                if let Some(at) = wanted.get(&copy.record) {
                    found[*at] = Some((row, copy));
                }
            }
        }
        Ok(found)
    }

    /// Row ranges among which a record's copy is, if it is held.
    fn places_of(&self, record: &RecordId) -> Vec<Range<u32>> {
        match record {
            RecordId::Sealed { exhibit, place: Place::Span { offset, .. }, .. } => {
                let at = *offset;
                self.near(exhibit, "offset", &move |least, greatest| least <= at && at <= greatest)
            }
            _ => self.without("exhibit"),
        }
    }

    /// Copies whose byte span overlaps `offset..offset+length` of a member, with row numbers.
    pub fn overlapping(
        &self,
        exhibit: ExhibitId,
        member: &MemberPath,
        offset: u64,
        length: u64,
    ) -> Result<Vec<(u32, CopyRow)>> {
        let end = offset.saturating_add(length);
        let starts = self.near(&exhibit, "offset", &move |least, _| least < end);
        let longest = self.longest(&starts);
        let ends = self.near(&exhibit, "offset", &move |_, greatest| {
            greatest.saturating_add(longest) > offset
        });
        self.matching(&intersect(&starts, &ends), &|row| match &row.record {
            RecordId::Sealed {
                exhibit: found,
                member: within,
                place: Place::Span { offset: start, length: size },
            } => {
                *found == exhibit
                    && within == member
                    && *start < end
                    && start.saturating_add(*size) > offset
            }
            _ => false,
        })
    }

    /// Copies of a member that start on this line (from 0), with row numbers.
    pub fn on_line(
        &self,
        exhibit: ExhibitId,
        member: &MemberPath,
        line: u64,
    ) -> Result<Vec<(u32, CopyRow)>> {
        let ranges =
            self.near(&exhibit, "line", &move |least, greatest| least <= line && line <= greatest);
        self.matching(&ranges, &|row| match &row.record {
            RecordId::Sealed { exhibit: found, member: within, .. } => {
                *found == exhibit && within == member && row.line == line
            }
            RecordId::Live { .. } => false,
        })
    }

    /// Pages that may hold rows of `exhibit` whose `column` bounds pass `keep`.
    fn near(
        &self,
        exhibit: &ExhibitId,
        column: &str,
        keep: &dyn Fn(u64, u64) -> bool,
    ) -> Vec<Range<u32>> {
        let here = pages_of(self, &exhibit.0);
        let there = self.candidates(column, &|bounds| {
            bounds.unsigned().is_none_or(|(least, greatest)| keep(least, greatest))
        });
        intersect(&here, &there)
    }

    /// The longest span in the pages that overlap `ranges`.
    fn longest(&self, ranges: &[Range<u32>]) -> u64 {
        let mut longest = 0;
        for group in 0..self.starts().len() - 1 {
            let pages = self.pages(group, "length");
            for (page, range) in pages.ranges.iter().enumerate() {
                if intersect(std::slice::from_ref(range), ranges).is_empty() {
                    continue;
                }
                let bounds = pages.bounds(page).and_then(Bounds::unsigned);
                longest = longest.max(bounds.map_or(u64::MAX, |(_, greatest)| greatest));
            }
        }
        longest
    }
}

/// Pages that may hold rows of an exhibit.
fn pages_of<R: TableRow>(file: &TableFile<R>, exhibit: &Digest) -> Vec<Range<u32>> {
    let hex = exhibit.hex();
    file.candidates("exhibit", &|bounds| match bounds {
        Bounds::Text(least, greatest) => least <= hex.as_bytes() && hex.as_bytes() <= greatest,
        Bounds::Null => false,
        Bounds::Number(..) => true,
    })
}

impl TableFile<LinkRow> {
    /// Claims about a line of the file delivered as `target_path`, on either end.
    pub fn about(&self, target_path: &str, line: u64) -> Result<Vec<LinkRow>> {
        let ranges = self.candidates("target_path", &|bounds| match bounds {
            Bounds::Text(least, greatest) => {
                least <= target_path.as_bytes() && target_path.as_bytes() <= greatest
            }
            _ => true,
        });
        let rows = self.matching(&ranges, &|row| {
            row.target_path == target_path && (row.from_line == line || row.to_line == line)
        })?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }
}
