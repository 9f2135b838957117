//! The twin on its own: `emma-twin generate|live|describe|repeats|pages`.

use base64::Engine;
use clap::{Args, Parser, Subcommand};
use emma_twin::generate::{Actor, generate};
use emma_twin::scenario::{Photos, Scenario};
use emma_twin::talk::{LANGUAGES, language_number};
use emma_twin::{Result, TwinError, live, measure};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Simulates a cryptophone network and what investigators would have received of it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Writes deliveries, their authority and manifest, and the truth beside them.
    Generate {
        #[command(flatten)]
        which: Which,
        /// Folder to write into; it must be empty or not there.
        #[arg(long)]
        out: PathBuf,
        /// Threads; left out: as many as the machine has.
        #[arg(long)]
        threads: Option<usize>,
        /// Who may read: NAME=KEY, the key as `emma actor list` prints it.
        #[arg(long)]
        actor: Option<String>,
    },
    /// Writes the truth of a generated folder as Parquet, beside its NDJSON.
    Tables {
        /// The folder that `generate` wrote.
        folder: PathBuf,
    },
    /// Plays the live feed to standard output, batch by batch.
    Live {
        #[command(flatten)]
        which: Which,
        /// Simulated seconds a second; 0 does not wait.
        #[arg(long, default_value_t = 3600.0)]
        speed: f64,
        /// Simulated seconds a batch covers at most.
        #[arg(long, default_value_t = 300)]
        batch_seconds: i64,
    },
    /// Prints what a scenario makes, beside its own values and the public record's.
    Describe {
        #[command(flatten)]
        which: Which,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints the share of five-word sequences that repeat, per language.
    Repeats {
        #[command(flatten)]
        which: Which,
        /// One language; left out: all.
        #[arg(long)]
        language: Option<String>,
        /// Messages a language.
        #[arg(long, default_value_t = 100_000)]
        count: u64,
        /// Another seed to compare with.
        #[arg(long)]
        across: Option<u64>,
        /// Prints the most frequent sequences too.
        #[arg(long)]
        worst: bool,
    },
    /// Prints conversations of one language, to be read.
    Pages {
        #[command(flatten)]
        which: Which,
        /// The language.
        #[arg(long)]
        language: String,
        /// Messages.
        #[arg(long, default_value_t = 400)]
        count: u64,
    },
}

#[derive(Args)]
struct Which {
    /// A preset: tiny, town or network.
    #[arg(long, default_value = "tiny", conflicts_with = "scenario")]
    preset: String,
    /// A scenario file.
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Messages instead of the scenario's own number: a slice.
    #[arg(long)]
    messages: Option<u64>,
    /// What comes of photos instead of the scenario's own word: none, only names, or drawn files.
    #[arg(long, value_enum)]
    photos: Option<PhotosArgument>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum PhotosArgument {
    None,
    Refs,
    Drawn,
}

impl Which {
    fn scenario(&self) -> Result<Scenario> {
        let mut scenario = match &self.scenario {
            None => Scenario::preset(&self.preset)?,
            Some(path) => Scenario::parse(&std::fs::read_to_string(path)?)?,
        };
        if let Some(messages) = self.messages {
            scenario.network.messages = messages;
        }
        if let Some(photos) = self.photos {
            scenario.deliveries.photos = match photos {
                PhotosArgument::None => Photos::None,
                PhotosArgument::Refs => Photos::Refs,
                PhotosArgument::Drawn => Photos::Drawn,
            };
        }
        Ok(scenario)
    }

    /// The scenario of a run over all its messages, with a warning where they are very many.
    fn scenario_to_run(&self) -> Result<Scenario> {
        let scenario = self.scenario()?;
        let asked = scenario.network.messages;
        if self.messages.is_none() && asked > MESSAGES_WARNED {
            eprintln!(
                "emma-twin: warning: the scenario asks for {asked} messages of {} users; smaller: \
                 `base = \"tiny\"` or `network = {{ users = 400, messages = 30000 }}` in the \
                 scenario file, or --messages N",
                scenario.network.users
            );
        }
        Ok(scenario)
    }
}

/// More messages than this are announced, unless the command itself names their number.
const MESSAGES_WARNED: u64 = 5_000_000;

/// The key of `NAME=KEY`, where it looks like one: `emma-actor-HEX+HEX+BASE64`.
fn looks_like_key(key: &str) -> bool {
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(rest) = key.strip_prefix("emma-actor-") else { return false };
    let mut parts = rest.splitn(3, '+');
    let (Some(name), Some(id), Some(own)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let decoded = base64::engine::general_purpose::STANDARD.decode(own);
    // A kind and the 32 bytes of an Ed25519 key.
    hex(name) && hex(id) && decoded.is_ok_and(|bytes| bytes.len() == 33)
}

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("emma-twin: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            ExitCode::from(if matches!(error, TwinError::Scenario(_)) { 2 } else { 4 })
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Generate { which, out, threads, actor } => {
            return make(&which, &out, threads, actor.as_deref());
        }
        Verb::Tables { folder } => {
            let made = emma_twin::tables::convert(&folder)?;
            let rows: u64 = made.iter().map(|file| file.records).sum();
            println!("{} tables, {rows} rows", made.len());
        }
        Verb::Live { which, speed, batch_seconds } => {
            let pace = live::Pace { speed, batch_seconds };
            let mut out = std::io::stdout().lock();
            live::play(&which.scenario_to_run()?, which.seed, pace, &mut out, &std::thread::sleep)?;
        }
        Verb::Describe { which, json } => {
            let table = emma_twin::describe::describe(&which.scenario_to_run()?, which.seed)?;
            let text = if json { table.json() } else { table.text() };
            std::io::stdout().write_all(text.as_bytes())?;
            if !table.within() {
                return Ok(ExitCode::from(1));
            }
        }
        Verb::Repeats { which, language, count, across, worst } => {
            let scenario = which.scenario()?;
            let chosen = language.map(|code| language_number(&code));
            for number in 0..LANGUAGES.len() as u8 {
                if chosen.is_some_and(|only| only != number) {
                    continue;
                }
                let found = measure::repeats(&scenario, which.seed, across, number, count)?;
                let also = found.across.map_or(String::new(), |share| {
                    format!(", in the other seed's talk {:.1} %", share * 100.0)
                });
                println!(
                    "{}: {:.1} % of {} five-word sequences repeat{also}",
                    found.language,
                    found.share() * 100.0,
                    found.runs
                );
                for (text, times) in found.worst.iter().filter(|_| worst) {
                    println!("  {times:5}  {text}");
                }
            }
        }
        Verb::Pages { which, language, count } => {
            let scenario = which.scenario()?;
            let number = language_number(&language);
            let mut last = u64::MAX;
            let mut out = std::io::stdout().lock();
            let mut failed = None;
            measure::speak(&scenario, which.seed, number, count, |session, _, role, text| {
                let gap = if session == last { "" } else { "\n" };
                last = session;
                let who = ["A", "B", "C"][usize::from(role) % 3];
                if let Err(error) = writeln!(out, "{gap}{who}: {text}") {
                    failed = Some(error);
                }
            })?;
            if let Some(error) = failed {
                return Err(error.into());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn make(
    which: &Which,
    out: &std::path::Path,
    threads: Option<usize>,
    actor: Option<&str>,
) -> Result<ExitCode> {
    let scenario = which.scenario_to_run()?;
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(TwinError::Scenario("the output folder is not empty: name another".into()));
    }
    let actor = match actor.map(|text| text.split_once('=')) {
        None => None,
        Some(Some((_, key))) if !looks_like_key(key) => {
            return Err(TwinError::Scenario(
                "--actor takes NAME=KEY, and the key is not one (emma-actor-HEX+HEX+BASE64): \
                 `emma actor add NAME` makes it, `emma actor list` prints it"
                    .into(),
            ));
        }
        Some(Some((name, key))) => Some(Actor { name: name.into(), key: key.into() }),
        Some(None) => return Err(TwinError::Scenario("--actor takes NAME=KEY".into())),
    };
    let start = Instant::now();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(std::io::Error::other)?;
    let made = pool.install(|| generate(&scenario, which.seed, out, actor.as_ref()))?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes: u64 = made.files.iter().map(|file| file.bytes).sum();
    let records: u64 = made.files.iter().map(|file| file.records).sum();
    let threads = pool.current_num_threads();
    // Photos take turns with talk on the same threads: their share of the time is told apart.
    let drawing = made.drawn.time.as_secs_f64() / threads as f64;
    println!(
        "{} messages, {} files, {records} records, {bytes} bytes in {seconds:.2} s: {:.0} \
         messages a second on {threads} threads",
        made.tally.messages,
        made.files.len(),
        made.tally.messages as f64 / (seconds - drawing).max(1e-3),
    );
    if made.drawn.photos > 0 {
        println!(
            "{} of the files are photos, {} bytes, in {drawing:.2} s of that: {:.0} photos a \
             second",
            made.drawn.photos,
            made.drawn.bytes,
            made.drawn.photos as f64 / drawing.max(1e-3),
        );
    }
    Ok(ExitCode::SUCCESS)
}
