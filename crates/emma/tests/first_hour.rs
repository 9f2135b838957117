//! From nothing to a proven hit.

use crate::{case, texts};
use emma_evidence::{Bundle, VerifierKey};
use emma_testkit::TestCase;

#[test]
fn messages_are_found_newest_first_with_exact_totals() {
    let case = case("");
    assert_eq!(
        texts(&case, "\"pick up\""),
        ["another pick up", "pick up tomorrow", "pick up at the old pier"]
    );
    assert_eq!(texts(&case, "from:greyheron before:2020-05-01"), ["pick up at the old pier"]);
    let counted = case.must(&["--json", "search", "case", "pick", "--count"]).json();
    assert_eq!(counted["total"], 3);
    let page = case.must(&["--json", "search", "case", "", "--limit", "2", "--offset", "1"]).json();
    assert_eq!(page["total"], 6);
    assert_eq!(page["hits"].as_array().unwrap().len(), 2);
}

#[test]
fn text_output_marks_hits_and_says_what_was_withheld() {
    let case = case("");
    let said = case.must(&["search", "case", "tomorrow"]);
    assert!(said.out.contains("pick up «tomorrow»"), "{}", said.out);
    assert!(said.out.contains("1 message (snapshot 1)"), "{}", said.out);
    assert!(said.out.contains("nothing withheld under authority test-1"), "{}", said.out);
}

#[test]
fn a_shown_message_has_its_bytes_place_context_and_proof() {
    let case = case("");
    let shown = case.must(&["--json", "show", "case", "net:chat::m2", "--proof", "m2.proof"]);
    let shown = shown.json();
    let message = &shown["messages"][0];
    let copy = &message["copies"][0];
    assert_eq!(copy["line"], 2);
    assert_eq!(copy["exhibit"]["path"], "feed/talk.chat.ndjson");
    assert_eq!(message["answers"][0]["message"]["id"], "net:chat::m1");
    assert_eq!(message["before"][0]["text"], "pick up at the old pier");
    assert_eq!(message["after"][0]["text"], "another pick up");

    let key = case.must(&["case", "key", "case"]).out;
    let key: VerifierKey = key.trim().parse().unwrap();
    let proof = std::fs::read(case.path("m2.proof")).unwrap();
    let report = Bundle::from_file(&proof).unwrap().verify(&[key], None);
    assert!(report.holds(), "{report:?}");
    assert_eq!(report.record, copy["record"].as_str().unwrap());

    let again = case.must(&["show", "case", copy["record"].as_str().unwrap()]).out;
    assert!(again.contains("line 2"), "{again}");
    assert!(again.contains("answers (reply, by the message itself)"), "{again}");
    let said = case.emma(&["show", "case", "net:chat::m2", "--proof", "m2.proof"]);
    assert_eq!(said.code, 2, "an existing file is never replaced");
}

#[test]
fn a_place_that_is_no_record_answers_with_what_overlaps_it() {
    let case = case("");
    let shown = case.must(&["--json", "show", "case", "net:chat::m1"]).json();
    let record = shown["messages"][0]["copies"][0]["record"].as_str().unwrap().to_owned();
    let inside = record.replace("@0+", "@1+");
    let again = case.must(&["--json", "show", "case", &inside]).json();
    assert_eq!(again["re_read"], true);
    assert_eq!(again["messages"][0]["id"], "net:chat::m1");
}

#[test]
fn notes_come_back_with_their_message_and_in_the_audit() {
    let case = case("");
    case.must(&["note", "case", "net:chat::m1", "ask about the pier"]);
    let shown = case.must(&["show", "case", "net:chat::m1"]).out;
    assert!(shown.contains("ask about the pier"), "{shown}");
    let audit = case.must(&["--json", "audit", "case", "--kind", "note"]).json();
    let note = &audit["entries"][0];
    assert_eq!(note["name"], emma_testkit::ACTOR);
    assert_eq!((&note["reason"], &note["about"]), (&"a test".into(), &"net:chat::m1".into()));
    assert_eq!(case.emma(&["note", "case", "net:chat::nobody", "x"]).code, 2);
    assert_eq!(case.emma(&["note", "case", "net:chat::m1", " "]).code, 2);
}

#[test]
fn exports_are_whole_and_inert() {
    let case = case("");
    let csv = case.must(&["search", "case", "", "--export", "csv"]);
    assert_eq!(csv.out.lines().count(), 7);
    assert!(csv.out.contains("\"'=cmd|' /C calc'!A0\""), "{}", csv.out);
    assert!(csv.err.contains("6 messages exported"), "{}", csv.err);
    case.must(&["search", "case", "pick", "--export", "ndjson", "--output", "out.ndjson"]);
    let lines = std::fs::read_to_string(case.path("out.ndjson")).unwrap();
    assert_eq!(lines.lines().count(), 3);
    let audit = case.must(&["--json", "audit", "case", "--kind", "access.export"]).json();
    let kinds: Vec<&str> =
        audit["entries"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    let pair = ["access.export.opened", "access.export.closed"];
    assert_eq!(kinds, [pair, pair].concat());
    assert_eq!(audit["entries"][3]["detail"]["shown"], 3);
}

#[test]
fn status_report_and_verify_agree_with_what_was_taken_in() {
    let case = case("");
    let status = case.must(&["--json", "status", "case"]).json();
    let total = |name: &str| {
        let totals = status["totals"].as_array().unwrap().iter();
        totals.clone().find(|one| one["name"] == name).map(|one| one["value"].clone())
    };
    assert_eq!(total("exhibits"), Some(1.into()));
    assert_eq!(total("messages"), Some(6.into()));
    assert_eq!(total("handles"), Some(4.into()));
    assert_eq!(total("earliest"), Some("2020-04-03T10:00:00Z".into()));
    assert_eq!(total("unpacked bytes"), Some((crate::TALK.len() as u64).into()));
    let loss = case.must(&["report", "case", "loss", "--format", "json"]).json();
    assert_eq!(loss["exhibits"][0]["records"]["message"], 6);
    let verified = case.must(&["--json", "--quiet", "verify", "case"]).json();
    assert_eq!((&verified["holds"], &verified["exhibits"]), (&true.into(), &1.into()));
    case.must(&["--quiet", "rebuild", "case", "--check"]);
    assert!(case.must(&["status", "case"]).out.contains("measured on simulated data"));
}

#[test]
fn the_case_says_the_same_without_its_state_database() {
    let case = case("");
    let before = case.must(&["--json", "search", "case", "pick"]).out;
    for file in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(case.path("case").join(file));
    }
    assert_eq!(case.must(&["--json", "search", "case", "pick"]).out, before);
}

#[test]
fn copies_that_differ_are_one_message_and_both_texts_are_found() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("");
    let line = |text: &str| {
        let start =
            "{\"id\":\"m1\",\"from\":\"a\",\"to\":[\"b\"],\"time\":\"2020-04-03T10:00:00Z\",";
        format!("{start}\"text\":\"{text}\"}}\n")
    };
    case.file("feed/one.chat.ndjson", line("seven kilos"));
    case.file("feed/two.chat.ndjson", line("eleven kilos"));
    case.must(&["--quiet", "intake", "case", "feed", "--source", "feed"]);
    for (word, text) in [("seven", "seven kilos"), ("eleven", "eleven kilos")] {
        let found = case.must(&["--json", "search", "case", word]).json();
        assert_eq!((&found["total"], &found["hits"][0]["text"]), (&1.into(), &text.into()));
        assert_eq!(found["hits"][0]["state"], "conflicting");
    }
    let both = case.must(&["--json", "search", "case", "kilos"]).json();
    assert_eq!(both["total"], 1, "a message counts once");
    assert_eq!(both["hits"].as_array().unwrap().len(), 2, "and shows both");
    let shown = case.must(&["--json", "show", "case", "net:chat::m1"]).json();
    assert_eq!(shown["messages"][0]["versions"].as_array().unwrap().len(), 2);
    assert_eq!(shown["messages"][0]["copies"].as_array().unwrap().len(), 2);
}

#[test]
fn annotated_replies_are_shown_as_claims() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("");
    let talk = "[10:00] <anna> who has the key\n[10:01] <bo> not me\n[10:02] <cy> i do\n";
    case.file("logs/2010-04-15.room.raw.txt", talk);
    case.file("logs/2010-04-15.room.annotation.txt", "0 0 - \n0 1 - \n0 2 - \n");
    case.must(&["--quiet", "intake", "case", "logs", "--source", "irc"]);
    let found = case.must(&["--json", "search", "case", "\"has the key\""]).json();
    let id = found["hits"][0]["id"].as_str().unwrap();
    let shown = case.must(&["--json", "show", "case", id]).json();
    let replies = shown["messages"][0]["replies"].as_array().unwrap();
    let said: Vec<&str> =
        replies.iter().map(|link| link["message"]["text"].as_str().unwrap_or("-")).collect();
    assert_eq!(said, ["not me", "i do"]);
    assert!(replies.iter().all(|link| link["stated_by"] == "claim" && link["source"] == "irc"));
}

#[test]
fn a_member_of_a_container_proves_itself_too() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("");
    case.file("talk.chat.ndjson", crate::TALK);
    let packed = std::process::Command::new("gzip")
        .arg("-k")
        .arg(case.path("talk.chat.ndjson"))
        .status()
        .expect("gzip is installed");
    assert!(packed.success());
    case.must(&["--quiet", "intake", "case", "talk.chat.ndjson.gz", "--source", "feed"]);
    let proven = ["--json", "show", "case", "net:chat::m3", "--proof", "m3.proof"];
    let shown = case.must(&proven).json();
    assert_eq!(shown["messages"][0]["copies"][0]["member"], "0");
    let key: VerifierKey = case.must(&["case", "key", "case"]).out.trim().parse().unwrap();
    let proof = std::fs::read(case.path("m3.proof")).unwrap();
    assert!(Bundle::from_file(&proof).unwrap().verify(&[key], None).holds());
}

#[test]
fn what_was_interrupted_is_finished_by_run() {
    let case = case("");
    let said = case.must(&["--json", "--quiet", "run", "case"]).json();
    assert_eq!((&said["delivery"], &said["snapshot"]), (&serde_json::Value::Null, &1.into()));
    let again = ["--json", "--quiet", "intake", "case", "feed", "--source", "feed"];
    let again = case.must(&again).json();
    assert_eq!((&again["files"], &again["repeated"]), (&1.into(), &1.into()));
    assert_eq!(texts(&case, "tomorrow").len(), 1, "not doubled");
}

#[test]
fn mappings_are_tried_guessed_and_listed() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.file("talk.ndjson", crate::TALK);
    let shipped = case.must(&["mapping", "list", "ndjson-chat"]).out;
    case.file("m.toml", &shipped);
    let tried = case.must(&["--json", "mapping", "try", "m.toml", "talk.ndjson"]).json();
    assert_eq!((&tried["records"], &tried["anomaly_bytes"]), (&6.into(), &0.into()));
    case.file("wrong.toml", shipped.replace("[fields]", "[fields]\nsender = \"from\""));
    let said = case.emma(&["mapping", "try", "wrong.toml", "talk.ndjson"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("line"), "{}", said.err);
    let guessed = case.must(&["mapping", "guess", "talk.ndjson"]).out;
    case.file("guessed.toml", guessed);
    case.must(&["mapping", "try", "guessed.toml", "talk.ndjson"]);
}
