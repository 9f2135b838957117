//! Wrong mappings are explained with their place and what was probably meant.

use super::super::guess::guess_bytes;
use super::super::preview::preview_bytes;
use super::*;

const HEAD: &str = "mapping = 1\nname = \"x\"\nversion = 1\nnetwork = \"n\"\n";

fn mistake(rest: &str) -> (usize, usize, String, String) {
    let error = Mapping::parse(&format!("{HEAD}{rest}")).expect_err("a mistake");
    (error.line, error.column, error.message, error.suggestion.unwrap_or_default())
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    for (rest, line, column, words, suggestion) in [
        ("layuot = \"log\"", 5, 1, "layuot", "did you mean \"layout\"?"),
        ("layout = \"csv\"", 5, 10, "csv", "known here: ndjson"),
        ("layout = \"ndjson\"\n[fields]\nform = \"a\"", 7, 1, "form", "did you mean \"from\"?"),
        ("layout = \"ndjson\"\nkind = \"mesage\"", 6, 8, "mesage", "did you mean \"message\"?"),
        (
            concat!(
                "layout = \"ndjson\"\n[time]\ncolumn = \"t\"\n",
                "format = \"rfc3339\"\nzone = \"Europe/Amsterdm\"",
            ),
            9,
            8,
            "no time zone",
            "did you mean \"Europe/Amsterdam\"?",
        ),
        (
            "layout = \"ndjson\"\n[time]\ncolumn = \"t\"\nformat = \"%d/%m %H:%M\"",
            8,
            10,
            "no year",
            "template",
        ),
        (
            concat!(
                "layout = \"log\"\n[fields]\nfrom = \"whom\"\n",
                "[[log.header]]\npattern = '^(?<who>\\w+): '",
            ),
            7,
            8,
            "no named group `whom`",
            "did you mean \"who\"?",
        ),
        (
            "layout = \"log\"\n[[log.header]]\npattern = '^(?<who>\\w+: '",
            7,
            11,
            "unclosed group",
            "single quotes",
        ),
        (
            concat!(
                "layout = \"log\"\npath = '(?<day>\\d+)'\n",
                "[fields]\nid = \"path:dya\"\n[[log.header]]\n",
                "pattern = 'x'",
            ),
            8,
            6,
            "no group `dya`",
            "did you mean \"day\"?",
        ),
        (
            concat!(
                "layout = \"delimited\"\n[fields]\nfrom = \"sendr\"\n",
                "[delimited]\ncolumns = [\"sender\", \"text\"]",
            ),
            7,
            8,
            "no column `sendr`",
            "did you mean \"sender\"?",
        ),
        (
            "layout = \"json\"\n[json]\nrecords = \"messages\"",
            7,
            11,
            "ends with a list",
            "messages[]",
        ),
        (
            concat!(
                "layout = \"json\"\n[fields]\nconversation = \"parent3:name\"\n",
                "[json]\nrecords = \"chats[].messages[]\"",
            ),
            7,
            16,
            "3 steps around",
            "2 objects",
        ),
        (
            "layout = \"ndjson\"\n[fields]\nfrom = { column = \"a\", value = \"b\" }",
            7,
            8,
            "exactly one",
            "one of",
        ),
        (
            "layout = \"ndjson\"\n[fields]\nfrom = { colum = \"a\" }",
            7,
            10,
            "colum",
            "did you mean \"column\"?",
        ),
        ("layout = \"ndjson\"\nencoding = \"windows-1525\"", 6, 12, "no encoding", "windows-125"),
    ] {
        let (at_line, at_column, message, suggested) = mistake(rest);
        assert!(message.contains(words), "{rest}\n{message}");
        assert!(suggested.contains(suggestion), "{rest}\n{message}\n{suggested}");
        assert_eq!((at_line, at_column), (line, column), "{rest}\n{message}");
    }
    assert_eq!(Mapping::parse("name = 'x'").unwrap_err().message, "the key `mapping` is missing");
}

#[test]
fn a_column_the_data_lacks_is_found_by_preview_and_by_reading() {
    let text =
        format!("{HEAD}layout = \"delimited\"\n[fields]\nfrom = \"sendr\"\ntext = \"text\"\n");
    let mapping = Mapping::parse(&text).unwrap();
    let data = b"sender,text,mood\nanna,hi,fine\n";
    let preview = preview_bytes(data, false, "a.csv", &mapping, 5);
    assert_eq!(preview.records, 1);
    assert_eq!(preview.unknown_columns, ["sender", "mood"]);
    let finding = &preview.findings[0];
    assert_eq!((finding.line, finding.column), (7, 8));
    assert_eq!(finding.message, "no record has the column `sendr`");
    assert_eq!(finding.suggestion.as_deref(), Some("did you mean \"sender\"?"));
    let outcome = read(&mapping, "a.csv", data, &Limits::default());
    assert!(outcome.notes.contains(&("mapping.column_missing".to_owned(), "sendr".to_owned())));
    assert!(outcome.notes.contains(&("mapping.column_unknown".to_owned(), "mood".to_owned())));
    assert_eq!(outcome.extra, ["sender=anna mood=fine"]);
}

#[test]
fn guesses_read_what_they_were_made_for() {
    for (path, data, records, fields) in [
        (
            "chat.ndjson",
            "{\"id\":1,\"sender\":\"anna\",\"to\":[\"bo\"],\"body\":\"hi\",\"ts\":1585908672000}\n\
             {\"id\":2,\"sender\":\"bo\",\"to\":[\"anna\"],\"body\":\"yo\",\"ts\":1585908673000}\n",
            2,
            vec!["id", "time", "from", "to", "text"],
        ),
        (
            "result.json",
            concat!(
                "{\"name\":\"boat\",\"messages\":[\n {\"id\":1,\"from\":\"anna\",\"",
                "text\":\"hi\",\"date\":\"2020-04-03T10:11:12\"},\n",
                " {\"id\":2,\"from\":\"bo\",\"text\":\"yo\",\"date\":\"2020-04-03T1",
                "0:11:13\"}\n]}",
            ),
            2,
            vec!["id", "time", "from", "text"],
        ),
        (
            "pretty.json",
            concat!(
                "{\n \"from\": \"anna\",\n \"text\": \"hi\"\n",
                "}\n{\n \"from\": \"bo\",\n \"text\": \"yo\"\n",
                "}\n",
            ),
            2,
            vec!["from", "text"],
        ),
        (
            "table.csv",
            concat!(
                "Sender;Recipient;Date;Message\nanna;bo;13.04.2020 10:11;hi\n",
                "bo;anna;13.04.2020 10:12;yo\n",
            ),
            2,
            vec!["time", "from", "to", "text"],
        ),
        (
            "log.txt",
            "[13.04.20, 10:11:12] anna: hi\nthere\n[13.04.20, 10:11:13] bo: yo\n",
            2,
            vec!["time", "from", "text"],
        ),
    ] {
        let guess = guess_bytes(data.as_bytes(), path);
        let mapping = Mapping::parse(&guess.toml)
            .unwrap_or_else(|error| panic!("{path}: {error}\n{}", guess.toml));
        let preview = preview_bytes(data.as_bytes(), false, path, &mapping, 5);
        assert_eq!(preview.records, records, "{path}\n{}", guess.toml);
        assert_eq!(preview.anomaly_bytes, 0, "{path}\n{}", guess.toml);
        for field in fields {
            let found = preview.rows[0].values.iter().any(|(name, _)| name == field);
            assert!(found, "{path} {field}\n{}\n{:?}", guess.toml, preview.rows);
        }
    }
}

#[test]
fn a_guess_about_nothing_is_still_a_mapping() {
    for data in [&b""[..], b"\x00\x01\x02", b"{", b"lorem ipsum\ndolor", b"{\"a\":1}", b"[1,2,3]"] {
        let guess = guess_bytes(data, "weird \"name\n.x");
        Mapping::parse(&guess.toml).unwrap_or_else(|error| panic!("{error}\n{}", guess.toml));
    }
}

#[test]
fn a_mapping_is_named_by_its_text() {
    let text = format!("{HEAD}layout = \"ndjson\"");
    let mapping = Mapping::parse(&text).unwrap();
    assert_eq!((mapping.name(), mapping.version(), mapping.text()), ("x", 1, text.as_str()));
    assert_eq!(mapping.digest(), emma_model::Digest::of(text.as_bytes()));
}
