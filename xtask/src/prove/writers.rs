//! Many processes on one case: four writers of notes, an intake and two readers at once.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const WRITERS: u64 = 4;
const READERS: usize = 2;
/// A reader may be blocked this long at p99.
const BLOCKED_MS_MAX: f64 = 100.0;
/// Undisturbed reads that say what a read costs alone.
const READS_ALONE: usize = 20;

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let notes = options.times.unwrap_or(1_000);
    let messages = options.messages.unwrap_or(1_000_000);
    let programs = scene::programs()?;
    let (first, _) = bench::corpus(&programs, 20_000, options.seed)?;
    let (second, _) = bench::corpus(&programs, messages, options.seed + 1)?;
    let emma = scene::fresh(&programs, &scene::folder("writers"))?;
    emma.must(&scene::words(&scene::corpus_intake(&first)))?;
    let alone: Vec<Read> = (0..READS_ALONE).map(|_| read(&emma)).collect::<Result<_, Failure>>()?;
    let id = {
        let hits = emma.must(&["--json", "search", "case", "", "--limit", "1"])?.json()?;
        hits["hits"][0]["id"].as_str().unwrap_or_default().to_owned()
    };

    let started = Instant::now();
    let reads = together(&emma, &second, &id, notes)?;
    let wall = started.elapsed().as_secs_f64();

    check_notes(&emma, &id, notes)?;
    let found = scene::total(&emma, "")?;
    if found != messages + 20_000 {
        return Err(Failure::found(format!("{found} messages, not {}", messages + 20_000)));
    }
    let verified = scene::verify(&emma, &scene::key(&emma)?, None)?;
    if verified.code != 0 {
        return Err(Failure::found(format!("the log does not verify: {}", verified.out)));
    }
    figure(&alone, &reads, notes, wall)
}

/// What one read took.
#[derive(Debug, Clone, Copy)]
struct Read {
    wall: Duration,
    /// What the program itself says that it waited for others, where it says so.
    waited_ms: Option<f64>,
}

fn read(emma: &Emma) -> Result<Read, Failure> {
    let started = Instant::now();
    let said = emma.must(&["--json", "search", "case", "mod", "--limit", "5"])?;
    let wall = started.elapsed();
    let waited_ms = said.json()?["waited_us"].as_f64().map(|us| us / 1000.0);
    Ok(Read { wall, waited_ms })
}

/// Everything at once; returns the reads done meanwhile.
fn together(emma: &Emma, corpus: &Path, id: &str, notes: u64) -> Result<Vec<Read>, Failure> {
    let over = AtomicBool::new(false);
    let intake = scene::corpus_intake(corpus);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = Vec::new();
                    while !over.load(Ordering::SeqCst) {
                        reads.push(read(emma)?);
                    }
                    Ok::<_, Failure>(reads)
                })
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    for number in 0..notes {
                        emma.must(&["note", "case", id, &format!("note {writer}-{number}")])?;
                    }
                    Ok::<_, Failure>(())
                })
            })
            .collect();
        let intake = scope.spawn(|| emma.must(&scene::words(&intake)).map(|_| ()));
        let mut outcomes: Vec<Result<(), Failure>> = Vec::new();
        for worker in writers.into_iter().chain([intake]) {
            outcomes.push(worker.join().expect("a worker does not panic"));
        }
        over.store(true, Ordering::SeqCst);
        let mut reads = Vec::new();
        for reader in readers {
            reads.extend(reader.join().expect("a reader does not panic")?);
        }
        outcomes.into_iter().collect::<Result<Vec<()>, Failure>>()?;
        Ok(reads)
    })
}

/// Fails unless each note stands in the log, and at its message, exactly once.
fn check_notes(emma: &Emma, id: &str, notes: u64) -> Result<(), Failure> {
    let expected = (WRITERS * notes) as usize;
    let audit = emma.must(&["--json", "audit", "case", "--kind", "note"])?.json()?;
    let stand = audit["entries"].as_array().map_or(0, Vec::len);
    let shown = emma.must(&["--json", "show", "case", id])?.json()?;
    let texts = shown["messages"][0]["notes"].as_array().into_iter().flatten();
    let texts: Vec<&str> = texts.filter_map(|note| note["text"].as_str()).collect();
    let distinct: BTreeSet<&str> = texts.iter().copied().collect();
    if stand != expected || texts.len() != expected || distinct.len() != expected {
        return Err(Failure::found(format!(
            "{stand} notes in the log, {} at the message, {} distinct, not {expected}",
            texts.len(),
            distinct.len()
        )));
    }
    Ok(())
}

fn figure(alone: &[Read], reads: &[Read], notes: u64, wall: f64) -> Result<String, Failure> {
    let walls = |reads: &[Read]| -> Vec<f64> {
        reads.iter().map(|read| read.wall.as_secs_f64() * 1000.0).collect()
    };
    let usual = percentile(walls(alone), 50.0);
    let (p50, p99) = (percentile(walls(reads), 50.0), percentile(walls(reads), 99.0));
    let waited: Vec<f64> = reads.iter().filter_map(|read| read.waited_ms).collect();
    let (blocked, how) = if waited.len() == reads.len() {
        (percentile(waited, 99.0), "as the reader measured it")
    } else {
        ((p99 - usual).max(0.0), "whole read less a read alone")
    };
    if blocked > BLOCKED_MS_MAX {
        return Err(Failure::found(format!(
            "a reader is blocked {blocked:.0} ms at p99 ({how}); reads took {p50:.0} / {p99:.0} ms"
        )));
    }
    Ok(format!(
        "{} notes, an intake and {} reads in {wall:.0} s: none lost or doubled, the log verifies; \
         a reader is blocked {blocked:.1} ms at p99 ({how}), reads took {p50:.0} / {p99:.0} ms \
         (p50 / p99; alone {usual:.0})",
        WRITERS * notes,
        reads.len(),
    ))
}

fn percentile(mut values: Vec<f64>, percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values.get(rank.max(1) - 1).copied().unwrap_or(0.0)
}
