//! The heavy half of `cargo xtask bench`: a seeded corpus, queries, and SQLite beside emma.
//!
//! ```text
//! emma-bench corpus FOLDER MESSAGES SEED       makes the corpus (once), prints its figures
//! emma-bench queries FOLDER MESSAGES SEED OUT  draws 1,200 queries from it
//! emma-bench sqlite-load FOLDER DATABASE       loads it into SQLite, prints stages
//! emma-bench sqlite-search DATABASE QUERIES    asks SQLite, prints latencies
//! emma-bench search CASE QUERIES               asks emma's own searcher in process, the same way
//! emma-bench formats FOLDER BYTES [NAME]       makes and reads a file of each format (or of one)
//! emma-bench format-file FOLDER BYTES NAME     makes such a file and leaves it
//! ```
//!
//! Everything is printed as one JSON object. `xtask` calls this program and measures it from
//! outside. Invariant: nothing that ships depends on this crate.

mod corpus;
mod draw;
mod formats;
mod latency;
mod people;
mod queries;
mod record;
mod search;
mod sqlite;
mod words;

use queries::Query;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// As many of each kind.
const QUERIES: usize = 1_200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(value) => {
            println!("{value}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("emma-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<Value, String> {
    match words {
        ["corpus", folder, messages, seed] => {
            make(Path::new(folder), number(messages)?, number(seed)?)
        }
        ["queries", folder, messages, seed, out] => {
            let drawn = queries::draw(&files(folder)?, number(messages)?, QUERIES, number(seed)?);
            let drawn = drawn.map_err(|error| error.to_string())?;
            let text = serde_json::to_string(&drawn).map_err(|error| error.to_string())?;
            std::fs::write(out, text).map_err(|error| error.to_string())?;
            Ok(json!({ "queries": drawn.len() }))
        }
        ["sqlite-load", folder, database] => sqlite::load(&files(folder)?, Path::new(database)),
        ["sqlite-search", database, queries] => {
            let mut peer = sqlite::Peer::open(Path::new(database))?;
            Ok(latency::report(&latency::ask_all(&mut peer, &read(queries)?)?))
        }
        ["search", case, queries] => {
            let mut emma = search::Emma::open(Path::new(case))?;
            Ok(latency::report(&latency::ask_all(&mut emma, &read(queries)?)?))
        }
        ["formats", folder, bytes, only @ ..] => {
            let names = formats::names();
            let wanted = names.iter().filter(|name| only.is_empty() || only.contains(name));
            let measured = wanted.map(|name| {
                eprintln!("bench: {name}");
                formats::measure(Path::new(folder), name, number(bytes)?)
            });
            Ok(json!({ "formats": measured.collect::<Result<Vec<Value>, String>>()? }))
        }
        ["format-file", folder, bytes, name] => {
            let (path, records) = formats::make(Path::new(folder), name, number(bytes)?)?;
            Ok(json!({ "path": path, "records": records }))
        }
        _ => Err("see the head of crates/emma-bench/src/main.rs".to_owned()),
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}

fn files(folder: &str) -> Result<Vec<PathBuf>, String> {
    let files = corpus::existing(Path::new(folder)).map_err(|error| error.to_string())?;
    if files.is_empty() { Err("there is no complete corpus".to_owned()) } else { Ok(files) }
}

fn read(queries: &str) -> Result<Vec<Query>, String> {
    let text = std::fs::read_to_string(queries).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Makes the corpus unless it is there, and remembers its figures beside it.
fn make(folder: &Path, messages: u64, seed: u64) -> Result<Value, String> {
    let figures = folder.join("figures.json");
    let existing = corpus::existing(folder).map_err(|error| error.to_string())?;
    if let (false, Ok(text)) = (existing.is_empty(), std::fs::read_to_string(&figures)) {
        return serde_json::from_str(&text).map_err(|error| error.to_string());
    }
    let made = corpus::make(folder, messages, seed).map_err(|error| error.to_string())?;
    let compressed: u64 =
        made.files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum();
    let value = json!({
        "messages": made.messages,
        "bytes": made.bytes,
        "text_bytes": made.text_bytes,
        "words": made.words,
        "compressed_bytes": compressed,
        "files": made.files.len(),
    });
    std::fs::write(figures, value.to_string()).map_err(|error| error.to_string())?;
    Ok(value)
}
