//! Where a text matches a query, in the text as it was written.

use crate::near::{Run, keep_chains, runs};
use crate::query::{Kind, Node, Phrase, Query, Slot};
use crate::token::{Word, words};
use std::ops::Range;

/// The bytes of `text` that the words, patterns and phrases of `query` match, ascending and
/// apart. What stands under NOT marks nothing; a phrase marks its words where they form it.
pub fn highlight(text: &str, query: &Query) -> Vec<Range<usize>> {
    let words = words(text);
    let mut marked = vec![false; words.len()];
    mark(&query.root, &words, &mut marked);
    let mut out: Vec<Range<usize>> = Vec::new();
    for (word, _) in words.iter().zip(marked).filter(|(_, marked)| *marked) {
        match out.last_mut() {
            Some(last) if last.end >= word.span.start => last.end = last.end.max(word.span.end),
            _ => out.push(word.span.clone()),
        }
    }
    out
}

fn mark(node: &Node, words: &[Word], marked: &mut [bool]) {
    match &node.kind {
        Kind::And(nodes) | Kind::Or(nodes) => {
            nodes.iter().for_each(|node| mark(node, words, marked));
        }
        Kind::Text(phrase) => {
            let places = places(phrase, words);
            mark_runs(phrase_runs(&places, phrase.slop), &places, marked);
        }
        Kind::Near { parts, gaps } => {
            let places: Vec<Vec<Vec<Vec<u32>>>> = parts
                .iter()
                .map(|part| part.iter().map(|phrase| self::places(phrase, words)).collect())
                .collect();
            let mut all: Vec<Vec<Run>> = Vec::new();
            for (part, places) in parts.iter().zip(&places) {
                let found = part.iter().zip(places).flat_map(|(p, at)| phrase_runs(at, p.slop));
                all.push(found.collect());
            }
            keep_chains(&mut all, gaps);
            for ((part, places), kept) in parts.iter().zip(&places).zip(&all) {
                for (phrase, at) in part.iter().zip(places) {
                    let found = phrase_runs(at, phrase.slop);
                    let found = found.into_iter().filter(|run| kept.contains(run)).collect();
                    mark_runs(found, at, marked);
                }
            }
        }
        _ => {}
    }
}

/// For each slot, the positions of the words it matches.
fn places(phrase: &Phrase, words: &[Word]) -> Vec<Vec<u32>> {
    let fits = |slot: &Slot, word: &Word| match slot {
        Slot::Word(want) => *want == word.text,
        Slot::Pattern(pattern) => pattern.matches(&word.text),
    };
    let at =
        |slot: &Slot| (0u32..).zip(words).filter(|(_, w)| fits(slot, w)).map(|(i, _)| i).collect();
    phrase.slots.iter().map(at).collect()
}

fn phrase_runs(places: &[Vec<u32>], slop: u32) -> Vec<Run> {
    let mut out = Vec::new();
    runs(places, slop, false, &mut out);
    out
}

/// Marks the words of each run, the same way [`runs`] chose them.
fn mark_runs(runs: Vec<Run>, places: &[Vec<u32>], marked: &mut [bool]) {
    for run in runs {
        let mut last = run.first;
        marked[last as usize] = true;
        for slot in places.iter().skip(1) {
            let Some(next) = slot.get(slot.partition_point(|position| *position <= last)) else {
                break;
            };
            last = *next;
            marked[last as usize] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, text: &str, expect: &[&str]) {
        let query = Query::parse(query).unwrap();
        let found: Vec<&str> = highlight(text, &query).into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn words_are_marked_as_written() {
        check("ete -hiver", "L'ÉTÉ, pas l'hiver; e\u{301}te\u{301}", &["ÉTÉ", "e\u{301}te\u{301}"]);
        check("h* from:x", "Hello the hill", &["Hello", "hill"]);
    }

    #[test]
    fn phrases_mark_only_where_they_stand() {
        check("\"pick up\"", "up pick, Pick-Up", &["Pick", "Up"]);
        check("\"a b\"~1", "a x b a", &["a", "b"]);
        check("a w/2 (b OR \"c d\")", "a x x b c d a", &["c", "d", "a"]);
        check("東京", "東京都", &["東京"]);
    }
}
