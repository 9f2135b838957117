//! JSON specimens.

use super::*;

const LINES: &str = r#"
mapping = 1
name = "t"
version = 1
network = "n"
layout = "ndjson"
keep = ["device"]
[fields]
id = "id"
from = "from.name"
to = "to[].handle"
text = "text"
[time]
column = "at"
format = ["rfc3339", "epoch-ms"]
"#;

#[test]
fn broken_lines_are_anomalies_and_the_others_are_read() {
    let text = concat!(
        "\u{feff}{\"id\":1,\"from\":{\"name\":\"anna\"},\"text\":\"a\"}\r\n",
        "\n",
        "{\"id\":2,\"from\":{\"name\":\"bo\"},\"text\":\"b\"\n",
        "not json\n",
        "{\"id\":3,\"text\":null,\"at\":\"2020-04-03T10:11:12+02:00\"},\n",
        "{\"id\":4,\"at\":1585908672000,\"text\":\"\\ud83d\\ude00\"}",
    );
    let outcome = good(LINES, "a.ndjson", text);
    assert_eq!(
        outcome.records,
        [
            "message anna #1: a",
            "message 2020-04-03T08:11:12Z..2020-04-03T08:11:12.999999Z #3",
            "message 2020-04-03T10:11:12Z..2020-04-03T10:11:12.000999Z #4: 😀",
        ]
    );
    let kinds: Vec<&str> = outcome.anomalies.iter().map(|(_, _, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["json.syntax", "json.not_an_object"]);
}

#[test]
fn unmentioned_keys_are_kept_raw_and_listed_once() {
    let text = concat!(
        r#"{"id":1,"from":{"name":"anna","age":7},"to":[{"handle":"bo"},{"handle":"cy"}],"#,
        r#""device":"x","burn":{"after":5},"nothing":null}"#,
        "\n",
        r#"{"id":2,"burn":"no","device":"y","text":["odd",1]}"#,
    );
    let outcome = good(LINES, "a.ndjson", text);
    assert_eq!(outcome.records, ["message anna > bo, cy #1", "message #2: [\"odd\",1]"]);
    assert_eq!(outcome.extra, ["from.age=7 device=x burn={\"after\":5}", "burn=no device=y"]);
    let unknown: Vec<&str> = outcome
        .notes
        .iter()
        .filter(|(kind, _)| kind == "mapping.column_unknown")
        .map(|(_, field)| field.as_str())
        .collect();
    assert_eq!(unknown, ["from.age", "burn", "nothing"]);
    assert!(outcome.kinds().contains(&"field.shape"));
    assert!(outcome.notes.contains(&("mapping.column_missing".to_owned(), "at".to_owned())));
}

#[test]
fn odd_values_are_told_and_kept() {
    let text = concat!(
        r#"{"id":1,"id":2,"text":"\ud800","at":"soon"}"#,
        "\n",
        "{\"id\":3,\"text\":\"caf\u{e9}\"}",
    );
    let mut bytes = text.as_bytes().to_vec();
    let at = bytes.len() - 4;
    bytes[at] = 0xff;
    let outcome = good(LINES, "a.ndjson", bytes);
    assert_eq!(outcome.records.len(), 2);
    assert_eq!(outcome.records[0], "message #2: \u{fffd}");
    for kind in ["json.key_twice", "json.lone_surrogate", "time.unreadable", "text.not_utf8"] {
        assert!(outcome.kinds().contains(&kind), "{kind} {:?}", outcome.notes);
    }
}

#[test]
fn lines_in_utf16_and_long_lines_are_accounted_for() {
    let text = "{\"id\":1,\"text\":\"hé\"}\n{\"id\":2}\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(good(LINES, "a.ndjson", bytes).records, ["message #1: hé", "message #2"]);
    let long = format!("{{\"id\":1,\"text\":\"{}\"}}\n{{\"id\":2}}\n", "x".repeat(3_000));
    let limits = Limits { record_bytes_max: 1_000, ..Limits::default() };
    let outcome = read(&Mapping::parse(LINES).unwrap(), "a", long.as_bytes(), &limits);
    assert_eq!(outcome.records, ["message #2"]);
    let lengths: Vec<u64> = outcome.anomalies.iter().map(|(_, length, _)| *length).collect();
    assert_eq!(lengths, [1_000, 1_000, 1_000, 19]);
}

fn document(records: &str, fields: &str) -> String {
    format!(
        "mapping = 1\nname = \"t\"\nversion = 1\nnetwork = \"n\"\nlayout = \"json\"\n\
         [json]\nrecords = \"{records}\"\n[fields]\nid = \"id\"\ntext = \"t\"\n{fields}\n"
    )
}

#[test]
fn pretty_printed_objects_are_read_with_commas_without_and_in_a_list() {
    let one = "{\n  \"id\": 1,\n  \"t\": \"a {\\n\"\n}";
    let two = "{\n  \"id\": 2,\n  \"u\": {\"t\": []}\n}";
    for text in [
        format!("{one}\n{two}\n"),
        format!("{one},\n{two}"),
        format!("{one}{two}"),
        format!("[{one},{two}]"),
        format!("[\n{one}\n,\n{two}\n]\n"),
    ] {
        for records in ["{}", "[]"] {
            let outcome = good(&document(records, ""), "a.json", &text);
            assert_eq!(outcome.records, ["message #1: a {⏎", "message #2"], "{text}");
            assert_eq!(outcome.anomalies, [], "{text}");
        }
    }
}

#[test]
fn values_of_surrounding_objects_are_inherited_with_their_origin() {
    let text = r#"{"owner":{"n":"anna"},"skip":[1,2],"chats":{"empty":[],"list":[
        {"title":"x","messages":[{"id":1},{"id":2}]},
        {"messages":[{"id":3}],"title":"late"}]}}"#;
    let fields = "conversation = \"parent:title\"\nfrom = \"parent3:owner.n\"";
    let outcome = good(&document("chats.list[].messages[]", fields), "a.json", text);
    assert_eq!(outcome.records, ["message anna [x] #1", "message anna [x] #2", "message anna #3"]);
    assert_eq!(outcome.anomalies, [(29, 5, "mapping.not_read".to_owned())]);
    assert!(outcome.kinds().contains(&"mapping.value_late"));
    let title = text.find("\"chats\"").unwrap();
    assert!(outcome.borrowed.iter().any(|line| line.starts_with("from:Leaf { offset: 0, ")));
    let leaf = outcome.borrowed.iter().find(|line| line.starts_with("conversation:Leaf")).unwrap();
    let offset: usize =
        leaf.split("offset: ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(offset <= title + 40 && offset > 29, "{leaf}");
}

#[test]
fn keys_that_nobody_knows_beforehand_are_values() {
    let text = r#"{"rooms":{"blue":[{"id":1}],"n":7,"red":[{"id":2},3]}}"#;
    let fields = "conversation = \"parent:*\"";
    let outcome = good(&document("rooms.*[]", fields), "a.json", text);
    assert_eq!(outcome.records, ["message [blue] #1", "message [red] #2"]);
    assert_eq!(outcome.anomalies.len(), 1);
}

#[test]
fn after_a_broken_record_reading_goes_on() {
    let text = concat!(
        "{\"messages\": [\n  {\n    \"id\": 1\n  },\n",
        "  {\n    \"id\": 2,,\n    \"t\": \"open\n",
        "  },\n  {\n    \"id\": 3\n  }\n]}\n",
    );
    let outcome = good(&document("messages[]", ""), "a.json", text);
    assert_eq!(outcome.records, ["message #1", "message #3"]);
    let minified = r#"{"messages":[{"id":1},{"id":2 "t":3},{"id":4}]}"#;
    let outcome = good(&document("messages[]", ""), "a.json", minified);
    assert_eq!(outcome.records, ["message #1", "message #4"]);
    let cut = "{\"messages\": [\n  {\"id\": 1},\n  {\"id\": 2, \"t\": \"x";
    let outcome = good(&document("messages[]", ""), "a.json", cut);
    assert_eq!(outcome.records, ["message #1"]);
    assert!(outcome.kinds().contains(&"json.truncated"));
}

#[test]
fn nothing_depends_on_how_much_is_read_at_a_time() {
    let text = format!(
        "{{\"a\":\"{}\",\"messages\":[{}{{\"id\":9,}} ,,{{\"id\":{{}}}}, 5 \"x\" zz{}]}} tail",
        "y".repeat(5_000),
        "{\"id\":1,\"t\":\"\\u00e9\"},\n".repeat(40),
        "q".repeat(9_000),
    );
    let limits = Limits { record_bytes_max: 2_000, ..Limits::default() };
    let mapping = Mapping::parse(&document("messages[]", "")).unwrap();
    let whole = format!("{:?}", read(&mapping, "a", text.as_bytes(), &limits));
    for step in [1, 7, 1_000] {
        let dripped = read_from(&mapping, "a", Drip(text.as_bytes(), step), &limits);
        assert_eq!(format!("{dripped:?}"), whole, "{step} bytes at a time");
    }
}
