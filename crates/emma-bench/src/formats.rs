//! One large file of each format, written as a stream of invented records, and the rate at which
//! each is read: parsed and accounted for, nothing kept.

use crate::draw::Draw;
use emma_model::record::MemberEnd;
use emma_model::{Item, Sink};
use emma_parse::{ExhibitInfo, Limits, Plan, read_exhibit};
use emma_testkit::mailbox::{self, Item as MailItem, Pst};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How a format's file begins, goes on and ends.
struct Made {
    name: &'static str,
    file: &'static str,
    head: &'static str,
    /// Writes record `n`; its text comes last.
    record: fn(&mut dyn Write, u64, &str) -> io::Result<()>,
    between: &'static str,
    tail: &'static str,
}

const FORMATS: &[Made] = &[
    Made {
        name: "irc",
        file: "2020-04-03.txt",
        head: "",
        record: |out, n, text| {
            writeln!(out, "[{:02}:{:02}] <bird{}> {text}", n / 60 % 24, n % 60, n % 97)
        },
        between: "",
        tail: "",
    },
    Made {
        name: "telegram",
        file: "result.json",
        head: "{\"name\":\"Birds\",\"type\":\"private_group\",\"id\":42,\"messages\":[\n",
        record: |out, n, text| {
            write!(
                out,
                "{{\"id\":{n},\"type\":\"message\",\"date\":\"2020-04-03T10:11:12\",\
                \"date_unixtime\":\"{}\",\
                 \"from\":\"Bird\",\"from_id\":\"user{}\",\"text\":\"{text}\",\
                 \"text_entities\":[]}}",
                1_585_908_672 + n,
                n % 97
            )
        },
        between: ",\n",
        tail: "\n]}\n",
    },
    Made {
        name: "whatsapp-text",
        file: "WhatsApp Chat with Owl.txt",
        head: "",
        record: |out, n, text| {
            writeln!(
                out,
                "{:02}/04/2020, 10:{:02} - Bird {}: {text}",
                1 + n / 900_000 % 30,
                n % 60,
                n % 7
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "rocketchat",
        file: "history.json",
        head: "{\"messages\":[\n",
        record: |out, n, text| {
            write!(
                out,
                "{{\"_id\":\"m{n}\",\"rid\":\"room{}\",\"msg\":\"{text}\",\
                \"ts\":\"2020-04-03T10:11:12.000Z\",\
                 \"u\":{{\"_id\":\"u{}\",\"username\":\"bird{}\"}},\
                 \"_updatedAt\":\"2020-04-03T10:11:12.000Z\"}}",
                n % 31,
                n % 97,
                n % 97
            )
        },
        between: ",\n",
        tail: "\n],\"count\":1,\"success\":true}\n",
    },
    Made {
        name: "matrix",
        file: "export.json",
        head: "{\"room_name\":\"Birds\",\"room_creator\":\"@heron:example.org\",\"topic\":\"\",\
        \"messages\":[\n",
        record: |out, n, text| {
            write!(
                out,
                "{{\"type\":\"m.room.message\",\"event_id\":\"$e{n}\",\
                \"sender\":\"@bird{}:example.org\",\
                 \"origin_server_ts\":{},\"content\":{{\"msgtype\":\"m.text\",\
                 \"body\":\"{text}\"}},\
                 \"room_id\":\"!r:example.org\"}}",
                n % 97,
                1_585_908_672_000 + n
            )
        },
        between: ",\n",
        tail: "\n]}\n",
    },
    Made {
        name: "discord",
        file: "birds.json",
        head: "{\"guild\":{\"id\":\"690000000000000001\",\"name\":\"Birds\"},\
               \"channel\":{\"id\":\"690000000000000002\",\"type\":\"GuildTextChat\",\
               \"name\":\"nest\"},\"messages\":[\n",
        record: |out, n, text| {
            write!(
                out,
                "{{\"id\":\"{}\",\"type\":\"Default\",\
                \"timestamp\":\"2020-04-03T10:11:12.000+00:00\",\
                 \"timestampEdited\":null,\"isPinned\":false,\"content\":\"{text}\",\
                 \"author\":{{\"id\":\"{}\",\
                 \"name\":\"bird\",\"discriminator\":\"0000\",\"isBot\":false}},\
                 \"attachments\":[],\"embeds\":[],\
                 \"reactions\":[],\"mentions\":[]}}",
                690_000_000_000_000_000 + n,
                690_000_000_000_100_000 + n % 97
            )
        },
        between: ",\n",
        tail: "\n],\"messageCount\":1}\n",
    },
    Made {
        name: "slack",
        file: "nest/2020-04-03.json",
        head: "[\n",
        record: |out, n, text| {
            write!(
                out,
                "{{\"type\":\"message\",\"user\":\"U{:06}\",\"text\":\"{text}\",\
                \"ts\":\"{}.{:06}\",\
                 \"client_msg_id\":\"c{n}\"}}",
                n % 97,
                1_585_908_672 + n / 1_000,
                n % 1_000
            )
        },
        between: ",\n",
        tail: "\n]\n",
    },
    Made {
        name: "mbox",
        file: "inbox",
        head: "",
        record: |out, n, text| {
            write!(
                out,
                "From bird{0}@example.org Fri Apr  3 10:11:12 2020\nFrom: Bird {0} \
                <bird{0}@example.org>\n\
                 To: owl@example.org\nSubject: note {n}\nMessage-ID: <{n}@example.org>\n\
                 Date: Fri, 3 Apr 2020 10:11:12 +0200\nContent-Type: text/plain; charset=utf-8\n\n\
                 {text}\n\n",
                n % 97
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "vcard",
        file: "all.vcf",
        head: "",
        record: |out, n, text| {
            write!(
                out,
                "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bird \
                {n}\r\nN:Bird;{n};;;\r\nTEL;TYPE=CELL:+1555{:07}\r\n\
                 NOTE:{}\r\nEND:VCARD\r\n",
                n % 10_000_000,
                text.replace(',', "\\,").replace(';', "\\;")
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "sms-backup",
        file: "sms.xml",
        head: "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"1\">\n",
        record: |out, n, text| {
            writeln!(
                out,
                "  <sms protocol=\"0\" address=\"+1555{:07}\" date=\"{}\" type=\"{}\" \
                subject=\"null\" body=\"{}\" \
                 read=\"1\" status=\"-1\" contact_name=\"Bird\" />",
                n % 97,
                1_585_908_672_000 + n,
                1 + n % 2,
                escape(text)
            )
        },
        between: "",
        tail: "</smses>\n",
    },
    Made {
        name: "ufdr",
        file: "report.xml",
        head: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<project id=\"p\" name=\"Phone\" \
               xmlns=\"http://pa.cellebrite.com/report/2.0\"><decodedData>\
               <modelType type=\"InstantMessage\">\n",
        record: |out, n, text| {
            writeln!(
                out,
                "<model type=\"InstantMessage\" id=\"m{n}\" deleted_state=\"Intact\" \
                extractionId=\"0\">\
                 <field name=\"Source\" type=\"String\"><value \
                 type=\"String\"><![CDATA[WhatsApp]]></value></field>\
                 <field name=\"Body\" type=\"String\"><value \
                 type=\"String\"><![CDATA[{text}]]></value></field>\
                 <modelField name=\"From\" type=\"Party\"><model type=\"Party\" id=\"p{n}\" \
                 deleted_state=\"Intact\">\
                 <field name=\"Identifier\" type=\"String\"><value \
                 type=\"String\"><![CDATA[1555{}@s.whatsapp.net]]>\
                 </value></field></model></modelField>\
                 <field name=\"TimeStamp\" type=\"TimeStamp\">\
                 <value type=\"TimeStamp\">2020-04-03T10:11:12.000+00:00</value></field>\
                 </model>",
                n % 97
            )
        },
        between: "",
        tail: "</modelType></decodedData></project>\n",
    },
    Made {
        name: "xmpp",
        file: "archive.xml",
        head: "<?xml version=\"1.0\"?>\n<archive>\n",
        record: |out, n, text| {
            writeln!(
                out,
                "<result xmlns='urn:xmpp:mam:2' id='a{n}'><forwarded xmlns='urn:xmpp:forward:0'>\
                 <delay xmlns='urn:xmpp:delay' stamp='2020-04-03T10:11:12Z'/><message \
                 xmlns='jabber:client' \
                 from='bird{}@example.org/x' to='owl@example.org' \
                 type='chat'><body>{}</body></message>\
                 </forwarded></result>",
                n % 97,
                escape(text)
            )
        },
        between: "",
        tail: "</archive>\n",
    },
];

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Counts what a reader finds.
#[derive(Default)]
struct Count {
    records: u64,
    anomalies: u64,
    parser: String,
}

impl Sink for Count {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.records += u64::from(item.record.is_some());
        self.anomalies += item.anomalies.len() as u64;
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.parser = end.parser;
        Ok(())
    }
}

/// The names of the formats that can be made.
pub fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|made| made.name).chain([SQLITE, PST]).collect()
}

/// A database of WhatsApp for Android, read by its mapping.
const SQLITE: &str = "sqlite";

fn make_database(folder: &Path, bytes: u64) -> Result<(PathBuf, u64), String> {
    let path = folder.join(SQLITE).join("msgstore.db");
    let parent = path.parent().expect("a file has a folder");
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    let fill = || -> rusqlite::Result<u64> {
        let mut db = rusqlite::Connection::open(&path)?;
        db.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT);
             CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);
             CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER,
               sender_jid_row_id INTEGER, from_me INTEGER, key_id TEXT, timestamp INTEGER,
               received_timestamp INTEGER, message_type INTEGER, text_data TEXT, status INTEGER,
               starred INTEGER);
             INSERT INTO jid VALUES (1, '15550001', 's.whatsapp.net', '15550001@s.whatsapp.net');
             INSERT INTO chat VALUES (1, 1, NULL);",
        )?;
        let texts = texts();
        let (mut count, mut written) = (0u64, 0);
        let transaction = db.transaction()?;
        {
            let mut insert = transaction
                .prepare("INSERT INTO message VALUES (NULL, 1, 0, ?1, ?2, ?3, 0, 0, ?4, 0, 0)")?;
            while written < bytes {
                let text = &texts[(count % texts.len() as u64) as usize];
                let at = 1_585_908_672_000i64 + count as i64;
                insert.execute(((count % 2) as i64, format!("K{count}"), at, text))?;
                written += text.len() as u64 + 40;
                count += 1;
            }
        }
        transaction.commit()?;
        Ok(count)
    };
    let count = fill().map_err(|error| error.to_string())?;
    Ok((path, count))
}

const PST: &str = "pst";
/// Messages a folder, and folders a folder of folders: the writer's tables are of one block.
const PST_FOLDER_MESSAGES: u64 = 300;
const PST_FOLDER_FOLDERS: u64 = 100;

/// A mailbox of two levels of folders.
fn make_mailbox(folder: &Path, bytes: u64) -> Result<(PathBuf, u64), String> {
    let path = folder.join(PST).join("mail.pst");
    let parent = path.parent().expect("a file has a folder");
    let mut mailbox = Pst::new(true, 1);
    let texts = texts();
    let (mut count, mut written) = (0u64, 0);
    let (mut above, mut within) = (mailbox::INBOX, mailbox::INBOX);
    let mut folder_id = mailbox::INBOX;
    let mut next = || {
        folder_id += 0x20;
        folder_id
    };
    while written < bytes {
        if count.is_multiple_of(PST_FOLDER_MESSAGES) {
            if count.is_multiple_of(PST_FOLDER_MESSAGES * PST_FOLDER_FOLDERS) {
                above = next();
                mailbox.folder(above, &format!("Folder {above:x}"), mailbox::INBOX);
            }
            within = next();
            mailbox.folder(within, &format!("Folder {within:x}"), above);
        }
        let text = &texts[(count % texts.len() as u64) as usize];
        let values = vec![
            (0x001A, mailbox::text("IPM.Note")),
            (0x0037, mailbox::text("heron")),
            (0x0039, mailbox::at(1_585_908_672 + count)),
            (0x0C1A, mailbox::text("Owl")),
            (0x0C1F, mailbox::text("owl@example.org")),
            (0x1000, mailbox::text(text)),
            (0x1035, mailbox::text(&format!("<{count}@example.org>"))),
        ];
        let to = vec![(1, "Wren", "wren@example.org")];
        mailbox.message(within, &MailItem { values, to, files: Vec::new() });
        // Two blocks and a list of blocks an item, padded as the format asks.
        written += 2 * text.len() as u64 + 680;
        count += 1;
    }
    std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    std::fs::write(&path, mailbox.end()).map_err(|error| error.to_string())?;
    Ok((path, count))
}

/// Writes a file of `bytes` bytes or a little more, and returns it with its count of records.
pub fn make(folder: &Path, name: &str, bytes: u64) -> Result<(PathBuf, u64), String> {
    if name == SQLITE {
        return make_database(folder, bytes);
    }
    if name == PST {
        return make_mailbox(folder, bytes);
    }
    let made = FORMATS.iter().find(|made| made.name == name).ok_or("no such format")?;
    let path = folder.join(name).join(made.file);
    let parent = path.parent().expect("a file has a folder");
    let write = || -> io::Result<u64> {
        std::fs::create_dir_all(parent)?;
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        out.write_all(made.head.as_bytes())?;
        let (mut written, mut record, mut count) = (made.head.len() as u64, Vec::new(), 0);
        let texts = texts();
        while written < bytes {
            record.clear();
            if count > 0 {
                record.extend_from_slice(made.between.as_bytes());
            }
            (made.record)(&mut record, count, &texts[(count % texts.len() as u64) as usize])?;
            out.write_all(&record)?;
            written += record.len() as u64;
            count += 1;
        }
        out.write_all(made.tail.as_bytes())?;
        out.flush()?;
        Ok(count)
    };
    let count = write().map_err(|error| error.to_string())?;
    Ok((path, count))
}

/// Some thousand texts of 20 to 140 characters, without characters that need an escape anywhere.
fn texts() -> Vec<String> {
    let mut draw = Draw::new(7);
    let words =
        ["heron", "owl", "nest", "river", "tonight", "bring", "the", "two", "maybe", "nine"];
    (0..4_096)
        .map(|_| {
            let count = 4 + draw.below(20);
            let words: Vec<&str> = (0..count).map(|_| words[draw.below(10) as usize]).collect();
            words.join(" ")
        })
        .collect()
}

/// Makes and reads a file of one format; prints megabytes and records a second.
pub fn measure(folder: &Path, name: &str, bytes: u64) -> Result<Value, String> {
    let (path, expected) = make(folder, name, bytes)?;
    let file = File::open(&path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let delivered = path.strip_prefix(folder).expect("it was made there").display().to_string();
    let exhibit = ExhibitInfo { path: delivered, bytes: length, digest: None };
    let plan = Plan::new(None, true);
    let mut count = Count::default();
    let started = Instant::now();
    let limits = Limits::default();
    read_exhibit(file, &exhibit, &plan, &limits, folder, &mut |_| {}, &mut count)
        .map_err(|error| error.to_string())?;
    let seconds = started.elapsed().as_secs_f64();
    if count.records != expected {
        return Err(format!("{name}: {} records of {expected}", count.records));
    }
    std::fs::remove_file(&path).map_err(|error| error.to_string())?;
    Ok(json!({
        "format": name,
        "read_by": count.parser,
        "bytes": length,
        "records": count.records,
        "anomalies": count.anomalies,
        "seconds": seconds,
        "megabytes_per_second": length as f64 / 1e6 / seconds,
        "records_per_second": count.records as f64 / seconds,
    }))
}
