//! Invented data and real cases: told by its field, by its identifiers, by its manifest.

use emma_testkit::{Said, TestCase};
use sha2::{Digest as _, Sha256};

const DELIVERY: &str = include_str!("../../../fuzz/corpus/delivery/all");

/// A case of one kind with nothing in it.
fn empty(kind: &str) -> TestCase {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.must(&["actor", "add", emma_testkit::ACTOR]);
    case.must(&["case", "new", "case", "--kind", kind]);
    let authority = case.authority("test-1", "");
    let authority = authority.replace("kind = \"synthetic\"", &format!("kind = \"{kind}\""));
    case.file("test-1.toml", authority);
    case.must(&["authority", "add", "case", "test-1.toml"]);
    case
}

fn intake(case: &TestCase) -> Said {
    case.emma(&["--json", "--quiet", "intake", "case", "feed", "--source", "feed"])
}

fn stripped() -> String {
    DELIVERY.replace("\"synthetic\":true,", "")
}

#[test]
fn a_real_case_refuses_what_says_that_it_is_invented() {
    let case = empty("real");
    case.file("feed/part.ndjson", DELIVERY);
    case.file("feed/talk.chat.ndjson", crate::TALK);
    let said = intake(&case);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("invented data, and the case is real"), "{}", said.err);
    let outcome = said.json();
    assert_eq!(outcome["marked"][0]["refused"], true);
    assert_eq!(outcome["marked"][0]["path"], "feed/part.ndjson");
    let found = case.must(&["--json", "search", "case", ""]).json();
    assert_eq!(found["total"], 6, "the other file of the delivery was read");
    let loss = case.must(&["report", "case", "loss"]).out;
    assert!(loss.contains("synthetic.refused"), "{loss}");
    case.must(&["verify", "case"]);
    case.must(&["rebuild", "case", "--check"]);
}

#[test]
fn with_its_field_stripped_its_identifiers_give_it_away() {
    let case = empty("real");
    case.file("feed/part.ndjson", stripped());
    let said = intake(&case);
    assert_eq!(said.code, 3, "{}", said.err);
    let marked = said.json()["marked"][0].clone();
    assert_eq!((&marked["records_saying_so"], &marked["refused"]), (&0.into(), &true.into()));
    assert!(marked["reserved"].as_u64() > Some(20), "{marked}");
    assert_eq!(case.must(&["--json", "search", "case", ""]).json()["total"], 0);
}

#[test]
fn a_synthetic_case_says_what_was_stripped() {
    let case = empty("synthetic");
    case.file("feed/part.ndjson", stripped());
    case.file("feed/whole.ndjson", DELIVERY);
    let said = intake(&case);
    assert_eq!(said.code, 0, "{}", said.err);
    let marked = said.json()["marked"].clone();
    assert_eq!(marked.as_array().unwrap().len(), 1);
    assert_eq!(
        (&marked[0]["path"], &marked[0]["refused"]),
        (&"feed/part.ndjson".into(), &false.into())
    );
    let loss = case.must(&["report", "case", "loss"]).out;
    assert!(loss.contains("synthetic.mark_stripped"), "{loss}");
    let case = empty("synthetic");
    case.file("feed/part.ndjson", stripped());
    let told = case.must(&["--quiet", "intake", "case", "feed", "--source", "feed"]).out;
    assert!(told.contains("its mark `synthetic` was stripped"), "{told}");
    assert!(told.contains("no manifest"), "{told}");
}

#[test]
fn a_manifest_is_compared_with_what_came() {
    let case = empty("synthetic");
    let digest = |bytes: &str| -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let line = |path: &str, bytes: &str| {
        format!("{{\"schema\":\"file/1\",\"path\":\"{path}\",\"sha256\":\"{}\"}}\n", digest(bytes))
    };
    // Another's file of that name says nothing of these.
    case.file("feed/other/manifest.ndjson", "{\"start_url\":\"/\"}\n");
    let head = "{\"schema\":\"manifest/1\"}\n".to_owned();
    let manifest = head
        + &line("a/one.ndjson", DELIVERY)
        + &line("other/manifest.ndjson", "{\"start_url\":\"/\"}\n")
        + &line("a/two.ndjson", "other bytes")
        + &line("a/three.ndjson", "not here");
    case.file("feed/manifest.ndjson", manifest);
    case.file("feed/a/one.ndjson", DELIVERY);
    case.file("feed/a/two.ndjson", DELIVERY);
    case.file("feed/a/four.ndjson", DELIVERY);
    let said = intake(&case);
    assert_eq!(said.code, 1, "a finding: {}", said.err);
    let manifests = said.json()["manifests"].clone();
    assert_eq!(manifests.as_array().unwrap().len(), 1);
    let manifest = &manifests[0];
    let figures = ["listed", "equal", "differing", "missing", "unlisted"].map(|f| &manifest[f]);
    assert_eq!(figures, [4, 2, 1, 1, 1].map(serde_json::Value::from).each_ref());
    assert_eq!(manifest["signature"], "absent");
    assert_eq!(manifest["named"], serde_json::json!(["a/four.ndjson", "a/two.ndjson"]));
}
