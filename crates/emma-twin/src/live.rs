//! Live traffic: the feed's records in the order they were captured, in batches with dense sequence
//! numbers per source, as fast as wanted.
//!
//! The slice is held in memory while it plays (a few hundred bytes a record), so that it can be put
//! in order; [`MESSAGES_MAX`] bounds it.

use crate::part::{self, Part};
use crate::scenario::Scenario;
use crate::talk::Phrasebook;
use crate::talk::session::Lexicon;
use crate::world::World;
use crate::{Result, TwinError};
use rayon::prelude::*;
use std::io::Write;
use std::time::Duration;

/// Most messages of a live slice.
pub const MESSAGES_MAX: u64 = 3_000_000;
/// Indices of the feed among the sources, in both output profiles.
const FEED: [u8; 2] = [1, 6];
/// Most records of a batch.
const BATCH_RECORDS_MAX: usize = 200;

/// How live traffic is played.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Simulated seconds a real second; 0 plays without waiting.
    pub speed: f64,
    /// Simulated seconds a batch covers at most.
    pub batch_seconds: i64,
}

/// Plays the scenario's live feed to `out`: one JSON line a batch, with its source (a
/// collection server), sequence number and records. Each source's numbers start at 0 without gap.
pub fn play(
    scenario: &Scenario,
    seed: u64,
    pace: Pace,
    out: &mut dyn Write,
    wait: &dyn Fn(Duration),
) -> Result<u64> {
    if scenario.network.messages > MESSAGES_MAX {
        let what = format!("live plays at most {MESSAGES_MAX} messages; give --messages");
        return Err(TwinError::Scenario(what));
    }
    let book = Phrasebook::open()?;
    let lexicon = Lexicon::of(&book);
    let world = World::make(scenario, seed, &book.script)?;
    let parts: Vec<Part> = part::cut(&world)
        .into_par_iter()
        .map(|ties| {
            let mut part = Part::play(&world, &lexicon, ties);
            part.rows.retain(|row| FEED.contains(&row.source));
            part.truth_arena = Vec::new();
            part
        })
        .collect();
    let mut order: Vec<(i64, u64, u32, u32)> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        for (at, row) in part.rows.iter().enumerate() {
            order.push((row.order.0, row.order.1, number as u32, at as u32));
        }
    }
    order.sort_unstable();
    let mut sequences = [0u64; crate::world::device::COLLECTORS as usize];
    let mut open: Vec<Vec<(u32, u32)>> = vec![Vec::new(); sequences.len()];
    let mut start = order.first().map_or(0, |first| first.0);
    for (at, _, part, row) in &order {
        let device = parts[*part as usize].rows[*row as usize].device;
        let source = usize::from(world.devices[device as usize].collector);
        if at - start >= pace.batch_seconds * 1000 || open[source].len() >= BATCH_RECORDS_MAX {
            flush(&parts, *at, &mut open, &mut sequences, out)?;
            if pace.speed > 0.0 {
                wait(Duration::from_secs_f64((at - start) as f64 / 1000.0 / pace.speed));
            }
            start = *at;
        }
        open[source].push((*part, *row));
    }
    flush(&parts, order.last().map_or(0, |last| last.0), &mut open, &mut sequences, out)?;
    Ok(order.len() as u64)
}

fn flush(
    parts: &[Part],
    until: i64,
    open: &mut [Vec<(u32, u32)>],
    sequences: &mut [u64],
    out: &mut dyn Write,
) -> Result<()> {
    for (source, rows) in open.iter_mut().enumerate() {
        if rows.is_empty() {
            continue;
        }
        let sequence = sequences[source];
        sequences[source] += 1;
        let stamp = crate::time::stamp(until);
        write!(
            out,
            "{{\"schema\":\"batch/1\",\"synthetic\":true,\"source\":\"collector-{source}\","
        )?;
        write!(out, "\"sequence\":{sequence},\"until\":\"{stamp}\",\"records\":[")?;
        for (place, (part, row)) in rows.drain(..).enumerate() {
            if place > 0 {
                out.write_all(b",")?;
            }
            let part = &parts[part as usize];
            let bytes = &part.arena[part.rows[row as usize].span.clone()];
            out.write_all(bytes.strip_suffix(b"\n").unwrap_or(bytes))?;
        }
        out.write_all(b"]}\n")?;
    }
    out.flush()?;
    Ok(())
}
