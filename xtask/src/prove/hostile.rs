//! Bombs, entity attacks, depth, malformed pictures and corrupt databases beside two good files:
//! one intake, bounded in memory, everything told, the good files read as if alone.

use super::scene::{self, Options};
use crate::bench;
use crate::failure::{During, Failure};
use crate::workspace;
use std::path::Path;
use std::process::Command;

/// Most memory that is not mapped files.
const ANONYMOUS_BYTES_MAX: u64 = 512 << 20;
/// Messages of the two good files.
const GOOD_MESSAGES: u64 = 2 + 9;

/// Runs the demonstration.
pub fn run(_: &Options) -> Result<String, Failure> {
    let folder = scene::folder("hostile");
    let programs = workspace::build(&["emma", "emma-verify", "emma-bench", "emma-thumb"], true)?;
    let emma = bench::fresh_case(&programs, &folder)?;
    let files = folder.join("files");
    attacks(&files)?;
    let path = files.display().to_string();
    let words = ["--quiet", "intake", "case", &path, "--source", "hostile"];
    let (said, cost) = emma.metered(&words)?;
    print!("{}", said.out);

    println!("\n{:<28} {:>14} {:>9}  findings", "file", "bytes", "records");
    let loss = emma.must(&["--json", "report", "case", "loss"])?.json()?;
    let exhibits = loss["exhibits"].as_array().cloned().unwrap_or_default();
    let mut good = 0;
    for exhibit in &exhibits {
        let path = exhibit["path"].as_str().unwrap_or_default();
        let named = |field: &str| exhibit[field].as_object().into_iter().flatten();
        let records: u64 = named("records").filter_map(|(_, n)| n.as_u64()).sum();
        good += if path.contains("/good/") { records } else { 0 };
        let told: Vec<String> = named("anomalies").map(|(kind, n)| format!("{kind} {n}")).collect();
        let bytes = exhibit["bytes"].as_u64().unwrap_or(0);
        println!("{path:<28} {bytes:>14} {records:>9}  {}", told.join(", "));
    }
    let read = exhibits.len();
    let handed = scene::listing(&files)?.len();
    if read != handed {
        return Err(Failure::found(format!(
            "{read} files of {handed} are in the report of losses"
        )));
    }
    if good != GOOD_MESSAGES {
        return Err(Failure::found(format!(
            "{good} messages of the good files, not {GOOD_MESSAGES}"
        )));
    }
    let sheet = emma.must(&["--json", "files", "sheet", "case", "--output", "sheet.html"])?;
    print!("{}", sheet.out);
    scene::balanced(&scene::status(&emma)?)?;
    let verified = scene::verify(&emma, &scene::key(&emma)?, None)?;
    if verified.code != 0 {
        return Err(Failure::found(format!("it does not verify: {}", verified.out)));
    }
    if cost.anonymous_bytes_max > ANONYMOUS_BYTES_MAX {
        let most = cost.anonymous_bytes_max >> 20;
        return Err(Failure::found(format!("{most} MiB of memory, more than 512")));
    }
    std::fs::remove_dir_all(&files).during("cannot clear the attacks")?;
    Ok(format!(
        "{read} files, the {good} messages of the good ones all there, in {:.0} s and {} MiB \
         ({} MiB with mapped files); balanced, verified",
        cost.wall_us as f64 / 1e6,
        cost.anonymous_bytes_max >> 20,
        cost.resident_bytes_max >> 20,
    ))
}

/// Lets the tests of the readers write their attacks at full size.
fn attacks(folder: &Path) -> Result<(), Failure> {
    let mut command: Command = workspace::cargo();
    command.args(["test", "--quiet", "-p", "emma-parse", "--test", "main", "attacks_are_bounded"]);
    let exit = command.env("EMMA_WRITE_ATTACKS", folder).status().during("cannot write attacks")?;
    if exit.success() { Ok(()) } else { Err(Failure::found("the attacks were not written")) }
}
