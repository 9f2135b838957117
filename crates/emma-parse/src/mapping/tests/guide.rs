//! Every example in `docs/mappings.md` is read and compared with what the page says.

use super::super::schema;
use super::*;
use serde::Deserialize;

const GUIDE: &str = include_str!("../../../../../docs/mappings.md");

/// The fenced blocks of the guide: what stands after the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in GUIDE.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "every fence is closed");
    out
}

#[test]
fn worked_examples_give_what_the_guide_says() {
    let mut file: Option<(String, String)> = None;
    let mut mapping: Option<Mapping> = None;
    let mut examples = 0;
    for (info, text) in blocks() {
        if let Some(path) = info.strip_prefix("text file=") {
            file = Some((path.to_owned(), text));
        } else if info == "toml example" {
            mapping = Some(Mapping::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")));
        } else if info == "text result" {
            let (path, bytes) = file.take().expect("a file stands before its result");
            let mapping = mapping.take().expect("a mapping stands before its result");
            let root = MemberPath::default();
            assert!(mapping.matches(&Member { path: &root, delivered: &path, name: &path }));
            let outcome = read(&mapping, &path, bytes.as_bytes(), &Limits::default());
            assert_eq!(outcome.records.join("\n"), text.trim_end(), "{path}");
            assert_eq!(outcome.anomalies, [], "{path}");
            examples += 1;
        }
    }
    assert_eq!(examples, 5);
}

#[test]
fn parts_of_mappings_in_the_guide_use_known_keys() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only whether it can be read counts")]
    struct Part {
        layout: Option<schema::Layout>,
        kind: Option<schema::OrTable<schema::KindTable>>,
        handles: Option<schema::Handles>,
        fields: Option<schema::Fields>,
        time: Option<schema::TimeTable>,
        link: Option<schema::LinkTable>,
        json: Option<schema::JsonTable>,
        delimited: Option<schema::DelimitedTable>,
        log: Option<schema::LogTable>,
        table: Option<Vec<toml::Spanned<schema::RowsTable>>>,
    }
    let mut parts = 0;
    for (info, text) in blocks() {
        if info == "toml part" {
            // A header without [log] before it belongs to one all the same.
            toml::from_str::<Part>(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            parts += 1;
        }
    }
    assert!(parts >= 7);
}

#[test]
fn every_month_language_stands_in_the_guide() {
    let codes: Vec<&str> = super::super::months::LANGUAGES.iter().map(|(code, _)| *code).collect();
    assert!(GUIDE.contains(&format!("language of month names: {}", codes.join(", "))));
}
