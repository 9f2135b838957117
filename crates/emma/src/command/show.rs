//! `emma show`.

use super::log::{refuse_existing, write_new_file};
use super::{Opened, open_for_reading, print_withheld, withheld_by_name};
use crate::args::ShowArgs;
use crate::engine::Engine;
use crate::fail::{Done, Result};
use crate::output::{Output, bytes, inert};
use emma_case::access::Access;
use emma_case::present::MessageLine;
use emma_case::proof;
use emma_case::show::{self, Answer, Shown, ShownCopy, ShownLink, snapshot_of};
use emma_model::RecordId;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Most raw bytes of a copy that are dumped for people; JSON has them all.
const DUMP_BYTES_MAX: usize = 1024;

#[derive(Serialize)]
struct ShownLine {
    #[serde(flatten)]
    answer: Answer,
    withheld: BTreeMap<&'static str, u64>,
    proof_bytes: Option<u64>,
}

pub fn run(args: &ShowArgs, output: &Output) -> Result<Done> {
    if let Some(path) = &args.proof {
        refuse_existing(path)?;
    }
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let snapshot = snapshot_of(&case, &session)?;
    let answer = {
        let engine = Engine::open(&case.root, &snapshot, &session, &state)?;
        show::message(&case, &state, &session, &snapshot, &args.id, args.context, &engine)?
    };
    let proof = match &args.proof {
        None => None,
        Some(_) => {
            let named = args.id.parse::<RecordId>().ok().filter(|_| !answer.re_read);
            Some(proof::of_copy(&case, &state, &answer.messages[0], named.as_ref())?.to_file())
        }
    };
    let access = Access {
        command: if proof.is_some() { "show --proof" } else { "show" },
        query: Some(args.id.clone()),
        shown: answer.rows,
        withheld: answer.withheld.clone(),
    };
    session.record(&mut case.log, &access, &mut emma_evidence::system_random)?;
    if let (Some(path), Some(proof)) = (&args.proof, &proof) {
        write_new_file(path, proof)?;
    }
    let line = ShownLine {
        withheld: withheld_by_name(&answer.withheld),
        proof_bytes: proof.map(|proof| proof.len() as u64),
        answer,
    };
    output.print("emma/show/v1", &line, human)?;
    Ok(Done::Ok)
}

/// A message's first line: when, who to whom, where, and how its copies agree.
pub fn heading(message: &MessageLine) -> String {
    let mut line = match &message.time {
        None => "undated".to_owned(),
        Some(time) if time.earliest == time.latest => time.earliest.clone(),
        Some(time) => format!("{} to {}", time.earliest, time.latest),
    };
    if let Some(time) = &message.time {
        if time.zone != "declared" {
            line.push_str(&format!(" (zone {})", time.zone));
        }
        if time.inferred {
            line.push_str(" (inferred)");
        }
    }
    line.push_str("  ");
    line.push_str(&inert::line(message.from.as_deref().unwrap_or("?")));
    if !message.to.is_empty() {
        line.push_str(&format!(" > {}", inert::line(&message.to.join(", "))));
    }
    if let Some(conversation) = &message.conversation {
        line.push_str(&format!("  in {}", inert::line(conversation)));
    }
    if message.kind != "message" {
        line.push_str(&format!("  [{}]", message.kind));
    }
    match message.state {
        "single" => {}
        "conflicting" => {
            let version = message.version + 1;
            line.push_str(&format!("  [conflicting, version {version} of {}]", message.versions));
        }
        state => line.push_str(&format!("  [{} copies, {state}]", message.records.len())),
    }
    line
}

fn human(line: &ShownLine, out: &mut dyn Write) -> io::Result<()> {
    let answer = &line.answer;
    if answer.re_read {
        writeln!(
            out,
            "re-read: this place is no record of the current reading; what overlaps it:"
        )?;
    }
    for message in &answer.messages {
        human_message(message, out)?;
    }
    if let Some(size) = line.proof_bytes {
        writeln!(out, "proof of the first copy written, {}: check it with", bytes(size))?;
        writeln!(out, "  emma-verify --key KEY FILE    (the key: emma case key CASE)")?;
    }
    writeln!(out, "snapshot {}", answer.snapshot)?;
    print_withheld(out, &answer.withheld, &answer.authority)
}

fn human_message(message: &Shown, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "message {}", message.id)?;
    for before in &message.before {
        human_context(before, "   ", out)?;
    }
    for version in &message.versions {
        human_context(version, ">> ", out)?;
        if let Some(territory) = &version.territory {
            writeln!(out, "   territory {territory}")?;
        }
    }
    for after in &message.after {
        human_context(after, "   ", out)?;
    }
    human_links("answers", &message.answers, out)?;
    human_links("answered by", &message.replies, out)?;
    for (number, copy) in message.copies.iter().enumerate() {
        writeln!(out, "copy {} of {}", number + 1, message.copies.len())?;
        human_copy(copy, out)?;
    }
    for note in &message.notes {
        let by = inert::line(&note.by);
        writeln!(
            out,
            "note by {by}, {}, under {} (entry {})",
            note.at, note.authority, note.entry
        )?;
        writeln!(out, "  {}", inert::line(&note.text))?;
    }
    Ok(())
}

fn human_context(message: &MessageLine, margin: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{margin}{}", heading(message))?;
    if let Some(text) = &message.text {
        writeln!(out, "{margin}  {}", inert::line(text))?;
    }
    Ok(())
}

fn human_links(word: &str, links: &[ShownLink], out: &mut dyn Write) -> io::Result<()> {
    for link in links {
        write!(out, "{word}")?;
        match (&link.source, &link.claim) {
            (Some(source), Some(claim)) => {
                write!(out, " ({}, claimed by {source}: {claim})", link.relation)?;
            }
            _ => write!(out, " ({}, by {})", link.relation, link.stated_by)?,
        }
        if let Some(line) = link.line {
            write!(out, " line {line}")?;
        }
        writeln!(out)?;
        match &link.message {
            Some(message) => {
                human_context(message, "   ", out)?;
                writeln!(out, "     {}", message.id)?;
            }
            None if link.relation == "start" => {}
            None => writeln!(out, "   not held here, or not opened by this authority")?,
        }
    }
    Ok(())
}

fn human_copy(copy: &ShownCopy, out: &mut dyn Write) -> io::Result<()> {
    let exhibit = &copy.exhibit;
    writeln!(out, "  record    {}", copy.record)?;
    write!(out, "  file      {}", inert::line(&exhibit.path))?;
    if !copy.member.is_empty() {
        write!(out, "  member {}", copy.member)?;
    }
    match copy.line {
        Some(line) => writeln!(out, "  line {line}")?,
        None => writeln!(out)?,
    }
    writeln!(out, "  exhibit   {}  source {}", exhibit.id, exhibit.source)?;
    writeln!(out, "  sha-256   {}  {}", exhibit.digest, bytes(exhibit.bytes))?;
    writeln!(
        out,
        "  delivery  {} from {}, received {}, custody {}, under {}",
        exhibit.delivery,
        inert::line(&exhibit.sender),
        exhibit.received,
        inert::line(&exhibit.custody),
        exhibit.authority,
    )?;
    writeln!(out, "  read by   {}", copy.parser)?;
    if let Some(id) = &copy.network_id {
        writeln!(out, "  network   {id}")?;
    }
    if let Some(raw) = &copy.time_raw {
        writeln!(out, "  time      {}", inert::line(raw))?;
    }
    for (name, value) in &copy.extra {
        writeln!(out, "  kept raw  {}: {}", inert::line(name), inert::line(value))?;
    }
    for file in &copy.files {
        writeln!(out, "  file      {}", super::files::told(file))?;
    }
    for borrowed in &copy.borrowed {
        let leaf = borrowed.leaf.as_deref().unwrap_or_default();
        writeln!(out, "  {} comes from: {} {leaf}", borrowed.field, borrowed.origin)?;
    }
    if copy.anomalies > 0 {
        writeln!(out, "  anomalies {}", copy.anomalies)?;
    }
    let start = match &copy.id {
        RecordId::Sealed { place: emma_model::Place::Span { offset, .. }, .. } => *offset,
        _ => 0,
    };
    write!(out, "{}", inert::hex_dump(&copy.bytes, start, DUMP_BYTES_MAX))
}
