//! Databases of one fictitious person's phones, against the rows that another tool finds in them.
//!
//! The oracle is iLEAPP's test data (`../shared/data/ios`): each expected file lists the rows of
//! one artefact. Rows are compared as multisets of what each states.

use crate::collect::{Found, Got, Said, read_file_by};
use emma_model::RecordKind;
use emma_parse::account::Account;
use emma_parse::{Limits, Plan};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A column of the other tool, and the same from a record.
type Column = (&'static str, fn(&Said) -> String);

/// One artefact: which expected files, which zip, which records, which columns.
struct Artefact {
    expected: &'static str,
    zip: &'static str,
    pick: fn(&Got, &Said) -> bool,
    columns: &'static [Column],
    /// The tool lists what several replies of a server say once; emma keeps each as a record.
    distinct: bool,
    /// Records that the tool has no rows for, each explained where it is set.
    more: usize,
}

/// What a comparison found.
#[derive(Debug)]
pub struct Compared {
    /// The expected file's name, without its date.
    pub name: String,
    /// Rows the other tool lists.
    pub expected: usize,
    /// How many of them are among the records.
    pub found: usize,
    /// Records of the artefact.
    pub records: usize,
    /// Rows missing, and rows nobody expected.
    pub differences: Vec<String>,
}

fn extra<'s>(said: &'s Said, name: &str) -> &'s str {
    said.extra.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

fn seconds(said: &Said) -> String {
    said.time.map_or_else(String::new, |(lo, ..)| lo.div_euclid(1_000_000).to_string())
}

fn extra_seconds(said: &Said, name: &str) -> String {
    extra(said, name).parse::<i64>().map_or_else(|_| String::new(), |ms| (ms / 1_000).to_string())
}

fn owned(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// The whole second of an RFC 3339 time.
fn rfc3339(text: &str) -> String {
    let time: Option<jiff::Timestamp> = text.parse().ok();
    time.map_or_else(String::new, |time| time.as_second().to_string())
}

fn table(got: &Got, name: &str) -> bool {
    got.row.as_ref().is_some_and(|(table, _)| table == name)
}

/// Apple's label for a value: `_$!<Mobile>!$_`.
fn labelled(text: &str) -> String {
    text.replace("_$!<", "").replace(">!$_", "")
}

const ARTEFACTS: &[Artefact] = &[
    Artefact {
        expected: "whatsApp/whatsApp.whatsAppMessages.josh",
        zip: "whatsApp.whatsAppMessages.josh_ios15_ffs",
        pick: |got, _| table(got, "ZWAMESSAGE"),
        columns: &[
            ("Timestamp", seconds),
            ("From ID", |said| match extra(said, "from_me") {
                // The tool leaves the phone's own account out.
                "1" => String::new(),
                _ => extra(said, "from_jid").to_owned(),
            }),
            ("To ID", |said| extra(said, "to_jid").to_owned()),
            ("Message", |said| owned(&said.text)),
            ("Latitude", |said| extra(said, "latitude").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "whatsApp/whatsApp.whatsAppCallHistory.josh",
        zip: "whatsApp.whatsAppCallHistory.josh_ios15_ffs",
        pick: |_, said| said.kind == RecordKind::Call,
        columns: &[
            ("Starting Timestamp", seconds),
            ("Direction", |said| match extra(said, "incoming") {
                "1" => "Incoming".to_owned(),
                _ => "Outgoing".to_owned(),
            }),
            ("Contact ID", |said| extra(said, "participants").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "whatsApp/whatsApp.whatsAppCallHistory.mvs",
        zip: "whatsApp.whatsAppCallHistory.mvs_ios_2023",
        pick: |_, said| said.kind == RecordKind::Call,
        columns: &[("Starting Timestamp", seconds)],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "whatsApp/whatsApp.whatsAppContacts.josh",
        zip: "whatsApp.whatsAppContacts.josh_ios15_ffs",
        pick: |got, _| table(got, "ZWAADDRESSBOOKCONTACT"),
        columns: &[
            ("Fullname", |said| extra(said, "full_name").to_owned()),
            ("About Text", |said| extra(said, "about").to_owned()),
            ("About Text Timestamp", |said| extra_seconds(said, "about_ms")),
            ("Phone Number", |said| extra(said, "phone").to_owned()),
            ("Whatsapp ID", |said| owned(&said.from)),
            ("Identifier", |said| extra(said, "identifier").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "whatsApp/whatsApp.whatsAppContacts.mvs",
        zip: "whatsApp.whatsAppContacts.mvs_ios_2023",
        pick: |got, _| table(got, "ZWAADDRESSBOOKCONTACT"),
        columns: &[("Fullname", |said| extra(said, "full_name").to_owned())],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "teams/teams.teamsMessages",
        zip: "teams.teamsMessages.josh_ios15_ffs",
        pick: |got, _| table(got, "ZSMESSAGE"),
        columns: &[
            ("Timestamp", seconds),
            ("Display Name", |said| extra(said, "display_name").to_owned()),
            ("Message", |said| extra(said, "content").trim().to_owned()),
            ("Sender", |said| owned(&said.from)),
            ("Thread ID", |said| owned(&said.conversation)),
            ("Thread Type", |said| extra(said, "thread_type").to_owned()),
            ("Thread Topic", |said| extra(said, "thread_topic").to_owned()),
            ("Message Base Type", |said| extra(said, "base_type").to_owned()),
            ("Message Content Type", |said| extra(said, "content_type").to_owned()),
            ("Sent By Me", |said| extra(said, "from_me").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "teams/teams.teamsCalls",
        zip: "teams.teamsMessages.josh_ios15_ffs",
        pick: |_, said| said.kind == RecordKind::Call,
        columns: &[
            ("Call Start", |said| rfc3339(extra(said, "call_start"))),
            ("Call Connect", |said| rfc3339(extra(said, "call_connect"))),
            ("Call End", |said| rfc3339(extra(said, "call_end"))),
            ("Call Direction", |said| extra(said, "call_direction").to_owned()),
            ("Call Type", |said| extra(said, "call_type").to_owned()),
            ("Call State", |said| extra(said, "call_state").to_owned()),
            ("Call Originator", |said| extra(said, "call_originator").to_owned()),
            ("Call Target", |said| extra(said, "call_target").to_owned()),
            ("Call Originator Name", |said| extra(said, "call_originator_name").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "teams/teams.teamsLocations",
        zip: "teams.teamsMessages.josh_ios15_ffs",
        pick: |_, said| !extra(said, "card_url").is_empty(),
        columns: &[
            ("Timestamp", seconds),
            ("Sender", |said| owned(&said.from)),
            ("Display Name", |said| extra(said, "display_name").to_owned()),
            ("Card URL", |said| extra(said, "card_url").to_owned()),
            ("Card Title", |said| extra(said, "card_title").to_owned()),
            ("Card Text", |said| extra(said, "card_text").to_owned()),
            ("Card URL2", |said| extra(said, "card_image").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "teams/teams.teamsContacts",
        zip: "teams.teamsMessages.josh_ios15_ffs",
        pick: |got, _| table(got, "ZDEVICECONTACTHASH"),
        columns: &[
            ("Display Name", |said| extra(said, "display_name").to_owned()),
            ("Email", |said| extra(said, "email").to_owned()),
            ("Phone Number", |said| extra(said, "phone").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "teams/teams.teamsUser",
        zip: "teams.teamsMessages.josh_ios15_ffs",
        pick: |_, said| said.kind == RecordKind::Account,
        columns: &[
            ("Timestamp Last Sync", |said| extra_seconds(said, "last_synced_ms")),
            ("Display Name", |said| extra(said, "display_name").to_owned()),
            ("Phone Number", |said| extra(said, "phone").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "mastodon/mastodon.mastodonDirectMessages",
        zip: "mastodon.mastodonDirectMessages.josh_ios17_ffs",
        pick: |_, said| extra(said, "visibility") == "direct",
        columns: &[
            ("Timestamp", seconds),
            ("Conversation Key", |said| owned(&said.conversation)),
            ("Author Handle", |said| owned(&said.from)),
            ("Message", |said| owned(&said.text)),
            ("Language", |said| extra(said, "language").to_owned()),
            ("In Reply To Status ID", |said| owned(&said.reply_to)),
            ("Status ID", |said| owned(&said.id)),
            ("URL", |said| extra(said, "url").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "mastodon/mastodon.mastodonStatuses",
        zip: "mastodon.mastodonDirectMessages.josh_ios17_ffs",
        pick: |got, _| table(got, "ZSTATUS"),
        columns: &[
            ("Created", seconds),
            ("Author Handle", |said| owned(&said.from)),
            ("Author ID", |said| extra(said, "author_id").to_owned()),
            ("Visibility", |said| extra(said, "visibility").to_owned()),
            ("Content", |said| owned(&said.text)),
            ("Content Warning", |said| extra(said, "content_warning").to_owned()),
            ("Language", |said| extra(said, "language").to_owned()),
            ("Favourites", |said| extra(said, "favourites").to_owned()),
            ("Boosts", |said| extra(said, "boosts").to_owned()),
            ("Replies", |said| extra(said, "replies").to_owned()),
            ("In Reply To Status ID", |said| owned(&said.reply_to)),
            ("In Reply To Account ID", |said| extra(said, "in_reply_to_account").to_owned()),
            ("Posted With", |said| extra(said, "posted_with").to_owned()),
            ("Domain", |said| extra(said, "domain").to_owned()),
            ("Status ID", |said| owned(&said.id)),
            ("URL", |said| extra(said, "url").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "mastodon/mastodon.mastodonUsers",
        zip: "mastodon.mastodonDirectMessages.josh_ios17_ffs",
        pick: |got, _| table(got, "ZMASTODONUSER"),
        columns: &[
            ("Created", |said| extra_seconds(said, "created_ms")),
            ("Updated", |said| extra_seconds(said, "updated_ms")),
            ("Display Name", |said| extra(said, "display_name").trim().to_owned()),
            ("Handle", |said| owned(&said.from)),
            ("Username", |said| extra(said, "username").to_owned()),
            ("Domain", |said| extra(said, "domain").to_owned()),
            ("User ID", |said| extra(said, "user_id").to_owned()),
            ("Bio", |said| extra(said, "bio").trim().to_owned()),
            ("Followers Count", |said| extra(said, "followers").to_owned()),
            ("Following Count", |said| extra(said, "following").to_owned()),
            ("Statuses Count", |said| extra(said, "statuses").to_owned()),
            ("Profile URL", |said| extra(said, "url").to_owned()),
            ("Avatar URL", |said| {
                match extra(said, "avatar_static_url") {
                    "" => extra(said, "avatar_url"),
                    fixed => fixed,
                }
                .to_owned()
            }),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "mastodon/mastodon.mastodonNotifications",
        zip: "mastodon.mastodonDirectMessages.josh_ios17_ffs",
        pick: |got, _| table(got, "ZNOTIFICATION"),
        columns: &[
            ("Timestamp", seconds),
            ("Type", |said| extra(said, "type").to_owned()),
            ("From Handle", |said| owned(&said.from)),
            ("Domain", |said| extra(said, "domain").to_owned()),
            ("Notification ID", |said| extra(said, "notification_id").to_owned()),
            ("Recipient User ID", |said| extra(said, "recipient_id").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "addressBook/addressBook.addressBook.josh",
        zip: "addressBook.addressBook.josh_ios15_ffs",
        pick: |got, _| table(got, "ABPerson"),
        columns: &[
            ("Creation Date", |said| extra_seconds(said, "created_ms")),
            ("First Name", |said| extra(said, "first_name").to_owned()),
            ("Last Name", |said| extra(said, "last_name").to_owned()),
            ("Company", |said| extra(said, "company").to_owned()),
            ("Phone Numbers", |said| labelled(extra(said, "phones"))),
            ("Email addresses", |said| labelled(extra(said, "emails"))),
            ("URL", |said| labelled(extra(said, "urls"))),
            ("Storage Place", |said| extra(said, "storage").to_owned()),
            ("Modification Date", |said| extra_seconds(said, "modified_ms")),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "addressBook/addressBook.addressBook.belkasoft",
        zip: "addressBook.addressBook.belkasoft_ctf6_ios_device1",
        pick: |got, _| table(got, "ABPerson"),
        columns: &[
            ("Creation Date", |said| extra_seconds(said, "created_ms")),
            ("First Name", |said| extra(said, "first_name").to_owned()),
            ("Last Name", |said| extra(said, "last_name").to_owned()),
            ("Email addresses", |said| labelled(extra(said, "emails"))),
            ("Modification Date", |said| extra_seconds(said, "modified_ms")),
        ],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "addressBook/addressBook.addressBook.mvs",
        zip: "addressBook.addressBook.mvs_ios_2023",
        pick: |got, _| table(got, "ABPerson"),
        columns: &[("First Name", |said| extra(said, "first_name").to_owned())],
        more: 0,
        distinct: false,
    },
    Artefact {
        expected: "burnerCache/burnerCache.burnerCache_accounts",
        zip: "burnerCache.burnerCache_accounts.josh_ios15_ffs",
        pick: |_, said| !extra(said, "totalNumberBurners").is_empty(),
        columns: &[
            ("Last updated", |said| extra_seconds(said, "lastUpdatedDate")),
            ("Created", seconds),
            ("Phone number", |said| owned(&said.from)),
            ("Country code", |said| extra(said, "countryCode").to_owned()),
            ("Carrier name", |said| extra(said, "carrierName").to_owned()),
            ("Number of burners", |said| extra(said, "totalNumberBurners").to_owned()),
            ("User ID", |said| extra(said, "id").to_owned()),
        ],
        // Another reply tells the account's state at another moment; the tool leaves it out.
        more: 1,
        distinct: true,
    },
    Artefact {
        expected: "burnerCache/burnerCache.burnerCache_contacts",
        zip: "burnerCache.burnerCache_accounts.josh_ios15_ffs",
        pick: |_, said| said.kind == RecordKind::Contact,
        columns: &[
            ("Created", seconds),
            ("Phone number", |said| owned(&said.from)),
            ("Full name", |said| extra(said, "name").to_owned()),
            ("Contact ID", |said| extra(said, "id").to_owned()),
        ],
        more: 0,
        distinct: true,
    },
    Artefact {
        expected: "burnerCache/burnerCache.burnerCache_numbers",
        zip: "burnerCache.burnerCache_accounts.josh_ios15_ffs",
        pick: |_, said| !extra(said, "numberType").is_empty(),
        columns: &[
            ("Created", seconds),
            ("Burner number", |said| extra(said, "phoneNumber").to_owned()),
            ("Subscription Expires", |said| extra_seconds(said, "expirationDate")),
            ("Burner ID", |said| owned(&said.from)),
        ],
        more: 0,
        distinct: true,
    },
    Artefact {
        expected: "discord_cache/discord_cache.discord_cache",
        zip: "discord_cache.discord_cache.josh_ios15_ffs",
        pick: |got, _| table(got, "cfurl_cache_response"),
        columns: &[
            ("Cache Timestamp", seconds),
            ("Request URL", |said| extra(said, "url").to_owned()),
            ("Storage Policy", |said| extra(said, "storage_policy").to_owned()),
            ("Partition", |said| extra(said, "partition").to_owned()),
            ("Is Data On Filesystem", |said| extra(said, "body_in_file").to_owned()),
            ("Cache Filename", |said| extra(said, "file").to_owned()),
        ],
        more: 0,
        distinct: false,
    },
];

fn folder(test: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ios");
    if !path.is_dir() {
        println!("skipped: {test}: ../shared/data is absent");
        return None;
    }
    Some(path)
}

/// What the zip holds, read with the mappings in the box.
fn zip(folder: &Path, name: &str) -> Found {
    let path = folder.join("zips").join(format!("testdata.{name}.zip"));
    let mut found = Found::default();
    let plan = Plan::new(None, true);
    let mut account = Account::new(&mut found);
    read_file_by(&plan, &path, &format!("{name}.zip"), &Limits::default(), &mut account);
    found
}

/// The expected rows of the one file whose name starts so.
fn expected(folder: &Path, name: &str) -> (Vec<String>, Vec<Vec<Value>>) {
    let (inside, start) = name.split_once('/').unwrap();
    let files = std::fs::read_dir(folder.join("expected").join(inside)).unwrap();
    let file = files
        .flatten()
        .find(|file| file.file_name().to_string_lossy().starts_with(start))
        .expect("the expected file is there");
    let json: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
    let headers = serde_json::from_value(json["headers"].clone()).unwrap();
    // Some files hold the table twice: as it is, and with links for a browser.
    let nested = json["data"][0][0].is_array();
    let rows = if nested { json["data"][0].clone() } else { json["data"].clone() };
    (headers, serde_json::from_value(rows).unwrap())
}

/// A value of the other tool as text.
fn said(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    // The tool prints some times in words.
    let text = text.strip_suffix("+00:00").map_or(text.clone(), str::to_owned);
    match text.parse::<jiff::civil::DateTime>() {
        Ok(time) if text.len() == 19 => {
            time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second().to_string()
        }
        _ => text,
    }
}

/// Columns made of markup, and lists of values. The other tool drops some line breaks and turns
/// no-break spaces into spaces, so white space is left out of the comparison of these.
const LOOSE: [&str; 5] = ["Content", "Bio", "Message", "Phone Numbers", "Email addresses"];

fn compared(header: &str, text: &str) -> String {
    match header {
        // It leaves the punctuation of some numbers out, too.
        "Phone Number" => text.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect(),
        _ if LOOSE.contains(&header) => text.split_whitespace().collect(),
        _ => text.trim().to_owned(),
    }
}

/// Compares every artefact.
pub fn compare(folder: &Path) -> Vec<Compared> {
    let mut zips: BTreeMap<&str, Found> = BTreeMap::new();
    let one = |artefact: &Artefact| {
        let found = zips.entry(artefact.zip).or_insert_with(|| zip(folder, artefact.zip));
        let (headers, rows) = expected(folder, artefact.expected);
        let mut counts: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for row in &rows {
            let column = |header: &str| headers.iter().position(|own| own == header).unwrap();
            let values = artefact
                .columns
                .iter()
                .map(|(header, _)| compared(header, &said(&row[column(header)])));
            *counts.entry(values.collect()).or_default() += 1;
        }
        let records: Vec<&Said> = found
            .items
            .iter()
            .filter_map(|got| got.record.as_ref().map(|said| (got, said)))
            .filter(|(got, said)| (artefact.pick)(got, said))
            .map(|(_, said)| said)
            .collect();
        let mut ours: Vec<Vec<String>> = records
            .iter()
            .map(|said| {
                let values = artefact.columns.iter();
                values.map(|(header, value)| compared(header, &value(said))).collect()
            })
            .collect();
        if artefact.distinct {
            ours.sort();
            ours.dedup();
        }
        for values in ours {
            *counts.entry(values).or_default() -= 1;
        }
        let missing: i64 = counts.values().filter(|count| **count > 0).sum();
        let surplus: i64 = counts.values().filter(|count| **count < 0).map(|count| -count).sum();
        let explained = surplus == artefact.more as i64;
        let differences =
            counts.iter().filter(|(_, count)| **count > 0 || (**count < 0 && !explained));
        Compared {
            name: artefact.expected.to_owned(),
            expected: rows.len(),
            found: rows.len() - usize::try_from(missing).unwrap(),
            records: records.len(),
            differences: differences.map(|(row, count)| format!("{count:+}: {row:?}")).collect(),
        }
    };
    ARTEFACTS.iter().map(one).collect()
}

#[test]
fn every_row_that_another_tool_finds_is_a_record() {
    let Some(folder) = folder("every_row_that_another_tool_finds_is_a_record") else { return };
    let mut different = Vec::new();
    for compared in compare(&folder) {
        println!(
            "{}: {} expected, {} found, {} records",
            compared.name, compared.expected, compared.found, compared.records
        );
        different.extend(compared.differences.into_iter().map(|row| (compared.name.clone(), row)));
    }
    assert!(different.is_empty(), "{different:#?}");
}
