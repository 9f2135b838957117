//! `emma mapping try|guess|list`.

use super::intake::read_mapping;
use crate::args::MappingCommand;
use crate::fail::{Done, Failure, Result};
use crate::output::{Output, bytes, grouped, inert};
use emma_parse::mapping::{self, Confidence, Guess, Preview};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

pub fn run(command: MappingCommand, output: &Output) -> Result<Done> {
    match command {
        MappingCommand::Try { mapping, file, rows } => {
            let mapping = read_mapping(&mapping)?;
            let (opened, name) = open(&file)?;
            let preview = mapping::preview(opened, &name, &mapping, rows)
                .map_err(|error| unreadable(&error))?;
            let line = PreviewLine::new(mapping.name(), mapping.version(), preview);
            output.print("emma/mapping-try/v1", &line, PreviewLine::human)?;
            Ok(if line.clean() { Done::Ok } else { Done::Found })
        }
        MappingCommand::Guess { file } => {
            let (opened, name) = open(&file)?;
            let guess = mapping::guess(opened, &name).map_err(|error| unreadable(&error))?;
            let line = GuessLine::from(guess);
            output.print("emma/mapping-guess/v1", &line, GuessLine::human)?;
            Ok(if line.confidence == "none" { Done::Found } else { Done::Ok })
        }
        MappingCommand::List { name } => list(name.as_deref(), output),
    }
}

fn open(path: &Path) -> Result<(File, String)> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((file, name.unwrap_or_default()))
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read the file: {error}"), "name a file that you may read")
}

/// The byte offset of a line and column (both from 1, in characters) of `text`.
pub fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = &text[start..];
    let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    start + within
}

#[derive(Serialize)]
struct PreviewLine {
    mapping: String,
    version: u32,
    records: u64,
    bytes: u64,
    record_bytes: u64,
    framing_bytes: u64,
    anomaly_bytes: u64,
    truncated: bool,
    rows: Vec<RowLine>,
    unknown_columns: Vec<String>,
    findings: Vec<FindingLine>,
    not_understood: Vec<SpanLine>,
    anomalies: Vec<AnomalyLine>,
    filled: Vec<FilledLine>,
}

#[derive(Serialize)]
struct FilledLine {
    field: &'static str,
    records: u64,
    different: u64,
    in_vain: bool,
}

#[derive(Serialize)]
struct RowLine {
    line: u64,
    offset: u64,
    length: u64,
    values: Vec<(String, String)>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct FindingLine {
    line: usize,
    column: usize,
    message: String,
    suggestion: Option<String>,
}

#[derive(Serialize)]
struct SpanLine {
    line: u64,
    offset: u64,
    length: u64,
    what: String,
}

#[derive(Serialize)]
struct AnomalyLine {
    kind: String,
    field: String,
    count: u64,
}

impl PreviewLine {
    fn new(mapping: &str, version: u32, preview: Preview) -> PreviewLine {
        let rows = preview.rows.into_iter().map(|row| RowLine {
            line: row.line + 1,
            offset: row.offset,
            length: row.length,
            values: row.values,
            notes: row.notes,
        });
        let findings = preview.findings.into_iter().map(|found| FindingLine {
            line: found.line,
            column: found.column,
            message: found.message,
            suggestion: found.suggestion,
        });
        let spans = preview
            .not_understood
            .into_iter()
            .map(|(offset, length, line, what)| SpanLine { line: line + 1, offset, length, what });
        let anomalies = preview.anomalies.into_iter();
        let filled = preview.filled.into_iter().map(|one| FilledLine {
            field: one.field,
            records: one.records,
            different: one.different,
            in_vain: one.in_vain,
        });
        PreviewLine {
            mapping: mapping.to_owned(),
            version,
            records: preview.records,
            bytes: preview.bytes,
            record_bytes: preview.record_bytes,
            framing_bytes: preview.framing_bytes,
            anomaly_bytes: preview.anomaly_bytes,
            truncated: preview.truncated,
            rows: rows.collect(),
            unknown_columns: preview.unknown_columns,
            findings: findings.collect(),
            not_understood: spans.collect(),
            filled: filled.collect(),
            anomalies: anomalies
                .map(|((kind, field), count)| AnomalyLine { kind, field, count })
                .collect(),
        }
    }

    /// True where something was read, every byte understood, and no field of the mapping is empty
    /// in every record; findings are hints.
    fn clean(&self) -> bool {
        let in_vain = self.filled.iter().any(|one| one.in_vain);
        self.records > 0 && self.not_understood.is_empty() && !in_vain
    }

    /// `time 60 of 60, from 60 (7 different), to none`.
    fn filled(&self) -> String {
        let told = self.filled.iter().map(|one| match (one.records, one.field) {
            (0, field) => format!("{field} none: the mapping reads it and no record has it"),
            (count, field) => {
                let (count, different) = (grouped(count), grouped(one.different));
                format!("{field} {count} ({different} different)")
            }
        });
        told.collect::<Vec<_>>().join(", ")
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in &self.rows {
            writeln!(out, "line {} (bytes {}+{})", row.line, row.offset, row.length)?;
            for (field, value) in &row.values {
                writeln!(out, "  {field:<14} {}", inert::line(value))?;
            }
            for note in &row.notes {
                writeln!(out, "  ! {}", inert::line(note))?;
            }
        }
        let beginning = if self.truncated { " of the beginning" } else { "" };
        writeln!(
            out,
            "{} records in {}{beginning}: {} of records, {} of framing, {} not understood",
            grouped(self.records),
            bytes(self.bytes),
            bytes(self.record_bytes),
            bytes(self.framing_bytes),
            bytes(self.anomaly_bytes),
        )?;
        if !self.filled.is_empty() {
            writeln!(out, "of {} records have: {}", grouped(self.records), self.filled())?;
        }
        if !self.unknown_columns.is_empty() {
            let columns = inert::line(&self.unknown_columns.join(", "));
            writeln!(out, "columns the mapping does not mention (kept raw): {columns}")?;
        }
        // Columns that are not mentioned were just named.
        let said = |anomaly: &&AnomalyLine| anomaly.kind != "mapping.column_unknown";
        for anomaly in self.anomalies.iter().filter(said) {
            let field = inert::line(&anomaly.field);
            writeln!(out, "anomaly {} {field}: {}", anomaly.kind, grouped(anomaly.count))?;
        }
        for span in &self.not_understood {
            let (line, what) = (span.line, inert::line(&span.what));
            writeln!(out, "line {line} (bytes {}+{}): {what}", span.offset, span.length)?;
        }
        for found in &self.findings {
            let message = inert::line(&found.message);
            writeln!(out, "mapping, line {}, column {}: {message}", found.line, found.column)?;
            if let Some(suggestion) = &found.suggestion {
                writeln!(out, "  {}", inert::line(suggestion))?;
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct GuessLine {
    confidence: &'static str,
    notes: Vec<String>,
    toml: String,
}

impl From<Guess> for GuessLine {
    fn from(guess: Guess) -> GuessLine {
        let confidence = match guess.confidence {
            Confidence::None => "none",
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        };
        GuessLine { confidence, notes: guess.notes, toml: guess.toml }
    }
}

impl GuessLine {
    /// The mapping alone goes to standard output, so that it can be kept as a file.
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        eprintln!("confidence: {}", self.confidence);
        for note in &self.notes {
            eprintln!("- {}", inert::line(note));
        }
        write!(out, "{}", self.toml)
    }
}

#[derive(Serialize)]
struct ShippedList {
    mappings: Vec<ShippedLine>,
}

#[derive(Serialize)]
struct ShippedLine {
    name: String,
    version: u32,
    digest: String,
    text: String,
}

fn list(name: Option<&str>, output: &Output) -> Result<Done> {
    let shipped = mapping::shipped().into_iter().map(|mapping| ShippedLine {
        name: mapping.name().to_owned(),
        version: mapping.version(),
        digest: mapping.digest().hex(),
        text: mapping.text().to_owned(),
    });
    let mappings: Vec<ShippedLine> =
        shipped.filter(|line| name.is_none_or(|name| line.name == name)).collect();
    if mappings.is_empty() {
        let help = "`emma mapping list` names those there are";
        return Err(Failure::usage("no mapping of that name is shipped", help));
    }
    output.print("emma/mappings/v1", &ShippedList { mappings }, |list, out| {
        for line in &list.mappings {
            match name {
                Some(_) => write!(out, "{}", line.text)?,
                None => writeln!(out, "{} {}  {}", line.name, line.version, line.digest)?,
            }
        }
        Ok(())
    })?;
    Ok(Done::Ok)
}
