//! A seeded chat corpus: one JSON object a line, in zstd files.
//!
//! 1. who talks next comes from [`People`]: power-law handles and pairs, in bursts
//! 2. a conversation has one language; words come from [`Words`] by Zipf's law
//! 3. some words are mistyped, joined or numbers, so that the vocabulary keeps growing
//! 4. times run through ninety days, few at night
//!
//! The same seed and size give the same bytes, everywhere. Everything in it is invented.

use crate::draw::{Draw, mix};
use crate::people::{People, Talk};
use crate::words::Words;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Messages in one file at most, so that a delivery has many files as deliveries do.
pub const FILE_MESSAGES_MAX: u64 = 250_000;
/// 2020-03-25T00:00:00Z in milliseconds since 1970.
const START_MS: u64 = 1_585_094_400_000;
/// Days the corpus runs over.
const DAYS: u64 = 90;
/// Relative activity by hour of the day (UTC).
const HOURS: [u64; 24] = [3, 2, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 8, 7, 7, 7, 8, 8, 9, 9, 9, 8, 6, 4];
const MESSAGE_WORDS_MEAN: u64 = 11;
const MESSAGE_WORDS_MAX: usize = 120;
const EMOJI: [&str; 8] = ["👍", "😂", "🙏", "🔥", "💯", "🚚", "⏰", "❤️"];

/// What was made.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// Messages.
    pub messages: u64,
    /// Bytes before compression.
    pub bytes: u64,
    /// Bytes of text among them.
    pub text_bytes: u64,
    /// Words among them.
    pub words: u64,
    /// The files, in order.
    pub files: Vec<PathBuf>,
}

/// The files of the corpus in `folder`, in order; empty where it was not made (to its end).
pub fn existing(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.join("complete").exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "zst") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Makes `messages` messages for `seed` in the new folder `folder`.
pub fn make(folder: &Path, messages: u64, seed: u64) -> io::Result<Made> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let mut writer = Writer::new(seed);
    let mut made = Made { messages, ..Made::default() };
    let mut next = 0;
    while next < messages {
        let end = messages.min(next + FILE_MESSAGES_MAX);
        let path = folder.join(format!("part-{:04}.ndjson.zst", made.files.len()));
        let file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        let mut file = zstd::Encoder::new(file, 3)?;
        let mut block = Vec::with_capacity(1 << 20);
        for number in next..end {
            writer.message(number, messages, &mut block, &mut made);
            if block.len() > (1 << 20) - 4096 {
                made.bytes += block.len() as u64;
                file.write_all(&block)?;
                block.clear();
            }
        }
        made.bytes += block.len() as u64;
        file.write_all(&block)?;
        file.finish()?.flush()?;
        made.files.push(path);
        next = end;
    }
    std::fs::write(folder.join("complete"), b"")?;
    Ok(made)
}

struct Writer {
    seed: u64,
    draw: Draw,
    words: Words,
    people: People,
    text: String,
}

impl Writer {
    fn new(seed: u64) -> Writer {
        Writer {
            seed,
            draw: Draw::new(seed),
            words: Words::new(seed),
            people: People::new(seed),
            text: String::new(),
        }
    }

    fn message(&mut self, number: u64, of: u64, out: &mut Vec<u8>, made: &mut Made) {
        let talk = self.people.speak(&mut self.draw);
        let time_ms = time_ms(number, of, &mut self.draw);
        made.words += self.say(talk) as u64;
        made.text_bytes += self.text.len() as u64;
        let id = mix(self.seed ^ mix(number));
        let written = write!(
            out,
            "{{\"id\":\"{:08x}{id:016x}\",\"from\":\"{}\",\"to\":\"{}\",\
             \"conversation\":\"{:032x}\",\"time\":\"",
            time_ms / 1000,
            self.people.handle(talk.from),
            self.people.handle(talk.to),
            talk.conversation,
        );
        written.expect("memory takes what is written");
        put_time(time_ms, out);
        out.extend_from_slice(b"\",\"text\":\"");
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(b"\"}\n");
    }

    /// Fills `self.text` (already escaped for JSON) and returns how many words it has.
    fn say(&mut self, talk: Talk) -> usize {
        self.text.clear();
        // One language a conversation: drawn from its number, not from the stream.
        let language = self.words.language(&mut Draw::new(talk.conversation as u64));
        let count = self.draw.geometric(MESSAGE_WORDS_MEAN, MESSAGE_WORDS_MAX);
        for at in 0..count {
            if at > 0 {
                self.text.push_str(match self.draw.below(200) {
                    0..=11 => ", ",
                    12..=19 => ". ",
                    20 => "\\n",
                    21 => " \\\"",
                    _ => " ",
                });
            }
            self.word(language, at == 0);
        }
        if self.draw.one_in(30) {
            self.text.push(' ');
            let emoji = *self.draw.pick::<&str>(&EMOJI);
            self.text.push_str(emoji);
        }
        count
    }

    fn word(&mut self, language: usize, first: bool) {
        let word = self.words.word(language, &mut self.draw);
        match self.draw.below(1000) {
            0..=6 => mistype(word, &mut self.draw, &mut self.text),
            7..=8 => {
                self.text.push_str(word);
                self.text.push_str(self.words.word(language, &mut self.draw));
            }
            9..=22 => number(&mut self.draw, &mut self.text),
            _ if first && self.draw.one_in(3) => {
                let mut letters = word.chars();
                self.text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                self.text.push_str(letters.as_str());
            }
            _ => self.text.push_str(word),
        }
    }
}

/// A slip of the finger: a letter twice, missing, or swapped with the next.
fn mistype(word: &str, draw: &mut Draw, text: &mut String) {
    let mut letters: Vec<char> = word.chars().collect();
    let at = draw.below(letters.len() as u64) as usize;
    match draw.below(3) {
        0 => letters.insert(at, letters[at]),
        1 if letters.len() > 1 => drop(letters.remove(at)),
        _ => {
            let other = draw.below(letters.len() as u64) as usize;
            letters.swap(at, other);
        }
    }
    text.extend(letters);
}

/// An amount, a clock time or something like a telephone number.
fn number(draw: &mut Draw, text: &mut String) {
    use std::fmt::Write as _;
    let written = match draw.below(10) {
        0..=4 => write!(text, "{}", draw.below(200)),
        5..=6 => write!(text, "{:02}:{:02}", draw.below(24), draw.below(60)),
        7..=8 => write!(text, "{}", draw.below(100_000)),
        _ => write!(text, "+000{:09}", draw.below(1_000_000_000)),
    };
    written.expect("memory takes what is written");
}

/// Milliseconds since 1970 of message `number` of `of`: evenly by day, unevenly by hour.
fn time_ms(number: u64, of: u64, draw: &mut Draw) -> u64 {
    const PARTS: u64 = 1 << 32;
    let total: u64 = HOURS.iter().sum();
    let at = (u128::from(number) * u128::from(DAYS * PARTS) / u128::from(of.max(1))) as u64;
    let (day, within) = (at / PARTS, at % PARTS * total);
    let mut below = 0;
    for (hour, weight) in HOURS.iter().enumerate() {
        if within < (below + weight) * PARTS {
            let part = (within - below * PARTS) / weight;
            let in_hour = ((u128::from(part) * 3_600_000) >> 32) as u64;
            let jitter = draw.below(400);
            return START_MS + day * 86_400_000 + hour as u64 * 3_600_000 + in_hour + jitter;
        }
        below += weight;
    }
    START_MS + (day + 1) * 86_400_000
}

/// `2020-04-01T12:34:56.789Z`. The corpus ends before July 2020.
fn put_time(time_ms: u64, out: &mut Vec<u8>) {
    let (days, ms) = ((time_ms - START_MS) / 86_400_000 + 24, time_ms % 86_400_000);
    let mut day = days; // Counted from 0 at the first of March.
    let mut month = 3;
    for length in [31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    write!(out, "2020-{month:02}-{:02}T{h:02}:{m:02}:{s:02}.{:03}Z", day + 1, ms % 1000)
        .expect("memory takes what is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(seed: u64, count: u64) -> String {
        let mut writer = Writer::new(seed);
        let mut out = Vec::new();
        for number in 0..count {
            writer.message(number, count, &mut out, &mut Made::default());
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_line_is_a_record_and_ids_are_unique() {
        let text = lines(7, 2_000);
        let mut ids = std::collections::BTreeSet::new();
        let mut last = String::new();
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(ids.insert(record["id"].as_str().unwrap().to_owned()));
            assert_ne!(record["from"], record["to"]);
            assert!(!record["text"].as_str().unwrap().is_empty());
            last = record["time"].as_str().unwrap().to_owned();
        }
        assert_eq!(ids.len(), 2_000);
        assert!(last.starts_with("2020-06-22T22:39:15."), "{last}");
    }

    #[test]
    fn a_seed_fixes_the_bytes_and_another_seed_changes_them() {
        assert_eq!(lines(7, 300), lines(7, 300));
        assert_ne!(lines(7, 300), lines(8, 300));
    }

    #[test]
    fn sizes_are_those_of_chat() {
        let text = lines(7, 5_000);
        let mean = text.len() / 5_000;
        assert!((245..=285).contains(&mean), "{mean} bytes a record");
    }
}
