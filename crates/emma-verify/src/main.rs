//! Checks a proof, or that a log only grew, without the case, without network, without parser.
//!
//! ```text
//! emma-verify --key K [--checkpoint C] FILE
//! emma-verify consistency OLD NEW --key K [--case DIR | --proof FILE]
//! ```
//!
//! Exit: 0 it holds, 1 it does not, 2 the command or a key does not read, 4 a file does not read.

#![forbid(unsafe_code)]

mod consistency;
mod date;
mod proof;

use clap::{Parser, Subcommand};
use emma_evidence::{Checkpoint, VerifierKey};
use std::path::Path;
use std::process::ExitCode;

/// Check a proof against a case's public log key.
#[derive(Debug, Parser)]
#[command(name = "emma-verify", version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    proof: proof::ProofArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that the log of one checkpoint only adds entries to that of an older one.
    Consistency(consistency::ConsistencyArgs),
}

/// Why there is no answer.
#[derive(Debug)]
enum Failure {
    /// A key or an argument does not read.
    Usage(String),
    /// A file does not read.
    Io(String),
}

/// True where what was checked holds.
type Answer = Result<bool, Failure>;

fn main() -> ExitCode {
    let args = Args::parse();
    // The one look at the clock; everything else takes the date as an argument.
    #[allow(clippy::disallowed_methods)]
    let today = date::of(std::time::SystemTime::now());
    let answer = match &args.command {
        Some(Command::Consistency(args)) => consistency::run(args),
        None => proof::run(&args.proof, &today),
    };
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Usage(what)) => {
            eprintln!("emma-verify: {what}");
            ExitCode::from(2)
        }
        Err(Failure::Io(what)) => {
            eprintln!("emma-verify: {what}");
            ExitCode::from(4)
        }
    }
}

/// Public keys, each given as text or as a file that holds it.
fn read_keys(given: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let mut keys = Vec::with_capacity(given.len());
    for text in given {
        let key = text.parse::<VerifierKey>().or_else(|error| {
            let file = std::fs::read_to_string(text).map_err(|_| error)?;
            file.parse::<VerifierKey>()
        });
        let key = key.map_err(|error| {
            Failure::Usage(format!("--key: {error}; `emma case key CASE` prints it"))
        })?;
        keys.push(key);
    }
    Ok(keys)
}

fn read_file(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Io(format!("cannot read {what}: {error}")))
}

/// A checkpoint from its file. `Ok(None)` where the file holds none.
fn read_checkpoint(path: &Path, what: &str) -> Result<Option<Checkpoint>, Failure> {
    let bytes = read_file(path, what)?;
    Ok(String::from_utf8(bytes).ok().and_then(|note| Checkpoint::parse(&note).ok()))
}
