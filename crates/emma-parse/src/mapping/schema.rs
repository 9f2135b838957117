//! The mapping file as written: TOML, unknown keys refused. `docs/mappings.md` is its manual.

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// A text with its place in the file.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Version of this schema; 1.
    pub mapping: Spanned<u32>,
    pub name: Text,
    pub version: Spanned<u32>,
    pub description: Option<String>,
    pub network: Text,
    #[serde(default)]
    pub files: Vec<Text>,
    /// Columns without which a file is none of the mapping's.
    #[serde(default)]
    pub needs: Vec<Text>,
    pub layout: Spanned<Layout>,
    pub encoding: Option<Text>,
    pub path: Option<Text>,
    #[serde(default)]
    pub keep: Vec<Text>,
    pub absent: Option<Vec<String>>,
    #[serde(default)]
    pub handles: Handles,
    pub kind: Option<OrTable<KindTable>>,
    #[serde(default)]
    pub fields: Fields,
    pub time: Option<Spanned<TimeTable>>,
    pub link: Option<Spanned<LinkTable>>,
    pub json: Option<Spanned<JsonTable>>,
    pub delimited: Option<Spanned<DelimitedTable>>,
    pub log: Option<Spanned<LogTable>>,
    #[serde(default)]
    pub table: Vec<Spanned<RowsTable>>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Layout {
    Ndjson,
    Json,
    Delimited,
    Log,
    Table,
}

impl Layout {
    /// What a column is called in this layout.
    pub fn column_noun(self) -> &'static str {
        match self {
            Layout::Ndjson | Layout::Json => "key",
            Layout::Delimited | Layout::Table => "column",
            Layout::Log => "named group",
        }
    }
}

#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Handles {
    #[serde(default)]
    pub case: Case,
    #[serde(default)]
    pub known: Vec<String>,
}

#[derive(Deserialize, Debug, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Case {
    #[default]
    Exact,
    Lower,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Message,
    Action,
    System,
    Notice,
    Link,
    Other,
    Call,
    Contact,
    Account,
    Event,
    Location,
    Device,
    Sim,
    Note,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct KindTable {
    pub column: Text,
    pub table: BTreeMap<String, Kind>,
    pub otherwise: Option<Kind>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    pub id: Option<OrTable<FieldTable>>,
    pub from: Option<OrTable<FieldTable>>,
    pub to: Option<OrTable<FieldTable>>,
    pub conversation: Option<OrTable<FieldTable>>,
    pub text: Option<OrTable<FieldTable>>,
    pub territory: Option<OrTable<FieldTable>>,
    pub reply_to: Option<OrTable<FieldTable>>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldTable {
    pub column: Option<Text>,
    pub template: Option<Text>,
    pub value: Option<Text>,
    pub choose: Option<Text>,
    pub when: Option<BTreeMap<String, Text>>,
    pub others: Option<Vec<Text>>,
    pub split: Option<Text>,
    pub table: Option<BTreeMap<String, String>>,
    pub unescape: Option<Unescape>,
    pub trim: Option<bool>,
    pub absent: Option<Vec<String>>,
    pub scope: Option<Spanned<Scope>>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unescape {
    None,
    Backslash,
    Percent,
    Xml,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scope {
    Network,
    Conversation,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeTable {
    pub column: Option<Text>,
    pub template: Option<Text>,
    pub value: Option<Text>,
    pub format: OneOrMany,
    pub zone: Option<Text>,
    #[serde(default)]
    pub clock: ClockName,
    pub language: Option<Text>,
    pub months: Option<Spanned<Vec<String>>>,
    pub pivot: Option<Spanned<u8>>,
    pub precision: Option<Precision>,
    pub day_rolls: Option<bool>,
    pub absent: Option<Vec<String>>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClockName {
    Sent,
    Received,
    Captured,
    Delivered,
    #[default]
    Unstated,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Precision {
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkTable {
    /// There is only one so far; it is written down so that others can come.
    #[serde(default, rename = "relation")]
    pub _relation: Relation,
    pub from_line: Text,
    pub to_line: Text,
    #[serde(default)]
    pub first_line: u64,
    pub target: Target,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum Relation {
    #[default]
    Reply,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub pattern: Text,
    pub replace: Text,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonTable {
    pub records: Text,
}

#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DelimitedTable {
    pub separator: Option<Text>,
    pub quote: Option<Text>,
    #[serde(default)]
    pub escape: QuoteEscape,
    pub header: Option<bool>,
    pub columns: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub skip_lines: usize,
    pub comment: Option<Text>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum QuoteEscape {
    #[default]
    Doubled,
    Backslash,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct RowsTable {
    pub name: Text,
    pub part: Option<String>,
    #[serde(default)]
    pub needs: Vec<String>,
    #[serde(default)]
    pub optional: Vec<String>,
    pub query: Option<Text>,
    pub kind: Option<Kind>,
    #[serde(default)]
    pub header_row: Option<i64>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct LogTable {
    #[serde(default)]
    pub header: Vec<Spanned<HeaderTable>>,
    pub separator: Option<Text>,
    pub separator_required: Option<bool>,
    pub continuation: Option<Text>,
    #[serde(default)]
    pub framing: Vec<Text>,
    #[serde(default)]
    pub context: Vec<Text>,
    #[serde(default)]
    pub blank_lines: BlankLines,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderTable {
    pub pattern: Option<Text>,
    pub lines: Option<Vec<Text>>,
    pub kind: Option<Kind>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum BlankLines {
    #[default]
    Trim,
    Keep,
}

/// A value given in short as a string, or in full as a table.
#[derive(Debug)]
pub(super) enum OrTable<T> {
    Short(Text),
    Full(Box<Spanned<T>>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrTable<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let both: Spanned<Both<T>> = Spanned::deserialize(deserializer)?;
        let span = both.span();
        Ok(match both.into_inner() {
            Both::Short(text) => OrTable::Short(Spanned::new(span, text)),
            Both::Full(table) => OrTable::Full(Box::new(Spanned::new(span, table))),
        })
    }
}

enum Both<T> {
    Short(String),
    Full(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Both<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BothVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for BothVisitor<T> {
            type Value = Both<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name in quotes or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Both<T>, E> {
                Ok(Both::Short(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Both<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Both::Full)
            }
        }
        deserializer.deserialize_any(BothVisitor(PhantomData))
    }
}

/// One text or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany(pub Vec<Text>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole: Spanned<Loose> = Spanned::deserialize(deserializer)?;
        let span = whole.span();
        Ok(OneOrMany(match whole.into_inner() {
            Loose::One(text) => vec![Spanned::new(span, text)],
            Loose::Many(texts) => texts,
        }))
    }
}

enum Loose {
    One(String),
    Many(Vec<Text>),
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor;
        impl<'de> Visitor<'de> for LooseVisitor {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in quotes or a list of texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::One(text.to_owned()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Loose::Many(texts))
            }
        }
        deserializer.deserialize_any(LooseVisitor)
    }
}
