//! Whatever the bytes, they are accounted for: [`crate::account::Account`] checks each reading.

use super::*;
use proptest::prelude::*;

const HEAD: &str = "mapping = 1\nname = \"t\"\nversion = 1\nnetwork = \"n\"\n";

/// A mapping of every layout with a good file for it.
fn specimens() -> &'static [(Mapping, String)] {
    static SPECIMENS: std::sync::OnceLock<Vec<(Mapping, String)>> = std::sync::OnceLock::new();
    SPECIMENS.get_or_init(make_specimens)
}

fn make_specimens() -> Vec<(Mapping, String)> {
    let fields = concat!(
        "[fields]\nid = \"id\"\nfrom = \"from\"\ntext = \"text\"\n",
        "[time]\ncolumn = \"at\"\nformat = [\"rfc3339\", \"epoch-s\"]\n",
    );
    let line = concat!(
        r#"{"id":1,"from":"anna","text":"h\u00e9 \"x\"","at":"2020-04-03T10:11:12Z",""#,
        r#"more":[1,{"a":null}]}"#,
    );
    let pretty = "{\n  \"id\": 2,\n  \"text\": \"b\",\n  \"at\": 1585908672.5\n}";
    let log = concat!(
        "layout = \"log\"\n",
        "path = '(?<day>\\d{4}-\\d\\d-\\d\\d)'\n",
        "[fields]\nfrom = \"who\"\ntext = \"body\"\n",
        "[time]\ntemplate = \"{path:day} {at}\"\nformat = \"%Y-%m-%d %H:%M\"\n",
        "[log]\nseparator = '^--$'\ncontext = ['^@(?<room>.*)$']\nframing = ['^#']\n",
        "[[log.header]]\nlines = ['^(?<who>\\w+):$', '^(?:(?<at>\\d\\d:\\d\\d)|\\?)$']\n",
    );
    let table = "layout = \"delimited\"\n";
    let texts = [
        (format!("layout = \"ndjson\"\n{fields}"), format!("{line}\n\n{line}\r\n{line}")),
        (
            format!("layout = \"json\"\n[json]\nrecords = \"{{}}\"\n{fields}"),
            format!("{pretty}\n{pretty},\n{line}"),
        ),
        (
            format!(
                "layout = \"json\"\n[json]\nrecords = \"a.b[].c[]\"\n{}",
                fields.replace("[time]", "conversation = \"parent:name\"\n[time]")
            ),
            format!(
                "{{\"x\":[1],\"a\":{{\"b\":[\n{{\"name\":\"n\",\"c\":[{line},\n\
                 {pretty}]}},\n{{\"c\":[]}}]}}}}"
            ),
        ),
        (
            format!("{table}{fields}"),
            "id;from;text;at;q\n1;anna;\"a;\"\"b\"\"\nc\";2020-04-03;z\n2;bo;x;1585908672;\n"
                .to_owned(),
        ),
        (
            log.to_owned(),
            "# log\n@room\nanna:\n10:11\nhello\n--\nmore\n--\nbo:\n?\nx\n--\nanna:\n00:01\n--\n"
                .to_owned(),
        ),
    ];
    let specimens = texts.into_iter();
    specimens
        .map(|(mapping, file)| (Mapping::parse(&format!("{HEAD}{mapping}")).unwrap(), file))
        .collect()
}

#[derive(Clone, Debug)]
enum Edit {
    Put(usize, u8),
    Insert(usize, Vec<u8>),
    Cut(usize, usize),
    Repeat(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let mark = prop_oneof![
        Just(b'"'),
        Just(b'\\'),
        Just(b'{'),
        Just(b'}'),
        Just(b'['),
        Just(b']'),
        Just(b','),
        Just(b'\n'),
        Just(0u8),
        Just(0xffu8),
        any::<u8>(),
    ];
    let edit = prop_oneof![
        (any::<usize>(), mark.clone()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        (any::<usize>(), proptest::collection::vec(mark, 0..4))
            .prop_map(|(at, b)| Edit::Insert(at, b)),
        (any::<usize>(), 0usize..20).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<usize>(), 0usize..60).prop_map(|(at, length)| Edit::Repeat(at, length)),
    ];
    proptest::collection::vec(edit, 0..6)
}

fn edited(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let place = |at: usize, bytes: &Vec<u8>| at % (bytes.len() + 1);
        match edit {
            Edit::Put(at, byte) => {
                let at = place(*at, &bytes);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Edit::Insert(at, more) => {
                let at = place(*at, &bytes);
                bytes.splice(at..at, more.iter().copied());
            }
            Edit::Cut(at, length) => {
                let at = place(*at, &bytes);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Edit::Repeat(at, length) => {
                let at = place(*at, &bytes);
                let end = bytes.len().min(at + length);
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

/// Reads with small and usual limits, at once and in drips; all must account and agree.
fn check(mapping: &Mapping, bytes: &[u8]) -> Result<(), TestCaseError> {
    for record_bytes_max in [48, 1 << 20] {
        let limits = Limits { record_bytes_max, ..Limits::default() };
        let whole = format!("{:?}", read(mapping, "2020-04-03.x", bytes, &limits));
        let dripped = read_from(mapping, "2020-04-03.x", Drip(bytes, 5), &limits);
        prop_assert_eq!(format!("{:?}", dripped), whole);
    }
    Ok(())
}

#[test]
fn good_files_are_read_without_anomalies_of_bytes() {
    for (mapping, text) in specimens() {
        let outcome = read(mapping, "2020-04-03.x", text.as_bytes(), &Limits::default());
        let odd: Vec<_> =
            outcome.anomalies.iter().filter(|(_, _, kind)| kind != "mapping.not_read").collect();
        assert!(odd.is_empty(), "{odd:?}");
        assert!(outcome.records.len() >= 2, "{:?}", outcome.records);
    }
}

#[test]
fn files_that_invite_endless_searches_take_linear_time() {
    let blank =
        "layout = \"log\"\n[log]\nseparator = '^$'\n[[log.header]]\npattern = '^:(?<a>.*)'\n";
    let mapping = Mapping::parse(&format!("{HEAD}{blank}")).unwrap();
    let outcome = read(
        &mapping,
        "a",
        format!(":a\n{}x", "\n".repeat(200_000)).as_bytes(),
        &Limits::default(),
    );
    assert_eq!(outcome.records.len(), 1);
    let objects = "layout = \"json\"\n[json]\nrecords = \"{}\"\n";
    let mapping = Mapping::parse(&format!("{HEAD}{objects}")).unwrap();
    let outcome = read(&mapping, "a", "{\n".repeat(1 << 19).as_bytes(), &Limits::default());
    assert_eq!(outcome.records.len(), 0);
    let nested = format!("{}{}", "{\n".repeat(1 << 17), "}\n".repeat(1 << 17));
    let outcome = read(&mapping, "a", nested.as_bytes(), &Limits::default());
    assert_eq!(outcome.records.len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_are_accounted_for(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (mapping, _) in specimens() {
            check(mapping, &bytes)?;
        }
    }

    #[test]
    fn edited_files_are_accounted_for(edits in edits()) {
        for (mapping, text) in specimens() {
            check(mapping, &edited(text, &edits))?;
        }
    }

    #[test]
    fn any_text_is_a_mapping_or_a_mistake(text in "[a-z\\[\\]={}\"'\n1 .]{0,80}") {
        let _ = Mapping::parse(&text);
        let _ = Mapping::parse(&format!("{HEAD}layout = \"log\"\n{text}"));
    }

    #[test]
    fn any_bytes_give_a_guess_that_parses(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[{}\\[\\]\":,;a-c0-9\n ]{0,80}",
    ) {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let guess = super::super::guess::guess_bytes(input, "a.txt");
            prop_assert!(Mapping::parse(&guess.toml).is_ok(), "{}", guess.toml);
        }
    }
}
