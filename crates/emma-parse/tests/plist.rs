//! Property lists, specimen by specimen.

use crate::collect::{Found, read, read_with};
use crate::mail::python;
use ::plist::{Date, Dictionary, Integer, Uid, Value};
use emma_model::RecordKind;
use emma_parse::Limits;
use std::time::{Duration, SystemTime};

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
 "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>name</key><string>Heron &amp; Owl &#33;<![CDATA[<x>]]></string>
  <key>nests</key><array><integer>2</integer>
  <dict><key>eggs</key><integer>-3</integer></dict></array>
  <key>warm</key><true/><key>cold</key><false/>
  <key>height</key><real>1.5</real>
  <key>seen</key><date>2020-01-02T03:04:05Z</date>
  <key>mark</key><data>
    aGVs bG8=
  </data>
  <key>empty</key><string></string>
</dict></plist>
"#;

fn dictionary(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let owned = pairs.into_iter().map(|(key, value)| (key.to_owned(), value));
    Value::Dictionary(owned.collect::<Dictionary>())
}

fn binary(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.to_writer_binary(&mut out).unwrap();
    out
}

fn specimen() -> Value {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_577_934_245_500);
    dictionary([
        ("name", "Reiher ü 🪶".into()),
        ("nests", Value::Array(vec![2.into(), dictionary([("eggs", (-3).into())])])),
        ("warm", true.into()),
        ("height", 1.5.into()),
        ("large", Value::Integer(Integer::from(u64::MAX))),
        ("seen", Value::Date(Date::from(at))),
        ("mark", Value::Data(b"hello".to_vec())),
        ("long", Value::Data(vec![7; 300])),
    ])
}

/// An archive of one person with a name, a birthday, a list and a circle.
fn archive(xml: bool) -> Value {
    let uid = |number: u64| match xml {
        true => dictionary([("CF$UID", number.into())]),
        false => Value::Uid(Uid::new(number)),
    };
    let class = |name: &str| dictionary([("$classname", name.into())]);
    let seconds = Value::Real(599_627_045.0);
    dictionary([
        ("$archiver", "NSKeyedArchiver".into()),
        ("$version", 100_000.into()),
        ("$top", dictionary([("root", uid(1))])),
        (
            "$objects",
            Value::Array(vec![
                "$null".into(),
                dictionary([
                    ("$class", uid(2)),
                    ("NS.keys", Value::Array(vec![uid(3), uid(4), uid(9)])),
                    ("NS.objects", Value::Array(vec![uid(5), uid(7), uid(10)])),
                ]),
                class("NSDictionary"),
                "born".into(),
                "friends".into(),
                dictionary([("$class", uid(6)), ("NS.time", seconds)]),
                class("NSDate"),
                dictionary([
                    ("$class", uid(8)),
                    ("NS.objects", Value::Array(vec!["Owl".into(), uid(0), uid(1)])),
                ]),
                class("NSArray"),
                "shape".into(),
                dictionary([("$class", uid(11)), ("wings", 2.into())]),
                class("Bird"),
            ]),
        ),
    ])
}

fn values(found: &Found) -> Vec<(String, String)> {
    let record = found.records().next().expect("a record");
    assert_eq!(record.kind, RecordKind::Other);
    record.extra.clone()
}

fn pairs(values: &[(String, String)]) -> Vec<(&str, &str)> {
    values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn an_xml_list_gives_each_value_under_the_path_of_its_keys() {
    let found = read("a.plist", XML.as_bytes());
    assert_eq!(found.end(&[]).parser, "plist");
    assert_eq!(
        pairs(&values(&found)),
        [
            ("name", "Heron & Owl !<x>"),
            ("nests.0", "2"),
            ("nests.1.eggs", "-3"),
            ("warm", "true"),
            ("cold", "false"),
            ("height", "1.5"),
            ("seen", "2020-01-02T03:04:05Z"),
            ("mark", "68656c6c6f"),
            ("empty", ""),
        ]
    );
    assert_eq!(found.anomalies(), []);
}

#[test]
fn a_binary_list_does_too() {
    let found = read("a.plist", &binary(&specimen()));
    assert_eq!(found.end(&[]).parser, "plist");
    let digest = emma_model::Digest::of(&[7; 300]).to_string();
    assert_eq!(
        pairs(&values(&found)),
        [
            ("name", "Reiher ü 🪶"),
            ("nests.0", "2"),
            ("nests.1.eggs", "-3"),
            ("warm", "true"),
            ("height", "1.5"),
            ("large", "18446744073709551615"),
            ("seen", "2020-01-02T03:04:05.5Z"),
            ("mark", "68656c6c6f"),
            ("long.bytes", "300"),
            ("long.sha256", digest.as_str()),
        ]
    );
    assert_eq!(found.anomalies(), []);
}

#[test]
fn an_archive_is_resolved_and_a_circle_ends() {
    let limits = Limits { json_depth_max: 12, ..Limits::default() };
    let outer = dictionary([("inner", Value::Data(binary(&archive(false))))]);
    for (list, prefix) in [(archive(false), ""), (outer, "inner.")] {
        let found = read_with("a.plist", &binary(&list), &limits);
        let found_values = values(&found);
        let first: Vec<_> = pairs(&found_values).into_iter().take(2).collect();
        let name = |name: &str| format!("{prefix}{name}");
        assert_eq!(first[0], (name("born").as_str(), "2020-01-02T03:04:05Z"));
        assert_eq!(first[1], (name("friends.0").as_str(), "Owl"));
        let has = |pair: (String, &str)| found_values.contains(&(pair.0, pair.1.to_owned()));
        assert!(has((name("shape.$class"), "Bird")) && has((name("shape.wings"), "2")));
        assert_eq!(found.anomalies(), [("plist.too_deep", String::new())]);
    }
    let mut xml = Vec::new();
    archive(true).to_writer_xml(&mut xml).unwrap();
    let found = read_with("a.plist", &xml, &limits);
    assert_eq!(pairs(&values(&found))[0], ("born", "2020-01-02T03:04:05Z"));
}

#[test]
fn a_list_that_grows_without_end_is_bounded() {
    // Fifty lists, each of which holds the next one twice: 2^50 values.
    let mut bytes = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for number in 0..50u8 {
        offsets.push(bytes.len() as u8);
        bytes.extend([0xa2, number + 1, number + 1]);
    }
    offsets.push(bytes.len() as u8);
    bytes.extend([0x51, b'x']);
    let table = bytes.len() as u64;
    bytes.extend(&offsets);
    bytes.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    bytes.extend([51u64, 0, table].into_iter().flat_map(u64::to_be_bytes));
    let found = read("a.plist", &bytes);
    assert!(values(&found).len() <= 10_000);
    assert_eq!(found.anomalies(), [("plist.too_many", String::new())]);
}

#[test]
fn damaged_lists_are_told() {
    let broken = XML.replace("<key>warm</key><true/>", "<key>warm</string>");
    let found = read("a.plist", broken.as_bytes());
    assert_eq!(values(&found).len(), 3);
    assert_eq!(found.anomalies(), [("plist.damaged", String::new())]);
    let whole = binary(&specimen());
    let found = read("a.plist", &whole[..whole.len() - 1]);
    assert_eq!(found.records().count(), 0);
    assert_eq!(found.anomalies(), [("plist.syntax", String::new())]);
    let found = read_with("a", &whole, &Limits { record_bytes_max: 100, ..Limits::default() });
    assert!(found.anomalies().iter().all(|(kind, _)| *kind == "plist.too_long"));
    for other in ["<html><plist/></html>", "<?xml version='1.0'?><smses/>", "bplist"] {
        assert_ne!(read("a.plist", other.as_bytes()).end(&[]).parser, "plist");
    }
}

/// Independent: Python's plistlib, of the standard library (seen with 3.11).
#[test]
fn python_finds_the_same_values() {
    let script = "
import sys, json, plistlib, datetime, hashlib
out = []
def walk(path, v):
    if isinstance(v, dict):
        for k in v: walk(path + [k], v[k])
    elif isinstance(v, list):
        for i, x in enumerate(v): walk(path + [str(i)], x)
    elif isinstance(v, bytes):
        if len(v) <= 64: out.append(['.'.join(path), v.hex()])
        else:
            out.append(['.'.join(path + ['bytes']), str(len(v))])
            out.append(['.'.join(path + ['sha256']), hashlib.sha256(v).hexdigest()])
    elif isinstance(v, bool): out.append(['.'.join(path), str(v).lower()])
    elif isinstance(v, datetime.datetime):
        t = v.isoformat(); t = t.rstrip('0') if '.' in t else t
        out.append(['.'.join(path), t + 'Z'])
    else: out.append(['.'.join(path), str(v)])
walk([], plistlib.loads(sys.stdin.buffer.read()))
print(json.dumps(out))";
    for bytes in [XML.as_bytes().to_vec(), binary(&specimen())] {
        let Some(output) = python(script, &bytes) else {
            println!("skipped: python_finds_the_same_values: python3 is not here");
            return;
        };
        let theirs: Vec<(String, String)> = serde_json::from_str(&output).unwrap();
        let (mut ours, mut theirs) = (values(&read("a.plist", &bytes)), theirs);
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    }
}
