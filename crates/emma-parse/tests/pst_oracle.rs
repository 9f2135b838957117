//! Files of messages beside another reader: pypff (PyPI libpff-python 20260926).
//!
//! `EMMA_PST_FOLDER=FOLDER` compares every `.pst` and `.ost` file there; nothing of them is kept.

use crate::collect::{Found, Got, read};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What pypff reads of the file, item by item; `None`, and a line that says so, without it.
pub fn pypff(test: &str, path: &Path) -> Option<Vec<Value>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pst_oracle.py");
    let Ok(output) = Command::new("python3").arg(script).arg(path).output() else {
        println!("skipped: {test}: python3 is not here");
        return None;
    };
    if output.status.code() == Some(3) {
        println!("skipped: {test}: pypff (PyPI libpff-python) is not here");
        return None;
    }
    assert!(output.status.success(), "{test}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Our rows of items in folders, by node.
fn items(found: &Found) -> BTreeMap<u64, &Got> {
    let rows = found.items.iter().filter_map(|item| {
        let (table, row) = item.row.as_ref()?;
        (table == "message").then_some((*row as u64, item))
    });
    rows.collect()
}

fn row(item: &Got) -> Value {
    serde_json::from_slice(&item.raw).expect("a row is JSON")
}

/// Text as a person sees it: the readers differ in characters that are none.
fn shown(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim_end_matches('\0').to_owned()
}

/// A FILETIME as a row writes it.
fn time(value: &Value) -> String {
    let Some(time) = value.as_u64().filter(|time| *time != 0) else { return String::new() };
    let nanoseconds = (i128::from(time) - 116_444_736_000_000_000) * 100;
    jiff_text(nanoseconds)
}

fn jiff_text(nanoseconds: i128) -> String {
    let (seconds, rest) =
        (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's way from days to a date.
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i128::from(month <= 2);
    let (h, m, s) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let fraction = format!(".{rest:09}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{fraction}Z")
}

/// Compares our reading of a file with pypff's; returns how many items both have.
pub fn compare(test: &str, path: &Path, found: &Found) -> Option<usize> {
    let theirs = pypff(test, path)?;
    let ours = items(found);
    let mut seen = BTreeSet::new();
    for theirs in theirs.iter().filter(|item| item.get("orphan").is_none()) {
        let id = theirs["id"].as_u64().unwrap();
        // Views and settings of folders come as items there.
        if id & 0x1F != 0x04 || !seen.insert(id) {
            continue;
        }
        let item = ours.get(&id).unwrap_or_else(|| panic!("{test}: item {id} is read"));
        let row = row(item);
        assert_eq!(shown(&row["subject"]), shown(&theirs["subject"]), "{test}: {id} subject");
        assert_eq!(shown(&row["sender.name"]), shown(&theirs["sender"]), "{test}: {id} sender");
        assert_eq!(shown(&row["submitted"]), time(&theirs["submitted"]), "{test}: {id} sent");
        assert_eq!(shown(&row["delivered"]), time(&theirs["delivered"]), "{test}: {id} came");
        assert_eq!(shown(&row["message_id"]), shown(&theirs["message_id"]), "{test}: {id} id");
        if row.get("body_from").is_none() {
            assert_eq!(shown(&row["text"]), shown(&theirs["body"]), "{test}: {id} text");
        }
        assert_eq!(row.get("html").is_some(), theirs["html"] == true, "{test}: {id} html");
        let files: BTreeSet<&str> =
            theirs["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let mine = row.as_object().unwrap().iter();
        let mine = mine.filter(|(key, _)| key.starts_with("file.") && key.ends_with(".sha256"));
        let mine: BTreeSet<&str> = mine.filter_map(|(_, value)| value.as_str()).collect();
        // Of a message within, pypff gives the bytes that it is stored in.
        let inner = row.as_object().unwrap().keys().any(|key| key.ends_with(".item"));
        assert!(mine == files || (inner && mine.is_subset(&files)), "{test}: {id} files");
    }
    // What they do not list is what no folder lists.
    for (id, item) in &ours {
        let orphan = item.anomalies.iter().any(|anomaly| anomaly.kind.0 == "pst.orphan");
        assert_eq!(orphan, !seen.contains(id), "{test}: {id} is an orphan");
    }
    Some(seen.len())
}

/// pypff hands no messages out of messages; Debian's readpst (pst-utils 0.6.76) does.
#[test]
fn a_message_within_a_message_reads_like_with_readpst() {
    let test = "a_message_within_a_message_reads_like_with_readpst";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("birds.pst");
    for (wide, encoding) in [(true, 1), (false, 2)] {
        let bytes = crate::pst::few(wide, encoding);
        std::fs::write(&path, &bytes).unwrap();
        let out = folder.path().join(format!("out {wide}"));
        std::fs::create_dir(&out).unwrap();
        let command = Command::new("readpst").args(["-r", "-o"]).args([&out, &path]).output();
        let Ok(output) = command else {
            println!("skipped: {test}: readpst is not here");
            return;
        };
        assert!(output.status.success(), "{test}: readpst opens the file");
        let theirs = std::fs::read_to_string(out.join("Birds/Inbox/mbox")).unwrap();
        let found = read("birds.pst", &bytes);
        assert_eq!(found.records().filter(|record| record.id.is_some()).count(), 2);
        for record in found.records().filter(|record| record.id.is_some()) {
            let subject = format!("Subject: {}\n", record.extra("subject")[0]);
            let id = format!("Message-Id: <{}>\n", record.id.as_deref().unwrap());
            for said in [&subject, &id, record.text.as_ref().unwrap()] {
                assert_eq!(theirs.matches(said.as_str()).count(), 1, "{test}: {said}");
            }
        }
    }
}

#[test]
fn files_of_others_read_like_with_pypff() {
    let test = "files_of_others_read_like_with_pypff";
    let Some(folder) = std::env::var_os("EMMA_PST_FOLDER") else {
        println!("skipped: {test}: EMMA_PST_FOLDER names no folder");
        return;
    };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if !path.extension().is_some_and(|end| end == "pst" || end == "ost") {
            continue;
        }
        let found = read("mailbox", &std::fs::read(&path).unwrap());
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        found.anomalies().iter().for_each(|(kind, _)| *kinds.entry(kind).or_default() += 1);
        println!(
            "{}: {} records, {} members, {:?}, {kinds:?}",
            path.display(),
            found.records().count(),
            found.ends.len(),
            found
                .end(&[])
                .anomalies
                .iter()
                .map(|a| (a.kind.0, a.field.clone()))
                .collect::<Vec<_>>(),
        );
        let both = compare(test, &path, &found);
        println!("{}: {both:?} items like pypff", path.display());
    }
}
