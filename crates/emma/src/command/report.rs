//! `emma report`.

use super::{Opened, open_for_reading};
use crate::args::{ReportArgs, ReportFormat, ReportName};
use crate::fail::{Done, Result};
use crate::output::{Output, bytes, counted, grouped, inert};
use emma_case::access::{Access, Withheld};
use emma_case::error::CaseError;
use emma_case::export::csv_row;
use emma_case::loss::{self, AnomalyLine, ExhibitLoss};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Anomalies listed one by one for people; JSON and CSV list all.
const LISTED_MAX: u64 = 100;

pub fn run(args: &ReportArgs, output: &Output) -> Result<Done> {
    let ReportName::Loss = args.report;
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let exhibits = loss::exhibits(&state, &session)?;
    let all = state.exhibits()?.len();
    let format = if output.json { ReportFormat::Json } else { args.format };
    let mut access =
        Access { command: "report loss", query: None, shown: 0, withheld: Withheld::new() };
    let random = &mut emma_evidence::system_random;
    let entry = session.open_export(&mut case.log, &access, random)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = (|| -> Result<()> {
        let mut page = Page { format, out: &mut out, listed: 0 };
        page.begin(&exhibits)?;
        let all_told = loss::anomalies(&case, &state, &session, &mut |line| page.anomaly(&line));
        // What was shown before it broke off was shown, too.
        access.shown = page.listed;
        all_told?;
        page.end(all - exhibits.len(), &session.authority().id)?;
        Ok(out.flush()?)
    })();
    session.close_export(&mut case.log, entry, &access, random)?;
    written?;
    Ok(Done::Ok)
}

struct Page<'a> {
    format: ReportFormat,
    out: &'a mut dyn Write,
    listed: u64,
}

const CSV_COLUMNS: [&str; 6] = ["place", "path", "class", "kind", "field", "note"];

impl Page<'_> {
    fn begin(&mut self, exhibits: &[ExhibitLoss]) -> io::Result<()> {
        match self.format {
            ReportFormat::Text => text(exhibits, self.out),
            ReportFormat::Csv => {
                self.out.write_all("\u{feff}".as_bytes())?;
                csv_row(self.out, &CSV_COLUMNS.map(str::to_owned))
            }
            ReportFormat::Json => {
                write!(self.out, "{{\"schema\":\"emma/report-loss/v1\",\n\"exhibits\":")?;
                serde_json::to_writer(&mut *self.out, exhibits)?;
                write!(self.out, ",\n\"anomalies\":[")
            }
        }
    }

    fn anomaly(&mut self, line: &AnomalyLine) -> std::result::Result<(), CaseError> {
        self.listed += 1;
        let written = match self.format {
            ReportFormat::Text if self.listed > LISTED_MAX => Ok(()),
            ReportFormat::Text => text_anomaly(line, self.out),
            ReportFormat::Csv => {
                let cells = [
                    line.place.clone(),
                    line.path.clone(),
                    line.class.to_owned(),
                    line.kind.clone(),
                    line.field.clone().unwrap_or_default(),
                    line.note.clone(),
                ];
                csv_row(self.out, &cells)
            }
            ReportFormat::Json => {
                let comma = if self.listed > 1 { "," } else { "" };
                writeln!(self.out, "{comma}")
                    .and_then(|()| Ok(serde_json::to_writer(&mut *self.out, line)?))
            }
        };
        written.map_err(|source| CaseError::Io { operation: "write the results", source })
    }

    fn end(&mut self, withheld: usize, authority: &str) -> io::Result<()> {
        match self.format {
            ReportFormat::Csv => Ok(()),
            ReportFormat::Json => {
                write!(self.out, "],\n\"anomalies_listed\":{},", self.listed)?;
                writeln!(
                    self.out,
                    "\"exhibits_withheld\":{withheld},\"authority\":\"{authority}\"}}"
                )
            }
            ReportFormat::Text => {
                let all = counted(self.listed, "anomaly").replace("anomalys", "anomalies");
                writeln!(self.out, "{all}")?;
                if self.listed > LISTED_MAX {
                    writeln!(
                        self.out,
                        "the first {LISTED_MAX} are listed; --format csv lists all"
                    )?;
                }
                let count = counted(withheld as u64, "exhibit");
                writeln!(self.out, "{count} withheld under authority {authority} (source)")
            }
        }
    }
}

fn text(exhibits: &[ExhibitLoss], out: &mut dyn Write) -> io::Result<()> {
    let (mut classes, mut records, mut anomalies) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut delivered, mut unread) = (0u64, 0u64);
    for exhibit in exhibits {
        delivered += exhibit.bytes;
        unread += u64::from(!exhibit.read);
        for (sum, counts) in [
            (&mut classes, &exhibit.bytes_by_class),
            (&mut records, &exhibit.records),
            (&mut anomalies, &exhibit.anomalies),
        ] {
            for (name, count) in counts {
                *sum.entry(name.clone()).or_insert(0u64) += count;
            }
        }
    }
    let count = counted(exhibits.len() as u64, "exhibit");
    writeln!(out, "{count}, {} bytes as delivered", grouped(delivered))?;
    if unread > 0 {
        writeln!(out, "{} not read yet: emma run CASE", counted(unread, "exhibit"))?;
    }
    let unpacked: u64 = classes.values().sum();
    writeln!(out, "{:>20}  unpacked bytes", grouped(unpacked))?;
    for (class, bytes) in &classes {
        writeln!(out, "{:>20}  bytes of {class}", grouped(*bytes))?;
    }
    for (kind, count) in &records {
        writeln!(out, "{:>20}  records: {kind}", grouped(*count))?;
    }
    for (kind, count) in &anomalies {
        writeln!(out, "{:>20}  anomalies: {kind}", grouped(*count))?;
    }
    for exhibit in exhibits.iter().filter(|exhibit| !exhibit.anomalies.is_empty()) {
        let of = exhibit.anomalies.iter().map(|(kind, count)| format!("{count} {kind}"));
        let of: Vec<String> = of.collect();
        let lost = exhibit.bytes_by_class.get("anomaly").copied().unwrap_or(0);
        let path = inert::line(&exhibit.path);
        writeln!(out, "{path}: {}; {} not understood", of.join(", "), bytes(lost))?;
    }
    Ok(())
}

fn text_anomaly(line: &AnomalyLine, out: &mut dyn Write) -> io::Result<()> {
    let field = line.field.as_deref().map(|field| format!(" ({})", inert::line(field)));
    let (kind, note) = (&line.kind, inert::line(&line.note));
    writeln!(out, "  {kind}{}: {note}", field.unwrap_or_default())?;
    writeln!(out, "    {}  {}", line.place, inert::line(&line.path))
}
