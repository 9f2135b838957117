//! XML whatever the format: what damage costs, and that hostile documents cost no memory. And
//! what the tests of the formats in XML share: records as lines of text, and Python's reader.

use crate::collect::{self, read, read_with};
use emma_model::record::MemberEnd;
use emma_model::{Item, ItemClass, Record, Sink, Time};
use emma_parse::Limits;
use emma_parse::account::Account;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// Records as text, in order.
#[derive(Default)]
pub struct Rows(pub Vec<String>);

impl Sink for &mut Rows {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.0.extend(item.record.as_ref().map(row));
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

/// A record as one line: kind, network, then what is known.
pub fn row(record: &Record<'_>) -> String {
    let mut out = format!("{} {}", record.kind.name(), record.network);
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            out.push_str(&format!(" {name}={value}"));
        }
    };
    field("id", record.id.as_deref());
    field("from", record.from.as_deref());
    for to in &record.to {
        field("to", Some(to));
    }
    field("in", record.conversation.as_deref());
    field("at", record.time.as_ref().map(time).as_deref());
    field("re", record.reply_to.as_deref());
    field("text", record.text.as_deref());
    for (name, value) in &record.extra {
        out.push_str(&format!(" | {name}={value}"));
    }
    out
}

fn time(time: &Time<'_>) -> String {
    let guess = if time.inferred { "?" } else { "" };
    format!("{}..{}{guess}:{}:{}", time.lo, time.hi, time.zone.name(), time.clock.name())
}

/// The records of `bytes`, as lines, accounts checked.
pub fn rows(name: &str, bytes: &[u8]) -> Vec<String> {
    let mut rows = Rows::default();
    collect::read_into(name, bytes, &Limits::default(), &mut Account::new(&mut rows));
    rows.0
}

/// What a Python program prints for `input`, or `None` where Python is not here.
pub fn python(test: &str, program: &str, input: &[u8]) -> Option<String> {
    let command = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = command else {
        println!("skipped: {test}: python3 is not here");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A program that has no need of its input may end before it is written.
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "the oracle reads the specimen");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn sms(body: &str) -> String {
    format!(r#"<sms address="+1" date="1000" type="1" body="{body}" />"#)
}

fn backup(inside: &str) -> String {
    format!("<?xml version='1.0' encoding='UTF-8'?>\n<smses count=\"2\">{inside}</smses>\n")
}

fn texts(found: &collect::Found) -> Vec<&str> {
    found.records().filter_map(|record| record.text.as_deref()).collect()
}

#[test]
fn every_byte_of_a_good_document_is_record_or_framing() {
    let document = backup(&format!("\n {}\n<!-- > < -->\n {}\n", sms("a > b"), sms("c")));
    let found = read("x.xml", document.as_bytes());
    assert_eq!(texts(&found), ["a > b", "c"]);
    let classes: Vec<_> = found.items.iter().map(|item| item.class).collect();
    let (framing, record) = (ItemClass::Framing, ItemClass::Record);
    assert_eq!(classes, [framing, record, framing, record, framing]);
    assert_eq!(found.items[1].raw, sms("a > b").as_bytes());
    assert_eq!((found.items[1].line, found.items[3].line), (2, 4));
    assert_eq!((found.anomalies(), found.end_anomalies(&[])), (vec![], vec![]));
}

#[test]
fn damage_costs_what_is_damaged() {
    let (one, two) = (sms("one"), sms("two"));
    let cases: [(String, &[&str], &str); 9] = [
        (format!("{one}<sms body='x <y{two}"), &["one", "two"], "xml.syntax"),
        (format!("{one}<sms body='x>{two}"), &["one", "two"], "xml.syntax"),
        (format!("{one}< junk &{two}"), &["one", "two"], "xml.text_stray"),
        (format!("{one}<![CDATA[junk]]>{two}"), &["one", "two"], "xml.text_stray"),
        (format!("{one}</mms>{two}"), &["one", "two"], "xml.nesting"),
        (format!("<mms date='1'><parts>{one}{two}"), &["one", "two"], "xml.unclosed"),
        (format!("{one}<mms date='1'><parts>"), &["one"], "xml.unclosed"),
        (format!("<!DOCTYPE x [<!ENTITY l 'ha'>]>{one}"), &["one"], "xml.doctype"),
        (sms("&l;&#55357;"), &["&l;&#55357;"], "xml.reference_unknown"),
    ];
    for (inside, expected, kind) in cases {
        let found = read("x.xml", backup(&inside).as_bytes());
        assert_eq!(texts(&found), expected, "{inside}");
        assert!(found.anomalies().iter().any(|(found, _)| *found == kind), "{inside}");
    }
    let cut = backup(&format!("{one}{two}"));
    let found = read("x.xml", &cut.as_bytes()[..cut.len() - 20]);
    assert_eq!(texts(&found), ["one"]);
    assert_eq!(found.end_anomalies(&[]), ["xml.truncated"]);
}

#[test]
fn the_encoding_is_told_by_mark_shape_or_declaration() {
    let document = backup(&format!(
        "{}\n{}",
        sms("h\u{e9}ron \u{1f986}"),
        sms("<&amp;".trim_start_matches('<'))
    ));
    let wide = |big: bool, mark: bool| -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{document}");
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    };
    let marked = format!("\u{feff}{document}").into_bytes();
    let all = [marked, wide(true, true), wide(false, true), wide(true, false), wide(false, false)];
    for bytes in all {
        let found = read("x.xml", &bytes);
        assert_eq!(texts(&found), ["h\u{e9}ron \u{1f986}", "&"]);
        let lines: Vec<_> =
            found.items.iter().filter(|i| i.record.is_some()).map(|i| i.line).collect();
        assert_eq!(lines, [1, 2]);
        assert_eq!(found.anomalies(), []);
    }
    let latin = backup(&sms("h\u{e9}ron")).replace("UTF-8", "ISO-8859-1");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    assert_eq!(texts(&read("x.xml", &latin)), ["h\u{e9}ron"]);
    let lying = document.replace("UTF-8", "UTF-16");
    let found = read("x.xml", lying.as_bytes());
    assert_eq!((found.records().count(), found.end_anomalies(&[])), (2, vec!["xml.encoding"]));
}

#[test]
fn long_and_deep_elements_cost_only_themselves() {
    let limits = Limits { record_bytes_max: 512, ..Limits::default() };
    let long = [
        format!("<mms date='1' x='{}'><parts/></mms>", "x".repeat(5_000)),
        format!("<mms date='1'><parts>{}</parts></mms>", "<part/>".repeat(1_000)),
        format!("<mms date='1'>{}</mms>", "x".repeat(5_000)),
        format!("<mms date='1'>{}</mms>", "x".repeat(500)),
        format!("<!--{}-->", "x".repeat(5_000)),
        sms(&"x".repeat(5_000)),
        format!("<odd x='{}'/>", "x".repeat(5_000)),
    ];
    for long in long {
        let document = backup(&format!("{}{long}{}", sms("one"), sms("two")));
        let found = read_with("x.xml", document.as_bytes(), &limits);
        assert_eq!(texts(&found), ["one", "two"], "{}", &long[..20]);
        assert!(found.anomalies().contains(&("xml.too_long", String::new())));
        assert!(found.items.iter().all(|item| item.length <= 512));
    }
    let deep = format!("<mms date='1'>{}{}</mms>", "<a>".repeat(9_000), "</a>".repeat(9_000));
    let found = read("x.xml", backup(&format!("{}{deep}{}", sms("one"), sms("two"))).as_bytes());
    assert_eq!(texts(&found), ["one", "two"]);
    assert!(found.anomalies().contains(&("xml.too_deep", String::new())));
}

/// What is found does not depend on where in a read of the file something stands.
#[test]
fn items_are_the_same_wherever_reads_fall() {
    let limits = Limits { record_bytes_max: 70_000, ..Limits::default() };
    let part = "<part ct='text/plain' text='a &gt; b'/>";
    let long = [
        format!("<mms date='1'><parts>{}</parts></mms>", part.repeat(9_000)),
        format!("<mms date='1'><parts>{part}<part data='{}'/></parts></mms>", "A".repeat(200_000)),
        format!("<!-- {} -->", "- ".repeat(90_000)),
        format!("<sms body='{}'/>", "x".repeat(300_000)),
        "stray ".repeat(50_000),
        format!("<mms date='1'>{}", "<a>".repeat(100_000)),
    ];
    let inside: Vec<String> = long.iter().map(|long| format!("{}{long}\n", sms("one"))).collect();
    let read = |pad: usize| {
        let pad = "#".repeat(pad);
        let document = backup(&format!("<!--{pad}-->{}", inside.concat()));
        let found = read_with("x.xml", document.as_bytes(), &limits);
        let start = found.items.iter().position(|item| item.record.is_some()).unwrap();
        let base = found.items[start].offset;
        let items = found.items[start..].iter().map(|item| {
            let anomalies: Vec<_> = item.anomalies.iter().map(|anomaly| anomaly.kind.0).collect();
            (item.offset - base, item.length, item.class, anomalies)
        });
        items.collect::<Vec<_>>()
    };
    let expected = read(0);
    assert!(expected.iter().all(|(_, length, ..)| *length <= 70_000));
    for pad in [1, 3_000, 20_001, 41_003, 60_007] {
        assert!(read(pad) == expected, "{pad}");
    }
}

/// Bytes made while they are read, so that a document may be of any length.
struct Made {
    head: Vec<u8>,
    piece: &'static [u8],
    pieces: u64,
    tail: Vec<u8>,
}

impl Made {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        for _ in 0..self.pieces {
            out.write_all(self.piece)?;
        }
        out.write_all(&self.tail)
    }
}

/// Keeps figures only.
#[derive(Default)]
struct Figures {
    records: u64,
    longest: usize,
    bytes: u64,
}

impl Sink for &mut Figures {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.records += u64::from(item.record.is_some());
        self.longest = self.longest.max(item.raw.len());
        self.bytes += item.raw.len() as u64;
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

fn attack(made: &Made) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    let mut file = io::BufWriter::new(std::fs::File::create(&path).unwrap());
    made.write(&mut file).unwrap();
    file.into_inner().unwrap();
    let mut figures = Figures::default();
    let before = resident_peak();
    collect::read_file(&path, "x.xml", &Limits::default(), &mut &mut figures);
    let grown = resident_peak().saturating_sub(before);
    assert!(grown < 64 << 20, "memory grew by {grown} bytes");
    assert_eq!(figures.bytes, std::fs::metadata(&path).unwrap().len());
    figures
}

/// Most memory the process had so far, in bytes; 0 where the system does not say.
pub fn resident_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// 20 MB of entities, of one attribute, of depth, of one text, of a comment; with
/// `EMMA_SLOW_TESTS=1` 4 GB.
#[test]
fn attacks_cost_no_memory() {
    let bytes: u64 = if std::env::var_os("EMMA_SLOW_TESTS").is_some() { 4 << 30 } else { 20 << 20 };
    let good = sms("good");
    let head =
        |open: &str| format!("<?xml version='1.0'?><smses count='1'>{good}{open}").into_bytes();
    let tail = |close: &str| format!("{close}{good}</smses>").into_bytes();
    let cases: [(&str, &'static [u8], &str); 8] = [
        ("<sms body='", b"&lol9;&lol9;&lol9;&lol9;&lol9;&lol9;&lol9;&lol9;", "'/>"),
        ("<sms body='", b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "'/>"),
        ("<mms>", b"<a>text</a><a>text</a><a>text</a><a>text</a>", "</mms>"),
        ("<mms>", b"texttexttexttexttexttexttexttexttexttexttexttext", "</mms>"),
        ("", b"                                                ", ""),
        ("<!--", b"- - - - - - - - - - - - - - - - - - - - - - - - ", "-->"),
        ("<mms a='1' ", b"b='2' c='3' d='4' e='5' f='6' g='7' h='8' i='9' ", "/>"),
        ("<sms body='&#", b"55357;&#56832;&#55357;&#56832;&#", "'/>"),
    ];
    for (open, piece, close) in cases {
        let pieces = bytes / piece.len() as u64;
        let made = Made { head: head(open), piece, pieces, tail: tail(close) };
        let figures = attack(&made);
        // The start of an element that is too long is a record, where it fits.
        let expected = if open == "<mms>" { 3 } else { 2 };
        assert_eq!((figures.records, figures.longest <= 1 << 20), (expected, true), "{open}");
    }
    let open = b"<!DOCTYPE l [<!ENTITY lol 'lol'>".to_vec();
    let entity = b"<!ENTITY lol1 '&lol;&lol;&lol;&lol;&lol;&lol;&lol;'>";
    let root = format!("]><smses count='1'>{good}</smses>").into_bytes();
    let made = Made { head: open, piece: entity, pieces: bytes / entity.len() as u64, tail: root };
    // The head shows no root, so that it is no backup: kept as text nobody reads.
    assert_eq!(attack(&made).records, 0);
}
