//! SMS Backup & Restore, specimen by specimen.

use crate::collect::{read, read_with};
use crate::xml::{python, rows};
use emma_parse::Limits;

const HEAD: &str = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n\
    <!--File Created By a test-->\n<?xml-stylesheet type=\"text/xsl\" href=\"sms.xsl\"?>\n";

fn smses(inside: &str) -> String {
    format!("{HEAD}<smses count=\"9\" backup_set=\"7\" type=\"full\">\n{inside}\n</smses>")
}

#[test]
fn a_received_sms_is_from_its_address() {
    let document = smses(
        r#"<sms protocol="0" address="+15550100" date="86400123" type="1" subject="null"
        body="two &#10;lines &amp; a &#55357;&#56832;" read="1" date_sent="86399000"
        readable_date="2 Jan 1970" contact_name="Heron" />"#,
    );
    assert_eq!(
        rows("sms.xml", document.as_bytes()),
        ["message phone from=+15550100 in=+15550100 \
          at=86400123000..86400123999:declared:received \
          text=two \nlines & a \u{1f600} | direction=in | protocol=0 | type=1 | read=1 \
          | date_sent=86399000 | readable_date=2 Jan 1970 | contact_name=Heron"]
    );
    let found = read("sms.xml", document.as_bytes());
    assert_eq!(found.anomalies(), [("xml.surrogates", String::new())]);
}

#[test]
fn every_box_says_which_way_a_message_went() {
    let cases = [
        ("1", "message phone from=5 in=5 at=0..999:declared:received text=t | direction=in"),
        ("2", "message phone to=5 in=5 at=0..999:declared:sent text=t | direction=out"),
        ("3", "message phone to=5 in=5 at=0..999:declared:sent text=t | direction=draft"),
        ("4", "message phone to=5 in=5 at=0..999:declared:sent text=t | direction=outbox"),
        ("5", "message phone to=5 in=5 at=0..999:declared:sent text=t | direction=failed"),
        ("6", "message phone to=5 in=5 at=0..999:declared:sent text=t | direction=queued"),
        (
            "9",
            "message phone in=5 at=0..999:declared:unstated text=t | direction=unknown | address=5",
        ),
    ];
    for (code, expected) in cases {
        let sms = format!(r#"<sms address="5" date="0" type="{code}" body="t"/>"#);
        let document = smses(&sms);
        assert_eq!(rows("s.xml", document.as_bytes()), [format!("{expected} | type={code}")]);
        let odd = read("s.xml", document.as_bytes()).anomalies().len();
        assert_eq!(odd, usize::from(code == "9"));
    }
}

#[test]
fn a_body_of_null_is_none() {
    let document = smses(r#"<sms address="5" date="0" type="2" body="null"/>"#);
    assert_eq!(
        rows("s.xml", document.as_bytes()),
        ["message phone to=5 in=5 at=0..999:declared:sent | direction=out | type=2"]
    );
}

const MMS: &str = r#"<mms date="1000" msg_box="1" m_id="M1@mmsc" address="5~6" sub="null" ct_t="x">
  <parts>
    <part seq="-1" ct="application/smil" name="null" cl="smil.xml" text="&lt;smil/&gt;" />
    <part seq="0" ct="text/plain" text="look" />
    <part seq="1" ct="image/jpeg" name="null" cl="heron.jpg" text="null" data="aGVyb24=" />
    <part seq="2" ct="image/png" cl="gone.png" />
    <part seq="3" ct="text/plain" text="twice" />
  </parts>
  <addrs>
    <addr address="5" type="137" charset="106" />
    <addr address="6" type="151" charset="106" />
    <addr address="insert-address-token" type="151" charset="106" />
    <addr address="7" type="130" charset="106" />
  </addrs>
</mms>"#;

#[test]
fn an_mms_has_parties_text_and_files_known_by_digest() {
    let document = smses(MMS);
    let digest = emma_model::Digest::of(b"heron");
    assert_eq!(
        rows("sms.xml", document.as_bytes()),
        [format!(
            "message phone id=M1@mmsc from=5 to=6 to=7 in=5~6 \
             at=1000000..1000999:declared:received \
             text=look\ntwice | direction=in | msg_box=1 | address=5~6 | ct_t=x \
             | smil=<smil/> | file=heron.jpg | file_type=image/jpeg | file_bytes=5 | file_sha256={digest} \
             | file=gone.png | file_type=image/png | file_missing=true"
        )]
    );
    assert_eq!(read("sms.xml", document.as_bytes()).anomalies(), []);
    let sent = smses(r#"<mms date="1" msg_box="2" address="5~6"><parts/><addrs/></mms>"#);
    assert_eq!(
        rows("sms.xml", sent.as_bytes()),
        ["message phone to=5 to=6 in=5~6 at=1000..1999:declared:sent | direction=out | msg_box=2 \
          | address=5~6"]
    );
}

#[test]
fn an_mms_longer_than_a_record_is_read_as_far_as_it_fits() {
    let limits = Limits { record_bytes_max: 1 << 10, ..Limits::default() };
    let picture = "aGVyb24h".repeat(1_000);
    let document = smses(&format!(
        r#"<mms date="1000" msg_box="1" m_id="M1" address="5"><parts><part ct="text/plain"
        text="look" /><part ct="image/jpeg" data="{picture}" /></parts></mms>
        <sms address="5" date="1" type="1" body="next" />"#
    ));
    let found = read_with("sms.xml", document.as_bytes(), &limits);
    let texts: Vec<_> = found.records().map(|record| record.text.as_deref()).collect();
    assert_eq!(texts, [Some("look"), Some("next")]);
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!((kinds[0], kinds.len()), ("xml.cut", 9));
    assert!(kinds[1..].iter().all(|kind| *kind == "xml.too_long"));
}

#[test]
fn calls_say_who_rang_and_whether_it_was_answered() {
    let call = |code: &str| {
        format!(r#"<call number="5" duration="61" date="1000" type="{code}" presentation="1" />"#)
    };
    let document = format!(
        "{HEAD}<calls count=\"4\" backup_set=\"7\">{}{}{}{}</calls>",
        call("1"),
        call("2"),
        call("3"),
        call("8")
    );
    let at = "at=1000000..1000999:declared:unstated";
    let rest = |code: &str| format!("duration=61 | type={code} | presentation=1");
    assert_eq!(
        rows("calls.xml", document.as_bytes()),
        [
            format!("call phone from=5 in=5 {at} | direction=in | answered=yes | {}", rest("1")),
            format!("call phone to=5 in=5 {at} | direction=out | {}", rest("2")),
            format!("call phone from=5 in=5 {at} | direction=in | answered=missed | {}", rest("3")),
            format!("call phone in=5 {at} | direction=unknown | number=5 | {}", rest("8")),
        ]
    );
    let found = read("calls.xml", document.as_bytes());
    assert_eq!(found.anomalies(), [("sms-backup.type_unknown", "type".to_owned())]);
}

#[test]
fn faults_are_told_with_their_field() {
    let cases = [
        (r#"<sms address="5" type="1" body="t"/>"#, "sms-backup.field_missing", "date"),
        (r#"<sms address="5" type="1" date="x" body="t"/>"#, "time.unreadable", "date"),
        (r#"<sms address="5" date="1" body="t"/>"#, "sms-backup.box_unknown", "type"),
        (r#"<sms address="5" address="6" date="1" type="1"/>"#, "xml.attribute_repeated", ""),
        (r#"<fax from="5"/>"#, "sms-backup.element_unknown", ""),
        (
            r#"<mms date="1" msg_box="1"><parts><part ct="a/b" data="!"/></parts></mms>"#,
            "sms-backup.base64",
            "data",
        ),
    ];
    for (inside, kind, field) in cases {
        let found = read("s.xml", smses(inside).as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{inside}");
        assert_eq!(found.records().count(), 1);
    }
}

#[test]
fn other_xml_is_not_taken_for_a_backup() {
    for other in [
        "<smses/>",
        "<calls><call/></calls>",
        "<html><smses count='1'/></html>",
        "x <smses count='1'/>",
        "<?xml version='1.0'?><feed><sms/></feed>",
        r#"{"smses": "<smses count='1'>"}"#,
    ] {
        assert_ne!(read("sms.xml", other.as_bytes()).end(&[]).parser, "sms-backup", "{other}");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_messages() {
    let mut inside = String::from(MMS);
    for n in 0..200u32 {
        inside.push_str(&format!(
            "<sms address=\"+{}\" date=\"{}\" type=\"{}\" body=\"&lt;{n}&gt; &#x1F986; {}\" />\n",
            n % 7,
            1_000 * n,
            1 + n % 2,
            "gr\u{fc}\u{df} ".repeat(n as usize % 5)
        ));
    }
    let document = smses(&inside);
    let program = r#"
import sys, xml.etree.ElementTree as E
for e in E.fromstring(sys.stdin.buffer.read()):
    text = e.get('body')
    if e.tag == 'mms':
        text = '/'.join(p.get('text') for p in e.iter('part') if p.get('ct') == 'text/plain')
    box = e.get('type') or e.get('msg_box')
    print(e.get('address'), int(e.get('date')) * 1000, 'in' if box == '1' else 'out', text, sep='|')
"#;
    let Some(theirs) = python("python_reads_the_same_messages", program, document.as_bytes())
    else {
        return;
    };
    let found = read("sms.xml", document.as_bytes());
    let ours = found.records().map(|record| {
        let direction = &record.extra[0].1;
        let address = record.conversation.as_deref().unwrap();
        let text = record.text.as_deref().unwrap().replace('\n', "/");
        format!("{address}|{}|{direction}|{text}\n", record.time.unwrap().0)
    });
    assert_eq!(ours.collect::<String>(), theirs);
    assert_eq!(found.records().count(), 201);
}
