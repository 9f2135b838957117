//! Records of one kind as a table, whatever format they came in.

use emma_testkit::TestCase;

/// Two operators' calls, each with its own words; the second gives only a direction.
fn case(authority: &str) -> TestCase {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority(authority);
    case.file(
        "calls/a.csv",
        "Record,Direction,Subscriber,Other Party,Start (UTC),Seconds,Service,Cell,IMEI\n\
         r1,Out,15550001,15550002,2020-05-01T10:00:00Z,75,Voice,QI-7,001000000000011\n\
         r2,In,15550001,15550003,2020-05-01T11:00:00Z,soon,Voice,QI-8,001000000000011\n",
    );
    case.file(
        "calls/calls.xml",
        "<?xml version='1.0' encoding='UTF-8'?>\n<calls count=\"1\">\n  <call number=\"15550009\" \
         duration=\"12\" date=\"1588330800000\" type=\"2\" presentation=\"1\" />\n</calls>\n",
    );
    case.must(&["--quiet", "intake", "case", "calls", "--source", "telephony"]);
    case
}

#[test]
fn calls_of_two_formats_stand_in_one_table() {
    let case = case("");
    let table = case.must(&["--json", "table", "case", "calls"]).json();
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{table}");
    let lengths: Vec<_> = rows.iter().map(|row| row["duration_s"].to_string()).collect();
    assert_eq!(lengths.iter().filter(|one| *one == "75").count(), 1);
    assert_eq!(lengths.iter().filter(|one| *one == "12").count(), 1);
    let unread = rows.iter().find(|row| row["duration_s"].is_null()).unwrap();
    let kept = serde_json::json!([["Seconds", "soon"]]);
    assert_eq!(unread["more"], kept, "what does not read as seconds stays as it was");
    assert_eq!(unread["cell"], "QI-8");
}

#[test]
fn a_query_narrows_a_table_and_files_are_written_whole() {
    let case = case("");
    let write = ["table", "case", "calls", "from:15550001", "--format", "csv"];
    case.must(&[&write[..], &["--output", "calls.csv"]].concat());
    let csv = std::fs::read_to_string(case.path("calls.csv")).unwrap();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.contains(",75,"), "{csv}");
    let lines = case.must(&["table", "case", "calls", "--format", "ndjson"]).out;
    assert_eq!(lines.lines().count(), 3);
    let people = case.must(&["table", "case", "calls", "--limit", "1"]).out;
    assert!(people.contains("3 rows, the first 1 shown"), "{people}");
    assert!(people.contains("DURATION_S"), "{people}");
    assert!(case.must(&["table", "case", "sims"]).out.starts_with("0 rows"));
}

#[test]
fn a_table_holds_what_the_authority_opens_and_says_what_it_does_not() {
    let case = case("handles = [\"15550002\"]");
    let table = case.must(&["--json", "table", "case", "calls"]).json();
    assert_eq!(table["rows"].as_array().unwrap().len(), 1);
    assert_eq!(table["withheld"], serde_json::json!({ "handle": 2 }));
    let audit = case.must(&["audit", "case"]).out;
    assert!(audit.contains("query: calls"), "{audit}");
}

/// Many calls, so that a table of them does not fit a buffer.
fn many_calls(case: &TestCase) {
    let mut csv = "Record,Direction,Subscriber,Other Party,Start (UTC),Seconds,Service,Cell,IMEI\n"
        .to_owned();
    for row in 0..2_000 {
        csv.push_str(&format!(
            "r{row},Out,15550001,15550002,2020-05-02T10:00:00Z,75,Voice,QI-7,001000000000011\n"
        ));
    }
    case.file("more/b.csv", csv);
    case.must(&["--quiet", "intake", "case", "more", "--source", "telephony"]);
}

#[test]
fn what_was_shown_before_a_full_disk_stopped_it_is_in_the_log() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: what_was_shown_before_a_full_disk: /dev/full is absent");
        return;
    }
    let case = case("");
    many_calls(&case);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_emma"));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let arguments = ["table", "case", "calls", "--format", "csv"];
    let ended = case.command(program, &arguments).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(4), "{}", String::from_utf8_lossy(&ended.stderr));
    let audit = case.must(&["--json", "audit", "case"]).json();
    let entries = audit["entries"].as_array().unwrap();
    let closed = entries.iter().rev().find(|one| one["kind"] == "access.export.closed").unwrap();
    let shown = closed["detail"]["shown"].as_u64().unwrap();
    assert!(0 < shown && shown < 2_003, "{closed}");
}
