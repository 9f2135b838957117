//! Log specimens.

use super::*;

fn log(more: &str) -> String {
    format!("mapping = 1\nname = \"t\"\nversion = 1\nnetwork = \"n\"\nlayout = \"log\"\n{more}")
}

/// Two-line headers, separators inside bodies, handles with the separator, date in the name.
const RELAY: &str = r#"
files = ["*.out"]
path = '(?<day>\d\d[a-z]{3}\d\d)_(?<room>[^/]+)\.out$'
[fields]
id = { column = "no", scope = "conversation" }
from = "from"
to = { column = "to", split = "," }
conversation = "path:room"
text = "body"
[time]
template = "{path:day} {clock}"
format = "%d%b%y %H:%M"
language = "nl"
zone = "Europe/Amsterdam"
[log]
separator = '^----$'
framing = ['^total \d+$']
[[log.header]]
lines = ['^(?<from>.+?)->(?<to>[a-z,]+)$', '^#(?<no>\d+) at (?<clock>\d\d:\d\d)$']
"#;

#[test]
fn two_line_headers_count_only_after_separators() {
    let text = "anna--->bo\n#1 at 09:00\nhello\n----\nnot->anna\nno header\n----\n\n\
                bo->anna,cy\n#2 at 09:01\n\nquoted:\nanna--->bo\n#1 at 09:00\n\n----\n----\n\
                total 2\n";
    let outcome = good(&log(RELAY), "x/03mei20_boat.out", text);
    assert_eq!(
        outcome.records,
        [
            "message 2020-05-03T07:00:00Z..2020-05-03T07:00:59.999999Z anna-- > bo [boat] #1: \
             hello⏎----⏎not->anna⏎no header",
            "message 2020-05-03T07:01:00Z..2020-05-03T07:01:59.999999Z bo > anna, cy [boat] #2: \
             quoted:⏎anna--->bo⏎#1 at 09:00⏎⏎----",
        ]
    );
    assert_eq!(outcome.anomalies, []);
    assert!(outcome.borrowed.contains(&"time:Path".to_owned()));
    assert!(outcome.borrowed.contains(&"conversation:Path".to_owned()));
}

#[test]
fn a_separator_at_the_end_of_the_file_is_structure() {
    let text = "anna->bo\n#1 at 09:00\nhello\n----\n";
    let outcome = good(&log(RELAY), "03mei20_boat.out", text);
    assert_eq!(outcome.records.len(), 1);
    assert!(outcome.records[0].ends_with(": hello"));
    assert_eq!(outcome.framing, 1);
}

const PLAIN: &str = r#"
[fields]
from = "who"
text = { column = "text", unescape = "backslash" }
conversation = "room"
[time]
template = "{day} {clock}"
format = ["%Y-%m-%d %H:%M"]
zone = "UTC"
[log]
continuation = '^\t(?<text>.*)$'
framing = ['^;']
context = ['^== (?<room>\w+) (?<day>\S+) ==$']
[[log.header]]
pattern = '^(?<clock>\d\d:\d\d) <(?<who>[^>]+)> (?<text>.*)$'
[[log.header]]
pattern = '^(?:(?<clock>\d\d:\d\d) )?\*\*\* (?<text>(?<who>\S+) .*)$'
kind = "system"
"#;

#[test]
fn context_continuation_and_untimed_lines() {
    let text = "; log opened\n*** early joined\n== blue 2020-04-03 ==\n09:00 <anna> a\\nb\n\tmore\n\
                stray\n*** bo left\n== red 2020-04-04 ==\n10:00 <bo> c\n";
    let outcome = good(&log(PLAIN), "a.log", text);
    assert_eq!(
        outcome.records,
        [
            "system 2020-04-03T09:00:00Z..2020-04-03T09:00:59.999999Z early: early joined",
            "message 2020-04-03T09:00:00Z..2020-04-03T09:00:59.999999Z anna [blue]: a⏎b⏎more",
            "system 2020-04-03T09:00:00Z..2020-04-04T10:00:59.999999Z bo [blue]: bo left",
            "message 2020-04-04T10:00:00Z..2020-04-04T10:00:59.999999Z bo [red]: c",
        ]
    );
    let stray = text.find("stray").unwrap() as u64;
    assert_eq!(outcome.anomalies, [(stray, 6, "log.line_unknown".to_owned())]);
    let leaf = text.find("== blue").unwrap();
    assert!(
        outcome.borrowed.contains(&format!("conversation:Leaf {{ offset: {leaf}, length: 22 }}"))
    );
    assert!(outcome.borrowed.contains(&"time:Neighbours".to_owned()));
}

#[test]
fn a_clock_that_goes_back_widens_the_bounds_by_a_day() {
    let text = "== blue 2020-04-03 ==\n23:59 <a> x\n23:30 <a> y\n00:01 <a> z\n";
    let outcome = good(&log(PLAIN), "a.log", text);
    assert!(outcome.records[1].contains("2020-04-03T23:30:00Z..2020-04-03T23:30:59"));
    assert!(outcome.records[2].contains("2020-04-03T00:01:00Z..2020-04-04T00:01:59"));
    assert!(outcome.kinds().contains(&"time.goes_back"));
}

#[test]
fn handles_with_the_separator_are_told_apart_where_they_are_known() {
    let mapping = log(r#"
handles = { known = ["bo: the builder", "bo"], case = "lower" }
[fields]
from = "who"
text = "text"
[log]
continuation = "none"
[[log.header]]
pattern = '^(?<who>(?i){handles}): (?<text>.*)$'
"#);
    let outcome = good(&mapping, "a", "bo: the builder: hi\nBo: the end\n\nodd\n");
    assert_eq!(outcome.records, ["message bo: the builder: hi", "message bo: the end"]);
    assert_eq!(outcome.anomalies.len(), 1);
}

#[test]
fn logs_in_other_encodings_are_read_by_their_own_bytes() {
    let text = "== blue 2020-04-03 ==\r\n09:00 <анна> привет\r\n\tещё\r\n";
    let want =
        ["message 2020-04-03T09:00:00Z..2020-04-03T09:00:59.999999Z анна [blue]: привет⏎ещё"];
    assert_eq!(good(&log(PLAIN), "a", text).records, want);
    let koi = encoding_rs::KOI8_R.encode(text).0.into_owned();
    let declared = log(&format!("encoding = \"koi8-r\"\n{PLAIN}"));
    assert_eq!(good(&declared, "a", koi).records, want);
    let mut wide = vec![0xfe, 0xff];
    wide.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    for step in [1, 3, 1_000] {
        let mapping = Mapping::parse(&log(PLAIN)).unwrap();
        let outcome = read_from(&mapping, "a", Drip(&wide, step), &Limits::default());
        assert_eq!(outcome.records, want);
    }
}

#[test]
fn long_lines_and_long_records_are_cut() {
    let limits = Limits { record_bytes_max: 100, ..Limits::default() };
    let text = format!(
        "== blue 2020-04-03 ==\n09:00 <a> x\n{}09:01 <b> {}\n09:02 <c> z\n",
        "\tabc\n".repeat(40),
        "y".repeat(250)
    );
    let mapping = Mapping::parse(&log(PLAIN)).unwrap();
    let whole = read(&mapping, "a", text.as_bytes(), &limits);
    assert_eq!(whole.records.len(), 2);
    assert!(whole.kinds().contains(&"line.too_long"));
    for step in [1, 13] {
        let dripped = read_from(&mapping, "a", Drip(text.as_bytes(), step), &limits);
        assert_eq!(format!("{dripped:?}"), format!("{whole:?}"));
    }
}
