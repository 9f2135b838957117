//! CSV and its kin: rows of columns, quoted fields that may hold line feeds.

use super::cells::{CellNumber, Cells};
use super::compile_engine::DelimitedRule;
use super::delimited_rows::{RowEnd, Rows};
use super::reader::Reader;
use crate::emit::Emitter;
use crate::window::Window;
use emma_model::Anomaly;
use emma_model::record::Origin;
use std::borrow::Cow;
use std::io;

/// The separators that are recognised by themselves, in order of preference.
pub(super) const SEPARATORS: [char; 4] = ['\t', ';', ',', '|'];

/// What a row's fields are called and where they go.
struct Column {
    name: String,
    cell: Option<CellNumber>,
}

/// Reads a member to its end.
pub(super) fn read(
    reader: &mut Reader<'_>,
    rule: &DelimitedRule,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    let dialect = Dialect::of(rule, SEPARATORS[2]);
    let mut rows = Rows { encoding: reader.encoding, dialect, inside_long: false };
    for _ in 0..rule.skip_lines {
        let Some((length, _)) = window.next_line(reader.limits.record_bytes_max)? else {
            break;
        };
        emitter.framing(&window.bytes()[..length], window.line())?;
        window.consume(length);
    }
    rows.dialect.separator = match rule.separator {
        Some(separator) => separator,
        None => separator_line(reader, window, emitter)?,
    };
    let mut columns: Vec<Column> = Vec::new();
    let mut header: Option<Vec<u8>> = None;
    if !rule.header {
        columns = place(reader, rule.columns.iter().cloned());
    }
    let length_max = reader.limits.record_bytes_max;
    while let Some(row) = rows.next(window, length_max)? {
        let (line, raw) = (window.line(), &window.bytes()[..row.length]);
        match row.end {
            RowEnd::TooLong => {
                let note = "the line is longer than a record may be";
                emitter.anomaly(raw, line, Anomaly::new("line.too_long", note))?;
            }
            RowEnd::OpenQuote => {
                let note = "a quote opens here and does not close";
                emitter.anomaly(raw, line, Anomaly::new("csv.quote_open", note))?;
            }
            RowEnd::Whole => {
                let text = rows.encoding.decode(raw);
                let trimmed = text.text.trim_end_matches(['\r', '\n']);
                let comment = rule.comment.as_ref().is_some_and(|mark| trimmed.starts_with(mark));
                let repeated = header.as_deref().is_some_and(|header| header == raw);
                if trimmed.trim_matches(' ').is_empty() || comment || repeated {
                    emitter.framing(raw, line)?;
                } else if rule.header && header.is_none() {
                    let names = fields(trimmed, &rows.dialect).map(|field| field.text.into_owned());
                    let names = match rule.columns.is_empty() {
                        true => names.collect(),
                        false => rule.columns.clone(),
                    };
                    columns = place(reader, names.into_iter());
                    let leaf = Origin::Leaf { offset: emitter.offset(), length: raw.len() as u64 };
                    reader.shared.header = Some(leaf);
                    header = Some(raw.to_vec());
                    emitter.framing(raw, line)?;
                } else {
                    let replaced = text.replaced;
                    self::row(
                        reader,
                        &rows.dialect,
                        &columns,
                        trimmed,
                        replaced,
                        raw,
                        line,
                        emitter,
                    )?;
                }
            }
        }
        window.consume(row.length);
    }
    Ok(())
}

/// Excel's `sep=;` line, which is framing, or the likeliest separator of the first line.
fn separator_line(
    reader: &Reader<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
) -> io::Result<char> {
    let Some((length, _)) = window.next_line(reader.limits.record_bytes_max)? else {
        return Ok(',');
    };
    let line = reader.encoding.decode(&window.bytes()[..length]).text.into_owned();
    let named = line.trim_end().strip_prefix("sep=").and_then(|rest| rest.chars().next());
    if let Some(separator) = named.filter(char::is_ascii) {
        emitter.framing(&window.bytes()[..length], window.line())?;
        window.consume(length);
        return Ok(separator);
    }
    Ok(likely_separator(&line))
}

/// The candidate that cuts `line` into the most fields.
pub(super) fn likely_separator(line: &str) -> char {
    let count = |separator| {
        let dialect = Dialect { separator, quote: Some('"'), backslash: false };
        fields(line, &dialect).count()
    };
    let mut best = (SEPARATORS[2], 1);
    for candidate in SEPARATORS {
        let fields = count(candidate);
        if fields > best.1 {
            best = (candidate, fields);
        }
    }
    best.0
}

/// Gives every column its cell, and notes the columns that the mapping does not mention.
fn place(reader: &mut Reader<'_>, names: impl Iterator<Item = String>) -> Vec<Column> {
    let mapping = reader.mapping;
    let mut taken = vec![false; mapping.cells.len()];
    let columns = names.map(|name| {
        let name = name.trim().to_owned();
        let cell = mapping.cells.iter().position(|spec| spec.column() == Some(name.as_str()));
        // The first of two columns with one name is taken, the other stays raw.
        let cell = cell.filter(|cell| !std::mem::replace(&mut taken[*cell], true));
        if cell.is_none() && !mapping.keep.contains(&name) {
            reader.unknown.add(&name);
        }
        Column { name, cell: cell.map(|cell| cell as CellNumber) }
    });
    columns.collect()
}

#[allow(clippy::too_many_arguments, reason = "a row and the four places it is told to")]
fn row(
    reader: &mut Reader<'_>,
    dialect: &Dialect,
    columns: &[Column],
    text: &str,
    replaced: bool,
    raw: &[u8],
    line: u64,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    let mut cells = Cells::new(&reader.mapping.cells);
    let mut extra = Vec::new();
    let mut anomalies = Vec::new();
    let mut count = 0;
    for field in fields(text, dialect) {
        if field.odd {
            let name = columns.get(count).map_or_else(String::new, |column| column.name.clone());
            let note = "characters stand after a closing quote";
            anomalies.push(Anomaly::field("csv.quote", name, note));
        }
        match columns.get(count) {
            Some(Column { cell: Some(cell), .. }) => cells.set(*cell, field.text),
            Some(column) if !field.text.is_empty() => {
                extra.push((Cow::Borrowed(column.name.as_str()), field.text));
            }
            Some(_) => {}
            None => extra.push((Cow::Owned(format!("#{}", count + 1)), field.text)),
        }
        count += 1;
    }
    if count != columns.len() {
        let note = "the row has another number of fields than there are columns";
        anomalies.push(Anomaly::new("csv.field_count", note));
    }
    if replaced {
        let note = "bytes that do not decode were replaced";
        anomalies.push(Anomaly::new("text.replaced", note));
    }
    reader.cells_record(cells, extra, anomalies, raw, line, emitter)
}

/// How fields are cut and quoted. All marks are ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub separator: char,
    pub quote: Option<char>,
    pub backslash: bool,
}

impl Dialect {
    pub(in crate::mapping) fn of(rule: &DelimitedRule, separator: char) -> Dialect {
        let separator = rule.separator.unwrap_or(separator);
        Dialect { separator, quote: rule.quote, backslash: rule.backslash }
    }
}

/// A field as read.
pub(crate) struct FieldText<'t> {
    pub text: Cow<'t, str>,
    /// Something stands between its closing quote and the separator.
    pub odd: bool,
}

/// The fields of one row without its line end.
pub(crate) fn fields<'t>(
    row: &'t str,
    dialect: &Dialect,
) -> impl Iterator<Item = FieldText<'t>> + use<'t> {
    let dialect = *dialect;
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let text = rest?;
        let (field, after) = match dialect.quote {
            Some(quote) if text.starts_with(quote) => quoted(&text[1..], quote, &dialect),
            _ => match text.find(dialect.separator) {
                Some(at) => (plain(&text[..at]), Some(&text[at + 1..])),
                None => (plain(text), None),
            },
        };
        rest = after;
        Some(field)
    })
}

fn plain(text: &str) -> FieldText<'_> {
    FieldText { text: Cow::Borrowed(text), odd: false }
}

/// A field whose opening quote was just taken.
fn quoted<'t>(text: &'t str, quote: char, dialect: &Dialect) -> (FieldText<'t>, Option<&'t str>) {
    let mut out = String::new();
    let mut rest = text;
    let mut changed = false;
    loop {
        let Some(at) = rest.find([quote, if dialect.backslash { '\\' } else { quote }]) else {
            out.push_str(rest);
            return (FieldText { text: Cow::Owned(out), odd: true }, None);
        };
        let mark = rest.as_bytes()[at];
        let after = &rest[at + 1..];
        if mark == b'\\' && quote != '\\' {
            out.push_str(&rest[..at]);
            changed = true;
            // Only the quote and the backslash itself are escaped; others are the field's own.
            match after.chars().next() {
                Some(next) if next == quote || next == '\\' => {
                    out.push(next);
                    rest = &after[next.len_utf8()..];
                }
                _ => {
                    out.push('\\');
                    rest = after;
                }
            }
            continue;
        }
        if after.starts_with(quote) && !dialect.backslash {
            out.push_str(&rest[..=at]);
            rest = &after[1..];
            changed = true;
            continue;
        }
        let (tail, next) = match after.find(dialect.separator) {
            Some(end) => (&after[..end], Some(&after[end + 1..])),
            None => (after, None),
        };
        let odd = !tail.trim().is_empty();
        if !changed && !odd {
            return (FieldText { text: Cow::Borrowed(&rest[..at]), odd }, next);
        }
        out.push_str(&rest[..at]);
        out.push_str(if odd { tail } else { "" });
        return (FieldText { text: Cow::Owned(out), odd }, next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(row: &str, separator: char, backslash: bool) -> Vec<String> {
        let dialect = Dialect { separator, quote: Some('"'), backslash };
        fields(row, &dialect).map(|field| field.text.into_owned()).collect()
    }

    #[test]
    fn rows_are_cut_as_spreadsheets_cut_them() {
        assert_eq!(cut("a,b,,", ',', false), ["a", "b", "", ""]);
        assert_eq!(cut(r#""a,""x""",b"#, ',', false), [r#"a,"x""#, "b"]);
        assert_eq!(cut("\"a\nb\";c", ';', false), ["a\nb", "c"]);
        assert_eq!(cut(r#"x"y,"z" ,w"#, ',', false), ["x\"y", "z", "w"]);
        assert_eq!(cut(r#""a\"b\\c\n",d"#, ',', true), [r#"a"b\c\n"#, "d"]);
        assert_eq!(cut("", ',', false), [""]);
    }

    #[test]
    fn the_separator_is_the_one_that_cuts_most() {
        assert_eq!(likely_separator("a;b;c,d"), ';');
        assert_eq!(likely_separator("a\tb"), '\t');
        assert_eq!(likely_separator("\"x;y;z\",b"), ',');
        assert_eq!(likely_separator("a"), ',');
    }
}
