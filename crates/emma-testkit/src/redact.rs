//! Replaces what differs from run to run by a word for what it is, so that output can be compared.

use regex::{Captures, Regex};
use std::sync::OnceLock;

/// What is replaced, in this order, and by what.
const RULES: &[(&str, &str)] = &[
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "[time]"),
    (r"emma-(actor|case)-[0-9a-f]{16}(\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)?", "[key]"),
    (r"\b[0-9a-f]{64}\b", "[digest]"),
    (r"\b[0-9a-f]{16,63}\b", "[id]"),
    (r"[A-Za-z0-9+/]{43}=", "[root]"),
    (r"\b\d+(\.\d+)? ?(ns|us|µs|ms|s|min)\b", "[took]"),
    (r"\b\d+(\.\d+)? ?([kMG]i?B|B|bytes|messages|records)/s\b", "[rate]"),
];

/// `text` with times, keys, digests, ids, roots, durations and rates replaced.
///
/// Equal values stay recognisable: the first digest in a text is `[digest 1]`, the next other one
/// `[digest 2]`, and so on. Durations and rates carry no number.
pub fn redact(text: &str) -> String {
    static COMPILED: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let rules = COMPILED.get_or_init(|| {
        let compile = |pattern| Regex::new(pattern).expect("the rules above are patterns");
        RULES.iter().map(|(pattern, word)| (compile(pattern), *word)).collect()
    });
    let mut text = text.to_owned();
    for (pattern, word) in rules {
        let mut seen: Vec<String> = Vec::new();
        let numbered = !["[took]", "[rate]", "[time]"].contains(word);
        let replaced = pattern.replace_all(&text, |found: &Captures<'_>| {
            if !numbered {
                return (*word).to_owned();
            }
            let value = found[0].to_owned();
            let at = seen.iter().position(|known| *known == value).unwrap_or_else(|| {
                seen.push(value);
                seen.len() - 1
            });
            format!("{} {}]", word.trim_end_matches(']'), at + 1)
        });
        text = replaced.into_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_keep_equal_names() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let text = format!("{a} {b} {a} took 1.5 s at 2020-04-01T12:00:00.5Z, 12 MiB/s");
        let expected = "[digest 1] [digest 2] [digest 1] took [took] at [time], [rate]";
        assert_eq!(redact(&text), expected);
    }

    #[test]
    fn counts_and_words_stay() {
        assert_eq!(redact("326 files, 12 messages, facade"), "326 files, 12 messages, facade");
    }

    #[test]
    fn keys_are_one_word() {
        let key = format!("emma-actor-{}+0a1b2c3d+AbC+/9=", "0".repeat(16));
        assert_eq!(redact(&format!("by {key}.")), "by [key 1].");
    }
}
