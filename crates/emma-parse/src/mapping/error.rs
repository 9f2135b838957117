//! What is wrong with a mapping, where it stands in its text, and what was probably meant.

use std::fmt;
use std::ops::Range;

/// Why a text is not a mapping. It quotes the mapping, never the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MappingError {
    /// Line in the mapping's text, counted from 1.
    pub line: usize,
    /// Column in that line, counted in characters from 1.
    pub column: usize,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mapping, line {}, column {}: {}", self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " ({suggestion})"),
            None => Ok(()),
        }
    }
}

/// A problem at a byte range of the mapping, before lines are counted.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub span: Range<usize>,
    pub message: String,
    pub suggestion: Option<String>,
}

impl Problem {
    /// A problem without a suggestion.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { span, message: message.into(), suggestion: None }
    }

    /// Adds what was probably meant.
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Problem {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Counts lines and characters in `text`.
    pub fn at(self, text: &str) -> MappingError {
        let (line, column) = position(text, self.span.start);
        MappingError { line, column, message: self.message, suggestion: self.suggestion }
    }
}

/// Line and column (in characters), both from 1, of byte `offset` of `text`.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// Turns what the TOML reader says into a problem; a misspelt key gets the nearest known one.
pub(super) fn from_toml(error: &toml::de::Error, text: &str) -> MappingError {
    let message = error.message().trim().replace('\n', " ");
    let span = error.span().unwrap_or(0..0);
    let mut problem = Problem::new(span, message.clone());
    // serde words it "unknown field `x`, expected one of `a`, `b`"; the candidates are quoted.
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        if let Some(word) = quoted.next() {
            let known: Vec<&str> = quoted.collect();
            problem.suggestion = did_you_mean(word, known.iter().copied());
            problem.message = format!("unknown key or word `{word}`");
            if problem.suggestion.is_none() && !known.is_empty() {
                problem.suggestion = Some(format!("known here: {}", known.join(", ")));
            }
        }
    } else if let Some(field) = message.strip_prefix("missing field") {
        problem.message = format!("the key{field} is missing");
    }
    problem.at(text)
}

/// `did you mean "x"?` for the nearest of `known`, where one is near enough.
pub(super) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, known).map(|best| format!("did you mean \"{best}\"?"))
}

/// The entry of `known` with the smallest edit distance, if that is at most a third of the
/// word's length (at least 1, case not counted), else one that the word abbreviates or extends.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let worst = (folded.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let other = candidate.to_lowercase();
        let related = folded.len() >= 3
            && other.len() >= 3
            && (other.contains(&folded) || folded.contains(&other));
        let distance = edit_distance(&folded, &other);
        let score = if distance <= worst {
            distance
        } else if related {
            worst + distance
        } else {
            continue;
        };
        if best.is_none_or(|(least, _)| score < least) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Characters to insert, delete, replace or swap with their neighbour to turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    /// Names longer than this are compared by their beginning only.
    const CHARS_MAX: usize = 64;
    let a: Vec<char> = a.chars().take(CHARS_MAX).collect();
    let b: Vec<char> = b.chars().take(CHARS_MAX).collect();
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_swapped_neighbours_once() {
        for (a, b, distance) in
            [("", "", 0), ("sender", "sneder", 1), ("time", "times", 1), ("abc", "xyz", 3)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_strange_one_is_not() {
        let known = ["sender", "recipient", "sent_at"];
        assert_eq!(nearest("Sendr", known), Some("sender"));
        assert_eq!(nearest("recipients_list", known), Some("recipient"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(position("a\nüb", 4), (2, 2));
        assert_eq!(position("", 9), (1, 1));
    }
}
