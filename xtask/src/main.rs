//! The project's own tooling: `cargo xtask TASK`.
//!
//! - [`test`]: format, lints, rules and every test; ends with `N passed, N failed`
//! - [`demo`]: a case from invented specimens to a verified proof, through the real program
//! - [`bench`]: rates, bytes and latencies of a seeded corpus, beside SQLite in the same run
//! - [`prove`]: one named promise of the product, tried hard, outside CI
//! - [`deps`], [`docs`], [`tidy`]: the rules that `test` holds, and what regenerates their lists
//!
//! Invariant: no crate of emma is linked here. What is measured or proven is the program a user
//! gets, started as a user starts it, and this crate builds in seconds.
#![forbid(unsafe_code)]

mod bench;
mod cli;
mod demo;
mod deps;
mod docs;
mod failure;
mod measure;
mod prove;
mod random;
mod test;
mod tidy;
mod workspace;
mod zip;

use failure::Failure;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  test [--demo]                  format, lints, rules, every test; with --demo the demo as well
  demo                           a synthetic case end to end, in target/demo
  bench [--messages 1M] [--seed N] [--json] [--keep]
                                 rates, bytes and latencies beside SQLite over the same file
  prove [NAME [OPTIONS]]         one promise tried hard; without NAME, the list of them
  deps [--write]                 rows of ARCHITECTURE.md that differ from the manifests
  docs [--check]                 writes docs/cli.md out of the program's own help
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(1)
        }
    }
}

/// Runs one task; the number is the exit code of a task that ran to its end.
fn run(arguments: &[String]) -> Result<u8, Failure> {
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", arguments),
    };
    match task {
        "test" => test::run(rest),
        "demo" => demo::run(rest).map(|()| 0),
        "bench" => bench::run(rest),
        "prove" => prove::run(rest),
        "deps" => deps::run(rest).map(|()| 0),
        "docs" => docs::run(rest).map(|()| 0),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(0)
        }
        other => Err(Failure::usage(format!("no task `{other}`\n\n{USAGE}"))),
    }
}
