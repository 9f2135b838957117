//! From marks to a tree.
//!
//! ```text
//! either   = all (OR all)*
//! all      = one ([AND] one)*
//! one      = (NOT | -) one | near
//! near     = primary (w/n primary)*
//! primary  = ( either ) | word | "phrase"~n | /pattern/ | field:value
//! ```

use super::field;
use super::lex::{Mark, What, marks};
use super::pattern::{Pattern, push_wildcard};
use super::{
    Kind, Node, PATTERN_BYTES_MAX, PHRASE_WORDS_MAX, Phrase, QUERY_BYTES_MAX, QUERY_DEPTH_MAX,
    QUERY_NODES_MAX, QueryError, Slot,
};
use crate::token::words;
use std::ops::Range;

pub(crate) fn parse(text: &str) -> Result<Node, QueryError> {
    if text.len() > QUERY_BYTES_MAX {
        let message = format!("a query has at most {QUERY_BYTES_MAX} bytes");
        return Err(QueryError::new(0..0, message));
    }
    let marks = marks(text)?;
    if marks.len() > QUERY_NODES_MAX {
        let span = marks[QUERY_NODES_MAX].span.clone();
        let message = format!("a query has at most {QUERY_NODES_MAX} words and operators");
        return Err(QueryError::new(span, message));
    }
    if marks.is_empty() {
        return Ok(Node {
            span: 0..text.len(),
            kind: Kind::All,
        });
    }
    let mut parser = Parser {
        marks,
        at: 0,
        depth: 0,
        end: text.len(),
    };
    let root = parser.either()?;
    match parser.peek() {
        None => Ok(root),
        Some(mark) => Err(
            QueryError::new(mark.span.clone(), "there is no open bracket to close")
                .suggest("remove it, or put it in quotes"),
        ),
    }
}

struct Parser {
    marks: Vec<Mark>,
    at: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Mark> {
        self.marks.get(self.at)
    }

    fn take(&mut self) -> Option<Mark> {
        self.at += 1;
        self.marks.get(self.at - 1).cloned()
    }

    fn deeper(&mut self, span: &Range<usize>) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > QUERY_DEPTH_MAX {
            let message = format!("brackets and NOTs nest at most {QUERY_DEPTH_MAX} deep");
            return Err(QueryError::new(span.clone(), message));
        }
        Ok(())
    }

    fn either(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all()?];
        while matches!(self.peek(), Some(Mark { what: What::Or, .. })) {
            self.at += 1;
            nodes.push(self.all()?);
        }
        Ok(join(nodes, Kind::Or))
    }

    fn all(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.one()?];
        loop {
            match self.peek().map(|mark| &mark.what) {
                None | Some(What::Or | What::Close) => return Ok(join(nodes, Kind::And)),
                Some(What::And) => self.at += 1,
                Some(_) => {}
            }
            nodes.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Node, QueryError> {
        if let Some(Mark {
            span,
            what: What::Not,
        }) = self.peek().cloned()
        {
            self.at += 1;
            self.deeper(&span)?;
            let inner = self.one()?;
            self.depth -= 1;
            let span = span.start..inner.span.end;
            return Ok(Node {
                span,
                kind: Kind::Not(Box::new(inner)),
            });
        }
        self.near()
    }

    fn near(&mut self) -> Result<Node, QueryError> {
        let first = self.primary()?;
        if !matches!(
            self.peek(),
            Some(Mark {
                what: What::Near(_),
                ..
            })
        ) {
            return Ok(first);
        }
        let mut span = first.span.clone();
        let mut parts = vec![near_part(first)?];
        let mut gaps = Vec::new();
        while let Some(Mark {
            what: What::Near(gap),
            ..
        }) = self.peek()
        {
            gaps.push(*gap);
            self.at += 1;
            let next = self.primary()?;
            span.end = next.span.end;
            parts.push(near_part(next)?);
        }
        Ok(Node {
            span,
            kind: Kind::Near { parts, gaps },
        })
    }

    fn primary(&mut self) -> Result<Node, QueryError> {
        let Some(Mark { span, what }) = self.take() else {
            return Err(QueryError::new(
                self.end..self.end,
                "something is missing at the end",
            ));
        };
        let kind = match what {
            What::Open => return self.bracket(span),
            What::Close => {
                return Err(QueryError::new(
                    span,
                    "something is missing before this bracket",
                ));
            }
            What::And | What::Or | What::Near(_) => {
                return Err(
                    QueryError::new(span, "something is missing on a side of this")
                        .suggest("to search the word itself, put it in quotes"),
                );
            }
            What::Not => return Err(QueryError::new(span, "NOT stands before what is near")),
            What::Bare(text) => bare(&text, &span)?,
            What::Quoted(text, slop) => Kind::Text(quoted(&text, slop, &span)?),
            What::Regex(pattern) => {
                if pattern.len() > PATTERN_BYTES_MAX {
                    let message = format!("a pattern has at most {PATTERN_BYTES_MAX} bytes");
                    return Err(QueryError::new(span, message));
                }
                let pattern = Pattern::regex(&pattern).map_err(|why| refused(&span, why))?;
                Kind::Text(Phrase {
                    slots: vec![Slot::Pattern(pattern)],
                    slop: 0,
                })
            }
            What::Field {
                field,
                value,
                quoted,
                value_span,
            } => field::read(field, &value, quoted, value_span)?,
        };
        Ok(Node { span, kind })
    }

    fn bracket(&mut self, open: Range<usize>) -> Result<Node, QueryError> {
        self.deeper(&open)?;
        let mut inner = self.either()?;
        self.depth -= 1;
        match self.take() {
            Some(Mark {
                span,
                what: What::Close,
            }) => {
                inner.span = open.start..span.end;
                Ok(inner)
            }
            _ => {
                Err(QueryError::new(open, "this bracket is not closed").suggest("close it with )"))
            }
        }
    }
}

fn join(mut nodes: Vec<Node>, kind: impl Fn(Vec<Node>) -> Kind) -> Node {
    if nodes.len() == 1 {
        return nodes.remove(0);
    }
    let span = nodes[0].span.start..nodes[nodes.len() - 1].span.end;
    Node {
        span,
        kind: kind(nodes),
    }
}

/// What may stand beside `w/n`: words, patterns, phrases, or a choice of them.
fn near_part(node: Node) -> Result<Vec<Phrase>, QueryError> {
    match node.kind {
        Kind::Text(phrase) => Ok(vec![phrase]),
        Kind::Or(nodes) => {
            let parts: Result<Vec<_>, _> = nodes.into_iter().map(near_part).collect();
            Ok(parts?.concat())
        }
        _ => Err(
            QueryError::new(node.span, "beside w/n stand words, phrases, or (a OR b)")
                .suggest("for a chain write a w/5 b w/5 c, without brackets"),
        ),
    }
}

fn refused(span: &Range<usize>, why: &'static str) -> QueryError {
    QueryError::new(span.clone(), why)
}

/// An unquoted word: `*` alone, `word~`, `word~2`, wildcards, or plain.
fn bare(text: &str, span: &Range<usize>) -> Result<Kind, QueryError> {
    if text == "*" {
        return Ok(Kind::All);
    }
    if let Some((word, distance)) = text.rsplit_once('~')
        && matches!(distance, "" | "1" | "2")
        && !word.is_empty()
    {
        return fuzzy(word, if distance == "2" { 2 } else { 1 }, span);
    }
    let slots = slots(text, span)?;
    if slots.is_empty() {
        return Err(QueryError::new(
            span.clone(),
            "there is no letter or digit here to search for",
        )
        .suggest("remove it"));
    }
    Ok(Kind::Text(Phrase { slots, slop: 0 }))
}

fn fuzzy(text: &str, distance: u8, span: &Range<usize>) -> Result<Kind, QueryError> {
    let mut found = words(text);
    let (Some(word), None) = (found.pop(), found.pop()) else {
        return Err(QueryError::new(span.clone(), "~ takes a single word")
            .suggest("write \"...\"~3 for a phrase with other words between"));
    };
    let pattern = Pattern::fuzzy(word.text, distance).map_err(|why| refused(span, why))?;
    Ok(Kind::Text(Phrase {
        slots: vec![Slot::Pattern(pattern)],
        slop: 0,
    }))
}

fn quoted(text: &str, slop: u32, span: &Range<usize>) -> Result<Phrase, QueryError> {
    let mut all = Vec::new();
    for chunk in text.split_whitespace() {
        all.extend(slots(chunk, span)?);
    }
    if all.is_empty() {
        return Err(QueryError::new(
            span.clone(),
            "there is no letter or digit in this phrase",
        ));
    }
    if all.len() > PHRASE_WORDS_MAX {
        let message = format!("a phrase has at most {PHRASE_WORDS_MAX} words");
        return Err(QueryError::new(span.clone(), message));
    }
    Ok(Phrase { slots: all, slop })
}

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
fn slots(text: &str, span: &Range<usize>) -> Result<Vec<Slot>, QueryError> {
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
        word.text
            .chars()
            .for_each(|c| push_wildcard(c, &mut building.expression));
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
            return Err(
                QueryError::new(span.clone(), "a * alone stands for no word")
                    .suggest("write \"a b\"~1 for one other word between"),
            );
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
            let pattern =
                Pattern::wildcard(&self.expression, self.text).map_err(|why| refused(span, why))?;
            out.push(Slot::Pattern(pattern));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::query::Query;
    use proptest::prelude::*;

    fn explains(text: &str, expect: &str) {
        let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e} {:?}", e.span));
        assert_eq!(query.explain(), expect, "{text}");
    }

    fn fails(text: &str, underlined: &str, message: &str, suggestion: Option<&str>) {
        let error = Query::parse(text).expect_err(text);
        assert_eq!(&text[error.span.clone()], underlined, "{text}: {error}");
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
    }

    #[test]
    fn queries_explain_themselves() {
        explains("", "every message");
        explains(
            "Pick UP",
            "messages whose text has the word pick and the word up",
        );
        explains(
            "\"pick up\"",
            "messages whose text has the phrase \"pick up\"",
        );
        explains(
            "from:greyheron \"pick up\"~3 after:2020-04-01",
            "messages sent by greyheron (in any case) and whose text has the phrase \"pick up\" \
             with at most 3 other words between and from 2020-04-01 00:00 UTC on",
        );
        explains(
            "a OR b c -d",
            "messages whose text has the word a, or (whose text has the word b and the word c \
             and not (whose text has the word d))",
        );
        explains(
            "(tea OR \"cold coffee\") w/5 tom*",
            "messages whose text has the word tea or the phrase \"cold coffee\" within 5 words \
             of a word that begins with tom",
        );
        explains("don't", "messages whose text has the phrase \"don t\"");
        explains("what?", "messages whose text has the word what");
        explains(
            "wh?t h*n",
            "messages whose text has a word like wh?t and a word like h*n",
        );
        explains(
            "heron~",
            "messages whose text has a word spelled like heron (1 letter off)",
        );
        explains(
            "/gr[ae]y/",
            "messages whose text has a word that matches /gr[ae]y/",
        );
        explains(
            "to:\"Grey Heron\"",
            "messages sent to Grey Heron (exactly so)",
        );
        explains(
            "on:2020-04..2020-05",
            "messages from 2020-04-01 00:00 UTC to before 2020-06-01 00:00 UTC",
        );
        explains(
            "kind:notice state:conflicting has:reply in:#room source:irc",
            "messages of kind notice and with copies that are conflicting and that have a reply \
             and in #room (in any case) and from source irc (in any case)",
        );
        explains(
            "http://a.example/x",
            "messages whose text has the phrase \"http a example x\"",
        );
        explains(
            "12:30 note:",
            "messages whose text has the phrase \"12 30\" and the word note",
        );
        explains("東京*", "messages whose text has the phrase \"東 京*\"");
        explains("foo-ba*", "messages whose text has the phrase \"foo ba*\"");
        explains("*", "every message");
    }

    #[test]
    fn mistakes_are_underlined_with_a_fix() {
        fails("form:x", "form:", "there is no such field", Some("from:"));
        fails(
            "colour:x",
            "colour:",
            "there is no such field",
            Some("put it in quotes to search it in the text"),
        );
        fails(
            "a (b",
            "(",
            "this bracket is not closed",
            Some("close it with )"),
        );
        fails(
            "a )",
            ")",
            "there is no open bracket to close",
            Some("remove it, or put it in quotes"),
        );
        fails(
            "say \"hello",
            "\"hello",
            "this quote is not closed",
            Some("close it with \""),
        );
        fails(
            "/abc",
            "/abc",
            "this pattern has no closing slash",
            Some("close it with /, or put the text in quotes"),
        );
        fails(
            "after:2020-13-01",
            "2020-13-01",
            "this is not a date or time",
            Some("write 2020, 2020-04, 2020-04-01, or 2020-04-01T12:30+02:00"),
        );
        fails(
            "kind:mesage",
            "mesage",
            "kind: takes one of message, action, system, notice, other",
            Some("kind:message"),
        );
        fails("a OR", "", "something is missing at the end", None);
        fails(
            "OR a",
            "OR",
            "something is missing on a side of this",
            Some("to search the word itself, put it in quotes"),
        );
        fails(
            "a w/x b",
            "w/x",
            "this needs a number of words",
            Some("write w/5 for within 5 words"),
        );
        fails(
            "a w/5 from:b",
            "from:b",
            "beside w/n stand words, phrases, or (a OR b)",
            Some("for a chain write a w/5 b w/5 c, without brackets"),
        );
        fails(
            "a & b",
            "&",
            "there is no letter or digit here to search for",
            Some("remove it"),
        );
        fails(
            "lang:fr",
            "fr",
            "the language of messages is not in this case yet: needs step enrich (language)",
            None,
        );
        fails(
            "has:photo",
            "photo",
            "this is not in this case yet: needs step enrich",
            None,
        );
        fails(
            "from: b",
            "from:",
            "this field needs a value behind the colon",
            None,
        );
    }

    #[test]
    fn limits_refuse_instead_of_cutting_off() {
        assert!(Query::parse(&"(".repeat(100)).is_err());
        assert!(Query::parse(&"-".repeat(100)).is_err());
        assert!(Query::parse(&"a ".repeat(2_001)).is_err());
        assert!(Query::parse(&"a".repeat(20_000)).is_err());
        assert!(Query::parse("a w/1001 b").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in any::<String>()) {
            if let Err(error) = Query::parse(&text) {
                prop_assert!(text.get(error.span).is_some());
            }
        }

        #[test]
        fn no_text_of_the_language_makes_parsing_panic(
            text in "([a-cА-Я東💊]|[\"“()/*?~:.\\\\-]|from:|after:|has:| |OR |NOT |w/3 |2020|[0-9]){0,24}"
        ) {
            match Query::parse(&text) {
                Ok(query) => { query.explain(); }
                Err(error) => prop_assert!(text.get(error.span).is_some()),
            }
        }
    }
}
