//! Proposes a mapping for a file.

use super::guess_names::{self, EXPECTED, Vocabulary};
use super::guess_shape::{Column, Found, Shape, find};
use super::guess_tables::{self, FoundTable};
use super::guess_time::{self, TimeGuess};
use super::guess_values;
use crate::text;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a file that a guess looks at.
const GUESS_BYTES_MAX: u64 = 1 << 20;
/// Tables of a file that a note names.
const TABLES_LISTED_MAX: usize = 12;

/// A proposed mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// A complete mapping with comments, which [`super::Mapping::parse`] accepts.
    pub toml: String,
    /// How much to trust it.
    pub confidence: Confidence,
    /// What was assumed and what to check, one sentence each.
    pub notes: Vec<String>,
}

/// How much to trust a guess.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Confidence {
    /// Nothing fits; the text is a template to fill in.
    None,
    /// Some of it fits.
    Low,
    /// Sender, text and time were found, but something was told by values alone, the order of day
    /// and month was guessed, or nothing says to whom or in which room.
    Medium,
    /// Layout, sender, text, time and a recipient or room were found by name.
    High,
}

/// Looks at the beginning of `file`, whose delivered path would be `path`.
///
/// # Errors
///
/// Only those of reading the file.
pub fn guess(file: File, path: &str) -> io::Result<Guess> {
    let mut head = Vec::new();
    file.try_clone()?.take(GUESS_BYTES_MAX).read_to_end(&mut head)?;
    if guess_tables::may_hold(&head) {
        let mut file = file;
        file.seek(SeekFrom::Start(0))?;
        return Ok(guess_table(guess_tables::find(file, &head)?, path));
    }
    Ok(guess_bytes(&head, path))
}

/// The guess for the sheet or table that a mapping fits best.
fn guess_table(tables: Vec<FoundTable>, path: &str) -> Guess {
    let mut best: Option<(Confidence, usize, Guess)> = None;
    let mut names = Vec::new();
    for table in tables {
        let Found::Table { name, .. } = &table.shape.layout else { continue };
        names.push(name.clone());
        let mut writer = Writer { out: String::new(), notes: Vec::new(), unsure: false };
        let confidence = writer.mapping(Some(&table.shape), path, "");
        let guess = Guess { toml: writer.out, confidence, notes: writer.notes };
        if best.as_ref().is_none_or(|best| (best.0, best.1) < (confidence, table.rows)) {
            best = Some((confidence, table.rows, guess));
        }
    }
    let Some((_, _, mut guess)) = best else {
        let mut writer = Writer { out: String::new(), notes: Vec::new(), unsure: false };
        let confidence = writer.mapping(None, path, "");
        let note = "no sheet or table with a header and rows was found in it; of an archive, \
                    name a file in it";
        return Guess { toml: writer.out, confidence, notes: vec![note.to_owned()] };
    };
    if names.len() > 1 {
        let listed: Vec<&str> = names.iter().take(TABLES_LISTED_MAX).map(String::as_str).collect();
        let more = if names.len() > listed.len() { ", ..." } else { "" };
        let listed = listed.join(", ").replace(char::is_control, " ");
        guess.notes.push(format!(
            "it holds {} tables ({listed}{more}); this is for the one that looks most like \
             records: add a [[table]] for each other, and in a database a `query` where values \
             stand in several",
            names.len()
        ));
    }
    guess
}

/// Like [`guess`] for bytes in memory.
pub(super) fn guess_bytes(head: &[u8], path: &str) -> Guess {
    let detected = text::detect(&head[..head.len().min(text::HEAD_BYTES)], false);
    let mut bytes = &head[detected.mark_bytes..];
    if head.len() as u64 == GUESS_BYTES_MAX
        && detected.encoding.unit_bytes() == 1
        && let Some(last) = memchr::memrchr(b'\n', bytes)
    {
        bytes = &bytes[..=last];
    }
    let decoded = detected.encoding.decode(bytes).text;
    let shape = find(&decoded);
    let mut writer = Writer { out: String::new(), notes: Vec::new(), unsure: false };
    if detected.guessed {
        let name = detected.encoding.name();
        writer.notes.push(format!("the encoding looks like {name}; check names with accents"));
    }
    let confidence = writer.mapping(shape.as_ref(), path, &decoded);
    Guess { toml: writer.out, confidence, notes: writer.notes }
}

struct Writer {
    out: String,
    notes: Vec<String>,
    /// Something that was found may be wrong.
    unsure: bool,
}

impl Writer {
    fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    fn mapping(&mut self, shape: Option<&Shape>, path: &str, text: &str) -> Confidence {
        let name = mapping_name(path);
        self.line(
            "# Proposed by `emma mapping guess`. Check every line against the file, then try it:",
        );
        self.line("#   emma mapping try THIS.toml YOUR-FILE");
        self.line("mapping = 1");
        self.line(format!("name = {}", quoted(&name)));
        self.line("version = 1                # raise it whenever you change what is read");
        self.line(format!("network = {:18} # the network these accounts belong to", quoted(&name)));
        self.line(format!("files = [{}]", quoted(&file_pattern(path))));
        let Some(shape) = shape else {
            self.template(text);
            return Confidence::None;
        };
        let noun = match shape.layout {
            Found::Ndjson | Found::Json(_) => "key",
            Found::Delimited { .. } | Found::Table { .. } => "column",
            Found::Log(_) => "named group",
        };
        let layout = match shape.layout {
            Found::Ndjson => "ndjson",
            Found::Json(_) => "json",
            Found::Delimited { .. } => "delimited",
            Found::Log(_) => "log",
            Found::Table { .. } => "table",
        };
        self.line(format!("layout = {}", quoted(layout)));
        let vocabulary = guess_names::vocabulary(&shape.columns);
        if let Some(kind) = vocabulary.kind {
            self.line(format!("kind = {:21} # what a record is, by its columns", quoted(kind)));
            self.notes.push(format!("records look like `{kind}`, by the names of columns"));
        }
        self.line("");
        let found = self.fields(shape, noun, vocabulary);
        self.layout(shape);
        if shape.fit_percent < 90 {
            let rest = 100 - shape.fit_percent;
            self.notes.push(format!("{rest} % of the lines looked at do not fit"));
        }
        match found {
            true if shape.fit_percent >= 70 && self.unsure => Confidence::Medium,
            true if shape.fit_percent >= 70 => Confidence::High,
            _ => Confidence::Low,
        }
    }

    /// Writes [fields] and [time]; true where sender, time and (of messages) text were found.
    fn fields(&mut self, shape: &Shape, noun: &str, vocabulary: Vocabulary) -> bool {
        let mut left: Vec<&Column> = shape.columns.iter().collect();
        let mut taken = Vec::new();
        let time = guess_time::find(&mut left);
        for (field, names) in vocabulary.names {
            if let Some(column) = guess_names::take(&mut left, names, |_| true) {
                taken.push((*field, column));
            }
        }
        let is_message = vocabulary.kind.is_none();
        let told = if is_message { by_values(&mut left, &mut taken) } else { Vec::new() };
        self.line("[fields]");
        for (field, column) in &taken {
            let list = match &column.inner {
                _ if !column.list || *field != "to" => String::new(),
                Some(key) => format!("[].{key}"),
                None => "[]".to_owned(),
            };
            let source = quoted(&format!("{}{list}", reference(&column.name)));
            if !told.contains(field) {
                self.line(format!("{field} = {source}"));
                continue;
            }
            let values = guess_values::some(column);
            self.line(format!("{field} = {source}    # told by its values: {values}"));
            let name = column.name.replace(char::is_control, " ");
            self.notes.push(format!(
                "`{field}` was told by what `{name}` holds ({values}), not by its name: check it"
            ));
        }
        let missing = |field: &&str| !taken.iter().any(|(known, _)| known == field);
        for field in EXPECTED.into_iter().filter(missing).filter(|_| is_message) {
            self.line(format!("# {field} = \"...\"    # no {noun} looks like it"));
            self.notes.push(format!("no {noun} looks like `{field}`"));
        }
        let two_ways = |column: &&Column| {
            let is = |words: &[&str]| {
                column.values.iter().any(|value| words.contains(&&*value.trim().to_lowercase()))
            };
            is(&["in", "incoming", "received", "inbox"]) && is(&["out", "outgoing", "sent"])
        };
        if let Some(column) = shape.columns.iter().find(two_ways) {
            let name = column.name.replace(char::is_control, " ");
            self.notes.push(format!(
                "`{name}` says which way a record went: the other party may be sender or \
                 recipient; see `choose` in docs/mappings.md"
            ));
        }
        if !left.is_empty() {
            let names: Vec<&str> = left.iter().map(|column| column.name.as_str()).collect();
            let names = names.join(", ").replace(char::is_control, " ");
            self.line(format!("# kept raw, as every {noun} that is not mentioned: {names}"));
        }
        self.line("");
        self.time(time.as_ref(), &shape.layout);
        let has = |wanted: &str| taken.iter().any(|(field, _)| *field == wanted);
        self.unsure |= !told.is_empty() || is_message && !has("to") && !has("conversation");
        has("from") && (has("text") || !is_message) && time.is_some()
    }

    fn time(&mut self, time: Option<&TimeGuess<'_>>, layout: &Found) {
        let Some(TimeGuess { columns, format }) = time else {
            self.line("# [time]");
            self.line("# column = \"...\"");
            self.line(concat!(
                "# format = \"%d/%m/%Y %H:%M\"   # or rfc3339, epoch-s, epoch-ms, e",
                "poch-us, epoch-ns",
            ));
            self.line(
                "# Where the date stands in the file's name: template = \"{path:day} {clock}\"",
            );
            self.line("");
            self.notes.push("no time was found; records will be undated".to_owned());
            return;
        };
        self.line("[time]");
        let plain = |column: &&Column| !column.name.contains(['{', '}']);
        match &columns[..] {
            [date, clock] if plain(date) && plain(clock) => {
                let (date, clock) = (reference(&date.name), reference(&clock.name));
                self.line(format!("template = {}", quoted(&format!("{{{date}}} {{{clock}}}"))));
            }
            columns => self.line(format!("column = {}", quoted(&reference(&columns[0].name)))),
        }
        let format = match layout {
            Found::Table { midnights, .. } if midnights.contains(&columns[0].name) => {
                // Cells of days are written with the clock of midnight.
                &match format.split_once(' ') {
                    Some((day, clock)) if columns.len() == 2 => format!("{day}T00:00:00 {clock}"),
                    _ => "rfc3339".to_owned(),
                }
            }
            _ => format,
        };
        let other = match format {
            format if format.contains("%d/%m") => Some(format.replace("%d/%m", "%m/%d")),
            format if format.contains("%m/%d") => Some(format.replace("%m/%d", "%d/%m")),
            _ => None,
        };
        // A 13th month would have settled it.
        let settled = columns[0].values.iter().any(|value| guess_time::settles(value));
        match other.filter(|_| !settled) {
            None => self.line(format!("format = {}", quoted(format))),
            Some(other) => {
                let (format, other) = (quoted(format), quoted(&other));
                self.line(format!("format = {format}    # a guess; else {other}"));
                self.notes.push("whether the day or the month comes first was guessed".to_owned());
                self.unsure = true;
            }
        }
        let says_zone = format.starts_with("epoch")
            || format.ends_with("%z")
            || (format == "rfc3339"
                && columns[0].values.iter().all(|value| {
                    value.ends_with(['Z', 'z'])
                        || value.get(10..).is_some_and(|clock| clock.contains(['+', '-']))
                }));
        if !says_zone {
            self.line(
                "zone = \"unknown\"           # or \"UTC\", \"+02:00\", \"Europe/Amsterdam\"",
            );
            self.notes
                .push("the times say no zone: bounds are widened until you give one".to_owned());
        }
        self.line("clock = \"unstated\"         # sent, received, captured or delivered");
        self.line("");
    }

    fn layout(&mut self, shape: &Shape) {
        match &shape.layout {
            Found::Ndjson => {}
            Found::Json(records) => {
                self.line("[json]");
                self.line(format!("records = {}", quoted(records)));
            }
            Found::Delimited { separator, skip_lines, header } => {
                self.line("[delimited]");
                self.line(format!("separator = {}", quoted(&separator.to_string())));
                if *skip_lines > 0 {
                    self.line(format!("skip_lines = {skip_lines}          # before the header"));
                }
                if !header {
                    let names = shape.columns.iter().map(|column| quoted(&column.name));
                    let names = names.collect::<Vec<_>>().join(", ");
                    self.line("header = false");
                    self.line(format!("columns = [{names}]   # names by what they hold"));
                    let note = "there is no header row; the names of columns were guessed";
                    self.notes.push(note.to_owned());
                }
            }
            Found::Table { name, sheet, .. } => {
                self.line("[[table]]");
                self.line(format!("name = {:21} # or \"*\", any", quoted(name)));
                let of = if *sheet { "the sheet" } else { "the table" };
                let needs = shape.columns.iter().map(|column| quoted(&column.name));
                let needs = needs.collect::<Vec<_>>().join(", ");
                self.line(format!("# columns without which {of} is not meant"));
                self.line(format!("needs = [{needs}]"));
            }
            Found::Log(pattern) => {
                self.line("[log]");
                self.line(concat!(
                    "continuation = \"any\"       # lines that start no record belo",
                    "ng to the one before",
                ));
                self.line("");
                self.line("[[log.header]]");
                self.line(format!("pattern = {}", pattern_quoted(pattern)));
            }
        }
    }

    fn template(&mut self, text: &str) {
        self.notes.push("the file has no shape that emma knows; fill in the template".to_owned());
        let short = |line: &str| line.replace(char::is_control, " ").chars().take(100).collect();
        let lines: Vec<String> = text.lines().take(3).map(short).collect();
        for line in lines {
            self.line(format!("# the file says: {line}"));
        }
        self.line("layout = \"log\"             # or ndjson, json, delimited");
        self.line("");
        self.line("[fields]");
        self.line("from = \"from\"              # names of groups of the pattern below");
        self.line("to = \"to\"");
        self.line("text = \"text\"");
        self.line("");
        self.line("[time]");
        self.line("column = \"time\"");
        self.line("format = \"%d/%m/%Y %H:%M\"  # docs/mappings.md, section Time");
        self.line("zone = \"unknown\"           # or \"UTC\", \"+02:00\", \"Europe/Amsterdam\"");
        self.line("");
        self.line(
            "# One pattern for the first line of a record. Write patterns in 'single quotes'.",
        );
        self.line("[[log.header]]");
        self.line(
            "pattern = '^(?<time>\\d\\S+ \\S+) (?<from>[^ :]+) to (?<to>[^ :]+): (?<text>.*)$'",
        );
    }
}

/// A column's name as a reference to it.
fn reference(name: &str) -> String {
    let prefixed = name.split_once(':').is_some_and(|(head, _)| {
        matches!(head, "column" | "value" | "path") || head.starts_with("parent")
    });
    if prefixed || name == "body" { format!("column:{name}") } else { name.to_owned() }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A pattern, where it can in single quotes, in which nothing needs escaping.
fn pattern_quoted(pattern: &str) -> String {
    if pattern.contains('\'') { quoted(pattern) } else { format!("'{pattern}'") }
}

/// Takes what names did not tell by what columns hold; returns the fields so told.
fn by_values<'c>(
    left: &mut Vec<&'c Column>,
    taken: &mut Vec<(&'static str, &'c Column)>,
) -> Vec<&'static str> {
    let known = |taken: &[(&'static str, &'c Column)], wanted: &str| {
        taken.iter().find(|(field, _)| *field == wanted).map(|(_, column)| *column)
    };
    let mut told = Vec::new();
    if known(taken, "text").is_none()
        && let Some(column) = guess_values::text(left)
    {
        told.push("text");
        taken.push(("text", column));
    }
    let (from, to) = guess_values::parties(left, known(taken, "from"), known(taken, "to"));
    for (field, column) in [("from", from), ("to", to)] {
        if let Some(column) = column {
            told.push(field);
            taken.push((field, column));
        }
    }
    taken.sort_by_key(|(field, _)| EXPECTED.iter().position(|known| known == field));
    told
}

fn mapping_name(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default().to_lowercase();
    let mut name = String::new();
    for c in stem.chars().take(48) {
        let keep = c.is_ascii_lowercase() || c.is_ascii_digit();
        if keep {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "new-source".to_owned() } else { name.to_owned() }
}

fn file_pattern(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    match file.split_once('.') {
        Some((_, extensions)) if !extensions.contains(['{', '}', '*', '?', ',']) => {
            format!("*.{extensions}")
        }
        _ => "*".to_owned(),
    }
}
