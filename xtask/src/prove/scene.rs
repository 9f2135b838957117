//! What demonstrations share: a case of their own, and ways to compare two cases.

use crate::bench;
use crate::cli::{Emma, Said};
use crate::failure::{During, Failure};
use crate::workspace;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Seed of the record trees in demonstrations, so that two cases can be compared byte by byte.
/// The program takes it for synthetic cases only.
pub const TREE_SEED: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What may be asked of a demonstration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Messages of the corpus, where one is used.
    pub messages: Option<u64>,
    /// How often (kills, flips, notes).
    pub times: Option<u64>,
    /// Seed of what is random in it.
    pub seed: u64,
}

impl Options {
    /// Reads `--messages`, `--times` and `--seed`.
    pub fn parse(arguments: &[String]) -> Result<Options, Failure> {
        let mut options = Options { seed: 7, ..Options::default() };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                return Err(Failure::usage(format!("{} needs a value", pair[0])));
            };
            let value = bench::count(value)?;
            match name.as_str() {
                "--messages" => options.messages = Some(value),
                "--times" => options.times = Some(value),
                "--seed" => options.seed = value,
                other => return Err(Failure::usage(format!("prove does not know {other}"))),
            }
        }
        Ok(options)
    }
}

/// The release programs.
pub fn programs() -> Result<PathBuf, Failure> {
    workspace::build(&["emma", "emma-verify", "emma-bench"], true)
}

/// The folder of demonstration `name`.
pub fn folder(name: &str) -> PathBuf {
    workspace::target().join("prove").join(name)
}

/// A fresh synthetic case `case` in `folder`, with one actor, one authority and fixed tree seeds.
pub fn fresh(programs: &Path, folder: &Path) -> Result<Emma, Failure> {
    Ok(bench::fresh_case(programs, folder)?.with("EMMA_SEED", TREE_SEED))
}

/// Public test data beside the project, where it is there.
pub fn shared_data(name: &str) -> Result<PathBuf, Failure> {
    let path = workspace::root().join("../shared/data").join(name);
    let found = path.canonicalize().during("this demonstration needs ../shared/data")?;
    Ok(found)
}

/// The arguments of an intake of the seeded corpus.
pub fn corpus_intake(corpus: &Path) -> Vec<String> {
    let words = ["--json", "--quiet", "intake", "case"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.push(corpus.display().to_string());
    words.extend(["--source", "bench", "--mapping", "bench.toml"].map(str::to_owned));
    words
}

/// The same arguments as string slices.
pub fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

/// What `emma status` says in JSON.
pub fn status(emma: &Emma) -> Result<Value, Failure> {
    emma.must(&["--json", "status", "case"])?.json()
}

/// Exhibits root and table roots: equal content, equal value.
pub fn roots(emma: &Emma) -> Result<Value, Failure> {
    let status = status(emma)?;
    let roots = serde_json::json!({
        "exhibits": status["exhibits_root"],
        "tables": status["table_roots"],
    });
    if roots["exhibits"].is_null() || roots["tables"].is_null() {
        return Err(Failure::found("`emma status --json` shows no roots"));
    }
    Ok(roots)
}

/// One of the totals of `emma status`, by name; 0 where it is not there.
pub fn total_of(status: &Value, name: &str) -> u64 {
    let totals = status["totals"].as_array().into_iter().flatten();
    let named = totals.filter(|total| total["name"] == name);
    named.filter_map(|total| total["value"].as_u64()).next().unwrap_or(0)
}

/// Fails unless every unpacked byte is accounted for; their number.
pub fn balanced(status: &Value) -> Result<u64, Failure> {
    let classes = ["record", "framing", "anomaly", "blob"];
    let classes = classes.map(|class| total_of(status, &format!("bytes: {class}")));
    let (told, unpacked) = (classes.iter().sum(), total_of(status, "unpacked bytes"));
    match told == unpacked {
        true => Ok(told),
        false => Err(Failure::found(format!("{told} bytes accounted for of {unpacked}"))),
    }
}

/// The exact number of messages a query finds.
pub fn total(emma: &Emma, query: &str) -> Result<u64, Failure> {
    let said = emma.must(&["--json", "search", "case", query, "--count"])?.json()?;
    said["total"].as_u64().ok_or_else(|| Failure::found("`emma search --count` shows no total"))
}

/// The log's public key.
pub fn key(emma: &Emma) -> Result<String, Failure> {
    Ok(emma.must(&["case", "key", "case"])?.out.trim().to_owned())
}

/// Runs `emma verify` with the key and checkpoint that were kept elsewhere.
pub fn verify(emma: &Emma, key: &str, checkpoint: Option<&str>) -> Result<Said, Failure> {
    let mut words = vec!["--json", "verify", "case", "--key", key];
    if let Some(path) = checkpoint {
        words.extend(["--checkpoint", path]);
    }
    emma.ask(&words)
}

/// Copies a folder with all below it.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).during("cannot copy a folder")?;
    for entry in fs::read_dir(from).during("cannot copy a folder")? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).during("cannot copy a file")?;
        }
    }
    Ok(())
}

/// Replaces folder `to` by a copy of `from`.
pub fn replace(from: &Path, to: &Path) -> Result<(), Failure> {
    if to.exists() {
        fs::remove_dir_all(to).during("cannot clear a folder")?;
    }
    copy(from, to)
}

/// All files below `folder`, by path from it, with their sizes.
pub fn listing(folder: &Path) -> Result<BTreeMap<PathBuf, u64>, Failure> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).during("cannot list a folder")? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                let relative = path.strip_prefix(folder).expect("it lies below").to_owned();
                files.insert(relative, entry.metadata()?.len());
            }
        }
    }
    Ok(files)
}

/// Fails unless the folders hold the same files with the same bytes.
pub fn same_files(one: &Path, two: &Path, what: &str) -> Result<u64, Failure> {
    let (first, second) = (listing(one)?, listing(two)?);
    let mut either = first.keys().chain(second.keys());
    if let Some(path) = either.find(|path| first.get(*path) != second.get(*path)) {
        let path = path.display();
        return Err(Failure::found(format!("{what}: {path} is missing or of another size")));
    }
    for path in first.keys() {
        if fs::read(one.join(path))? != fs::read(two.join(path))? {
            let path = path.display();
            return Err(Failure::found(format!("{what}: {path} differs")));
        }
    }
    Ok(first.len() as u64)
}

/// Fails unless two cases have the same exhibits, record trees and roots.
pub fn same_content(one: &Emma, two: &Emma) -> Result<(), Failure> {
    for part in ["exhibits", "trees"] {
        let folder = |emma: &Emma| emma.folder().join("case/evidence").join(part);
        same_files(&folder(one), &folder(two), part)?;
    }
    let (first, second) = (roots(one)?, roots(two)?);
    if first != second {
        return Err(Failure::found(format!("content roots differ:\n{first}\n{second}")));
    }
    Ok(())
}
