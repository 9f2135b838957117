//! Mailboxes and mails, specimen by specimen.

use crate::collect::{Said, read, read_into, read_with};
use emma_model::record::MemberEnd;
use emma_model::{Item, ItemClass, Sink, Zone};
use emma_parse::Limits;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

const PLAIN: &str = "From: Heron <Heron@Example.org>\r\nTo: owl@example.net, \"Wren, Jenny\" \
    <wren@example.net>\r\nCc: Crake <crake@example.net>\r\nBcc: hidden@example.net\r\n\
    Subject: =?utf-8?q?Zwei_H=C3=BChner?=\r\nDate: Fri, 2 Jan 1970 01:00:05 +0100\r\n\
    Message-ID: <2@example.org>\r\nIn-Reply-To: <1@example.net>\r\n\
    References: <0@example.net>\r\n <1@example.net>\r\n\r\nGood evening,\r\nbring seeds.\r\n";

const MIXED: &str = "From: owl@example.net\nTo: heron@example.org\nSubject: nest\n\
    Date: Fri, 02 Jan 1970 00:00 GMT\nMessage-ID: <3@example.net>\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=b1\n\nno reader shows this\n--b1\n\
    Content-Type: multipart/alternative; boundary=b2\n\n--b2\n\
    Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
    caf=E9\n--b2\nContent-Type: text/html\n\n<p>caf&eacute;</p>\n--b2--\n--b1\n\
    Content-Type: application/octet-stream; name=\"eggs.bin\"\nContent-Transfer-Encoding: base64\n\
    Content-Disposition: attachment; filename=\"eggs.bin\"\n\naGVsbG8=\n--b1--\n";

const HTML: &str = "From: owl@example.net\nDate: Fri, 2 Jan 1970 00:00:00\nSubject: h\n\
    Content-Type: text/html; charset=utf-8\n\n<html><body><p>two<br>eggs</p></body></html>\n";

fn mailbox() -> String {
    let line = "From heron@example.org Fri Jan  2 00:00:05 1970\n";
    let plain = PLAIN.replace("\r\n", "\n");
    format!(
        "{line}{plain}\n{line}{MIXED}\n{line}{HTML}\nFrom here on it rained.\n>From there, too.\n\n\
        From owl Sat Jan  3 00:00:00 1970\nFrom: owl@example.net\nSubject: none\n\nundated\n"
    )
}

fn extra<'r>(record: &'r Said, name: &str) -> Vec<&'r str> {
    let named = record.extra.iter().filter(|(known, _)| known == name);
    named.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_mail_has_its_parties_ids_time_and_text() {
    let found = read("a.eml", PLAIN.as_bytes());
    assert_eq!(found.end(&[]).parser, "eml");
    let record = found.records().next().unwrap();
    assert_eq!(record.from.as_deref(), Some("heron@example.org"));
    assert_eq!(record.id.as_deref(), Some("2@example.org"));
    assert_eq!(record.reply_to.as_deref(), Some("1@example.net"));
    assert_eq!(record.conversation.as_deref(), Some("0@example.net"));
    assert_eq!(record.text.as_deref(), Some("Good evening,\r\nbring seeds.\r\n"));
    let at = 24 * HOUR + 5 * SECOND;
    assert_eq!(record.time, Some((at, at + SECOND - 1, Zone::Declared, false)));
    assert_eq!(extra(record, "subject"), ["Zwei Hühner"]);
    assert_eq!(extra(record, "from_name"), ["Heron"]);
    assert_eq!(extra(record, "cc"), ["crake@example.net"]);
    assert_eq!(extra(record, "bcc"), ["hidden@example.net"]);
    let to = "owl@example.net, \"Wren, Jenny\" <wren@example.net>";
    assert_eq!(extra(record, "header.to"), [to]);
    assert_eq!(found.anomalies(), []);
}

#[test]
fn plain_text_is_preferred_and_attachments_are_named_with_their_digest() {
    let found = read("a.eml", MIXED.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.text.as_deref(), Some("café"));
    assert_eq!(extra(record, "body_from"), [] as [&str; 0]);
    assert_eq!(extra(record, "file"), ["eggs.bin"]);
    assert_eq!(extra(record, "file_type"), ["application/octet-stream"]);
    assert_eq!(extra(record, "file_bytes"), ["5"]);
    assert_eq!(extra(record, "file_sha256"), [emma_model::Digest::of(b"hello").to_string()]);
    assert_eq!(record.time, Some((24 * HOUR, 24 * HOUR + 60 * SECOND - 1, Zone::Declared, false)));
}

#[test]
fn html_alone_is_read_without_its_tags() {
    let found = read("a.eml", HTML.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.text.as_deref(), Some("two\neggs"));
    assert_eq!(extra(record, "body_from"), ["html"]);
    let at = 24 * HOUR;
    let unknown = (at - 14 * HOUR, at + 12 * HOUR + SECOND - 1, Zone::Unknown, false);
    assert_eq!(record.time, Some(unknown));
}

#[test]
fn a_mailbox_is_cut_where_messages_start() {
    let found = read("inbox", mailbox().as_bytes());
    assert_eq!(found.end(&[]).parser, "mbox");
    assert_eq!(found.items.len(), 4);
    assert!(found.items.iter().all(|item| item.class == ItemClass::Record));
    let records: Vec<_> = found.records().collect();
    assert_eq!(records[0].id.as_deref(), Some("2@example.org"));
    let text = records[2].text.as_deref().unwrap();
    assert_eq!(text, "two\neggs\nFrom here on it rained. From there, too.");
    assert_eq!(extra(records[2], "from_unquoted"), ["1"]);
    let day = 48 * HOUR;
    let unknown = (day - 14 * HOUR, day + 12 * HOUR + SECOND - 1, Zone::Unknown, false);
    assert_eq!(records[3].time, Some(unknown), "the mailbox says when it came");
    assert_eq!(found.anomalies(), [("mail.date_missing", "time".to_owned())]);
}

#[test]
fn what_is_too_long_is_read_as_far_as_it_goes() {
    let limits = Limits { record_bytes_max: 400, ..Limits::default() };
    let line = "From owl Sat Jan  3 00:00:00 1970\n";
    let head = "From: owl@example.net\nTo: heron@example.org\nSubject: long\n\n";
    let lines = "all birds sing\n".repeat(60);
    let long = "y".repeat(900);
    let text = format!("{line}{head}{lines}{long}\n\n{line}{head}short\n");
    let found = read_with("inbox", text.as_bytes(), &limits);
    let records: Vec<_> = found.records().collect();
    assert_eq!(records.len(), 2);
    assert!(records[0].text.as_ref().unwrap().starts_with("all birds sing\nall birds"));
    assert_eq!(records[1].text.as_deref(), Some("short\n"));
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "mail.cut").count(), 1);
    assert!(kinds.contains(&"mail.too_long"));
    assert!(found.items.iter().all(|item| item.length <= 400));
    let found = read_with("a.eml", format!("{head}{lines}").as_bytes(), &limits);
    assert_eq!(found.records().count(), 1);
    assert!(found.anomalies().iter().any(|(kind, _)| *kind == "mail.too_long"));
}

/// Base64 in lines of 76 characters.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (at, three) in bytes.chunks_exact(3).enumerate() {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        out.extend([18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63])));
        out.push_str(if at % 19 == 18 { "\n" } else { "" });
    }
    out
}

#[test]
fn messages_within_messages_stay_closed() {
    let head =
        "From: a@example.org\nTo: b@example.org\nSubject: deep\nDate: 2 Jan 1970 00:00 GMT\n";
    let nested = "Content-Type: message/rfc822\n\n".repeat(20_000);
    let encoded = base64(nested.as_bytes());
    let kind = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n";
    for body in [nested.clone(), format!("{kind}{encoded}")] {
        let found = read("a.eml", format!("{head}{body}").as_bytes());
        assert_eq!(extra(found.records().next().unwrap(), "subject"), ["deep"]);
    }
    let inner = format!("{PLAIN}Content-Type: message/rfc822\r\n");
    let outer = format!(
        "{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\n\
        Content-Type: message/rfc822\n\n{inner}\n--b--\n"
    );
    let found = read("a.eml", outer.as_bytes());
    let record = found.records().next().unwrap();
    assert_eq!(record.text.as_deref(), Some("see below"));
    assert_eq!(extra(record, "file_type"), ["message/rfc822"]);
    let digest = emma_model::Digest::of(inner.as_bytes()).to_string();
    assert_eq!(extra(record, "file_sha256"), [digest]);
}

#[test]
fn other_texts_are_not_taken() {
    for text in [
        "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/html\r\n\r\nFrom: x\n",
        "Heron: hi\nOwl: hello\nFrom: here\n",
        "From here we went to the lake\nSubject: x\n",
        "[09:00] <heron> From: me\n[09:01] <owl> Subject: you\n",
    ] {
        let found = read("a.txt", text.as_bytes());
        assert!(!["eml", "mbox"].contains(&found.end(&[]).parser.as_str()), "{text}");
    }
}

/// Independent: Python's mailbox and email, of the standard library (seen with 3.11).
#[test]
fn python_finds_the_same_messages() {
    let script = r#"
import sys, mailbox, email, email.policy, email.utils, json, tempfile, hashlib
data = sys.stdin.buffer.read()
f = tempfile.NamedTemporaryFile(); f.write(data); f.flush()
make = lambda file: email.message_from_binary_file(file, policy=email.policy.default)
for m in mailbox.mbox(f.name, factory=make):
    body = m.get_body(('plain',))
    files = [[a.get_filename(), a.get_content_type(),
              hashlib.sha256(a.get_payload(decode=True)).hexdigest()] for a in m.iter_attachments()]
    date = email.utils.parsedate_to_datetime(m['date']) if m['date'] else None
    to = [a.lower() for h in ('to', 'cc', 'bcc')
          for _, a in email.utils.getaddresses([str(v) for v in m.get_all(h, [])])]
    print(json.dumps([m['message-id'], email.utils.parseaddr(str(m['from']))[1].lower(),
        str(m['subject']), date.timestamp() if date and date.tzinfo else None,
        body.get_content() if body else None, files, m['in-reply-to'], to]))
"#;
    let mailbox = mailbox();
    let Some(output) = python(script, mailbox.as_bytes()) else {
        println!("skipped: python_finds_the_same_messages: python3 is not here");
        return;
    };
    let found = read("inbox", mailbox.as_bytes());
    let theirs: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Python starts a message at every line with "From "; the specimen has one such in a text.
    let theirs: Vec<&Value> = theirs.iter().filter(|row| row[1] != "none").collect();
    assert_eq!(theirs.len(), found.records().count());
    let mut parties = Parties::default();
    read_into("inbox", mailbox.as_bytes(), &Limits::default(), &mut parties);
    for ((record, row), to) in found.records().zip(theirs).zip(parties.0) {
        assert_eq!(serde_json::to_value(to).unwrap(), row[7]);
        let id = |value: &Value| value.as_str().map(|id| id.trim_matches(['<', '>']).to_owned());
        assert_eq!(record.id, id(&row[0]));
        assert_eq!(record.from.as_deref(), row[1].as_str());
        assert_eq!(extra(record, "subject"), [row[2].as_str().unwrap()]);
        let declared = record.time.filter(|time| time.2 == Zone::Declared);
        assert_eq!(declared.map(|time| (time.0 / SECOND) as f64), row[3].as_f64());
        if let Some(text) = row[4].as_str() {
            assert_eq!(record.text.as_ref().unwrap().trim_end(), text.trim_end());
        } else {
            assert_eq!(extra(record, "body_from"), ["html"]);
        }
        let files = extra(record, "file");
        let theirs = row[5].as_array().unwrap();
        assert_eq!(files, theirs.iter().map(|file| file[0].as_str().unwrap()).collect::<Vec<_>>());
        let digests: Vec<_> = theirs.iter().map(|file| file[2].as_str().unwrap()).collect();
        assert_eq!(extra(record, "file_sha256"), digests);
        assert_eq!(record.reply_to, id(&row[6]));
    }
}

/// The recipients of each record.
#[derive(Default)]
struct Parties(Vec<Vec<String>>);

impl Sink for Parties {
    fn item(&mut self, item: Item<'_>) -> std::io::Result<()> {
        let to = item.record.map(|record| record.to.iter().map(|to| to.to_string()).collect());
        self.0.extend(to);
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> std::io::Result<()> {
        Ok(())
    }
}

/// True where Python is here and has this module.
pub fn python_has(module: &str) -> bool {
    let import = format!("import {module}");
    let status = Command::new("python3").args(["-c", &import]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// What a Python script prints about `input`; `None` without Python.
pub fn python(script: &str, input: &[u8]) -> Option<String> {
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input).ok()?;
    let output = child.wait_with_output().ok()?;
    assert!(output.status.success(), "the script of the test runs");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Independent: the messages that Python's own tests of email read, where they are installed.
#[test]
fn messages_of_pythons_own_tests_are_read_as_python_reads_them() {
    let test = "messages_of_pythons_own_tests_are_read_as_python_reads_them";
    let script = r#"
import email, email.policy, email.utils, json, os, glob
try:
    import test.test_email as t
    folder = os.path.join(os.path.dirname(t.__file__), 'data')
except ImportError:
    folder = ''
for path in sorted(glob.glob(os.path.join(folder, 'msg_*.txt'))):
    m = email.message_from_binary_file(open(path, 'rb'), policy=email.policy.compat32)
    ok = email.policy.default
    d = email.message_from_binary_file(open(path, 'rb'), policy=ok)
    try: date = email.utils.parsedate_to_datetime(m['date']).timestamp()
    except Exception: date = None
    try: subject = str(d['subject'])
    except Exception: subject = None
    print(json.dumps([path, m['message-id'], email.utils.parseaddr(m['from'] or '')[1].lower(),
        subject, date]))
"#;
    let output = match python_has("test.test_email") {
        true => python(script, b"").unwrap_or_default(),
        false => String::new(),
    };
    if output.is_empty() {
        println!("skipped: {test}: python3 with its own tests is not here");
        return;
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut compared = 0;
    for line in output.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let path = row[0].as_str().unwrap();
        let found = read("a.eml", &std::fs::read(path).unwrap());
        // A few of them are parts without a header of a mail.
        if !["eml", "mbox"].contains(&found.end(&[]).parser.as_str()) {
            continue;
        }
        compared += 1;
        let record = found.records().next().unwrap();
        let id = row[1].as_str().map(|id| id.trim_matches(['<', '>']).to_owned());
        assert_eq!(record.id, id, "{path}");
        let from = row[2].as_str().filter(|from| !from.is_empty());
        assert!(from.is_none() || record.from.as_deref() == from, "{path}");
        let subject = extra(record, "subject").first().map_or("None".into(), |text| words(text));
        assert_eq!(subject, words(row[3].as_str().unwrap()), "{path}");
        let at = record.time.map(|time| (time.0 / SECOND) as f64);
        assert_eq!(at, row[4].as_f64(), "{path}");
    }
    println!("{compared} messages compared");
    assert!(compared >= 30);
}
