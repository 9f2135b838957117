//! The shipped mappings of tables: every example of their page is read by the mapping it names
//! and by no other, and a file that lacks a column by none.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/formats/inputs/tables.md");

/// The examples of the page: file name, mapping, text and what comes out.
fn examples() -> Vec<(String, String, String, String)> {
    let mut out: Vec<(String, String, String, String)> = Vec::new();
    let mut open = None;
    for line in PAGE.lines() {
        match (open, line.strip_prefix("```")) {
            (None, Some("text result")) => open = Some(true),
            (None, Some(info)) => {
                let file = info.strip_prefix("text file=").expect("an example");
                let (file, mapping) = file.split_once(" mapping=").expect("a mapping's name");
                out.push((file.to_owned(), mapping.to_owned(), String::new(), String::new()));
                open = Some(false);
            }
            (Some(_), Some(_)) => open = None,
            (Some(result), None) => {
                let last = out.last_mut().expect("a file stands before its result");
                let text = if result { &mut last.3 } else { &mut last.2 };
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    out
}

/// The shipped mappings that would take a file.
fn takers(path: &str, bytes: &[u8]) -> Vec<Mapping> {
    let root = MemberPath::default();
    let member = Member { path: &root, delivered: path, name: path };
    let takes = |mapping: &Mapping| mapping.matches(&member) && mapping.fits(bytes, true);
    shipped().into_iter().filter(takes).collect()
}

#[test]
fn examples_are_read_by_the_mapping_they_name() {
    let examples = examples();
    assert_eq!(examples.len(), 6);
    for (path, name, text, expected) in examples {
        let takers = takers(&path, text.as_bytes());
        let names: Vec<&str> = takers.iter().map(Mapping::name).collect();
        assert_eq!(names, [name.as_str()], "{path}");
        let outcome = read(&takers[0], &path, text.as_bytes(), &Limits::default());
        assert_eq!(outcome.records.join("\n"), expected.trim_end(), "{path}");
        assert_eq!(outcome.kinds(), [] as [&str; 0], "{path}");
    }
}

#[test]
fn a_file_that_lacks_a_column_is_left_alone() {
    for (path, _, text, _) in examples() {
        let header = text.lines().next().unwrap();
        let separator = header.chars().find(|c| [',', ';', '\t'].contains(c)).unwrap();
        let shorter = text.replacen(&header[..=header.find(separator).unwrap()], "", 1);
        assert!(takers(&path, shorter.as_bytes()).is_empty(), "{path}");
        assert!(takers("a.log", text.as_bytes()).is_empty(), "{path}");
    }
    for text in ["", "\n\n", "CALLING_NO", "a,b\n1,2\n", "\u{feff}x;y", "[09:00] <heron> hi\n"] {
        assert!(takers("a.csv", text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn a_marked_or_legacy_header_is_found() {
    let (path, name, text, _) = examples().remove(0);
    let marked = format!("\u{feff}sep=,\r\n{}", text.replace('\n', "\r\n"));
    assert_eq!(takers(&path, marked.as_bytes())[0].name(), name);
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(takers(&path, &wide)[0].name(), name);
}

#[test]
fn needs_of_json_lines_are_keys_of_the_first_object() {
    let text = "mapping = 1\nname = \"x\"\nversion = 1\nnetwork = \"n\"\nlayout = \"ndjson\"\n\
        needs = [\"a.b\", \"c\"]\n";
    let mapping = Mapping::parse(text).unwrap();
    assert!(mapping.fits(b"\n[{\"a\":{\"b\":1},\"c\":null},\n", false));
    assert!(!mapping.fits(b"{\"a\":1,\"c\":2}\n", true));
    assert!(!mapping.fits(b"not json\n", true));
    let log = text.replace("ndjson", "log");
    let error = Mapping::parse(&log).unwrap_err().to_string();
    assert!(error.contains("no row of names"), "{error}");
}
