//! The words and wildcard patterns in a piece of a query.

use super::pattern::{Pattern, push_wildcard};
use super::{PATTERN_BYTES_MAX, QueryError, Slot};
use crate::token::words;
use std::ops::Range;

/// A word under construction: literal parts and wildcards.
#[derive(Default)]
struct Building {
    /// As typed, folded.
    text: String,
    /// As a regular expression.
    expression: String,
    wildcards: usize,
}

/// The words and wildcard patterns of a text without blanks.
pub(crate) fn slots(text: &str, span: &Range<usize>) -> Result<Vec<Slot>, QueryError> {
    let mut out = Vec::new();
    let mut building = Building::default();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(wildcard) = leading_wildcard(rest, text) {
            building.wildcards += 1;
            building.text.push(wildcard);
            push_wildcard(wildcard, &mut building.expression);
            rest = &rest[1..];
            continue;
        }
        // The literal part up to the next wildcard; a `?` that is none separates like a comma.
        let end = (1..rest.len())
            .find(|at| rest.is_char_boundary(*at) && leading_wildcard(&rest[*at..], text).is_some())
            .unwrap_or(rest.len());
        literal(&rest[..end], &mut building, &mut out, span)?;
        rest = &rest[end..];
    }
    building.finish(&mut out, span)?;
    Ok(out)
}

/// `*` is always a wildcard, `?` only between letters or digits (elsewhere it ends a question).
fn leading_wildcard(rest: &str, whole: &str) -> Option<char> {
    let first = rest.chars().next()?;
    let before = whole[..whole.len() - rest.len()].chars().next_back();
    let beside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '*');
    match first {
        '*' => Some('*'),
        '?' if beside(before) && beside(rest[1..].chars().next()) => Some('?'),
        _ => None,
    }
}

fn literal(
    part: &str,
    building: &mut Building,
    out: &mut Vec<Slot>,
    span: &Range<usize>,
) -> Result<(), QueryError> {
    let mut end = 0;
    for word in words(part) {
        // A separator before the word ends what a wildcard began.
        if word.span.start > end || (end > 0 && !building.text.is_empty()) {
            std::mem::take(building).finish(out, span)?;
        }
        building.text.push_str(&word.text);
        word.text.chars().for_each(|c| push_wildcard(c, &mut building.expression));
        end = word.span.end;
    }
    if end < part.len() {
        std::mem::take(building).finish(out, span)?;
    }
    Ok(())
}

impl Building {
    fn finish(self, out: &mut Vec<Slot>, span: &Range<usize>) -> Result<(), QueryError> {
        let literal = self.text.trim_end_matches('*');
        if self.text.is_empty() {
            return Ok(());
        }
        if literal.is_empty() {
            return Err(QueryError::new(span.clone(), "a * alone stands for no word")
                .suggest("write \"a b\"~1 for one other word between"));
        }
        if self.text.len() > PATTERN_BYTES_MAX && self.wildcards > 0 {
            let message = format!("a pattern has at most {PATTERN_BYTES_MAX} bytes");
            return Err(QueryError::new(span.clone(), message));
        }
        if self.wildcards == 0 {
            out.push(Slot::Word(self.text));
        } else if literal.len() + self.wildcards == self.text.len() {
            out.push(Slot::Pattern(Pattern::prefix(literal.to_owned())));
        } else {
            let pattern = Pattern::wildcard(&self.expression, self.text)
                .map_err(|why| QueryError::new(span.clone(), why))?;
            out.push(Slot::Pattern(pattern));
        }
        Ok(())
    }
}
