//! Damaged files give an error that names their role, or other rows; never a panic that escapes.

use crate::files::write;
use crate::rows::{DAY, copy, message, span};
use emma_lake::read::{Copies, Messages};
use emma_lake::totals::MessageTotals;
use emma_lake::{FileEntry, LakeError, Mask};
use std::path::Path;

/// Flips bits all over the file and reads it in every way.
fn flip_all_over(case: &Path, entry: &FileEntry, mut read: impl FnMut() -> Result<(), LakeError>) {
    let path = case.join(&entry.path);
    let bytes = std::fs::read(&path).unwrap();
    let mut errors = 0;
    for at in (0..bytes.len()).step_by(5) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&path, &flipped).unwrap();
        if let Err(error) = read() {
            errors += 1;
            let text = error.to_string();
            assert!(text.contains("messages file") || text.contains("copies file"), "{text}");
        }
    }
    for cut in [0, 3, 8, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        assert!(read().is_err(), "a file cut to {cut} bytes");
    }
    assert!(errors > 20, "only {errors} flips were noticed");
}

#[test]
fn no_flipped_bit_makes_reading_messages_panic() {
    let case = tempfile::tempdir().unwrap();
    let mut rows: Vec<_> = (0..40)
        .map(|i| message(Some(i as i64 * DAY / 9), span("a", i * 10, 9), "pick up at nine"))
        .collect();
    rows.reverse();
    let entry = write(case.path(), &rows).file;
    flip_all_over(case.path(), &entry, || {
        let file = Messages::open(case.path(), &entry)?;
        file.rows(&[0, 39])?;
        file.find(Some(DAY), &rows[3].id)?;
        let mut totals = MessageTotals::default();
        totals.add(&file, &Mask::NONE)?;
        file.range(0..file.len()).try_for_each(|row| row.map(drop))
    });
}

#[test]
fn no_flipped_bit_makes_reading_copies_panic() {
    let case = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..40).map(|i| copy(span("a", i * 10, 9), i)).collect();
    let entry = write(case.path(), &rows).file;
    flip_all_over(case.path(), &entry, || {
        let file = Copies::open(case.path(), &entry)?;
        file.find(&rows[7].record)?;
        file.range(0..file.len()).try_for_each(|row| row.map(drop))
    });
}

#[test]
fn a_file_that_is_not_there_is_a_store_error_without_its_path() {
    let case = tempfile::tempdir().unwrap();
    let mut entry = write(case.path(), &[message(None, span("a", 0, 1), "one")]).file;
    entry.path = "lake/messages/secret-name.parquet".into();
    let error = Messages::open(case.path(), &entry).unwrap_err();
    assert!(matches!(error, LakeError::Store { .. }));
    assert!(!error.to_string().contains("secret-name"));
}
