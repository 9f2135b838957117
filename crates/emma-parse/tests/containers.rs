//! Containers: what they hold is read, nested too, whatever their names say.

use crate::collect::{read, read_with};
use emma_model::{Digest, ItemClass};
use emma_parse::Limits;
use std::io::Write;

pub const LOG: &[u8] = b"[09:00] <heron> hi\n[09:01] <owl> hoot\n";

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

pub fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip of deflated entries, headers written by hand so that any name and any lie fits.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        let mut packed = encoder.finish().unwrap();
        let mut method = 8;
        // OpenDocument has this one entry stored, so that it can be seen from outside.
        if *name == "mimetype" {
            (packed, method) = (bytes.to_vec(), 0);
        }
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let offset = out.len() as u32;
        let mut shared = vec![20, 0, 0, 8, method, 0, 0, 0, 0, 0];
        shared.extend_from_slice(&crc.sum().to_le_bytes());
        shared.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        shared.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        shared.extend_from_slice(&(name.len() as u16).to_le_bytes());
        shared.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&shared);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&shared);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes().repeat(2));
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

#[test]
fn a_zip_gives_its_members_in_directory_order_then_itself() {
    let bytes =
        zip(&[("1970-01-02.txt", LOG), ("photo.jpg", b"\xff\xd8\xff\0\0\0\0"), ("empty", b"")]);
    let found = read("a.zip", &bytes);
    let ends: Vec<_> =
        found.ends.iter().map(|e| (e.path.0.clone(), e.name.as_str(), e.parser.as_str())).collect();
    assert_eq!(
        ends,
        [
            (vec![0], "1970-01-02.txt", "irc"),
            (vec![1], "photo.jpg", "blob"),
            (vec![2], "empty", "blob"),
            (vec![], "a.zip", "zip")
        ]
    );
    assert_eq!(found.records().count(), 2);
    assert!(
        found.records().all(|record| record.time.is_some()),
        "the member's name gives the date"
    );
    let blob = found.items.iter().find(|item| item.class == ItemClass::Blob).unwrap();
    assert_eq!((blob.offset, blob.length), (0, 7));
    assert_eq!(blob.raw, Digest::of(b"\xff\xd8\xff\0\0\0\0").0);
    assert_eq!(found.end_anomalies(&[2]), ["member.empty"]);
    assert_eq!(found.end(&[]).bytes, bytes.len() as u64);
    assert_eq!(found.end(&[]).digest, Digest::of(&bytes));
    assert_eq!(found.end_anomalies(&[]), [""; 0]);
}

#[test]
fn names_in_a_zip_may_repeat_and_climb() {
    let found = read("a.zip", &zip(&[("a.txt", b"x"), ("a.txt", b"y"), ("../../etc/a", b"z")]));
    assert_eq!(found.end_anomalies(&[0]), [""; 0]);
    assert_eq!(found.end_anomalies(&[1]), ["zip.duplicate_name"]);
    assert_eq!(found.end_anomalies(&[2]), ["name.traversal"]);
}

#[test]
fn a_zip_without_its_directory_is_read_by_local_headers() {
    let bytes = zip(&[("1970-01-02.txt", LOG), ("1970-01-03.txt", LOG)]);
    let directory = memchr_find(&bytes, b"PK\x01\x02");
    let found = read("a.zip", &bytes[..directory]);
    assert_eq!(found.records().count(), 4);
    assert_eq!(found.end_anomalies(&[]), ["zip.directory"]);
    // Cut inside the second member: the first is whole, of the second what can be had.
    let second = memchr_find(&bytes[4..], b"PK\x03\x04") + 4;
    let found = read("a.zip", &bytes[..second + 60]);
    assert!(found.records().count() >= 2);
    assert!(!found.end_anomalies(&[1]).is_empty());
}

fn memchr_find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn a_wrong_checksum_or_length_is_told() {
    let bytes = zip(&[("a.txt", b"hello")]);
    let directory = memchr_find(&bytes, b"PK\x01\x02");
    let mut wrong = bytes.clone();
    wrong[directory + 16] ^= 1;
    assert_eq!(read("a.zip", &wrong).end_anomalies(&[0]), ["zip.checksum"]);
    let mut wrong = bytes;
    wrong[directory + 24] ^= 1;
    assert_eq!(read("a.zip", &wrong).end_anomalies(&[0]), ["zip.length"]);
}

#[test]
fn a_tar_gives_what_the_tar_crate_gives() {
    let long = format!("{}/1970-01-02.txt", "folder/".repeat(30));
    let entries: [(&str, &[u8]); 3] = [("1970-01-02.txt", LOG), (&long, LOG), ("b", b"\0\x01")];
    let bytes = tar(&entries);
    let found = read("a.tar", &bytes);
    let mut archive = tar::Archive::new(&bytes[..]);
    let theirs: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned())
        .collect();
    let ours: Vec<_> =
        found.ends.iter().filter(|e| !e.path.0.is_empty()).map(|e| e.name.clone()).collect();
    assert_eq!(ours, theirs);
    assert_eq!(found.records().count(), 4);
    assert_eq!(found.end_anomalies(&[]), [""; 0]);
    assert_eq!(found.end(&[]).parser, "tar");
}

#[test]
fn a_tar_with_a_broken_header_or_end_is_read_as_far_as_it_goes() {
    let bytes = tar(&[("1970-01-02.txt", LOG), ("1970-01-03.txt", LOG), ("1970-01-04.txt", LOG)]);
    let mut broken = bytes.clone();
    broken[1024] ^= 0xff;
    let found = read("a.tar", &broken);
    assert_eq!(found.records().count(), 4);
    assert_eq!(found.end_anomalies(&[]), ["tar.header"]);
    let found = read("a.tar", &[tar(&[("1970-01-02.txt", LOG)]), bytes.clone()].concat());
    assert_eq!(found.records().count(), 8);
    assert_eq!(found.end_anomalies(&[]), ["tar.after_end"]);
    let found = read("a.tar", &bytes[..512 + 36]);
    assert_eq!(found.end_anomalies(&[0]), ["tar.truncated"]);
    assert_eq!(found.end_anomalies(&[]), ["tar.no_end"]);
    assert_eq!(found.records().count(), 2);
}

#[test]
fn streams_hold_one_member_named_after_them() {
    let found = read("1970-01-02.txt.gz", &gz(LOG));
    assert_eq!(found.end(&[0]).name, "1970-01-02.txt");
    assert!(found.records().all(|record| record.time.is_some()));
    let found = read("1970-01-02.txt.zst", &zst(LOG));
    assert_eq!((found.end(&[0]).parser.as_str(), found.records().count()), ("irc", 2));
    // Two gz members one after the other are one content.
    let found = read("x.gz", &[gz(LOG), gz(LOG)].concat());
    assert_eq!(found.records().count(), 4);
    let found = read("x.gz", &[&gz(LOG)[..], b"tail"].concat());
    assert_eq!(found.records().count(), 2);
    assert_eq!(found.end_anomalies(&[]), ["gz.trailing_bytes"]);
}

#[test]
fn cut_streams_give_what_can_be_unpacked() {
    let log = LOG.repeat(20_000);
    for (name, packed, kind) in [
        ("1970-01-02.txt.gz", gz(&log), "gz.damaged"),
        ("1970-01-02.txt.zst", zst(&log), "zst.damaged"),
    ] {
        let found = read(name, &packed[..packed.len() - 20]);
        assert_eq!(found.end_anomalies(&[0]), [kind]);
        assert!(found.end(&[0]).bytes < log.len() as u64);
    }
}

#[test]
fn containers_nest() {
    let inner = zip(&[("1970-01-02.txt", LOG)]);
    let found = read("a.tgz", &gz(&tar(&[("deep.zip", &inner), ("1970-01-03.txt", LOG)])));
    assert_eq!(found.end(&[0]).name, "a.tar");
    assert_eq!(found.end(&[0, 0, 0]).parser, "irc");
    assert_eq!(found.records().count(), 4);
    let mut nested = LOG.to_vec();
    for _ in 0..20 {
        nested = zst(&nested);
    }
    let found = read("x.zst", &nested);
    let deepest = &found.ends[0];
    assert_eq!(deepest.path.0.len(), 16);
    assert_eq!(deepest.anomalies[0].kind.0, "container.too_deep");
}

#[test]
fn the_content_decides_not_the_extension() {
    assert_eq!(read("photo.jpg", &zip(&[("1970-01-02.txt", LOG)])).records().count(), 2);
    assert_eq!(read("1970-01-02.json", LOG).end(&[]).parser, "irc");
    assert_eq!(read("x.zip", b"just text\n").anomalies()[0].0, "format.unknown");
    assert_eq!(read("x.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0").end(&[]).parser, "blob");
}

#[test]
fn bombs_are_cut_at_the_limit_and_told() {
    let limits =
        Limits { unpacked_bytes_free: 1 << 20, unpacked_ratio_max: 10, ..Limits::default() };
    let zeros = vec![0; 16 << 20];
    let found = read_with("a.zst", &zst(&zeros), &limits);
    assert_eq!(found.end(&[0]).bytes, 1 << 20);
    assert_eq!(found.end_anomalies(&[0]), ["container.unpacked_limit"]);
    let found = read_with("a.zip", &zip(&[("a", &zeros), ("b", b"x")]), &limits);
    assert_eq!(found.end(&[0]).bytes, 1 << 20);
    assert_eq!(found.end_anomalies(&[]), ["container.unpacked_limit"]);
    // A zip inside the zip counts again.
    let found = read_with("a.zip", &zip(&[("in.zip", &zip(&[("a", &zeros)]))]), &limits);
    assert!(found.end(&[0, 0]).bytes <= 1 << 20);
    let many: Vec<(String, &[u8])> = (0..100).map(|n| (format!("{n}"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    let found = read_with("a.zip", &zip(&many), &Limits { members_max: 10, ..limits });
    assert_eq!(found.ends.len(), 11);
    assert_eq!(found.end_anomalies(&[]), ["container.members_limit"]);
}
