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

use crate::draw::Draw;
use crate::{Result, TwinError};
use std::collections::BTreeMap;

/// The session's values a grammar may name. The order is [`Slot`]'s.
pub const SLOTS: [&str; 28] = [
    "qty", "goods", "price", "total", "time", "time2", "place", "town", "nick", "nick2", "plate",
    "phone", "iban", "wallet", "token", "n", "n2", "big", "pct", "score", "date", "cash", "police",
    "gun", "car", "unit", "handle", "dom",
];

/// A number of [`SLOTS`].
pub type Slot = u8;

#[derive(Debug)]
enum Node {
    Text(Box<str>),
    Choice(Vec<Vec<Node>>),
    List(u16),
    Slot(Slot),
}

/// A compiled grammar.
#[derive(Debug)]
pub struct Grammar {
    /// Its language.
    pub language: &'static str,
    lists: Vec<Vec<Vec<Node>>>,
    acts: Vec<Vec<Vec<Node>>>,
    names: BTreeMap<String, u16>,
}

/// Says a slot's value into the text.
pub trait Fill {
    /// Appends the value of `slot`.
    fn fill(&mut self, slot: Slot, out: &mut String, draw: &mut Draw);
}

/// Lists may nest this deep; what lies deeper is left out.
const DEPTH_MAX: u32 = 12;

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
        let mut lists: Vec<Vec<Vec<Node>>> = (0..names.len()).map(|_| Vec::new()).collect();
        let mut spoken: Vec<Vec<Vec<Node>>> = acts.iter().map(|_| Vec::new()).collect();
        let mut act: Option<usize> = None;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut reader = Reader { rest: line, names: &names };
            if let Some((name, rest)) = line.strip_prefix('@').and_then(|rest| rest.split_once(':'))
            {
                reader.rest = rest;
                match (reader.alternatives(), names.get(name.trim())) {
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
                match (act, reader.alternatives()) {
                    (Some(at), Ok(ways)) => spoken[at].extend(ways),
                    (_, Err(what)) => return fail(number + 1, &what),
                    (None, _) => return fail(number + 1, "a line outside any act"),
                }
            }
        }
        if let Some(silent) = spoken.iter().position(Vec::is_empty) {
            return fail(0, &format!("act {} is missing", acts[silent]));
        }
        Ok(Grammar { language, lists, acts: spoken, names })
    }

    /// Says act number `act` into `out`.
    pub fn say(&self, act: usize, fill: &mut dyn Fill, draw: &mut Draw, out: &mut String) {
        let way = draw.pick(&self.acts[act]);
        self.walk(way, fill, draw, out, 0);
    }

    /// Says a list by name; nothing where there is no such list.
    pub fn say_list(&self, name: &str, fill: &mut dyn Fill, draw: &mut Draw, out: &mut String) {
        if let Some(at) = self.names.get(name) {
            let way = draw.pick(&self.lists[*at as usize]);
            self.walk(way, fill, draw, out, 0);
        }
    }

    /// The words of a list without structure, for pools of code words.
    pub fn pool(&self, name: &str) -> Vec<&str> {
        let list = self.names.get(name).map(|at| &self.lists[*at as usize]);
        let plain = |way: &'_ Vec<Node>| matches!(way.as_slice(), [Node::Text(_)]);
        list.into_iter()
            .flatten()
            .filter(|way| plain(way))
            .filter_map(|way| match &way[0] {
                Node::Text(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect()
    }

    fn walk(
        &self,
        nodes: &[Node],
        fill: &mut dyn Fill,
        draw: &mut Draw,
        out: &mut String,
        depth: u32,
    ) {
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Slot(slot) => fill.fill(*slot, out, draw),
                Node::Choice(ways) => {
                    let way = draw.pick(ways);
                    self.walk(way, fill, draw, out, depth);
                }
                Node::List(at) if depth < DEPTH_MAX => {
                    let way = draw.pick(&self.lists[*at as usize]);
                    self.walk(way, fill, draw, out, depth + 1);
                }
                Node::List(_) => {}
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    names: &'a BTreeMap<String, u16>,
}

impl Reader<'_> {
    /// Alternatives up to the end of the line.
    fn alternatives(&mut self) -> std::result::Result<Vec<Vec<Node>>, String> {
        let mut ways = self.ways()?;
        ways.iter_mut().for_each(trim);
        if !self.rest.is_empty() {
            return Err("a ] without [".into());
        }
        Ok(ways)
    }

    fn ways(&mut self) -> std::result::Result<Vec<Vec<Node>>, String> {
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
                    let node = self.named(&rest[1..close])?;
                    self.rest = &rest[close + 1..];
                    ways.last_mut().expect("one way").push(node);
                }
            }
        }
        Ok(ways)
    }

    fn named(&self, name: &str) -> std::result::Result<Node, String> {
        if let Some(slot) = SLOTS.iter().position(|known| *known == name) {
            return Ok(Node::Slot(slot as Slot));
        }
        let list = self.names.get(name).ok_or_else(|| format!("nothing is called {name}"))?;
        Ok(Node::List(*list))
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
        fn fill(&mut self, slot: Slot, out: &mut String, _: &mut Draw) {
            out.push_str(SLOTS[slot as usize]);
        }
    }

    #[test]
    fn a_grammar_says_what_it_lists() {
        let acts = vec!["a".to_string()];
        let text = "@x: one | two\n= a\n{x} [big|small|] {goods}\n";
        let grammar = Grammar::parse("en", text, &acts).unwrap();
        let mut draw = Draw::new(1, Stream::Talk, 1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let mut out = String::new();
            grammar.say(0, &mut Marks, &mut draw, &mut out);
            seen.insert(out);
        }
        assert_eq!(seen.len(), 6, "{seen:?}");
        assert!(seen.contains("two big goods"));
        for wrong in ["= a\n[x\n", "= a\nx]\n", "= a\n{nothing}\n", "= b\nx\n", "@x: y\n"] {
            assert!(Grammar::parse("en", wrong, &acts).is_err(), "{wrong}");
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
}
