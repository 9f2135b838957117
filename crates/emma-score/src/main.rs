//! `emma-score`: a case beside the twin's truth.

use clap::{Parser, ValueEnum};
use emma_score::ScoreError;
use emma_score::case::Case;
use emma_score::score::{self, Scores};
use emma_score::truth::Truth;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare what a case holds with what a simulated network really did
///
/// Reads the case as you would: by running `emma` as an actor. Set the environment first:
/// export EMMA_REASON="why you look", and EMMA_AS where you have several keys. emma itself never
/// reads the truth.
///
/// For each fault: copies for which the truth lists it, copies whose kept words differ from what
/// was sent in that way, and both. That says that emma kept every copy as it was delivered. It does
/// not say that emma noticed a fault: docs/experiments.md says how to measure that.
#[derive(Parser)]
#[command(
    name = "emma-score",
    version,
    after_help = "Exit codes: 0 all exact, 1 something is \
    not as the truth says, 2 usage, 4 input or output."
)]
struct Args {
    /// The case's folder
    case: PathBuf,
    /// The folder that `emma-twin generate --out` made: its truth/ and deliveries/ are read
    truth: PathBuf,
    /// What to score
    #[arg(long, value_enum, default_value = "intake")]
    what: What,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// The emma to run [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    emma: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Whether every record is there and differs where, and only where, the truth lists a fault
    Intake,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let beside = std::env::current_exe().map(|own| own.with_file_name("emma"));
    let emma = args.emma.clone().or(beside.ok()).unwrap_or_else(|| "emma".into());
    let case = Case { folder: args.case.clone(), emma };
    let scored = Truth::read(&args.truth).and_then(|truth| match args.what {
        What::Intake => score::intake(&case, &truth),
    });
    let scores = match scored {
        Ok(scores) => scores,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("  help: {}", help(&error));
            return ExitCode::from(4);
        }
    };
    if args.json {
        let mut value = serde_json::to_value(&scores).expect("plain values are JSON");
        value["schema"] = "emma/score/v1".into();
        println!("{value}");
    } else {
        print(&scores);
    }
    let exact = scores.scores.iter().all(|score| score.k == score.n);
    ExitCode::from(u8::from(!exact || scores.bytes_not_understood > 0))
}

/// What to do about an error.
fn help(error: &ScoreError) -> &'static str {
    let reason = std::env::var("EMMA_REASON").unwrap_or_default();
    match error {
        ScoreError::Emma { .. } if reason.trim().is_empty() => {
            "emma reads for a reason only; say it: export EMMA_REASON=\"...\""
        }
        ScoreError::Emma { .. } => "emma has said why, above",
        _ => "give the case, then the folder that holds truth/ and deliveries/",
    }
}

fn print(scores: &Scores) {
    println!("{:<10} {:>9}  {:>19}  {:>10}", "what", "share", "95 % interval", "n");
    for score in &scores.scores {
        println!(
            "{:<10} {:>8.4}%  {:>8.4}%–{:>8.4}%  {:>10}  {}",
            score.what,
            score.value * 100.0,
            score.lo * 100.0,
            score.hi * 100.0,
            score.n,
            score.means
        );
    }
    let columns = ["the truth lists", "kept copy differs", "both"];
    println!("{:<16} {:>15} {:>17} {:>9}", "fault", columns[0], columns[1], columns[2]);
    for (name, fault) in &scores.faults {
        println!("{name:<16} {:>15} {:>17} {:>9}", fault.injected, fault.seen, fault.both);
    }
    // Where a difference is not the listed one, the first sentence would not be true.
    let as_delivered = scores.faults.values().all(|f| f.injected == f.both && f.seen == f.both);
    if as_delivered && scores.unexplained.is_empty() {
        println!("This says that emma kept every copy as it was delivered.");
    } else {
        println!("This says that some copies are not kept as the truth has them.");
    }
    println!("It does not say that emma noticed a fault.");
    for (what, count) in &scores.unexplained {
        println!("unexplained difference of {what}: {count}");
    }
    let listed: Vec<_> = scores.listed.iter().map(|(k, n)| format!("{n} {k}")).collect();
    println!("listed in the truth: {}", listed.join(", "));
    println!("bytes not understood: {}", scores.bytes_not_understood);
    for (kind, count) in &scores.anomalies {
        println!("anomaly of reading: {count} {kind}");
    }
    for (path, want, got) in &scores.miscounted {
        println!("{path}: {got} records, {want} delivered");
    }
    for path in &scores.not_taken_in {
        println!("{path}: not in the case");
    }
}
