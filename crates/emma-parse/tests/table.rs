//! The table of what is read: every specimen, and every file of the public data beside the
//! checkout. `cargo xtask prove formats` prints it (`EMMA_TABLE=1`).

use crate::collect::{Found, read_file_by};
use crate::shared_ios;
use emma_parse::account::Account;
use emma_parse::{Limits, Plan};
use std::path::{Path, PathBuf};

/// One line: a file, what was found, what was expected.
struct Line {
    file: String,
    parser: String,
    records: usize,
    anomalies: usize,
    /// Rows that something else says are there; `None` where nothing does.
    expected: Option<usize>,
    found: usize,
    unexplained: usize,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map(|files| files.flatten().map(|file| file.path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
}

fn line(path: &Path, name: &str, expected: impl FnOnce(&[u8]) -> Option<usize>) -> Line {
    let mut found = Found::default();
    let plan = Plan::new(None, true);
    read_file_by(&plan, path, name, &Limits::default(), &mut Account::new(&mut found));
    let records = found.records().count();
    let of_items: usize = found.items.iter().map(|item| item.anomalies.len()).sum();
    let of_members: usize = found.ends.iter().map(|end| end.anomalies.len()).sum();
    let expected = expected(&std::fs::read(path).unwrap());
    Line {
        file: name.to_owned(),
        parser: found.ends.last().map(|end| end.parser.clone()).unwrap_or_default(),
        records,
        anomalies: of_items + of_members,
        expected,
        found: records,
        unexplained: expected.map_or(0, |rows| rows.abs_diff(records)),
    }
}

/// Messages of an export, counted by another reader; broken JSON cannot be counted so.
fn messages(bytes: &[u8]) -> Option<usize> {
    let json: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(json["messages"].as_array()?.len())
}

/// Lines that are not blank: each line of a log is a record.
fn lines(bytes: &[u8]) -> Option<usize> {
    let lines = bytes.split(|byte| *byte == b'\n');
    Some(lines.filter(|line| !line.trim_ascii().is_empty()).count())
}

/// All lines of the table.
fn table() -> Vec<Line> {
    let mut table = Vec::new();
    for folder in paths(&root().join("fuzz/corpus")) {
        let target = folder.file_name().unwrap().to_string_lossy().into_owned();
        for path in paths(&folder) {
            let name = format!("{target}/{}", path.file_name().unwrap().to_string_lossy());
            table.push(line(&path, &name, |_| None));
        }
    }
    let data = root().join("../shared/data");
    for path in paths(&data.join("telegram")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            table.push(line(&path, &format!("telegram/{name}"), messages));
        }
    }
    for set in ["dev", "train"] {
        for path in paths(&data.join("irc").join(set)) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            table.push(line(&path, &format!("{set}/{name}"), lines));
        }
    }
    let ios = data.join("ios");
    for path in paths(&ios.join("zips")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        table.push(line(&path, &format!("ios/{name}"), |_| None));
    }
    if ios.is_dir() {
        table.extend(shared_ios::compare(&ios).into_iter().map(|compared| Line {
            file: format!("ios/expected/{}", compared.name),
            parser: "iLEAPP's rows".to_owned(),
            records: compared.records,
            anomalies: 0,
            expected: Some(compared.expected),
            found: compared.found,
            unexplained: compared.differences.len(),
        }));
    }
    table
}

#[test]
fn nothing_in_the_table_is_unexplained() {
    let table = table();
    let show = std::env::var_os("EMMA_TABLE").is_some();
    if show {
        println!(
            "{:<64} {:<26} {:>7} {:>9} {:>8} {:>7} {:>11}",
            "file", "read by", "records", "anomalies", "expected", "found", "unexplained"
        );
    }
    let (mut records, mut anomalies, mut unexplained) = (0, 0, 0);
    for line in &table {
        records += line.records;
        anomalies += line.anomalies;
        unexplained += line.unexplained;
        if show {
            let expected = line.expected.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
            println!(
                "{:<64} {:<26} {:>7} {:>9} {:>8} {:>7} {:>11}",
                line.file,
                line.parser,
                line.records,
                line.anomalies,
                expected,
                line.found,
                line.unexplained
            );
        }
    }
    println!(
        "{} files and artefacts, {records} records, {anomalies} anomalies, {unexplained} \
         unexplained differences",
        table.len()
    );
    assert_eq!(unexplained, 0);
}
