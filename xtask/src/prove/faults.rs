//! A fault at each persist in turn: killed, refused, disk full; then verified and resumed.

use super::scene::{self, Options};
use crate::cli::Emma;
use crate::demo::specimens;
use crate::failure::Failure;
use crate::random::Random;
use std::path::Path;

/// More persists than this are sampled.
const PERSISTS_MAX: u64 = 300;
const ACTIONS: [&str; 3] = ["kill", "error", "full"];
const INTAKE: [&str; 7] =
    ["intake", "case", "feed", "phone-7.zip", "--source", "demo", "--mapping=feed.toml"];

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let programs = scene::programs()?;
    let folder = scene::folder("faults");
    let emma = scene::fresh(&programs, &folder.join("faulted"))?;
    specimens::write(emma.folder())?;
    scene::copy(&emma.folder().join("case"), &folder.join("before"))?;
    let whole = Emma::fresh(&programs, &folder.join("undisturbed"))?;
    let whole = prepared(&whole, &emma, &folder)?;
    whole.must(&INTAKE)?;

    let persists = count_persists(&emma, &folder)?;
    let mut chosen: Vec<u64> = (1..=persists).collect();
    let mut random = Random::new(options.seed);
    let most = options.times.unwrap_or(PERSISTS_MAX);
    while chosen.len() as u64 > most {
        chosen.swap_remove(random.below(chosen.len() as u64) as usize);
    }
    chosen.sort_unstable();
    println!("{persists} persists in the intake; {} of them tried", chosen.len());
    let mut tried = 0;
    for at in &chosen {
        for action in ACTIONS {
            one(&emma, &whole, &folder, &format!("*:{at}:{action}"))?;
            tried += 1;
        }
    }
    Ok(format!(
        "{tried} faults at {} of {persists} persists: each stopped the intake, none left a receipt \
         for missing data, each intake resumed to the same content",
        chosen.len()
    ))
}

/// A second working folder with the same keys and the same case.
fn prepared(second: &Emma, first: &Emma, folder: &Path) -> Result<Emma, Failure> {
    scene::copy(&first.folder().join("home"), &second.folder().join("home"))?;
    scene::copy(&folder.join("before"), &second.folder().join("case"))?;
    std::fs::write(second.folder().join("bench.toml"), crate::bench::MAPPING)?;
    specimens::write(second.folder())?;
    Ok(second.with("EMMA_REASON", "to measure").with("EMMA_SEED", scene::TREE_SEED))
}

/// The first passage number that no longer stops an intake, less one: found by doubling, halving.
fn count_persists(emma: &Emma, folder: &Path) -> Result<u64, Failure> {
    let stops = |at: u64| -> Result<bool, Failure> {
        scene::replace(&folder.join("before"), &emma.folder().join("case"))?;
        let said = emma.with("EMMA_FAULT", &format!("*:{at}:error")).ask(&INTAKE)?;
        Ok(said.code != 0)
    };
    let mut high = 1;
    while stops(high)? {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if stops(middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

/// One fault: it stops the intake, what is left verifies, the intake resumes to the same content.
fn one(emma: &Emma, whole: &Emma, folder: &Path, fault: &str) -> Result<(), Failure> {
    scene::replace(&folder.join("before"), &emma.folder().join("case"))?;
    let said = emma.with("EMMA_FAULT", fault).ask(&INTAKE)?;
    let wrong = |what: &str, text: &str| Failure::found(format!("fault {fault}: {what}\n{text}"));
    // A child that aborts has no exit code; a refused or full disk is exit code 4.
    let expected = if fault.ends_with(":kill") { -1 } else { 4 };
    if said.code != expected {
        return Err(wrong(&format!("exit code {}, not {expected}", said.code), &said.err));
    }
    let key = scene::key(emma)?;
    let verified = scene::verify(emma, &key, None)?;
    if verified.code != 0 {
        return Err(wrong("what is left does not verify", &verified.out));
    }
    let resumed = emma.ask(&INTAKE)?;
    if resumed.code != 0 {
        return Err(wrong("the intake does not resume", &resumed.err));
    }
    scene::same_content(whole, emma).map_err(|failure| wrong("resumed", &failure.to_string()))?;
    let verified = scene::verify(emma, &key, None)?;
    if verified.code != 0 {
        return Err(wrong("resumed, it does not verify", &verified.out));
    }
    Ok(())
}
