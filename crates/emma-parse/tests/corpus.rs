//! The seeds of the fuzz targets, run without a fuzzer. `EMMA_WRITE_SEEDS=1` writes the seeds of
//! containers anew.

use crate::containers::{LOG, gz, tar, zip, zst};
use crate::rows::{BIRDS, database, workbook};
use emma_parse::fuzzing::{TARGETS, run};
use std::path::PathBuf;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

#[test]
fn every_seed_runs() {
    if !corpus().is_dir() {
        println!("skipped: every_seed_runs: fuzz/corpus is absent");
        return;
    }
    for target in TARGETS {
        let folder = std::fs::read_dir(corpus().join(target)).expect("each target has seeds");
        let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{target} has seeds");
        for path in paths {
            run(target, &std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn container_seeds_are_what_the_packers_write() {
    let inner = zip(&[("1970-01-02.txt", LOG)]);
    let entries: [(&str, &[u8]); 3] =
        [("1970-01-02.txt", LOG), ("../a", b"\xff\xd8\xff\0\0\0\0"), ("deep.zip", &inner)];
    let seeds = [
        ("zip/three", zip(&entries)),
        ("tar/three", tar(&entries.map(|(name, bytes)| (name.trim_start_matches("../"), bytes)))),
        ("gz/log", gz(LOG)),
        ("gz/two", [gz(LOG), gz(b"x")].concat()),
        ("zst/log", zst(LOG)),
        ("zst/twice", zst(&zst(LOG))),
    ];
    if std::env::var_os("EMMA_WRITE_SEEDS").is_some() {
        let book = workbook(|book| {
            book.add_worksheet().write(0, 0, "Sender").unwrap();
        });
        let rows = [
            ("sqlite/birds", database(BIRDS)),
            ("sheet/one", book),
            ("pst/wide", crate::pst::few(true, 1)),
            ("pst/ansi", crate::pst::few(false, 2)),
        ];
        for (name, bytes) in seeds.iter().chain(&rows) {
            std::fs::create_dir_all(corpus().join(name).parent().unwrap()).unwrap();
            std::fs::write(corpus().join(name), bytes).unwrap();
        }
    }
    for (name, bytes) in seeds {
        run(name.split('/').next().unwrap(), &bytes);
    }
}
