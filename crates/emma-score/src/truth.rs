//! The truth beside a delivery (`docs/twin.md`): messages, their copies, the faults in each.

use crate::{Result, io, malformed};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Faults that change what a copy says, as bits.
pub mod fault {
    /// Sender and recipient are exchanged.
    pub const SWAPPED: u8 = 1;
    /// The text is cut.
    pub const CUT: u8 = 2;
    /// The clock or zone of the handset is wrong by more than a minute.
    pub const TIME: u8 = 4;
    /// Names, by bit.
    pub const NAMES: [&str; 3] = ["swapped", "text cut", "clock or zone"];
}

/// Messages that are scored at once: about 300 bytes each and 60 a copy stay in memory.
pub const MESSAGES_MAX: usize = 10_000_000;

/// A message as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it was sent, milliseconds since 1970 (UTC).
    pub sent: i64,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// Text.
    pub text: String,
}

/// A delivered copy of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// Its message, in [`Truth::messages`].
    pub message: u32,
    /// Milliseconds from sending until it was on the handset.
    pub delay: i64,
    /// [`fault`] bits.
    pub faults: u8,
    /// It is a line of a relay's log, which holds no text.
    pub log: bool,
}

/// Where a copy was written: source and part (`feed`, 3), and the record's number in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Source, as in the folder's name.
    pub source: String,
    /// Part.
    pub part: u32,
    /// Record, from 0.
    pub line: u32,
}

/// All messages and copies, in memory: about 300 bytes a message and 60 a copy.
#[derive(Debug, Default)]
pub struct Truth {
    /// The twin's folder.
    pub root: PathBuf,
    /// Messages.
    pub messages: Vec<Message>,
    /// Copies by place.
    pub copies: HashMap<Place, Copy>,
    /// Faults listed, by their name in the truth: those that change nothing in a copy, too.
    pub listed: BTreeMap<String, u64>,
    /// Records of every file that the manifest lists, by path.
    pub files: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Line {
    time: String,
    from: String,
    to: Vec<String>,
    text: String,
    #[serde(default)]
    copies: Vec<CopyLine>,
}

#[derive(Deserialize)]
struct CopyLine {
    source: String,
    line: u32,
    #[serde(default)]
    delay_ms: i64,
    #[serde(default)]
    defects: Vec<String>,
}

#[derive(Deserialize)]
struct FileLine {
    path: Option<String>,
    records: Option<u64>,
}

impl Truth {
    /// Reads the folder that `emma-twin generate --out` made.
    ///
    /// # Errors
    /// A file that is missing or not as documented.
    pub fn read(root: &Path) -> Result<Truth> {
        let mut truth = Truth { root: root.to_owned(), ..Truth::default() };
        let folder = root.join("truth/messages");
        let mut paths = Vec::new();
        for entry in io(&folder, std::fs::read_dir(&folder))? {
            paths.push(io(&folder, entry)?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Beside the lines that are read lie the same rows as Parquet.
            if let Some(part) = part_of(&name).filter(|_| name.ends_with(".ndjson.zst")) {
                truth.part(&path, part)?;
            }
        }
        truth.manifest()?;
        Ok(truth)
    }

    fn part(&mut self, path: &Path, part: u32) -> Result<()> {
        let file = io(path, std::fs::File::open(path))?;
        let lines = BufReader::new(io(path, zstd::Decoder::new(file))?).lines();
        for line in lines {
            let line: Line = serde_json::from_str(&io(path, line)?)
                .map_err(|error| malformed(path.display(), error))?;
            if self.messages.len() == MESSAGES_MAX {
                let most = format!("more than {MESSAGES_MAX} messages: score a slice (--messages)");
                return Err(malformed("the truth", most));
            }
            let message = self.messages.len() as u32;
            for copy in &line.copies {
                self.copy(part, message, copy);
            }
            let sent = millis(&line.time).ok_or_else(|| malformed("a time", &line.time))?;
            let Line { from, to, text, .. } = line;
            self.messages.push(Message { sent, from, to, text });
        }
        Ok(())
    }

    fn copy(&mut self, part: u32, message: u32, copy: &CopyLine) {
        let mut faults = 0;
        for name in &copy.defects {
            *self.listed.entry(name.clone()).or_default() += 1;
            faults |= match name.as_str() {
                "swapped" => fault::SWAPPED,
                "truncated" | "partner-differs" => fault::CUT,
                "clock" | "zone" => fault::TIME,
                _ => 0,
            };
        }
        let log = copy.source == "servers";
        // The partner wrote local times of its own clock.
        if copy.source == "partner" {
            faults &= !fault::TIME;
        }
        let place = Place { source: copy.source.clone(), part, line: copy.line };
        self.copies.insert(place, Copy { message, delay: copy.delay_ms, faults, log });
    }

    fn manifest(&mut self) -> Result<()> {
        let path = self.root.join("deliveries/manifest.ndjson");
        let text = io(&path, std::fs::read_to_string(&path))?;
        for line in text.lines() {
            let file: FileLine =
                serde_json::from_str(line).map_err(|error| malformed(path.display(), error))?;
            if let (Some(path), Some(records)) = (file.path, file.records) {
                self.files.insert(path, records);
            }
        }
        Ok(())
    }
}

/// The number of `part-00003.ndjson.zst`.
pub fn part_of(name: &str) -> Option<u32> {
    name.strip_prefix("part-")?.split('.').next()?.parse().ok()
}

/// `2020-04-08T14:51:50.138Z` in milliseconds since 1970; fractions below are dropped.
pub fn millis(stamp: &str) -> Option<i64> {
    let stamp = stamp.strip_suffix('Z')?;
    let (date, clock) = stamp.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    let thousandths = format!("{fraction:0<3}");
    let fraction: i64 = thousandths.get(..3)?.parse().ok()?;
    // Days since 1970 by the proleptic Gregorian calendar, years starting in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            - 719_469;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_milliseconds() {
        assert_eq!(millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(millis("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(millis("2020-02-29T12:00:00.5Z"), Some(1_582_977_600_500));
        assert_eq!(millis("2020-04-08T14:51:50.138999Z"), Some(1_586_357_510_138));
        assert_eq!(millis("2020-04-08"), None);
        assert_eq!(part_of("part-00012.csv"), Some(12));
        assert_eq!(part_of("lists-00012.csv"), None);
    }
}
