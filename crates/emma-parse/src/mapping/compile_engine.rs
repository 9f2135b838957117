//! Checks what a mapping says about its layout.

use super::cells::{CellNumber, CellSource, CellSpec};
use super::compile::{Maker, group_names, record_kind};
use super::compile_log::{LogRule, fill_in, log};
use super::error::Problem;
use super::keys::Keys;
use super::reference;
use super::schema::{DelimitedTable, File, HeaderTable, JsonTable, Layout, QuoteEscape, Text};
use super::table::TableEntry;
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
    Table(TableRule),
}

/// Rows of a database or spreadsheet.
#[derive(Clone, Debug)]
pub(super) struct TableRule {
    pub entries: Vec<TableEntry>,
    pub keys: Keys,
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

/// Compiles a pattern of bounded size.
pub(super) fn compile_pattern(text: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build()
}

/// The columns that can be named, where the mapping itself says so.
pub(super) fn declared_columns(file: &File) -> Result<Option<BTreeSet<String>>, Problem> {
    match file.layout.get_ref() {
        Layout::Ndjson | Layout::Json | Layout::Table => Ok(None),
        Layout::Delimited => {
            let columns =
                file.delimited.as_ref().and_then(|table| table.get_ref().columns.as_ref());
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

/// The patterns of a header, whichever way they are given.
pub(super) fn header_lines(header: &HeaderTable) -> impl Iterator<Item = &Text> {
    header.pattern.iter().chain(header.lines.iter().flatten())
}

/// The pattern with something in place of what is filled in later.
pub(super) fn sample(text: &Text) -> Text {
    Spanned::new(text.span(), fill_in(text.get_ref(), |_| Some("(?:x)".to_owned())))
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
        (file.table.first().map(Spanned::span), Layout::Table, "table"),
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
        Layout::Table => Engine::Table(table(file, maker, keep)?),
        Layout::Log => match &file.log {
            Some(table) => Engine::Log(log(file, table.get_ref(), maker)?),
            None => {
                return Err(Problem::new(file.layout.span(), "layout \"log\" needs a [log] table")
                    .suggest("describe the first line of a record under [[log.header]]"));
            }
        },
    })
}

fn table(file: &File, maker: &Maker, keep: &BTreeSet<String>) -> Result<TableRule, Problem> {
    if file.table.is_empty() {
        return Err(Problem::new(file.layout.span(), "layout \"table\" needs a [[table]]")
            .suggest("name = \"messages\" says which table or sheet the rows are of"));
    }
    let entries = file.table.iter().map(|entry| {
        let entry = entry.get_ref();
        TableEntry {
            name: entry.name.get_ref().clone(),
            part: entry.part.clone().unwrap_or_default(),
            needs: entry.needs.clone(),
            optional: entry.optional.clone(),
            query: entry.query.as_ref().map(|query| query.get_ref().clone()),
            kind: entry.kind.map(record_kind),
            header_row: entry.header_row,
        }
    });
    Ok(TableRule { entries: entries.collect(), keys: keys(&maker.cells, keep) })
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
            .suggest(
                "records = \"messages[]\" says where the records stand; \"[]\" is at the top",
            ));
    };
    let records = &table.get_ref().records;
    let steps = steps(records)?;
    let objects = steps.iter().filter(|step| **step != Step::Each).count();
    let mut parents = vec![Keys::default(); objects];
    for (number, spec) in maker.cells.iter().enumerate() {
        let CellSource::Parent { level, key } = &spec.source else {
            continue;
        };
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

#[cfg(test)]
mod tests {
    use super::*;

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
