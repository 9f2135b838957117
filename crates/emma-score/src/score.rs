//! Shares with their intervals.

use crate::Result;
use crate::case::{Case, Places};
use crate::compare::compare;
use crate::truth::{Truth, fault};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// A share: how many of `n`, with the 95 % interval of Wilson (1927).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// What was measured.
    pub what: &'static str,
    /// What it means.
    pub means: &'static str,
    /// The share, 0 to 1; 1 where there is nothing to count.
    pub value: f64,
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
    /// How many it is a share of.
    pub n: u64,
    /// How many have it.
    pub k: u64,
}

impl Score {
    /// The share `k` of `n`.
    pub fn of(what: &'static str, means: &'static str, k: u64, n: u64) -> Score {
        const Z: f64 = 1.959_964;
        if n == 0 {
            return Score { what, means, value: 1.0, lo: 0.0, hi: 1.0, n, k };
        }
        let (count, share) = (n as f64, k as f64 / n as f64);
        let centre = share + Z * Z / (2.0 * count);
        let spread = Z * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
        let all = 1.0 + Z * Z / count;
        let lo = ((centre - spread) / all).max(0.0);
        let hi = ((centre + spread) / all).min(1.0);
        Score { what, means, value: share, lo: lo.min(share), hi: hi.max(share), n, k }
    }
}

/// A fault of the truth beside what copies show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Copies that have it by the truth.
    pub injected: u64,
    /// Copies that show it.
    pub seen: u64,
    /// Copies that have it and show it.
    pub both: u64,
}

/// What was measured on one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// The shares.
    pub scores: Vec<Score>,
    /// Faults that change what a copy says.
    pub faults: BTreeMap<&'static str, Fault>,
    /// Differences that are no fault of the twin's, by what differs.
    pub unexplained: BTreeMap<&'static str, u64>,
    /// All faults that the truth lists, by its own names.
    pub listed: BTreeMap<String, u64>,
    /// Anomalies of reading, by kind: the twin's files are well formed, so none is expected.
    pub anomalies: BTreeMap<String, u64>,
    /// Bytes not understood.
    pub bytes_not_understood: u64,
    /// Files whose records are not as many as the manifest says: (path, manifest, case).
    pub miscounted: Vec<(String, u64, u64)>,
    /// Files of the manifest that the case does not hold.
    pub not_taken_in: Vec<String>,
}

/// Scores an intake: whether every delivered record is there, says what it should, and differs
/// where, and only where, the truth lists a fault.
pub fn intake(case: &Case, truth: &Truth) -> Result<Scores> {
    let exhibits = case.exhibits()?;
    let mut scores = Scores {
        scores: Vec::new(),
        faults: fault::NAMES.iter().map(|name| (*name, Fault::default())).collect(),
        unexplained: BTreeMap::new(),
        listed: truth.listed.clone(),
        anomalies: BTreeMap::new(),
        bytes_not_understood: 0,
        miscounted: Vec::new(),
        not_taken_in: Vec::new(),
    };
    let (mut listed, mut understood, mut all_records, mut whole_files) = (0, 0, 0, 0);
    let manifest = |path: &str| path.ends_with("manifest.ndjson");
    let delivered = |path: &str| truth.files.contains_key(path) || manifest(path);
    // A case may hold other data, too: it is not the truth's to judge.
    for exhibit in exhibits.iter().filter(|exhibit| delivered(exhibit.delivered())) {
        for (kind, count) in &exhibit.anomalies {
            *scores.anomalies.entry(kind.clone()).or_default() += count;
        }
        scores.bytes_not_understood += exhibit.bytes_by_class.get("anomaly").unwrap_or(&0);
        if let Some(want) = truth.files.get(exhibit.delivered()) {
            // A photo is one thing, kept whole; what it says of itself is a record besides.
            let got: u64 = match exhibit.bytes_by_class.get("blob") {
                Some(_) if exhibit.delivered().starts_with("photos/") => 1,
                _ => exhibit.records.values().sum(),
            };
            listed += 1;
            all_records += want;
            understood += got.min(*want);
            whole_files += u64::from(got == *want);
            if got != *want {
                scores.miscounted.push((exhibit.delivered().to_owned(), *want, got));
            }
        }
    }
    let here: HashSet<&str> = exhibits.iter().map(|exhibit| exhibit.delivered()).collect();
    let absent = truth.files.keys().filter(|path| !here.contains(path.as_str()));
    scores.not_taken_in = absent.cloned().collect();

    let mut places = Places::new(&truth.root, &exhibits);
    let (mut found, mut exact) = (0, 0);
    let mut once = HashSet::new();
    case.messages(|row| {
        for record in &row.records {
            let Some(place) = places.of(record)? else { continue };
            let Some(copy) = truth.copies.get(&place) else { continue };
            if !once.insert(place) {
                continue;
            }
            found += 1;
            let seen = compare(&row, &truth.messages[copy.message as usize], copy);
            exact += u64::from(seen.faults == copy.faults && seen.unexplained.is_none());
            if let Some(what) = seen.unexplained {
                *scores.unexplained.entry(what).or_default() += 1;
            }
            for (bit, name) in fault::NAMES.iter().enumerate() {
                let (had, shown) = (copy.faults >> bit & 1 == 1, seen.faults >> bit & 1 == 1);
                let fault = scores.faults.get_mut(name).expect("all were entered");
                fault.injected += u64::from(had);
                fault.seen += u64::from(shown);
                fault.both += u64::from(had && shown);
            }
        }
        Ok(())
    })?;
    let copies = truth.copies.keys();
    let expected = copies.filter(|place| places.covers(place)).count() as u64;
    scores.scores = vec![
        Score::of("records", "delivered records that were read", understood, all_records),
        Score::of("files", "files read to the number of records listed", whole_files, listed),
        Score::of("copies", "copies of the truth found at their place", found, expected),
        Score::of("exact", "copies that differ where, and only where, listed", exact, found),
    ];
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let score = Score::of("x", "", 8, 10);
        assert!((score.lo - 0.4902).abs() < 1e-3 && (score.hi - 0.9433).abs() < 1e-3, "{score:?}");
        let all = Score::of("x", "", 100, 100);
        assert!((all.lo - 0.9630).abs() < 1e-3 && all.hi == 1.0, "{all:?}");
        let none = Score::of("x", "", 0, 0);
        assert_eq!((none.value, none.lo, none.hi), (1.0, 0.0, 1.0));
    }
}
