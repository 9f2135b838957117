//! The whole way round: a network is made, taken in by emma, and compared with its truth.

use emma_score::case::Case;
use emma_score::score::{Scores, intake};
use emma_score::truth::Truth;
use emma_testkit::{ACTOR, TestCase};
use emma_twin::scenario::Scenario;
use std::path::{Path, PathBuf};

/// `emma` beside this test's program, where the workspace was built.
fn emma() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let emma = own.parent()?.parent()?.join("emma");
    emma.exists().then_some(emma)
}

/// A case with the network of a small scenario, and the folder of the network.
fn taken_in(emma: &Path) -> (TestCase, PathBuf) {
    let case = TestCase::new(emma);
    case.must(&["actor", "add", ACTOR]);
    case.must(&["case", "new", "case", "--kind", "synthetic"]);
    case.file("test-1.toml", case.authority("test-1", ""));
    case.must(&["authority", "add", "case", "test-1.toml"]);
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.messages = 3_000;
    scenario.deliveries.part_messages = 1_000;
    let root = case.path("net");
    emma_twin::generate::generate(&scenario, 7, &root, None).unwrap();
    (case, root)
}

fn score(case: &TestCase, root: &Path, emma: &Path) -> Scores {
    // The program reads its actor's keys and reason from the environment; a wrapper hands them on.
    let script = format!(
        "#!/bin/sh\nEMMA_HOME='{}' EMMA_REASON=test exec '{}' \"$@\"\n",
        case.path("home").display(),
        emma.display()
    );
    let wrapper = case.file("emma.sh", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&wrapper, mode).unwrap();
    let case = Case { folder: case.path("case"), emma: wrapper };
    intake(&case, &Truth::read(root).unwrap()).unwrap()
}

#[test]
fn every_record_is_there_and_differs_only_where_the_truth_says() {
    let Some(emma) = emma() else {
        println!("skipped: every_record_is_there: emma is not built beside the tests");
        return;
    };
    let (case, root) = taken_in(&emma);
    let said =
        case.must(&["--json", "--quiet", "intake", "case", "net/deliveries", "--source=net"]);
    assert_eq!(said.json()["manifests"][0]["signature"], "good");
    let scores = score(&case, &root, &emma);
    for score in &scores.scores {
        assert_eq!(score.k, score.n, "{scores:?}");
        assert!(score.n > 0, "{score:?}");
    }
    assert!(scores.anomalies.is_empty() && scores.unexplained.is_empty(), "{scores:?}");
    assert_eq!((scores.bytes_not_understood, scores.not_taken_in.len()), (0, 0));
    assert!(scores.faults.values().all(|fault| fault.injected == fault.both), "{scores:?}");
}

#[test]
fn what_was_changed_on_the_way_is_found() {
    let Some(emma) = emma() else {
        println!("skipped: what_was_changed: emma is not built beside the tests");
        return;
    };
    let (case, root) = taken_in(&emma);
    let path = root.join("deliveries/feed/part-00000.ndjson.zst");
    let bytes = zstd::decode_all(std::fs::read(&path).unwrap().as_slice()).unwrap();
    let mut lines: Vec<String> =
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
    let whole = lines.len();
    let at = lines[0].find("\"text\":\"").unwrap() + 8;
    lines[0].insert_str(at, "not said: ");
    lines.pop();
    let text = lines.join("\n") + "\n";
    std::fs::write(&path, zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
    let said =
        case.emma(&["--json", "--quiet", "intake", "case", "net/deliveries", "--source=net"]);
    assert_eq!(said.code, 1, "the manifest does not hold");
    let scores = score(&case, &root, &emma);
    assert_eq!(scores.unexplained.get("text"), Some(&1), "{scores:?}");
    let counts = (whole as u64, whole as u64 - 1);
    assert_eq!((scores.miscounted[0].1, scores.miscounted[0].2), counts);
    let copies = &scores.scores[2];
    assert_eq!(copies.n - copies.k, 1, "{scores:?}");
}
