//! `emma audit`.

use crate::args::AuditArgs;
use crate::fail::{Done, Result};
use crate::output::{Output, counted, grouped, inert};
use emma_case::audit::{self, AuditFilter, AuditLine};
use emma_case::case::Case;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Audit {
    log_size: u64,
    checkpoint_size: u64,
    entries: Vec<AuditLine>,
}

pub fn run(args: &AuditArgs, output: &Output) -> Result<Done> {
    let mut case = Case::open(&args.case)?;
    let state = case.state()?;
    let checkpoint = case.log.latest_checkpoint()?.map_or(0, |checkpoint| checkpoint.size);
    let filter = AuditFilter {
        actor: args.actor.clone(),
        kind: args.kind.clone(),
        about: args.about.clone(),
    };
    let entries = audit::lines(&state, &filter, checkpoint)?;
    let audit = Audit { log_size: case.log.size(), checkpoint_size: checkpoint, entries };
    output.print("emma/audit/v1", &audit, human)?;
    Ok(Done::Ok)
}

fn human(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    for line in &audit.entries {
        let at = line.at.as_deref().unwrap_or("-");
        let who = line.name.as_deref().or(line.actor.as_deref()).unwrap_or("nobody");
        write!(out, "{:>6}  {at:<27}  {}  {}", line.entry, line.kind, inert::line(who))?;
        if let Some(authority) = &line.authority {
            write!(out, "  under {authority}")?;
        }
        if let Some(about) = &line.about {
            write!(out, "  about {}", inert::line(about))?;
        }
        writeln!(out)?;
        if let Some(reason) = line.reason.as_deref().filter(|reason| !reason.is_empty()) {
            writeln!(out, "        because: {}", inert::line(reason))?;
        }
        let what = what(&line.detail);
        if !what.is_empty() {
            writeln!(out, "        {what}")?;
        }
        if line.left_open {
            writeln!(out, "        this export was never closed: how much it showed is not known")?;
        }
    }
    writeln!(
        out,
        "{} of {} listed",
        grouped(audit.entries.len() as u64),
        counted(audit.log_size, "log line")
    )?;
    let beyond = audit.log_size.saturating_sub(audit.checkpoint_size);
    if beyond > 0 {
        writeln!(
            out,
            "the last {beyond} of {} entries are not yet under a checkpoint",
            audit.log_size
        )?;
    }
    Ok(())
}

/// The detail's plain values in words; nested ones as JSON.
fn what(detail: &serde_json::Value) -> String {
    let Some(map) = detail.as_object() else {
        return String::new();
    };
    let words: Vec<String> = map
        .iter()
        .filter(|(_, value)| {
            !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty())
        })
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {}", inert::line(text)),
            None => format!("{name}: {}", inert::line(&value.to_string())),
        })
        .collect();
    words.join("; ")
}
