//! The reference: every row judged on its own, phrases by trying every choice of places.

use crate::case::Part;
use emma_index::query::{Has, Kind, Name, Node, Phrase, Query, Role, Shape, Slot};
use emma_index::token::words;
use emma_lake::row::MessageRow;
use emma_lake::view::{Reason, Verdict, View};
use std::collections::BTreeMap;

/// What a search should say.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Expect {
    /// Segment, row and further rows of each hit, newest first.
    pub hits: Vec<(u32, u32, Vec<u32>)>,
    pub withheld: BTreeMap<Reason, u64>,
}

pub fn search(parts: &[Part], query: &Query, view: &View) -> Expect {
    let mut expect = Expect::default();
    let mut sorts = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let matching: Vec<u32> = (0..part.rows.len() as u32)
            .filter(|row| part.masked.binary_search(row).is_err())
            .filter(|row| matches(&query.root, &part.rows[*row as usize]))
            .collect();
        let row = |row: u32| &part.rows[row as usize];
        for message in matching.chunk_by(|a, b| row(*a).id == row(*b).id) {
            let verdicts: Vec<Verdict> = message.iter().map(|r| view.judge(row(*r))).collect();
            let mut shown = message.iter().zip(&verdicts).filter(|(_, v)| **v == Verdict::Visible);
            match (shown.next(), verdicts[0]) {
                (Some((first, _)), _) => {
                    let also = shown.map(|(row, _)| *row).collect();
                    expect.hits.push((n as u32 + 1, *first, also));
                    sorts.push(row(*first).sort);
                }
                (None, Verdict::Withheld(reason)) => {
                    *expect.withheld.entry(reason).or_default() += 1;
                }
                (None, Verdict::Visible) => unreachable!("the first is visible"),
            }
        }
    }
    let mut order: Vec<_> = sorts.into_iter().zip(expect.hits).collect();
    order.sort_by(|(a, hit), (b, other)| {
        b.cmp(a).then_with(|| other.0.cmp(&hit.0)).then_with(|| hit.1.cmp(&other.1))
    });
    expect.hits = order.into_iter().map(|(_, hit)| hit).collect();
    expect
}

pub fn matches(node: &Node, row: &MessageRow) -> bool {
    match &node.kind {
        Kind::All => true,
        Kind::Text(phrase) => !runs(phrase, row).is_empty(),
        Kind::Near { parts, gaps } => {
            let parts: Vec<Vec<(usize, usize)>> = parts
                .iter()
                .map(|part| part.iter().flat_map(|phrase| runs(phrase, row)).collect())
                .collect();
            parts[0].iter().any(|run| chain(*run, &parts[1..], gaps))
        }
        Kind::Party(role, name) => {
            let from = row.from.iter().any(|handle| named(name, handle));
            let to = row.to.iter().any(|handle| named(name, handle));
            match role {
                Role::From => from,
                Role::To => to,
                Role::With => from || to,
            }
        }
        Kind::In(name) => row.conversation.iter().any(|room| named(name, room)),
        Kind::Source(name) => row.sources.iter().any(|source| named(name, source)),
        Kind::Time { from, until } => row.sort.is_some_and(|sort| {
            from.is_none_or(|from| sort >= from) && until.is_none_or(|until| sort < until)
        }),
        Kind::Is(kind) => row.kind == *kind,
        Kind::State(state) => row.state == *state,
        Kind::Has(has) => match has {
            Has::Text => row.text.as_ref().is_some_and(|text| !text.is_empty()),
            Has::Time => row.lo.is_some(),
            Has::Sender => row.from.is_some(),
            Has::Recipient => !row.to.is_empty(),
            Has::Conversation => row.conversation.is_some(),
            Has::Reply => row.reply_to.is_some(),
            Has::Territory => row.territory.is_some(),
        },
        Kind::And(nodes) => nodes.iter().all(|node| matches(node, row)),
        Kind::Or(nodes) => nodes.iter().any(|node| matches(node, row)),
        Kind::Not(inner) => !matches(inner, row),
    }
}

fn named(name: &Name, text: &str) -> bool {
    match name {
        Name::Exact(exact) => exact == text,
        Name::Like(pattern) => match &pattern.shape {
            Shape::AnyCase(typed) => typed.to_lowercase() == text.to_lowercase(),
            _ => pattern.matches(text),
        },
    }
}

/// For each place the phrase can begin at, its shortest run, by trying everything.
fn runs(phrase: &Phrase, row: &MessageRow) -> Vec<(usize, usize)> {
    let words = words(row.text.as_deref().unwrap_or(""));
    let fits = |slot: &Slot, at: usize| match slot {
        Slot::Word(word) => *word == words[at].text,
        Slot::Pattern(pattern) => match &pattern.shape {
            Shape::Prefix(prefix) => words[at].text.starts_with(prefix),
            _ => pattern.matches(&words[at].text),
        },
    };
    let mut out = Vec::new();
    for first in (0..words.len()).filter(|at| fits(&phrase.slots[0], *at)) {
        // All places the slots so far can end at.
        let mut ends = vec![first];
        for slot in &phrase.slots[1..] {
            let next = (0..words.len()).filter(|at| fits(slot, *at));
            ends = next.filter(|at| ends.iter().any(|end| end < at)).collect();
        }
        let others = |last: usize| last - first + 1 - phrase.slots.len();
        let last = ends.into_iter().min();
        out.extend(last.filter(|l| others(*l) <= phrase.slop as usize).map(|last| (first, last)));
    }
    out
}

fn chain(run: (usize, usize), parts: &[Vec<(usize, usize)>], gaps: &[u32]) -> bool {
    let Some((next, rest)) = parts.split_first() else {
        return true;
    };
    let near = |other: &&(usize, usize)| {
        let gap = gaps[0] as usize;
        (other.0 > run.1 && other.0 - run.1 <= gap) || (run.0 > other.1 && run.0 - other.1 <= gap)
    };
    next.iter().filter(near).any(|other| chain(*other, rest, &gaps[1..]))
}
