use super::*;
use crate::error::ErrorClass;
use crate::testing::{Bench, fill};

fn refused(result: Result<Session>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Refused, "{error}");
    error.to_string()
}

fn usage(result: Result<Session>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Usage, "{error}");
    error.to_string()
}

fn bench() -> Bench {
    let mut bench = Bench::new(CaseKind::Synthetic);
    bench.authority("a-1", &["Anna"], "").unwrap();
    bench
}

#[test]
fn reading_needs_a_reason_an_authority_and_a_named_actor() {
    let mut bench = Bench::new(CaseKind::Synthetic);
    let why = "analysis";
    assert!(usage(bench.reader(&Bench::asked("Anna", why, None))).contains("no authority"));
    bench.authority("a-1", &["Anna"], "").unwrap();
    assert!(usage(bench.reader(&Bench::asked("Anna", "", None))).contains("needs a reason"));
    assert!(usage(bench.reader(&Bench::asked("Anna", "  ", None))).contains("needs a reason"));
    assert!(refused(bench.reader(&Bench::asked("Bert", why, None))).contains("may not act"));
    let other = usage(bench.reader(&Bench::asked("Anna", why, Some("a-2"))));
    assert!(other.contains("no such authority"), "{other}");
    assert_eq!(bench.reader(&Bench::asked("Anna", why, None)).unwrap().authority().id, "a-1");
}

#[test]
fn the_last_day_of_reading_is_the_last() {
    let mut bench = bench();
    let asked = Bench::asked("Anna", "why", None);
    bench.at("2020-12-31T23:59:59.999999Z");
    assert!(bench.reader(&asked).is_ok());
    bench.at("2021-01-01T00:00:00Z");
    let told = refused(bench.reader(&asked));
    assert_eq!(
        told,
        "refused: authority a-1 allowed reading only until 2020-12-31T23:59:59.999999Z"
    );
}

#[test]
fn intake_is_refused_outside_valid_and_reading_is_not() {
    let mut bench = bench();
    let asked = Bench::asked("Anna", "why", None);
    for (instant, told) in [
        ("2019-12-31T23:59:59Z", "allows intake only from 2020-01-01T00:00:00Z"),
        ("2020-07-01T00:00:00Z", "allowed intake only until 2020-06-30T23:59:59.999999Z"),
    ] {
        bench.at(instant);
        assert!(refused(bench.taker(&asked, "feed")).contains(told));
        assert!(bench.reader(&asked).is_ok());
    }
    bench.at("2020-06-30T12:00:00Z");
    assert!(bench.taker(&Bench::asked("Anna", "", None), "feed").is_ok());
    assert!(usage(bench.taker(&asked, "Feed 1")).contains("not a plain name"));
}

#[test]
fn a_source_keeps_its_authority() {
    let mut bench = bench();
    bench.authority("a-2", &["Anna"], "").unwrap();
    bench.delivery("feed", "a-1", "x.txt");
    assert!(bench.taker(&Bench::asked("Anna", "", Some("a-1")), "feed").is_ok());
    let told = refused(bench.taker(&Bench::asked("Anna", "", Some("a-2")), "feed"));
    assert!(told.contains("taken in under authority a-1"), "{told}");
}

#[test]
fn of_several_authorities_the_only_one_of_the_actor_applies() {
    let mut bench = bench();
    bench.authority("a-2", &["Anna", "Bert"], "").unwrap();
    let of = |session: Session| session.authority().id.clone();
    assert_eq!(of(bench.reader(&Bench::asked("Bert", "why", None)).unwrap()), "a-2");
    let told = usage(bench.reader(&Bench::asked("Anna", "why", None)));
    assert_eq!(told, "the case has 2 authorities: a-1, a-2");
}

#[test]
fn the_view_opens_what_was_taken_in_and_what_is_listed() {
    let mut bench = bench();
    bench.authority("a-2", &["Bert"], "sources = [\"irc\"]\nhandles = [\"x\"]").unwrap();
    for (source, authority) in [("feed", "a-1"), ("phone", "a-2"), ("irc", "a-1")] {
        bench.delivery(source, authority, "x.txt");
    }
    let bert = bench.reader(&Bench::asked("Bert", "why", None)).unwrap();
    let opened: Vec<String> = bert.view().sources.clone().unwrap().into_iter().collect();
    assert_eq!(opened, ["irc", "phone"]);
    assert!(bert.opens_source("irc") && !bert.opens_source("feed"));
    assert!(bert.view().handles.is_some());
}

#[test]
fn limits_that_limit_nothing_leave_the_view_open() {
    let mut bench = bench();
    bench.delivery("feed", "a-1", "x.txt");
    let anna = bench.reader(&Bench::asked("Anna", "why", None)).unwrap();
    assert!(anna.view().is_open());
}

#[test]
fn a_real_case_is_read_by_the_machines_clock_alone() {
    let mut bench = Bench::new(CaseKind::Real);
    let told = bench.authority("a-1", &["Anna"], "").unwrap_err().to_string();
    assert!(told.contains("EMMA_CLOCK"), "{told}");
    assert!(refused(bench.reader(&Bench::asked("Anna", "why", None))).contains("EMMA_CLOCK"));
}

#[test]
fn an_authority_is_of_the_cases_kind_and_its_id_is_used_once() {
    let mut bench = bench();
    let told = bench.authority("a-1", &["Anna"], "").unwrap_err().to_string();
    assert!(told.contains("has an authority a-1 already"), "{told}");
    let text = bench.authority_text("a-2", &["Anna"], "").replace("synthetic", "real");
    let anna = actor::acting(&bench.home, Some("Anna")).unwrap();
    let random = &mut |buffer: &mut [u8]| buffer.fill(9);
    let (case, home) = (&mut bench.case, &bench.home);
    let told = crate::authority::add(case, home, &anna, &text, &bench.clock, random);
    assert_eq!(told.unwrap_err().class(), ErrorClass::Refused);
}

#[test]
fn an_authority_without_the_log_key_counts_for_nothing() {
    let mut bench = bench();
    let text = bench.authority_text("forged", &["Bert"], "");
    let bert = actor::acting(&bench.home, Some("Bert")).unwrap();
    let forged =
        payload::Authority { v: 1, id: "forged".to_owned(), text, actors: Vec::new(), at: 0 };
    let mut draws = 1 << 40;
    let random = &mut |buffer: &mut [u8]| fill(&mut draws, buffer);
    let entry = NewEntry::new(kind::AUTHORITY, Payload::seal(&forged, random));
    bench.case.log.append(&[entry], &bert.signer, None, random).unwrap();
    let asked = Bench::asked("Bert", "why", Some("forged"));
    assert!(usage(bench.reader(&asked)).contains("no such authority"));
}

#[test]
fn a_read_and_an_export_leave_their_entries() {
    let mut bench = bench();
    let session = bench.reader(&Bench::asked("Anna", "threat check", None)).unwrap();
    let access = Access {
        command: "search",
        query: Some("from:x".to_owned()),
        shown: 3,
        withheld: Withheld::from([(Reason::Handle, 2)]),
    };
    let mut draws = 1 << 40;
    let random = &mut |buffer: &mut [u8]| fill(&mut draws, buffer);
    let log = &mut bench.case.log;
    let index = session.record(log, &access, random).unwrap();
    let opened = session.open_export(log, &access, random).unwrap();
    let begun: payload::Access = log.payload_of(&log.entry(index + 1).unwrap()).unwrap();
    assert_eq!((begun.shown, begun.withheld.len(), begun.opened), (None, 0, None));
    session.close_export(log, opened, &access, random).unwrap();
    let _left_open = session.open_export(log, &access, random).unwrap();
    let read: payload::Access = log.payload_of(&log.entry(index).unwrap()).unwrap();
    assert_eq!((read.shown, read.withheld["handle"]), (Some(3), 2));
    assert_eq!(read.reason, "threat check");
    let entry = log.entry(index).unwrap();
    assert_eq!(entry.signed_by(session.actor().signer.verifier()), Some(true));

    let state = bench.case.state().unwrap();
    let filter = crate::audit::AuditFilter {
        actor: Some("Anna".to_owned()),
        kind: Some("access".to_owned()),
        about: None,
    };
    let lines = crate::audit::lines(&state, &filter, index).unwrap();
    let left: Vec<(bool, bool)> =
        lines.iter().map(|l| (l.left_open, l.beyond_checkpoint)).collect();
    assert_eq!(left, [(false, true), (false, true), (false, true), (true, true)]);
    assert_eq!(lines[0].name.as_deref(), Some("Anna"));
    assert_eq!(lines[0].detail["query"], "from:x");
}
