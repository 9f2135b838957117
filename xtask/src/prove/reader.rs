//! A reader under an authority for two handles and one month, without the log key.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::demo;
use crate::failure::Failure;
use serde_json::Value;

/// Two messages whose times are known to the day only, in an unknown zone: each reaches out of
/// April for its bounds, though one of them was written on its last day.
const EDGE: &str = r#"{"id":"edge-1","from":"HANDLE","to":"x","when":"2020-04-30","say":"edge"}
{"id":"edge-2","from":"HANDLE","to":"x","when":"2020-04-15","say":"middle"}
"#;
const EDGE_MAPPING: &str = r#"mapping = 1
name = "edge"
version = 1
network = "edge"
files = ["edge.ndjson"]
layout = "ndjson"

[fields]
id = "id"
from = "from"
to = "to"
text = "say"

[time]
column = "when"
format = "%Y-%m-%d"
zone = "unknown"
"#;
const MONTH: &str = "after:2020-04-01 before:2020-05-01";

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let messages = options.messages.unwrap_or(100_000);
    let programs = scene::programs()?;
    let (corpus, _) = bench::corpus(&programs, messages, options.seed)?;
    let folder = scene::folder("reader");
    let chief = scene::fresh(&programs, &folder.join("chief"))?;
    chief.must(&scene::words(&scene::corpus_intake(&corpus)))?;
    let handles = two_handles(&chief)?;
    let edge = EDGE.replace("HANDLE", &handles[0]);
    std::fs::write(chief.folder().join("edge.ndjson"), edge)?;
    std::fs::write(chief.folder().join("edge.toml"), EDGE_MAPPING)?;
    let words = ["intake", "case", "edge.ndjson", "--source", "edge", "--mapping", "edge.toml"];
    chief.must(&words)?;

    let reader = authorised(&programs, &folder, &chief, &handles)?;
    let with = format!("(with:{} OR with:{})", handles[0], handles[1]);
    let expected = scene::total(&chief, &format!("{with} {MONTH}"))?;
    // The chief's filter finds the edge message by its lower bound; the reader must not see it.
    let withheld = check(&reader, &chief, expected, messages + 2)?;
    refused(&reader)?;
    audited(&chief)?;
    Ok(format!(
        "{expected} of {} messages seen in search, export and status, withheld {withheld}; no log \
         key needed; the audit names the reader",
        messages + 2
    ))
}

/// Two handles with many messages: those of the newest two.
fn two_handles(chief: &Emma) -> Result<[String; 2], Failure> {
    let hits = chief.must(&["--json", "search", "case", "", "--limit", "50"])?.json()?;
    let mut handles: Vec<String> = Vec::new();
    for hit in hits["hits"].as_array().into_iter().flatten() {
        if let Some(from) = hit["from"].as_str().filter(|from| !handles.iter().any(|h| h == from)) {
            handles.push(from.to_owned());
        }
    }
    let [first, second, ..] = handles.as_slice() else {
        return Err(Failure::found("50 messages of fewer than two senders"));
    };
    Ok([first.clone(), second.clone()])
}

/// A second person with keys of their own and an authority for two handles and April.
fn authorised(
    programs: &std::path::Path,
    folder: &std::path::Path,
    chief: &Emma,
    handles: &[String; 2],
) -> Result<Emma, Failure> {
    let reader = Emma::fresh(programs, &folder.join("reader"))?;
    let reader = reader.with("EMMA_REASON", "line of inquiry 4");
    reader.must(&["actor", "add", "Reader"])?;
    let actors = reader.must(&["--json", "actor", "list"])?.json()?;
    let key = demo::find_text(&actors, "key")
        .ok_or_else(|| Failure::found("`emma actor list --json` shows no member `key`"))?;
    let text = demo::specimens::authority("Reader", &key).replace("demo-1", "narrow-1").replace(
        "read_until",
        &format!(
            "sources = [\"bench\", \"edge\"]\nhandles = [\"{}\", \"{}\"]\n\
             period = {{ from = 2020-04-01, to = 2020-04-30 }}\nread_until",
            handles[0], handles[1]
        ),
    );
    std::fs::write(chief.folder().join("narrow.toml"), text)?;
    chief.must(&["authority", "add", "case", "narrow.toml"])?;
    // The reader has the case, and nothing of the chief's keys.
    let case = reader.folder().join("case");
    if case.exists() {
        std::fs::remove_file(&case)?;
    }
    std::os::unix::fs::symlink(chief.folder().join("case"), case)?;
    Ok(reader)
}

/// Compares what each command shows; returns the withheld counts in words.
fn check(reader: &Emma, chief: &Emma, expected: u64, all: u64) -> Result<String, Failure> {
    let under = ["--authority", "narrow-1"];
    let ask = |words: &[&str]| reader.must(&[words, &under].concat());
    let search = ask(&["--json", "search", "case", "", "--count"])?.json()?;
    let withheld = search["withheld"].as_object().cloned().unwrap_or_default();
    let hidden: u64 = withheld.values().filter_map(Value::as_u64).sum();
    let seen = search["total"].as_u64().unwrap_or(0);
    let uncertain = withheld.get("time uncertain").and_then(Value::as_u64).unwrap_or(0);
    let straddling = 1;
    if seen != expected - straddling || seen + hidden != all || uncertain != straddling {
        return Err(Failure::found(format!(
            "seen {seen}, withheld {withheld:?}: expected {} of {all}, one of them withheld as \
             time uncertain",
            expected - straddling
        )));
    }
    let export = ask(&["search", "case", "", "--export", "ndjson"])?.out;
    let lines = export.lines().filter(|line| line.contains("\"id\"")).count() as u64;
    if lines != seen {
        return Err(Failure::found(format!("the export has {lines} lines, not {seen}")));
    }
    let status = ask(&["--json", "status", "case"])?.json()?;
    let counted = scene::total_of(&status, "messages");
    if counted != seen {
        return Err(Failure::found(format!("status counts {counted} messages, not {seen}")));
    }
    // A message that the chief sees and the reader must not.
    let hit = chief.must(&["--json", "search", "case", "before:2020-04-01", "--limit", "1"])?;
    let id = hit.json()?["hits"][0]["id"].as_str().unwrap_or_default().to_owned();
    let shown = reader.ask(&[&["show", "case", &id][..], &under].concat())?;
    if shown.code == 0 {
        return Err(Failure::found("show shows a message outside the period"));
    }
    let words: Vec<String> = withheld.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    Ok(words.join(", "))
}

/// Another's authority is refused with exit code 3.
fn refused(reader: &Emma) -> Result<(), Failure> {
    let said = reader.ask(&["search", "case", "", "--authority", "demo-1"])?;
    if said.code != 3 {
        return Err(Failure::found(format!("another's authority: exit code {}", said.code)));
    }
    Ok(())
}

fn audited(chief: &Emma) -> Result<(), Failure> {
    let audit = chief.must(&["audit", "case", "--kind", "access"])?.out;
    for expected in ["Reader", "narrow-1", "line of inquiry 4"] {
        if !audit.contains(expected) {
            return Err(Failure::found(format!("the audit does not say {expected}")));
        }
    }
    Ok(())
}
