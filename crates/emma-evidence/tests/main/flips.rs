//! One bit flipped anywhere is found, and the object named.

use crate::fixture::{TestCase, seeded};
use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the case but the lock, which says nothing.
fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if !path.ends_with("log/lock") {
            out.push(path);
        }
    }
    out.sort();
}

/// The part of a path by which a finding may name it.
fn names(path: &Path, case: &Path) -> Vec<String> {
    let below = path.strip_prefix(case).unwrap().to_str().unwrap();
    let evidence = below.strip_prefix("evidence/").unwrap_or(below).to_owned();
    let mut names = vec![evidence.clone()];
    if let Some(tree) = evidence.strip_prefix("trees/") {
        names.push(format!("trees/{}", tree.split('/').next().unwrap()));
    }
    names
}

#[test]
fn a_thousand_random_bit_flips_are_found_and_named() {
    // Most in a case that is quick to verify; some in one whose log has full tiles.
    flip(&TestCase::full(5), 850);
    flip(&TestCase::full(260), 150);
}

fn flip(test: &TestCase, flips: usize) {
    let case = test.folder.path();
    assert_eq!(test.verify(None).findings, []);
    let mut all = Vec::new();
    files(case, &mut all);
    all.retain(|path| path.metadata().unwrap().len() > 0);
    let total: u64 = all.iter().map(|path| path.metadata().unwrap().len()).sum();
    let mut random = seeded(flips as u64);
    for round in 0..flips {
        let mut draw = [0; 8];
        random(&mut draw);
        // Every fourth flip falls into a file drawn evenly: small files are flipped too.
        let mut bit = u64::from_be_bytes(draw) % (total * 8);
        let mut path = &all[(bit % all.len() as u64) as usize];
        if round % 4 == 0 {
            bit %= path.metadata().unwrap().len() * 8;
        } else {
            for candidate in &all {
                path = candidate;
                let bits = path.metadata().unwrap().len() * 8;
                if bit < bits {
                    break;
                }
                bit -= bits;
            }
        }
        let good = fs::read(path).unwrap();
        let mut bad = good.clone();
        bad[(bit / 8) as usize] ^= 1 << (bit % 8);
        fs::write(path, &bad).unwrap();
        let findings = test.verify(None).findings;
        let names = names(path, case);
        let named = findings.iter().any(|f| names.iter().any(|name| f.object.starts_with(name)));
        assert!(
            named,
            "round {round}: bit {bit} of {names:?}: {:?}",
            findings.iter().take(3).collect::<Vec<_>>()
        );
        fs::write(path, &good).unwrap();
    }
    assert_eq!(test.verify(None).findings, []);
}

#[test]
fn a_missing_file_is_named() {
    let test = TestCase::full(260);
    let mut all = Vec::new();
    files(test.folder.path(), &mut all);
    for path in all {
        // A partial tile beside a longer one, or a checkpoint's, may be gone; the rest may not.
        let partial = path.parent().unwrap().extension().is_some_and(|end| end == "p");
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let findings = test.verify(None).findings;
        let names = names(&path, test.folder.path());
        let named = findings.iter().any(|f| names.iter().any(|name| f.object.starts_with(name)));
        assert!(named || partial, "{names:?}: {:?}", findings.iter().take(3).collect::<Vec<_>>());
        fs::write(&path, good).unwrap();
    }
}
