//! `emma note`.

use super::{Opened, open_for_reading};
use crate::args::NoteArgs;
use crate::fail::{Done, Result};
use crate::output::Output;
use emma_case::note;
use serde::Serialize;

#[derive(Serialize)]
struct NoteLine {
    entry: u64,
    subject: String,
    records: u64,
}

pub fn run(args: &NoteArgs, output: &Output) -> Result<Done> {
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let subject = note::subject(&case, &state, &session, &args.id)?;
    let random = &mut emma_evidence::system_random;
    let entry = note::add(&session, &mut case.log, &subject, &args.text, random)?;
    let records = subject.records.len() as u64;
    let line = NoteLine { entry, subject: subject.id, records };
    output.print("emma/note/v1", &line, |line, out| {
        writeln!(out, "noted (log entry {}), about {}", line.entry, line.subject)
    })?;
    Ok(Done::Ok)
}
