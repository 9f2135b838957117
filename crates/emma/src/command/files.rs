//! `emma files`.

mod sheet;

use super::log::{begin_new_file, refuse_existing};
use super::{Opened, open_for_reading, print_withheld, withheld_by_name};
use crate::args::{ActingArgs, FileStateArg, FilesCommand, FilesListArgs, ReportFormat};
use crate::fail::{Done, Result};
use crate::output::{Output, bytes, counted, grouped, inert};
use emma_case::access::{Access, Session, Withheld};
use emma_case::error::CaseError;
use emma_case::export::csv_row;
use emma_case::files::{self, DeliveredLine, FileLine, FileState, Totals};
use emma_case::show::snapshot_of;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

pub fn run(command: FilesCommand, output: &Output) -> Result<Done> {
    match command {
        FilesCommand::List(args) => list(&args, output),
        FilesCommand::Save { case, place, output: file, acting } => {
            save(&case, &place, &file, &acting, output)
        }
        FilesCommand::Sheet { case, output: file, limit, acting } => {
            sheet::run(&case, &file, limit, &acting, output)
        }
    }
}

impl FileStateArg {
    fn state(self) -> FileState {
        match self {
            FileStateArg::Delivered => FileState::Delivered,
            FileStateArg::Inside => FileState::Inside,
            FileStateArg::Differs => FileState::Differs,
            FileStateArg::Ambiguous => FileState::Ambiguous,
            FileStateArg::Missing => FileState::Missing,
            FileStateArg::Unnamed => FileState::Unnamed,
        }
    }
}

fn list(args: &FilesListArgs, output: &Output) -> Result<Done> {
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let snapshot = snapshot_of(&case, &session)?;
    let format = if output.json { ReportFormat::Json } else { args.format };
    let mut access = Access {
        command: "files list",
        query: args.state.map(|state| state.state().name().to_owned()),
        shown: 0,
        withheld: Withheld::new(),
    };
    let random = &mut emma_evidence::system_random;
    let entry = session.open_export(&mut case.log, &access, random)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = (|| -> Result<()> {
        let wanted = args.state.map(FileStateArg::state);
        let mut page = Page { format, limit: args.limit, out: &mut out, listed: 0 };
        page.begin()?;
        let totals = files::each(&case, &state, &session, &snapshot, &mut |line, _| match wanted
            .is_none_or(|wanted| wanted == line.state)
        {
            true => page.line(&line),
            false => Ok(()),
        });
        // What was shown before it broke off was shown, too.
        access.shown = page.listed;
        let totals = totals?;
        access.withheld = totals.withheld.clone();
        page.end(&totals, &session)?;
        Ok(out.flush()?)
    })();
    session.close_export(&mut case.log, entry, &access, random)?;
    written?;
    Ok(Done::Ok)
}

struct Page<'a> {
    format: ReportFormat,
    limit: u64,
    out: &'a mut dyn Write,
    listed: u64,
}

const CSV_COLUMNS: [&str; 15] = [
    "state",
    "name",
    "by",
    "said_missing",
    "stated_bytes",
    "stated_digest",
    "candidates",
    "place",
    "path",
    "member",
    "digest",
    "bytes",
    "media",
    "record",
    "message",
];

impl Page<'_> {
    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            ReportFormat::Text => Ok(()),
            ReportFormat::Csv => {
                self.out.write_all("\u{feff}".as_bytes())?;
                csv_row(self.out, &CSV_COLUMNS.map(str::to_owned))
            }
            ReportFormat::Json => write!(self.out, "{{\"schema\":\"emma/files/v1\",\n\"files\":["),
        }
    }

    fn line(&mut self, line: &FileLine) -> std::result::Result<(), CaseError> {
        self.listed += 1;
        let written = match self.format {
            ReportFormat::Text if self.listed > self.limit => Ok(()),
            ReportFormat::Text => text_line(line, self.out),
            ReportFormat::Csv => csv_row(self.out, &csv_cells(line)),
            ReportFormat::Json => {
                let comma = if self.listed > 1 { "," } else { "" };
                writeln!(self.out, "{comma}")
                    .and_then(|()| Ok(serde_json::to_writer(&mut *self.out, line)?))
            }
        };
        written.map_err(|source| CaseError::Io { operation: "write the results", source })
    }

    fn end(&mut self, totals: &Totals, session: &Session) -> io::Result<()> {
        let authority = &session.authority().id;
        let by_state = totals.by_state.iter();
        match self.format {
            ReportFormat::Csv => Ok(()),
            ReportFormat::Json => {
                let counts = by_state.map(|(state, count)| (state.name(), *count));
                let counts = counts.collect::<std::collections::BTreeMap<_, _>>();
                write!(self.out, "],\n\"totals\":")?;
                serde_json::to_writer(&mut *self.out, &counts)?;
                write!(self.out, ",\"withheld\":")?;
                serde_json::to_writer(&mut *self.out, &withheld_by_name(&totals.withheld))?;
                writeln!(self.out, ",\"authority\":\"{authority}\"}}")
            }
            ReportFormat::Text => {
                if self.listed > self.limit {
                    let (limit, all) = (grouped(self.limit), grouped(self.listed));
                    writeln!(
                        self.out,
                        "the first {limit} of {all} are listed: --limit, --format csv"
                    )?;
                }
                if totals.by_state.is_empty() {
                    writeln!(self.out, "no record names a file, and every file was read")?;
                }
                for (state, count) in by_state {
                    writeln!(
                        self.out,
                        "{:>12}  {}: {}",
                        grouped(*count),
                        state.name(),
                        meaning(*state)
                    )?;
                }
                print_withheld(self.out, &totals.withheld, authority)
            }
        }
    }
}

fn meaning(state: FileState) -> &'static str {
    match state {
        FileState::Delivered => "the file that a record names came with the delivery",
        FileState::Inside => "its bytes stand in the record itself",
        FileState::Differs => "a file of that name came, not of the stated size or digest",
        FileState::Ambiguous => "several files of that name came, and nothing decides",
        FileState::Missing => "named by a record and not delivered",
        FileState::Unnamed => "delivered, and no record names it",
    }
}

/// A file on one line: what became of it, by what, and where it is.
pub fn told(line: &FileLine) -> String {
    let mut told = format!("{}: {}", line.state.name(), inert::line(&line.name));
    match (&line.file, line.by) {
        (Some(file), by) => {
            let by = by.map(|by| format!(", by {by}")).unwrap_or_default();
            let media = if file.media.is_empty() { "type not known" } else { &file.media };
            told.push_str(&format!(" ({media}, {}{by})", bytes(file.bytes)));
            if line.candidates > 1 {
                told.push_str(&format!(", of {} with that name", grouped(line.candidates.into())));
            }
            told.push_str(&format!("  {}", file.place));
        }
        (None, _) if line.said_missing => told.push_str(" (the record itself says so)"),
        (None, _) => {}
    }
    told
}

fn text_line(line: &FileLine, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", told(line))?;
    if let Some(record) = &line.record {
        writeln!(out, "    named by {record}")?;
    }
    Ok(())
}

fn csv_cells(line: &FileLine) -> [String; CSV_COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let of = |pick: fn(&DeliveredLine) -> String| line.file.as_ref().map(pick).unwrap_or_default();
    [
        line.state.name().to_owned(),
        line.name.clone(),
        line.by.unwrap_or_default().to_owned(),
        line.said_missing.to_string(),
        line.stated_bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
        text(&line.stated_digest),
        line.candidates.to_string(),
        of(|file| file.place.clone()),
        of(|file| file.path.clone()),
        of(|file| file.member.clone()),
        of(|file| file.digest.clone()),
        of(|file| file.bytes.to_string()),
        of(|file| file.media.clone()),
        text(&line.record),
        text(&line.message),
    ]
}

#[derive(Serialize)]
struct SavedLine {
    #[serde(flatten)]
    file: DeliveredLine,
    written: u64,
}

fn save(
    case: &Path,
    place: &str,
    file: &Path,
    acting: &ActingArgs,
    output: &Output,
) -> Result<Done> {
    refuse_existing(file)?;
    let Opened { mut case, state, session } = open_for_reading(case, acting)?;
    let snapshot = snapshot_of(&case, &session)?;
    let access = Access {
        command: "files save",
        query: Some(place.to_owned()),
        shown: 1,
        withheld: Withheld::new(),
    };
    // Looked up and checked first, then told to the log, and only then written anywhere.
    files::save(&case, &state, &session, &snapshot, place, &mut io::sink())?;
    session.record(&mut case.log, &access, &mut emma_evidence::system_random)?;
    let mut out = begin_new_file(file)?;
    let (found, written) = files::save(&case, &state, &session, &snapshot, place, &mut out)?;
    out.commit(file)?;
    let line = SavedLine { file: found, written };
    output.print("emma/file-saved/v1", &line, |line, out| {
        let path = inert::line(&line.file.path);
        writeln!(out, "{} of {path} written", counted(line.written, "byte"))?;
        writeln!(out, "sha-256 {}, as sealed", line.file.digest)
    })?;
    Ok(Done::Ok)
}
