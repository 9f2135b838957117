//! Patterns: prefixes, wildcards, regular expressions and words spelled almost alike.
//!
//! A pattern compiles to one automaton that walks a split's dictionary and judges single words,
//! so that search and highlights agree by construction.

use super::{AUTOMATON_BYTES_MAX, FUZZY_CHARS_MAX, PATTERN_BYTES_MAX};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind, nfa::thompson};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// A pattern and its automaton.
#[derive(Clone)]
pub struct Pattern {
    /// What kind, with what was typed (folded, for prefixes and almost-alike words).
    pub shape: Shape,
    pub(crate) machine: Arc<Machine>,
}

/// The kinds of pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Begins with this.
    Prefix(String),
    /// `*` stands for any characters, `?` for one.
    Wildcard(String),
    /// A regular expression for the whole word.
    Regex(String),
    /// At most so many letters changed, added, missing or swapped.
    Fuzzy(String, u8),
    /// The same letters in any case.
    AnyCase(String),
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shape.fmt(f)
    }
}

/// Why a pattern cannot be used, in words.
pub(crate) type Refusal = &'static str;

impl Pattern {
    /// Words that begin with a folded prefix.
    pub(crate) fn prefix(prefix: String) -> Pattern {
        let machine = Machine::Prefix(prefix.clone().into_bytes());
        Pattern { shape: Shape::Prefix(prefix), machine: Arc::new(machine) }
    }

    /// Words with wildcards, given as a regular expression and as typed.
    pub(crate) fn wildcard(expression: &str, typed: String) -> Result<Pattern, Refusal> {
        let machine = Arc::new(Machine::regex(expression, false)?);
        Ok(Pattern { shape: Shape::Wildcard(typed), machine })
    }

    /// A regular expression over folded words.
    pub(crate) fn regex(typed: &str) -> Result<Pattern, Refusal> {
        let machine = Arc::new(Machine::regex(typed, true)?);
        Ok(Pattern { shape: Shape::Regex(typed.to_owned()), machine })
    }

    /// Folded words at most `distance` (1 or 2) edits away; a swap of neighbours is one edit.
    pub(crate) fn fuzzy(word: String, distance: u8) -> Result<Pattern, Refusal> {
        if word.chars().count() > FUZZY_CHARS_MAX {
            return Err("this word is too long to search with ~");
        }
        static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> = LazyLock::new(|| {
            [LevenshteinAutomatonBuilder::new(1, true), LevenshteinAutomatonBuilder::new(2, true)]
        });
        let builder = &BUILDERS[usize::from(distance.clamp(1, 2)) - 1];
        let machine = Machine::Fuzzy(Box::new(builder.build_dfa(&word)));
        Ok(Pattern { shape: Shape::Fuzzy(word, distance), machine: Arc::new(machine) })
    }

    /// A name in any case, with wildcards where `typed` has `*` or `?`.
    pub(crate) fn name(typed: &str) -> Result<Pattern, Refusal> {
        let machine = Arc::new(Machine::regex(&wildcard_expression(typed), true)?);
        let wild = typed.contains(['*', '?']);
        let shape = if wild { Shape::Wildcard } else { Shape::AnyCase }(typed.to_owned());
        Ok(Pattern { shape, machine })
    }

    /// True where the whole of `word` matches.
    pub fn matches(&self, word: &str) -> bool {
        let machine = &*self.machine;
        let mut state = machine.begin();
        for byte in word.bytes() {
            if machine.is_dead(state) {
                return false;
            }
            state = machine.step(state, byte);
        }
        machine.accepts(state)
    }
}

/// `*` and `?` as a regular expression, all else literal.
fn wildcard_expression(typed: &str) -> String {
    let mut out = String::with_capacity(typed.len() + 8);
    for c in typed.chars() {
        push_wildcard(c, &mut out);
    }
    out
}

/// Appends one character of a wildcard pattern to a regular expression.
pub(crate) fn push_wildcard(c: char, out: &mut String) {
    match c {
        '*' => out.push_str("(?s:.*)"),
        '?' => out.push_str("(?s:.)"),
        c if r"\.+()|[]{}^$#&-~".contains(c) => {
            out.push('\\');
            out.push(c);
        }
        c => out.push(c),
    }
}

/// An automaton over the bytes of a word. States are numbers; 0 is the dead state of all kinds.
pub(crate) enum Machine {
    /// State: bytes matched + 1.
    Prefix(Vec<u8>),
    Fuzzy(Box<DFA>),
    Regex(Box<dense::DFA<Vec<u32>>>, StateID),
}

impl Machine {
    fn regex(expression: &str, any_case: bool) -> Result<Machine, Refusal> {
        if expression.len() > PATTERN_BYTES_MAX * 8 {
            return Err("this pattern is too long");
        }
        let syntax = syntax::Config::new().case_insensitive(any_case).nest_limit(50);
        // Every match end counts, not the first choice's; a word matches from end to end.
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(regex_automata::dfa::StartKind::Anchored)
            .dfa_size_limit(Some(AUTOMATON_BYTES_MAX))
            .determinize_size_limit(Some(AUTOMATON_BYTES_MAX));
        let automaton = dense::Builder::new()
            .syntax(syntax)
            .thompson(thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES_MAX / 4)))
            .configure(config)
            .build(expression)
            .map_err(|error| match error.is_size_limit_exceeded() || is_too_big(&error) {
                true => "this pattern stands for too many possibilities",
                false => "this is not a regular expression that can be searched",
            })?;
        let begin = automaton
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .map_err(|_| "this is not a regular expression that can be searched")?;
        Ok(Machine::Regex(Box::new(automaton), begin))
    }

    pub(crate) fn begin(&self) -> u32 {
        match self {
            Machine::Prefix(_) => 1,
            Machine::Fuzzy(dfa) => dfa.initial_state(),
            Machine::Regex(_, begin) => begin.as_u32(),
        }
    }

    pub(crate) fn step(&self, state: u32, byte: u8) -> u32 {
        match self {
            Machine::Prefix(_) if state == 0 => 0,
            Machine::Prefix(prefix) => match prefix.get(state as usize - 1) {
                None => state,
                Some(want) if *want == byte => state + 1,
                Some(_) => 0,
            },
            Machine::Fuzzy(dfa) => dfa.transition(state, byte),
            Machine::Regex(dfa, _) => {
                dfa.next_state(StateID::new_unchecked(state as usize), byte).as_u32()
            }
        }
    }

    pub(crate) fn is_dead(&self, state: u32) -> bool {
        match self {
            Machine::Prefix(_) => state == 0,
            Machine::Fuzzy(_) => state == SINK_STATE,
            Machine::Regex(dfa, _) => {
                let state = StateID::new_unchecked(state as usize);
                dfa.is_dead_state(state) || dfa.is_quit_state(state)
            }
        }
    }

    pub(crate) fn accepts(&self, state: u32) -> bool {
        match self {
            Machine::Prefix(prefix) => state as usize == prefix.len() + 1,
            Machine::Fuzzy(dfa) => matches!(dfa.distance(state), Distance::Exact(_)),
            Machine::Regex(dfa, _) => {
                let state = StateID::new_unchecked(state as usize);
                !self.is_dead(state.as_u32()) && dfa.is_match_state(dfa.next_eoi_state(state))
            }
        }
    }
}

fn is_too_big(error: &dense::BuildError) -> bool {
    // The NFA's own limit has no predicate of its own.
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(nfa) = inner.downcast_ref::<thompson::BuildError>() {
            return nfa.size_limit().is_some();
        }
        source = inner.source();
    }
    false
}

/// The automaton as tantivy's dictionaries walk it.
impl tantivy_fst::Automaton for &Machine {
    type State = u32;

    fn start(&self) -> u32 {
        self.begin()
    }

    fn is_match(&self, state: &u32) -> bool {
        self.accepts(*state)
    }

    fn can_match(&self, state: &u32) -> bool {
        !self.is_dead(*state)
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.step(*state, byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &Pattern, yes: &[&str], no: &[&str]) {
        for word in yes {
            assert!(pattern.matches(word), "{pattern:?} should match {word:?}");
        }
        for word in no {
            assert!(!pattern.matches(word), "{pattern:?} should not match {word:?}");
        }
    }

    #[test]
    fn each_shape_matches_whole_words() {
        check(&Pattern::prefix("he".into()), &["he", "heron"], &["h", "the", ""]);
        let wild = Pattern::wildcard("h(?s:.*)n", "h*n".into()).unwrap();
        check(&wild, &["hn", "heron"], &["herons", "aheron"]);
        let regex = Pattern::regex("gr[ae]y|ab|abc|Ä+").unwrap();
        check(&regex, &["gray", "grey", "ab", "abc", "ää"], &["greys", "agrey", "abcd", ""]);
        check(&Pattern::regex("^a.c$").unwrap(), &["abc", "aяc"], &["ac", "abcd"]);
        let fuzzy = Pattern::fuzzy("heron".into(), 1).unwrap();
        check(&fuzzy, &["heron", "herno", "herons", "hero", "haron"], &["haronx", "her"]);
        let two = Pattern::fuzzy("heron".into(), 2).unwrap();
        check(&two, &["her", "hxrxn"], &["he", "xxxon"]);
        check(&Pattern::name("Grey.H*").unwrap(), &["grey.heron", "GREY.H"], &["greyxheron"]);
        check(&Pattern::name("Жора").unwrap(), &["жОРА"], &["жора1"]);
    }

    #[test]
    fn patterns_beyond_their_limits_are_refused_not_run() {
        for hostile in [r"(\w{100}){100}", r"(a|b)*a(a|b){30}", "(", r"\bx", "a{99999}"] {
            assert!(Pattern::regex(hostile).is_err(), "{hostile}");
        }
        assert!(Pattern::fuzzy("x".repeat(65), 1).is_err());
    }
}
