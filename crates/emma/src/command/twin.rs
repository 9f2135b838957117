//! `emma twin`: hands its words on to the programs beside this one that make and score simulated
//! networks. They are no part of emma, which never reads the truth.

use crate::fail::{Done, Failure, Result};
use std::process::Command;

/// Runs `emma-twin WORDS`, or `emma-score WORDS` for `score`.
pub fn run(words: &[String]) -> Result<Done> {
    let (name, words) = match words.split_first() {
        Some((first, rest)) if first == "score" => ("emma-score", rest),
        _ => ("emma-twin", words),
    };
    let program = std::env::current_exe()?.with_file_name(name);
    if !program.exists() {
        let help = format!("build it beside emma: cargo build --release -p {name}");
        return Err(Failure::usage(format!("{name} is not beside this program"), help));
    }
    let status = Command::new(&program).args(words).status()?;
    match status.code() {
        Some(code) => Ok(Done::Code(u8::try_from(code).unwrap_or(1))),
        None => Err(Failure::usage(format!("{name} was stopped by a signal"), "run it again")),
    }
}
