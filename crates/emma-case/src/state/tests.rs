use super::*;
use crate::access::Session;
use crate::authority::CaseKind;
use crate::note::{self, Subject};
use crate::testing::{Bench, fill};
use emma_model::{MemberPath, RecordId};

fn bench() -> Bench {
    let mut bench = Bench::new(CaseKind::Synthetic);
    bench.authority("a-1", &["Anna"], "").unwrap();
    bench.delivery("feed", "a-1", "folder/one.txt");
    bench
}

fn session(bench: &mut Bench) -> Session {
    bench.reader(&Bench::asked("Anna", "why", None)).unwrap()
}

fn note(bench: &mut Bench, session: &Session, id: &str, records: Vec<RecordId>, text: &str) {
    let subject = Subject { id: id.to_owned(), records };
    let mut draws = bench.case.log.size() << 40;
    let random = &mut |buffer: &mut [u8]| fill(&mut draws, buffer);
    note::add(session, &mut bench.case.log, &subject, text, random).unwrap();
}

#[test]
fn a_deleted_database_comes_back_the_same() {
    let mut bench = bench();
    let before = bench.case.state().unwrap().digest().unwrap();
    let path = bench.case.root.join(STATE_FILE);
    std::fs::remove_file(&path).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(bench.case.root.join(format!("{STATE_FILE}{ending}")));
    }
    assert_eq!(bench.case.state().unwrap().digest().unwrap(), before);
    assert_eq!(State::in_memory(&bench.case.log).unwrap().digest().unwrap(), before);
}

#[test]
fn damage_is_noticed_and_mended() {
    let mut bench = bench();
    let before = bench.case.state().unwrap().digest().unwrap();
    let path = bench.case.root.join(STATE_FILE);
    for damage in [&b"not a database at all, but long enough to be read as one......"[..], b""] {
        std::fs::write(&path, damage).unwrap();
        let _ = std::fs::remove_file(bench.case.root.join(format!("{STATE_FILE}-wal")));
        assert_eq!(bench.case.state().unwrap().digest().unwrap(), before);
    }
}

#[test]
fn following_step_by_step_equals_following_at_once() {
    let mut bench = bench();
    let session = session(&mut bench);
    for n in 0..5 {
        bench.case.state().unwrap();
        note(&mut bench, &session, &format!("subject-{n}"), Vec::new(), "text");
    }
    let stepwise = bench.case.state().unwrap().digest().unwrap();
    assert_eq!(State::in_memory(&bench.case.log).unwrap().digest().unwrap(), stepwise);
}

#[test]
fn a_database_ahead_of_its_log_is_made_anew() {
    let mut bench = bench();
    let session = session(&mut bench);
    let evidence = bench.case.root.join("evidence");
    let older = bench.folder.path().join("older");
    copy(&evidence, &older);
    note(&mut bench, &session, "x", Vec::new(), "only in the newer log");
    assert_eq!(bench.case.state().unwrap().notes_about(&["x".to_owned()]).unwrap().len(), 1);
    std::fs::remove_dir_all(&evidence).unwrap();
    copy(&older, &evidence);
    let mut case = crate::case::Case::open(&bench.case.root).unwrap();
    assert!(case.state().unwrap().notes_about(&["x".to_owned()]).unwrap().is_empty());
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn exhibits_and_deliveries_are_found() {
    let mut bench = bench();
    let id = bench.delivery("feed", "a-1", "two.txt").to_string();
    let state = bench.case.state().unwrap();
    let exhibit = state.exhibit(&id).unwrap().unwrap();
    assert_eq!((exhibit.source.as_str(), exhibit.shown_path().as_str()), ("feed", "two.txt"));
    assert_eq!(state.exhibits_at(b"two.txt").unwrap(), std::slice::from_ref(&exhibit));
    assert_eq!(state.exhibits().unwrap().len(), 2);
    let deliveries = state.deliveries().unwrap();
    assert_eq!(deliveries[1].entry, exhibit.delivery);
    assert_eq!(state.exhibits_of(exhibit.delivery).unwrap(), [(exhibit, false)]);
    assert_eq!(state.sources_of("a-1").unwrap(), ["feed"]);
    assert_eq!(state.authority_of_source("feed").unwrap().as_deref(), Some("a-1"));
    assert_eq!(state.authority_of_source("other").unwrap(), None);
    assert!(state.snapshot().unwrap().is_none());
}

#[test]
fn notes_are_found_by_subject_and_by_record() {
    let mut bench = bench();
    let exhibit = bench.delivery("feed", "a-1", "two.txt");
    let record = RecordId::span(exhibit, MemberPath::default(), 0, 7);
    let session = session(&mut bench);
    note(&mut bench, &session, "net:irc::1", vec![record.clone()], "first");
    note(&mut bench, &session, &record.to_string(), vec![record.clone()], "second");
    let state = bench.case.state().unwrap();
    let texts = |ids: &[String]| -> Vec<String> {
        state.notes_about(ids).unwrap().into_iter().map(|note| note.text).collect()
    };
    assert_eq!(texts(&["net:irc::1".to_owned()]), ["first"]);
    assert_eq!(texts(&[record.to_string()]), ["first", "second"]);
    let found = state.notes_about(&[record.to_string()]).unwrap();
    assert_eq!(found[0].actor.as_deref(), Some(session.actor().signer.name()));
    assert_eq!(found[0].authority, "a-1");
}

#[test]
fn two_processes_follow_one_log_at_once() {
    let mut bench = bench();
    let session = session(&mut bench);
    for n in 0..20 {
        note(&mut bench, &session, &n.to_string(), Vec::new(), "text");
    }
    let (root, log) = (bench.case.root.clone(), &bench.case.log);
    let digests: Vec<emma_model::Digest> = std::thread::scope(|scope| {
        let follow = || State::open(&root, log).unwrap().digest().unwrap();
        let all: Vec<_> = (0..4).map(|_| scope.spawn(follow)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(digests.iter().all(|digest| *digest == digests[0]));
}

#[test]
fn a_process_with_an_older_view_of_the_log_does_not_set_the_database_back() {
    let mut bench = bench();
    let session = session(&mut bench);
    let older = emma_evidence::Log::open(&bench.case.root.join("evidence")).unwrap();
    note(&mut bench, &session, "x", Vec::new(), "newer than that view");
    let newest = bench.case.state().unwrap().digest().unwrap();
    let seen = State::open(&bench.case.root, &older).unwrap();
    assert_eq!(seen.digest().unwrap(), newest);
}
