//! Checks what a mapping says about a log's lines.

use super::cells::{CellNumber, CellSource, CellSpec};
use super::compile::{Maker, record_kind};
use super::compile_engine::{compile_pattern, header_lines, pattern, sample};
use super::error::{Problem, did_you_mean};
use super::schema::{BlankLines, File, HeaderTable, LogTable, OrTable, Text};
use emma_model::RecordKind;
use regex::Regex;
use toml::Spanned;

/// Line-patterned logs.
#[derive(Clone, Debug)]
pub(super) struct LogRule {
    pub headers: Vec<HeaderRule>,
    pub separator: Option<LinePattern>,
    pub separator_required: bool,
    pub continuation: Continuation,
    pub framing: Vec<LinePattern>,
    pub context: Vec<LinePattern>,
    pub trim_blank: bool,
    /// The cell that continuation lines are added to, unless `body` is mentioned.
    pub text: Option<CellNumber>,
    pub body: Option<CellNumber>,
}

/// What starts a record: these lines, in order.
#[derive(Clone, Debug)]
pub(super) struct HeaderRule {
    pub lines: Vec<LinePattern>,
    pub kind: Option<RecordKind>,
}

/// Which lines may follow a header.
#[derive(Clone, Debug)]
pub(super) enum Continuation {
    Any,
    None,
    Pattern(LinePattern),
}

/// A pattern of a whole line. `{handles}` and `{path:GROUP}` are filled in for each member.
#[derive(Clone, Debug)]
pub(super) struct LinePattern {
    pub text: String,
    /// Compiled, where nothing is to be filled in.
    pub fixed: Option<Regex>,
}

/// Replaces `{handles}` and `{path:GROUP}` by what `value` says of the name.
pub(super) fn fill_in(pattern: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].split('}').next().unwrap_or_default();
        let ours = name == "handles" || name.starts_with("path:");
        match value(name).filter(|_| ours) {
            Some(text) => {
                out.push_str(&text);
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Compiles the [log] table.
pub(super) fn log(file: &File, table: &LogTable, maker: &Maker) -> Result<LogRule, Problem> {
    let mut headers = Vec::new();
    for header in &table.header {
        headers.push(log_header(header)?);
    }
    if headers.is_empty() {
        return Err(Problem::new(file.layout.span(), "a log needs at least one [[log.header]]")
            .suggest("pattern = '^\\[(?<clock>\\d\\d:\\d\\d)\\] (?<who>[^:]+): (?<text>.*)$'"));
    }
    let separator = table.separator.as_ref().map(|text| line(text, "separator")).transpose()?;
    let continuation = match &table.continuation {
        None => Continuation::Any,
        Some(text) => match text.get_ref().as_str() {
            "any" => Continuation::Any,
            "none" => Continuation::None,
            other if other.starts_with('^') => Continuation::Pattern(line(text, "continuation")?),
            other => {
                let suggestion = did_you_mean(other, ["any", "none"]).unwrap_or_else(|| {
                    "write \"any\", \"none\" or a pattern that starts with ^".to_owned()
                });
                let message = format!("`{other}` is no continuation rule");
                return Err(Problem::new(text.span(), message).suggest(suggestion));
            }
        },
    };
    let lines = |list: &[Text], what: &str| -> Result<Vec<LinePattern>, Problem> {
        list.iter().map(|text| line(text, what)).collect()
    };
    let body = maker.cells.iter().position(|cell| cell.source == CellSource::Body);
    let separator_required = table.separator_required.unwrap_or(separator.is_some());
    Ok(LogRule {
        headers,
        separator_required: separator_required && separator.is_some(),
        separator,
        continuation,
        framing: lines(&table.framing, "framing")?,
        context: lines(&table.context, "context")?,
        trim_blank: table.blank_lines == BlankLines::Trim,
        text: if body.is_none() { text_cell(file, &maker.cells) } else { None },
        body: body.map(|at| at as CellNumber),
    })
}

fn log_header(header: &Spanned<HeaderTable>) -> Result<HeaderRule, Problem> {
    let span = header.span();
    let header = header.get_ref();
    if header.pattern.is_some() == header.lines.is_some() {
        return Err(Problem::new(span, "a header is given by `pattern` or by `lines`")
            .suggest("pattern = '^...$' for one line, lines = ['^...$', '^...$'] for several"));
    }
    let mut lines = Vec::new();
    for text in header_lines(header) {
        lines.push(line(text, "header")?);
    }
    if lines.is_empty() {
        return Err(Problem::new(span, "a header has at least one line"));
    }
    Ok(HeaderRule { lines, kind: header.kind.map(record_kind) })
}

fn line(text: &Text, what: &str) -> Result<LinePattern, Problem> {
    let sample = sample(text);
    let compiled = pattern(&sample, what)?;
    let fixed = (sample.get_ref() == text.get_ref()).then_some(compiled);
    Ok(LinePattern { text: text.get_ref().clone(), fixed })
}

/// The cell that the text is taken from, where it is one.
fn text_cell(file: &File, cells: &[CellSpec]) -> Option<CellNumber> {
    let name = match file.fields.text.as_ref()? {
        OrTable::Short(text) => text.get_ref(),
        OrTable::Full(table) => table.get_ref().column.as_ref()?.get_ref(),
    };
    let name = name.strip_prefix("column:").unwrap_or(name);
    cells.iter().position(|cell| cell.column() == Some(name)).map(|at| at as CellNumber)
}

impl LinePattern {
    /// The pattern for one member; `None` where what is filled in makes it too large.
    pub fn for_member(&self, value: impl Fn(&str) -> Option<String>) -> Option<Regex> {
        match &self.fixed {
            Some(regex) => Some(regex.clone()),
            None => compile_pattern(&fill_in(&self.text, value)).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_braces_are_filled_in() {
        let filled =
            fill_in(r"^\d{2} {path:a}|{handles} {x} \p{L}", |name| Some(format!("<{name}>")));
        assert_eq!(filled, r"^\d{2} <path:a>|<handles> {x} \p{L}");
    }
}
