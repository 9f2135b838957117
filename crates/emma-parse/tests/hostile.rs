//! Input made to hurt: nothing panics, memory stays bounded, everything is told.

use crate::collect::{read, read_file, read_into};
use emma_model::record::MemberEnd;
use emma_model::{Item, ItemClass, Sink};
use emma_parse::Limits;
use emma_parse::account::Account;
use std::io::{self, Write};

#[test]
fn an_empty_file_is_an_empty_member() {
    let found = read("x.txt", b"");
    assert_eq!(found.items.len(), 0);
    assert_eq!(found.end_anomalies(&[]), ["member.empty"]);
    for mark in [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff", b"\0", b"\n", b"{", b"PK\x03\x04"]
    {
        read("x.txt", mark);
    }
}

#[test]
fn a_mark_before_a_log_is_framing() {
    let found = read("1970-01-02.txt", b"\xef\xbb\xbf[09:00] <heron> hi\n");
    assert_eq!(found.items[0].class, ItemClass::Framing);
    assert_eq!(found.records().next().unwrap().from.as_deref(), Some("heron"));
}

#[test]
fn unknown_text_is_an_anomaly_and_a_stray_nul_does_not_hide_a_log() {
    let found = read("x.txt", b"once upon a time\nthere was a heron\n");
    assert_eq!(found.anomalies(), [("format.unknown", String::new())]);
    let found = read("1970-01-02.txt", b"[09:00] <heron> h\0i\n[09:00] <owl> hoot, I say, hoot\n");
    assert_eq!(found.records().count(), 2);
}

/// Counts and keeps nothing.
#[derive(Default)]
struct Count {
    records: u64,
    bytes: u64,
    longest: usize,
}

impl Sink for &mut Count {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.records += u64::from(item.record.is_some());
        self.bytes += item.raw.len() as u64;
        self.longest = self.longest.max(item.raw.len());
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_long_line_is_cut_into_chunks_and_the_next_line_is_read() {
    let limits = Limits { record_bytes_max: 1 << 10, ..Limits::default() };
    let mut log = b"[09:00] <heron> hi\n[09:01] <owl> ".to_vec();
    log.resize(log.len() + 5_000, b'x');
    log.extend_from_slice(b"\n[09:02] <heron> yes\n");
    let mut count = Count::default();
    read_into("1970-01-02.txt", &log, &limits, &mut Account::new(&mut count));
    assert_eq!((count.records, count.longest), (2, 1 << 10));
}

/// Reads a generated file without ever holding it; returns the peak growth of memory in bytes.
fn peak_growth(write: impl Fn(&mut dyn Write) -> io::Result<()>, name: &str) -> (Count, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    let mut file = io::BufWriter::new(std::fs::File::create(&path).unwrap());
    write(&mut file).unwrap();
    file.into_inner().unwrap();
    let before = peak_memory_bytes();
    let mut count = Count::default();
    read_file(&path, name, &Limits::default(), &mut &mut count);
    (count, peak_memory_bytes().saturating_sub(before))
}

fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

const GROWTH_BYTES_MAX: u64 = 64 << 20;

fn slow(name: &str) -> bool {
    let slow = std::env::var_os("EMMA_SLOW_TESTS").is_some();
    if !slow {
        println!("skipped: {name}: EMMA_SLOW_TESTS is not set");
    }
    slow
}

#[test]
fn a_line_of_100_mb_is_streamed() {
    if !slow("a_line_of_100_mb_is_streamed") {
        return;
    }
    let (count, growth) = peak_growth(
        |out| {
            out.write_all(b"[09:00] <heron> hi\n[09:01] <owl> ")?;
            for _ in 0..100 {
                out.write_all(&vec![b'x'; 1 << 20])?;
            }
            out.write_all(b"\n[09:02] <heron> yes\n")
        },
        "1970-01-02.txt",
    );
    assert_eq!(count.records, 2);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes");
}

#[test]
fn a_large_export_is_streamed() {
    if !slow("a_large_export_is_streamed") {
        return;
    }
    let (count, growth) = peak_growth(
        |out| {
            out.write_all(br#"{"name":"x","type":"bot_chat","id":1,"messages":["#)?;
            for id in 0..1_000_000 {
                let comma = if id > 0 { "," } else { "" };
                write!(
                    out,
                    r#"{comma}{{"id":{id},"type":"message","date":"2020-01-01T00:00:00","#
                )?;
                write!(out, r#""date_unixtime":"1577836800","from":"Heron","from_id":"user1","#)?;
                write!(out, r#""text":"a message of some length, from a heron to an owl"}}"#)?;
            }
            out.write_all(b"]}")
        },
        "result.json",
    );
    assert_eq!(count.records, 1_000_000);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes");
}

#[test]
fn deep_json_is_neither_recursed_into_nor_kept() {
    let deep = format!(
        r#"{{"type":"bot_chat","id":1,"messages":[],"x":{}}}"#,
        "[".repeat(100_000) + &"]".repeat(100_000)
    );
    let found = read("result.json", deep.as_bytes());
    assert!(found.anomalies().iter().any(|(kind, _)| *kind == "json.too_deep"));
    read(
        "result.json",
        format!(r#"{{"type":"bot_chat","messages":[{}"#, r#"{"a":"#.repeat(100_000)).as_bytes(),
    );
}
