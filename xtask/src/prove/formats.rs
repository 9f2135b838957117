//! Every specimen and public file against what is expected of it, then a folder of mixed files
//! taken in by one command.

use super::scene::{self, Options};
use crate::bench;
use crate::failure::{During, Failure};
use crate::workspace;
use std::process::Command;

/// Runs the demonstration.
pub fn run(_: &Options) -> Result<String, Failure> {
    // The table and the mixed files are tests of the readers, so that CI runs them, too.
    tests("table::", "EMMA_TABLE", "1")?;
    let folder = scene::folder("formats");
    let programs = scene::programs()?;
    let emma = bench::fresh_case(&programs, &folder)?;
    let mixed = folder.join("mixed");
    let mixed_text = mixed.display().to_string();
    tests("mixed::", "EMMA_WRITE_MIXED", &mixed_text)?;
    let files = scene::listing(&mixed)?.len();
    print!("{}", emma.must(&["intake", "case", &mixed_text, "--source", "mixed"])?.out);
    for words in [&["report", "case", "loss"][..], &["status", "case"]] {
        print!("{}", emma.must(words)?.out);
    }
    // A receipt whose ledger does not balance is refused; the totals say the same once more.
    let balanced = scene::balanced(&scene::status(&emma)?)?;
    let key = scene::key(&emma)?;
    let verified = scene::verify(&emma, &key, None)?;
    print!("{}", verified.out);
    if verified.code != 0 {
        return Err(Failure::found("the case of mixed files does not verify"));
    }
    emma.must(&["rebuild", "case", "--check"])?;
    Ok(format!("{files} mixed files by one command, {balanced} bytes balanced, verified, rebuilt"))
}

/// Runs the tests of the readers whose names hold `filter`, their output shown.
fn tests(filter: &str, variable: &str, value: &str) -> Result<(), Failure> {
    let mut command: Command = workspace::cargo();
    command.args(["test", "--quiet", "-p", "emma-parse", "--test", "main", filter]);
    command.args(["--", "--nocapture"]).env(variable, value);
    let exit = command.status().during("cannot run the tests of the readers")?;
    match exit.success() {
        true => Ok(()),
        false => Err(Failure::found(format!("the tests {filter} failed"))),
    }
}
