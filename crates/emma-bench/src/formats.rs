//! One large file of each format, written as a stream of invented records, and the rate at which
//! each is read: parsed and accounted for, nothing kept.

mod streams;
mod whole;

use crate::draw::Draw;
use emma_model::record::MemberEnd;
use emma_model::{Item, Sink};
use emma_parse::{ExhibitInfo, Limits, Plan, read_exhibit};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use streams::FORMATS;
use whole::{PST, SQLITE, XLSX, make_database, make_mailbox, make_workbook};

/// Records that what stands around the counted ones may be: accounts, chats, a document.
const AROUND_RECORDS_MAX: u64 = 8;

/// Counts what a reader finds.
#[derive(Default)]
struct Count {
    records: u64,
    anomalies: u64,
    parser: String,
}

impl Sink for Count {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.records += u64::from(item.record.is_some());
        self.anomalies += item.anomalies.len() as u64;
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.parser = end.parser;
        Ok(())
    }
}

/// The names of the formats that can be made.
pub fn names() -> Vec<&'static str> {
    FORMATS.iter().map(|made| made.name).chain([SQLITE, PST, XLSX]).collect()
}

/// Writes a file of `bytes` bytes or a little more, and returns it with its count of records.
pub fn make(folder: &Path, name: &str, bytes: u64) -> Result<(PathBuf, u64), String> {
    if name == SQLITE {
        return make_database(folder, bytes);
    }
    if name == PST {
        return make_mailbox(folder, bytes);
    }
    if name == XLSX {
        return make_workbook(folder, bytes);
    }
    let made = FORMATS.iter().find(|made| made.name == name).ok_or("no such format")?;
    let path = folder.join(name).join(made.file);
    let parent = path.parent().expect("a file has a folder");
    let write = || -> io::Result<u64> {
        std::fs::create_dir_all(parent)?;
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        out.write_all(made.head.as_bytes())?;
        let (mut written, mut record, mut count) = (made.head.len() as u64, Vec::new(), 0);
        let texts = texts();
        while written < bytes {
            record.clear();
            if count > 0 {
                record.extend_from_slice(made.between.as_bytes());
            }
            (made.record)(&mut record, count, &texts[(count % texts.len() as u64) as usize])?;
            out.write_all(&record)?;
            written += record.len() as u64;
            count += 1;
        }
        out.write_all(made.tail.as_bytes())?;
        out.flush()?;
        Ok(count)
    };
    let count = write().map_err(|error| error.to_string())?;
    Ok((path, count))
}

/// Some thousand texts of 20 to 140 characters, without characters that need an escape anywhere.
fn texts() -> Vec<String> {
    let mut draw = Draw::new(7);
    let words =
        ["heron", "owl", "nest", "river", "tonight", "bring", "the", "two", "maybe", "nine"];
    (0..4_096)
        .map(|_| {
            let count = 4 + draw.below(20);
            let words: Vec<&str> = (0..count).map(|_| words[draw.below(10) as usize]).collect();
            words.join(" ")
        })
        .collect()
}

/// Makes and reads a file of one format; prints megabytes and records a second.
pub fn measure(folder: &Path, name: &str, bytes: u64) -> Result<Value, String> {
    let (path, expected) = make(folder, name, bytes)?;
    let file = File::open(&path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let delivered = path.strip_prefix(folder).expect("it was made there").display().to_string();
    let exhibit = ExhibitInfo { path: delivered, bytes: length, digest: None };
    let plan = Plan::new(None, true);
    let mut count = Count::default();
    let started = Instant::now();
    let limits = Limits::default();
    read_exhibit(file, &exhibit, &plan, &limits, folder, &mut |_| {}, &mut count)
        .map_err(|error| error.to_string())?;
    let seconds = started.elapsed().as_secs_f64();
    if !(expected..=expected + AROUND_RECORDS_MAX).contains(&count.records) {
        return Err(format!("{name}: {} records of {expected}", count.records));
    }
    std::fs::remove_file(&path).map_err(|error| error.to_string())?;
    Ok(json!({
        "format": name,
        "read_by": count.parser,
        "bytes": length,
        "records": count.records,
        "anomalies": count.anomalies,
        "seconds": seconds,
        "megabytes_per_second": length as f64 / 1e6 / seconds,
        "records_per_second": count.records as f64 / seconds,
    }))
}
