//! `emma-verify --key K FILE`: one proof.

use crate::{Answer, Failure, read_checkpoint, read_file, read_keys};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use clap::Args;
use emma_evidence::bundle::Verdict;
use emma_evidence::{Bundle, Report};
use emma_model::Digest;
use std::path::PathBuf;

/// Raw bytes longer than this are shown by their beginning.
const RAW_SHOWN_CHARS_MAX: usize = 2_000;

/// What to check.
#[derive(Debug, Args)]
pub struct ProofArgs {
    /// The case's public log key, as text or file; further keys are those of witnesses
    #[arg(long, required = true, value_name = "KEY")]
    key: Vec<String>,
    /// A checkpoint obtained before: the proof must extend it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// For a proof of a blob: the file that is said to be it
    #[arg(long, value_name = "FILE")]
    blob: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The proof
    #[arg(required = true, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Checks the proof and prints what it shows.
pub fn run(args: &ProofArgs, today: &str) -> Answer {
    let Some(file) = &args.file else {
        return Err(Failure::Usage("name the proof to check".to_owned()));
    };
    let keys = read_keys(&args.key)?;
    let older = match &args.checkpoint {
        None => None,
        Some(path) => Some(read_checkpoint(path, "the checkpoint")?.ok_or_else(|| {
            Failure::Usage("--checkpoint: the file holds no checkpoint".to_owned())
        })?),
    };
    let bundle = match Bundle::from_file(&read_file(file, "the proof")?) {
        Ok(bundle) => bundle,
        Err(error) => {
            print_unreadable(&error.to_string(), args.json);
            return Ok(false);
        }
    };
    let mut report = bundle.verify(&keys, older.as_ref());
    if let Some(path) = &args.blob {
        let digest = Digest::of(&read_file(path, "the blob")?);
        let raw = bundle.leaves.first().and_then(|leaf| BASE64.decode(&leaf.raw).ok());
        let is_blob = bundle.leaves.first().is_some_and(|leaf| leaf.class == "blob");
        report.checks.push(emma_evidence::bundle::Check {
            object: "blob".to_owned(),
            what: "the file given has the proven SHA-256".to_owned(),
            holds: is_blob && raw.as_deref() == Some(&digest.0[..]),
        });
    }
    if args.json {
        print_json(&report, older.is_some(), today);
    } else {
        print_text(&bundle, &report, older.as_ref().map(|older| older.size), today);
    }
    Ok(report.holds())
}

fn print_unreadable(error: &str, json: bool) {
    if json {
        println!("{}", serde_json::json!({ "holds": false, "error": error }));
    } else {
        println!("NOT VERIFIED: {error}");
    }
}

fn print_json(report: &Report, older_given: bool, today: &str) {
    let not_witnessed_before = report.witnesses.is_empty().then_some(today);
    let all = serde_json::json!({
        "holds": report.holds(),
        "older_checkpoint_given": older_given,
        "not_witnessed_before": not_witnessed_before,
        "report": report,
    });
    println!("{all:#}");
}

fn print_text(bundle: &Bundle, report: &Report, older: Option<u64>, today: &str) {
    println!("record      {}", shown(&report.record));
    println!("source      {}", shown(&report.source));
    println!("delivered   {}", shown(&report.path));
    println!("checkpoint  {} entries, root {}", report.log_size, report.log_root);
    println!("received by {}", shown(&report.signers.join(", ")));
    for (i, leaf) in bundle.leaves.iter().enumerate() {
        let raw = BASE64.decode(&leaf.raw).unwrap_or_default();
        if leaf.class == "blob" {
            println!("leaf {i}      blob with SHA-256 {}", emma_model::digest::hex(&raw));
            continue;
        }
        let text = shown(&String::from_utf8_lossy(&raw));
        let cut: String = text.chars().take(RAW_SHOWN_CHARS_MAX).collect();
        let rest = if cut.len() < text.len() { " [...]" } else { "" };
        println!("leaf {i}      {} of {} bytes: {cut}{rest}", leaf.class, raw.len());
    }
    println!();
    for check in &report.checks {
        let mark = if check.holds { "ok  " } else { "FAIL" };
        println!("{mark}  {:<16}  {}", check.object, check.what);
    }
    for value in &report.values {
        let mark = match value.verdict {
            Verdict::Proven => "ok  ",
            Verdict::AsReadByParser => "    ",
            Verdict::Wrong => "FAIL",
        };
        println!(
            "{mark}  {:<16}  {}  ({})",
            shown(&value.field),
            shown(&value.value),
            shown(&value.how)
        );
    }
    println!();
    print_witnesses(report, older, today);
    if report.holds() {
        println!("verified");
    } else {
        let mut failed: Vec<&str> = report.failures().map(|check| &check.object[..]).collect();
        failed
            .extend(report.values.iter().filter(|v| v.verdict == Verdict::Wrong).map(|_| "value"));
        failed.dedup();
        println!("NOT VERIFIED: {}", failed.join(", "));
    }
}

fn print_witnesses(report: &Report, older: Option<u64>, today: &str) {
    if let Some(size) = older {
        println!("entries below {size} stand as they did when the checkpoint given was obtained");
    }
    if report.witnesses.is_empty() {
        println!("not witnessed: could have been rewritten before {today}");
    } else {
        println!("witnessed by {}", report.witnesses.join(", "));
    }
}

/// Text made inert for a terminal: controls and direction marks are written as escapes.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{61c}');
        if c.is_control() || direction {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn controls_and_direction_marks_are_inert() {
        assert_eq!(shown("a\u{1b}[31m\u{202e}b\né"), "a\\u{1b}[31m\\u{202e}b\\né");
    }
}
