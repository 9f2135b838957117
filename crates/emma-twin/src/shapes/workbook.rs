//! The second partner's rows as a workbook (XLSX): other names, date and clock in one cell.
//!
//! A workbook is as large as its part, so its memory is bounded by the part's. The library's way to
//! write in constant memory puts temporary files beside `emma-store`, the one door to the disk, and
//! is not used.

use crate::Result;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use std::borrow::Cow;
use std::io;

/// Rows of a sheet below its head; what is more goes to a further sheet.
pub const SHEET_ROWS_MAX: usize = 1_048_575;

/// The head of every sheet.
pub const COLUMNS: [&str; 7] = ["Synthetic", "IMEI", "Van", "Aan", "Tijdstip", "Tekst", "Foto"];

/// A workbook of the rows of the partner's CSV, in their order: its bytes, and how many rows.
/// `made` is the instant it names as that of its making.
pub fn partner<'r>(rows: impl Iterator<Item = &'r [u8]>, made: i64) -> Result<(Vec<u8>, u64)> {
    write(rows, made).map_err(|error| io::Error::other(error).into())
}

fn write<'r>(
    rows: impl Iterator<Item = &'r [u8]>,
    made: i64,
) -> std::result::Result<(Vec<u8>, u64), XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(made / 1000)?;
    let properties = DocProperties::new()
        .set_title("SYNTHETIC")
        .set_comment("Simulated data of emma-twin")
        .set_creation_datetime(&made);
    workbook.set_properties(&properties);
    let shown = Format::new().set_num_format("dd-mm-yyyy hh:mm:ss");
    let mut rows = rows.peekable();
    let mut many = 0;
    while rows.peek().is_some() {
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, COLUMNS)?;
        sheet.set_column_width(4, 19)?;
        for (place, row) in rows.by_ref().take(SHEET_ROWS_MAX).enumerate() {
            let row = String::from_utf8_lossy(row);
            let line = place as u32 + 1;
            let mut clock = [Cow::Borrowed(""), Cow::Borrowed("")];
            for (column, value) in fields(&row).into_iter().enumerate() {
                match column {
                    4 | 5 => clock[column - 4] = value,
                    6 | 7 => _ = sheet.write_string(line, column as u16 - 1, value)?,
                    _ => _ = sheet.write_string(line, column as u16, value)?,
                }
            }
            let at = ExcelDateTime::parse_from_str(&format!("{} {}", clock[0], clock[1]))?;
            sheet.write_datetime_with_format(line, 4, &at, &shown)?;
            many += 1;
        }
    }
    Ok((workbook.save_to_buffer()?, many))
}

/// The fields of one row as [`super::csv_row`] writes it.
fn fields(row: &str) -> Vec<Cow<'_, str>> {
    let mut rest = row.strip_suffix("\r\n").unwrap_or(row);
    let mut made = Vec::with_capacity(8);
    loop {
        let end = match rest.strip_prefix('"') {
            None => rest.find(';').unwrap_or(rest.len()),
            Some(quoted) => {
                let mut pairs = quoted.split("\"\"");
                let mut length = 1;
                // A doubled quotation mark does not end the field; the first single one does.
                loop {
                    let Some(piece) = pairs.next() else { break rest.len() };
                    match piece.find('"') {
                        Some(at) => break length + at + 1,
                        None => length += piece.len() + 2,
                    }
                }
            }
        };
        let (field, after) = rest.split_at(end.min(rest.len()));
        made.push(match field.strip_prefix('"') {
            None => Cow::Borrowed(field),
            Some(inner) => inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\"").into(),
        });
        match after.strip_prefix(';') {
            None => return made,
            Some(more) => rest = more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        for row in [
            vec!["a", "", "c"],
            vec!["semi;colon", "\"quoted\"", "line\nfeed"],
            vec!["\"", "\"\";\"", "end\""],
            vec![""],
        ] {
            let mut out = Vec::new();
            crate::shapes::csv_row(&mut out, b';', row.iter().copied());
            assert_eq!(fields(std::str::from_utf8(&out).unwrap()), row);
        }
    }
}
