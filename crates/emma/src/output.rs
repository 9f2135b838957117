//! What is printed, and how: text for people, or one JSON document for programs.
//!
//! Every command builds a value that derives `Serialize`; `--json` prints that value, and the
//! text is made from the same value, so that neither can hold more than the other.
//! `docs/json.md` documents the values.

pub mod inert;
pub mod progress;
pub mod table;

use serde::Serialize;
use std::io::{self, Write};

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Print JSON instead of text.
    pub json: bool,
    /// Print no progress.
    pub quiet: bool,
}

/// A value as it leaves the program: its schema's name, then its fields.
#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'a str,
    #[serde(flatten)]
    value: &'a T,
}

impl Output {
    /// Prints `value` as one JSON document of `schema`, or as the text that `human` makes of it.
    pub fn print<T: Serialize>(
        &self,
        schema: &str,
        value: &T,
        human: impl FnOnce(&T, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        if self.json {
            serde_json::to_writer_pretty(&mut out, &Document { schema, value })?;
            out.write_all(b"\n")?;
        } else {
            human(value, &mut out)?;
        }
        out.flush()
    }
}

/// A whole number with thin grouping, for people: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count of bytes, for people: `1.5 MB`. Decimal units, one digit.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// `1 hit`, `2 hits`: a count with its noun.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(counted(1, "hit"), "1 hit");
        assert_eq!(counted(2_000, "hit"), "2,000 hits");
    }
}
