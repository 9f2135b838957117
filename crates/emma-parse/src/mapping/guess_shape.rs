//! Tells the layout of a file and what its columns hold, for [`super::guess`].

use super::delimited::{Dialect, fields, likely_separator};
use regex::Regex;
use serde_json::Value;

/// Records that are looked at.
const SAMPLES_MAX: usize = 200;

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
    Delimited(char),
    /// With a header pattern.
    Log(String),
}

/// A column and the first values seen in it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    pub values: Vec<String>,
    /// A JSON list stands there.
    pub list: bool,
}

/// The shape of the text that `head` begins, if it has one that emma knows.
pub(super) fn find(head: &str) -> Option<Shape> {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['{', '['])
        && let Some(shape) = json_lines(text).or_else(|| json(text))
    {
        return Some(shape);
    }
    let delimited = delimited(text);
    if delimited.as_ref().is_some_and(|shape| shape.fit_percent >= 90) {
        return delimited;
    }
    log(text).or(delimited)
}

fn json_lines(text: &str) -> Option<Shape> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLES_MAX).collect();
    let objects: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(Value::is_object)
        .collect();
    // One object alone is rather a document.
    let enough = objects.len() >= 2 && objects.len() * 10 >= lines.len() * 7;
    enough.then(|| Shape {
        layout: Found::Ndjson,
        columns: columns(&objects),
        fit_percent: percent(objects.len(), lines.len()),
    })
}

fn json(text: &str) -> Option<Shape> {
    let sequence = sequence(text);
    if sequence.len() >= 2 {
        let records = if text.starts_with('[') { "[]" } else { "{}" };
        return Some(Shape {
            layout: Found::Json(records.to_owned()),
            columns: columns(&sequence),
            fit_percent: 100,
        });
    }
    let whole: Value =
        serde_json::from_str(text).or_else(|_| serde_json::from_str(&completed(text))).ok()?;
    let mut best: Option<(String, Vec<Value>)> = None;
    lists(&whole, "", 0, &mut best);
    let (path, records) = best?;
    Some(Shape { layout: Found::Json(path), columns: columns(&records), fit_percent: 100 })
}

/// Objects one after another, with or without commas.
fn sequence(text: &str) -> Vec<Value> {
    let mut out = Vec::new();
    let mut rest = text;
    while out.len() < SAMPLES_MAX && rest.starts_with('{') {
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = stream.next() else {
            break;
        };
        let end = stream.byte_offset();
        out.push(value);
        rest = rest[end..].trim_start_matches([',', ' ', '\n', '\r', '\t']);
    }
    out
}

/// A cut document with its open brackets closed after the last whole object.
fn completed(text: &str) -> String {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    let mut last = (0, String::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push('}'),
            b'[' => open.push(']'),
            b'}' | b']' => {
                open.pop();
                if byte == b'}' && open.len() < 64 {
                    last = (at + 1, open.iter().rev().collect());
                }
            }
            _ => {}
        }
    }
    format!("{}{}", &text[..last.0], last.1)
}

/// The path to the list that holds the most objects.
fn lists(value: &Value, path: &str, depth: usize, best: &mut Option<(String, Vec<Value>)>) {
    /// Lists deeper than this are attachments of records rather than records.
    const DEPTH_MAX: usize = 6;
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(items) => {
            let objects: Vec<Value> =
                items.iter().filter(|item| item.is_object()).cloned().collect();
            let path = format!("{path}[]");
            let score =
                objects.len() + objects.iter().filter(|object| is_talk(object)).count() * 100;
            let old = best.as_ref().map_or(0, |(_, records)| {
                records.len() + records.iter().filter(|object| is_talk(object)).count() * 100
            });
            if score > old {
                *best = Some((path.clone(), objects.into_iter().take(SAMPLES_MAX).collect()));
            }
            for item in items.iter().take(20) {
                lists(item, &path, depth + 1, best);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                let key = key.replace('\\', "\\\\").replace('.', "\\.");
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                lists(value, &path, depth + 1, best);
            }
        }
        _ => {}
    }
}

/// True where an object has a key that a message would have.
fn is_talk(object: &Value) -> bool {
    const WORDS: [&str; 5] = ["text", "body", "message", "content", "msg"];
    object.as_object().is_some_and(|members| {
        members.keys().any(|key| WORDS.contains(&key.to_lowercase().as_str()))
    })
}

fn columns(records: &[Value]) -> Vec<Column> {
    let mut out: Vec<Column> = Vec::new();
    for record in records {
        if let Value::Object(members) = record {
            for (key, value) in members {
                let key = key.replace('\\', "\\\\").replace('.', "\\.");
                match value {
                    Value::Object(inner) => {
                        for (name, value) in inner {
                            note(&mut out, &format!("{key}.{name}"), value);
                        }
                    }
                    value => note(&mut out, &key, value),
                }
            }
        }
    }
    out
}

fn note(columns: &mut Vec<Column>, name: &str, value: &Value) {
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => items.first().and_then(Value::as_str).map(str::to_owned),
        Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    };
    let at = columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
        columns.push(Column { name: name.to_owned(), values: Vec::new(), list: false });
        columns.len() - 1
    });
    let column = &mut columns[at];
    column.list |= value.is_array();
    column.values.extend(text);
}

fn delimited(text: &str) -> Option<Shape> {
    let first = text.lines().next()?;
    let separator = likely_separator(first);
    let dialect = Dialect { separator, quote: Some('"'), backslash: false };
    let names: Vec<String> =
        fields(first, &dialect).map(|field| field.text.trim().to_owned()).collect();
    let named = names.iter().all(|name| {
        !name.is_empty() && name.len() <= 64 && !name.starts_with(|c: char| c.is_ascii_digit())
    });
    if names.len() < 2 || !named {
        return None;
    }
    let mut columns: Vec<Column> = names
        .iter()
        .map(|name| Column { name: name.clone(), values: Vec::new(), list: false })
        .collect();
    let (mut fit, mut all) = (0, 0);
    for line in text.lines().skip(1).filter(|line| !line.is_empty()).take(SAMPLES_MAX) {
        let row: Vec<String> =
            fields(line, &dialect).map(|field| field.text.into_owned()).collect();
        all += 1;
        if row.len() == names.len() {
            fit += 1;
            for (column, value) in columns.iter_mut().zip(row) {
                column.values.push(value);
            }
        }
    }
    // A quoted field with line feeds spoils some lines; a log line with a comma spoils most.
    (fit > 0 && fit * 2 >= all).then(|| Shape {
        layout: Found::Delimited(separator),
        columns,
        fit_percent: percent(fit, all),
    })
}

/// Header patterns that logs often have, the more telling ones first.
const HEADERS: [&str; 8] = [
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
    let mut best: Option<(usize, &str, Regex)> = None;
    for header in HEADERS {
        let pattern = Regex::new(header).expect("header patterns are tested");
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
        columns.push(Column { name: name.to_owned(), values: values.collect(), list: false });
    }
    Some(Shape {
        layout: Found::Log(header.to_owned()),
        columns,
        fit_percent: percent(fit, lines.len()),
    })
}

fn percent(part: usize, whole: usize) -> u32 {
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

    #[test]
    fn cut_documents_are_closed() {
        assert_eq!(completed(r#"{"m":[{"a":"}"},{"b":1"#), r#"{"m":[{"a":"}"}]}"#);
    }
}
