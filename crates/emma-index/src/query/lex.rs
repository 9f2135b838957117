//! Cutting a query into its marks: brackets, operators, words, phrases, patterns, fields.

use super::field::{self, Field};
use super::{DISTANCE_MAX, QueryError};
use std::ops::Range;

/// A mark of the query and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) span: Range<usize>,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `w/n`.
    Near(u32),
    /// Unquoted text, with its wildcards and trailing `~`.
    Bare(String),
    /// Text in quotes and the number after a `~` behind it.
    Quoted(String, u32),
    /// What stands between slashes.
    Regex(String),
    /// `field:value`; the second span is the value's.
    Field {
        field: Field,
        value: String,
        quoted: bool,
        value_span: Range<usize>,
    },
}

const QUOTES: [char; 4] = ['"', '“', '”', '„'];

pub(crate) fn marks(text: &str) -> Result<Vec<Mark>, QueryError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    while let Some(mark) = lexer.next()? {
        out.push(mark);
    }
    Ok(out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Result<Option<Mark>, QueryError> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let begin = self.at;
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let what = match first {
            '(' | ')' => {
                self.at += 1;
                if first == '(' { What::Open } else { What::Close }
            }
            '/' => self.regex()?,
            '-' if self.negates() => {
                self.at += 1;
                What::Not
            }
            c if QUOTES.contains(&c) => {
                let text = self.quoted()?;
                What::Quoted(text, self.slop()?)
            }
            _ => self.word()?,
        };
        Ok(Some(Mark { span: begin..self.at, what }))
    }

    /// A `-` at the start of a word, with something behind it.
    fn negates(&self) -> bool {
        self.rest()[1..].chars().next().is_some_and(|c| !c.is_whitespace() && c != ')')
    }

    fn regex(&mut self) -> Result<What, QueryError> {
        let begin = self.at;
        let mut pattern = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest()[1..].char_indices() {
            if c == '/' && !escaped {
                self.at += offset + 2;
                return Ok(What::Regex(pattern));
            }
            if escaped && c != '/' {
                pattern.push('\\');
            }
            escaped = c == '\\' && !escaped;
            if !escaped {
                pattern.push(c);
            }
        }
        Err(QueryError::new(begin..self.text.len(), "this pattern has no closing slash")
            .suggest("close it with /, or put the text in quotes"))
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let begin = self.at;
        let open = self.peek().map_or(0, char::len_utf8);
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest()[open..].char_indices() {
            if QUOTES.contains(&c) && !escaped {
                self.at += open + offset + c.len_utf8();
                return Ok(text);
            }
            if escaped && c != '\\' && !QUOTES.contains(&c) {
                text.push('\\');
            }
            escaped = c == '\\' && !escaped;
            if !escaped {
                text.push(c);
            }
        }
        Err(QueryError::new(begin..self.text.len(), "this quote is not closed")
            .suggest("close it with \""))
    }

    /// The `~n` behind a quoted phrase.
    fn slop(&mut self) -> Result<u32, QueryError> {
        if self.peek() != Some('~') {
            return Ok(0);
        }
        let begin = self.at;
        let digits: String = self.rest()[1..].chars().take_while(char::is_ascii_digit).collect();
        self.at += 1 + digits.len();
        distance(&digits, begin..self.at, "write \"...\"~3 for at most 3 other words between")
    }

    fn word(&mut self) -> Result<What, QueryError> {
        let begin = self.at;
        let ends = |c: char| c.is_whitespace() || c == '(' || c == ')' || QUOTES.contains(&c);
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        let word = self.rest()[..length].to_owned();
        if let Some(what) = self.field(&word)? {
            return Ok(what);
        }
        self.at += length;
        match word.as_str() {
            "AND" | "&&" => return Ok(What::And),
            "OR" | "||" => return Ok(What::Or),
            "NOT" => return Ok(What::Not),
            _ => {}
        }
        if let Some(digits) = word.strip_prefix("w/").or_else(|| word.strip_prefix("W/")) {
            let hint = "write w/5 for within 5 words";
            return Ok(What::Near(distance(digits, begin..self.at, hint)?));
        }
        Ok(What::Bare(word))
    }

    /// Reads `field:value` if `word` begins with one.
    fn field(&mut self, word: &str) -> Result<Option<What>, QueryError> {
        let Some(colon) = word.find(':') else {
            return Ok(None);
        };
        let name = &word[..colon];
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let known = field::find(name);
        let after = &self.rest()[colon + 1..];
        let value_follows = after.chars().next().is_some_and(|c| !c.is_whitespace() && c != ')');
        if !is_name || (known.is_none() && (!value_follows || after.starts_with("//"))) {
            return Ok(None);
        }
        let begin = self.at;
        let Some(field) = known else {
            let error = QueryError::new(begin..begin + colon + 1, "there is no such field");
            return Err(match field::nearest(name, field::FIELDS.iter().map(|(n, _)| *n)) {
                Some(near) => error.suggest(format!("{near}:")),
                None => error.suggest("put it in quotes to search it in the text"),
            });
        };
        self.at += colon + 1;
        let value_begin = self.at;
        match self.peek() {
            Some(c) if QUOTES.contains(&c) => {
                let value = self.quoted()?;
                let value_span = value_begin..self.at;
                Ok(Some(What::Field { field, value, quoted: true, value_span }))
            }
            Some('(') => Err(QueryError::new(begin..self.at + 1, "a field takes one value")
                .suggest("write from:a OR from:b")),
            _ if !value_follows => {
                Err(QueryError::new(begin..self.at, "this field needs a value behind the colon"))
            }
            _ => {
                let value = word[colon + 1..].to_owned();
                self.at += value.len();
                let value_span = value_begin..self.at;
                Ok(Some(What::Field { field, value, quoted: false, value_span }))
            }
        }
    }
}

fn distance(digits: &str, span: Range<usize>, hint: &str) -> Result<u32, QueryError> {
    match digits.parse() {
        Ok(distance) if distance <= DISTANCE_MAX => Ok(distance),
        Ok(_) => Err(QueryError::new(span, format!("a distance is at most {DISTANCE_MAX} words"))),
        Err(_) => Err(QueryError::new(span, "this needs a number of words").suggest(hint)),
    }
}
