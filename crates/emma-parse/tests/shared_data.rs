//! Public data beside the checkout, where it is there: nothing of it is kept in the project.

use crate::collect::{Found, read};
use emma_model::{ItemClass, RecordKind};
use std::path::PathBuf;

fn folder(test: &str, name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.is_dir() {
        println!("skipped: {test}: ../shared/data is absent");
        return None;
    }
    Some(path)
}

fn specimen(folder: &std::path::Path, name: &str) -> Found {
    read(name, &std::fs::read(folder.join(name)).unwrap())
}

#[test]
fn telegram_specimens_give_all_their_messages() {
    let Some(folder) = folder("telegram_specimens_give_all_their_messages", "telegram") else {
        return;
    };
    let files = [
        ("bot.json", 2),
        ("personal.json", 0),
        ("private_channel.json", 7),
        ("private_group.json", 2),
        ("public_channel.json", 7),
        ("public_supergroup.json", 4),
        ("saved.json", 16 + 5),
        ("users_test.json", 8),
    ];
    for (name, _) in files {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let found = specimen(&folder, name);
        assert_eq!(found.end(&[]).parser, "telegram", "{name}");
        let count = json["messages"].as_array().unwrap().len();
        assert_eq!(found.records().count(), count, "{name}");
        println!("{name}: {count} messages, anomalies {:?}", found.anomalies());
    }
}

#[test]
fn the_broken_telegram_specimen_gives_its_two_messages_and_an_anomaly() {
    let test = "the_broken_telegram_specimen_gives_its_two_messages_and_an_anomaly";
    let Some(folder) = folder(test, "telegram") else {
        return;
    };
    let found = specimen(&folder, "error.json");
    assert_eq!(found.records().count(), 2);
    assert_eq!(found.anomalies(), [("json.syntax", String::new())]);
    assert!(found.records().all(|record| record.conversation.as_deref() == Some("9999999999")));
}

#[test]
fn the_faulty_telegram_specimen_tells_each_fault_with_its_field() {
    let test = "the_faulty_telegram_specimen_tells_each_fault_with_its_field";
    let Some(folder) = folder(test, "telegram") else {
        return;
    };
    let found = specimen(&folder, "error-unexpected.json");
    assert_eq!(found.records().count(), 16);
    let records = found.items.iter().filter(|item| item.record.is_some());
    let told: Vec<Vec<(&str, &str)>> = records
        .map(|item| {
            let anomalies = item.anomalies.iter();
            anomalies.map(|a| (a.kind.0, a.field.as_deref().unwrap_or_default())).collect()
        })
        .collect();
    let want: [&[(&str, &str)]; 9] = [
        &[("telegram.type_unknown", "type")],
        &[("telegram.id_repeated", "id"), ("telegram.wrong_type", "from_id")],
        &[("telegram.wrong_type", "text")],
        &[("telegram.key_unknown", "ERROR:saved_from")],
        &[("telegram.key_unknown", "ERROR:from_id"), ("telegram.field_missing", "from_id")],
        &[("telegram.media_type_unknown", "media_type")],
        &[("telegram.key_unknown", "ERROR:text"), ("telegram.field_missing", "text")],
        &[("telegram.key_unknown", "ERROR:id"), ("telegram.field_missing", "id")],
        &[
            ("telegram.key_unknown", "ERROR"),
            ("telegram.field_missing", "action"),
            ("telegram.service_with_message_data", "from"),
        ],
    ];
    for (got, want) in told.iter().zip(want) {
        assert_eq!(got, want);
    }
    assert!(told[9..].iter().all(Vec::is_empty));
    let ids: Vec<_> = found.records().map(|record| record.id.as_deref()).collect();
    assert_eq!(ids[..3], [Some("173429"), None, Some("176169")]);
}

#[test]
fn irc_logs_are_read_line_by_line() {
    let Some(folder) = folder("irc_logs_are_read_line_by_line", "irc") else {
        return;
    };
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    let (mut files, mut bytes) = (0, 0);
    for set in ["dev", "train"] {
        let mut paths: Vec<_> = std::fs::read_dir(folder.join(set))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.to_string_lossy().ends_with(".raw.txt")) {
            let name = format!("{set}/{}", path.file_name().unwrap().to_string_lossy());
            let content = std::fs::read(path).unwrap();
            let found = read(&name, &content);
            assert_eq!(found.end(&[]).parser, "irc");
            files += 1;
            bytes += content.len() as u64;
            for item in &found.items {
                let name = match (&item.record, item.class) {
                    (Some(record), _) => record.kind.name(),
                    (None, ItemClass::Framing) => "framing",
                    _ => "anomaly",
                };
                *counts.entry(name).or_default() += 1;
            }
            for record in found.records() {
                assert!(record.time.is_some() && record.conversation.is_some());
                assert!(record.kind == RecordKind::System || record.from.is_some());
            }
        }
    }
    println!("{files} files, {bytes} bytes: {counts:?}");
    assert_eq!(files, 163);
    assert_eq!(counts["message"], 207_762);
    assert_eq!(counts["action"], 481);
    assert_eq!(counts.get("anomaly"), None);
    assert_eq!(counts["notice"], 47);
}

/// The rows that a public tool found in an app's preferences, read from the same file.
fn expected_rows(test: &str, app: &str, zip: &str, expected: &str) -> Option<(Found, Vec<Row>)> {
    let folder = folder(test, "ios")?;
    let bytes = std::fs::read(folder.join("zips").join(zip)).unwrap();
    let found = read(zip, &bytes);
    let json = std::fs::read(folder.join("expected").join(app).join(expected)).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let rows = json["data"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Some((found, rows.map(|row| (text(&row[0]), text(&row[1]))).collect()))
}

type Row = (String, String);

/// True where a value of the list is the row's, in whichever spelling.
fn is_value(row: &str, value: &str) -> bool {
    const SECONDS_1970_TO_2001: f64 = 978_307_200.0;
    let moment = |text: &str| text.replace(' ', "T").trim_end_matches('Z').to_owned();
    let micros = |text: &str| format!("{}Z", moment(text)).parse::<jiff::Timestamp>().ok();
    let near = |one: i64, other: i64| (one - other).abs() <= 1;
    let counted = |seconds: f64| {
        let at = micros(row).map(|at| at.as_microsecond());
        let since = |epoch: f64| ((seconds + epoch) * 1e6).round() as i64;
        at.is_some_and(|at| near(at, since(0.0)) || near(at, since(SECONDS_1970_TO_2001)))
    };
    let same = |one: jiff::Timestamp, other: jiff::Timestamp| {
        near(one.as_microsecond(), other.as_microsecond())
    };
    row == value
        || row.to_lowercase() == value
        || matches!((row, value), ("True", "1") | ("False", "0"))
        || micros(row).zip(micros(value)).is_some_and(|(one, other)| same(one, other))
        || value.parse().is_ok_and(counted)
}

#[test]
fn preferences_hold_what_a_public_tool_found() {
    let test = "preferences_hold_what_a_public_tool_found";
    let zip = |name: &str| format!("testdata.{name}.zip");
    for (app, zip, expected) in [
        (
            "groupMe",
            zip("groupMe.groupMeAccount.josh_ios17_ffs"),
            "groupMe.groupMeAccount.josh_ios17_ffs.20260818054925.json",
        ),
        (
            "burnerCache",
            zip("burnerCache.burnerCache_preferences.josh_ios15_ffs"),
            "burnerCache.burnerCache_preferences.josh_ios15_ffs.20250621013336.json",
        ),
    ] {
        let Some((found, rows)) = expected_rows(test, app, &zip, expected) else {
            return;
        };
        let values: Vec<&String> =
            found.records().flat_map(|record| &record.extra).map(|(_, value)| value).collect();
        let is_there =
            |row: &str| row.is_empty() || values.iter().any(|value| is_value(row, value));
        let missing: Vec<&Row> = rows.iter().filter(|(_, value)| !is_there(value)).collect();
        println!("{app}: {} rows, {} values", rows.len(), values.len());
        assert!(missing.is_empty(), "{app}: rows not found: {missing:?}");
    }
}
