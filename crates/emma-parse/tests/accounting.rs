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
