//! A seeded list of queries, drawn from the corpus' own messages.
//!
//! Terms come from message text, so frequent words weigh in as they do when people search.

use crate::draw::Draw;
use crate::record::{Record, each_line};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// Days a time filter covers, the message's own day in the middle.
const WINDOW_DAYS: u32 = 14;

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One word.
    Term,
    /// Two words of one message.
    And,
    /// Two neighbouring words.
    Phrase,
    /// One word from one handle.
    TermHandle,
    /// One word in two weeks.
    TermTime,
    /// Two neighbouring words from one handle in two weeks.
    PhraseHandleTime,
}

impl Kind {
    /// All kinds, in the order they are printed.
    pub const ALL: [Kind; 6] = [
        Kind::Term,
        Kind::And,
        Kind::Phrase,
        Kind::TermHandle,
        Kind::TermTime,
        Kind::PhraseHandleTime,
    ];

    /// The word printed.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Term => "term",
            Kind::And => "term AND term",
            Kind::Phrase => "phrase of two",
            Kind::TermHandle => "term, handle",
            Kind::TermTime => "term, 14 days",
            Kind::PhraseHandleTime => "phrase, handle, 14 days",
        }
    }
}

/// One query, in parts, so that each engine gets it in its own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What it asks for.
    pub kind: Kind,
    /// One or two words, in lower case.
    pub words: Vec<String>,
    /// The sender.
    pub from: Option<String>,
    /// First day (`2020-04-01`), included.
    pub first_day: Option<String>,
    /// The day after the last, excluded.
    pub end_day: Option<String>,
}

impl Query {
    /// In emma's query language: `after:` takes its own day in, `before:` leaves it out.
    pub fn for_emma(&self) -> String {
        let words = match self.kind {
            Kind::Phrase | Kind::PhraseHandleTime => format!("\"{}\"", self.words.join(" ")),
            _ => self.words.join(" "),
        };
        let mut query = words;
        if let Some(from) = &self.from {
            query.push_str(&format!(" from:{from}"));
        }
        if let (Some(first), Some(end)) = (&self.first_day, &self.end_day) {
            query.push_str(&format!(" after:{first} before:{end}"));
        }
        query
    }

    /// In FTS5's match language.
    pub fn for_fts5(&self) -> String {
        match self.kind {
            Kind::Phrase | Kind::PhraseHandleTime => format!("\"{}\"", self.words.join(" ")),
            _ => {
                let quoted: Vec<String> = self.words.iter().map(|w| format!("\"{w}\"")).collect();
                quoted.join(" ")
            }
        }
    }
}

/// Draws `count` queries, as many of each kind, from a corpus of `messages` messages.
pub fn draw(files: &[PathBuf], messages: u64, count: usize, seed: u64) -> io::Result<Vec<Query>> {
    let mut draw = Draw::new(seed ^ 0x7175_6572);
    // More places than queries: a message without two plain words in a row yields none.
    let mut places: Vec<u64> = (0..count * 4).map(|_| draw.below(messages.max(1))).collect();
    places.sort_unstable();
    places.dedup();
    let mut found = Vec::new();
    let mut wanted = places.into_iter().peekable();
    let mut number = 0;
    each_line(files, |line| {
        if wanted.peek() == Some(&number) {
            wanted.next();
            let record = Record::parse(line)?;
            found.extend(pair(&record, &mut draw).map(|words| (words, record.own())));
        }
        number += 1;
        Ok(())
    })?;
    // Shuffled, so that no kind has one end of the time line.
    for i in (1..found.len()).rev() {
        found.swap(i, draw.below(i as u64 + 1) as usize);
    }
    let drawn = found.into_iter().take(count).enumerate();
    Ok(drawn.map(|(at, (words, place))| query(Kind::ALL[at % 6], words, place)).collect())
}

fn query(kind: Kind, words: [String; 2], (from, day): (String, String)) -> Query {
    let [first, second] = words;
    let words = match kind {
        Kind::Term | Kind::TermHandle | Kind::TermTime => vec![first],
        _ => vec![first, second],
    };
    let handle = matches!(kind, Kind::TermHandle | Kind::PhraseHandleTime);
    let time = matches!(kind, Kind::TermTime | Kind::PhraseHandleTime);
    let day = day_number(&day);
    let half = WINDOW_DAYS / 2;
    Query {
        kind,
        words,
        from: handle.then_some(from),
        first_day: time.then(|| day_text(day.saturating_sub(half))),
        end_day: time.then(|| day_text(day + half)),
    }
}

/// Two neighbouring plain words of a message, from a random place in it.
fn pair(record: &Record<'_>, draw: &mut Draw) -> Option<[String; 2]> {
    let words: Vec<&str> = record.text.split(' ').collect();
    let plain = |word: &str| word.chars().count() >= 2 && word.chars().all(char::is_alphabetic);
    let pairs: Vec<_> =
        words.windows(2).filter(|pair| pair.iter().all(|word| plain(word))).collect();
    if pairs.is_empty() {
        return None;
    }
    let pair = draw.pick(&pairs);
    Some([pair[0].to_lowercase(), pair[1].to_lowercase()])
}

const MONTHS: [(u32, u32); 6] = [(2, 29), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31)];

/// Days since 2020-02-01 of a day from February to July 2020.
fn day_number(day: &str) -> u32 {
    let month: u32 = day[5..7].parse().expect("the corpus writes its own dates");
    let of_month: u32 = day[8..10].parse().expect("the corpus writes its own dates");
    MONTHS.iter().take_while(|(m, _)| *m < month).map(|(_, days)| days).sum::<u32>() + of_month - 1
}

fn day_text(mut number: u32) -> String {
    for (month, days) in MONTHS {
        if number < days {
            return format!("2020-{month:02}-{:02}", number + 1);
        }
        number -= days;
    }
    "2020-08-01".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_over_months() {
        for day in ["2020-02-29", "2020-03-01", "2020-06-30", "2020-07-01"] {
            assert_eq!(day_text(day_number(day)), day);
        }
        assert_eq!(day_number("2020-03-01") - day_number("2020-02-29"), 1);
    }

    #[test]
    fn a_query_is_said_in_both_languages() {
        let words = ["anna".to_owned(), "pick".to_owned()];
        let place = ("greyheron7@enc.example".to_owned(), "2020-04-10".to_owned());
        let query = query(Kind::PhraseHandleTime, words, place);
        assert_eq!(query.for_fts5(), "\"anna pick\"");
        let said = query.for_emma();
        assert!(said.starts_with("\"anna pick\" from:greyheron7@enc.example after:2020-04-03"));
        assert!(said.ends_with("before:2020-04-17"));
    }
}
