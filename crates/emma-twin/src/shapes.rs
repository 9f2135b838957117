//! The same network in other shapes: handsets' own lists, server tables, call-data, plate cameras,
//! seized handsets.

pub mod database;
pub mod handset;
pub mod logs;
pub mod outside;
pub mod seized;
pub mod servers;
pub mod workbook;
pub mod zip;

/// Writes one field of a separated table, quoted where it must be.
pub fn csv_field(out: &mut Vec<u8>, text: &str, separator: u8) {
    let special = |byte: &u8| *byte == separator || matches!(byte, b'"' | b'\n' | b'\r');
    if text.as_bytes().iter().any(special) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes one row of a separated table, ended as Windows programs end it.
pub fn csv_row<'f>(out: &mut Vec<u8>, separator: u8, fields: impl IntoIterator<Item = &'f str>) {
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            out.push(separator);
        }
        csv_field(out, field, separator);
    }
    out.extend_from_slice(b"\r\n");
}

/// A file of another shape: path below the output, bytes, rows.
pub type Shape = (String, Vec<u8>, u64);
