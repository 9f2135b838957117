//! The rules of STYLE.md that a machine can check, as tests.
//!
//! Each rule lists every violation at once. An exception stands here, with its reason.
#![cfg(test)]

use crate::workspace::root;

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 500;
/// Characters of a line of source.
const LINE_CHARACTERS_MAX: usize = 100;
/// Lines of code of `emma-evidence`, without tests, comments and blank lines: what an opposing
/// expert reads in a day.
///
/// The aim was 3,000. What a verifier reads (keys, notes, Merkle trees, reading the log, trees and
/// proofs, checking a case) is about 3,700 of them; the rest writes.
const EVIDENCE_LINES_MAX: usize = 4_700;
/// Lines of ARCHITECTURE.md.
const ARCHITECTURE_LINES_MAX: usize = 200;

/// Files that may be longer than [`FILE_LINES_MAX`], and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// Files whose lines may be wider than [`LINE_CHARACTERS_MAX`], and why.
const WIDE_FILES: &[(&str, &str)] =
    &[("xtask/src/demo/specimens.rs", "a JSON record is one line, however long")];

/// Pages that must exist and say something.
const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CHANGELOG.md",
    "LICENSE",
    "docs/cli.md",
    "docs/json.md",
    "docs/mappings.md",
    "docs/query.md",
    "docs/scope.md",
    "docs/formats/authority.md",
    "docs/formats/evidence.md",
    "docs/formats/ids.md",
    "docs/formats/lake.md",
    "docs/formats/proof.md",
    "docs/formats/split.md",
];

/// Calls that make, rename or remove files; only `emma-store` and test code may use them.
const DISK_CALLS: &[&str] = &[
    "fs::write(",
    "fs::rename(",
    "fs::remove_file(",
    "fs::remove_dir",
    "fs::create_dir",
    "fs::copy(",
    "fs::hard_link(",
    "File::create",
    "OpenOptions",
    "File::options(",
];

/// Files outside `emma-store` that may use [`DISK_CALLS`], and why.
const DISK_EXCEPTIONS: &[(&str, &str)] = &[];

/// The project's own text files with one of `endings`, as (path from the root, content), sorted.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder of the workspace can be listed");
        for entry in entries.map(|entry| entry.expect("a folder of the workspace can be listed")) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if path.is_dir() {
                // `fuzz` keeps generated corpora and its own target folder.
                if !["target", ".git", "corpus", "artifacts"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let relative = path.strip_prefix(&root).expect("it lies under the root");
                if let Ok(text) = std::fs::read_to_string(&path) {
                    found.push((relative.to_string_lossy().into_owned(), text));
                }
            }
        }
    }
    found.sort();
    found
}

/// The part of a source file before its tests.
fn logic(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim_end() != "#[cfg(test)]")
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || ["/benches/", "/examples/"].iter().any(|folder| path.contains(folder))
}

fn is_tooling(path: &str) -> bool {
    ["xtask/", "crates/emma-testkit/", "crates/emma-bench/", "fuzz/"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// Whether `line` has `call` as a name of its own (`NewFile::create` is not `File::create`).
fn calls(line: &str, call: &str) -> bool {
    let own = |at: usize| !line[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    line.match_indices(call).any(|(at, _)| own(at))
}

fn none(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}

#[test]
fn files_are_one_idea_long() {
    let long = files(&[".rs"])
        .into_iter()
        .filter(|(path, _)| !is_test_file(path))
        .map(|(path, text)| (logic(&text).count(), path))
        .filter(|(lines, path)| {
            *lines > FILE_LINES_MAX && !LONG_FILES.iter().any(|(file, _)| file == path)
        })
        .map(|(lines, path)| format!("{path}: {lines} lines without tests"))
        .collect();
    none("a file is one idea, at most 500 lines; move one out, or grant an exception here", long);
}

#[test]
fn exceptions_are_still_needed() {
    let all = files(&[".rs"]);
    let mut idle = Vec::new();
    for (file, reason) in LONG_FILES {
        let text = all.iter().find(|(path, _)| path == file).map(|(_, text)| text.as_str());
        if text.is_none_or(|text| logic(text).count() <= FILE_LINES_MAX) || reason.is_empty() {
            idle.push((*file).to_owned());
        }
    }
    for (file, reason) in DISK_EXCEPTIONS {
        let text = all.iter().find(|(path, _)| path == file).map(|(_, text)| text.as_str());
        let used = text.is_some_and(|text| DISK_CALLS.iter().any(|call| text.contains(call)));
        if !used || reason.is_empty() {
            idle.push((*file).to_owned());
        }
    }
    none("an exception that nothing needs any more, or without a reason", idle);
}

#[test]
fn lines_fit_beside_each_other() {
    let mut wide = Vec::new();
    for (path, text) in files(&[".rs", "run"]) {
        if WIDE_FILES.iter().any(|(file, _)| *file == path) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            // An address and the row of a table cannot be broken.
            let row = line.trim_start().trim_start_matches(['/', '!', ' ']).starts_with('|');
            let fits = line.chars().count() <= LINE_CHARACTERS_MAX;
            if !fits && !row && !line.contains("://") {
                wide.push(format!("{path}:{}", number + 1));
            }
        }
    }
    none("lines of source are at most 100 characters", wide);
}

#[test]
fn nothing_is_left_to_do() {
    let marks = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
    let more = [concat!("#[", "ignore"), concat!("FIX", "ME"), concat!("X", "XX")];
    let mut left = Vec::new();
    for (path, text) in files(&[".rs"]) {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().chain(&more).any(|mark| line.contains(mark)) {
                left.push(format!("{path}:{}", number + 1));
            }
        }
    }
    none("unfinished work and ignored tests do not stay", left);
}

#[test]
fn no_path_of_a_machine_is_kept() {
    let folders = ["work", "home", "root", "Users", "tmp/bash_jobs", "farm"];
    let mut kept = Vec::new();
    for (path, text) in files(&[".rs", ".toml", ".md", ".json", ".snap", "run"]) {
        for (number, line) in text.lines().enumerate() {
            let machine = folders.iter().any(|folder| {
                let needle = format!("/{folder}/");
                // `a/home/b` is part of some longer path; a machine's path starts with it.
                line.match_indices(&needle).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "._-*$}{/:".contains(c))
                })
            });
            if machine {
                kept.push(format!("{path}:{}", number + 1));
            }
        }
    }
    none("paths of one machine do not belong into the project", kept);
}

#[test]
fn files_say_what_they_are() {
    let silent = files(&[".rs"])
        .into_iter()
        .filter(|(path, _)| !path.starts_with("fuzz/") && !is_test_file(path))
        .filter(|(_, text)| !text.trim_start().starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    none("every source file opens with `//!` and says what it is", silent);
}

#[test]
fn names_are_nouns_of_the_domain() {
    let vague = ["util.rs", "utils.rs", "common.rs", "helpers.rs", "helper.rs", "manager.rs"];
    let named = files(&[".rs"])
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| vague.iter().any(|name| path.ends_with(&format!("/{name}"))))
        .collect();
    none("a file is named after its idea", named);
}

#[test]
fn one_door_to_the_disk() {
    let mut around = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let exempt = path.starts_with("crates/emma-store/")
            || is_test_file(&path)
            || is_tooling(&path)
            || DISK_EXCEPTIONS.iter().any(|(file, _)| *file == path);
        if exempt {
            continue;
        }
        for (number, line) in logic(&text).enumerate() {
            let comment = line.trim_start().starts_with("//");
            if !comment && DISK_CALLS.iter().any(|call| calls(line, call)) {
                around.push(format!("{path}:{}", number + 1));
            }
        }
    }
    none("only emma-store creates, renames or removes files", around);
}

#[test]
fn the_evidence_crate_can_be_read_in_a_day() {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let lines: usize = files(&[".rs"])
        .iter()
        .filter(|(path, _)| path.starts_with("crates/emma-evidence/src/") && !is_test_file(path))
        .map(|(_, text)| logic(text).filter(code).count())
        .sum();
    assert!(lines <= EVIDENCE_LINES_MAX, "emma-evidence has {lines} lines of code");
}

#[test]
fn the_pages_are_there() {
    let missing = PAGES
        .iter()
        .filter(|page| std::fs::metadata(root().join(page)).map_or(0, |file| file.len()) < 200)
        .map(|page| (*page).to_owned())
        .collect();
    none("pages that must exist and say something", missing);
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let lines = map.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn every_crate_takes_its_lints_from_the_workspace() {
    let loose = files(&["Cargo.toml"])
        .into_iter()
        .filter(|(path, _)| path.starts_with("crates/") || path.starts_with("xtask/"))
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true"))
        .map(|(path, _)| path)
        .collect();
    none("a crate without `[lints] workspace = true`", loose);
}

#[test]
fn licences_are_on_the_list() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let output = crate::workspace::cargo()
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", &host()])
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata failed");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut refused = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none stated").replace('/', " OR ");
        if !permits(&licence, &allowed) {
            refused.push(format!("{}: {licence}", package["name"].as_str().unwrap_or("?")));
        }
    }
    none("licences that deny.toml does not allow", refused);
}

/// The platform this is built for: other platforms' crates are not downloaded.
fn host() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Whether a licence expression (`OR`, `AND`, one level of brackets) can be met by `allowed`.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let met = |name: &str| allowed.contains(&name.trim_matches(['(', ')', ' ']));
    if expression.contains('(') {
        return expression.split(" AND ").all(|part| part.split(" OR ").any(met));
    }
    expression.split(" OR ").any(|part| part.split(" AND ").all(met))
}

#[test]
fn a_licence_expression_is_read_as_written() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0", false),
    ] {
        assert_eq!(permits(expression, &allowed), expected, "{expression}");
    }
}
