//! Spreadsheets: XLSX and ODS, by a mapping (`docs/formats/inputs/sheet.md`).
//!
//! A workbook is a zip, recognised by what it lists. Each sheet is a table; a row's number is
//! the sheet's own, from 1, and its raw bytes its cells by their columns' letters. The first row
//! that is not empty, or the one the mapping names, says what the columns are called.

use crate::container::zip;
use crate::emit::Emitter;
use crate::format::{Format, Read};
use crate::limits::Limits;
use crate::mapping::{Mapping, RowsReader, TableEntry};
use crate::plan::Plan;
use crate::rows::values::{RowWriter, Value};
use crate::rows::{OpenRows, Opening, Row, RowFormat, RowMember, RowsEnd, VisitRow};
use crate::source::{Disk, Whole};
use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, SheetVisible, Xlsx};
use emma_model::Anomaly;
use std::fs::File;
use std::io::{self, BufReader, Read as _};

/// A workbook may unpack to at most this many bytes: its shared texts are held in memory.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Entries by which a zip is a workbook.
const ENTRIES: [&[u8]; 2] = [b"xl/workbook.xml", b"xl/worksheets/sheet1.xml"];
/// How the first entry of an ODS begins: stored, so that it can be read without unpacking.
const ODS_MARK: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
/// Columns of a sheet at most, as the formats allow.
const COLUMNS_MAX: u32 = 16_384;

/// Days that both of the formats' calendars have: to the year 9995.
const DAYS_MAX: f64 = 2_957_003.0;

/// Spreadsheets. Never recognised by first bytes alone: the zip reader asks for it.
pub(crate) const FORMAT: Format = Format {
    name: "sheet",
    version: 2,
    title: "Spreadsheet (XLSX, ODS), by a mapping",
    tested: "workbooks written by rust_xlsxwriter; invented ODS files",
    recognises: |_| false,
    read: Read::Rows(ROWS),
};

/// The reader of workbooks.
pub(crate) const ROWS: RowFormat = RowFormat { open, documents: false };

/// True where a zip is a workbook that is small enough to be read as one.
pub(crate) fn is_book<'o, 'd: 'o>(disk: &'d Disk<'d>, file: Whole<'o>) -> io::Result<bool> {
    let mut head = [0; 30 + ODS_MARK.len()];
    let ods = file.reader(disk).read_exact(&mut head).is_ok() && head.ends_with(ODS_MARK);
    let names: &[&[u8]] = if ods { &[b"content.xml"] } else { &ENTRIES };
    zip::lists_within(disk, file, names, UNPACKED_BYTES_MAX)
}

/// One cell as read.
enum Cell {
    Text(String),
    Number(f64),
    Integer(i64),
    Bool(bool),
}

impl Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Cell::Text(text) => Value::Text(text.as_bytes()),
            // Whole numbers are kept as such: workbooks know reals only.
            Cell::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Value::Integer(*number as i64)
            }
            Cell::Number(number) => Value::Real(*number),
            Cell::Integer(number) => Value::Integer(*number),
            Cell::Bool(truth) => Value::Bool(*truth),
        }
    }

    /// What the cell names a column.
    fn name(&self) -> String {
        match self {
            Cell::Text(text) => text.trim().to_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Integer(number) => number.to_string(),
            Cell::Bool(truth) => truth.to_string(),
        }
    }
}

/// A row: its number from 1 and its cells by column from 0, empty ones left out.
type Cells = (i64, Vec<(u32, Cell)>);
/// Takes rows.
type Take<'t> = &'t mut dyn FnMut(Cells) -> io::Result<()>;

/// Why reading stopped.
enum Fault {
    Damaged,
    Sink(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Sink(error)
    }
}

/// An open workbook of either sort.
enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Ods(Box<Ods<BufReader<File>>>),
}

impl Book {
    fn open(rows: &RowMember<'_>) -> Result<Book, Fault> {
        let file = || File::open(rows.copy).map(BufReader::new).map_err(Fault::Sink);
        if let Ok(book) = Xlsx::new(file()?) {
            return Ok(Book::Xlsx(Box::new(book)));
        }
        Ods::new(file()?).map(|book| Book::Ods(Box::new(book))).map_err(|_| Fault::Damaged)
    }

    /// The sheets' names, and whether each is shown.
    fn sheets(&self) -> Vec<(String, bool)> {
        let sheets = match self {
            Book::Xlsx(book) => book.sheets_metadata(),
            Book::Ods(book) => book.sheets_metadata(),
        };
        let shown = |visible: &SheetVisible| *visible == SheetVisible::Visible;
        sheets.iter().map(|sheet| (sheet.name.clone(), shown(&sheet.visible))).collect()
    }

    /// Goes through the rows of a sheet that are not empty.
    fn each(&mut self, sheet: &str, take: Take<'_>) -> Result<(), Fault> {
        match self {
            Book::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet).map_err(|_| Fault::Damaged)?;
                let mut row: Cells = (0, Vec::new());
                while let Some(cell) = cells.next_cell().map_err(|_| Fault::Damaged)? {
                    let (number, column) = cell.get_position();
                    let number = i64::from(number) + 1;
                    if number != row.0 && !row.1.is_empty() {
                        take(std::mem::replace(&mut row, (number, Vec::new())))?;
                    }
                    row.0 = number;
                    if let Some(cell) = of_ref(cell.get_value())
                        && column < COLUMNS_MAX
                    {
                        row.1.push((column, cell));
                    }
                }
                if !row.1.is_empty() {
                    take(row)?;
                }
            }
            Book::Ods(book) => {
                let range = book.worksheet_range(sheet).map_err(|_| Fault::Damaged)?;
                let (top, left) = range.start().unwrap_or_default();
                for (at, row) in range.rows().enumerate() {
                    let cells = (left..)
                        .zip(row)
                        .filter_map(|(column, cell)| of_data(cell).map(|cell| (column, cell)));
                    let cells: Vec<_> = cells.collect();
                    if !cells.is_empty() {
                        take((i64::from(top) + at as i64 + 1, cells))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn of_ref(value: &DataRef<'_>) -> Option<Cell> {
    Some(match value {
        DataRef::Int(number) => Cell::Integer(*number),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(truth) => Cell::Bool(*truth),
        DataRef::DateTime(date) => date_of(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::Error(error) => Cell::Text(error.to_string()),
        DataRef::Empty => return None,
    })
}

fn of_data(value: &Data) -> Option<Cell> {
    Some(match value {
        Data::Int(number) => Cell::Integer(*number),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            Cell::Text(text.clone())
        }
        Data::Bool(truth) => Cell::Bool(*truth),
        Data::DateTime(date) => date_of(date),
        Data::Error(error) => Cell::Text(error.to_string()),
        _ => return None,
    })
}

/// A date as ISO 8601; a length of time, and a number that is no date, stay as they are.
fn date_of(date: &ExcelDateTime) -> Cell {
    // What no calendar has is kept as the number it is, not moved to the nearest day there is.
    if date.is_duration() || !(0.0..DAYS_MAX).contains(&date.as_f64()) {
        return Cell::Number(date.as_f64());
    }
    let (y, m, d, h, min, s, ms) = date.to_ymd_hms_milli();
    let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
    // Less than a day is a clock's time: the day before the calendar begins was never meant.
    if date.as_f64() < 1.0 {
        return Cell::Text(format!("{h:02}:{min:02}:{s:02}{fraction}"));
    }
    Cell::Text(format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}{fraction}"))
}

/// A column's letters: 0 is A, 26 is AA.
fn letters(column: u32) -> String {
    let mut rest = column + 1;
    let mut out = Vec::new();
    while rest > 0 {
        out.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    out.iter().rev().map(|b| *b as char).collect()
}

fn write_raw(writer: &mut RowWriter, cells: &Cells, limits: &Limits) {
    writer.begin();
    for (column, cell) in &cells.1 {
        writer.value(&letters(*column), cell.value(), limits.record_bytes_max);
    }
}

/// An open workbook, and the member it is.
struct Sheets<'m> {
    book: Book,
    rows: RowMember<'m>,
}

fn open<'m>(rows: &RowMember<'m>) -> io::Result<Opening<'m>> {
    match Book::open(rows) {
        Ok(book) => Ok(Ok(Box::new(Sheets { book, rows: *rows }))),
        Err(Fault::Sink(error)) => Err(error),
        Err(Fault::Damaged) => {
            let note = "the workbook is damaged, encrypted or of a shape that is not read";
            Ok(Err(Anomaly::new("sheet.unreadable", note)))
        }
    }
}

impl OpenRows for Sheets<'_> {
    fn read(&mut self, plan: &Plan, emitter: &mut Emitter<'_>) -> io::Result<RowsEnd> {
        let RowMember { member, limits, .. } = self.rows;
        let mut end = RowsEnd { mapping: None, anomalies: Vec::new() };
        let mut reading: Option<(&Mapping, RowsReader<'_>)> = None;
        for (sheet, shown) in self.book.sheets() {
            if !shown {
                let note = "the sheet is hidden; it is read like any other";
                end.anomalies.push(Anomaly::field("sheet.hidden", sheet.clone(), note));
            }
            let choose = || plan.mappings().filter(|mapping| mapping.matches(&member));
            let mut one = OneSheet::new(&sheet, limits);
            let result = self.book.each(&sheet, &mut |cells| {
                one.row(cells, choose(), &member, &mut reading, emitter)
            });
            match result {
                Ok(()) => {}
                Err(Fault::Sink(error)) => return Err(error),
                Err(Fault::Damaged) => {
                    let note = "the sheet is damaged; rows after this point are missing";
                    end.anomalies.push(Anomaly::field("sheet.damaged", sheet.clone(), note));
                }
            }
            if one.unread > 0 {
                let field = format!("{sheet} ({} rows)", one.unread);
                let note = "no mapping is for this sheet; `emma mapping guess` proposes one";
                end.anomalies.push(Anomaly::field("sheet.unread", field, note));
            }
        }
        if let Some((mapping, reader)) = reading {
            end.mapping = Some(mapping.name().to_owned());
            end.anomalies.extend(reader.finish());
        }
        Ok(end)
    }

    fn each_row(&mut self, visit: VisitRow<'_>) -> io::Result<()> {
        let mut writer = RowWriter::default();
        for (sheet, _) in self.book.sheets() {
            let shown = self.book.each(&sheet, &mut |cells| {
                write_raw(&mut writer, &cells, self.rows.limits);
                visit(Row { table: &sheet, row: cells.0, raw: writer.end() })
            });
            // Damage in one sheet is no reason to miss the next.
            if let Err(Fault::Sink(error)) = shown {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// The reading of one sheet.
struct OneSheet<'s, 'p> {
    sheet: &'s str,
    limits: &'p Limits,
    /// Names by column, once the header row came.
    header: Option<Vec<(u32, String)>>,
    entry: Option<TableEntry>,
    raw: RowWriter,
    values: RowWriter,
    unread: u64,
}

impl<'s, 'p> OneSheet<'s, 'p> {
    fn new(sheet: &'s str, limits: &'p Limits) -> OneSheet<'s, 'p> {
        OneSheet {
            sheet,
            limits,
            header: None,
            entry: None,
            raw: RowWriter::default(),
            values: RowWriter::default(),
            unread: 0,
        }
    }

    /// Takes the next row. One mapping reads all sheets of a workbook: the first that fits one.
    fn row(
        &mut self,
        cells: Cells,
        mappings: impl Iterator<Item = &'p Mapping>,
        member: &crate::member::Member<'_>,
        reading: &mut Option<(&'p Mapping, RowsReader<'p>)>,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        write_raw(&mut self.raw, &cells, self.limits);
        let row = Row { table: self.sheet, row: cells.0, raw: self.raw.end() };
        let Some(entry) = &self.entry else {
            let names: Vec<(u32, String)> =
                cells.1.iter().map(|(column, cell)| (*column, cell.name())).collect();
            let current = reading.as_ref().map(|(mapping, _)| *mapping);
            let candidates = current.into_iter().chain(mappings.filter(|_| current.is_none()));
            let found = candidates.filter(|_| self.header.is_none()).find_map(|mapping| {
                let entries = mapping.tables()?;
                let fits = |entry: &&TableEntry| is_header(entry, self.sheet, cells.0, &names);
                entries.iter().find(fits).map(|entry| (mapping, entry))
            });
            let Some((mapping, entry)) = found else {
                self.unread += 1;
                return Ok(());
            };
            self.header = Some(names);
            self.entry = Some(entry.clone());
            if reading.is_none() {
                *reading = Some((mapping, mapping.rows(member, self.limits)));
            }
            return emitter.row(row, None, Vec::new());
        };
        let header = self.header.as_deref().unwrap_or_default();
        self.values.begin();
        for (column, cell) in &cells.1 {
            let name = header.iter().find(|(own, _)| own == column).map(|(_, name)| name.as_str());
            let letters = letters(*column);
            self.values.value(name.unwrap_or(&letters), cell.value(), self.limits.record_bytes_max);
        }
        let (_, reader) = reading.as_mut().expect("an entry was chosen with its mapping");
        reader.row(entry, row, self.values.end(), emitter)
    }
}

/// True where this row names the columns that the entry needs.
fn is_header(entry: &TableEntry, sheet: &str, row: i64, names: &[(u32, String)]) -> bool {
    let named = entry.name == "*" || entry.name == sheet;
    let has = |need: &String| names.iter().any(|(_, name)| name == need);
    let here = entry.header_row.is_none_or(|wanted| wanted == row);
    named && here && entry.query.is_none() && entry.needs.iter().all(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_in_spreadsheets() {
        assert_eq!(
            [0, 25, 26, 701, 702, 16_383].map(letters),
            ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
        );
    }
}
