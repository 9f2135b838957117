//! Delivered files into the store, before a byte of them is parsed.

use crate::case::Case;
use crate::deliver::{Delivered, DeliveredFile};
use crate::error::{Result, at};
use crate::progress::Progress;
use emma_evidence::exhibit::Batch;
use emma_model::{Digest, ExhibitId};
use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A sealed file of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFile {
    /// Its exhibit.
    pub exhibit: ExhibitId,
    /// Its delivered path, bytes as found.
    pub path: Vec<u8>,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Bytes that were read, which may differ from what was listed before.
    pub bytes: u64,
}

/// Seals every file, durably, and returns them by delivered path.
///
/// Bytes already sealed are read and recognised, not written again. Interrupted, it leaves
/// sealed bytes that nothing refers to; running it again finds them.
pub fn seal(
    case: &Case,
    source: &str,
    delivered: &Delivered,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Vec<SealedFile>> {
    let store = case.exhibits();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(delivered.files.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, delivered.files.len().max(1)) {
            scope.spawn(|| {
                let mut batch = Batch::default();
                let mut sealed = Vec::new();
                let mut seal_next = |file: &DeliveredFile| -> Result<SealedFile> {
                    let mut reader = at("open a delivered file", File::open(&file.file))?;
                    let done = store
                        .seal_in(&mut batch, &mut reader, &mut |bytes| progress.bytes(bytes))?;
                    progress.advance(1);
                    let exhibit = ExhibitId::derive(source, &file.path, done.digest);
                    let path = file.path.clone();
                    Ok(SealedFile { exhibit, path, digest: done.digest, bytes: done.bytes })
                };
                let outcome = loop {
                    let Some(file) = delivered.files.get(next.fetch_add(1, Ordering::SeqCst))
                    else {
                        break Ok(());
                    };
                    match seal_next(file) {
                        Ok(done) => sealed.push(done),
                        Err(error) => break Err(error),
                    }
                };
                let outcome = outcome.and_then(|()| Ok(batch.sync()?)).map(|()| sealed);
                results.lock().expect("no thread panics holding it").push(outcome);
            });
        }
    });
    let mut all = Vec::with_capacity(delivered.files.len());
    for outcome in results.into_inner().expect("all threads ended") {
        all.extend(outcome?);
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}
