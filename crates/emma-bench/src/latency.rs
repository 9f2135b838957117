//! Latencies of a list of queries: percentiles by kind and by how many messages they find.

use crate::queries::{Kind, Query};
use serde_json::{Value, json};
use std::time::Instant;

/// Each query runs this often; its median counts.
const RUNS: usize = 3;
/// Deciles by number of messages found.
const DECILES: usize = 10;

/// What one query took and found.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// What was asked.
    pub kind: Kind,
    /// Newest 20, found, microseconds.
    pub newest_us: u64,
    /// Newest 20, found and their rows fetched, microseconds.
    pub shown_us: u64,
    /// Exact total, microseconds.
    pub total_us: u64,
    /// The total.
    pub total: u64,
}

/// An engine that can be asked. Errors are words for people.
pub trait Engine {
    /// Finds the newest 20 messages; how many there were.
    fn newest(&mut self, query: &Query) -> Result<usize, String>;
    /// The same, and fetches their rows with text, sender and time.
    fn shown(&mut self, query: &Query) -> Result<usize, String>;
    /// The exact number of messages.
    fn total(&mut self, query: &Query) -> Result<u64, String>;
}

/// Asks everything, warm: once to warm up, then [`RUNS`] times.
pub fn ask_all(engine: &mut dyn Engine, queries: &[Query]) -> Result<Vec<Taken>, String> {
    let mut taken = Vec::with_capacity(queries.len());
    for query in queries {
        engine.shown(query)?;
        let total = engine.total(query)?;
        let newest_us = median(|| engine.newest(query).map(|_| ()))?;
        let shown_us = median(|| engine.shown(query).map(|_| ()))?;
        let total_us = median(|| engine.total(query).map(|_| ()))?;
        taken.push(Taken { kind: query.kind, newest_us, shown_us, total_us, total });
    }
    Ok(taken)
}

fn median(mut ask: impl FnMut() -> Result<(), String>) -> Result<u64, String> {
    let mut runs = [0; RUNS];
    for run in &mut runs {
        let started = Instant::now();
        ask()?;
        *run = started.elapsed().as_micros() as u64;
    }
    runs.sort_unstable();
    Ok(runs[RUNS / 2])
}

/// The report: by kind, and inside each kind by decile of what was found.
pub fn report(taken: &[Taken]) -> Value {
    let kinds: Vec<Value> = Kind::ALL
        .iter()
        .map(|kind| {
            let mut own: Vec<Taken> = taken.iter().filter(|t| t.kind == *kind).copied().collect();
            own.sort_by_key(|t| t.total);
            let deciles: Vec<Value> = (0..DECILES)
                .map(|at| &own[own.len() * at / DECILES..own.len() * (at + 1) / DECILES])
                .filter(|part| !part.is_empty())
                .map(summary)
                .collect();
            json!({
                "kind": kind.name(),
                "queries": own.len(),
                "all": summary(&own),
                "deciles": deciles,
            })
        })
        .collect();
    let totals: Vec<u64> = taken.iter().map(|t| t.total).collect();
    json!({ "kinds": kinds, "totals": totals })
}

fn summary(taken: &[Taken]) -> Value {
    let of = |f: fn(&Taken) -> u64| {
        let mut values: Vec<u64> = taken.iter().map(f).collect();
        values.sort_unstable();
        json!({
            "p50": percentile(&values, 50),
            "p99": percentile(&values, 99),
            "max": values.last().copied().unwrap_or(0),
        })
    };
    let found: Vec<u64> = taken.iter().map(|t| t.total).collect();
    json!({
        "newest_20_us": of(|t| t.newest_us),
        "newest_20_shown_us": of(|t| t.shown_us),
        "exact_total_us": of(|t| t.total_us),
        "found_least": found.first().copied().unwrap_or(0),
        "found_most": found.last().copied().unwrap_or(0),
    })
}

/// The smallest value that `percent` of the sorted `values` do not exceed; 0 for none.
pub fn percentile(values: &[u64], percent: usize) -> u64 {
    if values.is_empty() {
        return 0;
    }
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!(percentile(&values, 50), 100);
        assert_eq!(percentile(&values, 99), 198);
        assert_eq!(percentile(&[5], 99), 5);
        assert_eq!(percentile(&[], 99), 0);
    }
}
