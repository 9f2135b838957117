//! What a case holds, as `emma` exports it to the actor who runs it.

use crate::truth::{Place, part_of};
use crate::{Result, ScoreError, io, malformed};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A case and the program that reads it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The case's folder.
    pub folder: PathBuf,
    /// The `emma` to run.
    pub emma: PathBuf,
}

/// An exhibit with its ledger.
#[derive(Debug, Deserialize)]
pub struct Exhibit {
    /// Its id.
    pub exhibit: String,
    /// Its delivered path.
    pub path: String,
    /// Records, by kind.
    pub records: BTreeMap<String, u64>,
    /// Anomalies, by kind.
    pub anomalies: BTreeMap<String, u64>,
    /// Bytes by class.
    pub bytes_by_class: BTreeMap<String, u64>,
}

impl Exhibit {
    /// The path below `deliveries/`, as the manifest writes it.
    pub fn delivered(&self) -> &str {
        let path = self.path.as_str();
        path.rsplit_once("deliveries/").map_or(path, |(_, below)| below)
    }
}

#[derive(Deserialize)]
struct Loss {
    exhibits: Vec<Exhibit>,
}

/// A message of an export: one version with the records that say it.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Sender.
    pub from: Option<String>,
    /// Recipients.
    #[serde(default)]
    pub to: Vec<String>,
    /// Text.
    pub text: Option<String>,
    /// Time bounds.
    pub time: Option<Time>,
    /// Its records' ids.
    pub records: Vec<String>,
}

/// Bounds of a time, RFC 3339.
#[derive(Debug, Deserialize)]
pub struct Time {
    /// Lower.
    pub earliest: String,
}

impl Case {
    /// The exhibits under the actor's authority, with their ledgers.
    pub fn exhibits(&self) -> Result<Vec<Exhibit>> {
        let mut text = String::new();
        self.run(&["report"], &["loss", "--json"], |out| {
            io(Path::new("emma's output"), out.read_to_string(&mut text)).map(drop)
        })?;
        let loss: Loss =
            serde_json::from_str(&text).map_err(|error| malformed("the loss report", error))?;
        Ok(loss.exhibits)
    }

    /// Hands over every message of the case.
    pub fn messages(&self, mut each: impl FnMut(Row) -> Result<()>) -> Result<()> {
        self.run(&["search"], &["", "--export", "ndjson"], |out| {
            for line in BufReader::with_capacity(1 << 20, out).lines() {
                let line = io(Path::new("emma's output"), line)?;
                each(serde_json::from_str(&line).map_err(|error| malformed("an export", error))?)?;
            }
            Ok(())
        })
    }

    fn run(
        &self,
        before: &[&str],
        after: &[&str],
        read: impl FnOnce(&mut dyn Read) -> Result<()>,
    ) -> Result<()> {
        let mut command = Command::new(&self.emma);
        command.args(before).arg(&self.folder).args(after).arg("--quiet");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = io(&self.emma, command.spawn())?;
        let mut out = child.stdout.take().expect("it was asked for");
        let outcome = read(&mut out);
        drop(out);
        let status = io(&self.emma, child.wait())?;
        match status.code() {
            Some(0) => outcome,
            code => {
                let command = before.join(" ");
                Err(ScoreError::Emma { command, code: code.unwrap_or(-1) })
            }
        }
    }
}

/// Finds the place of a record in the twin's files from its id.
#[derive(Debug)]
pub struct Places {
    root: PathBuf,
    /// Source, part and record offsets of the exhibits that are parts.
    parts: HashMap<String, Part>,
    /// Their sources and parts.
    covered: HashSet<(String, u32)>,
}

#[derive(Debug)]
struct Part {
    source: String,
    part: u32,
    path: PathBuf,
    offsets: Option<Vec<u64>>,
}

impl Places {
    /// For the exhibits that are `SOURCE/part-N.*` of a delivery.
    pub fn new(root: &Path, exhibits: &[Exhibit]) -> Places {
        let mut parts = HashMap::new();
        for exhibit in exhibits {
            let below = exhibit.delivered();
            let Some((source, name)) = below.rsplit_once('/') else { continue };
            // A workbook repeats what the part's table says; its rows are counted, not compared.
            let table = name.ends_with(".csv") || name.contains(".ndjson");
            let source = source.rsplit('/').next().unwrap_or(source).to_owned();
            if let (Some(part), true) = (part_of(name), table) {
                let path = root.join("deliveries").join(below);
                let part = Part { source, part, path, offsets: None };
                parts.insert(exhibit.exhibit.clone(), part);
            }
        }
        let covered = parts.values().map(|part| (part.source.clone(), part.part)).collect();
        Places { root: root.to_owned(), parts, covered }
    }

    /// Whether the part of a place is among the exhibits.
    pub fn covers(&self, place: &Place) -> bool {
        self.covered.contains(&(place.source.clone(), place.part))
    }

    /// The place of the record `EXHIBIT[/MEMBER]@OFFSET+LENGTH`; `None` where it is of no part.
    pub fn of(&mut self, record: &str) -> Result<Option<Place>> {
        let Some((place, span)) = record.rsplit_once('@') else { return Ok(None) };
        let exhibit = place.split('/').next().unwrap_or(place);
        let Some(part) = self.parts.get_mut(exhibit) else { return Ok(None) };
        let Some(offset) = span.split('+').next().and_then(|offset| offset.parse().ok()) else {
            return Ok(None);
        };
        let offsets = match &part.offsets {
            Some(offsets) => offsets,
            None => part.offsets.insert(starts(&part.path)?),
        };
        let line = offsets.binary_search(&offset).map_err(|_| {
            malformed(
                part.path.strip_prefix(&self.root).unwrap_or(&part.path).display(),
                format!("no record starts at byte {offset}"),
            )
        })?;
        Ok(Some(Place { source: part.source.clone(), part: part.part, line: line as u32 }))
    }
}

/// Where the records of a part start in its unpacked bytes.
fn starts(path: &Path) -> Result<Vec<u64>> {
    let name = path.to_string_lossy();
    if name.ends_with(".csv") {
        return table_starts(path);
    }
    let file = io(path, std::fs::File::open(path))?;
    let mut reader: Box<dyn BufRead> = match name.ends_with(".zst") {
        true => Box::new(BufReader::new(io(path, zstd::Decoder::new(file))?)),
        false => Box::new(BufReader::new(file)),
    };
    let (mut starts, mut at, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        let read = io(path, reader.read_until(b'\n', &mut line))? as u64;
        if read == 0 {
            return Ok(starts);
        }
        starts.push(at);
        at += read;
    }
}

/// The same of a CSV file, without its header: a quoted text may span lines.
fn table_starts(path: &Path) -> Result<Vec<u64>> {
    let bytes = io(path, std::fs::read(path))?;
    let (mut starts, mut quoted) = (Vec::new(), false);
    for (at, byte) in bytes.iter().enumerate() {
        quoted ^= *byte == b'"';
        if *byte == b'\n' && !quoted && at + 1 < bytes.len() {
            starts.push(at as u64 + 1);
        }
    }
    Ok(starts)
}
