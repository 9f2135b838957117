//! What an authority opens, and what it keeps back.

use crate::{TALK, case, texts};
use emma_testkit::TestCase;

const TWO_HANDLES_ONE_MONTH: &str = "handles = [\"greyheron\", \"tidewater\"]\n\
    period = { from = 2020-04-01, to = 2020-04-30 }";

#[test]
fn two_handles_and_one_month_are_all_that_is_seen() {
    let case = case(TWO_HANDLES_ONE_MONTH);
    let found = case.must(&["--json", "search", "case", "pick"]).json();
    assert_eq!(found["total"], 1);
    assert_eq!(found["withheld"], serde_json::json!({ "handle": 1, "period": 1 }));
    assert_eq!(texts(&case, "").len(), 2);

    let kept_back = case.emma(&["show", "case", "net:chat::m3"]);
    let absent = case.emma(&["show", "case", "net:chat::m9"]);
    assert_eq!((kept_back.code, absent.code), (2, 2));
    assert_eq!(kept_back.err.replace("m3", "m9"), absent.err, "it does not say what it has");
    let shown = case.must(&["--json", "show", "case", "net:chat::m2"]).json();
    assert_eq!(shown["messages"][0]["after"], serde_json::json!([]), "May is withheld");

    let exported = case.must(&["search", "case", "", "--export", "ndjson"]);
    assert_eq!(exported.out.lines().count(), 2);
    assert!(exported.err.contains("4 withheld"), "{}", exported.err);

    let status = case.must(&["--json", "status", "case"]).json();
    let totals = status["totals"].as_array().unwrap();
    let messages = totals.iter().find(|one| one["name"] == "messages").unwrap();
    assert_eq!(messages["value"], 2);
    let withheld = serde_json::json!({ "handle": 2, "handle unknown": 1, "period": 1 });
    assert_eq!(status["withheld"], withheld);
}

#[test]
fn the_reader_needs_no_log_key() {
    let case = case("");
    std::fs::remove_dir_all(case.path("home/cases")).unwrap();
    assert_eq!(texts(&case, "tomorrow"), ["pick up tomorrow"]);
    case.must(&["note", "case", "net:chat::m1", "seen"]);
    let said = case.emma(&["log", "checkpoint", "case"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("does not hold the log key"), "{}", said.err);
}

#[test]
fn reading_without_a_reason_is_refused_and_the_reason_is_kept() {
    let case = case("").with("EMMA_REASON", "");
    let said = case.emma(&["search", "case", "pick"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("reading needs a reason"), "{}", said.err);
    case.must(&["search", "case", "pick", "--reason", "threat check"]);
    let audit = case.must(&["audit", "case", "--kind", "access"]).out;
    assert!(audit.contains("because: threat check"), "{audit}");
    assert!(audit.contains("query: pick"), "{audit}");
}

#[test]
fn dates_are_kept_with_exit_code_3() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("");
    case.file("feed/talk.chat.ndjson", TALK);
    let early = case.with("EMMA_CLOCK", "1999-12-31T00:00:00Z");
    let intake = ["--quiet", "intake", "case", "feed", "--source", "feed"];
    let said = early.emma(&intake);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("allows intake only from 2000-01-01"), "{}", said.err);
    let within = early.with("EMMA_CLOCK", "2020-06-01T00:00:00Z");
    within.must(&intake);
    let late = within.with("EMMA_CLOCK", "2100-01-01T00:00:00Z");
    let said = late.emma(&["search", "case", "pick"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("allowed reading only until 2099-12-31"), "{}", said.err);
    assert_eq!(late.emma(&intake).code, 3);
}

#[test]
fn another_actor_is_refused() {
    let case = case("");
    case.must(&["actor", "add", "Somebody Else"]);
    let said = case.emma(&["search", "case", "pick", "--as", "Somebody Else"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(!said.err.contains("Somebody"), "errors name keys, not people: {}", said.err);
    assert_eq!(case.emma(&["search", "case", "pick"]).code, 2, "two actors: say which");
}

#[test]
fn a_source_of_another_authority_opens_where_it_is_listed() {
    let case = case("");
    case.file("test-2.toml", case.authority("test-2", ""));
    case.file("test-3.toml", case.authority("test-3", "sources = [\"feed\"]"));
    for file in ["test-2.toml", "test-3.toml"] {
        case.must(&["authority", "add", "case", file]);
    }
    let under = |id: &str| {
        let asked = ["--json", "search", "case", "pick", "--authority", id];
        case.must(&asked).json()
    };
    assert_eq!(under("test-1")["total"], 3);
    assert_eq!(under("test-2")["total"], 0);
    assert_eq!(under("test-2")["withheld"], serde_json::json!({ "source": 3 }));
    assert_eq!(under("test-3")["total"], 3);
    let intake = ["--quiet", "intake", "case", "feed", "--source", "feed"];
    let said = case.emma(&[&intake[..], &["--authority", "test-2"]].concat());
    assert_eq!(said.code, 3, "{}", said.err);

    // The same files from another source are other exhibits on the same bytes.
    let other = ["--quiet", "intake", "case", "feed", "--source", "other"];
    case.must(&[&other[..], &["--authority", "test-2"]].concat());
    assert_eq!(under("test-2")["total"], 3);
    let first = &under("test-2")["hits"][0];
    assert_eq!(first["sources"], serde_json::json!(["other"]));
    assert_eq!(first["state"], "single", "a copy of another authority is not hinted at");
}

#[test]
fn times_that_straddle_the_period_are_withheld_as_such() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("period = { from = 2010-04-01, to = 2010-04-30 }");
    for day in ["2010-04-15", "2010-04-30", "2010-06-15"] {
        let line = format!("[23:00] <anna> good morning of {day}\n");
        case.file(&format!("logs/{day}.room.raw.txt"), line);
    }
    case.must(&["--quiet", "intake", "case", "logs", "--source", "irc"]);
    let found = case.must(&["--json", "search", "case", "morning"]).json();
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!(found["withheld"], serde_json::json!({ "period": 1, "time uncertain": 1 }));
}

#[test]
fn territory_is_kept_to_where_the_mapping_says_one() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("territory = [\"NL\"]");
    case.file("feed/talk.chat.ndjson", TALK);
    case.must(&["--quiet", "intake", "case", "feed", "--source", "feed"]);
    let found = case.must(&["--json", "search", "case", "pick"]).json();
    assert_eq!(found["total"], 0);
    assert_eq!(found["withheld"], serde_json::json!({ "territory unknown": 3 }));
}
