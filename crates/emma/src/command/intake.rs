//! `emma intake` and `emma run`.

use super::authority::read_text;
use super::{asked, place};
use crate::args::{IntakeArgs, RunArgs};
use crate::fail::{Done, Failure, Result};
use crate::output::progress::Shower;
use crate::output::{Output, bytes, counted, grouped, inert};
use emma_case::access::Session;
use emma_case::case::Case;
use emma_case::clock;
use emma_case::derive::DeriveLimits;
use emma_case::home::Home;
use emma_case::manifest::{Compared, Signature};
use emma_case::pipeline::{self, Intake, Outcome, Tools};
use emma_index::Splits;
use emma_parse::{Limits, Mapping};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// The variable that injects the seeds of record trees (64 hex digits) into a synthetic case.
const SEED_VARIABLE: &str = "EMMA_SEED";

#[derive(Serialize)]
struct OutcomeLine {
    delivery: Option<u64>,
    resumed: bool,
    files: u64,
    bytes: u64,
    repeated: u64,
    passed_over: u64,
    read: emma_evidence::payload::Totals,
    marked: Vec<MarkedLine>,
    manifests: Vec<Compared>,
    snapshot: Option<u64>,
    stages: Vec<StageLine>,
}

/// An exhibit of invented data: refused by a real case, or without the field that says so.
#[derive(Serialize)]
struct MarkedLine {
    exhibit: String,
    path: String,
    refused: bool,
    records_saying_so: u64,
    identifiers: u64,
    reserved: u64,
}

impl OutcomeLine {
    fn refused(&self) -> usize {
        self.marked.iter().filter(|marked| marked.refused).count()
    }

    /// Refused data is a refusal; a manifest that does not hold is a finding.
    fn end(&self) -> Result<Done> {
        match self.refused() {
            0 if self.manifests.iter().all(Compared::holds) => Ok(Done::Ok),
            0 => Ok(Done::Found),
            many => Err(Failure::refused(
                format!("{} of invented data, and the case is real", counted(many as u64, "file")),
                "their bytes are sealed and nothing of them was read in; a simulated network \
                 belongs in a case of its own: emma case new CASE --kind synthetic",
            )),
        }
    }
}

#[derive(Serialize)]
struct StageLine {
    name: String,
    wall_us: u64,
    cpu_us: u64,
}

impl From<Outcome> for OutcomeLine {
    fn from(outcome: Outcome) -> OutcomeLine {
        let stages = outcome.stages.iter();
        OutcomeLine {
            stages: stages
                .map(|cost| StageLine {
                    name: cost.name.to_string(),
                    wall_us: cost.wall_us,
                    cpu_us: cost.cpu_us,
                })
                .collect(),
            delivery: outcome.delivery,
            resumed: outcome.resumed,
            files: outcome.files,
            bytes: outcome.bytes,
            repeated: outcome.repeated,
            passed_over: outcome.passed_over,
            read: outcome.totals,
            marked: outcome
                .marked
                .into_iter()
                .map(|marked| MarkedLine {
                    exhibit: marked.exhibit.to_string(),
                    path: marked.path,
                    refused: marked.refused,
                    records_saying_so: marked.marks.said,
                    identifiers: marked.marks.told,
                    reserved: marked.marks.reserved,
                })
                .collect(),
            manifests: outcome.manifests,
            snapshot: outcome.snapshot,
        }
    }
}

pub fn run(args: &IntakeArgs, output: &Output) -> Result<Done> {
    let (home, clock) = (Home::from_environment()?, clock::from_environment()?);
    let mapping = args.mapping.as_deref().map(read_mapping).transpose()?;
    let mut case = Case::open(&args.case)?;
    let state = case.state()?;
    let place = place(&home, &case, &state, &*clock);
    let session = Session::for_intake(place, &asked(&args.acting), &args.source)?;
    drop(state);
    let log_key = home.need_log_key(case.meta.id)?;
    let intake = Intake {
        paths: args.paths.clone(),
        source: args.source.clone(),
        sender: args.sender.clone(),
        custody: custody(&args.custody)?,
        mapping,
    };
    let progress = Shower::new(output);
    let tools = tools(args.threads, &progress, &*clock)?;
    let random = &mut emma_evidence::system_random;
    let outcome = pipeline::intake(&mut case, &session, &log_key, &intake, &tools, random);
    progress.finish();
    let line = OutcomeLine::from(outcome?);
    output.print("emma/intake/v1", &line, human)?;
    line.end()
}

pub fn resume(args: &RunArgs, output: &Output) -> Result<Done> {
    let (home, clock) = (Home::from_environment()?, clock::from_environment()?);
    let mut case = Case::open(&args.case)?;
    let state = case.state()?;
    let place = place(&home, &case, &state, &*clock);
    let session = Session::for_running(place, &asked(&args.acting))?;
    drop(state);
    let log_key = home.need_log_key(case.meta.id)?;
    let progress = Shower::new(output);
    let tools = tools(args.threads, &progress, &*clock)?;
    let random = &mut emma_evidence::system_random;
    let outcome = pipeline::run(&mut case, &session, &log_key, &tools, random);
    progress.finish();
    let line = OutcomeLine::from(outcome?);
    output.print("emma/intake/v1", &line, human)?;
    line.end()
}

/// The pipeline's tools, with the engines this program chose.
pub fn tools<'a>(
    threads: Option<usize>,
    progress: &'a Shower,
    clock: &'a dyn clock::Clock,
) -> Result<Tools<'a>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Tools {
        splits: &Splits,
        threads: threads.unwrap_or(cores).max(1),
        parse_limits: Limits::default(),
        derive_limits: DeriveLimits::default(),
        progress,
        clock,
        seed: seed()?,
    })
}

fn seed() -> Result<Option<[u8; 32]>> {
    let Ok(text) = std::env::var(SEED_VARIABLE) else {
        return Ok(None);
    };
    let help = "write 64 hexadecimal digits, or unset EMMA_SEED";
    let digest = emma_model::Digest::from_hex(&text);
    digest.map(|seed| Some(seed.0)).ok_or_else(|| Failure::usage("EMMA_SEED is not a seed", help))
}

/// Reads a mapping from a file of the user's.
pub fn read_mapping(path: &Path) -> Result<Mapping> {
    let text = read_text(path, "the mapping")?;
    Mapping::parse(&text).map_err(|error| {
        let place = super::mapping::offset(&text, error.line, error.column);
        let help = error.suggestion.clone().unwrap_or_else(|| "see docs/mappings.md".to_owned());
        Failure::usage(error.to_string(), help).underline(
            "the mapping",
            &text,
            place..place,
            error.message.clone(),
        )
    })
}

fn custody(grade: &str) -> Result<String> {
    let attested = grade.strip_prefix("attested by ").is_some_and(|who| !who.trim().is_empty());
    if attested || ["proved", "asserted", "unknown"].contains(&grade) {
        return Ok(grade.to_owned());
    }
    let help = "use proved, asserted, unknown or 'attested by NAME'";
    Err(Failure::usage("this is not a grade of custody", help))
}

fn human(line: &OutcomeLine, out: &mut dyn Write) -> io::Result<()> {
    if let Some(delivery) = line.delivery {
        let verb =
            if line.resumed { "finished the interrupted delivery" } else { "sealed delivery" };
        let files = counted(line.files, "file");
        writeln!(out, "{verb} {delivery}: {files}, {}", bytes(line.bytes))?;
        if line.repeated > 0 {
            writeln!(
                out,
                "  {} in this case before, not repeated",
                counted(line.repeated, "file")
            )?;
        }
        if line.passed_over > 0 {
            let others = counted(line.passed_over, "entry").replace("entrys", "entries");
            writeln!(out, "  {others} passed over: neither file nor folder")?;
        }
    }
    let read = &line.read;
    writeln!(out, "read {}, {}", counted(read.exhibits, "exhibit"), bytes(read.bytes))?;
    listed(out, "records", &read.records, grouped)?;
    listed(out, "bytes", &read.bytes_by_class, grouped)?;
    listed(out, "anomalies", &read.anomalies, grouped)?;
    marks(line, out)?;
    match line.snapshot {
        Some(number) => writeln!(out, "published snapshot {number}")?,
        None => writeln!(out, "nothing to publish")?,
    }
    for stage in &line.stages {
        let (wall, cpu) = (stage.wall_us as f64 / 1e6, stage.cpu_us as f64 / 1e6);
        writeln!(out, "  {:<12} {wall:>8.2} s  ({cpu:.2} s of CPU)", stage.name)?;
    }
    Ok(())
}

/// Files named in a list that may be long.
const NAMED_MAX: usize = 5;

fn marks(line: &OutcomeLine, out: &mut dyn Write) -> io::Result<()> {
    for marked in line.marked.iter().take(NAMED_MAX) {
        let what = match marked.refused {
            true => "refused, invented data in a real case",
            false => "its mark `synthetic` was stripped from every record",
        };
        let (reserved, identifiers) = (grouped(marked.reserved), grouped(marked.identifiers));
        let path = inert::line(&marked.path);
        writeln!(out, "  {path}: {what} ({reserved} of {identifiers} identifiers are reserved)")?;
    }
    if line.marked.len() > NAMED_MAX {
        let more = grouped((line.marked.len() - NAMED_MAX) as u64);
        writeln!(out, "  and {more} more files like these (emma report CASE loss)")?;
    }
    if line.manifests.is_empty() && line.marked.iter().any(|marked| !marked.refused) {
        writeln!(out, "  no manifest came with them: whether all files are here is not known")?;
    }
    for manifest in &line.manifests {
        let signature = match manifest.signature {
            Signature::Good => "signature good",
            Signature::Bad => "SIGNATURE BAD",
            Signature::Absent => "no signature",
        };
        writeln!(
            out,
            "{}: {signature}; of {} {} here as listed, {} changed, {} not here, {} not listed",
            inert::line(&manifest.path),
            counted(manifest.listed, "file"),
            grouped(manifest.equal),
            grouped(manifest.differing),
            grouped(manifest.missing),
            grouped(manifest.unlisted),
        )?;
        for path in manifest.named.iter().take(NAMED_MAX) {
            writeln!(out, "  not as listed: {}", inert::line(path))?;
        }
    }
    Ok(())
}

fn listed(
    out: &mut dyn Write,
    what: &str,
    counts: &BTreeMap<String, u64>,
    figure: impl Fn(u64) -> String,
) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let parts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{} {name}", figure(*count))).collect();
    writeln!(out, "  {what}: {}", parts.join(", "))
}
