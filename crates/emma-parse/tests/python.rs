//! python3 with nothing but its standard library, as an independent reader of JSON.

use crate::collect::Found;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a script that reads the specimen from standard input; its output, line by line. `None`,
/// and a line that says so, where python3 is not here.
pub fn lines(test: &str, script: &str, specimen: &[u8]) -> Option<Vec<String>> {
    let started = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        println!("skipped: {test}: python3 is not here");
        return None;
    };
    python.stdin.take().unwrap().write_all(specimen).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{test}: the script runs");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

/// (id, sender, text, time) of every message in the form the scripts print: JSON strings and
/// microseconds, so that nothing is lost in between.
pub fn rows(found: &Found) -> Vec<String> {
    let row = |record: &crate::collect::Said| {
        let text = |value: &Option<String>| serde_json::to_string(value).unwrap();
        let time = record.time.map_or("null".to_owned(), |(lo, ..)| lo.to_string());
        let (id, from) = (text(&record.id), text(&record.from));
        format!("[{id}, {from}, {}, {time}]", text(&record.text))
    };
    found.records().map(row).collect()
}

/// What scripts start with: the document, a row printer and a reader of ISO times.
pub const PRELUDE: &str = r#"
import sys, json, datetime
raw = sys.stdin.buffer.read().decode('utf-8')
def row(id, sender, text, micros):
    print(json.dumps([id, sender, text, micros], ensure_ascii=False))
def iso(text):
    at = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    since = at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)
"#;
