//! Which members a mapping is for, by what their first row holds: `needs`.
//!
//! A pattern such as `*.csv` fits the files of everybody. A mapping with `needs` takes a file
//! only where all these columns are in its header, so that it never steals another's.

use super::compile::Compiled;
use super::compile_engine::{DelimitedRule, Engine};
use super::delimited::{Dialect, fields, likely_separator};
use super::error::Problem;
use super::schema::{DelimitedTable, File, Layout};
use crate::text;
use serde_json::Value;

/// Checks `needs`: only tables with a header and JSON lines have a first row that names columns.
pub(super) fn check(file: &File) -> Result<(), Problem> {
    let Some(first) = file.needs.first() else { return Ok(()) };
    let headless = |table: &DelimitedTable| !table.header.unwrap_or(table.columns.is_none());
    let named = match file.layout.get_ref() {
        Layout::Ndjson => true,
        Layout::Delimited => {
            !file.delimited.as_ref().is_some_and(|table| headless(table.get_ref()))
        }
        // Tables say what they need under each [[table]].
        Layout::Json | Layout::Log | Layout::Table => false,
    };
    match named {
        true => Ok(()),
        false => Err(Problem::new(first.span(), "there is no row of names to look for `needs` in")
            .suggest("`needs` is for layout \"ndjson\" and for tables with a header row")),
    }
}

/// True where the member that starts with `head` has all columns that the mapping needs.
pub(super) fn fits(mapping: &Compiled, head: &[u8], whole: bool) -> bool {
    // Databases and sheets are no text: their readers choose by tables.
    if matches!(mapping.engine, Engine::Table(_)) {
        return false;
    }
    if mapping.needs.is_empty() {
        return true;
    }
    let detected = text::detect(head, whole);
    let encoding = match mapping.encoding {
        Some(declared) if detected.mark_bytes == 0 => declared,
        _ => detected.encoding,
    };
    let length = head.len() / encoding.unit_bytes() * encoding.unit_bytes();
    let decoded = encoding.decode(&head[detected.mark_bytes..length.max(detected.mark_bytes)]);
    match &mapping.engine {
        Engine::Delimited(rule) => in_header(&mapping.needs, rule, &decoded.text),
        Engine::JsonLines(_) => in_object(&mapping.needs, &decoded.text),
        _ => false,
    }
}

fn in_header(needs: &[String], rule: &DelimitedRule, text: &str) -> bool {
    let mut lines = text.lines().skip(rule.skip_lines).peekable();
    let mut separator = rule.separator;
    if separator.is_none()
        && let Some(named) = lines.peek().and_then(|line| line.strip_prefix("sep="))
    {
        separator = named.chars().next();
        lines.next();
    }
    let comment = |line: &&str| rule.comment.as_ref().is_some_and(|mark| line.starts_with(mark));
    let Some(header) = lines.find(|line| !line.trim_matches(' ').is_empty() && !comment(line))
    else {
        return false;
    };
    let separator = separator.unwrap_or_else(|| likely_separator(header));
    let dialect = Dialect::of(rule, separator);
    let names: Vec<String> =
        fields(header, &dialect).map(|field| field.text.trim().to_owned()).collect();
    needs.iter().all(|needed| names.contains(needed))
}

fn in_object(needs: &[String], text: &str) -> bool {
    let trimmed = |line: &str| line.trim().trim_matches(['[', ',']).to_owned();
    let Some(first) = text.lines().map(trimmed).find(|line| !line.is_empty()) else { return false };
    let Ok(object) = serde_json::from_str::<Value>(&first) else { return false };
    needs.iter().all(|needed| {
        let mut value = Some(&object);
        for key in needed.split('.') {
            value = value.and_then(|value| value.get(key));
        }
        value.is_some()
    })
}
