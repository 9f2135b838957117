//! The query language: what a reader may ask, as a tree.
//!
//! [`Query::parse`] reads a text into a tree whose nodes know where they stand in it;
//! [`Query::explain`] says the tree in words. `docs/query.md` is the manual.

mod explain;
mod field;
mod lex;
mod parse;
mod pattern;
mod slots;
#[cfg(test)]
mod tests;
mod time;

pub use pattern::{Pattern, Shape};

use emma_lake::row::State;
use emma_model::{Micros, RecordKind};
use std::ops::Range;

/// A longer query is refused.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;
/// A query with more words, fields and operators is refused.
pub const QUERY_NODES_MAX: usize = 2_000;
/// Brackets and NOTs nest at most this deep.
pub const QUERY_DEPTH_MAX: usize = 64;
/// Words in one phrase, at most.
pub const PHRASE_WORDS_MAX: usize = 256;
/// Distance in `w/n` and `"..."~n`, at most, in words.
pub const DISTANCE_MAX: u32 = 1_000;
/// A longer pattern (regular expression, wildcard) is refused.
pub const PATTERN_BYTES_MAX: usize = 512;
/// A pattern whose automaton needs more memory is refused.
pub const AUTOMATON_BYTES_MAX: usize = 8 << 20;
/// A word of more characters cannot be searched with `~`.
pub const FUZZY_CHARS_MAX: usize = 64;

/// A query as understood.
#[derive(Clone, Debug)]
pub struct Query {
    /// The query as typed.
    pub text: String,
    /// What it asks for.
    pub root: Node,
}

/// A part of a query and where it was typed.
#[derive(Clone, Debug)]
pub struct Node {
    /// Bytes of [`Query::text`].
    pub span: Range<usize>,
    /// What it asks for.
    pub kind: Kind,
}

/// What a part of a query asks for.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Every message (an empty query, or `*`).
    All,
    /// A word, a pattern or a phrase in the text.
    Text(Phrase),
    /// Neighbours: an occurrence of each part, each near the one before it.
    Near {
        /// At least two; each is a choice of phrases.
        parts: Vec<Vec<Phrase>>,
        /// `gaps[i]` bounds the distance between parts `i` and `i + 1`, in words.
        gaps: Vec<u32>,
    },
    /// A handle as sender, recipient or either.
    Party(Role, Name),
    /// The room, group or thread.
    In(Name),
    /// The source of a copy.
    Source(Name),
    /// The sort time: from the first microsecond on, and before the second.
    Time {
        /// First microsecond that matches.
        from: Option<Micros>,
        /// First microsecond after that no longer does.
        until: Option<Micros>,
    },
    /// What the message is.
    Is(RecordKind),
    /// How its copies agree.
    State(State),
    /// What it has.
    Has(Has),
    /// All of them.
    And(Vec<Node>),
    /// At least one of them.
    Or(Vec<Node>),
    /// Not that.
    Not(Box<Node>),
}

/// Words in order. One slot and no slop is a single word.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// What stands at each place; at least one.
    pub slots: Vec<Slot>,
    /// How many other words may stand between the first and the last, in total.
    pub slop: u32,
}

/// What stands at one place of a phrase.
#[derive(Clone, Debug)]
pub enum Slot {
    /// A folded word.
    Word(String),
    /// Any word that the pattern matches.
    Pattern(Pattern),
}

/// Which party of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The sender.
    From,
    /// A named recipient.
    To,
    /// Either.
    With,
}

/// How a handle, conversation or source is named in a query.
#[derive(Clone, Debug)]
pub enum Name {
    /// In quotes: exactly as spelled.
    Exact(String),
    /// Without quotes: upper and lower case alike, `*` and `?` as wildcards.
    Like(Pattern),
}

/// What a message can have. The number is stored in splits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Has {
    /// A text that is not empty.
    Text = 0,
    /// A time.
    Time = 1,
    /// A sender.
    Sender = 2,
    /// At least one named recipient.
    Recipient = 3,
    /// A room, group or thread.
    Conversation = 4,
    /// A statement of which message it answers.
    Reply = 5,
    /// A country.
    Territory = 6,
}

impl Has {
    /// All of them, by number.
    pub const ALL: [Has; 7] = [
        Has::Text,
        Has::Time,
        Has::Sender,
        Has::Recipient,
        Has::Conversation,
        Has::Reply,
        Has::Territory,
    ];

    /// The word in queries.
    pub fn name(self) -> &'static str {
        ["text", "time", "sender", "recipient", "conversation", "reply", "territory"][self as usize]
    }
}

/// Why a text is not a query, and where. It never repeats what was typed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The bytes of the query to underline.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
    /// True where the query is well formed but asks for what no step has produced yet.
    pub not_in_case: bool,
}

impl QueryError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> QueryError {
        QueryError { span, message: message.into(), suggestion: None, not_in_case: false }
    }

    pub(crate) fn suggest(mut self, suggestion: impl Into<String>) -> QueryError {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// A field or value that needs a step this case has not been through.
    pub(crate) fn needs(span: Range<usize>, what: &str, step: &str) -> QueryError {
        QueryError {
            span,
            message: format!("{what} is not in this case yet: needs step {step}"),
            suggestion: None,
            not_in_case: true,
        }
    }
}

impl Query {
    /// Reads a query. Words are joined by AND; an empty text asks for every message.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        let root = parse::parse(text)?;
        Ok(Query { text: text.to_owned(), root })
    }

    /// What the query asks for, in words.
    pub fn explain(&self) -> String {
        explain::explain(&self.root)
    }
}
