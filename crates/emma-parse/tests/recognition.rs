//! Which reader takes which file: the seeds of each text format are taken by it alone, whatever
//! they are called, so that a new format cannot quietly take another's files.

use crate::collect::read;
use std::path::PathBuf;

/// Formats whose seeds all are whole enough to be recognised.
const FORMATS: [&str; 5] = ["eml", "mbox", "plist", "vcard", "whatsapp-text"];
/// Formats some of whose seeds are broken on purpose.
const BROKEN: [&str; 3] = ["irc", "mapping_log", "telegram"];

#[test]
fn each_seed_is_taken_by_its_own_format() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    if !corpus.is_dir() {
        println!("skipped: each_seed_is_taken_by_its_own_format: fuzz/corpus is absent");
        return;
    }
    for format in FORMATS.into_iter().chain(BROKEN) {
        for entry in std::fs::read_dir(corpus.join(format)).unwrap() {
            let path = entry.unwrap().path();
            let found = read("exhibit", &std::fs::read(&path).unwrap());
            let parser = found.end(&[]).parser.as_str();
            let own = parser == format || BROKEN.contains(&format) && !FORMATS.contains(&parser);
            assert!(own, "{} is read as {parser}", path.display());
        }
    }
}
