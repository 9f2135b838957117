//! `emma-score`: a case beside the twin's truth.

use clap::{Parser, ValueEnum};
use emma_score::case::Case;
use emma_score::score::{self, Scores};
use emma_score::truth::Truth;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare what a case holds with what a simulated network really did
///
/// Reads the case as you would: by running `emma` as an actor (--as and --reason of emma, or
/// EMMA_AS and EMMA_REASON). emma itself never reads the truth.
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
            eprintln!("  help: give the case, then the folder that holds truth/ and deliveries/");
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
    println!("{:<16} {:>9} {:>9} {:>9}", "fault", "injected", "seen", "both");
    for (name, fault) in &scores.faults {
        println!("{name:<16} {:>9} {:>9} {:>9}", fault.injected, fault.seen, fault.both);
    }
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
