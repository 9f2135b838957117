//! Checks what a mapping says about its layout.

use super::cells::{CellNumber, CellSource, CellSpec};
use super::compile::{Maker, group_names, record_kind};
use super::error::{Problem, did_you_mean};
use super::keys::Keys;
use super::reference;
use super::schema::{
    BlankLines, DelimitedTable, File, HeaderTable, JsonTable, Layout, LogTable, OrTable,
    QuoteEscape, Text,
};
use emma_model::RecordKind;
use regex::Regex;
use std::collections::BTreeSet;
use toml::Spanned;

/// How a layout cuts a member into records.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    JsonLines(Keys),
    Json(JsonRule),
    Delimited(DelimitedRule),
    Log(LogRule),
}

/// JSON with its records under a path.
#[derive(Clone, Debug)]
pub(super) struct JsonRule {
    /// From the outermost value to the records; empty where records stand at the top.
    pub steps: Vec<Step>,
    pub keys: Keys,
    /// Keys wanted of the surrounding objects, the nearest first.
    pub parents: Vec<Keys>,
}

/// One step towards the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Into the object, under this key.
    Key(String),
    /// Into the object, under every key.
    AnyKey,
    /// Into each element of the list.
    Each,
}

/// Rows of delimited columns.
#[derive(Clone, Debug)]
pub(super) struct DelimitedRule {
    /// `None` to tell from the first lines.
    pub separator: Option<char>,
    pub quote: Option<char>,
    /// A quote inside quotes is written with a backslash, not doubled.
    pub backslash: bool,
    pub header: bool,
    pub columns: Vec<String>,
    pub skip_lines: usize,
    pub comment: Option<String>,
}

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

/// Compiled patterns may take this much memory.
const PATTERN_BYTES_MAX: usize = 4 << 20;

/// Compiles a pattern; a mistake is shown with the reader's own words.
pub(super) fn pattern(text: &Text, what: &str) -> Result<Regex, Problem> {
    compile_pattern(text.get_ref()).map_err(|error| {
        let words = error.to_string();
        let last = words.lines().last().unwrap_or_default().trim();
        let reason = last.strip_prefix("error: ").unwrap_or(last);
        Problem::new(text.span(), format!("the {what} pattern is not valid: {reason}"))
            .suggest("put patterns in 'single quotes', where a backslash needs no doubling")
    })
}

fn compile_pattern(text: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build()
}

/// The columns that can be named, where the mapping itself says so.
pub(super) fn declared_columns(file: &File) -> Result<Option<BTreeSet<String>>, Problem> {
    match file.layout.get_ref() {
        Layout::Ndjson | Layout::Json => Ok(None),
        Layout::Delimited => {
            let columns = file.delimited.as_ref().and_then(|table| table.get_ref().columns.as_ref());
            Ok(columns.map(|columns| columns.get_ref().iter().cloned().collect()))
        }
        Layout::Log => {
            let mut groups = context_groups(file)?;
            if let Some(log) = &file.log {
                let log = log.get_ref();
                let lines = log.header.iter().flat_map(|header| header_lines(header.get_ref()));
                for line in lines.chain(&log.context) {
                    groups.extend(group_names(&pattern(&sample(line), "log")?));
                }
            }
            Ok(Some(groups))
        }
    }
}

/// The groups of a log's context lines.
pub(super) fn context_groups(file: &File) -> Result<BTreeSet<String>, Problem> {
    let mut groups = BTreeSet::new();
    if let Some(log) = &file.log {
        for line in &log.get_ref().context {
            groups.extend(group_names(&pattern(&sample(line), "context")?));
        }
    }
    Ok(groups)
}

fn header_lines(header: &HeaderTable) -> impl Iterator<Item = &Text> {
    header.pattern.iter().chain(header.lines.iter().flatten())
}

/// The pattern with something in place of what is filled in later.
fn sample(text: &Text) -> Text {
    Spanned::new(text.span(), fill_in(text.get_ref(), |_| Some("(?:x)".to_owned())))
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

/// Compiles the table of the mapping's layout.
pub(super) fn engine(
    file: &File,
    maker: &Maker,
    keep: &BTreeSet<String>,
) -> Result<Engine, Problem> {
    let layout = *file.layout.get_ref();
    let misplaced = [
        (file.json.as_ref().map(Spanned::span), Layout::Json, "json"),
        (file.delimited.as_ref().map(Spanned::span), Layout::Delimited, "delimited"),
        (file.log.as_ref().map(Spanned::span), Layout::Log, "log"),
    ];
    for (span, of, name) in misplaced {
        if let Some(span) = span
            && of != layout
        {
            let message = format!("[{name}] belongs to another layout");
            return Err(Problem::new(span, message).suggest(format!("write layout = \"{name}\"")));
        }
    }
    Ok(match layout {
        Layout::Ndjson => Engine::JsonLines(keys(&maker.cells, keep)),
        Layout::Json => Engine::Json(json(file, file.json.as_ref(), maker, keep)?),
        Layout::Delimited => {
            let none = DelimitedTable::default();
            let table = file.delimited.as_ref().map_or(&none, Spanned::get_ref);
            Engine::Delimited(delimited(table)?)
        }
        Layout::Log => match &file.log {
            Some(table) => Engine::Log(log(file, table.get_ref(), maker)?),
            None => {
                return Err(Problem::new(file.layout.span(), "layout \"log\" needs a [log] table")
                    .suggest("describe the first line of a record under [[log.header]]"));
            }
        },
    })
}

fn keys(cells: &[CellSpec], keep: &BTreeSet<String>) -> Keys {
    let mut keys = Keys::default();
    for (number, spec) in cells.iter().enumerate() {
        if let CellSource::Column(name) = &spec.source {
            keys.insert(&reference::key_path(name), Some(number as CellNumber));
        }
    }
    for name in keep {
        keys.insert(&reference::key_path(name), None);
    }
    keys
}

fn json(
    file: &File,
    table: Option<&Spanned<JsonTable>>,
    maker: &Maker,
    keep: &BTreeSet<String>,
) -> Result<JsonRule, Problem> {
    let Some(table) = table else {
        return Err(Problem::new(file.layout.span(), "layout \"json\" needs a [json] table")
            .suggest("records = \"messages[]\" says where the records stand; \"[]\" is at the top"));
    };
    let records = &table.get_ref().records;
    let steps = steps(records)?;
    let objects = steps.iter().filter(|step| **step != Step::Each).count();
    let mut parents = vec![Keys::default(); objects];
    for (number, spec) in maker.cells.iter().enumerate() {
        let CellSource::Parent { level, key } = &spec.source else { continue };
        let at = spec.mentioned..spec.mentioned;
        let Some(keys) = parents.get_mut(level - 1) else {
            let message = format!("there is no object {level} steps around the records");
            return Err(Problem::new(at, message)
                .suggest(format!("`records` goes through {objects} objects")));
        };
        keys.insert(&reference::key_path(key), Some(number as CellNumber));
    }
    Ok(JsonRule { steps, keys: keys(&maker.cells, keep), parents })
}

fn steps(records: &Text) -> Result<Vec<Step>, Problem> {
    let text = records.get_ref();
    if text == "[]" || text == "{}" {
        return Ok(Vec::new());
    }
    if !text.ends_with("[]") && !text.ends_with('*') {
        return Err(Problem::new(records.span(), "the path to the records ends with a list")
            .suggest(format!("write \"{text}[]\", or \"[]\" or \"{{}}\" for records at the top")));
    }
    let mut steps = Vec::new();
    for key in reference::key_path(text) {
        let mut name = key.as_str();
        let mut lists = 0;
        while let Some(shorter) = name.strip_suffix("[]") {
            name = shorter;
            lists += 1;
        }
        match name {
            "*" => steps.push(Step::AnyKey),
            "" if steps.is_empty() => {}
            "" => return Err(Problem::new(records.span(), "a key in the path is empty")),
            name => steps.push(Step::Key(name.to_owned())),
        }
        steps.extend(std::iter::repeat_n(Step::Each, lists));
    }
    Ok(steps)
}

fn delimited(table: &DelimitedTable) -> Result<DelimitedRule, Problem> {
    let separator = match &table.separator {
        None => None,
        Some(word) if word.get_ref() == "auto" => None,
        Some(text) => Some(one_character(text, "separator", &["\\t"])?),
    };
    let quote = match &table.quote {
        None => Some('"'),
        Some(word) if word.get_ref() == "none" => None,
        Some(text) => Some(one_character(text, "quote", &[])?),
    };
    let columns = table.columns.as_ref().map(|columns| columns.get_ref().clone());
    let header = table.header.unwrap_or(columns.is_none());
    if !header && columns.is_none() {
        return Err(Problem::new(0..0, "without a header row the columns need names")
            .suggest("columns = [\"time\", \"from\", \"text\"] under [delimited]"));
    }
    Ok(DelimitedRule {
        separator,
        quote,
        backslash: table.escape == QuoteEscape::Backslash,
        header,
        columns: columns.unwrap_or_default(),
        skip_lines: table.skip_lines,
        comment: table.comment.as_ref().map(|text| text.get_ref().clone()),
    })
}

fn one_character(text: &Text, what: &str, also: &[&str]) -> Result<char, Problem> {
    let mut chars = text.get_ref().chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() && c != '\n' && c != '\r' => Ok(c),
        _ if also.contains(&text.get_ref().as_str()) => Ok('\t'),
        _ => Err(Problem::new(text.span(), format!("the {what} is one ASCII character"))
            .suggest("write \",\" or \";\" or \"\\t\"")),
    }
}

fn log(file: &File, table: &LogTable, maker: &Maker) -> Result<LogRule, Problem> {
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
        let filled = fill_in(r"^\d{2} {path:a}|{handles} {x} \p{L}", |name| Some(format!("<{name}>")));
        assert_eq!(filled, r"^\d{2} <path:a>|<handles> {x} \p{L}");
    }

    #[test]
    fn paths_to_records_are_cut_into_steps() {
        let steps = |text: &str| steps(&Spanned::new(0..0, text.to_owned())).unwrap();
        let key = |name: &str| Step::Key(name.to_owned());
        assert_eq!(steps("messages[]"), [key("messages"), Step::Each]);
        assert_eq!(
            steps("chats.list[].messages[]"),
            [key("chats"), key("list"), Step::Each, key("messages"), Step::Each]
        );
        assert_eq!(steps("rooms.*[]"), [key("rooms"), Step::AnyKey, Step::Each]);
        assert_eq!(steps("[].items[]"), [Step::Each, key("items"), Step::Each]);
        assert_eq!(steps("{}"), []);
    }
}
