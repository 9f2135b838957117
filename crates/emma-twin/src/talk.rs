//! Talk: what a conversation says, message by message.
//!
//! A session walks through topics (`talk/topics.txt`), each a short script of acts by two or more
//! speakers; a language's grammar (`talk/LANGUAGE.txt`) says each act in many ways; slang and
//! typing make it a group's and a person's own.

pub mod grammar;
pub mod incident;
pub mod memory;
pub mod script;
pub mod session;
pub mod slang;
pub mod typing;
pub mod values;

use crate::Result;
use grammar::Grammar;
use script::Script;

/// The languages, in a fixed order; the index is a language's number.
pub const LANGUAGES: [&str; 12] =
    ["en", "nl", "fr", "de", "es", "it", "sq", "tr", "ar", "ru", "pl", "pt"];

const TEXTS: [&str; 12] = [
    include_str!("../talk/en.txt"),
    include_str!("../talk/nl.txt"),
    include_str!("../talk/fr.txt"),
    include_str!("../talk/de.txt"),
    include_str!("../talk/es.txt"),
    include_str!("../talk/it.txt"),
    include_str!("../talk/sq.txt"),
    include_str!("../talk/tr.txt"),
    include_str!("../talk/ar.txt"),
    include_str!("../talk/ru.txt"),
    include_str!("../talk/pl.txt"),
    include_str!("../talk/pt.txt"),
];

/// Everything needed to talk: all grammars and the script, read once.
#[derive(Debug)]
pub struct Phrasebook {
    /// One grammar a language, by number.
    pub grammars: Vec<Grammar>,
    /// Topics and acts.
    pub script: Script,
}

impl Phrasebook {
    /// Reads the grammars and the script.
    pub fn open() -> Result<Phrasebook> {
        let script = Script::parse(include_str!("../talk/topics.txt"))?;
        let grammars = LANGUAGES
            .iter()
            .zip(TEXTS)
            .map(|(language, text)| Grammar::parse(language, text, &script.acts))
            .collect::<Result<Vec<Grammar>>>()?;
        Ok(Phrasebook { grammars, script })
    }
}

/// A language's number; English where it is not known.
pub fn language_number(code: &str) -> u8 {
    LANGUAGES.iter().position(|known| *known == code).unwrap_or(0) as u8
}
