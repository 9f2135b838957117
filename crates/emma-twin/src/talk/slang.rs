//! A group's code words: drawn from its language's pools, one by one replaced as months pass.

use crate::draw::{Draw, Stream};
use crate::talk::grammar::Grammar;

/// What code words stand for; the first five are goods.
pub const SENSES: [&str; 10] =
    ["cocaine", "hashish", "cannabis", "heroin", "pills", "cash", "police", "gun", "car", "kilo"];

/// The pool of `sense`, by its number.
pub fn pool_name(sense: usize) -> &'static str {
    match sense {
        0..=4 => "code_goods",
        5 => "code_cash",
        6 => "code_police",
        7 => "code_gun",
        8 => "code_car",
        _ => "code_unit",
    }
}

/// The pools of one language.
#[derive(Debug)]
pub struct Pools<'a> {
    words: Vec<Vec<&'a str>>,
}

impl<'a> Pools<'a> {
    /// The pools of a grammar.
    pub fn of(grammar: &'a Grammar) -> Pools<'a> {
        Pools { words: (0..SENSES.len()).map(|sense| grammar.pool(pool_name(sense))).collect() }
    }

    /// What `group` calls `sense` in month `epoch`.
    pub fn word(&self, key: Key, sense: usize) -> &'a str {
        let pool = &self.words[sense];
        let mut epoch = key.epoch;
        loop {
            let index = (u64::from(key.group) << 16) | (epoch as u64) << 8 | sense as u64;
            let mut draw = Draw::new(key.seed, Stream::Slang, index);
            if epoch == 0 || draw.chance(key.drift) {
                // Five kinds of goods of one group should rarely share a word.
                let at = draw.index(pool.len()) + sense * 3;
                return pool.get(at % pool.len().max(1)).copied().unwrap_or("");
            }
            epoch -= 1;
        }
    }
}

/// Whose slang, and when.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The scenario's seed.
    pub seed: u64,
    /// The group: a cell.
    pub group: u32,
    /// Months since the first day.
    pub epoch: u32,
    /// Chance a month that a word is replaced.
    pub drift: f64,
}
