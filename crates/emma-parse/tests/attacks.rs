//! Files that are made to break a reader, beside two that are not: bombs, entities, depth,
//! malformed pictures, a corrupt database. Each is read within its bounds and told about; the
//! good ones are read as if they stood alone.
//!
//! `EMMA_WRITE_ATTACKS=FOLDER` writes them there at full size (4 GiB each way), for
//! `cargo xtask prove hostile`.

use crate::collect::{Found, read_file_by};
use crate::containers::{LOG, zip};
use crate::rows::database;
use emma_model::MemberPath;
use emma_parse::account::Account;
use emma_parse::{Limits, Plan};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What an attack expands to, in a folder written for a demonstration.
const FULL_BYTES: u64 = 4 << 30;
/// The same in this test.
const SMALL_BYTES: u64 = 64 << 20;
/// What may be unpacked of each in this test, whatever its size.
const FREE_BYTES: u64 = 4 << 20;

struct Attack {
    name: &'static str,
    /// An anomaly that tells about it; none where every byte is read or kept as it stands.
    told: Option<&'static str>,
    write: fn(&mut dyn Write, u64) -> io::Result<()>,
}

/// The good files: their messages must all be there.
const GOOD: [&str; 2] = ["good/2020-04-03.txt", "good/result.json"];
/// Pictures that a message of `good/result.json` names.
const PICTURES: [(&str, &[u8]); 9] = [
    ("a.jpg", b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\xff\xff\xff\xff"),
    ("b.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0"),
    ("c.gif", b"GIF89a\xff\xff\xff\xff\xf7\0\0,\0\0\0\0\xff\xff\xff\xff\x87"),
    ("d.webp", b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\xff\0\0\0\xff\xff\xff\xff\xff\xff"),
    ("e.tif", b"II*\0\x08\0\0\0\xff\xff\x0f\x01\x02\0\xff\xff\xff\xff\x08\0\0\0\x08\0\0\0"),
    ("f.bmp", b"BM\xff\xff\xff\xff\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f"),
    ("g.heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic\xff\xff\xff\xffmeta"),
    ("h.psd", b"8BPS\0\x01\xff\xff\xff"),
    ("i.jpg", b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"),
];

const ATTACKS: &[Attack] = &[
    Attack { name: "bomb.gz", told: Some("container.unpacked_limit"), write: bomb_gz },
    Attack { name: "bomb.zst", told: Some("container.unpacked_limit"), write: bomb_zst },
    Attack { name: "bomb.zip", told: Some("container.unpacked_limit"), write: bomb_zip },
    Attack {
        name: "bombs in bombs.zip",
        told: Some("container.unpacked_limit"),
        write: nested_zip,
    },
    Attack {
        name: "one for all.zip",
        told: Some("container.unpacked_limit"),
        write: overlapping_zip,
    },
    Attack { name: "entities in entities.xml", told: Some("xml.doctype"), write: nested_entities },
    Attack { name: "one entity often.xml", told: Some("xml.doctype"), write: entity_often },
    Attack { name: "deep.json", told: Some("json.too_deep"), write: deep_json },
    Attack { name: "deep.xml", told: Some("xml.too_deep"), write: deep_xml },
    Attack { name: "one line.txt", told: Some("format.unknown"), write: one_line },
    Attack { name: "b-tree in circles.db", told: Some("sqlite.corrupt"), write: corrupt_circles },
    Attack { name: "b-tree that shares.db", told: Some("sqlite.corrupt"), write: corrupt_shared },
    Attack { name: "b-tree unread.db", told: Some("sqlite.corrupt"), write: corrupt_unread },
    Attack { name: "b-tree of noise.db", told: Some("sqlite.corrupt"), write: corrupt_noise },
];

fn zeros(out: &mut impl Write, bytes: u64) -> io::Result<()> {
    let chunk = vec![0; 1 << 20];
    (0..bytes >> 20).try_for_each(|_| out.write_all(&chunk))
}

fn deflated_zeros(bytes: u64) -> Vec<u8> {
    let level = flate2::Compression::best();
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
    zeros(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

fn bomb_gz(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::best());
    zeros(&mut encoder, bytes)?;
    encoder.finish().map(drop)
}

fn bomb_zst(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(out, 3)?;
    zeros(&mut encoder, bytes)?;
    encoder.finish().map(drop)
}

/// A zip whose directory names one deflated member `times` times. Sizes are told truly where
/// they fit; a reader must not need them.
fn zip_of(packed: &[u8], bytes: u64, times: u16) -> Vec<u8> {
    let name = b"a.txt";
    let mut shared = vec![20, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    shared.extend_from_slice(&(packed.len() as u32).to_le_bytes());
    shared.extend_from_slice(&u32::try_from(bytes).unwrap_or(u32::MAX - 1).to_le_bytes());
    shared.extend_from_slice(&(name.len() as u16).to_le_bytes());
    shared.extend_from_slice(&[0, 0]);
    let mut out = b"PK\x03\x04".to_vec();
    out.extend_from_slice(&shared);
    out.extend_from_slice(name);
    out.extend_from_slice(packed);
    let start = out.len() as u32;
    for _ in 0..times {
        out.extend_from_slice(b"PK\x01\x02\x14\0");
        out.extend_from_slice(&shared);
        out.extend_from_slice(&[0; 14]);
        out.extend_from_slice(name);
    }
    let size = out.len() as u32 - start;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&times.to_le_bytes().repeat(2));
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

fn bomb_zip(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    out.write_all(&zip_of(&deflated_zeros(bytes), bytes, 1))
}

/// Sixteen of sixteen of sixteen of a bomb.
fn nested_zip(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let inner = zip_of(&deflated_zeros(bytes >> 4), bytes >> 4, 1);
    let names: Vec<String> = (0..16).map(|number| format!("{number}.zip")).collect();
    let level =
        |inner: &[u8]| zip(&names.iter().map(|name| (name.as_str(), inner)).collect::<Vec<_>>());
    out.write_all(&level(&level(&inner)))
}

/// A thousand entries of the directory that are the same bytes.
fn overlapping_zip(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    out.write_all(&zip_of(&deflated_zeros(bytes >> 4), bytes >> 4, 1_000))
}

const SMS: &str =
    "<sms protocol=\"0\" address=\"+15550001\" date=\"1585908611000\" type=\"1\" body=";

/// Entities that stand for ten of the one before: the last is longer than any disk.
fn nested_entities(out: &mut dyn Write, _: u64) -> io::Result<()> {
    out.write_all(b"<?xml version=\"1.0\"?>\n<!DOCTYPE smses [\n<!ENTITY e0 \"hoo\">\n")?;
    for level in 1..40 {
        let one = format!("&e{};", level - 1);
        writeln!(out, "<!ENTITY e{level} \"{}\">", one.repeat(10))?;
    }
    write!(out, "]>\n<smses count=\"2\">\n{SMS}\"&e39;\" />\n{SMS}\"plain\" />\n</smses>\n")
}

/// One long entity, named until `bytes` would be written out; and as many names as that takes.
fn entity_often(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let (long, names) = ("x".repeat(1 << 10), "&e;".repeat(256));
    write!(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE smses [<!ENTITY e \"{long}\">]>\n<smses>\n")?;
    for _ in 0..bytes / (1 << 10) / 256 {
        writeln!(out, "{SMS}\"{names}\" />")?;
    }
    out.write_all(b"</smses>\n")
}

fn deep_json(out: &mut dyn Write, _: u64) -> io::Result<()> {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    write!(out, "{{\"type\":\"bot_chat\",\"id\":1,\"messages\":[],\"x\":{open}{close}}}")
}

fn deep_xml(out: &mut dyn Write, _: u64) -> io::Result<()> {
    let (open, close) = ("<a>".repeat(100_000), "</a>".repeat(100_000));
    write!(out, "<?xml version=\"1.0\"?>\n<smses>{SMS}\"hoo\" />{open}{close}</smses>")
}

fn one_line(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let chunk = vec![b'x'; 1 << 20];
    (0..bytes >> 25).try_for_each(|_| out.write_all(&chunk))
}

/// A database of WhatsApp's older shape whose messages fill a b-tree of two levels.
fn messages_database() -> Vec<u8> {
    let mut sql = "CREATE TABLE messages (_id INTEGER PRIMARY KEY, key_remote_jid TEXT, \
        key_from_me INTEGER, key_id TEXT, status INTEGER, data TEXT, timestamp INTEGER, \
        media_url TEXT, media_mime_type TEXT, media_wa_type TEXT, media_size INTEGER, \
        media_name TEXT, media_caption TEXT, latitude REAL, longitude REAL, \
        remote_resource TEXT, received_timestamp INTEGER, quoted_row_id INTEGER); BEGIN;"
        .to_owned();
    for row in 0..3_000 {
        sql.push_str(&format!(
            "INSERT INTO messages VALUES ({row}, '15550001@s.whatsapp.net', 0, 'K{row}', 0, \
             'hoo {row}', {}, NULL, NULL, '0', 0, NULL, NULL, 0, 0, '', 0, 0);",
            1_400_000_000_000u64 + row
        ));
    }
    sql.push_str("COMMIT;");
    database(&sql)
}

const PAGE: usize = 4096;

/// Every interior page's last child is the page of the table's root.
fn corrupt_circles(out: &mut dyn Write, _: u64) -> io::Result<()> {
    let mut bytes = messages_database();
    let interior = |page: &[u8]| page[0] == 5;
    let root = bytes.chunks(PAGE).position(interior).expect("the table has two levels") as u32 + 1;
    for page in bytes.chunks_mut(PAGE).filter(|page| interior(page)) {
        let cells = u16::from_be_bytes([page[3], page[4]]) as usize;
        page[8..12].copy_from_slice(&root.to_be_bytes());
        for cell in 1..cells {
            let at = u16::from_be_bytes([page[12 + cell * 2], page[13 + cell * 2]]) as usize;
            page[at..at + 4].copy_from_slice(&root.to_be_bytes());
        }
    }
    out.write_all(&bytes)
}

/// Interior pages of which each cell leads to the same page below, as deep as SQLite goes: the
/// table seems to have 500^17 times the rows of its one leaf.
fn corrupt_shared(out: &mut dyn Write, _: u64) -> io::Result<()> {
    const CELLS: u16 = 500;
    let mut bytes = messages_database();
    let root = bytes.chunks(PAGE).position(|page| page[0] == 5).expect("two levels");
    let leaves: Vec<usize> = bytes
        .chunks(PAGE)
        .enumerate()
        .skip(root + 1)
        .filter(|(_, page)| page[0] == 13)
        .map(|(number, _)| number)
        .collect();
    let way: Vec<usize> = std::iter::once(root).chain(leaves.into_iter().take(18)).collect();
    for step in way.windows(2) {
        let below = (step[1] as u32 + 1).to_be_bytes();
        let page = &mut bytes[step[0] * PAGE..][..PAGE];
        page.fill(0);
        page[0] = 5;
        page[3..5].copy_from_slice(&CELLS.to_be_bytes());
        page[5..7].copy_from_slice(&(PAGE as u16 - CELLS * 5).to_be_bytes());
        page[8..12].copy_from_slice(&below);
        for cell in 0..CELLS as usize {
            let at = PAGE - (cell + 1) * 5;
            page[12 + cell * 2..14 + cell * 2].copy_from_slice(&(at as u16).to_be_bytes());
            page[at..at + 4].copy_from_slice(&below);
            page[at + 4] = 100;
        }
    }
    out.write_all(&bytes)
}

/// The same in a table that nothing reads: it is only counted.
fn corrupt_unread(out: &mut dyn Write, bytes: u64) -> io::Result<()> {
    let mut database = Vec::new();
    corrupt_shared(&mut database, bytes)?;
    // The name stands in the schema alone, as the table's and in its definition.
    let name = b"messages";
    while let Some(at) = database[..PAGE].windows(name.len()).position(|bytes| bytes == name) {
        database[at..at + name.len()].copy_from_slice(b"nothings");
    }
    out.write_all(&database)
}

/// Every third page but the first is noise.
fn corrupt_noise(out: &mut dyn Write, _: u64) -> io::Result<()> {
    let mut bytes = messages_database();
    for (number, page) in bytes.chunks_mut(PAGE).enumerate().skip(1).filter(|(n, _)| n % 3 == 0) {
        for (at, byte) in page.iter_mut().enumerate() {
            *byte = ((number * 31 + at) as u32).wrapping_mul(2_654_435_761).to_le_bytes()[3];
        }
    }
    out.write_all(&bytes)
}

/// An export of which each message names one of the pictures.
fn telegram() -> String {
    let message = |(id, (name, _)): (usize, &(&str, &[u8]))| {
        format!(
            "{{\"id\":{id},\"type\":\"message\",\"date\":\"2020-04-03T10:00:{id:02}\",\
             \"date_unixtime\":\"15859080{id:02}\",\"from\":\"Heron\",\"from_id\":\"user1\",\
             \"photo\":\"photos/{name}\",\"width\":800,\"height\":600,\"text\":\"hoo {id}\"}}"
        )
    };
    let messages: Vec<String> = PICTURES.iter().enumerate().map(message).collect();
    let messages = messages.join(",");
    format!("{{\"name\":\"Owl\",\"type\":\"personal_chat\",\"id\":7,\"messages\":[{messages}]}}")
}

/// The files that are what they say: name, bytes, records.
fn good() -> Vec<(String, Vec<u8>, usize)> {
    let mut files = vec![
        (GOOD[0].to_owned(), LOG.to_vec(), 2),
        (GOOD[1].to_owned(), telegram().into_bytes(), PICTURES.len()),
    ];
    for (name, head) in PICTURES {
        let mut bytes = head.to_vec();
        bytes.resize(head.len() + 3_000, 0xFF);
        files.push((format!("good/photos/{name}"), bytes, 0));
    }
    files
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path).unwrap());
    write(&mut file).unwrap();
    file.flush().unwrap();
}

#[test]
fn attacks_are_bounded_and_told_and_their_neighbours_are_read() {
    let keep = std::env::var_os("EMMA_WRITE_ATTACKS").map(PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    let read = |name: &str| {
        let (mut found, plan) = (Found::default(), Plan::new(None, true));
        // As much smaller as the attacks are.
        let limits = Limits { unpacked_bytes_free: FREE_BYTES, ..Limits::default() };
        let limits = Limits { unpacked_ratio_max: 100, ..limits };
        read_file_by(&plan, &path, name, &limits, &mut Account::new(&mut found));
        found
    };
    for attack in ATTACKS {
        if let Some(keep) = &keep {
            write_file(&keep.join(attack.name), |out| (attack.write)(out, FULL_BYTES));
            continue;
        }
        write_file(&path, |out| (attack.write)(out, SMALL_BYTES));
        let found = read(attack.name);
        let mut told: Vec<&str> = found.anomalies().iter().map(|(kind, _)| *kind).collect();
        told.extend(found.ends.iter().flat_map(|end| &end.anomalies).map(|told| told.kind.0));
        told.dedup();
        println!("{}: {told:?}", attack.name);
        if let Some(kind) = attack.told {
            assert!(told.contains(&kind), "{}: {told:?}", attack.name);
        }
    }
    for (name, bytes, records) in good() {
        if let Some(keep) = &keep {
            write_file(&keep.join(&name), |out| out.write_all(&bytes));
            continue;
        }
        write_file(&path, |out| out.write_all(&bytes));
        assert_eq!(read(&name).records().count(), records, "{name}");
    }
}

/// The rows that a verifier is shown.
#[derive(Default)]
struct Shown(BTreeMap<(String, i64), Vec<u8>>);

impl emma_parse::unpack::VisitMembers for Shown {
    fn member(&mut self, _: &MemberPath, bytes: &mut dyn io::Read) -> io::Result<()> {
        io::copy(bytes, &mut io::sink()).map(drop)
    }

    fn row(&mut self, row: emma_parse::Row<'_>) -> io::Result<()> {
        let known = self.0.insert((row.table.to_owned(), row.row), row.raw.to_vec());
        assert!(known.is_none(), "row {} comes twice", row.row);
        Ok(())
    }

    fn wants_rows(&self) -> bool {
        true
    }
}

/// Reads a database and fails unless each row that was read is shown to a verifier, equal.
fn verified(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("msgstore.db");
    std::fs::write(&path, bytes).unwrap();
    let (mut found, plan) = (Found::default(), Plan::new(None, true));
    let limits = Limits::default();
    read_file_by(&plan, &path, "msgstore.db", &limits, &mut Account::new(&mut found));
    let mut shown = Shown::default();
    let file = std::fs::File::open(&path).unwrap();
    emma_parse::unpack::each_member(file, &limits, folder.path(), &mut shown).unwrap();
    for item in &found.items {
        if let Some((table, row)) = &item.row {
            let shown = shown.0.get(&(table.clone(), *row)).map(Vec::as_slice);
            assert_eq!(shown, Some(item.raw.as_slice()), "row {row} of {table}");
        }
    }
}

#[test]
fn what_was_read_of_a_corrupt_database_is_shown_to_a_verifier() {
    for write in [corrupt_circles, corrupt_shared, corrupt_noise] {
        let mut bytes = Vec::new();
        write(&mut bytes, 0).unwrap();
        verified(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_database_with_any_bytes_changed_is_read_as_it_is_verified(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        heads in any::<bool>(),
    ) {
        let mut bytes = messages_database();
        let pages = bytes.len() / PAGE;
        for (at, to) in changes {
            // Heads of pages and their lists of cells decide where a tree leads.
            let at = match heads {
                true => at.index(pages * 64) / 64 * PAGE + at.index(64) + 100,
                false => at.index(bytes.len()),
            };
            bytes[at.min(pages * PAGE - 1)] = to;
        }
        verified(&bytes);
    }
}
