//! Calls, places, devices, SIMs, events, contacts and accounts as tables with named columns.
//!
//! Every format spells a call's length its own way, and every one keeps its spelling: values
//! are stored raw, under their own names (ARCHITECTURE.md, "Kinds, not tables"). Here records of
//! one kind are laid out under common columns when they are asked for. A column takes the first
//! value that is spelled as one of its words and reads as what the column holds; what no column
//! took stays beside it under its own name, so that nothing is lost by being laid out.

use crate::present::{MessageLine, TimeLine};
use emma_lake::{CopyRow, MessageRow};
use emma_model::RecordKind;
use serde::Serialize;
use serde_json::{Number, Value};

/// A table: records of one kind under common columns.
#[derive(Debug)]
pub struct KindTable {
    /// Its name.
    pub name: &'static str,
    /// The kind of its records.
    pub kind: RecordKind,
    /// Its own columns, behind the common ones.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its name, with its unit last.
    pub name: &'static str,
    holds: Holds,
    /// How formats spell it, in lower case, letters and digits only; the first that fits counts.
    words: &'static [&'static str],
}

/// What a column's values must read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holds {
    /// Any text.
    Text,
    /// Seconds: a number, or `H:MM:SS`.
    Seconds,
    /// A number within these bounds.
    Number(i32, i32),
}

const fn text(name: &'static str, words: &'static [&'static str]) -> Column {
    Column { name, holds: Holds::Text, words }
}

const fn seconds(name: &'static str, words: &'static [&'static str]) -> Column {
    Column { name, holds: Holds::Seconds, words }
}

const fn number(
    name: &'static str,
    least: i32,
    most: i32,
    words: &'static [&'static str],
) -> Column {
    Column { name, holds: Holds::Number(least, most), words }
}

const UNTIL: &[&str] =
    &["until", "validto", "assignedto", "to", "end", "endtime", "ended", "endutc", "bis"];
const DURATION: &[&str] = &[
    "durations",
    "durationseconds",
    "durationsec",
    "duration",
    "callduration",
    "seconds",
    "sec",
    "dauer",
    "messageduration",
];
const IMEI: &[&str] = &["imei", "imeisv", "geraet", "deviceimei"];
const IMSI: &[&str] = &["imsi"];
const ICCID: &[&str] = &["iccid", "simserial"];
const NUMBER: &[&str] = &[
    "msisdn",
    "phonenumber",
    "phone",
    "number",
    "tel",
    "mobile",
    "rufnummer",
    "ownnumber",
    "e164",
];
/// Values before and after a `Value` among which its name or kind is looked for.
const BESIDE_MAX: usize = 64;
const CELL: &[&str] = &["cell", "cellid", "cgi", "ecgi", "firstcell", "startcell", "site"];

/// The tables there are.
pub const TABLES: [KindTable; 7] = [
    KindTable {
        name: "calls",
        kind: RecordKind::Call,
        columns: &[
            seconds("duration_s", DURATION),
            text("direction", &["direction", "dir", "calldirection", "calltype", "outgoing"]),
            text(
                "answered",
                &[
                    "answered",
                    "callresult",
                    "callstatus",
                    "status",
                    "outcome",
                    "state",
                    "discardreason",
                ],
            ),
            text("service", &["service", "type", "video", "isvideo", "videocall", "media"]),
            text("cell", CELL),
            text("imei", IMEI),
            text("imsi", IMSI),
        ],
    },
    KindTable {
        name: "places",
        kind: RecordKind::Location,
        columns: &[
            number("latitude_deg", -90, 90, &["latitude", "lat"]),
            number("longitude_deg", -180, 180, &["longitude", "lon", "lng", "long"]),
            number(
                "accuracy_m",
                0,
                1_000_000,
                &["accuracym", "rangem", "radiusm", "accuracy", "radius", "horizontalaccuracy"],
            ),
            number("elevation_m", -12_000, 100_000, &["elevation", "altitude", "ele"]),
            number("azimuth_deg", 0, 360, &["azimuth", "bearing", "heading", "course"]),
            text(
                "area",
                &[
                    "sitename",
                    "site",
                    "area",
                    "cell",
                    "cellid",
                    "camera",
                    "address",
                    "placename",
                    "name",
                ],
            ),
            text("confidence", &["confidence", "score"]),
            text("until", UNTIL),
        ],
    },
    KindTable {
        name: "devices",
        kind: RecordKind::Device,
        columns: &[
            text("imei", IMEI),
            text("imsi", IMSI),
            text("number", NUMBER),
            text("serial", &["serial", "serialnumber", "androidid", "udid", "uniqueid"]),
            text("maker", &["make", "maker", "manufacturer", "vendor", "brand"]),
            text("model", &["model", "devicemodel", "product", "modelname", "role"]),
            text("system", &["os", "osversion", "system", "systemversion", "version"]),
        ],
    },
    KindTable {
        name: "sims",
        kind: RecordKind::Sim,
        columns: &[
            text("imsi", IMSI),
            text("iccid", ICCID),
            text("number", NUMBER),
            text("imei", IMEI),
            text("subscriber", &["subscriber", "customer", "holder", "owner", "name"]),
            text("roaming", &["roaming", "visited", "network", "plmn", "home"]),
            text("until", UNTIL),
        ],
    },
    KindTable {
        name: "events",
        kind: RecordKind::Event,
        columns: &[
            text("what", &["event", "type", "action", "eventtype", "what", "method", "schema"]),
            text("address", &["ip", "ipaddress", "clientip", "remoteaddr", "address", "host"]),
            text("server", &["server", "machine", "hostname", "node"]),
            text("imei", IMEI),
            text("number", NUMBER),
            text("cell", CELL),
            seconds("duration_s", DURATION),
            text("until", UNTIL),
        ],
    },
    KindTable {
        name: "contacts",
        kind: RecordKind::Contact,
        columns: &[
            text(
                "name",
                &[
                    "name",
                    "displayname",
                    "fullname",
                    "fn",
                    "contactname",
                    "nickname",
                    "givenname",
                    "firstname",
                ],
            ),
            text("number", NUMBER),
            text("mail", &["email", "mail", "emailaddress"]),
            text("organisation", &["organisation", "organization", "org", "company"]),
            text("note", &["note", "notes", "about", "bio"]),
        ],
    },
    KindTable {
        name: "accounts",
        kind: RecordKind::Account,
        columns: &[
            text("name", &["name", "displayname", "fullname", "realname", "username"]),
            text("number", NUMBER),
            text("mail", &["email", "mail", "emailaddress"]),
            text("imei", IMEI),
            text("reseller", &["reseller", "dealer", "soldby"]),
            text("until", &["until", "expires", "expiry", "validto", "end"]),
        ],
    },
];

/// One record, laid out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Laid {
    /// When; `null` where nothing is known.
    pub time: Option<TimeLine>,
    /// The party it is of: who called, whose place it is.
    pub from: Option<String>,
    /// Others: who was called.
    pub to: Vec<String>,
    /// The room, site or thread.
    pub conversation: Option<String>,
    /// The text, where it has one.
    pub text: Option<String>,
    /// Values of the table's columns, in their order.
    pub values: Vec<Value>,
    /// What no column took: names as found, with their values.
    pub more: Vec<(String, String)>,
    /// The network.
    pub network: String,
    /// The source.
    pub source: String,
    /// The record, which is its place.
    pub record: String,
    /// The message that it witnesses: records of one call are of one message.
    pub message: String,
}

/// The table called `name`.
pub fn table(name: &str) -> Option<&'static KindTable> {
    const ALL: &[KindTable] = &TABLES;
    ALL.iter().find(|table| table.name == name)
}

impl KindTable {
    /// Lays out a copy of a message.
    pub fn lay(&self, row: &MessageRow, copy: &CopyRow) -> Laid {
        let mut rest: Vec<Option<&(String, String)>> = copy.extra.iter().map(Some).collect();
        let words = words(&copy.extra);
        let values = self.columns.iter().map(|column| column.take(&words, &mut rest)).collect();
        let line = MessageLine::from(row);
        Laid {
            time: line.time,
            from: line.from,
            to: line.to,
            conversation: line.conversation,
            text: line.text,
            values,
            more: rest.into_iter().flatten().cloned().collect(),
            network: line.network,
            source: copy.source.clone(),
            record: copy.record.to_string(),
            message: line.id,
        }
    }
}

impl Column {
    /// The first value that fits, taken out of `rest`.
    fn take(&self, words: &[String], rest: &mut [Option<&(String, String)>]) -> Value {
        for word in self.words {
            for (at, _) in words.iter().enumerate().filter(|(_, found)| found == word) {
                let Some((_, raw)) = rest[at] else { continue };
                if let Some(value) = self.holds.read(raw) {
                    rest[at] = None;
                    return value;
                }
            }
        }
        Value::Null
    }
}

impl Holds {
    fn read(self, raw: &str) -> Option<Value> {
        let raw = raw.trim();
        match self {
            Holds::Text => (!raw.is_empty()).then(|| Value::from(raw)),
            Holds::Seconds => whole(clock(raw)?),
            Holds::Number(least, most) => {
                let value: f64 = raw.replace(',', ".").parse().ok()?;
                let within = (f64::from(least)..=f64::from(most)).contains(&value);
                if within { whole(value) } else { None }
            }
        }
    }
}

/// A number, without a fraction where it has none.
fn whole(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

/// Seconds out of `75`, `75.5`, `1:15` or `0:01:15`.
fn clock(raw: &str) -> Option<f64> {
    let mut total = 0.0;
    let parts: Vec<&str> = raw.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    for part in parts {
        let value: f64 = part.parse().ok().filter(|value: &f64| *value >= 0.0)?;
        total = total * 60.0 + value;
    }
    total.is_finite().then_some(total)
}

/// What values go by: their names, or what stands beside a `Value` as its name or kind.
fn words(extra: &[(String, String)]) -> Vec<String> {
    let mut words: Vec<String> = extra.iter().map(|(name, _)| plain(name)).collect();
    for (at, (name, _)) in extra.iter().enumerate() {
        let Some(entry) = name.strip_suffix("Value").map(|head| head.trim_end_matches('.')) else {
            continue;
        };
        // A model's fields stand together; looking further would cost long records dearly.
        let first = at.saturating_sub(BESIDE_MAX);
        let near = &extra[first..extra.len().min(at + BESIDE_MAX)];
        let beside = |word: &str| {
            let found = near.iter().position(|(name, _)| {
                name.strip_prefix(entry).is_some_and(|rest| rest.trim_start_matches('.') == word)
            });
            found.map(|found| first + found)
        };
        if let Some(label) = beside("Name")
            && let Some(word) = identifies(&extra[label].1)
        {
            // The label is no name of anybody.
            words[label].clear();
            words[at] = word.to_owned();
        } else if !entry.is_empty() {
            let kinds = ["@type", "Domain", "Category"].into_iter().filter_map(beside);
            let word = kinds.filter_map(|kind| reaches(&extra[kind].1)).next();
            words[at] = word.map_or_else(|| std::mem::take(&mut words[at]), str::to_owned);
        }
    }
    words
}

/// The identifier that a label such as `ICCID` or `MSISDN 1` names.
fn identifies(label: &str) -> Option<&'static str> {
    let label = plain(label);
    let label = label.trim_end_matches(|c: char| c.is_ascii_digit());
    ["iccid", "imsi", "msisdn", "imei"].into_iter().find(|known| *known == label)
}

/// How an entry of that kind reaches somebody.
fn reaches(kind: &str) -> Option<&'static str> {
    let kind = plain(kind);
    let known = [("mail", "email"), ("phone", "phonenumber"), ("mobile", "phonenumber")];
    known.into_iter().find(|(part, _)| kind.contains(part)).map(|(_, word)| word)
}

/// Letters and digits of a name, in lower case: `Cell-ID` and `cell_id` are one word.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(table: &str, extra: &[(&str, &str)]) -> (Vec<Value>, Vec<String>) {
        let table = super::table(table).unwrap();
        let extra: Vec<(String, String)> =
            extra.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let words = words(&extra);
        let mut rest: Vec<_> = extra.iter().map(Some).collect();
        let values = table.columns.iter().map(|c| c.take(&words, &mut rest)).collect();
        let more = rest.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        (values, more)
    }

    #[test]
    fn spellings_of_one_thing_come_under_one_column() {
        for (name, value) in
            [("Seconds", "75"), ("DURATION_S", "75"), ("duration", "0:01:15"), ("Dauer", "1:15")]
        {
            assert_eq!(laid("calls", &[(name, value)]).0[0], Value::from(75), "{name}");
        }
        for name in ["Cell-ID", "cell_id", "CELL"] {
            assert_eq!(laid("calls", &[(name, "QI-7")]).0[4], Value::from("QI-7"), "{name}");
        }
    }

    #[test]
    fn what_does_not_read_as_the_column_stays_beside_it() {
        let (values, more) = laid(
            "places",
            &[("GPSLatitude", "52 deg"), ("lat", "north"), ("latitude", "52.5"), ("lon", "181")],
        );
        assert_eq!((&values[0], &values[1]), (&Value::from(52.5), &Value::Null));
        assert_eq!(more, ["GPSLatitude", "lat", "lon"]);
        assert_eq!(laid("calls", &[("duration", "-5")]).1, ["duration"]);
    }

    #[test]
    fn a_value_is_taken_once() {
        let (values, more) = laid("events", &[("type", "login"), ("event", "start")]);
        assert_eq!(values[0], Value::from("start"));
        assert_eq!(more, ["type"]);
    }

    #[test]
    fn a_value_beside_its_name_comes_under_that_name() {
        for (name, at) in [("IMSI", 0), ("ICCID", 1), ("MSISDN 1", 2)] {
            let (values, more) = laid("sims", &[("Name", name), ("Value", "8931")]);
            assert_eq!(values[at], Value::from("8931"), "{name}");
            assert_eq!((&values[4], more), (&Value::Null, vec!["Name".to_owned()]), "{name}");
        }
        let (values, more) = laid("sims", &[("Name", "SPN"), ("Value", "Reed")]);
        assert_eq!((&values[4], more), (&Value::from("SPN"), vec!["Value".to_owned()]));
    }

    #[test]
    fn entries_of_a_contact_are_told_by_their_kind() {
        for kind in ["Entries[0]@type", "Entries[0].Domain", "Entries[0].Category"] {
            let (values, _) = laid(
                "contacts",
                &[
                    ("Name", "Ann"),
                    ("Entries[0].Value", "+316"),
                    (kind, "Phone Number"),
                    ("Entries[1].Category", "Home"),
                    ("Entries[1].Value", "Lane 3"),
                    ("Entries[2]@type", "EmailAddress"),
                    ("Entries[2].Value", "a@x"),
                ],
            );
            let want = ["Ann", "+316", "a@x"].map(Value::from);
            assert_eq!(values[..3], want, "{kind}");
        }
        let mobile = [("Entries[0].Value", "+316"), ("Entries[0].Category", "Mobile")];
        assert_eq!(laid("contacts", &mobile).0[1], Value::from("+316"));
    }

    #[test]
    fn names_of_tables_and_columns_are_distinct() {
        for table in &TABLES {
            let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            for word in table.columns.iter().flat_map(|column| column.words) {
                assert_eq!(plain(word), *word, "a word as it is compared");
            }
        }
        assert!(table("messages").is_none());
    }
}
