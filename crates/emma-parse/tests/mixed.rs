//! A folder as it is handed over: every format, several encodings, archives in archives, damaged
//! files, decoys with wrong extensions. Each is recognised rightly or reported as unknown.
//!
//! `EMMA_WRITE_MIXED=FOLDER` writes the files there, for `cargo xtask prove formats`.

use crate::collect::{Found, read_file_by};
use crate::containers::{LOG, gz, tar, zip, zst};
use crate::rows::{BIRDS, database, workbook};
use emma_parse::account::Account;
use emma_parse::{Limits, Plan};
use std::path::{Path, PathBuf};

/// A file, and what should read it.
pub struct Mixed {
    pub name: String,
    pub bytes: Vec<u8>,
    /// The reader of the file itself.
    pub parser: &'static str,
    /// Records at least expected in it, members included.
    pub records_min: usize,
}

/// Seeds of the formats that are text, each under a name that tells nothing.
const SEEDS: [(&str, &str); 17] = [
    ("burner/messages", "burner"),
    ("delivery/all", "delivery"),
    ("discord/export", "discord"),
    ("eml/mail", "eml"),
    ("matrix/export", "matrix"),
    ("mbox/two", "mbox"),
    ("plist/xml", "plist"),
    ("rocketchat/history", "rocketchat"),
    ("signal-jsonl/main", "signal-jsonl"),
    ("slack/day", "slack"),
    ("telegram/group", "telegram"),
    ("vcard/cards", "vcard"),
    ("ufdr/report", "ufdr"),
    ("sms-backup/all", "sms-backup"),
    ("xmpp/archive", "xmpp"),
    ("gpx/track", "gpx"),
    ("kml/places", "kml"),
];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// The first seed of a target.
fn seed(target: &str) -> Option<Vec<u8>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(corpus().join(target)).ok()?.flatten().map(|file| file.path()).collect();
    paths.sort();
    std::fs::read(paths.first()?).ok()
}

fn wide(text: &str) -> Vec<u8> {
    let mut out = vec![0xFF, 0xFE];
    text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
    out
}

/// The files, more than fifty.
pub fn files() -> Vec<Mixed> {
    let mut files = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, parser: &'static str, records_min: usize| {
        files.push(Mixed { name: name.to_owned(), bytes, parser, records_min });
    };
    let log = LOG.to_vec();
    for (number, (path, parser)) in SEEDS.iter().enumerate() {
        // The first seed of the target, whatever it is called.
        let target = path.split('/').next().unwrap();
        let bytes = seed(target).expect("each target has seeds");
        // Wrong extensions fool nobody.
        add(&format!("handed over/{number:02}.dat"), bytes.clone(), parser, 1);
        add(&format!("packed/{number:02}.bin"), gz(&bytes), "gz", 1);
    }
    add("irc/2020-04-03.txt", log.clone(), "irc", 2);
    add("irc/2020-04-04 wide.txt", wide(std::str::from_utf8(LOG).unwrap()), "irc", 2);
    add("irc/photo.jpg", log.clone(), "irc", 2);
    add("irc/latin.log", b"[09:00] <heron> caf\xe9\n[09:01] <owl> hoot\n".to_vec(), "irc", 2);
    add("irc/nul.log", b"[09:00] <heron> a\0b\n[09:01] <owl> hoot\n".to_vec(), "irc", 2);
    let chat = "03/04/2020, 10:11 - Heron: hoo\n03/04/2020, 10:12 - Owl: hoo\nhoo\n";
    add("WhatsApp Chat with Owl.txt", chat.as_bytes().to_vec(), "whatsapp-text", 2);
    add("phone/birds.db", database(BIRDS), "sqlite", 0);
    add("phone/birds.doc", database(BIRDS), "sqlite", 0);
    add("phone/damaged.db", database(BIRDS)[..5_000].to_vec(), "sqlite", 0);
    let book = workbook(|book| {
        book.add_worksheet().write(0, 0, "x").unwrap();
    });
    add("partner.xlsx", book.clone(), "sheet", 0);
    add("partner.zip", book.clone(), "sheet", 0);
    add("partner damaged.xlsx", book[..book.len() / 2].to_vec(), "zip", 0);
    add("all/one.zip", zip(&[("a.txt", &log), ("a.txt", &log), ("b/../../c.txt", &log)]), "zip", 6);
    add("all/two.tar", tar(&[("a.txt", &log), ("deep.zip", &zip(&[("x", &log)]))]), "tar", 4);
    add("all/three.tar.gz", gz(&tar(&[("a.txt", &log)])), "gz", 2);
    add("all/four.zst", zst(&log), "zst", 2);
    add("all/five.zip.zst", zst(&zip(&[("x.gz", &gz(&log))])), "zst", 2);
    let mailbox = crate::pst::everything(true, 1);
    add("mailbox/birds.pst", mailbox.clone(), "pst", 11);
    add("mailbox/no name", crate::pst::few(false, 0), "pst", 2);
    add("mailbox/cut.pst", mailbox[..mailbox.len() / 2].to_vec(), "pst", 0);
    let cut = zip(&[("a.txt", &log), ("b.txt", &log)]);
    add("all/cut.zip", cut[..cut.len() - 60].to_vec(), "zip", 2);
    let squeezed = gz(&log.repeat(1_000));
    add("all/cut.gz", squeezed[..squeezed.len() / 2].to_vec(), "gz", 1);
    add("empty", Vec::new(), "blob", 0);
    add("photos/one.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "blob", 0);
    add("photos/none.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "blob", 0);
    add(
        "noise.bin",
        (0..4_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect(),
        "blob",
        0,
    );
    add("notes.txt", b"nothing that any program writes\njust some lines\n".to_vec(), "text", 0);
    add("table.csv", b"a;b;c\n1;2;3\n4;5;6\n".to_vec(), "text", 0);
    add("page.html", b"<!doctype html><p>hoo</p>\n".to_vec(), "text", 0);
    add("broken.json", b"{\"messages\": [{\"id\": 1, ".to_vec(), "text", 0);
    add("deep.json", b"[".repeat(100_000), "text", 0);
    add("long line.txt", b"x".repeat(3 << 20), "text", 0);
    add("marks.txt", "\u{feff}\u{202e}txt.exe\n".as_bytes().to_vec(), "text", 0);
    files
}

fn one(path: &Path, name: &str) -> Found {
    let mut found = Found::default();
    let plan = Plan::new(None, true);
    read_file_by(&plan, path, name, &Limits::default(), &mut Account::new(&mut found));
    found
}

#[test]
fn each_of_fifty_mixed_files_is_recognised_or_reported() {
    if !corpus().is_dir() {
        println!("skipped: each_of_fifty_mixed_files: fuzz/corpus is absent");
        return;
    }
    let files = files();
    assert!(files.len() >= 50, "{}", files.len());
    let folder = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("EMMA_WRITE_MIXED").map(PathBuf::from);
    for file in &files {
        if let Some(keep) = &keep {
            let path = keep.join(&file.name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &file.bytes).unwrap();
        }
        let path = folder.path().join("exhibit");
        std::fs::write(&path, &file.bytes).unwrap();
        let found = one(&path, &file.name);
        assert_eq!(found.end(&[]).parser, file.parser, "{}", file.name);
        assert!(found.records().count() >= file.records_min, "{}", file.name);
        let told = found.items.iter().any(|item| !item.anomalies.is_empty())
            || found.ends.iter().any(|end| !end.anomalies.is_empty());
        if file.parser == "text" {
            assert!(told, "{} is reported as not understood", file.name);
        }
    }
}
