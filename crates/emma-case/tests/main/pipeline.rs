//! What the pipeline promises.

use crate::world::{World, chat, irc};
use emma_lake::State;

#[test]
fn messages_of_a_delivery_are_published_and_derived_again_equal() {
    let mut world = World::new();
    let log = irc(&[("10:01", "ann", "hello"), ("10:02", "bob", "pick up at nine")]);
    let path = world.files("one", &[("2020-03-01.raw.txt", &log)]);
    let outcome = world.intake(&path, "irc");
    assert_eq!((outcome.files, outcome.repeated, outcome.snapshot), (1, 0, Some(1)));
    let texts: Vec<_> = world.messages().into_iter().filter_map(|row| row.text).collect();
    assert_eq!(texts, ["pick up at nine", "hello"]);
    let checked = world.rebuild();
    assert_eq!(checked.differences, []);
    assert_eq!((checked.trees, checked.snapshots), (1, 1));
}

#[test]
fn the_same_delivery_again_is_recorded_and_changes_nothing() {
    let mut world = World::new();
    let log = irc(&[("10:01", "ann", "hello")]);
    let first = world.files("one", &[("2020-03-01.raw.txt", &log)]);
    let second = world.files("two", &[("2020-03-01.raw.txt", &log)]);
    world.intake(&first, "irc");
    let before = world.snapshot();
    let outcome = world.intake(&second, "irc");
    assert_eq!((outcome.files, outcome.repeated), (1, 1), "another parent folder is no difference");
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.rebuild().differences, []);
}

#[test]
fn the_same_bytes_under_another_name_are_copies_of_the_same_messages() {
    let mut world = World::new();
    let log = irc(&[("10:01", "ann", "hello"), ("10:02", "bob", "there")]);
    let first = world.files("one", &[("2020-03-01.raw.txt", &log)]);
    let second = world.files("two", &[("2020-03-01b.raw.txt", &log)]);
    world.intake(&first, "irc");
    world.intake(&second, "irc");
    let messages = world.messages();
    assert_eq!(messages.iter().filter(|row| row.version == 0).count(), 2);
    assert!(messages.iter().all(|row| row.state != State::Single));
    assert_eq!(world.rebuild().differences, []);
}

#[test]
fn order_of_arrival_threads_batches_and_memory_do_not_change_content() {
    let one = chat(1, &[(1, 0, "ann", "hello"), (2, 1, "bob", "hi"), (3, 1, "ann", "so")]);
    let two = chat(1, &[(2, 1, "bob", "hi"), (3, 1, "ann", "so!"), (4, 9, "bob", "well")]);
    let log = irc(&[("10:01", "ann", "hello"), ("10:01", "bob", "there")]);
    let mut roots = Vec::new();
    for (order, threads, records_max, held_max) in [
        ([0, 1, 2], 2, 99, 99),
        ([2, 1, 0], 1, 99, 99),
        ([1, 2, 0], 2, 2, 99),
        ([0, 1, 2], 1, 99, 1),
    ] {
        let mut world = World::new();
        world.threads = threads;
        world.limits.batch_records_max = records_max;
        world.limits.partition_rows_max = 3;
        world.limits.keys_held_max = held_max;
        world.limits.names_held_max = held_max as usize;
        for which in order {
            let (source, name, text) = [
                ("phone", "result.json", &one),
                ("partner", "result.json", &two),
                ("irc", "2020-03-01.raw.txt", &log),
            ][which];
            let path = world.files(source, &[(name, text)]);
            world.intake(&path, source);
        }
        let messages = world.messages();
        let conflicting = messages.iter().filter(|row| row.state == State::Conflicting).count();
        assert_eq!(conflicting, 2, "the one message that differs has two versions");
        assert_eq!(messages.iter().filter(|row| row.version == 0).count(), 6);
        assert_eq!(world.rebuild().differences, []);
        roots.push(world.snapshot().roots);
    }
    assert!(roots.iter().all(|other| *other == roots[0]), "{roots:#?}");
}

#[test]
fn a_delivery_of_two_names_of_the_same_bytes_joins_them() {
    let mut world = World::new();
    let log = irc(&[("10:01", "ann", "hello")]);
    let path = world.files("one", &[("2020-03-01.raw.txt", &log), ("2020-03-01.txt", &log)]);
    world.intake(&path, "irc");
    let messages = world.messages();
    assert_eq!(messages.iter().filter(|row| row.version == 0).count(), 1);
    assert_eq!(messages.iter().map(|row| row.records.len()).sum::<usize>(), 2);
}

/// One line of the shipped `ndjson-chat` layout.
fn line(id: u64, text: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"from\": \"ann\", \"to\": \"bob\", \"conversation\": \"c\", \
         \"time\": \"2020-03-01T10:00:00Z\", \"text\": \"{text}\"}}\n"
    )
}

#[test]
fn an_id_given_to_everything_is_one_message_of_many_versions() {
    const LINES: u32 = 70_000;
    let mut world = World::new();
    let text: String = (0..LINES).map(|n| line(7, &format!("text {n}"))).collect();
    let path = world.files("one", &[("talk.chat.ndjson", &text)]);
    world.intake_mapped(&path, "feed", Some(CHAT));
    let messages = world.messages();
    assert_eq!(messages.len() as u32, LINES, "more versions than 16 bits can count");
    assert!(messages.iter().all(|row| row.versions == LINES && row.state == State::Conflicting));
    assert_eq!(messages.last().unwrap().version, LINES - 1);
}

#[test]
fn a_second_reading_is_refused_and_counts_nothing_twice() {
    let mut world = World::new();
    let path = world.files("one", &[("talk.txt", &line(1, "hello"))]);
    world.intake_mapped(&path, "feed", Some(CHAT));
    let before = world.snapshot();
    let other = CHAT.replace("version = 1", "version = 2");
    let error = world.try_intake(&path, "feed", "a1", Some(&other)).unwrap_err();
    assert!(error.to_string().contains("1 files"), "{error}");
    world.intake_mapped(&path, "feed", Some(CHAT));
    assert_eq!(world.snapshot(), before);
}

/// A mapping for [`line`].
const CHAT: &str = r#"
mapping = 1
name = "chat"
version = 1
network = "chat"
layout = "ndjson"

[fields]
id = "id"
from = "from"
to = "to"
conversation = "conversation"
text = "text"

[time]
column = "time"
format = "rfc3339"
clock = "sent"
"#;
