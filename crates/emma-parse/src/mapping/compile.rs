//! Checks a mapping and turns every name in it into a numbered cell.

use super::cells::{CellNumber, CellSource, CellSpec};
use super::compile_engine::{self, Engine};
use super::error::{Problem, did_you_mean};
use super::fields::{Expression, Field, KindRule, LinkRule, Part, Recipients, TimeField};
use super::files::Glob;
use super::reference::{self, Reference};
use super::schema::{
    Case, ClockName, FieldTable, File, Kind, KindTable, Layout, LinkTable, OrTable, Precision,
    Scope, Text, TimeTable, Unescape,
};
use super::time::{Format, TimeRule, ZoneRule};
use super::time_pattern::{DAY, HOUR, MINUTE, SECOND, month_names};
use super::months;
use crate::text::Encoding;
use emma_model::{Clock, RecordKind};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// A checked mapping, ready to read with.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub name: String,
    pub version: u32,
    pub network: String,
    pub files: Vec<Glob>,
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

/// Two-digit years below this are 20xx unless the mapping says otherwise.
const PIVOT: u8 = 70;

/// Collects the cells that a mapping mentions.
pub(super) struct Maker {
    pub layout: Layout,
    pub cells: Vec<CellSpec>,
    /// Every column that can be named, where the mapping itself says so.
    pub columns: Option<BTreeSet<String>>,
    /// Groups of a log's context lines.
    context: BTreeSet<String>,
    groups: BTreeSet<String>,
    absent: Vec<String>,
}

/// Compiles a mapping read from TOML.
pub(super) fn compile(file: File) -> Result<Compiled, Problem> {
    check_head(&file)?;
    let path = match &file.path {
        Some(pattern) => Some(compile_engine::pattern(pattern, "path")?),
        None => None,
    };
    let layout = *file.layout.get_ref();
    // An empty column or group says nothing; an empty JSON string was written as such.
    let empty_is_absent = matches!(layout, Layout::Delimited | Layout::Log);
    let mut maker = Maker {
        layout,
        cells: Vec::new(),
        columns: compile_engine::declared_columns(&file)?,
        context: compile_engine::context_groups(&file)?,
        groups: path.as_ref().map(group_names).unwrap_or_default(),
        absent: file.absent.clone().unwrap_or_else(|| {
            if empty_is_absent { vec![String::new()] } else { Vec::new() }
        }),
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
    for name in &file.keep {
        maker.check_column(name.get_ref(), name.span())?;
    }
    let engine = compile_engine::engine(&file, &maker, &keep)?;
    Ok(Compiled {
        name: file.name.get_ref().clone(),
        version: *file.version.get_ref(),
        network: file.network.get_ref().clone(),
        files: globs(&file.files)?,
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
            "auto", "utf-8", "utf-16le", "utf-16be", "iso-8859-1", "windows-1250", "windows-1251",
            "windows-1252", "koi8-r", "shift_jis", "gbk", "big5",
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
    fn expression(&mut self, text: &str, span: Range<usize>) -> Result<Expression, Problem> {
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

    fn cell(&mut self, source: CellSource, span: Range<usize>) -> Result<CellNumber, Problem> {
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

    fn check_column(&self, name: &str, span: Range<usize>) -> Result<(), Problem> {
        let Some(columns) = &self.columns else { return Ok(()) };
        if columns.contains(name) {
            return Ok(());
        }
        let noun = self.layout.column_noun();
        let known: Vec<&str> = columns.iter().map(String::as_str).collect();
        let suggestion = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("there are: {}", known.join(", ")));
        Err(Problem::new(span, format!("there is no {noun} `{name}`")).suggest(suggestion))
    }

    fn optional(
        &mut self,
        field: &Option<OrTable<FieldTable>>,
        is_text: bool,
    ) -> Result<Option<Field>, Problem> {
        field.as_ref().map(|field| self.field(field, is_text)).transpose()
    }

    fn field(&mut self, field: &OrTable<FieldTable>, is_text: bool) -> Result<Field, Problem> {
        match field {
            OrTable::Short(text) => {
                let expression = self.expression(text.get_ref(), text.span())?;
                Ok(self.finish(expression, &FieldTable::default(), is_text))
            }
            OrTable::Full(table) => {
                let span = table.span();
                let table = table.get_ref();
                if let Some(split) = &table.split {
                    let message = "only `to` holds several values that can be split";
                    return Err(Problem::new(split.span(), message));
                }
                if table.others.is_some() {
                    return Err(Problem::new(span, "only `to` can be the other parties"));
                }
                let expression = self.table_expression(table, span)?;
                Ok(self.finish(expression, table, is_text))
            }
        }
    }

    fn table_expression(
        &mut self,
        table: &FieldTable,
        span: Range<usize>,
    ) -> Result<Expression, Problem> {
        let sources = [
            table.column.is_some(),
            table.template.is_some(),
            table.value.is_some(),
            table.choose.is_some(),
        ];
        if sources.iter().filter(|given| **given).count() != 1 {
            return Err(Problem::new(span, "a field is taken from exactly one source")
                .suggest("give one of `column`, `template`, `value` or `choose` with `when`"));
        }
        if table.choose.is_some() != table.when.is_some() {
            return Err(Problem::new(span, "`choose` and `when` go together")
                .suggest("choose = \"direction\", when = { in = \"peer\", out = \"owner\" }"));
        }
        if let Some(value) = &table.value {
            return Ok(Expression::Value(value.get_ref().clone()));
        }
        if let Some(column) = &table.column {
            return self.expression(column.get_ref(), column.span());
        }
        if let Some(template) = &table.template {
            return self.template(template);
        }
        let choose = table.choose.as_ref().expect("one source is given");
        let cell = self.cell_of(choose)?;
        let mut when = BTreeMap::new();
        for (word, target) in table.when.as_ref().expect("it goes with choose") {
            when.insert(word.clone(), self.expression(target.get_ref(), target.span())?);
        }
        Ok(Expression::Choose { cell, when })
    }

    fn template(&mut self, template: &Text) -> Result<Expression, Problem> {
        let mut parts = Vec::new();
        for piece in reference::template(template.get_ref(), &template.span())? {
            parts.push(match piece {
                reference::Piece::Text(text) => Part::Text(text),
                reference::Piece::Name(name) => {
                    match self.expression(&name, template.span())? {
                        Expression::Value(value) => Part::Text(value),
                        Expression::Cell(cell) => Part::Cell(cell),
                        _ => unreachable!("a reference is a cell or a constant"),
                    }
                }
            });
        }
        Ok(Expression::Template(parts))
    }

    fn finish(&self, expression: Expression, table: &FieldTable, is_text: bool) -> Field {
        let json = matches!(self.layout, Layout::Ndjson | Layout::Json);
        let trim = table.trim.unwrap_or(!json && !is_text);
        let absent = table.absent.clone().unwrap_or_else(|| self.absent.clone());
        let unescape = table.unescape.unwrap_or(Unescape::None);
        let words = table.table.clone().unwrap_or_default();
        let mut cells = Vec::new();
        let mut constant = false;
        mentioned(&expression, &mut cells, &mut constant);
        let foreign = cells.into_iter().filter(|cell| self.is_foreign(*cell)).collect();
        let plain =
            !trim && absent.is_empty() && unescape == Unescape::None && words.is_empty();
        Field { expression, unescape, trim, absent, table: words, foreign, constant, plain }
    }

    /// True for cells that may be filled from outside the record: a log's groups may come from
    /// a context line.
    fn is_foreign(&self, cell: CellNumber) -> bool {
        match &self.cells[usize::from(cell)].source {
            CellSource::Column(name) => self.context.contains(name),
            CellSource::Body => false,
            CellSource::Parent { .. } | CellSource::Path(_) => true,
        }
    }

    fn recipients(&mut self, to: &OrTable<FieldTable>) -> Result<Recipients, Problem> {
        let column = match to {
            OrTable::Short(text) => Some(text),
            OrTable::Full(table) => table.get_ref().column.as_ref(),
        };
        if let Some(column) = column
            && let Some(list) = self.list(column)?
        {
            return Ok(list);
        }
        let OrTable::Full(table) = to else {
            return Ok(Recipients::Split(self.field(to, false)?, None));
        };
        let span = table.span();
        let table = table.get_ref();
        if let Some(others) = &table.others {
            let mut parties = Vec::new();
            for other in others {
                let expression = self.expression(other.get_ref(), other.span())?;
                parties.push(self.finish(expression, &FieldTable::default(), false));
            }
            return Ok(Recipients::Others(parties));
        }
        let expression = self.table_expression(table, span)?;
        let split = match &table.split {
            Some(split) if split.get_ref().is_empty() => {
                return Err(Problem::new(split.span(), "the text to split at is empty"));
            }
            split => split.as_ref().map(|split| split.get_ref().clone()),
        };
        Ok(Recipients::Split(self.finish(expression, table, false), split))
    }

    /// `recipients[]` or `recipients[].name`, in JSON.
    fn list(&mut self, column: &Text) -> Result<Option<Recipients>, Problem> {
        let json = matches!(self.layout, Layout::Ndjson | Layout::Json);
        let name = column.get_ref();
        if !json || !name.contains("[]") {
            return Ok(None);
        }
        let (head, inner) = name.split_once("[]").expect("it contains brackets");
        let inner = inner.strip_prefix('.').unwrap_or(inner).replace("[]", "");
        let keys = if inner.is_empty() { Vec::new() } else { reference::key_path(&inner) };
        let head = Spanned::new(column.span(), head.to_owned());
        Ok(Some(Recipients::List(self.cell_of(&head)?, keys)))
    }

    fn time(&mut self, time: &Spanned<TimeTable>) -> Result<TimeField, Problem> {
        let span = time.span();
        let time = time.get_ref();
        let table = FieldTable {
            column: time.column.clone(),
            template: time.template.clone(),
            value: time.value.clone(),
            absent: time.absent.clone(),
            trim: Some(true),
            ..FieldTable::default()
        };
        let expression = self.table_expression(&table, span)?;
        let field = self.finish(expression, &table, false);
        let mut cells = Vec::new();
        mentioned(&field.expression, &mut cells, &mut false);
        let own: Vec<CellNumber> = cells
            .iter()
            .copied()
            .filter(|cell| !self.is_foreign(*cell))
            .collect();
        let composed = matches!(field.expression, Expression::Template(_));
        let borrows_date = composed && !field.foreign.is_empty();
        let months = month_list(time)?;
        let pivot = match &time.pivot {
            Some(pivot) if *pivot.get_ref() > 100 => {
                return Err(Problem::new(pivot.span(), "the pivot is 0 to 100")
                    .suggest("two-digit years below it are 20xx, the others 19xx"));
            }
            pivot => pivot.as_ref().map_or(PIVOT, |pivot| *pivot.get_ref()),
        };
        if time.format.0.is_empty() {
            return Err(Problem::new(0..0, "`format` lists no time format"));
        }
        let mut formats = Vec::new();
        for format in &time.format.0 {
            formats.push(Format::compile(format.get_ref(), format.span(), &months, pivot)?);
        }
        let zone = match &time.zone {
            Some(zone) => ZoneRule::compile(zone.get_ref(), zone.span())?,
            None => ZoneRule::Unknown,
        };
        let width_min = match time.precision {
            None => 0,
            Some(Precision::Day) => DAY,
            Some(Precision::Hour) => HOUR,
            Some(Precision::Minute) => MINUTE,
            Some(Precision::Second) => SECOND,
            Some(Precision::Millisecond) => 1_000,
            Some(Precision::Microsecond) => 1,
        };
        let clock = match time.clock {
            ClockName::Sent => Clock::Sent,
            ClockName::Received => Clock::Received,
            ClockName::Captured => Clock::Captured,
            ClockName::Delivered => Clock::Delivered,
            ClockName::Unstated => Clock::Unstated,
        };
        let day_rolls = time.day_rolls.unwrap_or(borrows_date);
        let rule = TimeRule { formats, zone, clock, width_min, day_rolls };
        Ok(TimeField { field, rule, own })
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
    }
}

fn mentioned(expression: &Expression, cells: &mut Vec<CellNumber>, constant: &mut bool) {
    match expression {
        Expression::Cell(cell) => cells.push(*cell),
        Expression::Value(_) => *constant = true,
        Expression::Template(parts) => {
            cells.extend(parts.iter().filter_map(|part| match part {
                Part::Cell(cell) => Some(*cell),
                Part::Text(_) => None,
            }));
        }
        Expression::Choose { cell, when } => {
            cells.push(*cell);
            when.values().for_each(|target| mentioned(target, cells, constant));
        }
    }
}

fn month_list(time: &TimeTable) -> Result<Vec<(String, u32)>, Problem> {
    if let Some(names) = &time.months {
        let list = names.get_ref();
        if list.len() != 12 {
            let message = format!("`months` lists {} names, a year has 12", list.len());
            return Err(Problem::new(names.span(), message)
                .suggest("separate spellings of one month by a bar: \"jan|january\""));
        }
        let numbered = list.iter().zip(1u32..);
        return Ok(numbered
            .flat_map(|(names, month)| {
                names.split('|').map(move |name| (name.trim().to_lowercase(), month))
            })
            .filter(|(name, _)| !name.is_empty())
            .collect());
    }
    let Some(language) = &time.language else {
        return Ok(month_names(months::of_language("en").expect("English is known")));
    };
    let known = months::of_language(language.get_ref()).ok_or_else(|| {
        let codes: Vec<&str> = months::LANGUAGES.iter().map(|(code, _)| *code).collect();
        let message = format!("emma has no month names for `{}`", language.get_ref());
        Problem::new(language.span(), message).suggest(format!(
            "known: {}; list others with months = [twelve names]",
            codes.join(", ")
        ))
    })?;
    Ok(month_names(known))
}
