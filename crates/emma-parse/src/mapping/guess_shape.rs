//! Tells the layout of a file and what its columns hold, for [`super::guess`].

use super::delimited::{Dialect, fields, likely_separator};
use super::{guess_json, guess_time};
use regex::Regex;

/// Records that are looked at.
pub(super) const SAMPLES_MAX: usize = 200;

/// What a file looks like.
#[derive(Debug)]
pub(super) struct Shape {
    pub layout: Found,
    pub columns: Vec<Column>,
    /// Share of the lines or records looked at that fit, 0 to 100.
    pub fit_percent: u32,
}

/// The layout found.
#[derive(Debug)]
pub(super) enum Found {
    Ndjson,
    /// With the path to the records.
    Json(String),
    Delimited {
        separator: char,
        skip_lines: usize,
        header: bool,
    },
    /// With a header pattern.
    Log(String),
    /// A sheet, or a table of a database.
    Table {
        name: String,
        sheet: bool,
        /// Columns whose cells are days, written with the clock of midnight.
        midnights: Vec<String>,
    },
}

/// A column and the first values seen in it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    pub values: Vec<String>,
    /// A JSON list stands there.
    pub list: bool,
    /// The key that names whoever an element of the list is, where they are objects.
    pub inner: Option<String>,
}

impl Column {
    pub fn new(name: impl Into<String>) -> Column {
        Column { name: name.into(), values: Vec::new(), list: false, inner: None }
    }
}

/// The shape of the text that `head` begins, if it has one that emma knows.
pub(super) fn find(head: &str) -> Option<Shape> {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['{', '['])
        && let Some(shape) = guess_json::lines(text).or_else(|| guess_json::document(text))
    {
        return Some(shape);
    }
    let before = head[..head.len() - text.len()].matches('\n').count();
    let delimited = delimited(text, before);
    if delimited.as_ref().is_some_and(|shape| shape.fit_percent >= 90) {
        return delimited;
    }
    log(text).or(delimited)
}

/// Lines before a header that are looked past: titles of reports.
const TITLE_LINES_MAX: usize = 12;

/// The rows of a table: lines, joined where a quote is open.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    /// A quote that stays open longer is none.
    const ROW_BYTES_MAX: usize = 64 << 10;
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let line_end = |from: usize| rest[from..].find('\n').map_or(rest.len(), |at| from + at + 1);
        let first = line_end(0);
        let mut end = first;
        let mut quotes = rest[..end].matches('"').count();
        while quotes % 2 == 1 && end < rest.len() && end < ROW_BYTES_MAX {
            let next = line_end(end);
            quotes += rest[end..next].matches('"').count();
            end = next;
        }
        let end = if quotes % 2 == 1 { first } else { end };
        let row = &rest[..end];
        rest = &rest[end..];
        Some(row.trim_end_matches(['\n', '\r']))
    })
}

/// A table, with `before` blank lines before `text`.
fn delimited(text: &str, before: usize) -> Option<Shape> {
    let all: Vec<&str> = rows(text)
        .filter(|row| !row.trim().is_empty())
        .take(SAMPLES_MAX + TITLE_LINES_MAX)
        .collect();
    // `skip_lines` counts lines, so titles are only looked past where none is quoted.
    let plain = text.lines().take(TITLE_LINES_MAX).take_while(|line| !line.contains('"')).count();
    let mut best: Option<Shape> = None;
    for skip in 0..=plain.min(all.len().saturating_sub(2)) {
        // Blank lines alone are no titles: the reader passes over them by itself.
        let at = match skip {
            0 => Some(0),
            _ => text.lines().position(|line| line == all[skip]).map(|at| before + at),
        };
        let Some(shape) = at.and_then(|at| table(&all[skip..], at)) else { continue };
        let better = best.as_ref().is_none_or(|best| {
            shape.fit_percent > best.fit_percent + 30 || shape.columns.len() > best.columns.len()
        });
        if better && (skip == 0 || shape.columns.len() > 2) {
            best = Some(shape);
        }
        if best.as_ref().is_some_and(|best| best.fit_percent >= 90) {
            break;
        }
    }
    best.or_else(|| headless(&all))
}

/// A table whose header is the first of `rows`.
fn table(rows: &[&str], skip_lines: usize) -> Option<Shape> {
    let separator = likely_separator(rows.first()?);
    let dialect = Dialect { separator, quote: Some('"'), backslash: false };
    let names: Vec<String> =
        fields(rows[0], &dialect).map(|field| field.text.trim().to_owned()).collect();
    let named = names.iter().all(|name| {
        let plain = !name.starts_with(|c: char| c.is_ascii_digit());
        let clock = name
            .as_bytes()
            .windows(4)
            .any(|four| four[1] == b':' && [0, 2, 3].iter().all(|at| four[*at].is_ascii_digit()));
        !name.is_empty()
            && name.len() <= 64
            && plain
            && !clock
            && !name.starts_with(['[', '<', '{'])
    });
    if names.len() < 2 || !named {
        return None;
    }
    let layout = Found::Delimited { separator, skip_lines, header: true };
    filled(layout, &names, &rows[1..], &dialect)
}

/// Columns of these names with the values of `rows`; `None` where less than half fit.
fn filled(layout: Found, names: &[String], rows: &[&str], dialect: &Dialect) -> Option<Shape> {
    let mut columns: Vec<Column> = names.iter().map(Column::new).collect();
    let (mut fit, mut all) = (0, 0);
    for row in rows.iter().take(SAMPLES_MAX) {
        let row: Vec<String> = fields(row, dialect).map(|field| field.text.into_owned()).collect();
        all += 1;
        if row.len() == names.len() {
            fit += 1;
            for (column, value) in columns.iter_mut().zip(row) {
                column.values.push(value);
            }
        }
    }
    // A log line with a comma in it spoils most rows.
    let shape = || Shape { layout, columns, fit_percent: percent(fit, all) };
    (fit > 0 && fit * 2 >= all).then(shape)
}

/// A table without a header, where rows have three columns or more and one of them is a time:
/// the longest texts are the text, the first other words the sender, the next the recipient.
fn headless(rows: &[&str]) -> Option<Shape> {
    let separator = likely_separator(rows.first()?);
    let dialect = Dialect { separator, quote: Some('"'), backslash: false };
    let count = fields(rows[0], &dialect).count();
    if count < 3 || separator == '|' || rows.len() < 2 {
        return None;
    }
    let names: Vec<String> = (1..=count).map(|number| format!("column{number}")).collect();
    let layout = Found::Delimited { separator, skip_lines: 0, header: false };
    let mut shape = filled(layout, &names, rows, &dialect)?;
    let mut left: Vec<&Column> = shape.columns.iter().collect();
    let time = guess_time::find(&mut left)?;
    let timed: Vec<String> = time.columns.iter().map(|column| column.name.clone()).collect();
    let characters =
        |column: &&Column| column.values.iter().map(|value| value.chars().count()).sum::<usize>();
    let text = left.iter().max_by_key(|column| characters(column))?.name.clone();
    let mut parties = ["from", "to"].into_iter();
    for column in &mut shape.columns {
        let number = column.values.iter().all(|value| value.parse::<f64>().is_ok());
        column.name = match &column.name {
            name if timed.first() == Some(name) => "time".to_owned(),
            name if timed.contains(name) => "clock".to_owned(),
            name if *name == text => "text".to_owned(),
            name if number => name.clone(),
            name => parties.next().map_or_else(|| name.clone(), str::to_owned),
        };
    }
    (shape.fit_percent >= 90).then_some(shape)
}

/// Header patterns that logs often have, the more telling ones first.
const HEADERS: [&str; 18] = [
    // A program's log: a level stands behind the time.
    concat!(
        r"^\[?(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?",
        r"[\s-]+\[?(?<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\]?[:\s-]+",
        r"\[?(?<app>[\w.-]+)(?:\[\d+\])?\]?: (?<text>.*)$",
    ),
    concat!(
        r"^\[?(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?",
        r"[\s-]+\[?(?<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\]?[:\s-]+",
        r"(?<text>.*)$",
    ),
    concat!(
        r"^\[?(?<time>\d[\dT./: -]*\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?\s+<?(?<from>[^\s<>]+)>?",
        r"\s*(?:->|=>|→|>>)\s*(?<to>[^:\s]+)\s*: (?<text>.*)$",
    ),
    // Who to whom: with an arrow between them, or in brackets.
    concat!(
        r"^\[?(?<time>\d[\d./-]*,?[T ]\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?",
        r"(?:Z|[+-]\d\d:?\d\d)?)\]?\s*[|,;-]?\s*(?<from>[^|<>\[\]]{1,60}?)\s*",
        r"(?:->|=>|→|>>|\s>\s)\s*",
        r"(?<to>[^|:<>\[\]]{1,60}?)\s*[|:]\s*(?<text>.*)$",
    ),
    concat!(
        r"^\[?(?<time>\d[\d./-]*,?[T ]\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?",
        r"(?:Z|[+-]\d\d:?\d\d)?)\]?\s*[\[<(](?<from>[^\]>)]{1,60})[\]>)]\s*",
        r"(?:to|->|=>|→|>>|for)\s*",
        r"[\[<(](?<to>[^\]>)]{1,60})[\]>)]\s*[:|-]?\s*(?<text>.*)$",
    ),
    concat!(
        r"^\[?(?<time>[A-Za-z]{3,9}\.? \d[\w, ]*\d:\d\d(?::\d\d)?)\]?\s*[|,;-]?\s*",
        r"(?<from>[^|<>\[\]]{1,60}?)\s*(?:->|=>|→|>>|\s>\s)\s*",
        r"(?<to>[^|:<>\[\]]{1,60}?)\s*[|:]\s*(?<text>.*)$",
    ),
    r"^(?<time>[A-Za-z]{3,9}\.? \d[\w, ]*\d:\d\d(?::\d\d)?) <(?<from>[^>]+)>\s(?<text>.*)$",
    // A web server's log.
    concat!(
        r#"^(?<client_ip>\S+) \S+ (?<login>\S+) \[(?<time>\d[^\]]*)\] "(?<text>[^"]*)""#,
        r"(?: (?<status>\d+) (?<bytes>\S+))?.*$",
    ),
    r"^(?<time>\d[^|]*?\d)\s*\|\s*(?<from>[^|]+?)\s*\|\s*(?<text>.*)$",
    r"^\[(?<time>[^\]]*\d[^\]]*)\] \[(?<from>[^\]]+)\]:? (?<text>.*)$",
    r"^\[(?<time>\d[^\]]*\d(?:[\s\x{202f}]*[AaPp]\.?[Mm]\.?)?)\] (?<from>[^:]+?): (?<text>.*)$",
    concat!(
        r"^(?<time>\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}:\d\d(?::\d\d)?(?:[\s\x{",
        r"202f}]*[AaPp]\.?[Mm]\.?)?) - (?<from>[^:]+?): (?<text>.*)$",
    ),
    r"^\[(?<time>[^\]]*\d[^\]]*)\] <(?<from>[^>]+)> (?<text>.*)$",
    concat!(
        r"^(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d",
        r"\d)?)\s+<(?<from>[^>]+)>\s(?<text>.*)$",
    ),
    concat!(
        r"^(?<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d",
        r"\d)?)\s+(?<from>[^\s:>|]+)\s*[:>|]\s*(?<text>.*)$",
    ),
    concat!(
        r"^(?<time>\d{1,2}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d\d(?::\d\d)?)\s+(?<fr",
        r"om>[^:>|]+?)\s*[:>|]\s*(?<text>.*)$",
    ),
    r"^(?<time>\d{1,2}:\d\d(?::\d\d)?)\s+<?(?<from>[^:>|]+?)[:>|]\s*(?<text>.*)$",
    r"^(?<from>[^:\s][^:]{0,40}): (?<text>.*)$",
];

fn log(text: &str) -> Option<Shape> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLES_MAX).collect();
    let mut best: Option<(usize, String, Regex)> = None;
    let pairs = lines.first().and_then(|line| key_values(line, &lines));
    for header in pairs.into_iter().chain(HEADERS.map(str::to_owned)) {
        let Ok(pattern) = Regex::new(&header) else { continue };
        let fit = lines.iter().filter(|line| pattern.is_match(line)).count();
        if fit > 0 && best.as_ref().is_none_or(|(most, ..)| fit > *most) {
            best = Some((fit, header, pattern));
        }
    }
    let (fit, header, pattern) = best?;
    let mut columns = Vec::new();
    for name in pattern.capture_names().flatten() {
        let values = lines.iter().filter_map(|line| {
            pattern.captures(line)?.name(name).map(|found| found.as_str().to_owned())
        });
        columns.push(Column { values: values.collect(), ..Column::new(name) });
    }
    Some(Shape { layout: Found::Log(header), columns, fit_percent: percent(fit, lines.len()) })
}

/// A pattern for lines of `key=value` pairs, as `first` has them; `None` where it is no such line.
fn key_values(first: &str, lines: &[&str]) -> Option<String> {
    /// Fewer pairs may stand in any sentence.
    const PAIRS_MIN: usize = 3;
    let pair = Regex::new(r#"^(?<key>[A-Za-z_][\w.-]*)=(?:"[^"]*"|[^\s"]*)(?<gap>\s+|$)"#);
    let pair = pair.expect("it is tested");
    let mut keys: Vec<&str> = Vec::new();
    let mut rest = first;
    while !rest.is_empty() {
        let found = pair.captures(rest)?;
        keys.push(found.name("key")?.as_str());
        rest = &rest[found.get(0)?.end()..];
    }
    if keys.len() < PAIRS_MIN {
        return None;
    }
    let mut pattern = String::from("^");
    for (at, key) in keys.iter().enumerate() {
        let group: String =
            key.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        // A key that stands twice names one group only.
        if keys[..at].contains(key) {
            return None;
        }
        let quoted = lines.iter().any(|line| line.contains(&format!("{key}=\"")));
        let value =
            if quoted { format!(r#""?(?<{group}>[^"]*)"?"#) } else { format!(r"(?<{group}>\S*)") };
        let gap = if at == 0 { "" } else { r"\s+" };
        pattern.push_str(&format!("{gap}{}={value}", regex::escape(key)));
    }
    pattern.push('$');
    Some(pattern)
}

pub(super) fn percent(part: usize, whole: usize) -> u32 {
    (part * 100).checked_div(whole).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_patterns_compile() {
        for header in HEADERS {
            assert!(Regex::new(header).is_ok(), "{header}");
        }
    }
}
