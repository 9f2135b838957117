//! A row's values in canonical JSON: the raw bytes of its leaf.
//!
//! One object, its keys the columns in the table's order, no white space. Null is `null`,
//! integers are decimal, reals the shortest digits that read back as the same (always with a
//! point or an exponent), text is a string. What JSON cannot hold is an object: bytes
//! `{"hex":...}`, or `{"bytes":N,"sha256":...}` where they are longer than
//! [`INLINE_BYTES_MAX`]; text that is not UTF-8 `{"text_hex":...}`; a text for which the row has no
//! room left `{"text_bytes":N,"sha256":...}`. `docs/formats/rows.md` specifies it.

use emma_model::Digest;
use std::fmt::Write as _;

/// Longest bytes written out; of longer ones the digest stands in the row.
pub(crate) const INLINE_BYTES_MAX: usize = 4 << 10;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Bool(bool),
    /// Text in UTF-8, or what should be.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// Writes rows.
#[derive(Default)]
pub(crate) struct RowWriter {
    out: String,
}

impl RowWriter {
    /// Starts a row, dropping the one before.
    pub fn begin(&mut self) {
        self.out.clear();
        self.out.push('{');
    }

    /// The next column. Once a row is `row_bytes_max` long, of further text the digest stands.
    pub fn value(&mut self, column: &str, value: Value<'_>, row_bytes_max: usize) {
        let room = row_bytes_max.saturating_sub(self.out.len());
        if self.out.len() > 1 {
            self.out.push(',');
        }
        string(&mut self.out, column);
        self.out.push(':');
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if truth { "true" } else { "false" }),
            Value::Integer(number) => {
                let _ = write!(self.out, "{number}");
            }
            // Infinities are the only reals that JSON has no digits for.
            Value::Real(number) if !number.is_finite() => {
                let _ = write!(self.out, "{{\"real\":\"{number}\"}}");
            }
            Value::Real(number) => {
                let _ = write!(self.out, "{number:?}");
            }
            Value::Text(bytes) if bytes.len() > room => {
                digest(&mut self.out, "text_bytes", bytes);
            }
            Value::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => string(&mut self.out, text),
                Err(_) => hex(&mut self.out, "text_hex", bytes),
            },
            Value::Blob(bytes) if bytes.len() > INLINE_BYTES_MAX.min(room) => {
                digest(&mut self.out, "bytes", bytes);
            }
            Value::Blob(bytes) => hex(&mut self.out, "hex", bytes),
        }
    }

    /// The finished row.
    pub fn end(&mut self) -> &[u8] {
        self.out.push('}');
        self.out.as_bytes()
    }
}

/// A JSON string with the fewest escapes.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn hex(out: &mut String, key: &str, bytes: &[u8]) {
    let _ = write!(out, "{{\"{key}\":\"");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push_str("\"}");
}

fn digest(out: &mut String, key: &str, bytes: &[u8]) {
    let _ = write!(out, "{{\"{key}\":{},\"sha256\":\"{}\"}}", bytes.len(), Digest::of(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(&str, Value<'_>)]) -> String {
        let mut writer = RowWriter::default();
        writer.begin();
        for (column, value) in values {
            writer.value(column, *value, 120);
        }
        String::from_utf8(writer.end().to_vec()).unwrap()
    }

    #[test]
    fn values_are_written_one_way_only() {
        let written = row(&[
            ("n", Value::Null),
            ("i", Value::Integer(-7)),
            ("r", Value::Real(1.0)),
            ("e", Value::Real(1e300)),
            ("t", Value::Text("a\"\n\u{1}".as_bytes())),
            ("x", Value::Text(b"\xff")),
            ("b", Value::Blob(b"\0\x10")),
            ("long", Value::Text(&[b'9'; 90])),
        ]);
        let sha = Digest::of(&[b'9'; 90]);
        assert_eq!(
            written,
            format!(
                "{{\"n\":null,\"i\":-7,\"r\":1.0,\"e\":1e300,\"t\":\"a\\\"\\n\\u0001\",\
                 \"x\":{{\"text_hex\":\"ff\"}},\"b\":{{\"hex\":\"0010\"}},\
                 \"long\":{{\"text_bytes\":90,\"sha256\":\"{sha}\"}}}}"
            )
        );
        assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
    }

    #[test]
    fn long_blobs_are_known_by_their_digest() {
        let blob = vec![7; INLINE_BYTES_MAX + 1];
        assert!(row(&[("b", Value::Blob(&blob))]).contains("\"bytes\":4097,"));
        assert_eq!(row(&[]), "{}");
    }
}
