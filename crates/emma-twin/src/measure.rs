//! How much the talk repeats itself: the share of five-word sequences heard before.
//!
//! Of N messages of one language, outside greetings ([`GREETINGS`]), every run of five words within
//! a message is one occurrence; an occurrence is repeated when the same five words, without regard
//! to case and signs, have occurred before. Share = repeated / all.

use crate::Result;
use crate::draw::{Draw, Stream};
use crate::scenario::Scenario;
use crate::talk::script::{Bond, GREETINGS};
use crate::talk::session::{Lexicon, Manner, Session};
use crate::talk::slang::Key;
use crate::talk::typing::Typist;
use crate::talk::{LANGUAGES, Phrasebook};
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Words in a sequence.
pub const RUN_WORDS: usize = 5;

/// What was counted in one language.
#[derive(Clone, Debug)]
pub struct Repeats {
    /// The language.
    pub language: &'static str,
    /// Messages looked at.
    pub messages: u64,
    /// Occurrences of five-word sequences.
    pub runs: u64,
    /// Those heard before.
    pub repeated: u64,
    /// Those of them also said under the other seed (share of its runs), where two were compared.
    pub across: Option<f64>,
    /// The most frequent sequences and how often each occurred.
    pub worst: Vec<(String, u32)>,
}

impl Repeats {
    /// Repeated / all.
    pub fn share(&self) -> f64 {
        self.repeated as f64 / self.runs.max(1) as f64
    }
}

/// Draws `count` messages of one language and calls `each` with (act name, text).
pub fn speak(
    scenario: &Scenario,
    seed: u64,
    language: u8,
    count: u64,
    mut each: impl FnMut(u64, &str, u8, &str),
) -> Result<()> {
    let book = Phrasebook::open()?;
    let lexicon = Lexicon::of(&book);
    let bonds = [Bond::Crime, Bond::Crime, Bond::Crime, Bond::Crime, Bond::Family, Bond::Legit];
    let (mut said, mut typed) = (String::new(), String::new());
    let mut made = 0;
    for number in 0.. {
        let mut draw = Draw::new(seed, Stream::Talk, number | 1 << 50);
        let key = Key {
            seed,
            group: (number % 400) as u32,
            epoch: (number % 4) as u32,
            drift: scenario.talk.slang_drift,
        };
        let bond = if draw.chance(0.04) {
            *draw.pick(&[Bond::Help, Bond::Lawyer, Bond::Doctor, Bond::Press])
        } else {
            *draw.pick(&bonds)
        };
        let manner = Manner {
            bond,
            language,
            second: language,
            switching: 0.0,
            negatives: scenario.incidents.hard_negatives_per_million / 1e6,
            key,
        };
        let mut session = Session::open(&lexicon, manner, &mut draw);
        for _ in 0..draw.range(4, 20) {
            let heard = session.say(&mut draw, &mut said);
            let account = (number % 400) as u32 * 2 + u32::from(heard.role);
            let typist = Typist::of(seed, account, scenario.talk.typos, scenario.talk.emoji);
            typist.type_out(&said, &mut draw, &mut typed);
            each(number, &book.script.acts[heard.act as usize], heard.role, &typed);
            made += 1;
            if made == count {
                return Ok(());
            }
            if session.paused() {
                break;
            }
        }
    }
    Ok(())
}

fn runs_of(text: &str, mut each: impl FnMut(u64, &[&str])) {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    for run in words.windows(RUN_WORDS) {
        let mut hasher = std::collections::hash_map::DefaultHasher::new();
        for word in run {
            word.chars().flat_map(char::to_lowercase).for_each(|c| hasher.write_u32(c as u32));
            hasher.write_u8(0xff);
        }
        each(hasher.finish(), run);
    }
}

/// Counts repeated sequences in `count` messages of language number `language`; with `other`, also
/// the share of this seed's sequences that occur under the other seed.
pub fn repeats(
    scenario: &Scenario,
    seed: u64,
    other: Option<u64>,
    language: u8,
    count: u64,
) -> Result<Repeats> {
    let mut seen: BTreeMap<u64, (u32, String)> = BTreeMap::new();
    let (mut runs, mut repeated) = (0, 0);
    speak(scenario, seed, language, count, |_, act, _, text| {
        if GREETINGS.contains(&act) {
            return;
        }
        runs_of(text, |hash, run| {
            runs += 1;
            let entry = seen.entry(hash).or_insert((0, String::new()));
            entry.0 += 1;
            if entry.0 > 1 {
                repeated += 1;
            }
            if entry.0 == 20 {
                entry.1 = format!("{} [{act}]", run.join(" "));
            }
        });
    })?;
    let across = match other {
        None => None,
        Some(other) => {
            let (mut all, mut known) = (0u64, 0u64);
            speak(scenario, other, language, count, |_, act, _, text| {
                if !GREETINGS.contains(&act) {
                    runs_of(text, |hash, _| {
                        all += 1;
                        known += u64::from(seen.contains_key(&hash));
                    });
                }
            })?;
            Some(known as f64 / all.max(1) as f64)
        }
    };
    let mut worst: Vec<(String, u32)> = seen
        .into_values()
        .filter(|(count, _)| *count >= 20)
        .map(|(count, text)| (text, count))
        .collect();
    worst.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    worst.truncate(40);
    let language = LANGUAGES[language as usize];
    Ok(Repeats { language, messages: count, runs, repeated, across, worst })
}
