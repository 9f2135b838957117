//! XMPP, specimen by specimen.

use crate::collect::read;
use crate::xml::{python, rows};
use emma_model::record::Origin;
use emma_model::{Digest, RecordKind};

/// Messages in a root that says what they are.
fn log(inside: &str) -> String {
    format!("<?xml version='1.0'?>\n<birds xmlns='jabber:client'>\n{inside}\n</birds>")
}

/// The rows of messages in a log.
fn said(inside: &str) -> Vec<String> {
    let document = log(inside);
    assert_eq!(read("log.xml", document.as_bytes()).end(&[]).parser, "xmpp");
    rows("log.xml", document.as_bytes())
}

fn check(inside: &str, expected: &str) {
    let document = log(inside);
    assert_eq!(read("log.xml", document.as_bytes()).anomalies(), [], "{inside}");
    assert_eq!(said(inside), [expected], "{inside}");
}

/// A chat message of heron to wren that holds `inside`, and what its row starts and ends with.
fn chat(inside: &str, kind: &str, rest: &str) {
    let message = format!(
        "<message from='heron@lake.example/boat' to='wren@wood.example' type='chat' id='m1'>\
         {inside}</message>"
    );
    let expected = format!(
        "{kind} xmpp id=m1 from=heron@lake.example to=wren@wood.example \
         in=heron@lake.example wren@wood.example{}",
        rest.replacen(" |", " | from_resource=boat | id_from=message | type=chat |", 1)
    );
    check(&message, expected.trim_end_matches(" |"));
}

const ARCHIVED: &str = "<message id='q1' from='wren@wood.example' to='wren@wood.example/phone'>\
  <result xmlns='urn:xmpp:mam:2' queryid='q7' id='a-1'>\
   <forwarded xmlns='urn:xmpp:forward:0'>\
    <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:05.250Z'/>\
    <message xmlns='jabber:client' from='Heron@lake.example/boat' to='wren@wood.example' \
     type='chat' id='m1'><body>two &lt;eggs&gt;</body><thread parent='t0'>t1</thread>\
     <origin-id xmlns='urn:xmpp:sid:0' id='o1'/>\
     <stanza-id xmlns='urn:xmpp:sid:0' id='a-1' by='wren@wood.example'/></message>\
   </forwarded></result></message>";

#[test]
fn a_result_of_an_archive_is_its_message() {
    let values = "from_resource=boat | from_written=Heron@lake.example/boat | id_from=archive \
         | message_id=m1 | type=chat";
    let rest = "thread=t1 | thread_parent=t0 | origin_id=o1 | stanza_id=a-1 \
         | stanza_id_by=wren@wood.example";
    let head = "message xmpp id=a-1 from=heron@lake.example to=wren@wood.example \
         in=heron@lake.example wren@wood.example at=5250000..5250999:declared:delivered \
         text=two <eggs>";
    check(
        ARCHIVED,
        &format!(
            "{head} | {values} | outer_id=q1 | outer_from=wren@wood.example \
             | outer_to=wren@wood.example/phone | queryid=q7 | {rest}"
        ),
    );
    let bare = ARCHIVED.split_once("phone'>").unwrap().1.trim_end_matches("</message>");
    check(&format!("{bare}\n"), &format!("{head} | {values} | queryid=q7 | {rest}"));
    let forwarded = bare.split_once("id='a-1'>").unwrap().1.trim_end_matches("</result>");
    check(
        forwarded,
        &format!("{head} | {values} | {rest}").replace("id_from=archive", "id_from=stanza-id"),
    );
}

#[test]
fn rooms_have_occupants_and_ids_of_their_own() {
    let message = |rest: &str| {
        format!(
            "<message from='nest@rooms.example/Heron' to='wren@wood.example/phone' \
             type='groupchat' id='m1'>{rest}</message>"
        )
    };
    check(
        &message(
            "<body>hi</body><stanza-id xmlns='urn:xmpp:sid:0' id='z' by='elsewhere.example'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' id='r9' by='nest@rooms.example'/>\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='oc'/>",
        ),
        "message xmpp id=r9 from=nest@rooms.example/Heron in=nest@rooms.example text=hi \
         | from_resource=Heron | to_resource=phone | delivered_to=wren@wood.example | id_from=room \
         | message_id=m1 | type=groupchat | stanza_id=z | stanza_id_by=elsewhere.example \
         | stanza_id=r9 | stanza_id_by=nest@rooms.example | occupant_id=oc",
    );
    check(
        &message(
            "<body>/me sings</body><x xmlns='http://jabber.org/protocol/muc#user'>\
             <item jid='heron@lake.example/boat' role='moderator'/></x>",
        ),
        "action xmpp id=m1 from=heron@lake.example in=nest@rooms.example text=sings \
         | from_resource=Heron | to_resource=phone | delivered_to=wren@wood.example \
         | occupant=nest@rooms.example/Heron | id_from=message | type=groupchat \
         | x@xmlns=http://jabber.org/protocol/muc#user | x.item@jid=heron@lake.example/boat \
         | x.item@role=moderator",
    );
    check(
        &message("<subject>Eggs</subject>"),
        "system xmpp id=m1 from=nest@rooms.example/Heron in=nest@rooms.example \
         | from_resource=Heron | to_resource=phone | delivered_to=wren@wood.example \
         | id_from=message | type=groupchat | subject=Eggs",
    );
    check(
        "<message from='nest@rooms.example' type='groupchat'><body>Cold today</body></message>",
        "system xmpp from=nest@rooms.example in=nest@rooms.example text=Cold today \
         | type=groupchat",
    );
    check(
        "<message from='nest@rooms.example/Heron' to='wren@wood.example' type='chat'>\
         <body>psst</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>",
        "message xmpp from=nest@rooms.example/Heron to=wren@wood.example \
         in=nest@rooms.example/Heron wren@wood.example text=psst | from_resource=Heron \
         | type=chat | x@xmlns=http://jabber.org/protocol/muc#user",
    );
}

const DUMP: &str = r#"<?xml version='1.0'?>
<server-data xmlns='urn:xmpp:pie:0'><host jid='wood.example'>
 <user name='Wren' password='reed'>
  <query xmlns='jabber:iq:roster'><item jid='Heron@lake.example' name='H' subscription='both'>
   <group>Birds</group></item></query>
  <offline-messages>
   <message xmlns='jabber:client' from='heron@lake.example/boat' type='chat'><body>hi</body>
    <delay xmlns='urn:xmpp:delay' from='wood.example' stamp='1970-01-01T00:00:01Z'>Away</delay>
   </message>
  </offline-messages>
  <archive xmlns='urn:xmpp:pie:0#mam'>
   <result xmlns='urn:xmpp:mam:2' id='a2'><forwarded xmlns='urn:xmpp:forward:0'>
    <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:02Z'/>
    <message xmlns='jabber:client' to='heron@lake.example' type='chat'><body>yes</body></message>
   </forwarded></result>
  </archive>
  <vCard xmlns='vcard-temp'><FN>Wren</FN></vCard>
 </user><user name='owl'/>
</host></server-data>"#;

#[test]
fn a_dump_of_a_server_says_whose_messages_they_are() {
    let found = read("dump.xml", DUMP.as_bytes());
    assert_eq!((found.anomalies(), &*found.end(&[]).parser), (vec![], "xmpp"));
    assert_eq!(
        rows("dump.xml", DUMP.as_bytes()),
        [
            "account xmpp from=wren@wood.example | name=Wren | password=reed",
            "contact xmpp from=wren@wood.example to=heron@lake.example | jid=Heron@lake.example \
             | name=H | subscription=both | group=Birds",
            "message xmpp from=heron@lake.example to=wren@wood.example \
             in=heron@lake.example wren@wood.example at=1000000..1999999:declared:delivered \
             text=hi | from_resource=boat | type=chat | archive_of=wren@wood.example \
             | delay_from=wood.example \
             | delay_reason=Away",
            "message xmpp id=a2 from=wren@wood.example to=heron@lake.example \
             in=heron@lake.example wren@wood.example at=2000000..2999999:declared:delivered \
             text=yes | id_from=archive | type=chat | archive_of=wren@wood.example",
            "other xmpp | element=vCard | xmlns=vcard-temp | FN=Wren",
            "account xmpp from=owl@wood.example | name=owl",
        ]
    );
    let user = DUMP.find("<user name='Wren'").unwrap() as u64;
    let borrowed = |n: usize| found.records().nth(n).unwrap().borrowed.clone();
    for (n, field) in [(2, "to"), (3, "from")] {
        assert_eq!(borrowed(n)[0].field, field);
        let Origin::Leaf { offset, .. } = borrowed(n)[0].origin else { panic!("a leaf") };
        assert_eq!(offset, user);
    }
}

#[test]
fn carbon_copies_are_marked_and_forged_ones_told() {
    let carbon = |from: &str, direction: &str| {
        format!(
            "<message from='{from}' to='wren@wood.example/phone' type='chat'>\
             <{direction} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
             <message from='wren@wood.example/desk' to='heron@lake.example' id='m1'>\
             <body>yes</body></message></forwarded></{direction}></message>"
        )
    };
    check(
        &carbon("wren@wood.example", "sent"),
        "message xmpp id=m1 from=wren@wood.example to=heron@lake.example \
         in=heron@lake.example wren@wood.example text=yes | from_resource=desk \
         | id_from=message | carbon=sent | outer_from=wren@wood.example \
         | outer_to=wren@wood.example/phone | outer_type=chat",
    );
    let forged = log(&carbon("crow@dump.example", "received"));
    let found = read("log.xml", forged.as_bytes());
    assert_eq!(found.anomalies(), [("xmpp.carbon_forged", "from".to_owned())]);
    chat(
        "<body>look</body><forwarded xmlns='urn:xmpp:forward:0'><message><body>old</body></message>\
         </forwarded>",
        "message",
        " text=look | forwarded@xmlns=urn:xmpp:forward:0 | forwarded.message.body=old",
    );
}

#[test]
fn changes_name_what_they_change() {
    chat(
        "<body>three</body><replace id='m0' xmlns='urn:xmpp:message-correct:0'/>",
        "message",
        " text=three | replaces=m0",
    );
    chat(
        "<retract id='m0' xmlns='urn:xmpp:message-retract:1'/><body>was taken back</body>",
        "system",
        " | retracts=m0 | fallback=was taken back",
    );
    chat(
        "<apply-to id='m0' xmlns='urn:xmpp:fasten:0'><moderated by='owl@wood.example'>\
         <retract/></moderated></apply-to>",
        "system",
        " | retracts=m0 | apply-to.moderated@by=owl@wood.example",
    );
    chat(
        "<retracted stamp='1970-01-01T00:00:00Z' xmlns='urn:xmpp:message-retract:1'/>",
        "message",
        " | deleted=true | retracted@stamp=1970-01-01T00:00:00Z \
         | retracted@xmlns=urn:xmpp:message-retract:1",
    );
    chat(
        "<reactions id='m0' xmlns='urn:xmpp:reactions:0'><reaction>\u{1f986}</reaction>\
         <reaction>+</reaction></reactions>",
        "other",
        " | reacts_to=m0 | reaction=\u{1f986} | reaction=+",
    );
    chat(
        "<reactions id='m0' xmlns='urn:xmpp:reactions:0'/>",
        "other",
        " | reacts_to=m0 | reaction_removed=true",
    );
    chat(
        "<body>yes</body><reply to='wren@wood.example' id='m0' xmlns='urn:xmpp:reply:0'/>",
        "message",
        " re=m0 text=yes | reply_to_sender=wren@wood.example",
    );
}

#[test]
fn signals_are_no_messages() {
    chat(
        "<received xmlns='urn:xmpp:receipts' id='m0'/>",
        "system",
        " | receipt=received | receipt_of=m0",
    );
    chat(
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='m0'/>",
        "system",
        " | marker=displayed | marker_of=m0",
    );
    chat(
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "system",
        " | chat_state=composing",
    );
    chat(
        "<body>a</body><request xmlns='urn:xmpp:receipts'/>",
        "message",
        " text=a | receipt=request",
    );
    chat(
        "<propose xmlns='urn:xmpp:jingle-message:0' id='c1'><description media='audio'/></propose>",
        "call",
        " | call=propose | call_id=c1 | propose.description@media=audio",
    );
    chat(
        "<retract xmlns='urn:xmpp:jingle-message:0' id='c1'/>",
        "call",
        " | call=retract | call_id=c1",
    );
    check(
        "<message from='a@b' to='c@d' type='error'><body>x</body><error type='cancel'>\
         <gone/></error>\
         </message>",
        "system xmpp from=a@b to=c@d in=a@b c@d text=x | type=error | error@type=cancel",
    );
    check(
        "<message from='b' to='c@d' type='headline'><body>Storm</body></message>",
        "notice xmpp from=b to=c@d in=b c@d text=Storm | type=headline",
    );
}

#[test]
fn what_is_encrypted_is_marked_and_measured() {
    let digest = Digest::of(b"heron");
    chat(
        "<body>Not for your program</body><encrypted xmlns='eu.siacs.conversations.axolotl'>\
         <header sid='7'><key rid='1'>aa</key><key rid='2' prekey='true'>bb</key><iv>cc</iv>\
         </header>\
         <payload>aGVyb24=</payload></encrypted>\
         <encryption xmlns='urn:xmpp:eme:0' name='OMEMO' namespace='eu.siacs'/>",
        "message",
        &format!(
            " | encrypted=omemo | encrypted_xmlns=eu.siacs.conversations.axolotl \
             | sender_device=7 | encrypted_keys=2 | encrypted_bytes=5 | encrypted_sha256={digest} \
             | encryption@xmlns=urn:xmpp:eme:0 | encryption@name=OMEMO \
             | encryption@namespace=eu.siacs | fallback=Not for your program"
        ),
    );
    chat(
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='7'><keys jid='a@b'><key rid='1'>aa</key>\
         </keys></header></encrypted>",
        "system",
        " | encrypted=omemo | encrypted_xmlns=urn:xmpp:omemo:2 | sender_device=7 \
         | encrypted_keys=1 | key_transport=true",
    );
    chat(
        "<openpgp xmlns='urn:xmpp:openpgp:0'>aGVyb24=</openpgp>",
        "message",
        &format!(" | encrypted=openpgp | encrypted_bytes=5 | encrypted_sha256={digest}"),
    );
    chat(
        "<x xmlns='jabber:x:encrypted'>\naGVyb24=\n=abcd\n</x>",
        "message",
        &format!(" | encrypted=pgp | encrypted_bytes=5 | encrypted_sha256={digest}"),
    );
    chat("<body>?OTR:AAMC</body>", "message", " | encrypted=otr | encrypted_text=?OTR:AAMC");
}

#[test]
fn texts_come_in_several_languages() {
    chat(
        "<body xml:lang='de'>Ei</body><body>egg</body><body xml:lang='fr'>\u{153}uf</body>\
         <subject xml:lang='de'>Nest</subject>",
        "message",
        " text=egg | body[de]=Ei | body[fr]=\u{153}uf | subject_lang=de | subject=Nest",
    );
}

#[test]
fn files_are_named_and_linked() {
    chat(
        "<body>https://up.example/1/egg.jpg</body><x xmlns='jabber:x:oob'>\
         <url>https://up.example/1/egg.jpg?k=1</url><desc>an egg</desc></x>",
        "message",
        " text=https://up.example/1/egg.jpg | file=egg.jpg \
         | file_url=https://up.example/1/egg.jpg?k=1 | file_description=an egg",
    );
    chat(
        "<file-sharing xmlns='urn:xmpp:sfs:0'><file><name>egg.jpg</name><size>5</size>\
         <media-type>image/jpeg</media-type></file><sources><url-data target='https://u/e'/>\
         </sources></file-sharing>",
        "message",
        " | file=egg.jpg | file_type=image/jpeg | file_bytes=5 | file_url=https://u/e \
         | file-sharing@xmlns=urn:xmpp:sfs:0 | file-sharing.file.name=egg.jpg \
         | file-sharing.file.size=5 | file-sharing.file.media-type=image/jpeg \
         | file-sharing.sources.url-data@target=https://u/e",
    );
    let digest = Digest::of(b"heron");
    chat(
        "<data xmlns='urn:xmpp:bob' cid='c@bob.xmpp.org' type='image/png'>aGVyb24=</data>",
        "message",
        &format!(
            " | file=c@bob.xmpp.org | file_type=image/png | file_bytes=5 | file_sha256={digest}"
        ),
    );
}

#[test]
fn the_older_delay_means_utc() {
    chat(
        "<body>a</body><x xmlns='jabber:x:delay' stamp='19700101T00:00:01'/>",
        "message",
        " at=1000000..1999999:assumed:delivered text=a |",
    );
}

#[test]
fn presences_and_queries_are_kept() {
    check(
        "<presence from='nest@rooms.example/Heron' to='wren@wood.example' type='unavailable'>\
         <status>south</status><x xmlns='http://jabber.org/protocol/muc#user'/></presence>",
        "system xmpp from=nest@rooms.example to=wren@wood.example in=nest@rooms.example \
         text=south | stanza=presence | from_resource=Heron | type=unavailable \
         | x@xmlns=http://jabber.org/protocol/muc#user",
    );
    check(
        "<iq from='a@b' id='i' type='result'><fin xmlns='urn:xmpp:mam:2' complete='true'/></iq>",
        "other xmpp from=a@b | stanza=iq | id=i | type=result | fin@xmlns=urn:xmpp:mam:2 \
         | fin@complete=true",
    );
}

#[test]
fn faults_are_told() {
    let cases = [
        (
            "<message from='a@b'><result xmlns='urn:xmpp:mam:2'><forwarded/></result></message>",
            "xmpp.message_missing",
            "",
        ),
        (
            "<message from='a@b'><delay xmlns='urn:xmpp:delay'/></message>",
            "xmpp.stamp_missing",
            "stamp",
        ),
        (
            "<message from='a@b'><delay xmlns='urn:xmpp:delay' stamp='soon'/></message>",
            "time.unreadable",
            "stamp",
        ),
        (
            "<message from='a@b'><openpgp xmlns='urn:xmpp:openpgp:0'>!</openpgp></message>",
            "xmpp.base64",
            "encrypted",
        ),
        ("<message from='a@b'><body>&birds;</body></message>", "xml.reference_unknown", ""),
    ];
    for (inside, kind, field) in cases {
        let found = read("log.xml", log(inside).as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{inside}");
        assert_eq!(found.records().count(), 1);
    }
}

#[test]
fn stanzas_are_known_whatever_is_around_them() {
    for document in [
        ARCHIVED.to_owned(),
        format!("<all><some>{ARCHIVED}</some></all>"),
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'/>"
            .to_owned(),
        "<log><message from='a@b/c' to='d@e' type='chat'><body>x</body></message></log>".to_owned(),
        "<c:log xmlns:c='jabber:client'><c:message/></c:log>".replace(
            "<c:message/>",
            "<c:message \
            from='a@b' to='d@e' type='chat'><c:body>x</c:body></c:message>",
        ),
    ] {
        let parser = read("x.xml", document.as_bytes()).end(&[]).parser.clone();
        assert_eq!(parser, "xmpp", "{document}");
    }
    for other in [
        "<log><message>x</message></log>".to_owned(),
        "<log><message from='a' to='b'><body>x</body></message></log>".to_owned(),
        "<smses count='1'><sms address='1' date='1' type='1' body='&lt;message/&gt;'/></smses>"
            .to_owned(),
        format!("<html><body><p>{ARCHIVED}</p></body></html>"),
        format!("<plist>{ARCHIVED}</plist>"),
        format!("<project xmlns='http://pa.cellebrite.com/report/2.0'>{ARCHIVED}</project>"),
        "<gpx version='1.1'><metadata><message/></metadata></gpx>".to_owned(),
        "<project><result/></project>".to_owned(),
        format!("log: {ARCHIVED}"),
        format!("<a/>{{\"x\": \"{}\"}}", "<message from='a@b'/>"),
    ] {
        assert_ne!(read("x.xml", other.as_bytes()).end(&[]).parser, "xmpp", "{other}");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_messages() {
    let mut inside = String::new();
    for n in 0..200 {
        inside.push_str(&format!(
            "<result xmlns='urn:xmpp:mam:2' id='a{n}'><forwarded xmlns='urn:xmpp:forward:0'>\
             <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:{:02}:{:02}Z'/>\
             <message xmlns='jabber:client' from='b{}@lake.example/r{n}' to='w@wood.example' \
             id='m{n}' type='chat'><body>&lt;{n}&gt; &#x1F986; gr\u{fc}\u{df}</body>\
             <thread>t{}</thread></message></forwarded></result>\n",
            n / 60,
            n % 60,
            n % 7,
            n % 3
        ));
    }
    let document = log(&inside);
    let program = r#"
import sys, datetime, xml.etree.ElementTree as E
C = '{jabber:client}'
for r in E.fromstring(sys.stdin.buffer.read()).iter('{urn:xmpp:mam:2}result'):
    m = r.find('.//' + C + 'message')
    at = r.find('.//{urn:xmpp:delay}delay').get('stamp').replace('Z', '+00:00')
    at = int(datetime.datetime.fromisoformat(at).timestamp())
    frm, to = m.get('from').split('/'), m.get('to')
    print(r.get('id'), at, frm[0], frm[1], ' '.join(sorted([frm[0], to])), m.get('id'),
          m.findtext(C + 'thread'), m.findtext(C + 'body'), sep='|')
"#;
    let Some(theirs) = python("python_reads_the_same_messages", program, document.as_bytes())
    else {
        return;
    };
    let found = read("log.xml", document.as_bytes());
    let mut ours = String::new();
    for record in found.records() {
        assert_eq!(record.kind, RecordKind::Message);
        let extra = |name: &str| &record.extra.iter().find(|(key, _)| key == name).unwrap().1;
        let known = |value: &Option<String>| value.clone().unwrap();
        ours.push_str(&format!(
            "{}|{}|{}|{}|{}|{}|{}|{}\n",
            known(&record.id),
            record.time.unwrap().0 / 1_000_000,
            known(&record.from),
            extra("from_resource"),
            known(&record.conversation),
            extra("message_id"),
            extra("thread"),
            known(&record.text)
        ));
    }
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().count(), 200);
}
