//! Reports made from the published field table, of any length, the same for the same seed.

use std::io::{self, Write};

/// How much of what is made.
#[derive(Clone, Copy)]
pub struct Size {
    pub chats: u64,
    pub messages: u64,
    pub others: u64,
}

/// How many records of each kind a report holds.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub message: u64,
    pub call: u64,
    pub contact: u64,
    pub account: u64,
    pub location: u64,
    pub sim: u64,
    pub device: u64,
    pub note: u64,
    pub other: u64,
    pub deleted: u64,
}

struct Maker<'o> {
    out: &'o mut dyn Write,
    state: u64,
    id: u64,
}

const WORDS: [&str; 8] = [
    "heron",
    "owl &amp; tit",
    "gr&#252;n",
    "&lt;nest&gt;",
    "caf\u{e9}",
    "reed",
    "pond",
    "\u{1f986}",
];

impl Maker<'_> {
    /// SplitMix64.
    fn next(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn words(&mut self) -> String {
        let count = 1 + self.next(12);
        (0..count).map(|_| WORDS[self.next(8) as usize]).collect::<Vec<_>>().join(" ")
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    fn model(&mut self, kind: &str, deleted: bool) -> io::Result<()> {
        self.id += 1;
        let state = if deleted { "Deleted" } else { "Intact" };
        let id = self.id;
        self.put(&format!(
            "<model type=\"{kind}\" id=\"00000000-0000-4000-8000-{id:012x}\" \
             deleted_state=\"{state}\" decoding_confidence=\"High\" extractionId=\"0\">\n"
        ))
    }

    fn field(&mut self, name: &str, kind: &str, value: &str) -> io::Result<()> {
        let value = match value {
            "" => "<empty />".to_owned(),
            value => format!("<value type=\"{kind}\">{value}</value>"),
        };
        self.put(&format!("  <field name=\"{name}\" type=\"{kind}\">{value}</field>\n"))
    }

    fn party(&mut self, identifier: u64, role: &str) -> io::Result<()> {
        self.model("Party", false)?;
        self.field("Identifier", "String", &format!("4912{identifier}@s.example.net"))?;
        self.field("Name", "String", WORDS[identifier as usize % 8])?;
        self.field("Role", "PartyRole", role)?;
        self.field("IsPhoneOwner", "Boolean", if identifier == 0 { "True" } else { "False" })?;
        self.put("</model>\n")
    }

    fn time(&mut self) -> String {
        let (day, hour, second) = (1 + self.next(28), self.next(24), self.next(60));
        match self.next(3) {
            0 => format!("2020-02-{day:02}T{hour:02}:00:{second:02}.000+02:00"),
            1 => format!("2020-02-{day:02}T{hour:02}:00:{second:02}"),
            _ => format!("{day:02}/02/2020 {hour:02}:00:{second:02}(UTC+2)"),
        }
    }

    fn message(&mut self, deleted: bool, number: u64) -> io::Result<()> {
        self.model("InstantMessage", deleted)?;
        let time = self.time();
        let words = self.words();
        self.field("Source", "String", "")?;
        self.field("Identifier", "String", &format!("KEY{number}"))?;
        self.field("Body", "String", &words)?;
        self.field("TimeStamp", "TimeStamp", &time)?;
        self.put("  <modelField name=\"From\" type=\"Party\">")?;
        let from = self.next(3);
        self.party(from, "From")?;
        self.put("  </modelField>\n  <multiModelField name=\"To\" type=\"Party\">")?;
        self.party((from + 1) % 3, "To")?;
        self.put("  </multiModelField>\n")?;
        if self.next(4) == 0 {
            self.put("  <multiModelField name=\"Attachments\" type=\"Attachment\">")?;
            self.model("Attachment", false)?;
            self.field("Filename", "String", "bird.jpg")?;
            self.field("ContentType", "String", "image/jpeg")?;
            self.put("</model></multiModelField>\n")?;
        }
        self.put("</model>\n")
    }
}

fn simple(maker: &mut Maker<'_>, kind: &str, count: u64, fields: &[&str]) -> io::Result<u64> {
    maker.put(&format!("<modelType type=\"{kind}\">\n"))?;
    let mut lost = 0;
    for _ in 0..count {
        let deleted = maker.next(5) == 0;
        lost += u64::from(deleted);
        maker.model(kind, deleted)?;
        for field in fields {
            let value = match *field {
                "TimeStamp" | "TimeCreated" | "Creation" => maker.time(),
                _ => maker.words(),
            };
            maker.field(field, "String", &value)?;
        }
        if kind == "Call" {
            maker.put("<multiModelField name=\"Parties\" type=\"Party\">")?;
            maker.party(1, "From")?;
            maker.put("</multiModelField>")?;
        }
        maker.put("</model>\n")?;
    }
    maker.put("</modelType>\n")?;
    Ok(lost)
}

/// Writes a report and says what is in it.
pub fn write(out: &mut dyn Write, seed: u64, size: Size) -> io::Result<Counts> {
    let mut maker = Maker { out, state: seed, id: 0 };
    let mut counts = Counts::default();
    maker.put(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<project id=\"1\" name=\"made\" \
         xmlns=\"http://pa.cellebrite.com/report/2.0\">\n  <sourceExtractions>\n    \
         <extractionInfo id=\"0\" name=\"made\" />\n  </sourceExtractions>\n  \
         <metadata section=\"Device Info\"><item name=\"Serial\">X1</item>\
         <item name=\"IMEI\">000000000000000</item></metadata>\n  <taggedFiles>\n",
    )?;
    (counts.device, counts.other) = (1, 1);
    for n in 0..size.others {
        maker.put(&format!(
            "<file fs=\"fs\" path=\"/media/{n}.jpg\" size=\"{n}\" id=\"f{n}\" deleted=\"Intact\">\
             <accessInfo><timestamp name=\"CreationTime\">2020-02-01T00:00:00+00:00</timestamp>\
             </accessInfo><metadata section=\"File\"><item name=\"Local Path\">files\\{n}.jpg\
             </item></metadata></file>\n"
        ))?;
    }
    maker.put("</taggedFiles>\n<decodedData>\n<modelType type=\"Chat\">\n")?;
    for chat in 0..size.chats {
        maker.model("Chat", false)?;
        maker.field("Source", "String", "Reed Mail")?;
        maker.field("Id", "String", &format!("chat-{chat}"))?;
        maker.field("Name", "String", "")?;
        maker.put("<multiModelField name=\"Participants\" type=\"Party\">")?;
        maker.party(0, "General")?;
        maker.party(1, "General")?;
        maker.put("</multiModelField>\n")?;
        maker.put("<multiModelField name=\"Messages\" type=\"InstantMessage\">\n")?;
        for number in 0..size.messages {
            let deleted = maker.next(10) == 0;
            counts.deleted += u64::from(deleted);
            maker.message(deleted, number)?;
        }
        maker.put("</multiModelField>\n</model>\n")?;
    }
    maker.put("</modelType>\n")?;
    let others = size.others;
    let kinds: [(&str, &[&str]); 8] = [
        ("SMS", &["TimeStamp", "Body", "Folder"]),
        ("Call", &["TimeStamp", "Duration", "Type"]),
        ("Contact", &["Name", "Source"]),
        ("UserAccount", &["Username", "TimeCreated"]),
        ("Location", &["TimeStamp", "Name"]),
        ("SIMData", &["Name", "Value"]),
        ("Note", &["Creation", "Body", "Title"]),
        ("Cookie", &["Name", "Value"]),
    ];
    for (kind, fields) in kinds {
        counts.deleted += simple(&mut maker, kind, others, fields)?;
    }
    maker.put("</decodedData>\n</project>\n")?;
    counts.message = size.chats * size.messages + others;
    for count in [&mut counts.call, &mut counts.contact, &mut counts.account] {
        *count = others;
    }
    for count in [&mut counts.location, &mut counts.sim, &mut counts.note] {
        *count = others;
    }
    counts.other += size.chats + 2 * others;
    Ok(counts)
}
