//! A language's grammar: lists and acts, compiled once, expanded millions of times.
//!
//! ```text
//! # a comment
//! @list: one | two [big|small] things | {other_list} at {time}
//! = act
//! one way to say it
//! another way, {who} [says|said] so
//! ```
//!
//! `[a|b]` chooses, an empty alternative is allowed; `{name}` is a list of this file or one of the
//! session's values ([`SLOTS`]). Blanks that an empty alternative leaves are closed up later.
//!
//! What makes lines a conversation ([`Memory`]):
//!
//! ```text
//! {who!}  {mname!who}     says the list and remembers it under its own, or the stated, name
//! {who^}                  says what was last remembered; what needs an empty memory is not chosen
//! {who^you}  {who^me}     the same, but only what another, or the speaker, mentioned
//! {wday=due}              says the list the first time and the same again while the topic lasts;
//!                         two names of one list are never the same; `{due^}` recalls this too
//! where{?where}           calls for an answer of the kind `where` by another speaker
//! where: at {place}       a way that is used only as an answer of that kind (`where,when: …`)
//! tonight{~evening}       says nothing; a clock of this line lies in that part of the day:
//!                         morning, noon, afternoon, evening or night
//! gotta go{.}             ends the talk
//! ```
//!
//! An open question is always answered where the act has ways to; the act `answer`, which a file
//! may leave out, is put in where the script has no such act next. A line has clocks in one place
//! only: an alternative with another is passed over. A way just used rests for a few lines.

use crate::draw::Draw;
use crate::talk::memory::{By, Memory, Name, Part, name};
use crate::{Result, TwinError};
use std::collections::{BTreeMap, BTreeSet};

/// The session's values a grammar may name. The order is [`Slot`]'s.
pub const SLOTS: [&str; 31] = [
    "qty", "goods", "price", "total", "time", "time2", "place", "town", "nick", "nick2", "plate",
    "phone", "iban", "wallet", "token", "n", "n2", "big", "pct", "score", "date", "cash", "police",
    "gun", "car", "unit", "handle", "dom", "price2", "part", "rest",
];

/// A number of [`SLOTS`].
pub type Slot = u8;

/// The act that answers where the script has none that does.
pub const ANSWER: &str = "answer";

#[derive(Clone, Copy, Debug)]
enum Source {
    List(u16),
    Slot(Slot),
}

#[derive(Debug)]
enum Node {
    Text(Box<str>),
    Choice(Vec<Way>),
    Say(Source),
    Remember(Source, Name),
    Recall(Name, By),
    Keep(Source, Name),
    Call(Name),
    Part(Part),
    Over,
}

/// One alternative, and when it may be chosen.
#[derive(Debug, Default)]
struct Way {
    nodes: Vec<Node>,
    recalls: Vec<(Name, By)>,
    part: Option<Part>,
    clock: bool,
}

impl Way {
    fn of(nodes: Vec<Node>) -> Way {
        let mut way = Way { nodes, ..Way::default() };
        let mut known = Vec::new();
        for node in &way.nodes {
            match node {
                Node::Say(source) => way.clock |= is_clock(*source),
                Node::Remember(source, name) | Node::Keep(source, name) => {
                    way.clock |= is_clock(*source);
                    known.push(*name);
                }
                Node::Recall(name, by) if *by == By::You || !known.contains(name) => {
                    way.recalls.push((*name, *by));
                }
                Node::Part(part) => way.part = Some(*part),
                _ => {}
            }
        }
        way
    }

    fn fits(&self, memory: &Memory) -> bool {
        !(self.clock && memory.has_clock())
            && self.part.is_none_or(|part| memory.agrees(part))
            && self.recalls.iter().all(|(name, by)| memory.recall(*name, *by).is_some())
    }
}

fn is_clock(source: Source) -> bool {
    matches!(source, Source::Slot(slot) if SLOTS[slot as usize].starts_with("time"))
}

/// The ways of an act; those that answer the same kind stand together, plain ones first.
#[derive(Debug, Default)]
struct Act {
    ways: Vec<(Name, Way)>,
}

impl Act {
    /// The ways that answer `kind`, 0 for plain ones: their place.
    fn group(&self, kind: Name) -> std::ops::Range<usize> {
        let first = self.ways.iter().position(|(of, _)| *of == kind).unwrap_or(self.ways.len());
        let count = self.ways[first..].iter().take_while(|(of, _)| *of == kind).count();
        first..first + count
    }
}

/// A compiled grammar.
#[derive(Debug)]
pub struct Grammar {
    /// Its language.
    pub language: &'static str,
    lists: Vec<Vec<Way>>,
    acts: Vec<Act>,
    names: BTreeMap<String, u16>,
}

/// Says a slot's value into the text.
pub trait Fill {
    /// Appends the value of `slot`.
    fn fill(&mut self, slot: Slot, memory: &mut Memory, out: &mut String, draw: &mut Draw);
}

/// Where a line is said: what fills its slots, what it remembers, how it is drawn.
pub struct Voice<'v> {
    /// Fills the slots.
    pub fill: &'v mut dyn Fill,
    /// The sitting's memory.
    pub memory: &'v mut Memory,
    /// Draws.
    pub draw: &'v mut Draw,
}

/// Lists may nest this deep; what lies deeper is left out.
const DEPTH_MAX: u32 = 12;
/// Alternatives drawn before the first that fits is taken.
const TRIES: u32 = 8;
/// Draws of another word where a list would say one that the line holds already.
const AGAIN: u32 = 3;

impl Grammar {
    /// Reads a grammar; every act of `acts` must be there.
    pub fn parse(language: &'static str, text: &str, acts: &[String]) -> Result<Grammar> {
        let fail = |line: usize, what: &str| {
            Err(TwinError::Grammar { language: language.into(), line, what: what.into() })
        };
        let mut names = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if let Some((name, _)) = line.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
                let next = names.len() as u16;
                if names.insert(name.trim().to_string(), next).is_some() {
                    return fail(number + 1, "a list stands twice");
                }
            }
        }
        let mut lists: Vec<Vec<Way>> = (0..names.len()).map(|_| Vec::new()).collect();
        let mut spoken: Vec<Act> = acts.iter().map(|_| Act::default()).collect();
        let mut act: Option<usize> = None;
        let (mut called, mut answered) = (BTreeSet::new(), BTreeSet::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            called.extend(line.split("{?").skip(1).filter_map(|rest| rest.split('}').next()));
            if let Some((name, rest)) = line.strip_prefix('@').and_then(|rest| rest.split_once(':'))
            {
                match (Reader { rest, names: &names }.alternatives(), names.get(name.trim())) {
                    (Ok(list), Some(at)) => lists[*at as usize] = list,
                    (Err(what), _) => return fail(number + 1, &what),
                    (_, None) => return fail(number + 1, "a list without a name"),
                }
            } else if let Some(name) = line.strip_prefix('=') {
                act = acts.iter().position(|known| known == name.trim());
                if act.is_none() {
                    return fail(number + 1, "an act that no topic uses");
                }
            } else {
                let Some(act) = act else { return fail(number + 1, "a line outside any act") };
                let (kinds, rest) = marked(line);
                for kind in kinds.split(',') {
                    answered.extend((!kind.is_empty()).then_some(kind));
                    let kind = if kind.is_empty() { 0 } else { name(kind) };
                    match (Reader { rest, names: &names }).alternatives() {
                        Ok(ways) => {
                            spoken[act].ways.extend(ways.into_iter().map(|way| (kind, way)));
                        }
                        Err(what) => return fail(number + 1, &what),
                    }
                }
            }
        }
        if let Some(kind) = called.symmetric_difference(&answered).next() {
            return fail(0, &format!("nothing calls for, or nothing answers, {kind}"));
        }
        for (act, called) in spoken.iter_mut().zip(acts) {
            act.ways.sort_by_key(|(kind, _)| *kind);
            if act.group(0).is_empty() && called != ANSWER {
                return fail(0, &format!("act {called} is missing"));
            }
        }
        Ok(Grammar { language, lists, acts: spoken, names })
    }

    /// Whether act number `act` has ways to answer `kind`.
    pub fn answers(&self, act: usize, kind: Name) -> bool {
        !self.acts[act].group(kind).is_empty()
    }

    /// Says act number `act` into `out`: an answer where one is open, in a way that is not worn.
    pub fn say(&self, act: usize, voice: &mut Voice<'_>, out: &mut String) {
        for (role, kind) in voice.memory.open() {
            if let Some(way) = self.choose(act, kind, voice) {
                voice.memory.answer(role);
                return self.walk(&way.nodes, voice, out, 0);
            }
        }
        if let Some(way) = self.choose(act, 0, voice) {
            self.walk(&way.nodes, voice, out, 0);
        }
    }

    /// Says a list by name; nothing where there is no such list.
    pub fn say_list(&self, name: &str, voice: &mut Voice<'_>, out: &mut String) {
        if let Some(at) = self.names.get(name) {
            self.source(Source::List(*at), voice, out, 0);
        }
    }

    /// The words of a list without structure, for pools of code words.
    pub fn pool(&self, name: &str) -> Vec<&str> {
        let list = self.names.get(name).map(|at| &self.lists[*at as usize]);
        list.into_iter()
            .flatten()
            .filter_map(|way| match way.nodes.as_slice() {
                [Node::Text(text)] => Some(text.as_ref()),
                _ => None,
            })
            .collect()
    }

    /// A way of `act` that answers `kind` and is fresh, if it can be.
    fn choose(&self, act: usize, kind: Name, voice: &mut Voice<'_>) -> Option<&Way> {
        let spoken = &self.acts[act];
        let group = spoken.group(kind);
        if group.is_empty() {
            return None;
        }
        let number = |at: usize| (act as u32) << 12 | at as u32 | 1 << 31;
        let Voice { memory, draw, .. } = voice;
        let fits = |at: &usize| spoken.ways[*at].1.fits(memory);
        let fresh = |at: &usize| fits(at) && memory.is_fresh(number(*at));
        let at = (0..TRIES)
            .map(|_| group.start + draw.index(group.len()))
            .find(fresh)
            .or_else(|| group.clone().find(fresh))
            .or_else(|| group.clone().find(fits))?;
        voice.memory.take(number(at));
        Some(&spoken.ways[at].1)
    }

    fn walk(&self, nodes: &[Node], voice: &mut Voice<'_>, out: &mut String, depth: u32) {
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Say(source) => self.source(*source, voice, out, depth),
                Node::Choice(ways) => {
                    if let Some(way) = pick(ways, voice) {
                        self.walk(&way.nodes, voice, out, depth);
                    }
                }
                Node::Remember(source, name) => {
                    let start = out.len();
                    self.source(*source, voice, out, depth);
                    voice.memory.remember(*name, &out[start..]);
                }
                Node::Recall(name, by) => {
                    out.push_str(voice.memory.recall(*name, *by).unwrap_or_default());
                }
                Node::Keep(source, name) => self.keep(*source, *name, voice, out, depth),
                Node::Call(kind) => voice.memory.call(*kind),
                Node::Part(part) => voice.memory.part(*part),
                Node::Over => voice.memory.end(),
            }
        }
    }

    fn source(&self, source: Source, voice: &mut Voice<'_>, out: &mut String, depth: u32) {
        match source {
            Source::Slot(slot) => voice.fill.fill(slot, voice.memory, out, voice.draw),
            Source::List(at) if depth < DEPTH_MAX => {
                let list = &self.lists[at as usize];
                let worn = |way: &&Way| match way.nodes.as_slice() {
                    [Node::Text(text)] => is_said(out, text),
                    _ => false,
                };
                let mut way = pick(list, voice);
                for _ in 0..AGAIN {
                    if !way.as_ref().is_some_and(worn) {
                        break;
                    }
                    way = pick(list, voice);
                }
                if let Some(way) = way {
                    self.walk(&way.nodes, voice, out, depth + 1);
                }
            }
            Source::List(_) => {}
        }
    }

    fn keep(
        &self,
        source: Source,
        name: Name,
        voice: &mut Voice<'_>,
        out: &mut String,
        depth: u32,
    ) {
        if let Some(kept) = voice.memory.kept(name) {
            return out.push_str(kept);
        }
        let number = match source {
            Source::List(at) => u32::from(at),
            Source::Slot(slot) => u32::from(slot) | 1 << 16,
        };
        let start = out.len();
        for _ in 0..TRIES {
            out.truncate(start);
            self.source(source, voice, out, depth);
            if !voice.memory.is_taken(number, &out[start..]) {
                break;
            }
        }
        voice.memory.keep(name, number, &out[start..]);
    }
}

/// Whether the line holds `text` as words of its own, or with an s behind: a list then says
/// another.
pub fn is_said(line: &str, text: &str) -> bool {
    let text = text.trim();
    let worn = |at: usize| {
        let (before, after) = (&line[..at], &line[at + text.len()..]);
        let after = after.strip_prefix('s').unwrap_or(after);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    };
    text.len() > 2 && line.match_indices(text).any(|(at, _)| worn(at))
}

/// An alternative that fits what the line and the memory hold; nothing where none does.
fn pick<'w>(ways: &'w [Way], voice: &mut Voice<'_>) -> Option<&'w Way> {
    for _ in 0..TRIES {
        let way = &ways[voice.draw.index(ways.len())];
        if way.fits(voice.memory) {
            return Some(way);
        }
    }
    ways.iter().find(|way| way.fits(voice.memory))
}

/// Splits a way into the kinds it answers and its text.
fn marked(line: &str) -> (&str, &str) {
    let is_kind = |c: char| c.is_ascii_lowercase() || c == '_' || c == ',';
    match line.split_once(": ") {
        Some((kinds, rest)) if !kinds.is_empty() && kinds.chars().all(is_kind) => (kinds, rest),
        _ => ("", line),
    }
}

struct Reader<'a> {
    rest: &'a str,
    names: &'a BTreeMap<String, u16>,
}

impl Reader<'_> {
    /// Alternatives up to the end of the line.
    fn alternatives(&mut self) -> std::result::Result<Vec<Way>, String> {
        let mut ways = self.ways()?;
        ways.iter_mut().for_each(|way| trim(&mut way.nodes));
        if !self.rest.is_empty() {
            return Err("a ] without [".into());
        }
        Ok(ways)
    }

    fn ways(&mut self) -> std::result::Result<Vec<Way>, String> {
        let mut ways = vec![Vec::new()];
        loop {
            let end = self.rest.find(['[', ']', '|', '{']).unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            let way = ways.last_mut().expect("there is always one way");
            if !text.is_empty() {
                way.push(Node::Text(text.into()));
            }
            self.rest = rest;
            match rest.as_bytes().first() {
                None | Some(b']') => break,
                Some(b'|') => {
                    self.rest = &rest[1..];
                    ways.push(Vec::new());
                }
                Some(b'[') => {
                    self.rest = &rest[1..];
                    let inner = self.ways()?;
                    if !self.rest.starts_with(']') {
                        return Err("a [ without ]".into());
                    }
                    self.rest = &self.rest[1..];
                    ways.last_mut().expect("one way").push(Node::Choice(inner));
                }
                _ => {
                    let close = rest.find('}').ok_or("a { without }")?;
                    let node = self.node(&rest[1..close])?;
                    self.rest = &rest[close + 1..];
                    ways.last_mut().expect("one way").push(node);
                }
            }
        }
        Ok(ways.into_iter().map(Way::of).collect())
    }

    /// What stands between `{` and `}`.
    fn node(&self, inner: &str) -> std::result::Result<Node, String> {
        if inner == "." {
            return Ok(Node::Over);
        }
        if let Some(kind) = inner.strip_prefix('?') {
            return Ok(Node::Call(name(kind)));
        }
        if let Some(word) = inner.strip_prefix('~') {
            let part = Part::named(word).ok_or_else(|| format!("no part of the day is {word}"))?;
            return Ok(Node::Part(part));
        }
        if let Some((of, by)) = inner.split_once('^') {
            let by = match by {
                "" => By::Anyone,
                "me" => By::Me,
                "you" => By::You,
                _ => return Err(format!("a memory of {by}, who is neither me nor you")),
            };
            return Ok(Node::Recall(name(of), by));
        }
        if let Some((of, under)) = inner.split_once('!') {
            let under = if under.is_empty() { of } else { under };
            return Ok(Node::Remember(self.named(of)?, name(under)));
        }
        if let Some((of, under)) = inner.split_once('=') {
            return Ok(Node::Keep(self.named(of)?, name(under)));
        }
        Ok(Node::Say(self.named(inner)?))
    }

    fn named(&self, name: &str) -> std::result::Result<Source, String> {
        if let Some(slot) = SLOTS.iter().position(|known| *known == name) {
            return Ok(Source::Slot(slot as Slot));
        }
        let list = self.names.get(name).ok_or_else(|| format!("nothing is called {name}"))?;
        Ok(Source::List(*list))
    }
}

/// Drops the blanks around an alternative.
fn trim(way: &mut Vec<Node>) {
    if let Some(Node::Text(text)) = way.first_mut() {
        *text = text.trim_start().into();
    }
    if let Some(Node::Text(text)) = way.last_mut() {
        *text = text.trim_end().into();
    }
    way.retain(|node| !matches!(node, Node::Text(text) if text.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;

    struct Marks;

    impl Fill for Marks {
        fn fill(&mut self, slot: Slot, memory: &mut Memory, out: &mut String, draw: &mut Draw) {
            match SLOTS[slot as usize] {
                "time2" => {
                    let minute = draw.range(0, 1439) as u32;
                    out.push_str(&memory.clock(minute, draw).to_string());
                }
                word => out.push_str(word),
            }
        }
    }

    fn grammar(text: &str) -> Result<Grammar> {
        Grammar::parse("en", text, &["a".to_string(), "b".to_string()])
    }

    /// Says the acts by turns, many times over, and gives the lines of each talk.
    fn talks(text: &str, acts: &[usize]) -> Vec<Vec<String>> {
        let grammar = grammar(text).unwrap();
        let mut draw = Draw::new(1, Stream::Talk, 1);
        let mut talk = || {
            let mut memory = Memory::default();
            let mut line = |(turn, act): (usize, &usize)| {
                let mut out = String::new();
                memory.begin((turn % 2) as u8);
                let mut voice = Voice { fill: &mut Marks, memory: &mut memory, draw: &mut draw };
                grammar.say(*act, &mut voice, &mut out);
                memory.commit(&out);
                out
            };
            acts.iter().enumerate().map(&mut line).collect()
        };
        (0..200).map(|_| talk()).collect()
    }

    #[test]
    fn a_grammar_says_what_it_lists() {
        let said = talks("@x: one | two\n= a\n{x} [big|small|] {goods}\n= b\nb\n", &[0]);
        let seen: BTreeSet<String> = said.into_iter().flatten().collect();
        assert_eq!(seen.len(), 6, "{seen:?}");
        assert!(seen.contains("two big goods"));
        let wrong = ["[x", "x]", "{nothing}", "{nothing!}", "{~teatime}", "{a^them}", "x{?y}"];
        for wrong in wrong.into_iter().chain(["y: x", "x\n= c\nx", "x\n@x: y\n@x: y"]) {
            assert!(grammar(&format!("= a\n{wrong}\n= b\nb\n")).is_err(), "{wrong}");
        }
        assert!(grammar("= b\nx\n").is_err());
    }

    #[test]
    fn what_was_mentioned_is_taken_up_and_what_was_not_never() {
        let text = "@x: Rusty|Tank\n= a\nseen {x!}\n= b\nwhy {x^you}|{x^me} again|[{y^}|what]\n";
        for talk in talks(text, &[0, 1]) {
            let name = talk[0].strip_prefix("seen ").unwrap();
            assert!(talk[1] == format!("why {name}") || talk[1] == "what", "{talk:?}");
        }
        for talk in talks(text, &[1]) {
            assert_eq!(talk, ["what"]);
        }
    }

    #[test]
    fn a_question_gets_its_answer_and_no_answer_comes_unasked() {
        let text = "= a\nwhere[ is it|]{?where}|{?when}when\n\
                    = b\nwhere: here\nwhen: now\nwell\nwho knows\n";
        for talk in talks(text, &[0, 1, 1, 1]) {
            let answer = if talk[0].starts_with("where") { "here" } else { "now" };
            assert_eq!(talk[1], answer);
            assert!(!talk[2..].iter().any(|line| ["here", "now"].contains(&line.as_str())));
        }
    }

    #[test]
    fn what_is_kept_stays_and_two_of_a_list_differ() {
        let text = "@x: red|blue|green\n= a\n{x=won} {x=lost}\n= b\n{x=lost} {won^}\n";
        for talk in talks(text, &[0, 1, 0]) {
            let (won, lost) = talk[0].split_once(' ').unwrap();
            assert_ne!(won, lost);
            assert_eq!(talk[1], format!("{lost} {won}"));
            assert_eq!(talk[2], talk[0]);
        }
    }

    #[test]
    fn a_clock_lies_in_the_part_of_day_and_comes_once() {
        let text = "@d: tonight{~evening}|in the morning{~morning}|friday\n\
                    @c: at {time2}|now\n= a\n{d} at {time2}\n= b\n{time2} {d} {c}\n";
        for talk in talks(text, &[0, 1]) {
            let minute = |line: &str| -> u32 {
                let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
                let minute = numbers.next().unwrap();
                assert_eq!(numbers.next(), None, "two clocks in: {line}");
                minute
            };
            for line in &talk {
                let minute = minute(line);
                let part = if line.contains("tonight") { "evening" } else { "morning" };
                let held = Part::named(part).unwrap().holds(minute);
                assert!(held || line.contains("friday"), "{line}");
            }
        }
    }

    #[test]
    fn a_way_rests_after_it_was_used() {
        for talk in talks("= a\none\ntwo\nthree\n= b\nb\n", &[0, 0, 0]) {
            let seen: BTreeSet<&String> = talk.iter().collect();
            assert_eq!(seen.len(), 3, "{talk:?}");
        }
    }

    #[test]
    fn every_language_says_every_act() {
        let book = crate::talk::Phrasebook::open().unwrap();
        assert_eq!(book.grammars.len(), 12);
        for grammar in &book.grammars {
            for pool in ["code_goods", "code_cash", "code_police", "code_gun", "code_car"] {
                let words = grammar.pool(pool).len();
                assert!(words >= 4, "{} has {words} words in {pool}", grammar.language);
            }
        }
    }

    #[test]
    fn a_list_does_not_say_what_the_line_holds_already() {
        assert!(is_said("mum went", "mum") && is_said("mums curry ", "mum"));
        assert!(!is_said("mummy went", "mum") && !is_said("", "mum") && !is_said("at 12", "12"));
        let twice = talks("@kin: mum|dad|nan|uncle\n= a\n{kin} and {kin}s\n= b\nx\n", &[0])
            .iter()
            .filter(|talk| {
                talk[0].strip_suffix('s').is_some_and(|line| {
                    line.split_once(" and ").is_some_and(|(one, other)| one == other)
                })
            })
            .count();
        assert!(twice < 5, "{twice} of 200");
    }
}
