//! Compiles the fields of a mapping: where each value comes from and how it is cleaned.

use super::cells::{CellNumber, CellSource};
use super::compile::Maker;
use super::error::Problem;
use super::fields::{Expression, Field, Part, Recipients};
use super::reference;
use super::schema::{FieldTable, Layout, OrTable, Text, Unescape};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

impl Maker {
    pub(super) fn optional(
        &mut self,
        field: &Option<OrTable<FieldTable>>,
        is_text: bool,
    ) -> Result<Option<Field>, Problem> {
        field.as_ref().map(|field| self.field(field, is_text)).transpose()
    }

    pub(super) fn field(
        &mut self,
        field: &OrTable<FieldTable>,
        is_text: bool,
    ) -> Result<Field, Problem> {
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

    pub(super) fn table_expression(
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

    pub(super) fn template(&mut self, template: &Text) -> Result<Expression, Problem> {
        let mut parts = Vec::new();
        for piece in reference::template(template.get_ref(), &template.span())? {
            parts.push(match piece {
                reference::Piece::Text(text) => Part::Text(text),
                reference::Piece::Name(name) => match self.expression(&name, template.span())? {
                    Expression::Value(value) => Part::Text(value),
                    Expression::Cell(cell) => Part::Cell(cell),
                    _ => unreachable!("a reference is a cell or a constant"),
                },
            });
        }
        Ok(Expression::Template(parts))
    }

    pub(super) fn finish(
        &self,
        expression: Expression,
        table: &FieldTable,
        is_text: bool,
    ) -> Field {
        let json = matches!(self.layout, Layout::Ndjson | Layout::Json | Layout::Table);
        let trim = table.trim.unwrap_or(!json && !is_text);
        let absent = table.absent.clone().unwrap_or_else(|| self.absent.clone());
        let unescape = table.unescape.unwrap_or(Unescape::None);
        let words = table.table.clone().unwrap_or_default();
        let mut cells = Vec::new();
        let mut constant = false;
        mentioned(&expression, &mut cells, &mut constant);
        let foreign = cells.into_iter().filter(|cell| self.is_foreign(*cell)).collect();
        let plain = !trim && absent.is_empty() && unescape == Unescape::None && words.is_empty();
        Field { expression, unescape, trim, absent, table: words, foreign, constant, plain }
    }

    /// True for cells that may be filled from outside the record: a log's groups may come from
    /// a context line.
    pub(super) fn is_foreign(&self, cell: CellNumber) -> bool {
        match &self.cells[usize::from(cell)].source {
            CellSource::Column(name) => self.context.contains(name),
            CellSource::Body => false,
            CellSource::Parent { .. } | CellSource::Path(_) => true,
        }
    }

    pub(super) fn recipients(&mut self, to: &OrTable<FieldTable>) -> Result<Recipients, Problem> {
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
    pub(super) fn list(&mut self, column: &Text) -> Result<Option<Recipients>, Problem> {
        let json = matches!(self.layout, Layout::Ndjson | Layout::Json | Layout::Table);
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
}

/// The cells an expression may take, and whether it may take a constant.
pub(super) fn mentioned(expression: &Expression, cells: &mut Vec<CellNumber>, constant: &mut bool) {
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
