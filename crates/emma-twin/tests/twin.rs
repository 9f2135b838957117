//! The twin's promises: same seed, same bytes; faults listed in the truth; figures as asked for.

use emma_twin::describe::Wanted;
use emma_twin::generate::{Made, generate};
use emma_twin::scenario::{PRESETS, Scenario};
use emma_twin::{describe, live, measure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn tiny() -> Scenario {
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.messages = 6_000;
    scenario.deliveries.part_messages = 1_000;
    scenario.truth.tables = false;
    scenario
}

fn make(scenario: &Scenario, seed: u64, threads: usize, root: &Path) -> Made {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| generate(scenario, seed, root, None)).unwrap()
}

fn lines(root: &Path, path: &str) -> Vec<Value> {
    let bytes = std::fs::read(root.join(path)).unwrap();
    let text = zstd::decode_all(bytes.as_slice()).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

#[test]
fn a_seed_gives_the_same_bytes_on_one_and_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let runs: Vec<Made> = [1, 2, 2]
        .into_iter()
        .enumerate()
        .map(|(run, threads)| make(&tiny(), 7, threads, &folder.path().join(run.to_string())))
        .collect();
    assert_eq!(runs[0].files, runs[1].files);
    assert_eq!(runs[1].files, runs[2].files);
    let other = make(&tiny(), 8, 2, &folder.path().join("other"));
    assert_ne!(runs[0].files, other.files);
    let manifest = |run: &str| {
        std::fs::read(folder.path().join(run).join("deliveries/manifest.ndjson")).unwrap()
    };
    assert_eq!(manifest("0"), manifest("1"));
}

#[test]
fn every_delivered_record_is_marked_and_named_once_in_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(&tiny(), 7, 2, folder.path());
    let mut truths: BTreeMap<(String, u64), BTreeSet<(String, u64)>> = BTreeMap::new();
    let paths = |start: &str| -> Vec<String> {
        let names = made.files.iter().map(|file| file.path.clone());
        names.filter(|path| path.starts_with(start)).collect()
    };
    let mut named = BTreeSet::new();
    for path in paths("truth/messages/") {
        let part = &path["truth/messages/part-".len()..][..5];
        for message in lines(folder.path(), &path) {
            for copy in message["copies"].as_array().unwrap() {
                let source = copy["source"].as_str().unwrap();
                let key = (format!("{source}/{part}"), copy["line"].as_u64().unwrap());
                assert!(named.insert(key), "a row has two truths");
            }
            truths.entry((part.into(), 0)).or_default();
        }
    }
    let mut delivered = 0;
    for source in ["history", "feed", "night", "servers", "history-b", "feed-b", "night-b"] {
        for path in paths(&format!("deliveries/{source}/part-")) {
            let part = &path[format!("deliveries/{source}/part-").len()..][..5];
            for (line, record) in lines(folder.path(), &path).into_iter().enumerate() {
                assert_eq!(record["synthetic"], true, "{path}");
                assert!(record["schema"].is_string());
                assert!(named.contains(&(format!("{source}/{part}"), line as u64)), "{path}");
                let stage = record["stage"].as_i64().or(record["st"].as_i64());
                let id = record.get("id").or(record.get("mid"));
                assert_eq!(stage == Some(1), id.is_none(), "only stage 1 has no network id");
                delivered += 1;
            }
        }
    }
    let partner = named.iter().filter(|(source, _)| source.starts_with("partner")).count();
    assert_eq!(named.len(), delivered + partner);
    assert!(delivered > 1_000, "{delivered}");
}

#[test]
fn defects_in_the_truth_are_in_the_records_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut scenario = tiny();
    scenario.faults.swapped = 0.2;
    scenario.faults.truncated = 0.2;
    scenario.faults.second_profile = 0.0;
    let made = make(&scenario, 9, 2, folder.path());
    let (mut swaps, mut cuts, mut whole) = (0, 0, 0);
    let truth = made.files.iter().filter(|file| file.path.starts_with("truth/messages/"));
    for file in truth {
        let part = &file.path["truth/messages/part-".len()..][..5];
        let feed = format!("deliveries/feed/part-{part}.ndjson.zst");
        if !folder.path().join(&feed).exists() {
            continue;
        }
        let records = lines(folder.path(), &feed);
        for message in lines(folder.path(), &file.path) {
            let copies = message["copies"].as_array().unwrap();
            for copy in copies.iter().filter(|copy| copy["source"] == "feed") {
                let record = &records[copy["line"].as_u64().unwrap() as usize];
                let defect = |name: &str| {
                    copy["defects"].as_array().is_some_and(|list| list.iter().any(|d| d == name))
                };
                assert_eq!(record["id"], message["id"]);
                assert_eq!(record["from"] != message["from"], defect("swapped"));
                let cut = record["text"] != message["text"];
                assert!(!cut || defect("truncated"));
                swaps += usize::from(defect("swapped"));
                cuts += usize::from(cut);
                whole += 1;
            }
        }
    }
    assert!(swaps * 3 > whole / 5 && cuts * 4 > whole / 5, "{swaps} {cuts} of {whole}");
}

#[test]
fn faults_turned_off_lose_nothing() {
    let mut scenario = tiny();
    let faults = &mut scenario.faults;
    faults.captured = 1.0;
    for share in [
        &mut faults.collector_down,
        &mut faults.block_loss,
        &mut faults.server_down,
        &mut faults.operator_down,
        &mut faults.replay,
        &mut faults.repeat,
        &mut faults.swapped,
        &mut faults.one_side,
        &mut faults.truncated,
        &mut faults.wiped,
    ] {
        *share = 0.0;
    }
    let table = describe::describe(&scenario, 7).unwrap();
    let figure = |what: &str| table.figures.iter().find(|figure| figure.what == what).unwrap().made;
    assert_eq!(figure("a captured phone's live data missing, share"), 0.0);
    for name in ["swapped", "repeated", "replayed", "truncated"] {
        assert_eq!(figure(&format!("defect {name}, rows")), 0.0, "{name}");
    }
}

#[test]
fn what_is_made_is_what_was_asked_for() {
    for (name, text) in PRESETS {
        let mut scenario = Scenario::parse(text).unwrap();
        assert_eq!(scenario.name, name);
        assert!(!scenario.incidents.held_out.is_empty());
        assert_eq!(scenario.talk.held_out.len(), 2);
        if name == "network" {
            continue;
        }
        scenario.network.messages = 20_000;
        let table = describe::describe(&scenario, 7).unwrap();
        let outside: Vec<String> = table.outside().map(|figure| figure.what.clone()).collect();
        assert!(outside.is_empty(), "{name}: {outside:?}");
    }
    // A fault that never happened would be outside: every rate of the town can be told from none.
    let mut scenario = Scenario::preset("town").unwrap();
    scenario.network.messages = 20_000;
    let table = describe::describe(&scenario, 7).unwrap();
    for knob in ["swapped", "one_side", "block_loss", "skew_large", "wrong_zone", "server_down"] {
        let mut lines = table.figures.iter();
        let line = lines.find(|figure| figure.what.starts_with(knob)).unwrap();
        let Some(Wanted::About(wanted, off)) = line.wanted else { panic!("{knob}") };
        assert!(off < wanted, "{knob}: {wanted} ± {off}");
    }
    assert!(Scenario::parse("version = 1\nnothing = 2\n").is_err());
    assert!(Scenario::parse("version = 1\n[faults]\nswapped = 1.5\n").is_err());
}

#[test]
fn talk_repeats_little_in_every_language() {
    let scenario = Scenario::preset("town").unwrap();
    for number in 0..12 {
        // A fifth of the 100,000 messages that the promise is about; the share grows with them.
        let found = measure::repeats(&scenario, 7, None, number, 20_000).unwrap();
        assert!(
            found.runs > 20_000 && found.share() < 0.10,
            "{} {}",
            found.language,
            found.share()
        );
    }
}

#[test]
fn live_batches_have_dense_numbers_per_source() {
    let mut out = Vec::new();
    let pace = live::Pace { speed: 0.0, batch_seconds: 600 };
    let records = live::play(&tiny(), 7, pace, &mut out, &|_| {}).unwrap();
    let (mut next, mut seen) = (BTreeMap::new(), 0);
    for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let batch: Value = serde_json::from_slice(line).unwrap();
        let expected = next.entry(batch["source"].as_str().unwrap().to_string()).or_insert(0u64);
        assert_eq!(batch["sequence"].as_u64().unwrap(), *expected);
        *expected += 1;
        seen += batch["records"].as_array().unwrap().len() as u64;
    }
    assert!(records > 500 && seen == records, "{seen} of {records}");
}

#[test]
fn the_truth_is_also_tables_with_as_many_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut scenario = tiny();
    scenario.truth.tables = true;
    let made = make(&scenario, 7, 2, folder.path());
    let tables: Vec<_> = made.files.iter().filter(|f| f.path.ends_with(".parquet")).collect();
    let rows = |path: &str| tables.iter().find(|table| table.path == path).unwrap().records;
    for file in made.files.iter().filter(|file| file.path.starts_with("truth/")) {
        if let Some(name) = file.path.strip_suffix(".ndjson.zst") {
            assert_eq!(rows(&format!("{name}.parquet")), file.records, "{name}");
        }
    }
    let delivered = |file: &&emma_twin::output::FileEntry| {
        // A workbook holds the rows of the table beside it once more.
        let own = file.path.contains("/part-") && !file.path.ends_with(".xlsx");
        own && file.path.starts_with("deliveries/")
    };
    let copies: u64 =
        tables.iter().filter(|t| t.path.contains("/copies/")).map(|t| t.records).sum();
    let parts: u64 = made.files.iter().filter(delivered).map(|file| file.records).sum();
    assert_eq!(copies, parts);
}
