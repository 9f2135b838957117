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
use super::pattern::Pattern;
use super::slots::slots;
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
        return Ok(Node { span: 0..text.len(), kind: Kind::All });
    }
    let mut parser = Parser { marks, at: 0, depth: 0, end: text.len() };
    let root = parser.either()?;
    match parser.peek() {
        None => Ok(root),
        Some(mark) => Err(QueryError::new(mark.span.clone(), "there is no open bracket to close")
            .suggest("remove it, or put it in quotes")),
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
        if let Some(Mark { span, what: What::Not }) = self.peek().cloned() {
            self.at += 1;
            self.deeper(&span)?;
            let inner = self.one()?;
            self.depth -= 1;
            let span = span.start..inner.span.end;
            return Ok(Node { span, kind: Kind::Not(Box::new(inner)) });
        }
        self.near()
    }

    fn near(&mut self) -> Result<Node, QueryError> {
        let first = self.primary()?;
        if !matches!(self.peek(), Some(Mark { what: What::Near(_), .. })) {
            return Ok(first);
        }
        let mut span = first.span.clone();
        let mut parts = vec![near_part(first)?];
        let mut gaps = Vec::new();
        while let Some(Mark { what: What::Near(gap), .. }) = self.peek() {
            gaps.push(*gap);
            self.at += 1;
            let next = self.primary()?;
            span.end = next.span.end;
            parts.push(near_part(next)?);
        }
        Ok(Node { span, kind: Kind::Near { parts, gaps } })
    }

    fn primary(&mut self) -> Result<Node, QueryError> {
        let Some(Mark { span, what }) = self.take() else {
            return Err(QueryError::new(self.end..self.end, "something is missing at the end"));
        };
        let kind = match what {
            What::Open => return self.bracket(span),
            What::Close => {
                return Err(QueryError::new(span, "something is missing before this bracket"));
            }
            What::And | What::Or | What::Near(_) => {
                return Err(QueryError::new(span, "something is missing on a side of this")
                    .suggest("to search the word itself, put it in quotes"));
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
                Kind::Text(Phrase { slots: vec![Slot::Pattern(pattern)], slop: 0 })
            }
            What::Field { field, value, quoted, value_span } => {
                field::read(field, &value, quoted, value_span)?
            }
        };
        Ok(Node { span, kind })
    }

    fn bracket(&mut self, open: Range<usize>) -> Result<Node, QueryError> {
        self.deeper(&open)?;
        let mut inner = self.either()?;
        self.depth -= 1;
        match self.take() {
            Some(Mark { span, what: What::Close }) => {
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
    Node { span, kind: kind(nodes) }
}

/// What may stand beside `w/n`: words, patterns, phrases, or a choice of them.
fn near_part(node: Node) -> Result<Vec<Phrase>, QueryError> {
    match node.kind {
        Kind::Text(phrase) => Ok(vec![phrase]),
        Kind::Or(nodes) => {
            let parts: Result<Vec<_>, _> = nodes.into_iter().map(near_part).collect();
            Ok(parts?.concat())
        }
        _ => Err(QueryError::new(node.span, "beside w/n stand words, phrases, or (a OR b)")
            .suggest("for a chain write a w/5 b w/5 c, without brackets")),
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
    Ok(Kind::Text(Phrase { slots: vec![Slot::Pattern(pattern)], slop: 0 }))
}

fn quoted(text: &str, slop: u32, span: &Range<usize>) -> Result<Phrase, QueryError> {
    let mut all = Vec::new();
    for chunk in text.split_whitespace() {
        all.extend(slots(chunk, span)?);
    }
    if all.is_empty() {
        return Err(QueryError::new(span.clone(), "there is no letter or digit in this phrase"));
    }
    if all.len() > PHRASE_WORDS_MAX {
        let message = format!("a phrase has at most {PHRASE_WORDS_MAX} words");
        return Err(QueryError::new(span.clone(), message));
    }
    Ok(Phrase { slots: all, slop })
}
