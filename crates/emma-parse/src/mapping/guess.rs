//! Proposes a mapping for a file.

use super::guess_shape::{Column, Found, Shape, find};
use super::months;
use super::time::Format;
use super::time_pattern::month_names;
use crate::text;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};

/// Bytes of a file that a guess looks at.
const GUESS_BYTES_MAX: u64 = 1 << 20;

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
    /// Layout, sender, text and time were found.
    High,
}

/// Looks at the beginning of `file`, whose delivered path would be `path`.
///
/// # Errors
///
/// Only those of reading the file.
pub fn guess(file: File, path: &str) -> io::Result<Guess> {
    let mut head = Vec::new();
    file.take(GUESS_BYTES_MAX).read_to_end(&mut head)?;
    Ok(guess_bytes(&head, path))
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
    let mut writer = Writer { out: String::new(), notes: Vec::new() };
    if detected.guessed {
        let name = detected.encoding.name();
        writer.notes.push(format!("the encoding looks like {name}; check names with accents"));
    }
    let confidence = writer.mapping(shape.as_ref(), path);
    Guess { toml: writer.out, confidence, notes: writer.notes }
}

/// What a column may be called, by field, likeliest first. Compared without case and `_-. `.
#[rustfmt::skip]
const NAMES: [(&str, &[&str]); 8] = [
    ("id", &["id", "messageid", "msgid", "uuid", "guid", "eventid", "mid", "identifier"]),
    ("from", &[
        "from", "sender", "author", "fromuser", "senderid", "fromid", "sendername", "nick",
        "username", "user", "src", "caller", "handle", "name", "absender", "expediteur", "van",
    ]),
    ("to", &[
        "to", "recipient", "recipients", "receiver", "touser", "toid", "dst", "dest",
        "destination", "target", "participants", "empfanger", "destinataire", "aan",
    ]),
    ("conversation", &[
        "conversation", "conversationid", "chat", "chatid", "chatname", "room", "roomid",
        "channel", "channelid", "group", "groupid", "thread", "threadid", "conv", "dialog",
    ]),
    ("text", &["text", "body", "message", "content", "msg", "messagetext", "nachricht", "bericht"]),
    ("reply_to", &[
        "replyto", "inreplyto", "replytomessageid", "quotedid", "parentid", "replytoid",
    ]),
    ("territory", &["territory", "country", "countrycode"]),
    ("time", &[
        "time", "timestamp", "datetime", "ts", "sent", "sentat", "senttime", "date", "created",
        "createdat", "when", "originserverts", "epoch", "dateunixtime", "zeit", "datum",
    ]),
];

/// Time formats that are tried, in order.
#[rustfmt::skip]
const FORMATS: [&str; 25] = [
    "rfc3339", "epoch-s", "epoch-ms", "epoch-us", "epoch-ns",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M", "%d.%m.%y, %H:%M:%S",
    "%d.%m.%y, %H:%M", "%d.%m.%y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y, %H:%M:%S", "%d/%m/%Y, %H:%M",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%y, %I:%M %p", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M",
    "%d %B %Y %H:%M:%S", "%d %B %Y %H:%M",
];

/// The format that fits most of the values, if any fits more than half.
fn time_format(values: &[String]) -> Option<&'static str> {
    let months = month_names(months::of_language("en").expect("English is known"));
    let filled: Vec<&String> = values.iter().filter(|value| !value.trim().is_empty()).collect();
    let mut best: Option<(usize, &str)> = None;
    for name in FORMATS {
        let format = Format::compile(name, 0..0, &months, 70).expect("formats are tested");
        let fit = filled.iter().filter(|value| format.plausible(value)).count();
        if fit * 2 > filled.len() && best.is_none_or(|(most, _)| fit > most) {
            best = Some((fit, name));
        }
    }
    best.map(|(_, name)| name)
}

struct Writer {
    out: String,
    notes: Vec<String>,
}

impl Writer {
    fn line(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    fn mapping(&mut self, shape: Option<&Shape>, path: &str) -> Confidence {
        let name = mapping_name(path);
        self.line(
            "# Proposed by `emma mapping guess`. Check every line against the file, then try it:",
        );
        self.line("#   emma mapping try THIS FILE");
        self.line("mapping = 1");
        self.line(format!("name = {}", quoted(&name)));
        self.line("version = 1                # raise it whenever you change what is read");
        self.line(format!("network = {:18} # the network these accounts belong to", quoted(&name)));
        self.line(format!("files = [{}]", quoted(&file_pattern(path))));
        let Some(shape) = shape else {
            self.template();
            return Confidence::None;
        };
        let noun = match shape.layout {
            Found::Ndjson | Found::Json(_) => "key",
            Found::Delimited(_) => "column",
            Found::Log(_) => "named group",
        };
        let layout = match shape.layout {
            Found::Ndjson => "ndjson",
            Found::Json(_) => "json",
            Found::Delimited(_) => "delimited",
            Found::Log(_) => "log",
        };
        self.line(format!("layout = {}", quoted(layout)));
        self.line("");
        let found = self.fields(shape, noun);
        self.layout(shape);
        if shape.fit_percent < 90 {
            let rest = 100 - shape.fit_percent;
            self.notes.push(format!("{rest} % of the lines looked at do not fit"));
        }
        match found {
            true if shape.fit_percent >= 70 => Confidence::High,
            _ => Confidence::Low,
        }
    }

    /// Writes [fields] and [time]; true where sender, text and time were found.
    fn fields(&mut self, shape: &Shape, noun: &str) -> bool {
        let mut left: Vec<&Column> = shape.columns.iter().collect();
        let mut taken = Vec::new();
        let time = take(&mut left, "time", |column| time_format(&column.values).is_some())
            .or_else(|| take_any(&mut left, |column| time_format(&column.values).is_some()));
        for (field, _) in &NAMES[..NAMES.len() - 1] {
            if let Some(column) = take(&mut left, field, |_| true) {
                taken.push((*field, column));
            }
        }
        self.line("[fields]");
        for (field, column) in &taken {
            let list = if column.list && *field == "to" { "[]" } else { "" };
            let source = quoted(&format!("{}{list}", reference(&column.name)));
            self.line(format!("{field} = {source}"));
        }
        for (field, _) in &NAMES[..5] {
            if !taken.iter().any(|(known, _)| known == field) {
                self.line(format!("# {field} = \"...\"    # no {noun} looks like it"));
                self.notes.push(format!("no {noun} looks like `{field}`"));
            }
        }
        if !left.is_empty() {
            let names: Vec<&str> = left.iter().map(|column| column.name.as_str()).collect();
            let names = names.join(", ").replace(char::is_control, " ");
            self.line(format!("# kept raw, as every {noun} that is not mentioned: {names}"));
        }
        self.line("");
        self.time(time);
        let has = |wanted: &str| taken.iter().any(|(field, _)| *field == wanted);
        has("from") && has("text") && time.is_some()
    }

    fn time(&mut self, column: Option<&Column>) {
        let Some(column) = column else {
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
        let format = time_format(&column.values).expect("the column was chosen by it");
        self.line("[time]");
        self.line(format!("column = {}", quoted(&reference(&column.name))));
        self.line(format!("format = {}", quoted(format)));
        if format.contains("%d/%m") || format.contains("%m/%d") {
            self.notes.push("whether the day or the month comes first was guessed".to_owned());
        }
        let says_zone = format.starts_with("epoch")
            || (format == "rfc3339"
                && column.values.iter().all(|value| {
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
            Found::Delimited(separator) => {
                self.line("[delimited]");
                self.line(format!("separator = {}", quoted(&separator.to_string())));
            }
            Found::Log(pattern) => {
                self.line("[log]");
                self.line(concat!(
                    "continuation = \"any\"       # lines that start no record belo",
                    "ng to the one before",
                ));
                self.line("");
                self.line("[[log.header]]");
                self.line(format!("pattern = {}", quoted(pattern)));
            }
        }
    }

    fn template(&mut self) {
        self.notes.push("the file has no shape that emma knows; fill in the template".to_owned());
        self.line("layout = \"log\"             # or ndjson, json, delimited");
        self.line("");
        self.line("[fields]");
        self.line("from = \"from\"");
        self.line("text = \"text\"");
        self.line("");
        self.line("# [time]");
        self.line("# column = \"time\"");
        self.line("# format = \"%d/%m/%Y %H:%M\"");
        self.line("");
        self.line("[[log.header]]");
        self.line("pattern = '^(?<from>[^:]+): (?<text>.*)$'");
    }
}

/// Takes the column out of `left` whose name fits `field` best.
fn take<'c>(
    left: &mut Vec<&'c Column>,
    field: &str,
    fits: impl Fn(&Column) -> bool,
) -> Option<&'c Column> {
    let (_, names) = NAMES.iter().find(|(name, _)| *name == field)?;
    for name in *names {
        let found = left.iter().position(|column| {
            let last = column.name.rsplit('.').next().unwrap_or_default();
            (plain(&column.name) == *name || plain(last) == *name) && fits(column)
        });
        if let Some(at) = found {
            return Some(left.remove(at));
        }
    }
    // "from" in "from.username" names the sender better than "username" does.
    let at = left.iter().position(|column| {
        let first = column.name.split('.').next().unwrap_or_default();
        column.name.contains('.') && names.contains(&plain(first).as_str()) && fits(column)
    })?;
    Some(left.remove(at))
}

fn take_any<'c>(left: &mut Vec<&'c Column>, fits: impl Fn(&Column) -> bool) -> Option<&'c Column> {
    let at = left.iter().position(|column| !column.values.is_empty() && fits(column))?;
    Some(left.remove(at))
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
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
