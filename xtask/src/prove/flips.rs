//! One flipped bit at a time, in every kind of file, found and named.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::demo::specimens;
use crate::failure::Failure;
use crate::random::Random;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that say nothing about evidence: locks, and the projection that is caught up from the log.
const NOT_EVIDENCE: [&str; 4] = ["lock", "state.db", "state.db-wal", "state.db-shm"];

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let flips = options.times.unwrap_or(1_000);
    let messages = options.messages.unwrap_or(10_000);
    let programs = scene::programs()?;
    let emma = scene::fresh(&programs, &scene::folder("flips"))?;
    let kinds = prepare(&emma, &programs, messages, options.seed)?;
    let key = scene::key(&emma)?;
    let checkpoint = "kept.checkpoint";
    let clean = scene::verify(&emma, &key, Some(checkpoint))?;
    if clean.code != 0 {
        return Err(Failure::found(format!("untouched, it does not verify: {}", clean.out)));
    }
    let mut random = Random::new(options.seed);
    let mut tried: BTreeMap<&str, u64> = BTreeMap::new();
    let mut missed = Vec::new();
    for number in 0..flips {
        // Kinds in turn, so that a small log gets as many flips as a large lake.
        let at = (number % kinds.len() as u64) as usize;
        let (kind, files) = kinds.iter().nth(at).expect("a number below their count");
        let file = &files[random.below(files.len() as u64) as usize];
        if let Some(miss) = one(&emma, kind, file, &key, checkpoint, &mut random)? {
            println!("{miss}");
            missed.push(miss);
        }
        *tried.entry(kind).or_default() += 1;
        if number % 100 == 99 {
            println!("{} flips", number + 1);
        }
    }
    let by_kind: Vec<String> = tried.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    let by_kind = by_kind.join(", ");
    if !missed.is_empty() {
        let count = missed.len();
        return Err(Failure::found(format!("{count} of {flips} flips missed ({by_kind})")));
    }
    Ok(format!("{flips} flips, {flips} found and named ({by_kind})"))
}

/// A case with several sources, a kept checkpoint and a proof; its files by kind.
fn prepare(
    emma: &Emma,
    programs: &Path,
    messages: u64,
    seed: u64,
) -> Result<BTreeMap<&'static str, Vec<PathBuf>>, Failure> {
    let (corpus, _) = bench::corpus(programs, messages, seed)?;
    emma.must(&scene::words(&scene::corpus_intake(&corpus)))?;
    specimens::write(emma.folder())?;
    emma.must(&["intake", "case", "phone-7.zip", "--source", "phone"])?;
    let hits = emma.must(&["--json", "search", "case", "barely"])?.json()?;
    let id = hits["hits"][0]["id"].as_str().unwrap_or_default().to_owned();
    emma.must(&["note", "case", &id, "a note"])?;
    emma.must(&["log", "checkpoint", "case", "--output", "kept.checkpoint"])?;
    emma.must(&["show", "case", &id, "--proof", "message.proof"])?;

    let mut kinds: BTreeMap<&'static str, Vec<PathBuf>> = BTreeMap::new();
    let case = emma.folder().join("case");
    for (path, size) in scene::listing(&case)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if size == 0 || name.is_none_or(|name| NOT_EVIDENCE.contains(&name.as_str())) {
            continue;
        }
        let text = path.to_string_lossy().into_owned();
        let of = [
            ("evidence/exhibits", "exhibits"),
            ("evidence/trees", "trees"),
            ("evidence/payloads", "payloads"),
            ("evidence/log", "log"),
            ("lake", "lake"),
            ("index", "index"),
        ];
        if let Some((_, kind)) = of.iter().find(|(folder, _)| text.starts_with(folder)) {
            kinds.entry(kind).or_default().push(case.join(&path));
        }
    }
    kinds.insert("proof", vec![emma.folder().join("message.proof")]);
    if kinds.len() != 7 {
        let names: Vec<&str> = kinds.keys().copied().collect();
        return Err(Failure::found(format!("the case has files of these kinds only: {names:?}")));
    }
    Ok(kinds)
}

/// Flips one bit and flips it back; says what was missed where it was not found and named.
fn one(
    emma: &Emma,
    kind: &str,
    file: &Path,
    key: &str,
    checkpoint: &str,
    random: &mut Random,
) -> Result<Option<String>, Failure> {
    let original = fs::read(file)?;
    let mut changed = original.clone();
    let byte = random.below(changed.len() as u64) as usize;
    let bit = random.below(8);
    changed[byte] ^= 1 << bit;
    fs::write(file, &changed)?;
    let said = if kind == "proof" {
        emma.ask_program("emma-verify", &["--key", key, "message.proof"])
    } else {
        scene::verify(emma, key, Some(checkpoint))
    };
    fs::write(file, &original)?;
    let said = said?;
    let shown = file.strip_prefix(emma.folder()).unwrap_or(file).display();
    let place = format!("{shown}, byte {byte} of {}, bit {bit}", original.len());
    if said.code != 1 && said.code != 2 {
        return Ok(Some(format!("{place}: exit code {}", said.code)));
    }
    let named = kind == "proof" || names(&said.out, file) || names(&said.err, file);
    Ok((!named).then(|| format!("{place}: found, but the object is not named")))
}

/// Whether a finding names `file`: by its name, or by the folder that is the object's id.
fn names(said: &str, file: &Path) -> bool {
    let part = |path: Option<&std::ffi::OsStr>| {
        path.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.len() > 2)
    };
    let stem = part(file.file_stem());
    let above = part(file.parent().and_then(Path::file_name));
    stem.is_some_and(|stem| said.contains(&stem))
        || above.is_some_and(|above| said.contains(&above))
}
