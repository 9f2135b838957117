//! Outlook's files of messages, by named specimens of invented data.

use crate::collect::{Found, Said, read, read_into, read_with};
use crate::media::jpeg;
use crate::pst_oracle::compare;
use emma_model::{Digest, ItemClass, MemberPath, RecordKind};
use emma_parse::unpack::{VisitMembers, each_member};
use emma_parse::{Limits, Row};
use emma_testkit::mailbox::laid::sum;
use emma_testkit::mailbox::{
    Attached, DELETED, EMAIL, END, INBOX, Item, PLACE, Pst, ROOT, START, TOP, Val, at, text,
};

/// A second that came in 2021, and its clock in microseconds.
const SECOND: u64 = 1_614_834_000;
const MICROS: i64 = SECOND as i64 * 1_000_000;

/// A mail from the heron to the owl.
pub fn mail(id: &str, subject: &str, body: &str) -> Item {
    Item {
        values: vec![
            (0x001A, text("IPM.Note")),
            (0x0037, text(subject)),
            (0x0039, at(SECOND)),
            (0x0E06, at(SECOND + 9)),
            (0x0C1A, text("Heron")),
            (0x0C1E, text("SMTP")),
            (0x0C1F, text("Heron@Example.org")),
            (0x0070, text("nest")),
            (0x0017, Val::Long(2)),
            (0x0E07, Val::Long(1)),
            (0x1035, text(id)),
            (0x1000, text(body)),
            (0x3FFD, Val::Long(1252)),
            (0x7FF0, Val::Short(7)),
        ],
        to: vec![(1, "Owl", "owl@example.net"), (2, "Lark", "Lark@example.net")],
        files: Vec::new(),
    }
}

fn without(mut item: Item, id: u16) -> Item {
    item.values.retain(|(found, _)| *found != id);
    item
}

fn with(item: Item, id: u16, value: Val) -> Item {
    let mut item = without(item, id);
    item.values.push((id, value));
    item
}

/// A file with one of everything.
pub fn everything(wide: bool, encoding: u8) -> Vec<u8> {
    let mut pst = Pst::new(wide, encoding);
    let plain = mail("<1@example.org>", "\u{1}\u{5}Re: nest", "Eggs are here.\r\nTwo.");
    pst.message(INBOX, &plain);
    let html = "<html><body><p>Two &amp; a half</p><p>caf\u{e9}</p></body></html>";
    let html: Vec<u8> = html.chars().map(|c| c as u32 as u8).collect();
    let page =
        with(without(mail("<2@example.org>", "page", ""), 0x1000), 0x1013, Val::Binary(html));
    pst.message(INBOX, &with(page, 0x3FDE, Val::Long(28_591)));
    let reply = with(mail("<3@example.org>", "Re: nest", "yes"), 0x1042, text("<1@example.org>"));
    let reply = with(reply, 0x1039, text("<0@example.org> <1@example.org>"));
    let headers = "Received: from reed\r\n\tby pond\r\nSubject: Re: nest\r\nX-Bird: owl\r\n";
    let reply = with(reply, 0x007D, text(headers));
    pst.message(INBOX, &with(reply, 0x0E07, Val::Long(0)));
    let mut files = mail("<4@example.org>", "files", "see");
    files.files = vec![
        Attached::Bytes("nest.jpg", "image/jpeg", jpeg(true)),
        Attached::Bytes("seed.txt", "text/plain", b"[09:00] <heron> a\n[09:01] <owl> b\n".to_vec()),
        Attached::Bytes("large.bin", "application/octet-stream", noise(230_000)),
        Attached::Bytes("none", "", Vec::new()),
    ];
    pst.message(INBOX, &files);
    let mut outer = mail("<5@example.org>", "forwarded", "within");
    let mut inner = mail("<6@example.org>", "inner", "deep");
    inner.files = vec![Attached::Bytes("deep.bin", "", noise(5_000))];
    outer.files = vec![Attached::Item("inner", inner)];
    pst.message(INBOX, &outer);
    let contact = [
        (0x001A, text("IPM.Contact")),
        (0x3001, text("Tawny Owl")),
        (0x3A06, text("Tawny")),
        (0x3A11, text("Owl")),
        (0x3A1C, text("+49 151 0000000")),
        (0x3A16, text("Wood & Co")),
        (0x3008, at(SECOND)),
        (EMAIL, text("owl@example.net")),
    ];
    pst.message(TOP, &Item { values: contact.to_vec(), ..Item::default() });
    let appointment = [
        (0x001A, text("IPM.Appointment")),
        (0x0037, text("Flight")),
        (0x3007, at(SECOND)),
        (START, at(SECOND + 3_600)),
        (END, at(SECOND + 7_200)),
        (PLACE, text("the pond")),
    ];
    pst.message(TOP, &Item { values: appointment.to_vec(), ..Item::default() });
    let note = [(0x001A, text("IPM.StickyNote")), (0x1000, text("buy seed")), (0x3007, at(SECOND))];
    pst.message(TOP, &Item { values: note.to_vec(), ..Item::default() });
    pst.message(DELETED, &mail("<7@example.org>", "gone", "away"));
    pst.orphan(INBOX, &mail("<8@example.org>", "lost", "found"));
    pst.end()
}

/// A small file: a mail with a file, and a mail within a mail.
pub fn few(wide: bool, encoding: u8) -> Vec<u8> {
    let mut pst = Pst::new(wide, encoding);
    let mut outer = mail("<1@example.org>", "nest", "Eggs");
    let inner = mail("<2@example.org>", "inner", "deep");
    let log = b"[09:00] <heron> a\n[09:01] <owl> b\n".to_vec();
    outer.files = vec![Attached::Bytes("a.txt", "", log), Attached::Item("inner", inner)];
    pst.message(INBOX, &outer);
    pst.end()
}

/// Bytes that no packer shortens.
fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn named<'f>(found: &'f Found, subject: &str) -> &'f Said {
    let is = |record: &&Said| record.extra("subject") == [subject];
    found.records().find(is).unwrap_or_else(|| panic!("{subject} is read"))
}

fn one(pst: Pst) -> Found {
    read("birds.pst", &pst.end())
}

#[test]
fn a_mail_has_its_values() {
    let found = read("birds.bin", &everything(true, 0));
    assert_eq!(found.end(&[]).parser, "pst");
    let record = named(&found, "Re: nest");
    assert_eq!(record.kind, RecordKind::Message);
    assert_eq!(record.id.as_deref(), Some("1@example.org"));
    assert_eq!(record.from.as_deref(), Some("heron@example.org"));
    assert_eq!(record.to, ["owl@example.net", "lark@example.net"]);
    assert_eq!(record.extra("cc"), ["lark@example.net"]);
    assert_eq!(record.conversation.as_deref(), Some("1@example.org"));
    assert_eq!(record.text.as_deref(), Some("Eggs are here.\r\nTwo."));
    let time = record.time.unwrap();
    assert_eq!((time.0, time.1), (MICROS, MICROS + 999_999));
    assert_eq!(record.extra("from_name"), ["Heron"]);
    assert_eq!(record.extra("submitted"), ["2021-03-04T05:00:00Z"]);
    assert_eq!(record.extra("delivered"), ["2021-03-04T05:00:09Z"]);
    assert_eq!(record.extra("folder"), ["Top of Personal Folders/Inbox"]);
    assert_eq!(record.extra("importance"), ["high"]);
    assert_eq!(record.extra("read"), ["yes"]);
    let item = found.items.iter().find(|item| item.record.as_ref() == Some(record)).unwrap();
    assert_eq!(item.row, Some(("message".to_owned(), 0x20_0004)));
    assert_eq!(item.anomalies, []);
    let raw = String::from_utf8(item.raw.clone()).unwrap();
    assert!(
        raw.starts_with("{\"node\":2097156,\"folder\":\"Top of Personal Folders/Inbox\""),
        "{raw}"
    );
    assert!(raw.contains("\"sender.address\":\"Heron@Example.org\""), "{raw}");
    assert!(raw.contains("\"recipient.2.kind\":\"cc\",\"recipient.2.name\":\"Lark\""), "{raw}");
    assert!(
        raw.ends_with("\"text\":\"Eggs are here.\\r\\nTwo.\",\"properties_unread\":2}"),
        "{raw}"
    );
}

#[test]
fn a_mail_of_html_is_read_without_its_tags() {
    let found = read("birds.pst", &everything(true, 0));
    let record = named(&found, "page");
    assert_eq!(record.text.as_deref(), Some("Two & a half\ncaf\u{e9}"));
    assert_eq!(record.extra("body_from"), ["html"]);
}

#[test]
fn a_reply_names_what_it_answers_and_its_thread() {
    let found = read("birds.pst", &everything(true, 0));
    let record = found.records().find(|record| record.id.as_deref() == Some("3@example.org"));
    let record = record.unwrap();
    assert_eq!(record.reply_to.as_deref(), Some("1@example.org"));
    assert_eq!(record.conversation.as_deref(), Some("0@example.org"));
    assert_eq!(record.extra("header.received"), ["from reed by pond"]);
    assert_eq!(record.extra("header.x-bird"), ["owl"]);
    assert_eq!(record.extra("header.subject"), [""; 0]);
    assert_eq!(record.extra("read"), ["no"]);
}

#[test]
fn attached_files_are_members_and_read_as_what_they_are() {
    let found = read("birds.pst", &everything(true, 0));
    let record = named(&found, "files");
    assert_eq!(record.extra("file"), ["nest.jpg", "seed.txt", "large.bin", "none"]);
    let sums: Vec<String> =
        [jpeg(true), b"[09:00] <heron> a\n[09:01] <owl> b\n".to_vec(), noise(230_000), Vec::new()]
            .iter()
            .map(|bytes| Digest::of(bytes).to_string())
            .collect();
    assert_eq!(record.extra("file_sha256"), sums);
    assert_eq!(record.extra("file_bytes")[2], "230000");
    let (picture, log) = (found.end(&[0]), found.end(&[1]));
    assert_eq!((picture.name.as_str(), picture.media), ("nest.jpg", "image/jpeg"));
    assert_eq!((log.name.as_str(), log.parser.as_str()), ("seed.txt", "irc"));
    assert_eq!(found.end(&[2]).digest.to_string(), sums[2]);
    let place = found.records().find(|record| record.kind == RecordKind::Location);
    assert!(place.is_some(), "the picture says where it was taken");
}

#[test]
fn a_message_within_a_message_is_one_too() {
    let found = read("birds.pst", &everything(true, 0));
    let record = named(&found, "inner");
    assert_eq!(record.id.as_deref(), Some("6@example.org"));
    let outer = named(&found, "forwarded");
    let item = found.items.iter().find(|item| item.record.as_ref() == Some(record)).unwrap();
    let (table, row) = item.row.clone().unwrap();
    assert_eq!(outer.extra("file_item"), [format!("{table}/{row}")]);
    assert_eq!(record.extra("file"), ["deep.bin"]);
    assert_eq!(found.end(&[4]).digest, Digest::of(&noise(5_000)));
}

#[test]
fn other_items_are_what_they_are() {
    let found = read("birds.pst", &everything(true, 0));
    let of = |kind| found.records().find(|record| record.kind == kind).unwrap();
    let contact = of(RecordKind::Contact);
    assert_eq!(contact.extra("name"), ["Tawny Owl"]);
    assert_eq!(contact.extra("family_name"), ["Owl"]);
    assert_eq!(contact.extra("phone"), ["+49 151 0000000"]);
    assert_eq!(contact.extra("phone_type"), ["cell"]);
    assert_eq!(contact.extra("email"), ["owl@example.net"]);
    let event = of(RecordKind::Event);
    assert_eq!(event.extra("subject"), ["Flight"]);
    assert_eq!(event.extra("place"), ["the pond"]);
    assert_eq!(event.extra("end"), ["2021-03-04T07:00:00Z"]);
    assert_eq!(event.time.unwrap().0, MICROS + 3_600_000_000);
    assert_eq!(of(RecordKind::Note).text.as_deref(), Some("buy seed"));
}

#[test]
fn deleted_and_unlisted_messages_say_so() {
    let found = read("birds.pst", &everything(true, 0));
    let gone = named(&found, "gone");
    assert_eq!(gone.extra("folder"), ["Top of Personal Folders/Gel\u{f6}schte Objekte"]);
    assert_eq!(gone.extra("folder_deleted"), ["yes"]);
    let lost = named(&found, "lost");
    assert_eq!(lost.text.as_deref(), Some("found"));
    let orphans = found
        .items
        .iter()
        .filter(|item| item.anomalies.iter().any(|anomaly| anomaly.kind.0 == "pst.orphan"));
    let orphans: Vec<_> = orphans.map(|item| item.record.as_ref().unwrap()).collect();
    assert_eq!(orphans, [lost]);
}

#[test]
fn layouts_and_encodings_hold_the_same() {
    let records = |bytes: &[u8]| read("birds.pst", bytes).records().cloned().collect::<Vec<_>>();
    let plain = records(&everything(true, 0));
    assert_eq!(plain.len(), 14);
    for (wide, encoding) in [(true, 1), (true, 2), (false, 0), (false, 1), (false, 2)] {
        let bytes = everything(wide, encoding);
        assert_eq!(bytes.windows(4).any(|four| four == b"Eggs"), !wide && encoding == 0);
        assert_eq!(records(&bytes), plain, "wide {wide}, encoding {encoding}");
    }
}

#[test]
fn specimens_read_like_with_pypff() {
    let test = "specimens_read_like_with_pypff";
    let folder = tempfile::tempdir().unwrap();
    for (wide, encoding) in [(true, 0), (true, 1), (true, 2), (false, 0), (false, 1)] {
        let bytes = everything(wide, encoding);
        let path = folder.path().join("birds.pst");
        std::fs::write(&path, &bytes).unwrap();
        let Some(both) = compare(test, &path, &read("birds.pst", &bytes)) else { return };
        assert_eq!(both, 9, "wide {wide}, encoding {encoding}");
    }
}

#[test]
fn many_messages_need_trees_of_several_levels() {
    let mut pst = Pst::new(true, 1);
    for number in 0..350 {
        pst.message(INBOX, &mail(&format!("<{number}@x>"), "nest", &format!("egg {number}")));
    }
    let bytes = pst.end();
    let found = read("birds.pst", &bytes);
    let texts: Vec<&str> = found.records().map(|record| record.text.as_deref().unwrap()).collect();
    assert_eq!(texts, (0..350).map(|number| format!("egg {number}")).collect::<Vec<_>>());
    assert_eq!(found.anomalies(), []);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.pst"), &bytes).unwrap();
    let both = compare("many_messages", &folder.path().join("x.pst"), &found);
    assert!(both.is_none_or(|both| both == 350));
}

#[test]
fn a_mail_has_one_id_here_and_in_a_mailbox() {
    let mut pst = Pst::new(true, 1);
    pst.message(INBOX, &mail("<9@example.org>", "nest", "Eggs"));
    let found = one(pst);
    let here = found.records().next().unwrap();
    let mbox = "From heron@example.org Thu Mar  4 05:00:00 2021\nFrom: Heron <Heron@Example.org>\n\
        To: Owl <owl@example.net>\nCc: Lark@example.net\nSubject: nest\n\
        Date: Thu, 4 Mar 2021 06:00:00 +0100\nMessage-ID: <9@example.org>\n\nEggs";
    let found = read("mbox", mbox.as_bytes());
    let there = found.records().next().unwrap();
    let said = |record: &Said| {
        let record = record.clone();
        let time = record.time.unwrap();
        (record.id, record.from, record.to, record.conversation, record.text, (time.0, time.1))
    };
    assert_eq!(said(here), said(there));
}

struct Rows(Vec<(String, i64, Vec<u8>)>);

impl VisitMembers for Rows {
    fn member(&mut self, _: &MemberPath, _: &mut dyn std::io::Read) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> std::io::Result<()> {
        self.0.push((row.table.to_owned(), row.row, row.raw.to_vec()));
        Ok(())
    }

    fn wants_rows(&self) -> bool {
        true
    }
}

#[test]
fn a_verifier_is_shown_the_same_rows() {
    let bytes = everything(true, 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("birds.pst");
    std::fs::write(&path, &bytes).unwrap();
    let mut shown = Rows(Vec::new());
    let file = std::fs::File::open(&path).unwrap();
    each_member(file, &Limits::default(), folder.path(), &mut shown).unwrap();
    let found = read("birds.pst", &bytes);
    let rows = found.items.iter().filter(|item| item.class == ItemClass::Record);
    let rows: Vec<_> = rows
        .filter_map(|item| {
            let (table, row) = item.row.clone()?;
            Some((table, row, item.raw.clone()))
        })
        .collect();
    assert_eq!(rows.len(), 12, "eleven items and a picture");
    assert_eq!(shown.0, rows);
}

#[test]
fn a_file_that_is_cut_gives_what_is_left() {
    let bytes = everything(true, 1);
    let whole = read("birds.pst", &bytes).records().count();
    for length in (4..bytes.len()).step_by(7_919) {
        let found = read("birds.pst", &bytes[..length]);
        assert_eq!(found.end(&[]).parser, "pst", "{length}");
        assert!(found.records().count() <= whole);
        assert!(!found.end_anomalies(&[]).is_empty(), "{length}");
    }
    assert_eq!(read("birds.pst", &bytes[..200]).end_anomalies(&[]), ["pst.unreadable"]);
}

#[test]
fn a_damaged_page_loses_what_it_leads_to_and_says_so() {
    let mut pst = Pst::new(true, 0);
    for number in 0..60 {
        pst.message(INBOX, &mail(&format!("<{number}@x>"), "nest", "egg"));
    }
    let bytes = pst.end();
    let is_leaf = |page: &[u8]| page[496..498] == [0x81, 0x81] && page[491] == 0;
    let leaves: Vec<usize> =
        (0..bytes.len() / 512).filter(|at| is_leaf(&bytes[at * 512..][..512])).collect();
    assert!(leaves.len() > 4);
    let mut damaged = bytes.clone();
    damaged[leaves[1] * 512 + 496] = 0;
    let found = read("birds.pst", &damaged);
    assert_eq!(found.end_anomalies(&[]), ["pst.page_damaged"]);
    assert!((30..60).contains(&found.records().count()), "{}", found.records().count());
    // A bit flipped within the page is told, and what still makes sense is read.
    let mut damaged = bytes;
    damaged[leaves[leaves.len() - 1] * 512 + 480] ^= 1;
    let found = read("birds.pst", &damaged);
    assert_eq!(found.end_anomalies(&[]), ["pst.page_checksum"]);
    assert_eq!(found.records().count(), 60);
}

#[test]
fn folders_within_themselves_end() {
    let mut pst = Pst::new(true, 0);
    pst.folder(0x80A2, "a", 0x80C2);
    pst.folder(0x80C2, "b", 0x80A2);
    pst.also_lists = vec![(INBOX, 0x80A2), (0x80C2, INBOX), (INBOX, TOP), (TOP, ROOT)];
    pst.message(0x80A2, &mail("<1@x>", "nest", "egg"));
    let found = one(pst);
    assert_eq!(found.records().count(), 1);
    assert!(found.end_anomalies(&[]).contains(&"pst.folder_cycle"));
    assert_eq!(found.anomalies(), [("pst.folder_cycle", String::new())]);
    let folder = found.records().next().unwrap().extra("folder")[0].to_owned();
    assert!(folder.len() <= 2 * 129, "{}", folder.len());
}

#[test]
fn values_that_lie_about_their_length_are_missing() {
    let bytes = everything(true, 0);
    // The last word of each heap's list of items is where the last item ends.
    let mut damaged = bytes.clone();
    let heaps: Vec<usize> = (0..bytes.len() - 8)
        .step_by(64)
        .filter(|at| bytes[at + 2..at + 4] == [0xEC, 0xBC])
        .collect();
    assert!(heaps.len() > 10);
    for at in heaps {
        let list = at + usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let count = usize::from(u16::from_le_bytes([bytes[list], bytes[list + 1]]));
        let last = list + 4 + 2 * count;
        damaged[last..last + 2].copy_from_slice(&[0xFF, 0xFF]);
    }
    let found = read("birds.pst", &damaged);
    let kinds: Vec<&str> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
    assert!(kinds.contains(&"pst.value_missing"));
    assert!(kinds.contains(&"pst.block_checksum"));
    assert!(found.records().count() >= 10);
}

#[test]
fn messages_in_messages_end() {
    let mut item = mail("<0@x>", "innermost", "egg");
    for number in 1..40 {
        let mut outer = mail(&format!("<{number}@x>"), "nest", "egg");
        outer.files = vec![Attached::Item("inner", item)];
        item = outer;
    }
    let mut pst = Pst::new(true, 0);
    pst.message(INBOX, &item);
    let found = one(pst);
    assert_eq!(found.records().count(), 34);
    let kinds: Vec<&str> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["pst.nested_too_deep", "pst.item_unreadable"]);
}

#[test]
fn a_file_costs_no_more_than_it_is_worth() {
    let mut pst = Pst::new(true, 0);
    let endless = pst.endless();
    let item = with(mail("<1@x>", "nest", ""), 0x1000, Val::Stored(endless));
    pst.message(INBOX, &item);
    pst.message(INBOX, &mail("<2@x>", "after", "egg"));
    let limits = Limits { unpacked_bytes_free: 1 << 20, ..Limits::default() };
    let found = read_with("birds.pst", &pst.end(), &limits);
    let kinds: Vec<&str> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
    assert!(kinds.contains(&"pst.limit"), "{kinds:?}");
    assert_eq!(found.end(&[]).parser, "pst");
}

#[test]
fn a_text_in_rtf_alone_is_read() {
    let rtf = b"{\\rtf1\\ansi Eggs\\par two}";
    let mut packed =
        [(rtf.len() as u32 + 12).to_le_bytes(), (rtf.len() as u32).to_le_bytes()].concat();
    packed.extend(b"MELA\0\0\0\0");
    packed.extend(rtf);
    let mut pst = Pst::new(true, 0);
    let item = without(mail("<1@x>", "nest", ""), 0x1000);
    pst.message(INBOX, &with(item.clone(), 0x1009, Val::Binary(packed)));
    pst.message(INBOX, &with(item, 0x1009, Val::Binary(b"no such thing, only bytes".to_vec())));
    let found = one(pst);
    let texts: Vec<_> = found.records().map(|record| record.text.as_deref()).collect();
    assert_eq!(texts, [Some("Eggs\ntwo"), None]);
    assert_eq!(found.records().next().unwrap().extra("body_from"), ["rtf"]);
    assert_eq!(found.anomalies(), [("pst.rtf_damaged", "text".to_owned())]);
}

#[test]
fn a_block_of_something_else_is_not_told_as_this_messages() {
    let bytes = everything(true, 0);
    let at = bytes.windows(8).position(|eight| eight == b"E\0g\0g\0s\0").unwrap();
    let start = (0..at).rev().find(|at| at % 64 == 0 && bytes[at + 2..at + 4] == [0xEC, 0xBC]);
    let start = start.unwrap();
    let is_trailer = |at: &usize| {
        let length = usize::from(u16::from_le_bytes([bytes[*at], bytes[at + 1]]));
        let data = bytes.get(start..start + length);
        data.is_some_and(|data| bytes[at + 4..at + 8] == sum(data).to_le_bytes())
    };
    let trailer = (at..).filter(|at| (at + 16) % 64 == 0).find(is_trailer).unwrap();
    let mut damaged = bytes;
    damaged[trailer + 8] ^= 4;
    let found = read("birds.pst", &damaged);
    let kinds: Vec<&str> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "pst.block_foreign").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "pst.item_unreadable").count(), 1);
}

#[test]
fn any_byte_may_be_anything() {
    let files = [few(true, 0), few(false, 0)];
    let mut random = 1u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as usize
    };
    let rounds = if std::env::var_os("EMMA_SLOW_TESTS").is_some() { 5_000 } else { 100 };
    for round in 0..rounds {
        let mut damaged = files[round % 2].clone();
        for _ in 0..next() % 60 {
            let at = next() % damaged.len();
            damaged[at] = next() as u8;
        }
        let mut found = Found::default();
        let mut account = emma_parse::account::Account::new(&mut found);
        read_into("birds.pst", &damaged, &Limits::default(), &mut account);
        assert_eq!(found.end(&[]).bytes, damaged.len() as u64);
    }
}
