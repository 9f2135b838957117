//! Formats that are streams of records.

use std::io::{self, Write};

/// How a format's file begins, goes on and ends.
pub struct Made {
    pub name: &'static str,
    pub file: &'static str,
    pub head: &'static str,
    /// Writes record `n`; its text comes last.
    pub record: fn(&mut dyn Write, u64, &str) -> io::Result<()>,
    pub between: &'static str,
    pub tail: &'static str,
}

/// The formats whose files are streams of records.
pub const FORMATS: &[Made] = &[
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
    Made {
        name: "signal-jsonl",
        file: "main.jsonl",
        head: "{\"version\":\"1\",\"backupTimeMs\":\"86500000\",\"currentAppVersion\":\"8.0\"}\n\
               {\"account\":{\"givenName\":\"Heron\"}}\n\
               {\"recipient\":{\"id\":\"1\",\"self\":{}}}\n\
               {\"recipient\":{\"id\":\"2\",\"contact\":{\"e164\":\"15550000002\"}}}\n\
               {\"chat\":{\"id\":\"10\",\"recipientId\":\"2\"}}\n",
        record: |out, n, text| {
            writeln!(
                out,
                "{{\"chatItem\":{{\"chatId\":\"10\",\"authorId\":\"2\",\"dateSent\":\"{0}\",\
                 \"incoming\":{{\"dateReceived\":\"{0}\"}},\
                 \"standardMessage\":{{\"text\":{{\"body\":\"{text}\"}}}}}}}}",
                1_585_908_672_000 + n
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "delivery",
        file: "feed.ndjson",
        head: "",
        record: |out, n, text| {
            writeln!(
                out,
                "{{\"schema\":\"message/1\",\"synthetic\":true,\"source\":\"feed\",\"stage\":2,\
                 \"device\":\"001000000000014\",\"id\":\"{n:016x}\",\
                 \"conversation\":\"{:016x}\",\"direction\":\"out\",\
                 \"from\":\"bird{}@phone.example\",\"to\":[\"owl@phone.example\"],\
                 \"time\":\"2020-04-02T10:11:12.345+02:00\",\
                 \"captured\":\"2020-04-02T08:11:20.000Z\",\"text\":\"{text}\"}}",
                n % 31,
                n % 97
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "csv",
        file: "calls.csv",
        head: "Record,Direction,Subscriber,Other Party,Start (UTC),Seconds,Service,Cell,IMEI\n",
        record: |out, n, _| {
            writeln!(
                out,
                "r{n},{},15550001,1555{:04},2020-05-01T{:02}:{:02}:00Z,{},Voice,QI-{},\
                 001000000000011",
                if n % 2 == 0 { "Out" } else { "In" },
                n % 9_973,
                n / 60 % 24,
                n % 60,
                n % 600,
                n % 89
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "ndjson",
        file: "birds.chat.ndjson",
        head: "",
        record: |out, n, text| {
            writeln!(
                out,
                "{{\"id\":\"m{n}\",\"conversation\":\"room\",\"from\":\"bird{}\",\"to\":[\"owl\"],\
                 \"time\":\"2020-04-03T10:11:12Z\",\"text\":\"{text}\"}}",
                n % 97
            )
        },
        between: "",
        tail: "",
    },
    Made {
        name: "gpx",
        file: "walk.gpx",
        head: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Heron\" \
               xmlns=\"http://www.topografix.com/GPX/1/1\">\n",
        record: |out, n, text| {
            writeln!(
                out,
                "<wpt lat=\"{}.{:04}\" lon=\"{}.{:04}\"><ele>34.5</ele>\
                 <time>2020-04-03T10:{:02}:{:02}Z</time><name>{text}</name></wpt>",
                n % 80,
                n % 10_000,
                n % 170,
                n % 9_973,
                n / 60 % 60,
                n % 60
            )
        },
        between: "",
        tail: "</gpx>\n",
    },
    Made {
        name: "kml",
        file: "places.kml",
        head: "<?xml version=\"1.0\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n",
        record: |out, n, text| {
            writeln!(
                out,
                "<Placemark><name>{text}</name><TimeStamp><when>2020-04-03T10:11:12Z</when>\
                 </TimeStamp><Point><coordinates>{}.{:04},{}.{:04},0</coordinates></Point>\
                 </Placemark>",
                n % 170,
                n % 10_000,
                n % 80,
                n % 9_973
            )
        },
        between: "",
        tail: "</Document></kml>\n",
    },
];

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
