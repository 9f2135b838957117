//! Makes a record's values out of its cells.

use super::cells::{Cell, CellNumber, Cells, Shared};
use super::compile::Compiled;
use super::fields_time::Carried;
use super::schema::Unescape;
use super::time::TimeRule;
use super::unescape;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Link, Record, RecordKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// A cell.
    Cell(CellNumber),
    /// A constant of the mapping.
    Value(String),
    /// Cells between constant characters.
    Template(Vec<Part>),
    /// Another expression, chosen by what a cell says.
    Choose {
        /// The cell.
        cell: CellNumber,
        /// What to take for each of its values; `*` is any other.
        when: BTreeMap<String, Expression>,
    },
}

/// One piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Cell(CellNumber),
}

/// One value of a record and how it is cleaned.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub expression: Expression,
    pub unescape: Unescape,
    pub trim: bool,
    /// What stands for "no value".
    pub absent: Vec<String>,
    pub table: BTreeMap<String, String>,
    /// Cells that may hold values from outside the record.
    pub foreign: Vec<CellNumber>,
    /// True where a constant of the mapping may be taken.
    pub constant: bool,
    /// True where the value is the cell's, unchanged.
    pub plain: bool,
}

/// Recipients: several values.
#[derive(Clone, Debug)]
pub(super) enum Recipients {
    /// One field, cut where `split` occurs.
    Split(Field, Option<String>),
    /// A JSON list: its elements, or what stands under `keys` in each.
    List(CellNumber, Vec<String>),
    /// Every party of these that is not the sender.
    Others(Vec<Field>),
}

/// How the kind of a record is told.
#[derive(Clone, Debug)]
pub(super) enum KindRule {
    Constant(RecordKind),
    Table { cell: CellNumber, table: BTreeMap<String, RecordKind>, otherwise: Option<RecordKind> },
}

/// When.
#[derive(Clone, Debug)]
pub(super) struct TimeField {
    pub field: Field,
    pub rule: TimeRule,
    /// The cells of the expression that stand in the record itself.
    pub own: Vec<CellNumber>,
}

/// A statement about two lines of another file.
#[derive(Clone, Debug)]
pub(super) struct LinkRule {
    pub from_line: CellNumber,
    pub to_line: CellNumber,
    pub first_line: u64,
    pub target_pattern: regex::Regex,
    pub target_replace: String,
}

/// The name of a row's columns, for [`Borrowed::field`].
pub(super) const COLUMNS: &str = "columns";

impl Compiled {
    /// Makes the record that `cells` hold. `kind` is what the record's shape already says.
    pub fn record<'a>(
        &'a self,
        cells: &mut Cells<'a>,
        shared: &'a Shared,
        carried: &mut Carried,
        kind: Option<RecordKind>,
        extra: Vec<(Cow<'a, str>, Cow<'a, str>)>,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        let kind = kind.unwrap_or_else(|| self.kind_of(cells, anomalies));
        let mut record = Record::new(kind, self.network.as_str());
        record.extra = extra;
        let mut take = |name: &'static str, field: &'a Option<Field>, record: &mut Record<'a>| {
            let field = field.as_ref()?;
            field.borrow(name, cells, shared, &mut record.borrowed);
            field.value(name, cells, anomalies)
        };
        record.id = take("id", &self.id, &mut record);
        record.conversation = take("conversation", &self.conversation, &mut record);
        record.text = take("text", &self.text, &mut record);
        record.territory = take("territory", &self.territory, &mut record);
        record.reply_to = take("reply_to", &self.reply_to, &mut record);
        let from = take("from", &self.from, &mut record);
        record.from = from.map(|handle| self.handle(handle));
        record.id_per_conversation = self.id_per_conversation && record.id.is_some();
        if let Some(to) = &self.to {
            self.recipients(to, cells, shared, anomalies, &mut record);
        }
        if let Some(time) = &self.time {
            record.time = time.read(cells, shared, carried, anomalies, &mut record.borrowed);
        }
        if let Some(rule) = &self.link
            && record.kind == RecordKind::Link
        {
            link(rule, cells, carried, anomalies, &mut record);
        }
        if let Some(origin) = &shared.header {
            record.borrowed.push(Borrowed { field: COLUMNS, origin: origin.clone() });
        }
        record
    }

    fn kind_of(&self, cells: &mut Cells<'_>, anomalies: &mut Vec<Anomaly>) -> RecordKind {
        match &self.kind {
            KindRule::Constant(kind) => *kind,
            KindRule::Table { cell, table, otherwise } => {
                let word = match &cells.values[usize::from(*cell)] {
                    Cell::Text(text) => text.trim(),
                    _ => "",
                };
                if let Some(kind) = table.get(word).or(otherwise.as_ref()) {
                    return *kind;
                }
                let note = "the kind's table has no such value and no `otherwise`";
                anomalies.push(Anomaly::field("kind.unknown", "kind", note));
                RecordKind::Other
            }
        }
    }

    /// Spells a handle by the mapping's case rule.
    pub(super) fn handle<'a>(&self, handle: Cow<'a, str>) -> Cow<'a, str> {
        if self.lower_handles && handle.chars().any(char::is_uppercase) {
            Cow::Owned(handle.to_lowercase())
        } else {
            handle
        }
    }
}

impl Field {
    /// The value, cleaned. `None` where there is none.
    #[inline]
    pub fn value<'a>(
        &'a self,
        name: &'static str,
        cells: &mut Cells<'a>,
        anomalies: &mut Vec<Anomaly>,
    ) -> Option<Cow<'a, str>> {
        let mut nested = false;
        let value = match self.expression {
            // The ordinary case, worth a way of its own.
            Expression::Cell(cell) => cells.take(cell, &mut nested),
            _ => self.expression.evaluate(cells, &mut nested),
        };
        if nested {
            let note = "a single value was expected, an object or list stands there";
            anomalies.push(Anomaly::field("field.shape", name, note));
        }
        let value = value?;
        if self.plain { Some(value) } else { self.clean(value) }
    }

    fn clean<'a>(&'a self, value: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let mut value = value;
        if self.trim {
            value = trim_cow(value);
        }
        if self.absent.iter().any(|word| *word == *value) {
            return None;
        }
        value = unescape::undo(value, self.unescape);
        if let Some(other) = self.table.get(&*value) {
            value = Cow::Borrowed(other);
        }
        Some(value)
    }

    /// Notes the origins of what is not in the record's own bytes.
    #[inline]
    pub fn borrow(
        &self,
        name: &'static str,
        cells: &Cells<'_>,
        shared: &Shared,
        borrowed: &mut Vec<Borrowed>,
    ) {
        for cell in &self.foreign {
            if let Some(value) = &shared.values[usize::from(*cell)]
                && is_shared(&cells.values[usize::from(*cell)], &value.text)
            {
                push_new(borrowed, Borrowed { field: name, origin: value.origin.clone() });
            }
        }
        if self.constant {
            push_new(borrowed, Borrowed { field: name, origin: Origin::Mapping });
        }
    }
}

/// True where the cell borrows the shared value itself, not an equal one of the record.
fn is_shared(cell: &Cell<'_>, text: &str) -> bool {
    matches!(cell, Cell::Text(Cow::Borrowed(own)) if std::ptr::eq(own.as_ptr(), text.as_ptr()))
}

fn push_new(borrowed: &mut Vec<Borrowed>, new: Borrowed) {
    if !borrowed.contains(&new) {
        borrowed.push(new);
    }
}

impl Expression {
    fn evaluate<'a>(&'a self, cells: &mut Cells<'a>, nested: &mut bool) -> Option<Cow<'a, str>> {
        match self {
            Expression::Cell(cell) => cells.take(*cell, nested),
            Expression::Value(value) => Some(Cow::Borrowed(value)),
            Expression::Template(parts) => {
                let mut out = String::new();
                let mut any = false;
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Cell(cell) => {
                            if let Some(value) = cells.take(*cell, nested) {
                                any = true;
                                out.push_str(&value);
                            }
                        }
                    }
                }
                any.then_some(Cow::Owned(out))
            }
            Expression::Choose { cell, when } => {
                let word = cells.take(*cell, nested).unwrap_or_default();
                let chosen = when.get(word.trim()).or_else(|| when.get("*"))?;
                chosen.evaluate(cells, nested)
            }
        }
    }
}

fn link<'a>(
    rule: &LinkRule,
    cells: &mut Cells<'a>,
    carried: &Carried,
    anomalies: &mut Vec<Anomaly>,
    record: &mut Record<'a>,
) {
    let mut line = |cell: CellNumber| -> Option<u64> {
        let text = cells.take(cell, &mut false)?;
        text.trim().parse::<u64>().ok()?.checked_sub(rule.first_line)
    };
    let (Some(from_line), Some(to_line)) = (line(rule.from_line), line(rule.to_line)) else {
        record.kind = RecordKind::Other;
        let note = "a line number is missing, no number or too small";
        anomalies.push(Anomaly::field("link.line", "from_line", note));
        return;
    };
    let Some(target) = &carried.target else {
        record.kind = RecordKind::Other;
        let note = "the link's target does not follow from this file's name";
        anomalies.push(Anomaly::field("link.target", "target", note));
        return;
    };
    record.link = Some(Link {
        relation: if from_line == to_line { "start" } else { "reply" },
        target_path: Cow::Owned(target.clone()),
        from_line,
        to_line,
    });
}

fn trim_cow(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
