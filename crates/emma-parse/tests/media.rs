//! Pictures and other attachments: kept whole, their types told by content, EXIF as a record.

use crate::collect::{Found, read, read_file};
use crate::containers::zip;
use emma_model::{ItemClass, MemberPath, RecordKind, Zone};
use emma_parse::Limits;
use std::path::PathBuf;

/// An EXIF block (TIFF 6.0, little-endian) of a camera's make, a time and optionally a place.
fn tiff(place: bool) -> Vec<u8> {
    let mut heap: Vec<u8> = Vec::new();
    let mut ifd0: Vec<[u8; 12]> = Vec::new();
    let mut gps: Vec<[u8; 12]> = Vec::new();
    let entries = if place { 3 } else { 2 };
    let start = 8 + 2 + entries * 12 + 4;
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut out = [0; 12];
        out[..2].copy_from_slice(&tag.to_le_bytes());
        out[2..4].copy_from_slice(&kind.to_le_bytes());
        out[4..8].copy_from_slice(&count.to_le_bytes());
        out[8..].copy_from_slice(&value);
        out
    };
    let text = |heap: &mut Vec<u8>, tag, text: &[u8]| {
        let at = (start + heap.len()) as u32;
        heap.extend_from_slice(text);
        entry(tag, 2, text.len() as u32, at.to_le_bytes())
    };
    ifd0.push(text(&mut heap, 0x010F, b"Heron Cameras\0"));
    ifd0.push(text(&mut heap, 0x0132, b"2020:04:03 10:11:12\0"));
    if place {
        let rationals = |heap: &mut Vec<u8>, tag, degrees: u32, minutes: u32| {
            let at = (start + heap.len()) as u32;
            for number in [degrees, 1, minutes, 1, 0, 1] {
                heap.extend_from_slice(&number.to_le_bytes());
            }
            entry(tag, 5, 3, at.to_le_bytes())
        };
        gps.push(entry(1, 2, 2, *b"N\0\0\0"));
        gps.push(rationals(&mut heap, 2, 52, 30));
        gps.push(entry(3, 2, 2, *b"W\0\0\0"));
        gps.push(rationals(&mut heap, 4, 4, 15));
        let at = (start + heap.len()) as u32;
        ifd0.push(entry(0x8825, 4, 1, at.to_le_bytes()));
        heap.extend_from_slice(&(gps.len() as u16).to_le_bytes());
        gps.iter().for_each(|entry| heap.extend_from_slice(entry));
        heap.extend_from_slice(&[0; 4]);
    }
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend_from_slice(&(ifd0.len() as u16).to_le_bytes());
    ifd0.iter().for_each(|entry| out.extend_from_slice(entry));
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&heap);
    out
}

/// A JPEG of no picture at all, with an EXIF block.
pub fn jpeg(place: bool) -> Vec<u8> {
    let tiff = tiff(place);
    let mut out = b"\xff\xd8\xff\xe1".to_vec();
    out.extend_from_slice(&(tiff.len() as u16 + 8).to_be_bytes());
    out.extend_from_slice(b"Exif\0\0");
    out.extend_from_slice(&tiff);
    out.extend_from_slice(b"\xff\xda\0\x02\xff\xd9");
    out
}

#[test]
fn a_photo_says_when_and_where_it_was_taken() {
    let found = read("IMG_1.jpg", &jpeg(true));
    assert_eq!(found.items[0].class, ItemClass::Blob);
    assert_eq!((found.end(&[]).parser.as_str(), found.end(&[]).media), ("blob", "image/jpeg"));
    let said = found.records().next().unwrap();
    assert_eq!(said.kind, RecordKind::Location);
    let extra = |name: &str| said.extra.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(
        (extra("latitude").as_str(), extra("longitude").as_str()),
        ("52.5000000", "-4.2500000")
    );
    assert!(extra("Make").contains("Heron Cameras"));
    let (lo, hi, zone, _) = said.time.unwrap();
    assert_eq!(zone, Zone::Unknown);
    assert_eq!((hi - lo) / 1_000_000, 26 * 3_600);
    assert_eq!(found.items[1].row, Some(("exif".to_owned(), 1)));
    let raw = String::from_utf8(found.items[1].raw.clone()).unwrap();
    assert!(raw.contains("\"Make\":"), "{raw}");
}

#[test]
fn a_photo_without_a_place_is_no_location() {
    let found = read("IMG_1.jpg", &zip(&[("x/IMG_2.jpg", &jpeg(false))]));
    assert_eq!(found.records().next().unwrap().kind, RecordKind::Other);
    assert_eq!(found.end(&[0]).media, "image/jpeg");
}

#[test]
fn malformed_pictures_of_each_type_are_kept_whole() {
    let heads: [(&str, &[u8]); 8] = [
        ("image/jpeg", b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\xff\xff\xff\xff"),
        ("image/png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIfMM\0*"),
        ("image/gif", b"GIF89a\xff\xff\xff\xff"),
        ("image/webp", b"RIFF\xff\xff\xff\xffWEBPVP8X\xff\xff\xff\xff"),
        ("image/tiff", b"II*\0\x08\0\0\0\xff\xff\x0f\x01\x02\0\xff\xff\xff\xff\0\0\0\0"),
        ("image/bmp", b"BM\xff\xff\xff\xff\0\0\0\0\xff\xff"),
        ("image/heif", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic\xff\xff\xff\xffmeta"),
        ("image/vnd.adobe.photoshop", b"8BPS\0\x01\xff\xff\xff"),
    ];
    for (media, head) in heads {
        for fill in [0x00, 0xFF] {
            let mut bytes = head.to_vec();
            bytes.resize(head.len() + 3_000, fill);
            let found = read("x", &bytes);
            assert_eq!(found.end(&[]).media, media);
            assert_eq!(found.items[0].class, ItemClass::Blob, "{media}");
            assert_eq!(found.records().count(), 0, "{media}");
        }
    }
}

#[test]
fn pictures_of_a_public_collection_are_told_by_content() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/images");
    if !folder.is_dir() {
        println!("skipped: pictures_of_a_public_collection: ../shared/data is absent");
        return;
    }
    let (mut folders, mut files) = (vec![folder], Vec::new());
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let path = file.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let mut pictures = 0;
    for path in files {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let expected = match ending.as_str() {
            "jpg" | "jpeg" => "image/jpeg",
            "png" => "image/png",
            "gif" => "image/gif",
            "webp" => "image/webp",
            _ => continue,
        };
        let mut found = Found::default();
        read_file(&path, "picture", &Limits::default(), &mut &mut found);
        assert_eq!(found.end(&[]).media, expected, "{}", path.display());
        pictures += 1;
    }
    assert!(pictures > 20, "{pictures}");
}

/// Rows shown to a verifier, which reads no formats.
#[derive(Default)]
struct Shown {
    members: usize,
    rows: Vec<Vec<u8>>,
}

impl emma_parse::unpack::VisitMembers for Shown {
    fn member(&mut self, _: &MemberPath, bytes: &mut dyn std::io::Read) -> std::io::Result<()> {
        self.members += 1;
        std::io::copy(bytes, &mut std::io::sink()).map(drop)
    }

    fn row(&mut self, row: emma_parse::Row<'_>) -> std::io::Result<()> {
        self.rows.push(row.raw.to_vec());
        Ok(())
    }

    fn wants_rows(&self) -> bool {
        true
    }
}

#[test]
fn what_a_photo_says_is_shown_to_a_verifier_as_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in
        [("IMG_1.jpg", jpeg(true)), ("phone.zip", zip(&[("IMG_1.jpg", &jpeg(true))]))]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let mut shown = Shown::default();
        let file = std::fs::File::open(&path).unwrap();
        emma_parse::unpack::each_member(file, &Limits::default(), folder.path(), &mut shown)
            .unwrap();
        let found = read(name, &bytes);
        let rows: Vec<_> = found.items.iter().filter(|item| item.row.is_some()).collect();
        assert_eq!((shown.members, shown.rows.len(), rows.len()), (1, 1, 1), "{name}");
        assert_eq!(shown.rows[0], rows[0].raw, "{name}");
    }
}
