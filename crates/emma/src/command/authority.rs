//! `emma authority add|list`.

use crate::args::AuthorityCommand;
use crate::fail::{Done, Failure, Result};
use crate::output::{Output, grouped, inert};
use emma_case::actor;
use emma_case::authority::{self, Span};
use emma_case::case::Case;
use emma_case::clock::{self, format_instant};
use emma_case::error::CaseError;
use emma_case::home::Home;
use emma_case::state::AuthorityState;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

#[derive(Serialize)]
struct AuthorityLine {
    id: String,
    kind: &'static str,
    entry: u64,
    added: String,
    court: String,
    instrument: String,
    offences: Vec<String>,
    conditions: Vec<String>,
    actors: Vec<ActorLine>,
    sources: Vec<String>,
    taken_in: Vec<String>,
    handles: Option<Vec<String>>,
    territory: Option<Vec<String>>,
    period: Option<SpanLine>,
    valid: SpanLine,
    read_until: String,
}

#[derive(Serialize)]
struct ActorLine {
    name: String,
    key: String,
}

#[derive(Serialize)]
struct SpanLine {
    from: Option<String>,
    to: Option<String>,
}

impl From<Span> for SpanLine {
    fn from(span: Span) -> SpanLine {
        let end = |instant: i64, open: i64| (instant != open).then(|| format_instant(instant));
        SpanLine { from: end(span.from, i64::MIN), to: end(span.to, i64::MAX) }
    }
}

impl SpanLine {
    fn words(&self) -> String {
        let from = self.from.as_deref().unwrap_or("the beginning");
        format!("{from} to {}", self.to.as_deref().unwrap_or("the end"))
    }
}

impl From<AuthorityState> for AuthorityLine {
    fn from(state: AuthorityState) -> AuthorityLine {
        let authority = state.authority;
        let actors = authority.actors.iter();
        AuthorityLine {
            actors: actors
                .map(|actor| ActorLine { name: actor.name.clone(), key: actor.key.to_string() })
                .collect(),
            id: authority.id,
            kind: authority.kind.name(),
            entry: state.entry,
            added: format_instant(state.at),
            court: authority.court,
            instrument: authority.instrument,
            offences: authority.offences,
            conditions: authority.conditions,
            sources: authority.sources.into_iter().collect(),
            taken_in: state.taken_in,
            handles: authority.handles.map(|handles| handles.into_iter().collect()),
            territory: authority.territory.map(|codes| codes.into_iter().collect()),
            period: authority.period.map(SpanLine::from),
            valid: authority.valid.into(),
            read_until: format_instant(authority.read_until),
        }
    }
}

#[derive(Serialize)]
struct AuthorityList {
    authorities: Vec<AuthorityLine>,
}

#[derive(Serialize)]
struct AddedLine {
    id: String,
    entry: u64,
}

pub fn run(command: AuthorityCommand, output: &Output) -> Result<Done> {
    match command {
        AuthorityCommand::Add { case, file, actor } => {
            let (home, clock) = (Home::from_environment()?, clock::from_environment()?);
            let mut case = Case::open(&case)?;
            let actor = actor::acting(&home, actor.actor.as_deref())?;
            let text = read_text(&file, "the authority")?;
            let random = &mut emma_evidence::system_random;
            let added = authority::add(&mut case, &home, &actor, &text, &*clock, random)
                .map_err(|error| underlined(error, &text))?;
            let line = AddedLine { id: added.id, entry: added.entry };
            output.print("emma/authority-added/v1", &line, |line, out| {
                writeln!(out, "added authority {} (log entry {})", line.id, line.entry)
            })?;
        }
        AuthorityCommand::List { case } => {
            let state = Case::open(&case)?.state()?;
            let authorities = state.authorities()?.into_iter().map(AuthorityLine::from).collect();
            output.print("emma/authorities/v1", &AuthorityList { authorities }, human)?;
        }
    }
    Ok(Done::Ok)
}

/// Points into the user's own file.
fn underlined(error: CaseError, text: &str) -> Failure {
    if let CaseError::AuthorityText { span, what, .. } = &error {
        let (span, label) = (span.clone(), what.clone());
        return Failure::from(error).underline("the authority", text, span, label);
    }
    error.into()
}

/// Reads a text file that the user named.
pub fn read_text(path: &Path, which: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        let help = "name a UTF-8 text file that you may read";
        Failure::usage(format!("cannot read the file of {which}: {error}"), help)
    })
}

fn human(list: &AuthorityList, out: &mut dyn Write) -> io::Result<()> {
    if list.authorities.is_empty() {
        return writeln!(out, "the case has no authority: emma authority add CASE FILE");
    }
    for line in &list.authorities {
        writeln!(out, "{}  ({}, added {})", line.id, line.kind, line.added)?;
        writeln!(out, "  court       {}", inert::line(&line.court))?;
        writeln!(out, "  instrument  {}", inert::line(&line.instrument))?;
        writeln!(out, "  offences    {}", inert::line(&line.offences.join("; ")))?;
        for actor in &line.actors {
            let name = inert::line(&actor.name);
            writeln!(out, "  actor       {name}  {}", actor.key)?;
        }
        writeln!(out, "  sources     {}", sources(line))?;
        writeln!(out, "  handles     {}", listed(line.handles.as_deref(), "everybody's"))?;
        writeln!(out, "  territory   {}", listed(line.territory.as_deref(), "every country"))?;
        let period = line.period.as_ref().map_or("all times".to_owned(), SpanLine::words);
        writeln!(out, "  period      {period}")?;
        writeln!(out, "  intake      {}", line.valid.words())?;
        writeln!(out, "  reading     until {}", line.read_until)?;
        for condition in &line.conditions {
            writeln!(out, "  condition   {}", inert::line(condition))?;
        }
    }
    Ok(())
}

fn sources(line: &AuthorityLine) -> String {
    let taken_in = line.taken_in.iter().map(|source| format!("{source} (taken in under it)"));
    let opened = line.sources.iter().map(|source| format!("{source} (opened)"));
    let all: Vec<String> = taken_in.chain(opened).collect();
    if all.is_empty() { "none yet".to_owned() } else { all.join(", ") }
}

fn listed(names: Option<&[String]>, all: &str) -> String {
    const SHOWN_MAX: usize = 12;
    let Some(names) = names else {
        return all.to_owned();
    };
    let shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|n| inert::line(n)).collect();
    let rest = names.len().saturating_sub(SHOWN_MAX);
    let more = if rest > 0 { format!(" and {} more", grouped(rest as u64)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
