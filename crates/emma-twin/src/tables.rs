//! The truth as Parquet: every NDJSON file of a run's `truth/` once more as a table, and the copies
//! of all messages as a table of their own.
//!
//! A pass of its own, so that generation streams at full speed. Columns are inferred file by file:
//! whole numbers, true or false, text; a list is kept as its JSON text.

use crate::Result;
use crate::output::{FileEntry, keep};
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes the Parquet tables of the run in `root`, beside its truth; returns them by path.
pub fn convert(root: &Path) -> Result<Vec<FileEntry>> {
    let mut paths = Vec::new();
    find(&root.join("truth"), &mut paths)?;
    paths.sort();
    let made: Vec<Vec<FileEntry>> =
        paths.par_iter().map(|path| convert_file(root, path)).collect::<Result<_>>()?;
    Ok(made.into_iter().flatten().collect())
}

fn find(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, into)?;
        } else if path.to_string_lossy().ends_with(".ndjson.zst") {
            into.push(path);
        }
    }
    Ok(())
}

fn convert_file(root: &Path, path: &Path) -> Result<Vec<FileEntry>> {
    let text = zstd::decode_all(std::fs::File::open(path)?)?;
    let mut rows: Vec<Map<String, Value>> = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        rows.push(serde_json::from_slice(line).map_err(io::Error::other)?);
    }
    let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let name = relative.trim_end_matches(".ndjson.zst");
    let mut made = Vec::new();
    if name.starts_with("truth/messages/") {
        let copies = copies(&mut rows);
        made.push(table(root, &name.replace("/messages/", "/copies/"), &copies)?);
    }
    made.push(table(root, name, &rows)?);
    Ok(made)
}

/// Takes the copies out of messages: one row a copy, with its message's id.
fn copies(messages: &mut [Map<String, Value>]) -> Vec<Map<String, Value>> {
    let mut rows = Vec::new();
    for message in messages {
        let Some(Value::Array(copies)) = message.remove("copies") else { continue };
        for copy in copies {
            let Value::Object(mut row) = copy else { continue };
            row.insert("id".into(), message["id"].clone());
            if let Some(Value::Array(defects)) = row.remove("defects") {
                let words: Vec<&str> = defects.iter().filter_map(Value::as_str).collect();
                row.insert("defects".into(), words.join(" ").into());
            }
            rows.push(row);
        }
    }
    rows
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Number,
    Flag,
    Text,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Number(number) if number.is_i64() => Kind::Number,
        Value::Bool(_) => Kind::Flag,
        _ => Kind::Text,
    }
}

fn table(root: &Path, name: &str, rows: &[Map<String, Value>]) -> Result<FileEntry> {
    let mut columns: BTreeMap<&str, Kind> = BTreeMap::new();
    for (key, value) in rows.iter().flatten() {
        let own = kind(value);
        let known = columns.entry(key).or_insert(own);
        if *known != own {
            *known = Kind::Text;
        }
    }
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (key, kind) in &columns {
        let values = rows.iter().map(|row| row.get(*key));
        let (of, array): (DataType, ArrayRef) = match kind {
            Kind::Number => {
                let array: Int64Array = values.map(|value| value.and_then(Value::as_i64)).collect();
                (DataType::Int64, Arc::new(array))
            }
            Kind::Flag => {
                let flags: Vec<Option<bool>> =
                    values.map(|value| value.and_then(Value::as_bool)).collect();
                (DataType::Boolean, Arc::new(BooleanArray::from(flags)))
            }
            Kind::Text => {
                let array: StringArray = values.map(|value| value.map(words)).collect();
                (DataType::Utf8, Arc::new(array))
            }
        };
        fields.push(Field::new(*key, of, true));
        arrays.push(array);
    }
    if columns.is_empty() {
        fields.push(Field::new("empty", DataType::Utf8, true));
        arrays.push(Arc::new(StringArray::from(Vec::<Option<String>>::new())));
    }
    let schema = Arc::new(Schema::new(fields));
    let level = ZstdLevel::try_new(1).map_err(io::Error::other)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(io::Error::other)?;
    let mut out = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut out, schema, Some(properties)).map_err(io::Error::other)?;
    writer.write(&batch).map_err(io::Error::other)?;
    writer.close().map_err(io::Error::other)?;
    keep(root, &format!("{name}.parquet"), &out, rows.len() as u64)
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
