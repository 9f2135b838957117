//! Tells the layout of JSON and what its keys hold, for [`super::guess`].

use super::guess_shape::{Column, Found, SAMPLES_MAX, Shape, percent};
use serde_json::Value;

/// One object a line.
pub(super) fn lines(text: &str) -> Option<Shape> {
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

/// One document, or objects one after another.
pub(super) fn document(text: &str) -> Option<Shape> {
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
            offer(path.clone(), objects, best);
            for item in items.iter().take(20) {
                lists(item, &path, depth + 1, best);
            }
        }
        Value::Object(members) => {
            if let Some(records) = under_every_key(members) {
                let path = if path.is_empty() { "*[]".to_owned() } else { format!("{path}.*[]") };
                offer(path, records, best);
                return;
            }
            for (key, value) in members {
                let key = key.replace('\\', "\\\\").replace('.', "\\.");
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                lists(value, &path, depth + 1, best);
            }
        }
        _ => {}
    }
}

/// Keeps the list at `path` where it is better than the best so far.
fn offer(path: String, records: Vec<Value>, best: &mut Option<(String, Vec<Value>)>) {
    let score = |records: &[Value]| {
        records.len() + records.iter().filter(|record| is_talk(record)).count() * 100
    };
    if score(&records) > best.as_ref().map_or(0, |(_, records)| score(records)) {
        *best = Some((path, records.into_iter().take(SAMPLES_MAX).collect()));
    }
}

/// The elements of all members, where each is a list of objects with the same first key: rooms
/// by their names.
fn under_every_key(members: &serde_json::Map<String, Value>) -> Option<Vec<Value>> {
    let first = |value: &Value| {
        let object = value.as_array()?.first()?.as_object()?;
        object.keys().next().cloned()
    };
    let mut keys = members.values().map(first);
    let wanted = keys.next()??;
    let same = members.len() >= 2 && keys.all(|key| key.as_ref() == Some(&wanted));
    let lists = members.values().filter_map(Value::as_array);
    same.then(|| lists.flatten().filter(|item| item.is_object()).cloned().collect())
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
        keys(&mut out, "", record, 0);
    }
    out
}

/// Notes the scalars of an object and of objects in it.
fn keys(out: &mut Vec<Column>, path: &str, value: &Value, depth: usize) {
    /// Objects within objects that are looked into.
    const DEPTH_MAX: usize = 3;
    /// More keys than a mapping could mention.
    const COLUMNS_MAX: usize = 500;
    match value {
        Value::Object(members) if depth < DEPTH_MAX => {
            for (key, value) in members {
                let key = key.replace('\\', "\\\\").replace('.', "\\.");
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                keys(out, &path, value, depth + 1);
            }
        }
        value if !path.is_empty() && out.len() < COLUMNS_MAX => note(out, path, value),
        _ => {}
    }
}

fn note(columns: &mut Vec<Column>, name: &str, value: &Value) {
    let first = value.as_array().and_then(|items| items.first());
    let text = match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(_) => first.and_then(Value::as_str).map(str::to_owned),
        scalar => Some(scalar.to_string()),
    };
    let at = columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
        columns.push(Column::new(name));
        columns.len() - 1
    });
    let column = &mut columns[at];
    column.list |= value.is_array();
    if let Some(Value::Object(members)) = first {
        let ways = ["id", "handle", "username", "name", "address", "number"];
        let key = ways.iter().find(|way| members.contains_key(**way));
        column.inner = key.map(|key| (*key).to_owned());
    }
    column.values.extend(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_documents_are_closed() {
        assert_eq!(completed(r#"{"m":[{"a":"}"},{"b":1"#), r#"{"m":[{"a":"}"}]}"#);
    }
}
