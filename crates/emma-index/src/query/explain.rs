//! A query said in words.

use super::time::moment;
use super::{Kind, Name, Node, Phrase, Role, Shape, Slot};

pub(crate) fn explain(root: &Node) -> String {
    match &root.kind {
        Kind::All => "every message".to_owned(),
        _ => format!("messages {}", clause(root)),
    }
}

fn clause(node: &Node) -> String {
    match &node.kind {
        Kind::All => "of any kind".to_owned(),
        Kind::Text(phrase) => format!("whose text has {}", said(phrase)),
        Kind::Near { parts, gaps } => near(parts, gaps),
        Kind::Party(role, name) => {
            let verb = match role {
                Role::From => "sent by",
                Role::To => "sent to",
                Role::With => "sent by or to",
            };
            format!("{verb} {}", named(name))
        }
        Kind::In(name) => format!("in {}", named(name)),
        Kind::Source(name) => format!("from source {}", named(name)),
        Kind::Time { from, until } => match (from, until) {
            (Some(from), Some(until)) => {
                format!("from {} to before {}", moment(*from), moment(*until))
            }
            (Some(from), None) => format!("from {} on", moment(*from)),
            (None, Some(until)) => format!("before {}", moment(*until)),
            (None, None) => "of any time".to_owned(),
        },
        Kind::Is(kind) => format!("of kind {}", kind.name()),
        Kind::State(state) => format!("with copies that are {}", state.name()),
        Kind::Has(has) => format!("that have a {}", has.name()),
        Kind::And(nodes) => all(nodes),
        Kind::Or(nodes) => {
            let parts: Vec<String> = nodes.iter().map(bracketed).collect();
            parts.join(", or ")
        }
        Kind::Not(inner) => format!("not ({})", clause(inner)),
    }
}

/// A list joined by "and"; texts in a row share one "whose text has".
fn all(nodes: &[Node]) -> String {
    let mut out = String::new();
    let mut in_text = false;
    for node in nodes {
        if !out.is_empty() {
            out.push_str(" and ");
        }
        let shares = in_text && matches!(node.kind, Kind::Text(_));
        let said = bracketed(node);
        out.push_str(if shares { &said["whose text has ".len()..] } else { &said });
        in_text = matches!(node.kind, Kind::Text(_));
    }
    out
}

fn bracketed(node: &Node) -> String {
    match &node.kind {
        Kind::And(_) | Kind::Or(_) => format!("({})", clause(node)),
        _ => clause(node),
    }
}

fn near(parts: &[Vec<Phrase>], gaps: &[u32]) -> String {
    let mut out = "whose text has ".to_owned();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push_str(&format!(" within {} words of ", gaps[i - 1]));
        }
        let choices: Vec<String> = part.iter().map(said).collect();
        out.push_str(&choices.join(" or "));
    }
    out
}

fn said(phrase: &Phrase) -> String {
    if let [slot] = &phrase.slots[..] {
        return match slot {
            Slot::Word(word) => format!("the word {word}"),
            Slot::Pattern(pattern) => match &pattern.shape {
                Shape::Prefix(prefix) => format!("a word that begins with {prefix}"),
                Shape::Wildcard(typed) | Shape::AnyCase(typed) => format!("a word like {typed}"),
                Shape::Regex(typed) => format!("a word that matches /{typed}/"),
                Shape::Fuzzy(word, 1) => format!("a word spelled like {word} (1 letter off)"),
                Shape::Fuzzy(word, n) => {
                    format!("a word spelled like {word} (up to {n} letters off)")
                }
            },
        };
    }
    let slots: Vec<String> = phrase.slots.iter().map(slot_text).collect();
    let between = match phrase.slop {
        0 => String::new(),
        1 => " with at most 1 other word between".to_owned(),
        n => format!(" with at most {n} other words between"),
    };
    format!("the phrase \"{}\"{between}", slots.join(" "))
}

fn slot_text(slot: &Slot) -> String {
    match slot {
        Slot::Word(word) => word.clone(),
        Slot::Pattern(pattern) => match &pattern.shape {
            Shape::Prefix(prefix) => format!("{prefix}*"),
            Shape::Wildcard(typed) | Shape::AnyCase(typed) => typed.clone(),
            Shape::Regex(typed) => format!("/{typed}/"),
            Shape::Fuzzy(word, distance) => format!("{word}~{distance}"),
        },
    }
}

fn named(name: &Name) -> String {
    match name {
        Name::Exact(text) => format!("{text} (exactly so)"),
        Name::Like(pattern) => match &pattern.shape {
            Shape::Wildcard(typed) => format!("a name like {typed} (in any case)"),
            shape => match shape {
                Shape::AnyCase(typed) | Shape::Prefix(typed) | Shape::Regex(typed) => {
                    format!("{typed} (in any case)")
                }
                Shape::Wildcard(typed) | Shape::Fuzzy(typed, _) => typed.clone(),
            },
        },
    }
}
