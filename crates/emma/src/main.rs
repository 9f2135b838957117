//! `emma`: arguments in, results out. What happens in between is `emma-case`'s.
//!
//! Invariant: no logic; this crate reads arguments, chooses engines and prints.
#![forbid(unsafe_code)]

mod args;
mod command;
mod engine;
mod fail;
mod output;

use args::Cli;
use clap::Parser as _;
use output::Output;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output { json: cli.json, quiet: cli.quiet };
    match command::run(cli.command, &output) {
        Ok(done) => done.exit_code(),
        Err(failure) => failure.report(&output),
    }
}
