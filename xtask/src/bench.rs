//! `cargo xtask bench`: from files to searchable, measured from outside, beside SQLite.
//!
//! 1. a seeded corpus, made once and kept in `target/bench`
//! 2. the release program takes it in; the kernel counts its CPU time and memory
//! 3. bytes on disk by what they are for
//! 4. seeded queries, in process, through the program's own searcher
//! 5. SQLite reads, hashes, stores, indexes and answers the same, in the same run
//!
//! Absolute times depend on the machine and on what else it does; the ratios are the result.

mod formats;
mod report;

use crate::cli::{Emma, folder_bytes};
use crate::failure::{During, Failure};
use crate::measure::Cost;
use crate::workspace;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// How the corpus is read.
pub const MAPPING: &str = r#"mapping = 1
name = "bench"
version = 1
description = "The seeded corpus of the benchmark."
network = "bench"
files = ["*.ndjson", "*.ndjson.zst"]
layout = "ndjson"

[fields]
id = "id"
from = "from"
to = "to"
conversation = "conversation"
text = "text"

[time]
column = "time"
format = "rfc3339"
clock = "sent"
"#;

/// The name of the person who measures.
const ACTOR: &str = "bench";

/// What was asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    messages: u64,
    seed: u64,
    json: bool,
    keep: bool,
    peer: bool,
}

impl Asked {
    fn parse(arguments: &[String]) -> Result<Asked, Failure> {
        let mut asked =
            Asked { messages: 1_000_000, seed: 7, json: false, keep: false, peer: true };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                let missing = || Failure::usage(format!("{word} needs a value"));
                words.next().ok_or_else(missing)
            };
            match word.as_str() {
                "--messages" => asked.messages = count(value()?)?,
                "--seed" => asked.seed = count(value()?)?,
                "--json" => asked.json = true,
                "--keep" => asked.keep = true,
                "--no-peer" => asked.peer = false,
                other => return Err(Failure::usage(format!("bench does not know {other}"))),
            }
        }
        Ok(asked)
    }
}

/// `10M`, `250k` or a plain number.
pub fn count(text: &str) -> Result<u64, Failure> {
    let (digits, unit) = match text.strip_suffix(['M', 'm']) {
        Some(digits) => (digits, 1_000_000),
        None => match text.strip_suffix(['k', 'K']) {
            Some(digits) => (digits, 1_000),
            None => (text, 1),
        },
    };
    let number: u64 = digits.parse().during("a number like 250k or 10M")?;
    Ok(number * unit)
}

/// Where the corpus, the case and the reports are.
pub fn folder() -> PathBuf {
    workspace::target().join("bench")
}

/// The corpus for `messages` and `seed`, made unless it is there: its folder and figures.
pub fn corpus(programs: &Path, messages: u64, seed: u64) -> Result<(PathBuf, Value), Failure> {
    let bench = Emma::at(programs, &folder())?;
    let corpus = folder().join(format!("corpus-{seed}-{messages}"));
    let path = corpus.display().to_string();
    let words = ["corpus", &path, &messages.to_string(), &seed.to_string()];
    let said = bench.ask_program("emma-bench", &words)?;
    if said.code != 0 {
        return Err(Failure::found(format!("the corpus was not made: {}", said.err)));
    }
    Ok((corpus, said.json()?))
}

/// A fresh case under `folder` with one actor and one authority over everything.
pub fn fresh_case(programs: &Path, folder: &Path) -> Result<Emma, Failure> {
    let emma = Emma::fresh(programs, folder)?.with("EMMA_REASON", "to measure");
    emma.must(&["actor", "add", ACTOR])?;
    let actors = emma.must(&["--json", "actor", "list"])?.json()?;
    let key = crate::demo::find_text(&actors, "key")
        .ok_or_else(|| Failure::found("`emma actor list --json` shows no member `key`"))?;
    emma.must(&["case", "new", "case", "--kind", "synthetic"])?;
    let authority = crate::demo::specimens::authority(ACTOR, &key);
    std::fs::write(folder.join("authority.toml"), authority).during("cannot write a file")?;
    std::fs::write(folder.join("bench.toml"), MAPPING).during("cannot write a file")?;
    emma.must(&["authority", "add", "case", "authority.toml"])?;
    Ok(emma)
}

/// Runs the benchmark.
pub fn run(arguments: &[String]) -> Result<u8, Failure> {
    if let Some((first, rest)) = arguments.split_first()
        && first == "formats"
    {
        return formats::run(rest);
    }
    let asked = Asked::parse(arguments)?;
    let programs = workspace::build(&["emma", "emma-bench"], true)?;
    step("corpus");
    let (corpus, figures) = corpus(&programs, asked.messages, asked.seed)?;
    let queries = draw_queries(&programs, &corpus, &asked)?;

    step("intake");
    let work = folder().join("run");
    let emma = fresh_case(&programs, &work)?;
    let corpus_text = corpus.display().to_string();
    let words = ["intake", "case", &corpus_text, "--source", "bench", "--mapping", "bench.toml"];
    let (said, cost) = emma.metered(&[&["--json", "--quiet"][..], &words].concat())?;
    let intake = said.json()?;
    let disk = disk(&work.join("case"));

    step("search");
    let words = ["search", "case", &queries.display().to_string()];
    let (said, search_cost) = emma.metered_program("emma-bench", &words)?;
    let search = said.json()?;

    let peer = if asked.peer { Some(peer(&emma, &corpus_text, &queries)?) } else { None };
    let report = json!({
        "v": 1,
        "machine": machine(),
        "seed": asked.seed,
        "corpus": figures,
        "emma": {
            "intake": measured(cost, &intake),
            "disk": disk,
            "search": measured(search_cost, &search),
        },
        "sqlite": peer,
    });
    let path = folder().join(format!("report-{}-{}.json", asked.seed, asked.messages));
    std::fs::write(&path, format!("{report:#}\n")).during("cannot keep the report")?;
    if asked.json {
        println!("{report}");
    } else {
        print!("{}", report::text(&report));
    }
    if !asked.keep {
        std::fs::remove_dir_all(&work).during("cannot clear the benchmark's case")?;
    }
    Ok(0)
}

fn step(name: &str) {
    eprintln!("bench: {name}");
}

fn measured(cost: Cost, said: &Value) -> Value {
    json!({ "cost": cost.json(), "said": said })
}

fn draw_queries(programs: &Path, corpus: &Path, asked: &Asked) -> Result<PathBuf, Failure> {
    let path = folder().join(format!("queries-{}-{}.json", asked.seed, asked.messages));
    let bench = Emma::at(programs, &folder())?;
    let (corpus, out) = (corpus.display().to_string(), path.display().to_string());
    let (messages, seed) = (asked.messages.to_string(), asked.seed.to_string());
    let said = bench.ask_program("emma-bench", &["queries", &corpus, &messages, &seed, &out])?;
    if said.code != 0 {
        return Err(Failure::found(format!("the queries were not drawn: {}", said.err)));
    }
    Ok(path)
}

/// Loads and asks SQLite, measured like emma.
fn peer(emma: &Emma, corpus: &str, queries: &Path) -> Result<Value, Failure> {
    step("sqlite, load");
    let database = emma.folder().join("peer.db").display().to_string();
    let (said, cost) = emma.metered_program("emma-bench", &["sqlite-load", corpus, &database])?;
    let load = said.json()?;
    step("sqlite, search");
    let words = ["sqlite-search", &database, &queries.display().to_string()];
    let (said, search_cost) = emma.metered_program("emma-bench", &words)?;
    Ok(json!({
        "load": measured(cost, &load),
        "search": measured(search_cost, &said.json()?),
    }))
}

/// Bytes of a case by what they are for.
fn disk(case: &Path) -> Value {
    let state = ["state.db", "state.db-wal", "state.db-shm"];
    let state: u64 =
        state.iter().filter_map(|n| case.join(n).metadata().ok()).map(|file| file.len()).sum();
    json!({
        "exhibits": folder_bytes(&case.join("evidence/exhibits")),
        "trees": folder_bytes(&case.join("evidence/trees")),
        "log": folder_bytes(&case.join("evidence/log"))
            + folder_bytes(&case.join("evidence/payloads")),
        "lake": folder_bytes(&case.join("lake")),
        "index": folder_bytes(&case.join("index")),
        "state": state,
    })
}

/// What the figures were taken on.
fn machine() -> Value {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([':', '\t', ' ']).to_owned());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!({
        "cores": cores,
        "processor": model,
        "load_at_end": load.split(' ').next().unwrap_or("?"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_short() {
        assert_eq!(count("10M").unwrap(), 10_000_000);
        assert_eq!(count("250k").unwrap(), 250_000);
        assert_eq!(count("42").unwrap(), 42);
        assert!(count("many").is_err());
    }

    #[test]
    fn arguments_are_read() {
        let words = ["--messages", "10M", "--json"].map(str::to_owned);
        let asked = Asked::parse(&words).unwrap();
        assert!(asked.messages == 10_000_000 && asked.json && asked.peer && !asked.keep);
        assert!(Asked::parse(&["--seed".to_owned()]).is_err());
    }
}
