//! Checks a mapping and turns every name in it into a numbered cell.

use super::cells::{CellNumber, CellSource, CellSpec};
use super::compile_engine::{self, Engine};
use super::error::{Problem, did_you_mean};
use super::fields::{Expression, Field, KindRule, LinkRule, Recipients, TimeField};
use super::files::Glob;
use super::needs;
use super::reference::{self, Reference};
use super::schema::{
    Case, FieldTable, File, Kind, KindTable, Layout, LinkTable, OrTable, Scope, Text,
};
use crate::text::Encoding;
use emma_model::RecordKind;
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;

/// A checked mapping, ready to read with.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub name: String,
    pub version: u32,
    pub network: String,
    pub description: String,
    pub files: Vec<Glob>,
    /// Columns that the first row must name.
    pub needs: Vec<String>,
    pub layout: Layout,
    pub encoding: Option<Encoding>,
    pub path: Option<Regex>,
    pub cells: Vec<CellSpec>,
    /// Columns that are meant to stay among the extra values.
    pub keep: BTreeSet<String>,
    pub kind: KindRule,
    pub id: Option<Field>,
    pub id_per_conversation: bool,
    pub from: Option<Field>,
    pub to: Option<Recipients>,
    pub conversation: Option<Field>,
    pub text: Option<Field>,
    pub territory: Option<Field>,
    pub reply_to: Option<Field>,
    pub time: Option<TimeField>,
    pub lower_handles: bool,
    /// Handles that log patterns may name as `{handles}`.
    pub known_handles: Vec<String>,
    pub link: Option<LinkRule>,
    pub engine: Engine,
}

/// Collects the cells that a mapping mentions.
pub(super) struct Maker {
    pub layout: Layout,
    pub cells: Vec<CellSpec>,
    /// Every column that can be named, where the mapping itself says so.
    pub columns: Option<BTreeSet<String>>,
    /// Groups of a log's context lines.
    pub context: BTreeSet<String>,
    groups: BTreeSet<String>,
    pub absent: Vec<String>,
}

/// Compiles a mapping read from TOML.
pub(super) fn compile(file: File) -> Result<Compiled, Problem> {
    check_head(&file)?;
    needs::check(&file)?;
    let path = match &file.path {
        Some(pattern) => Some(compile_engine::pattern(pattern, "path")?),
        None => None,
    };
    let layout = *file.layout.get_ref();
    // An empty column or group says nothing; an empty JSON string was written as such.
    let empty_is_absent = matches!(layout, Layout::Delimited | Layout::Log | Layout::Table);
    let mut maker = Maker {
        layout,
        cells: Vec::new(),
        columns: compile_engine::declared_columns(&file)?,
        context: compile_engine::context_groups(&file)?,
        groups: path.as_ref().map(group_names).unwrap_or_default(),
        absent: file
            .absent
            .clone()
            .unwrap_or_else(|| if empty_is_absent { vec![String::new()] } else { Vec::new() }),
    };
    let fields = &file.fields;
    let id = maker.optional(&fields.id, false)?;
    let from = maker.optional(&fields.from, false)?;
    let to = fields.to.as_ref().map(|to| maker.recipients(to)).transpose()?;
    let conversation = maker.optional(&fields.conversation, false)?;
    let text = maker.optional(&fields.text, true)?;
    let territory = maker.optional(&fields.territory, false)?;
    let reply_to = maker.optional(&fields.reply_to, false)?;
    let time = file.time.as_ref().map(|time| maker.time(time)).transpose()?;
    let link = file.link.as_ref().map(|link| maker.link(link.get_ref())).transpose()?;
    let kind = maker.kind(file.kind.as_ref(), link.is_some())?;
    let keep: BTreeSet<String> = file.keep.iter().map(|name| name.get_ref().clone()).collect();
    for name in file.keep.iter().chain(&file.needs) {
        maker.check_column(name.get_ref(), name.span())?;
    }
    let engine = compile_engine::engine(&file, &maker, &keep)?;
    Ok(Compiled {
        name: file.name.get_ref().clone(),
        version: *file.version.get_ref(),
        network: file.network.get_ref().clone(),
        description: file.description.clone().unwrap_or_default(),
        files: globs(&file.files)?,
        needs: file.needs.iter().map(|name| name.get_ref().clone()).collect(),
        layout,
        encoding: encoding(file.encoding.as_ref())?,
        path,
        cells: maker.cells,
        keep,
        kind,
        id_per_conversation: scope(&fields.id) == Scope::Conversation,
        id,
        from,
        to,
        conversation,
        text,
        territory,
        reply_to,
        time,
        lower_handles: file.handles.case == Case::Lower,
        known_handles: file.handles.known.clone(),
        link,
        engine,
    })
}

fn check_head(file: &File) -> Result<(), Problem> {
    if *file.mapping.get_ref() != 1 {
        return Err(Problem::new(file.mapping.span(), "this emma reads mappings of version 1")
            .suggest("write mapping = 1"));
    }
    let name = file.name.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Problem::new(file.name.span(), "a mapping's name is 1 to 64 of a-z 0-9 - _"));
    }
    if *file.version.get_ref() == 0 {
        return Err(Problem::new(file.version.span(), "versions count from 1")
            .suggest("raise the version whenever you change what is read"));
    }
    if file.network.get_ref().is_empty() {
        return Err(Problem::new(file.network.span(), "the network needs a name")
            .suggest("the network's ids and handles are unique within this name"));
    }
    Ok(())
}

fn globs(files: &[Text]) -> Result<Vec<Glob>, Problem> {
    files.iter().map(|pattern| Glob::compile(pattern.get_ref(), pattern.span())).collect()
}

fn encoding(label: Option<&Text>) -> Result<Option<Encoding>, Problem> {
    let Some(label) = label else { return Ok(None) };
    if label.get_ref() == "auto" {
        return Ok(None);
    }
    Encoding::for_label(label.get_ref()).map(Some).ok_or_else(|| {
        const COMMON: [&str; 12] = [
            "auto",
            "utf-8",
            "utf-16le",
            "utf-16be",
            "iso-8859-1",
            "windows-1250",
            "windows-1251",
            "windows-1252",
            "koi8-r",
            "shift_jis",
            "gbk",
            "big5",
        ];
        let message = format!("`{}` is no encoding", label.get_ref());
        let suggestion = did_you_mean(label.get_ref(), COMMON)
            .unwrap_or_else(|| format!("common ones: {}", COMMON.join(", ")));
        Problem::new(label.span(), message).suggest(suggestion)
    })
}

fn scope(id: &Option<OrTable<FieldTable>>) -> Scope {
    match id {
        Some(OrTable::Full(table)) => {
            table.get_ref().scope.as_ref().map_or(Scope::Network, |scope| *scope.get_ref())
        }
        _ => Scope::Network,
    }
}

/// The names of a pattern's groups.
pub(super) fn group_names(pattern: &Regex) -> BTreeSet<String> {
    pattern.capture_names().flatten().map(str::to_owned).collect()
}

impl Maker {
    /// The number of the cell that a reference points to, or its constant.
    pub(super) fn expression(
        &mut self,
        text: &str,
        span: Range<usize>,
    ) -> Result<Expression, Problem> {
        Ok(match reference::read(text, &span, self.layout)? {
            Reference::Value(value) => Expression::Value(value),
            Reference::Cell(source) => Expression::Cell(self.cell(source, span)?),
        })
    }

    /// Like [`Maker::expression`] where a constant makes no sense.
    pub fn cell_of(&mut self, text: &Text) -> Result<CellNumber, Problem> {
        match self.expression(text.get_ref(), text.span())? {
            Expression::Cell(cell) => Ok(cell),
            _ => {
                let message = format!("a {} is needed here", self.layout.column_noun());
                Err(Problem::new(text.span(), message))
            }
        }
    }

    pub(super) fn cell(
        &mut self,
        source: CellSource,
        span: Range<usize>,
    ) -> Result<CellNumber, Problem> {
        match &source {
            CellSource::Column(name) => self.check_column(name, span.clone())?,
            CellSource::Path(name) if !self.groups.contains(name) => {
                let message = format!("the `path` pattern has no group `{name}`");
                let suggestion = did_you_mean(name, self.groups.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("write path = '(?<{name}>...)' to name one"));
                return Err(Problem::new(span, message).suggest(suggestion));
            }
            _ => {}
        }
        if let Some(at) = self.cells.iter().position(|cell| cell.source == source) {
            self.cells[at].uses += 1;
            return Ok(at as CellNumber);
        }
        self.cells.push(CellSpec { source, mentioned: span.start, uses: 1 });
        Ok((self.cells.len() - 1) as CellNumber)
    }

    pub(super) fn check_column(&self, name: &str, span: Range<usize>) -> Result<(), Problem> {
        let Some(columns) = &self.columns else {
            return Ok(());
        };
        if columns.contains(name) {
            return Ok(());
        }
        let noun = self.layout.column_noun();
        let known: Vec<&str> = columns.iter().map(String::as_str).collect();
        let suggestion = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("there are: {}", known.join(", ")));
        Err(Problem::new(span, format!("there is no {noun} `{name}`")).suggest(suggestion))
    }

    fn link(&mut self, link: &LinkTable) -> Result<LinkRule, Problem> {
        Ok(LinkRule {
            from_line: self.cell_of(&link.from_line)?,
            to_line: self.cell_of(&link.to_line)?,
            first_line: link.first_line,
            target_pattern: compile_engine::pattern(&link.target.pattern, "target")?,
            target_replace: link.target.replace.get_ref().clone(),
        })
    }

    fn kind(
        &mut self,
        kind: Option<&OrTable<KindTable>>,
        links: bool,
    ) -> Result<KindRule, Problem> {
        match kind {
            None if links => Ok(KindRule::Constant(RecordKind::Link)),
            None => Ok(KindRule::Constant(RecordKind::Message)),
            Some(OrTable::Short(word)) => {
                let known = RecordKind::ALL.iter().find(|kind| kind.name() == word.get_ref());
                known.map(|kind| KindRule::Constant(*kind)).ok_or_else(|| {
                    let names = RecordKind::ALL.map(RecordKind::name);
                    let suggestion = did_you_mean(word.get_ref(), names)
                        .unwrap_or_else(|| format!("one of {}", names.join(", ")));
                    Problem::new(word.span(), format!("`{}` is no kind", word.get_ref()))
                        .suggest(suggestion)
                })
            }
            Some(OrTable::Full(table)) => {
                let table = table.get_ref();
                Ok(KindRule::Table {
                    cell: self.cell_of(&table.column)?,
                    table: table.table.iter().map(|(k, v)| (k.clone(), record_kind(*v))).collect(),
                    otherwise: table.otherwise.map(record_kind),
                })
            }
        }
    }
}

/// The kind that the schema's word means.
pub(super) fn record_kind(kind: Kind) -> RecordKind {
    match kind {
        Kind::Message => RecordKind::Message,
        Kind::Action => RecordKind::Action,
        Kind::System => RecordKind::System,
        Kind::Notice => RecordKind::Notice,
        Kind::Link => RecordKind::Link,
        Kind::Other => RecordKind::Other,
        Kind::Call => RecordKind::Call,
        Kind::Contact => RecordKind::Contact,
        Kind::Account => RecordKind::Account,
        Kind::Event => RecordKind::Event,
        Kind::Location => RecordKind::Location,
        Kind::Device => RecordKind::Device,
        Kind::Sim => RecordKind::Sim,
        Kind::Note => RecordKind::Note,
    }
}
