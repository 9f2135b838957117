//! XMPP, specimen by specimen.

use crate::collect::read;
use crate::xml::{python, rows};

/// A stanza as an archive gives it, inside the message that carries it.
fn archived(archive_id: &str, stamp: &str, stanza: &str) -> String {
    format!(
        "<message to='heron@example.net/pond'><result xmlns='urn:xmpp:mam:2' queryid='q' \
         id='{archive_id}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' \
         stamp='{stamp}'/>{stanza}</forwarded></result></message>"
    )
}

const STAMP: &str = "1970-01-02T00:00:00Z";
const AT: &str = "at=86400000000..86400999999:declared:delivered";

fn chat(inside: &str) -> String {
    format!(
        "<message xmlns='jabber:client' from='owl@example.net/tree' to='heron@example.net' \
         type='chat' id='m1'>{inside}</message>"
    )
}

fn check(document: &str, expected: &[&str]) {
    assert_eq!(rows("dump.xml", document.as_bytes()), expected);
    let found = read("dump.xml", document.as_bytes());
    assert_eq!((found.anomalies(), found.end(&[]).parser.as_str()), (vec![], "xmpp"));
}

#[test]
fn an_archive_result_is_unwrapped() {
    let stanza = chat("<body>hoot &amp; hoot</body><thread>t1</thread>");
    check(
        &archived("a1", STAMP, &stanza),
        &[&format!(
            "message xmpp id=a1 from=owl@example.net to=heron@example.net \
             in=heron@example.net owl@example.net {AT} text=hoot & hoot \
             | archive_of=heron@example.net | from_resource=tree | message_id=m1 | type=chat \
             | thread=t1"
        )],
    );
}

#[test]
fn a_dump_holds_many_results_and_stanzas_side_by_side() {
    let one = archived("a1", STAMP, &chat("<body>one</body>"));
    let two = archived("a2", STAMP, &chat("<body>two</body>"));
    let fin = "<iq xmlns='jabber:client' type='result'><fin xmlns='urn:xmpp:mam:2'/></iq>";
    for document in [
        format!("{one}\n{two}\n{fin}"),
        format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\
             {one}{two}{fin}</stream:stream>"
        ),
        format!("<archive>{one}\n{two}{fin}</archive>"),
    ] {
        let found = read("dump.xml", document.as_bytes());
        let ids: Vec<_> = found.records().map(|record| record.id.as_deref()).collect();
        assert_eq!(ids, [Some("a1"), Some("a2"), None]);
        assert_eq!((found.anomalies(), found.end(&[]).parser.as_str()), (vec![], "xmpp"));
    }
}

#[test]
fn in_a_room_the_sender_has_a_nick() {
    let stanza = "<message xmlns='jabber:client' from='birds@muc.example.net/Owl' \
        to='heron@example.net' type='groupchat' id='m2'><body>/me hoots</body>\
        <stanza-id xmlns='urn:xmpp:sid:0' id='s2' by='birds@muc.example.net'/>\
        <origin-id xmlns='urn:xmpp:sid:0' id='o2'/>\
        <delay xmlns='urn:xmpp:delay' stamp='1970-01-02T00:00:00.000Z'/></message>";
    check(
        stanza,
        &["action xmpp id=s2 from=birds@muc.example.net/Owl to=heron@example.net \
           in=birds@muc.example.net at=86400000000..86400000999:declared:delivered \
           text=/me hoots | stanza_id_by=birds@muc.example.net | origin_id=o2 | message_id=m2 \
           | type=groupchat"],
    );
}

/// The extra values of the only record, and what it is.
fn payload(inside: &str) -> String {
    let rows = rows("dump.xml", chat(inside).as_bytes());
    assert_eq!(rows.len(), 1, "{inside}");
    let start = rows[0].find(" text=").or(rows[0].find(" |")).unwrap();
    let kind = rows[0].split(' ').next().unwrap();
    format!(
        "{kind}{}",
        rows[0][start..].replace(" | from_resource=tree | message_id=m1 | type=chat", "")
    )
}

#[test]
fn what_a_message_does_is_told() {
    let cases = [
        (
            "<body>right</body><replace xmlns='urn:xmpp:message-correct:0' id='m0'/>",
            "message text=right | replaces=m0",
        ),
        (
            "<retract xmlns='urn:xmpp:message-retract:1' id='m0'/><body>gone</body>",
            "other text=gone | retracts=m0",
        ),
        (
            "<apply-to xmlns='urn:xmpp:fasten:0' id='m0'>\
             <retract xmlns='urn:xmpp:message-retract:0'/></apply-to>",
            "other | retracts=m0 | xmlns=urn:xmpp:fasten:0",
        ),
        (
            "<reactions xmlns='urn:xmpp:reactions:0' id='m0'><reaction>\u{1f44b}</reaction>\
             <reaction>\u{1f986}</reaction></reactions>",
            "other | reacts_to=m0 | reaction=\u{1f44b} | reaction=\u{1f986}",
        ),
        (
            "<body>sealed</body><encrypted xmlns='eu.siacs.conversations.axolotl'>\
             <header sid='7'><key rid='8'>AAAA</key></header><payload>aGVyb24=</payload>\
             </encrypted>",
            "message | encrypted=omemo | encrypted_sid=7 | encrypted_bytes=5 | encrypted_sha256=",
        ),
        (
            "<openpgp xmlns='urn:xmpp:openpgp:0'>aGVyb24=</openpgp>",
            "message | encrypted=openpgp | encrypted_bytes=5 | encrypted_sha256=",
        ),
        (
            "<body>https://example.net/a.jpg</body><x xmlns='jabber:x:oob'>\
             <url>https://example.net/a.jpg</url></x>",
            "message text=https://example.net/a.jpg | file=https://example.net/a.jpg",
        ),
        (
            "<received xmlns='urn:xmpp:receipts' id='m0'/>",
            "event | received@xmlns=urn:xmpp:receipts | received@id=m0",
        ),
    ];
    for (inside, expected) in cases {
        let got = payload(inside);
        match expected.ends_with('=') {
            true => assert!(got.starts_with(expected), "{got}"),
            false if expected.contains("fasten") => {
                assert!(got.contains(" | retracts=m0"), "{got}")
            }
            false => assert_eq!(got, expected),
        }
    }
    let found = read(
        "dump.xml",
        chat("<reply xmlns='urn:xmpp:reply:0' id='m0'/><body>a</body>").as_bytes(),
    );
    assert_eq!(found.records().next().unwrap().reply_to.as_deref(), Some("m0"));
}

#[test]
fn a_sealed_message_keeps_its_fallback_apart() {
    let got = payload(
        "<encrypted xmlns='urn:xmpp:omemo:2'><payload>!</payload></encrypted><body>sealed</body>",
    );
    assert_eq!(got, "message | encrypted=omemo | encrypted_payload=! | fallback_body=sealed");
}

#[test]
fn a_carbon_says_so_and_a_forward_by_a_person_does_not() {
    let inner = chat("<body>hoot</body>");
    let carbon = format!(
        "<message xmlns='jabber:client' from='heron@example.net' to='heron@example.net/pond'>\
         <received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{inner}\
         </forwarded></received></message>"
    );
    check(
        &carbon,
        &["message xmpp id=m1 from=owl@example.net to=heron@example.net \
           in=heron@example.net owl@example.net text=hoot | archive_of=heron@example.net \
           | carbon=received | from_resource=tree | message_id=m1 | type=chat"],
    );
    let forwarded = chat(&format!(
        "<body>look</body><forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded>"
    ));
    let rows = rows("dump.xml", forwarded.as_bytes());
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains(" text=look ") && rows[0].contains("forwarded.message.body=hoot"));
}

#[test]
fn a_server_dump_says_whose_archive_it_is() {
    let result = format!(
        "<result xmlns='urn:xmpp:mam:2' id='a1'><forwarded xmlns='urn:xmpp:forward:0'>\
         <delay xmlns='urn:xmpp:delay' stamp='{STAMP}'/>{}</forwarded></result>",
        chat("<body>hoot</body>")
    );
    let dump = format!(
        "<?xml version='1.0'?><server-data xmlns='urn:xmpp:pie:0'><host jid='example.net'>\
         <user name='heron'><query xmlns='jabber:iq:roster'><item jid='owl@example.net' \
         name='Owl'/></query><archive xmlns='urn:xmpp:pie:0#mam'>{result}</archive>\
         <offline-messages>{}</offline-messages></user></host></server-data>",
        chat("<body>later</body><x xmlns='jabber:x:delay' stamp='19700102T00:00:00'/>")
    );
    let rows = rows("dump.xml", dump.as_bytes());
    assert_eq!(
        rows[0],
        "contact xmpp | element=item | jid=owl@example.net | name=Owl \
         | archive_of=heron@example.net"
    );
    assert!(rows[1].starts_with("message xmpp id=a1 ") && rows[1].contains(AT), "{}", rows[1]);
    assert!(rows[2].starts_with("message xmpp id=m1 ") && rows[2].contains(AT), "{}", rows[2]);
    assert!(rows[1..].iter().all(|row| row.ends_with("| archive_of=heron@example.net")
        || row.contains("archive_of=heron@example.net")));
    assert_eq!(read("dump.xml", dump.as_bytes()).anomalies(), []);
}

#[test]
fn other_xml_is_not_taken_for_xmpp() {
    for other in [
        "<message><body>hi</body></message>",
        "<html><message from='a@b'><body>x</body></message></html>",
        "<result id='1'/>",
        "<log><entry/></log>",
    ] {
        assert_ne!(read("x.xml", other.as_bytes()).end(&[]).parser, "xmpp", "{other}");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_stanzas() {
    let document: String = (0..100)
        .map(|n| {
            let body = format!("<body>hoot {n} &lt;&#x1F986;&gt;</body>");
            archived(&format!("a{n}"), &format!("2020-01-01T00:00:{:02}Z", n % 60), &chat(&body))
        })
        .collect();
    let document = format!("<archive>{document}</archive>");
    let program = r#"
import sys, xml.etree.ElementTree as E
from datetime import datetime
C = '{jabber:client}'
for r in E.fromstring(sys.stdin.buffer.read()).iter('{urn:xmpp:mam:2}result'):
    m = next(r.iter(C + 'message'))
    stamp = next(r.iter('{urn:xmpp:delay}delay')).get('stamp').replace('Z', '+00:00')
    at = int(datetime.fromisoformat(stamp).timestamp()) * 1000000
    print(r.get('id'), at, m.get('from').split('/')[0], m.find(C + 'body').text, sep='|')
"#;
    let test = "python_reads_the_same_stanzas";
    let Some(theirs) = python(test, program, document.as_bytes()) else { return };
    let found = read("dump.xml", document.as_bytes());
    let ours = found.records().map(|record| {
        let text = |value: &Option<String>| value.clone().unwrap();
        let (id, from, body) = (text(&record.id), text(&record.from), text(&record.text));
        format!("{id}|{}|{from}|{body}\n", record.time.unwrap().0)
    });
    assert_eq!(ours.collect::<String>(), theirs);
}
