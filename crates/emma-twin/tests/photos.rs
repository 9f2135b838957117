//! Photos as files: the same bytes on any threads, marked for ever, and told in the truth.

use emma_twin::generate::{Made, generate};
use emma_twin::photos::{Kind, canvas::Canvas, jpeg, mark};
use emma_twin::scenario::{Photos, Scenario};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

fn make(photos: Photos, threads: usize, root: &Path) -> Made {
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.messages = 4_000;
    scenario.deliveries.part_messages = 1_000;
    scenario.deliveries.photos = photos;
    scenario.truth.tables = false;
    // More handsets are captured than in life, so that few messages deliver every kind of photo.
    scenario.faults.captured = 0.9;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| generate(&scenario, 7, root, None)).unwrap()
}

fn lines(root: &Path, path: &str) -> Vec<Value> {
    let bytes = std::fs::read(root.join(path)).unwrap();
    let text = zstd::decode_all(bytes.as_slice()).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn truth(made: &Made, root: &Path, folder: &str) -> Vec<Value> {
    let own = made.files.iter().filter(|file| file.path.starts_with(folder));
    own.flat_map(|file| lines(root, &file.path)).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Reads the pixels of a photo with another program's decoder, or, of a PNG, by its own structure.
fn pixels(bytes: &[u8]) -> Canvas {
    let (width, height, flat) = if bytes.starts_with(b"\x89PNG") {
        let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let (width, height) = (side(16), side(20));
        let start = bytes.windows(4).position(|four| four == b"IDAT").unwrap() + 4;
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[start..]).read_to_end(&mut rows).unwrap();
        let flat: Vec<u8> = rows.chunks(3 * width + 1).flat_map(|row| row[1..].to_vec()).collect();
        (width, height, flat)
    } else {
        let mut decoder = jpeg_decoder::Decoder::new(bytes);
        let flat = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        (usize::from(info.width), usize::from(info.height), flat)
    };
    let mut canvas = Canvas::new(width as i32, height as i32, [0; 3]);
    assert_eq!(flat.len(), canvas.pixels.len() * 3);
    for (pixel, parts) in canvas.pixels.iter_mut().zip(flat.chunks(3)) {
        *pixel = [parts[0], parts[1], parts[2]];
    }
    canvas
}

#[test]
fn photos_are_the_same_bytes_on_one_and_two_threads_and_listed_with_their_digest() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1"), folder.path().join("2"));
    let made = make(Photos::Drawn, 1, &one);
    assert_eq!(made.files, make(Photos::Drawn, 2, &two).files);
    assert!(made.drawn.photos > 20, "{}", made.drawn.photos);
    let manifest = std::fs::read(one.join("deliveries/manifest.ndjson")).unwrap();
    let listed: BTreeMap<String, String> = manifest
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice::<Value>(line).unwrap())
        .map(|file| (text(&file, "path").to_string(), text(&file, "sha256").to_string()))
        .collect();
    let mut photos = 0;
    for entry in one.join("deliveries/photos").read_dir().unwrap() {
        for file in entry.unwrap().path().read_dir().unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let digest: String =
                Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            let name = path
                .strip_prefix(one.join("deliveries"))
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            assert_eq!(listed.get(&name), Some(&digest), "{name}");
            photos += 1;
        }
    }
    assert_eq!(photos, made.drawn.photos);
}

#[test]
fn every_photo_is_marked_also_after_it_is_compressed_again() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(Photos::Drawn, 2, folder.path());
    let (mut kinds, mut ways) = (BTreeSet::new(), BTreeSet::new());
    for photo in truth(&made, folder.path(), "truth/photos/") {
        if photo["delivered"] == false {
            continue;
        }
        kinds.insert(text(&photo, "kind").to_string());
        ways.insert(text(&photo, "how").to_string());
        let bytes = std::fs::read(folder.path().join(text(&photo, "path"))).unwrap();
        let canvas = pixels(&bytes);
        let again = pixels(&jpeg::encode(&canvas, 30, None));
        for canvas in [&canvas, &again] {
            let (luma, size) = (canvas.luma(), (canvas.width as usize, canvas.height as usize));
            let found = mark::strength(&luma, size.0, size.1);
            assert!(found > mark::STRENGTH_MIN, "{photo}: {found}");
            let contrast = mark::contrast(&luma, size.0, size.1);
            assert!(contrast > 120.0, "{photo}: {contrast}");
        }
    }
    assert_eq!((kinds.len(), ways.len()), (Kind::ALL.len(), 4), "{kinds:?} {ways:?}");
}

#[test]
fn records_name_the_files_that_are_there_and_the_truth_says_what_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(Photos::Drawn, 2, folder.path());
    let mut promised = BTreeSet::new();
    let mut missing = BTreeSet::new();
    for source in ["history", "feed", "night", "history-b", "feed-b", "night-b"] {
        for record in truth(&made, folder.path(), &format!("deliveries/{source}/part-")) {
            let (name, there) = match record.get("photo") {
                Some(_) => (text(&record, "photo"), record["photo_delivered"] == true),
                None => (text(&record, "att"), record["att_ok"] == 1),
            };
            if !name.is_empty() {
                let list = if there { &mut promised } else { &mut missing };
                list.insert(name.to_string());
            }
        }
    }
    let files = made.files.iter().filter(|file| file.path.starts_with("deliveries/photos/"));
    let names = files.map(|file| file.path.rsplit('/').next().unwrap().to_string());
    let there: BTreeSet<String> = names.collect();
    assert_eq!(there, promised);
    assert!(missing.difference(&there).count() > 0, "some photos are missing");
    let messages = truth(&made, folder.path(), "truth/messages/");
    let messages: BTreeMap<&str, &Value> = messages.iter().map(|m| (text(m, "id"), m)).collect();
    let photos = truth(&made, folder.path(), "truth/photos/");
    let by_name: BTreeMap<&str, &Value> = photos.iter().map(|p| (text(p, "photo"), p)).collect();
    assert_eq!(by_name.len(), photos.len(), "a name is one photo's");
    let (mut notes, mut ways) = (0, BTreeSet::new());
    for photo in &photos {
        let message = messages[text(photo, "id")];
        assert_eq!(message["photo"], photo["photo"]);
        let words: Vec<&str> =
            photo["text"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
        if photo["kind"] == "banknote" {
            notes += 1;
            let serial = |w: &&str| w.len() == 12 && w.starts_with("ZZ");
            assert!(!words.is_empty() && words.iter().all(serial), "{photo}");
        }
        if photo.get("how").is_none() {
            if let Some((_, rest)) = text(message, "text").split_once("ZZ") {
                assert_eq!(photo["kind"], "banknote", "{message}");
                assert!(rest.starts_with(&words[0][2..]), "{photo} {message}");
            }
            continue;
        }
        let source = by_name[text(photo, "derived_from")];
        assert_eq!(source["text"], photo["text"]);
        assert!(text(messages[text(source, "id")], "time") < text(message, "time"));
        ways.insert(text(photo, "how").to_string());
        if photo["how"] == "resent" && photo["delivered"] == true && source["delivered"] == true {
            assert_eq!(source["sha256"], photo["sha256"]);
        }
    }
    assert!(notes > 3 && ways.len() == 3, "{notes} {ways:?}");
}

#[test]
fn a_camera_says_when_by_the_handset_and_sometimes_where() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(Photos::Drawn, 2, folder.path());
    let (mut dated, mut placed) = (0, 0);
    for file in &made.files {
        if !file.path.starts_with("deliveries/photos/") || !file.path.ends_with(".jpg") {
            continue;
        }
        let bytes = std::fs::read(folder.path().join(&file.path)).unwrap();
        let Ok(read) = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&bytes))
        else {
            continue;
        };
        let field =
            |tag| read.get_field(tag, exif::In::PRIMARY).map(|f| f.display_value().to_string());
        assert_eq!(field(exif::Tag::ImageDescription).unwrap(), "\"SYNTHETIC\"");
        let time = field(exif::Tag::DateTimeOriginal).unwrap();
        assert!(time.starts_with("2020-") && time.len() == 19, "{time}");
        assert!(field(exif::Tag::OffsetTimeOriginal).is_some());
        dated += 1;
        if let Some(south) = field(exif::Tag::GPSLatitude) {
            assert!(south.starts_with("30 deg"), "{south}");
            placed += 1;
        }
    }
    assert!(dated > 10 && placed < dated, "{placed} of {dated}");
}

#[test]
fn without_drawing_only_names_are_left_and_without_photos_not_even_those() {
    let folder = tempfile::tempdir().unwrap();
    for (photos, names) in [(Photos::Refs, true), (Photos::None, false)] {
        let root = folder.path().join(format!("{photos:?}"));
        let made = make(photos, 2, &root);
        assert!(made.files.iter().all(|file| !file.path.contains("/photos/")));
        let messages = truth(&made, &root, "truth/messages/");
        assert_eq!(messages.iter().any(|m| m.get("photo").is_some()), names);
        let feed = truth(&made, &root, "deliveries/feed/");
        assert_eq!(feed.iter().any(|record| record.get("photo").is_some()), names);
    }
}
