//! `emma verify`.

use super::authority::read_text;
use crate::args::VerifyArgs;
use crate::fail::{Done, Failure, Result};
use crate::output::progress::Shower;
use crate::output::{Output, bytes, counted, grouped};
use emma_case::verify;
use emma_evidence::{Checkpoint, VerifierKey};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct VerifiedLine {
    holds: bool,
    key_given: bool,
    checkpoint_given: bool,
    entries: u64,
    entries_under_checkpoint: u64,
    entries_after_checkpoint: Vec<(u64, String)>,
    payloads: u64,
    exhibits: u64,
    exhibit_bytes: u64,
    trees: u64,
    leaves: u64,
    snapshot_files: u64,
    findings: Vec<FindingLine>,
}

#[derive(Serialize)]
struct FindingLine {
    object: String,
    what: String,
}

pub fn run(args: &VerifyArgs, output: &Output) -> Result<Done> {
    let key = args.key.as_deref().map(parse_key).transpose()?;
    let older = match &args.checkpoint {
        None => None,
        Some(path) => {
            let text = read_text(path, "the checkpoint")?;
            let help = "give the file that `emma log checkpoint --output` wrote";
            let wrong = |_| Failure::usage("the file is not a checkpoint", help);
            Some(Checkpoint::parse(&text).map_err(wrong)?)
        }
    };
    let progress = Shower::new(output);
    let verified = verify::verify(&args.case, key.as_ref(), older.as_ref(), &progress);
    progress.finish();
    let verified = verified?;
    let findings = verified.findings.into_iter();
    let line = VerifiedLine {
        holds: findings.len() == 0,
        key_given: key.is_some(),
        checkpoint_given: older.is_some(),
        entries: verified.entries,
        entries_under_checkpoint: verified.entries_under_checkpoint,
        entries_after_checkpoint: verified.entries_after_checkpoint,
        payloads: verified.payloads,
        exhibits: verified.exhibits,
        exhibit_bytes: verified.exhibit_bytes,
        trees: verified.trees,
        leaves: verified.leaves,
        snapshot_files: verified.snapshot_files,
        findings: findings
            .map(|found| FindingLine { object: found.object, what: found.what })
            .collect(),
    };
    output.print("emma/verify/v1", &line, human)?;
    Ok(if line.holds { Done::Ok } else { Done::Found })
}

fn parse_key(text: &str) -> Result<VerifierKey> {
    let help = "give the key that `emma case key` prints on the custodian's machine";
    text.parse().map_err(|_| Failure::usage("this is not the public key of a log", help))
}

fn human(line: &VerifiedLine, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "log: {}, {}",
        counted(line.entries, "signed line"),
        counted(line.payloads, "payload")
    )?;
    let (exhibits, size) = (counted(line.exhibits, "sealed file"), bytes(line.exhibit_bytes));
    writeln!(out, "exhibits: {exhibits}, {size}")?;
    let (trees, leaves) = (counted(line.trees, "record tree"), grouped(line.leaves));
    writeln!(out, "readings: {trees} of {leaves} leaves")?;
    writeln!(out, "lake and index: {}", counted(line.snapshot_files, "file"))?;
    for (entry, signer) in &line.entries_after_checkpoint {
        writeln!(out, "entry {entry} is not yet under a checkpoint, signed by {signer}")?;
    }
    if !line.key_given {
        writeln!(out, "no --key: the case was checked against the key it names itself")?;
    }
    if !line.checkpoint_given {
        writeln!(out, "no --checkpoint: a case put back to an earlier state would not be noticed")?;
    }
    for found in &line.findings {
        writeln!(out, "DOES NOT FIT {}: {}", found.object, found.what)?;
    }
    let verdict = if line.holds { "everything fits" } else { "the case does not verify" };
    writeln!(out, "{verdict}")
}
