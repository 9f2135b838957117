//! The peer: SQLite with FTS5, over the same files, as one would set it up for speed.
//!
//! It reads, hashes (SHA-256), decodes, parses, stores, indexes (FTS5 on the text, b-trees on
//! sender and time) and answers. It is given what helps it: no journal, no syncing, a large cache,
//! indexes built after loading, texts stored once, identity and authority left out.

use crate::latency::Engine;
use crate::queries::Query;
use crate::record::{Record, each_line};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

const SETTINGS: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1000000;
    PRAGMA mmap_size = 16000000000;
";
const TABLES: &str = "
    CREATE TABLE message (
        id INTEGER PRIMARY KEY, network_id TEXT, sender TEXT, recipient TEXT,
        conversation TEXT, time TEXT, text TEXT
    );
    CREATE VIRTUAL TABLE words USING fts5(
        text, content = 'message', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2'
    );
";
const ROW: &str = "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const BTREES: &str = "
    CREATE INDEX message_sender ON message (sender, time);
    CREATE INDEX message_time ON message (time);
";

/// Clock ticks a second in `/proc`.
const TICKS_PER_SECOND: u64 = 100;

/// Loads the corpus into the new database `path` and reports its stages.
pub fn load(files: &[PathBuf], path: &Path) -> Result<Value, String> {
    if path.exists() {
        std::fs::remove_file(path).map_err(words)?;
    }
    let database = open(path)?;
    database.execute_batch(TABLES).map_err(words)?;
    let mut stages = Stages::start();
    hash(files).map_err(words)?;
    stages.end("read and hash");
    let messages = rows(files, &database)?;
    stages.end("decode, parse, store");
    database.execute("INSERT INTO words(words) VALUES ('rebuild')", []).map_err(words)?;
    stages.end("full text");
    database.execute_batch(BTREES).map_err(words)?;
    stages.end("b-trees");
    drop(database);
    let bytes = std::fs::metadata(path).map_err(words)?.len();
    Ok(json!({ "messages": messages, "bytes": bytes, "stages": stages.done }))
}

fn open(path: &Path) -> Result<Connection, String> {
    let database = Connection::open(path).map_err(words)?;
    database.execute_batch(SETTINGS).map_err(words)?;
    Ok(database)
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn hash(files: &[PathBuf]) -> io::Result<()> {
    let mut block = vec![0; 1 << 20];
    for path in files {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        loop {
            let length = file.read(&mut block)?;
            if length == 0 {
                break;
            }
            hasher.update(&block[..length]);
        }
        std::hint::black_box(hasher.finalize());
    }
    Ok(())
}

fn rows(files: &[PathBuf], database: &Connection) -> Result<u64, String> {
    database.execute_batch("BEGIN").map_err(words)?;
    let mut insert = database.prepare(ROW).map_err(words)?;
    let mut number = 0i64;
    each_line(files, |line| {
        let record = Record::parse(line)?;
        number += 1;
        let row = (
            number,
            record.id,
            record.from,
            record.to,
            record.conversation,
            record.time,
            record.text.as_ref(),
        );
        insert.execute(row).map_err(io::Error::other)?;
        Ok(())
    })
    .map_err(words)?;
    database.execute_batch("COMMIT").map_err(words)?;
    Ok(number as u64)
}

/// What each stage took, of this process.
struct Stages {
    wall: Instant,
    cpu_us: u64,
    done: Vec<Value>,
}

impl Stages {
    fn start() -> Stages {
        Stages { wall: Instant::now(), cpu_us: own_cpu_us(), done: Vec::new() }
    }

    fn end(&mut self, name: &str) {
        let cpu_us = own_cpu_us();
        self.done.push(json!({
            "name": name,
            "cpu_us": cpu_us - self.cpu_us,
            "wall_us": self.wall.elapsed().as_micros() as u64,
        }));
        self.wall = Instant::now();
        self.cpu_us = cpu_us;
    }
}

/// CPU time of this process so far; 0 where there is no `/proc`.
fn own_cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |at: usize| fields.split_whitespace().nth(at)?.parse::<u64>().ok();
    (ticks(11).unwrap_or(0) + ticks(12).unwrap_or(0)) * (1_000_000 / TICKS_PER_SECOND)
}

/// A loaded database that answers queries.
pub struct Peer(Connection);

impl Peer {
    /// Opens what [`load`] made.
    pub fn open(path: &Path) -> Result<Peer, String> {
        open(path).map(Peer)
    }
}

impl Peer {
    /// Messages were stored in time order, so the newest have the largest row ids.
    fn list(&mut self, columns: &str, from: &str, values: Vec<String>) -> Result<usize, String> {
        let text = format!("SELECT {columns} FROM {from} ORDER BY words.rowid DESC LIMIT 20");
        let mut statement = self.0.prepare_cached(&text).map_err(words)?;
        let last = statement.column_count() - 1;
        let mut rows = statement.query(params_from_iter(values)).map_err(words)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(words)? {
            std::hint::black_box(row.get_ref(last).map_err(words)?);
            count += 1;
        }
        Ok(count)
    }
}

impl Engine for Peer {
    fn newest(&mut self, query: &Query) -> Result<usize, String> {
        let (from, values) = statement(query);
        self.list("words.rowid", &from, values)
    }

    fn shown(&mut self, query: &Query) -> Result<usize, String> {
        let (_, values) = statement(query);
        self.list("message.id, sender, time, message.text", &joined(query), values)
    }

    fn total(&mut self, query: &Query) -> Result<u64, String> {
        let (from, values) = statement(query);
        let text = format!("SELECT count(*) FROM {from}");
        let mut statement = self.0.prepare_cached(&text).map_err(words)?;
        let count: i64 =
            statement.query_row(params_from_iter(values), |row| row.get(0)).map_err(words)?;
        Ok(count as u64)
    }
}

/// What to select from, and the values of its parameters in order.
fn statement(query: &Query) -> (String, Vec<String>) {
    let mut values = vec![query.for_fts5()];
    values.extend(query.from.clone());
    if let (Some(first), Some(end)) = (&query.first_day, &query.end_day) {
        values.extend([first.clone(), end.clone()]);
    }
    let from = match values.len() {
        // Without filters the rows need not be looked at to find or count.
        1 => "words WHERE words MATCH ?1".to_owned(),
        _ => joined(query),
    };
    (from, values)
}

/// The words joined with the rows that hold them, filtered.
fn joined(query: &Query) -> String {
    let mut from = "words JOIN message ON message.id = words.rowid WHERE words MATCH ?1".to_owned();
    let mut next = 2;
    if query.from.is_some() {
        from.push_str(" AND sender = ?2");
        next = 3;
    }
    if query.first_day.is_some() {
        from.push_str(&format!(" AND time >= ?{next} AND time < ?{}", next + 1));
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;
    use crate::latency::ask_all;
    use crate::queries;

    #[test]
    fn a_small_corpus_is_loaded_and_answers_as_its_text_says() {
        let folder = std::env::temp_dir().join(format!("emma-bench-{}", std::process::id()));
        let made = corpus::make(&folder.join("corpus"), 400, 3).unwrap();
        let path = folder.join("peer.db");
        let report = load(&made.files, &path).unwrap();
        assert_eq!(report["messages"], 400);
        assert_eq!(report["stages"].as_array().unwrap().len(), 4);
        let queries = queries::draw(&made.files, 400, 60, 3).unwrap();
        let taken = ask_all(&mut Peer::open(&path).unwrap(), &queries).unwrap();
        // Every query was drawn from a message, so every query finds at least that one.
        assert!(taken.iter().all(|t| t.total >= 1));
        let _ = std::fs::remove_dir_all(&folder);
    }
}
