//! Sheets of workbooks and tables of databases, as shapes of layout `table`.

use super::guess_shape::{Column, Found, Shape};
use crate::limits::Limits;
use crate::rows::Row;
use crate::unpack::{VisitMembers, each_member};
use emma_model::MemberPath;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};

/// Rows of a table that a guess looks at.
const ROWS_MAX: usize = 300;
/// Tables that a guess looks at.
const TABLES_MAX: usize = 200;
/// Rows at the top of a sheet among which the header is sought.
const PREAMBLE_ROWS_MAX: usize = 20;
/// What a cell of a date without a clock ends with.
const MIDNIGHT: &str = "T00:00:00";

/// A table and how many of its rows were looked at.
pub(super) struct FoundTable {
    pub shape: Shape,
    pub rows: usize,
}

/// True where a file may be a workbook or a database.
pub(super) fn may_hold(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || is_database(head)
}

fn is_database(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

/// The tables of a workbook or database, in order; none where it is neither.
///
/// # Errors
///
/// Only those of reading the file and of the scratch folder.
pub(super) fn find(file: File, head: &[u8]) -> io::Result<Vec<FoundTable>> {
    let mut rows = Rows::default();
    let scratch = std::env::temp_dir();
    match each_member(file, &Limits::default(), &scratch, &mut rows) {
        Err(_) if !rows.full => return Ok(Vec::new()),
        _ => {}
    }
    let database = is_database(head);
    Ok(rows.tables.into_iter().filter_map(|(name, rows)| shape(&name, rows, database)).collect())
}

/// Cells by column, as text.
type Cells = Vec<(String, String)>;

/// Takes the first rows of each table.
#[derive(Default)]
struct Rows {
    tables: Vec<(String, Vec<Cells>)>,
    within: bool,
    full: bool,
}

impl VisitMembers for Rows {
    fn member(&mut self, path: &MemberPath, _: &mut dyn Read) -> io::Result<()> {
        // Tables of files within an archive are for a guess of their own.
        self.within = !path.0.is_empty();
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        if self.within {
            return Ok(());
        }
        if self.tables.last().is_none_or(|(name, _)| name != row.table) {
            if self.tables.len() == TABLES_MAX {
                self.full = true;
                return Err(io::Error::other("enough was seen"));
            }
            self.tables.push((row.table.to_owned(), Vec::new()));
        }
        let (_, rows) = self.tables.last_mut().expect("it was just put there");
        if rows.len() < ROWS_MAX
            && let Ok(Value::Object(cells)) = serde_json::from_slice(row.raw)
        {
            rows.push(
                cells.into_iter().filter_map(|(name, cell)| Some((name, text(cell)?))).collect(),
            );
        }
        Ok(())
    }

    fn wants_rows(&self) -> bool {
        true
    }
}

fn text(cell: Value) -> Option<String> {
    match cell {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shape(name: &str, mut rows: Vec<Cells>, database: bool) -> Option<FoundTable> {
    let names: Vec<(String, String)> = if database {
        // A row leaves nothing out but what is empty.
        let mut names: Vec<String> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names.into_iter().map(|name| (name.clone(), name)).collect()
    } else {
        let at = header(&rows)?;
        let header = rows.drain(..=at).next_back()?;
        header.into_iter().map(|(letters, name)| (letters, name.trim().to_owned())).collect()
    };
    if rows.is_empty() || names.len() < 2 {
        return None;
    }
    let mut midnights = Vec::new();
    let columns = names.iter().map(|(key, name)| {
        let mut column = Column::new(name.clone());
        let value = |row: &Cells| row.iter().find(|(own, _)| own == key).map(|(_, v)| v.clone());
        column.values = rows.iter().map(|row| value(row).unwrap_or_default()).collect();
        let filled = column.values.iter().filter(|value| !value.is_empty()).count();
        let days = column.values.iter().filter(|value| value.ends_with(MIDNIGHT)).count();
        if days > 0 && days * 2 >= filled {
            // Days without a clock; the clock may stand in another column.
            for value in &mut column.values {
                let day = value.strip_suffix(MIDNIGHT).map(str::len);
                value.truncate(day.unwrap_or(value.len()));
            }
            midnights.push(name.clone());
        }
        column
    });
    let columns = columns.collect();
    let layout = Found::Table { name: name.to_owned(), sheet: !database, midnights };
    Some(FoundTable { shape: Shape { layout, columns, fit_percent: 100 }, rows: rows.len() })
}

/// The row that names the columns: the first with at least as many names as most rows have cells.
fn header(rows: &[Cells]) -> Option<usize> {
    let mut lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len() / 2)?;
    let names = |row: &Cells| {
        row.len() >= *usual
            && row.iter().all(|(_, cell)| cell.contains(char::is_alphabetic) && cell.len() < 80)
    };
    rows.iter().take(PREAMBLE_ROWS_MAX).position(names)
}
