//! The promise every reader makes, on any bytes: each byte is accounted for once, and what is
//! found depends on the bytes alone, not on how reads fall.

use crate::collect::Found;
use crate::containers;
use emma_parse::fuzzing::{Target, read};
use proptest::prelude::*;

const IRC: &str = "[23:58] <heron> good evening\n=== owl [n=o@example.net]  has joined #birds\n\
    [23:59]  * owl hoots\n\n[00:01] -heron:#birds- psst\nno line of a log\n=== owl sighs\n";
const TELEGRAM: &str = r#"{"name":"Birds","type":"private_group","id":42,"messages":[
 {"id":1,"type":"message","date":"2020-01-01T00:00:00","from_id":7,
  "text":["a ",{"type":"bold","text":"b"}]},
 {"id":2,"type":"service","date":"2020-01-01T00:00:01","actor_id":7,"action":"pin","text":""}
],"extra":{"list":[{"a":1},{"b":[{}]}]}}"#;

/// The seeds of the formats that are made of JSON objects, each read as its own format.
const OBJECTS: [(&str, &str, &str); 8] = [
    ("burner", "fsCachedData/0A", include_str!("../../../fuzz/corpus/burner/messages")),
    ("delivery", "part-00000.ndjson", include_str!("../../../fuzz/corpus/delivery/all")),
    ("discord", "birds.json", include_str!("../../../fuzz/corpus/discord/export")),
    ("discord", "messages.csv", include_str!("../../../fuzz/corpus/discord/table")),
    ("matrix", "export.json", include_str!("../../../fuzz/corpus/matrix/export")),
    ("rocketchat", "reply.json", include_str!("../../../fuzz/corpus/rocketchat/history")),
    ("signal-jsonl", "main.jsonl", include_str!("../../../fuzz/corpus/signal-jsonl/main")),
    ("slack", "birds/1970-01-02.json", include_str!("../../../fuzz/corpus/slack/day")),
];

/// One of them, changed, or bytes that only look like JSON.
fn objects() -> impl Strategy<Value = ((&'static str, &'static str), Vec<u8>)> {
    prop::sample::select(OBJECTS.to_vec()).prop_flat_map(|(format, name, seed)| {
        let bytes = prop_oneof![
            3 => mutated(seed.as_bytes()),
            1 => structured("{}[]\",:1 \\\n"),
            1 => any::<Vec<u8>>(),
        ];
        bytes.prop_map(move |bytes| ((format, name), bytes))
    })
}

const WHATSAPP: &str = "[1/2/20, 9:04:05\u{202f}PM] Birds: \u{200e}Heron added you\r\n\
    \u{200e}[1/13/20, 12:00:00 AM] ~ Heron: \u{200e}<attached: 1-PHOTO.jpg>\r\n\
    13/01/2020, 21:04 - Owl: one\ntwo\n\n2020-01-02 15:04 - no sender\n";

const MAILBOX: &str = "From a@example.org Fri Jan  2 00:00:05 1970\nFrom: a@example.org\n\
    To: \"B, C\" <b@example.org>\nSubject: =?utf-8?q?x?=\nDate: 2 Jan 1970 01:00 +0100\n\
    Content-Type: multipart/mixed; boundary=b1\n\n--b1\nContent-Type: text/html\n\n\
    <p>a&amp;b<br></p>\n--b1\nContent-Type: a/b; name=\"c\"\nContent-Transfer-Encoding: base64\n\n\
    aGVsbG8=\n--b1--\n>From x\n\nFrom b Sat Jan  3 00:00:00 1970\nSubject: y\n\nz\n";

const CARDS: &str = "BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:a=C3=A9=\nb;c\n\
    TEL;CELL:+1\nPHOTO;BASE64:aGVs\n bG8=\n\nAGENT:\nBEGIN:VCARD\nFN:x\nEND:VCARD\n\
    REV:20200102T030405Z\nEND:VCARD\nbegin:vcard\nFN;TYPE=\"a,b\":y\\,z\nend:vcard\n";

const PLIST: &str = "<?xml version=\"1.0\"?><plist><dict><key>a</key><array><integer>1</integer>\
    <real>1.5</real><true/></array><key>b</key><data>aGVsbG8=</data><key>c</key>\
    <string>&amp;x</string><key>d</key><dict><key>CF$UID</key><integer>1</integer>\
    </dict></dict></plist>";

/// A binary list: {"a": [1, "b", true], "c": data, "d": a date}.
fn binary_plist() -> &'static [u8] {
    let list = plist::Value::Dictionary(plist::Dictionary::from_iter([
        ("a", plist::Value::Array(vec![1.into(), "b".into(), true.into()])),
        ("c", plist::Value::Data(vec![1, 2, 3])),
        ("d", plist::Value::Date(std::time::SystemTime::UNIX_EPOCH.into())),
        ("e", plist::Value::Uid(plist::Uid::new(1))),
    ]));
    let mut bytes = Vec::new();
    list.to_writer_binary(&mut bytes).unwrap();
    Box::leak(bytes.into_boxed_slice())
}

const SMS: &str = r#"<?xml version="1.0"?><smses count="2"><!-- a -->
 <sms address="+1" date="1000" type="1" body="a &lt; &#55357;&#56832;" />
 <mms date="1" msg_box="2" address="5"><parts><part ct="a/b" data="aGVyb24="/></parts></mms>
</smses>"#;

const UFDR: &str = r#"<project xmlns="http://pa.cellebrite.com/report/2.0"><metadata section="a">
<item name="b">c</item></metadata><taggedFiles><file path="/a"/></taggedFiles><decodedData>
<modelType type="Chat"><model type="Chat" id="1"><field name="Id"><value>r</value></field>
<multiModelField name="Messages"><model type="InstantMessage"><field name="Body"><value>t</value>
</field></model></multiModelField></model></modelType></decodedData></project>"#;

const GPX: &str = r#"<gpx version="1.1"><metadata><name>m</name></metadata><wpt lat="1" lon="2"/>
<trk><name>t</name><trkseg><trkpt lat="1" lon="2"><ele>3</ele><time>1970-01-01T00:00:00Z</time>
</trkpt></trkseg></trk></gpx>"#;

const KML: &str = r#"<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>
<Placemark><Point><coordinates>1,2,3</coordinates></Point></Placemark><Placemark><name>p</name>
<gx:Track><when>1970</when><when>1971-02</when><gx:coord>1 2 3</gx:coord><gx:coord>4 5 6
</gx:coord></gx:Track></Placemark></Document></kml>"#;

const XMPP: &str = r#"<server-data xmlns="urn:xmpp:pie:0"><host jid="b"><user name="a">
<query xmlns="jabber:iq:roster"><item jid="c@d"/></query><archive><result xmlns="urn:xmpp:mam:2"
id="1"><forwarded><delay stamp="1970-01-01T00:00:00Z"/><message from="c@d/e" type="groupchat">
<body xml:lang="de">t</body><body>u</body><replace id="0"/><encrypted><header sid="1"/>
<payload>aGVyb24=</payload></encrypted></message></forwarded></result></archive></user></host>
<message to="a@b"><received><forwarded><message/></forwarded></received></message>
</server-data>"#;

/// Cuts, doubles and overwrites parts of a specimen.
fn mutated(base: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0usize..40, prop::collection::vec(any::<u8>(), 0..4));
    prop::collection::vec(edit, 0..6).prop_map(move |edits| {
        let mut bytes = base.to_vec();
        for (at, cut, insert) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, insert);
        }
        bytes
    })
}

fn structured(alphabet: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let characters: Vec<char> = alphabet.chars().collect();
    prop::collection::vec(prop::sample::select(characters), 0..300)
        .prop_map(|characters| characters.into_iter().collect::<String>().into_bytes())
}

fn check(target: Target<'_>, bytes: &[u8]) -> Result<(), TestCaseError> {
    let (mut whole, mut pieces) = (Found::default(), Found::default());
    read(target, bytes, usize::MAX, &mut whole);
    read(target, bytes, 7, &mut pieces);
    prop_assert_eq!(whole, pieces);
    Ok(())
}

/// The same bytes inside a container are read as the same items.
fn check_packed(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let plain = crate::collect::read(name, bytes);
    let packed = containers::zst(bytes);
    let mut unpacked = crate::collect::read(&format!("{name}.zst"), &packed);
    for item in &mut unpacked.items {
        prop_assert_eq!(item.member.0.clone(), vec![0]);
        item.member.0.clear();
    }
    prop_assert_eq!(plain.items, unpacked.items);
    Ok(())
}

/// A specimen packed once, for mutation.
fn packed(pack: impl Fn(&[u8]) -> Vec<u8>) -> &'static [u8] {
    Box::leak(pack(IRC.as_bytes()).into_boxed_slice())
}

/// A specimen with pieces too long in it.
fn long(text: &str) -> &'static [u8] {
    let part = "<part ct='text/plain' text='t'/>";
    let long = [
        format!("<mms a='1'><parts>{}</parts></mms>", part.repeat(30)),
        format!("<!--{}-->", "-x".repeat(400)),
        format!("<sms body='{}'/> ", "y".repeat(700)),
        format!("<mms>{}</mms> {}", "<a>t".repeat(20), "z".repeat(600)),
    ];
    let end = format!("{}</smses>", long.concat());
    text.replace("</smses>", &end).leak().as_bytes()
}

/// A specimen in UTF-16.
fn wide(text: &str) -> &'static [u8] {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>().leak()
}

proptest! {
    #[test]
    fn irc(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(IRC.as_bytes()), structured("[]0123:59 <>a*=\n-#é")]) {
        check(Target::Format("irc", "birds/2004-12-25.txt"), &bytes)?;
    }

    #[test]
    fn telegram(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(TELEGRAM.as_bytes()), structured("{}[]\",:1 \\\n")]) {
        check(Target::Format("telegram", "result.json"), &bytes)?;
    }

    #[test]
    fn json_objects(((format, name), bytes) in objects()) {
        check(Target::Format(format, name), &bytes)?;
        check(Target::Any, &bytes)?;
    }

    #[test]
    fn whatsapp_text(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(WHATSAPP.as_bytes()),
        structured("[]01239/:., -aApPmM<>\n\r\u{200e}\u{202f}م٢")]) {
        check(Target::Format("whatsapp-text", "WhatsApp Chat with Owl.txt"), &bytes)?;
    }

    #[test]
    fn mbox(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(MAILBOX.as_bytes()),
        structured("From: \n<>@a=?-1970 00:")]) {
        check(Target::Format("mbox", "inbox"), &bytes)?;
    }

    #[test]
    fn eml(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(&MAILBOX.as_bytes()[44..]), structured("From: \n<>@a=?-\t&;")]) {
        check(Target::Format("eml", "a.eml"), &bytes)?;
    }

    #[test]
    fn vcard(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(CARDS.as_bytes()), structured("BEGINVCARD:;= \n\"\\,")]) {
        check(Target::Format("vcard", "a.vcf"), &bytes)?;
    }

    #[test]
    fn plist(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(PLIST.as_bytes()), mutated(binary_plist()),
        structured("<>/dict array key string&;x")]) {
        check(Target::Format("plist", "a.plist"), &bytes)?;
    }

    #[test]
    fn sms_backup(bytes in prop_oneof![
        any::<Vec<u8>>(), mutated(SMS.as_bytes()), structured("<>/='\"!-[] smx&;#?\n")]) {
        check(Target::Format("sms-backup", "sms.xml"), &bytes)?;
    }

    /// With elements, texts and comments that are longer than a record may be here.
    #[test]
    fn sms_backup_long(bytes in mutated(long(SMS))) {
        check(Target::Format("sms-backup", "sms.xml"), &bytes)?;
    }

    #[test]
    fn sms_backup_wide(bytes in mutated(wide(SMS))) {
        check(Target::Format("sms-backup", "sms.xml"), &bytes)?;
    }

    #[test]
    fn gpx(bytes in prop_oneof![mutated(GPX.as_bytes()), mutated(wide(GPX))]) {
        check(Target::Format("gpx", "walk.gpx"), &bytes)?;
    }

    #[test]
    fn kml(bytes in prop_oneof![mutated(KML.as_bytes()), mutated(wide(KML))]) {
        check(Target::Format("kml", "doc.kml"), &bytes)?;
    }

    #[test]
    fn ufdr(bytes in prop_oneof![mutated(UFDR.as_bytes()), mutated(wide(UFDR))]) {
        check(Target::Format("ufdr", "report.xml"), &bytes)?;
    }

    #[test]
    fn xmpp(bytes in prop_oneof![mutated(XMPP.as_bytes()), mutated(wide(XMPP))]) {
        check(Target::Format("xmpp", "log.xml"), &bytes)?;
    }

    #[test]
    fn databases_and_workbooks(
        database in mutated(include_bytes!("../../../fuzz/corpus/sqlite/birds")),
        workbook in mutated(include_bytes!("../../../fuzz/corpus/sheet/one"))) {
        check(Target::Format("sqlite", "birds.db"), &database)?;
        check(Target::Any, &workbook)?;
        check(Target::Format("sheet", "partner.xlsx"), &workbook)?;
    }

    #[test]
    fn packed_or_not(irc in mutated(IRC.as_bytes()), telegram in mutated(TELEGRAM.as_bytes())) {
        check_packed("1970-01-02.txt", &irc)?;
        check_packed("result.json", &telegram)?;
    }

    #[test]
    fn anything(bytes in any::<Vec<u8>>()) {
        check(Target::Any, &bytes)?;
    }

    #[test]
    fn zip(bytes in mutated(packed(|text| containers::zip(&[("a.txt", text), ("b", b"x")])))) {
        check(Target::Any, &bytes)?;
    }

    #[test]
    fn tar(bytes in mutated(packed(|text| containers::tar(&[("a.txt", text), ("b", b"x")])))) {
        check(Target::Any, &bytes)?;
    }

    #[test]
    fn gz(bytes in mutated(packed(containers::gz))) {
        check(Target::Any, &bytes)?;
    }

    #[test]
    fn zst(bytes in mutated(packed(containers::zst))) {
        check(Target::Any, &bytes)?;
    }
}
