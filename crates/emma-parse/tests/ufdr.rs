//! Cellebrite reports, specimen by specimen, and made ones of any length.

use crate::collect::{self, read};
use crate::ufdr_made::{Counts, Size, write};
use crate::xml::{python, rows};
use crate::{collect::read_with, containers};
use emma_model::record::{MemberEnd, Origin};
use emma_model::{Item, ItemClass, RecordKind, Sink};
use emma_parse::Limits;
use emma_parse::account::Account;
use std::io;

fn report(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<project id=\"p\" \
         xmlns=\"http://pa.cellebrite.com/report/2.0\">{inside}</project>"
    )
}

fn models(kind: &str, inside: &str) -> String {
    report(&format!("<decodedData><modelType type=\"{kind}\">{inside}</modelType></decodedData>"))
}

fn field(name: &str, value: &str) -> String {
    format!("<field name=\"{name}\" type=\"String\"><value type=\"String\">{value}</value></field>")
}

fn party(field_name: &str, identifier: &str, name: &str) -> String {
    format!(
        "<modelField name=\"{field_name}\" type=\"Party\"><model type=\"Party\" id=\"y\" \
         deleted_state=\"Intact\">{}{}</model></modelField>",
        field("Identifier", identifier),
        field("Name", name)
    )
}

fn message(id: &str, body: &str, state: &str) -> String {
    format!(
        "<model type=\"InstantMessage\" id=\"m{id}\" deleted_state=\"{state}\" extractionId=\"0\">\
         {}{}{}{}</model>",
        field("Identifier", id),
        field("Body", body),
        field("TimeStamp", "1970-01-02T02:00:00+02:00"),
        party("From", "7@s", "Heron")
    )
}

fn chat(head: &str, messages: &str, tail: &str) -> String {
    format!(
        "<model type=\"Chat\" id=\"c1\" deleted_state=\"Intact\">{head}\
         <multiModelField name=\"Messages\" type=\"InstantMessage\">{messages}</multiModelField>\
         {tail}</model>"
    )
}

const AT: &str = "at=86400000000..86400999999:declared:unstated";

#[test]
fn a_chat_is_a_record_and_each_message_another_that_borrows_from_it() {
    let head = format!(
        "{}{}{}",
        field("Source", "Reed Mail"),
        field("Id", "room-1"),
        field("Name", "Birds")
    );
    let inside = chat(
        &head,
        &format!(
            "{}\n{}",
            message("K1", "one &amp; only", "Intact"),
            message("K2", "two", "Deleted")
        ),
        &field("Late", "x"),
    );
    let document = models("Chat", &inside);
    assert_eq!(
        rows("report.xml", document.as_bytes()),
        [
            "other reed-mail in=room-1 | type=Chat | model_id=c1 | Source=Reed Mail | Name=Birds"
                .to_owned(),
            format!(
                "message reed-mail id=K1 from=7@s in=room-1 {AT} text=one & only \
                 | type=InstantMessage | model_id=mK1 | extraction=0 | chat=Birds \
                 | From@id=y | From.Name=Heron"
            ),
            format!(
                "message reed-mail id=K2 from=7@s in=room-1 {AT} text=two \
                 | type=InstantMessage | model_id=mK2 | extraction=0 | deleted=Deleted \
                 | chat=Birds | From@id=y | From.Name=Heron"
            ),
            "other ufdr in=room-1 | element=field | name=Late | type=String | value@type=String \
             | value=x | chat=Birds"
                .to_owned(),
        ]
    );
    let found = read("report.xml", document.as_bytes());
    assert_eq!((found.anomalies(), found.end_anomalies(&[])), (vec![], vec![]));
    let records: Vec<_> = found.items.iter().filter(|item| item.record.is_some()).collect();
    assert!(records[0].raw.starts_with(b"<model type=\"Chat\""));
    assert!(records[0].raw.ends_with(b"Birds</value></field>"));
    assert_eq!(records[1].raw, message("K1", "one &amp; only", "Intact").as_bytes());
    let said = records[1].record.as_ref().unwrap();
    let borrowed: Vec<_> = said.borrowed.iter().map(|b| (b.field, b.origin.clone())).collect();
    let origin = Origin::Leaf { offset: records[0].offset, length: records[0].length };
    let expected = ["network", "conversation", "chat"].map(|field| (field, origin.clone()));
    assert_eq!(borrowed, expected);
}

#[test]
fn a_chat_without_an_id_in_its_head_goes_by_its_models() {
    let document = models("Chat", &chat("", &message("K", "t", "Intact"), &field("Id", "late")));
    let found = read("report.xml", document.as_bytes());
    assert_eq!(found.anomalies(), [("ufdr.chat_id_missing", "Id".to_owned())]);
    let rooms: Vec<_> = found.records().map(|record| record.conversation.as_deref()).collect();
    assert_eq!(rooms, [Some("c1"), Some("c1"), Some("c1")]);
}

#[test]
fn a_chats_head_may_be_too_long_and_its_messages_are_read() {
    let limits = Limits { record_bytes_max: 2_000, ..Limits::default() };
    let parties = party("Participants", "7@s", "Heron").repeat(20);
    let head = format!("{}{parties}", field("Id", "room-1"));
    let inside = chat(&head, &message("K", "t", "Intact"), "");
    let found = read_with("report.xml", models("Chat", &inside).as_bytes(), &limits);
    let rooms: Vec<_> = found.records().map(|record| record.conversation.as_deref()).collect();
    assert_eq!(rooms, [Some("room-1"), Some("room-1")]);
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[0], "xml.cut");
    assert!(kinds[1..].iter().all(|kind| *kind == "xml.too_long"));
}

#[test]
fn nested_models_belong_to_the_message() {
    let reply = format!(
        "<modelField name=\"ReplyMessageData\" type=\"ReplyMessageData\">\
         <model type=\"ReplyMessageData\" id=\"r\" deleted_state=\"Deleted\">\
         <modelField name=\"InstantMessage\" type=\"InstantMessage\">{}</modelField></model>\
         </modelField>",
        message("K0", "before", "Intact")
    );
    let attachment = format!(
        "<multiModelField name=\"Attachments\" type=\"Attachment\"><model type=\"Attachment\" \
         id=\"a\" deleted_state=\"Intact\">{}</model></multiModelField>",
        field("Filename", "heron.jpg")
    );
    let labels = "<multiField name=\"Labels\" type=\"String\"><value>x</value><value>y</value>\
                  </multiField><field name=\"Empty\" type=\"String\"><empty /></field>";
    let inside = format!(
        "<model type=\"InstantMessage\" id=\"m\" deleted_state=\"Trash\">{}{}{reply}{attachment}\
         {labels}</model>",
        field("Source", "Native Messages"),
        field("ChatId", "room")
    );
    assert_eq!(
        rows("report.xml", models("InstantMessage", &inside).as_bytes()),
        ["message phone in=room re=K0 | type=InstantMessage | model_id=m | deleted=Trash \
          | Source=Native Messages | ReplyMessageData@id=r | ReplyMessageData@deleted=Deleted \
          | ReplyMessageData.InstantMessage@id=mK0 \
          | ReplyMessageData.InstantMessage.Identifier=K0 \
          | ReplyMessageData.InstantMessage.Body=before \
          | ReplyMessageData.InstantMessage.TimeStamp=1970-01-02T02:00:00+02:00 \
          | ReplyMessageData.InstantMessage.From@id=y \
          | ReplyMessageData.InstantMessage.From.Identifier=7@s \
          | ReplyMessageData.InstantMessage.From.Name=Heron \
          | Attachments[0]@id=a | Attachments[0].Filename=heron.jpg \
          | Labels[0]=x | Labels[1]=y"]
    );
}

#[test]
fn models_become_what_they_are() {
    let model = |kind: &str, fields: &str| {
        models(
            kind,
            &format!("<model type=\"{kind}\" id=\"1\" deleted_state=\"Intact\">{fields}</model>"),
        )
    };
    let call = format!(
        "{}{}<multiModelField name=\"Parties\"><model type=\"Party\">{}{}</model>\
         <model type=\"Party\">{}{}</model></multiModelField>",
        field("Direction", "Outgoing"),
        field("TimeStamp", "1970-01-02T02:00:00+02:00"),
        field("Identifier", "5"),
        field("Role", "From"),
        field("Identifier", "6"),
        field("Role", "To")
    );
    let position = format!(
        "<modelField name=\"Position\" type=\"Coordinate\"><model type=\"Coordinate\">{}{}</model>\
         </modelField>",
        field("Longitude", "4.5"),
        field("Latitude", "51.25")
    );
    let cases = [
        (
            "Call",
            call.as_str(),
            format!(
                "call phone from=5 to=6 {AT} | type=Call | model_id=1 | Direction=Outgoing \
             | Parties[0].Role=From | Parties[1].Role=To"
            ),
        ),
        (
            "Location",
            position.as_str(),
            "location ufdr | type=Location | model_id=1 \
             | longitude=4.5 | latitude=51.25"
                .to_owned(),
        ),
        ("Contact", "", "contact ufdr | type=Contact | model_id=1".to_owned()),
        ("UserAccount", "", "account ufdr | type=UserAccount | model_id=1".to_owned()),
        ("SIMData", "", "sim ufdr | type=SIMData | model_id=1".to_owned()),
        ("DeviceInfo", "", "device ufdr | type=DeviceInfo | model_id=1".to_owned()),
        ("Note", "", "note ufdr | type=Note | model_id=1".to_owned()),
        ("Cookie", "", "other ufdr | type=Cookie | model_id=1".to_owned()),
        ("SMS", "", "message phone | type=SMS | model_id=1".to_owned()),
        ("Email", "", "message email | type=Email | model_id=1".to_owned()),
    ];
    for (kind, fields, expected) in cases {
        assert_eq!(rows("report.xml", model(kind, fields).as_bytes()), [expected], "{kind}");
    }
    let bad = model("SMS", &field("TimeStamp", "soon"));
    let found = read("report.xml", bad.as_bytes());
    assert_eq!(found.anomalies(), [("time.unreadable", "TimeStamp".to_owned())]);
}

#[test]
fn a_model_of_another_type_than_its_field_says_so() {
    let entry = |kind: &str| {
        let value = field("Value", "5");
        format!("<model type=\"{kind}\" id=\"e\" deleted_state=\"Intact\">{value}</model>")
    };
    let inside = format!(
        "<model type=\"Contact\" id=\"n\" deleted_state=\"Intact\"><multiModelField \
         name=\"Entries\" type=\"ContactEntry\">{}{}</multiModelField></model>",
        entry("PhoneNumber"),
        entry("ContactEntry")
    );
    assert_eq!(
        rows("report.xml", models("Contact", &inside).as_bytes()),
        ["contact ufdr | type=Contact | model_id=n | Entries[0]@id=e \
          | Entries[0]@type=PhoneNumber | Entries[0].Value=5 | Entries[1]@id=e \
          | Entries[1].Value=5"]
    );
}

#[test]
fn sections_and_files_are_records() {
    let document = report(
        "<metadata section=\"Device Info\"><item name=\"IMEI\">000</item></metadata>\
         <metadata section=\"Extraction Data\"><item name=\"Tool\">made</item></metadata>\
         <taggedFiles><file fs=\"fs\" path=\"/a/b.jpg\" size=\"9\" id=\"f\" deleted=\"Deleted\">\
         <accessInfo><timestamp name=\"CreationTime\">1970-01-02T02:00:00+02:00</timestamp>\
         </accessInfo><metadata section=\"File\"><item name=\"Local Path\">files/b.jpg</item>\
         </metadata></file></taggedFiles>",
    );
    assert_eq!(
        rows("report.xml", document.as_bytes()),
        [
            "device ufdr | element=metadata | section=Device Info | IMEI=000".to_owned(),
            "other ufdr | element=metadata | section=Extraction Data | Tool=made".to_owned(),
            format!(
                "other ufdr {AT} | element=file | fs=fs | file=/a/b.jpg | file_bytes=9 | id=f \
                 | deleted=Deleted | CreationTime=1970-01-02T02:00:00+02:00 \
                 | Local Path=files/b.jpg"
            ),
        ]
    );
}

#[test]
fn only_the_namespace_makes_a_report() {
    for other in ["<project/>", "<project xmlns='urn:x'><decodedData/></project>"] {
        assert_ne!(read("report.xml", other.as_bytes()).end(&[]).parser, "ufdr", "{other}");
    }
    let prefixed = "<c:project xmlns:c='http://pa.cellebrite.com/report/2.1'/>";
    assert_eq!(read("x", prefixed.as_bytes()).end(&[]).parser, "ufdr");
}

/// Counts, and keeps the longest item.
#[derive(Default)]
struct Tally {
    counts: Counts,
    anomalies: u64,
    bytes: u64,
}

impl Sink for &mut Tally {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.bytes += item.raw.len() as u64;
        self.anomalies += item.anomalies.len() as u64 + u64::from(item.class == ItemClass::Anomaly);
        let Some(record) = item.record else { return Ok(()) };
        let counts = &mut self.counts;
        *match record.kind {
            RecordKind::Message => &mut counts.message,
            RecordKind::Call => &mut counts.call,
            RecordKind::Contact => &mut counts.contact,
            RecordKind::Account => &mut counts.account,
            RecordKind::Location => &mut counts.location,
            RecordKind::Sim => &mut counts.sim,
            RecordKind::Device => &mut counts.device,
            RecordKind::Note => &mut counts.note,
            _ => &mut counts.other,
        } += 1;
        self.counts.deleted += u64::from(record.extra.iter().any(|(name, _)| name == "deleted"));
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

fn made(size: Size) -> (Vec<u8>, Counts) {
    let mut bytes = Vec::new();
    let counts = write(&mut bytes, 7, size).unwrap();
    (bytes, counts)
}

#[test]
fn a_made_report_is_counted_to_the_last_record_alone_and_in_a_zip() {
    let (bytes, counts) = made(Size { chats: 4, messages: 200, others: 25 });
    let mut tally = Tally::default();
    collect::read_into("report.xml", &bytes, &Limits::default(), &mut Account::new(&mut tally));
    assert_eq!((&tally.counts, tally.anomalies), (&counts, 0));
    assert_eq!(tally.bytes, bytes.len() as u64);
    let packed = containers::zip(&[("report.xml", &bytes)]);
    let mut again = Tally::default();
    collect::read_into("x.ufdr", &packed, &Limits::default(), &mut Account::new(&mut again));
    assert_eq!(again.counts, counts);
}

/// 12 MB with a chat of 10 MB; with `EMMA_SLOW_TESTS=1` 5 GB.
#[test]
fn a_long_report_costs_no_memory() {
    let slow = std::env::var_os("EMMA_SLOW_TESTS").is_some();
    let messages = if slow { 1_500_000 } else { 8_000 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    let mut file = io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let size = Size { chats: if slow { 2 } else { 1 }, messages, others: 500 };
    let counts = write(&mut file, 11, size).unwrap();
    file.into_inner().unwrap();
    let before = crate::xml::resident_peak();
    let mut tally = Tally::default();
    collect::read_file(&path, "report.xml", &Limits::default(), &mut &mut tally);
    let grown = crate::xml::resident_peak().saturating_sub(before);
    assert!(grown < 64 << 20, "memory grew by {grown} bytes");
    assert_eq!(tally.counts, counts);
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written), walked as
/// PyPI ufedlib-py 1.0.0 walks a report.
#[test]
fn python_finds_the_same_messages() {
    let (bytes, _) = made(Size { chats: 3, messages: 100, others: 10 });
    let program = r#"
import sys, xml.etree.ElementTree as E
N = '{http://pa.cellebrite.com/report/2.0}'
def field(m, name):
    for f in m.findall(N + 'field'):
        if f.get('name') == name:
            v = f.find(N + 'value')
            return v.text if v is not None else ''
    return ''
root = E.fromstring(sys.stdin.buffer.read())
for t in root.iter(N + 'modelType'):
    for m in t.findall(N + 'model'):
        room = field(m, 'Id')
        for i in m.iter(N + 'model'):
            if i.get('type') in ('InstantMessage', 'SMS'):
                who = ''
                for f in i.findall(N + 'modelField'):
                    if f.get('name') == 'From':
                        who = field(f.find(N + 'model'), 'Identifier')
                ids = i.get('id'), room, field(i, 'Identifier')
                print(*ids, who, field(i, 'Body'), i.get('deleted_state'), sep='|')
"#;
    let Some(theirs) = python("python_finds_the_same_messages", program, &bytes) else { return };
    let found = read("report.xml", &bytes);
    let messages = found.records().filter(|record| record.kind == RecordKind::Message);
    let ours = messages.map(|record| {
        let extra = |name: &str| {
            let found = record.extra.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let none = || String::new();
        format!(
            "{}|{}|{}|{}|{}|{}\n",
            extra("model_id").unwrap(),
            record.conversation.clone().unwrap_or_else(none),
            record.id.clone().unwrap_or_else(none),
            record.from.clone().unwrap_or_else(none),
            record.text.clone().unwrap_or_else(none),
            extra("deleted").unwrap_or_else(|| "Intact".to_owned())
        )
    });
    assert_eq!(ours.collect::<String>(), theirs);
}

/// Oracle: PyPI ufedlib-py 1.0.0, where it is installed.
#[test]
fn ufedlib_finds_the_same_messages() {
    let (bytes, _) = made(Size { chats: 3, messages: 50, others: 0 });
    let program = r#"
import sys, tempfile
try:
    from ufedlib_py.parser import parse_data
    import ufedlib_py.models
except ImportError:
    print('absent')
    sys.exit()
with tempfile.NamedTemporaryFile(suffix='.xml') as file:
    file.write(sys.stdin.buffer.read())
    file.flush()
    for chat in parse_data(file.name, 'Chat'):
        for m in chat.Messages:
            print(m.id, chat.Id, m.Body, m.deleted_state, m.From.Identifier, sep='|')
"#;
    let test = "ufedlib_finds_the_same_messages";
    let Some(theirs) = python(test, program, &bytes) else { return };
    if theirs == "absent\n" {
        println!("skipped: {test}: ufedlib-py is not here");
        return;
    }
    let found = read("report.xml", &bytes);
    let messages = found.records().filter(|record| record.kind == RecordKind::Message);
    let ours = messages.map(|record| {
        let extra = |name: &str| record.extra.iter().find(|(key, _)| key == name);
        format!(
            "{}|{}|{}|{}|{}\n",
            extra("model_id").unwrap().1,
            record.conversation.as_deref().unwrap(),
            record.text.as_deref().unwrap(),
            extra("deleted").map_or("Intact", |(_, state)| state),
            record.from.as_deref().unwrap()
        )
    });
    assert_eq!(ours.collect::<String>(), theirs);
}
