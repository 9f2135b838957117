//! Invented deliveries in several shapes: what the demonstration takes in.
//!
//! Nobody in them exists. One line is broken on purpose, so that the loss report has an entry.

use crate::failure::{During, Failure};
use crate::zip;
use std::path::Path;

/// A chat log in a format of its own: two-line headers, texts of several lines, the date in the
/// file's name, a separator line that may also occur inside a text.
const HARBOUR_LOG: &str = "\
[09:14:05] greyheron -> blueotter
#1001
Good morning. The blue van is at the old harbour.
---
[09:15:40] blueotter -> greyheron
#1002
ok. Pick up at nine tonight?
Bring the keys this time
---
[09:16:02] greyheron -> blueotter
#1003
yes. three stops:
---
first the bakery, then the two others
---
[21:02:11] blueotter -> greyheron
#1004
I am here, where are you
---
[21:09:48] greyheron -> blueotter
#1005
change of plan, pick it up yourself tomorrow
---
";

/// How to read it. `docs/mappings.md` is the manual.
const HARBOUR_MAPPING: &str = r##"mapping = 1
name = "demo-harbour"
version = 1
description = "Invented chat log: a line with time and parties, a line with the id, the text."
network = "harbour"
files = ["harbour-*.log"]
path = 'harbour-(?<day>[0-9-]+)\.log$'
layout = "log"

[fields]
id = "id"
from = "from"
to = "to"
text = "body"

[time]
template = "{path:day} {clock}"
format = "%Y-%m-%d %H:%M:%S"
zone = "Europe/Amsterdam"
clock = "sent"

[log]
separator = '^---$'

[[log.header]]
lines = ['^\[(?<clock>\d\d:\d\d:\d\d)\] (?<from>\S+) -> (?<to>\S+)$', '^#(?<id>\d+)$']
"##;

/// A feed of JSON lines in four scripts; line 6 is cut short.
const FEED: &str = r#"{"id":"f-1","sender":"greyheron","recipient":"palefox","room":"north","sent":"2020-04-02T07:10:00Z","body":"Zoë, de sleutel ligt bij de bakker. Alles rustig?"}
{"id":"f-2","sender":"palefox","recipient":"greyheron","room":"north","sent":"2020-04-02T07:11:30Z","body":"alles rustig, ik pak de tas om half tien"}
{"id":"f-3","sender":"sivasli","recipient":"greyheron","room":"east","sent":"2020-04-02T09:00:12Z","body":"Yarın İzmir'den geliyorum, üç kişi olacağız"}
{"id":"f-4","sender":"volna","recipient":"greyheron","room":"east","sent":"2020-04-03T18:45:00Z","body":"Ёлки! забери посылку завтра утром"}
{"id":"f-5","sender":"glaros","recipient":"volna","room":"east","sent":"2020-04-03T19:02:59Z","body":"Το δέμα είναι στο λιμάνι"}
{"id":"f-6","sender":"glaros","recipient":"volna","room":"east","sent":"2020-04-03T19
{"id":"f-7","sender":"nasim","recipient":"volna","room":"east","sent":"2020-04-04T05:30:00Z","body":"الطرد وصل إلى الميناء","device":"d-17"}
{"id":"f-8","sender":"greyheron","recipient":"palefox","room":"north","sent":"2020-04-05T20:15:00Z","body":"pick up moved to the harbour, same time"}
"#;

/// How to read it.
const FEED_MAPPING: &str = r#"mapping = 1
name = "demo-feed"
version = 1
description = "Invented feed of JSON lines."
network = "feed"
files = ["*.ndjson"]
layout = "ndjson"
keep = ["device"]

[fields]
id = "id"
from = "sender"
to = "recipient"
conversation = "room"
text = "body"

[time]
column = "sent"
format = "rfc3339"
clock = "sent"
"#;

/// An IRC log: the date in its name, minutes only, a clock that passes midnight.
const IRC_LOG: &str = "\
[23:48] <greyheron> anyone awake?
[23:51] <palefox> barely
=== volna [~v@host.example] has joined #harbour
[23:59] <volna> pick up done, going home
[00:03] <greyheron> good. sleep well
[00:05]  * palefox yawns
";

/// A Telegram Desktop export of one chat.
const TELEGRAM: &str = r#"{
 "name": "Lime",
 "type": "personal_chat",
 "id": 4100000001,
 "messages": [
  {
   "id": 1,
   "type": "message",
   "date": "2020-04-06T10:00:00",
   "date_unixtime": "1586167200",
   "from": "Lime",
   "from_id": "user4100000001",
   "text": "did you see the harbour today?"
  },
  {
   "id": 2,
   "type": "message",
   "date": "2020-04-06T10:01:10",
   "date_unixtime": "1586167270",
   "from": "Grey Heron",
   "from_id": "user4100000002",
   "reply_to_message_id": 1,
   "text": ["no, but ", {"type": "bold", "text": "pick up"}, " is at eight"]
  }
 ]
}
"#;

/// Not a photo: bytes no parser knows, kept whole.
const PHOTO: [u8; 24] = [
    0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff,
    0xd9, 0, 0,
];

/// Writes everything below `folder`.
pub fn write(folder: &Path) -> Result<(), Failure> {
    let archive = zip::stored(&[
        ("export/2020-04-07_harbour.raw.txt", IRC_LOG.as_bytes()),
        ("export/result.json", TELEGRAM.as_bytes()),
        ("export/photos/IMG_0001.jpg", &PHOTO),
    ]);
    let files: [(&str, &[u8]); 5] = [
        ("harbour/harbour-2020-04-01.log", HARBOUR_LOG.as_bytes()),
        ("harbour.toml", HARBOUR_MAPPING.as_bytes()),
        ("feed/feed.ndjson", FEED.as_bytes()),
        ("feed.toml", FEED_MAPPING.as_bytes()),
        ("phone-7.zip", &archive),
    ];
    for (name, bytes) in files {
        let path = folder.join(name);
        let above = path.parent().expect("it lies in the folder");
        std::fs::create_dir_all(above).during("cannot make a folder for specimens")?;
        std::fs::write(path, bytes).during("cannot write a specimen")?;
    }
    Ok(())
}

/// An authority for `key`, over everything, valid in this century.
pub fn authority(name: &str, key: &str) -> String {
    format!(
        r#"version = 1
id = "demo-1"
kind = "synthetic"
court = "Court of Nowhere"
instrument = "order 1, invented"
offences = ["none: this case is invented"]
read_until = 2099-12-31
conditions = ["for demonstration only"]

[valid]
from = 2020-01-01
to = 2099-12-31

[[actors]]
name = "{name}"
key = "{key}"
"#
    )
}
