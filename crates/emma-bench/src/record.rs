//! A line of the corpus, read.

use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

/// One message as the corpus has it.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// Network id.
    pub id: &'a str,
    /// Sender.
    pub from: &'a str,
    /// Recipient.
    pub to: &'a str,
    /// Conversation.
    pub conversation: &'a str,
    /// Time, RFC 3339 in UTC.
    pub time: &'a str,
    /// Text.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

impl Record<'_> {
    /// Reads one line.
    pub fn parse(line: &[u8]) -> io::Result<Record<'_>> {
        serde_json::from_slice(line).map_err(io::Error::other)
    }

    /// Sender and day.
    pub fn own(&self) -> (String, String) {
        (self.from.to_owned(), self.time[..10].to_owned())
    }
}

/// Calls `f` with each line of the corpus, without its end.
pub fn each_line(files: &[PathBuf], mut f: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut line = Vec::new();
    for path in files {
        let decoder = zstd::Decoder::new(File::open(path)?)?;
        let mut reader = BufReader::with_capacity(1 << 20, decoder);
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            f(line.strip_suffix(b"\n").unwrap_or(&line))?;
        }
    }
    Ok(())
}
