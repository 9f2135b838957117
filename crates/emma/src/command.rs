//! One file per group of commands; each reads its arguments, asks `emma-case` and prints.

mod actor;
mod audit;
mod authority;
mod case;
mod files;
mod formats;
mod intake;
mod log;
mod mapping;
mod note;
mod rebuild;
mod reference;
mod report;
mod search;
mod show;
mod status;
mod table;
mod twin;
mod verify;

use crate::args::{ActingArgs, Command};
use crate::fail::{Done, Result};
use crate::output::Output;
use emma_case::access::{Asked, Place, Session, Withheld};
use emma_case::case::Case;
use emma_case::clock::{self, Clock};
use emma_case::home::Home;
use emma_case::state::State;
use std::io::{self, Write};
use std::path::Path;

/// Carries out one command.
pub fn run(command: Command, output: &Output) -> Result<Done> {
    match command {
        Command::Actor(command) => actor::run(command, output),
        Command::Case(command) => case::run(command, output),
        Command::Authority(command) => authority::run(command, output),
        Command::Intake(args) => intake::run(&args, output),
        Command::Mapping(command) => mapping::run(command, output),
        Command::Formats => formats::run(output),
        Command::Run(args) => intake::resume(&args, output),
        Command::Rebuild(args) => rebuild::run(&args, output),
        Command::Status(args) => status::run(&args, output),
        Command::Search(args) => search::run(&args, output),
        Command::Show(args) => show::run(&args, output),
        Command::Table(args) => table::run(&args, output),
        Command::Files(command) => files::run(command, output),
        Command::Note(args) => note::run(&args, output),
        Command::Report(args) => report::run(&args, output),
        Command::Audit(args) => audit::run(&args, output),
        Command::Log(command) => log::run(command, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Twin { words } => twin::run(&words),
        Command::HelpMarkdown => reference::run(),
    }
}

/// A case opened by somebody who may read it.
struct Opened {
    case: Case,
    state: State,
    session: Session,
}

/// Opens a case for a reader.
fn open_for_reading(root: &Path, acting: &ActingArgs) -> Result<Opened> {
    let (home, clock) = (Home::from_environment()?, clock::from_environment()?);
    let mut case = Case::open(root)?;
    let state = case.state()?;
    let place = place(&home, &case, &state, &*clock);
    let session = Session::for_reading(place, &asked(acting))?;
    Ok(Opened { case, state, session })
}

fn place<'a>(home: &'a Home, case: &Case, state: &'a State, clock: &'a dyn Clock) -> Place<'a> {
    Place { home, state, kind: case.meta.kind, clock }
}

fn asked(acting: &ActingArgs) -> Asked {
    Asked {
        actor: acting.actor.actor.clone(),
        reason: acting.reason.clone(),
        authority: acting.authority.clone(),
    }
}

/// Says how many rows were withheld, why, and who may lift it.
fn print_withheld(out: &mut dyn Write, withheld: &Withheld, authority: &str) -> io::Result<()> {
    let total: u64 = withheld.values().sum();
    if total == 0 {
        return writeln!(out, "nothing withheld under authority {authority}");
    }
    let reasons: Vec<String> = withheld
        .iter()
        .map(|(reason, rows)| format!("{} {}", crate::output::grouped(*rows), reason.name()))
        .collect();
    writeln!(
        out,
        "{} withheld under authority {authority} ({}); another authority may open them",
        crate::output::grouped(total),
        reasons.join(", "),
    )
}

/// Withheld counts by the reason's name, for JSON.
fn withheld_by_name(withheld: &Withheld) -> std::collections::BTreeMap<&'static str, u64> {
    withheld.iter().map(|(reason, rows)| (reason.name(), *rows)).collect()
}
