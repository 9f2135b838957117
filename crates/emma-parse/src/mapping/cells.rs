//! The numbered cells of a record: every name a mapping mentions has one.

use emma_model::record::Origin;
use std::borrow::Cow;

/// Number of a cell.
pub(super) type CellNumber = u16;

/// What a cell holds for the record in hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// The record has no such column, or a JSON null.
    #[default]
    Absent,
    /// Characters, escapes of the layout undone.
    Text(Cow<'a, str>),
    /// A JSON object or array, as written.
    Nested(&'a [u8]),
}

/// Where a cell is filled from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum CellSource {
    /// The record itself.
    Column(String),
    /// A JSON object around the list of records, 1 being the nearest.
    Parent {
        /// How many objects out.
        level: usize,
        /// Its key.
        key: String,
    },
    /// A named group of the mapping's `path` pattern.
    Path(String),
    /// The lines after a log record's header.
    Body,
}

/// A cell as declared.
#[derive(Clone, Debug)]
pub(super) struct CellSpec {
    pub source: CellSource,
    /// Byte offset in the mapping's text of its first mention.
    pub mentioned: usize,
    /// How many times the mapping uses it; a value used once need not be copied.
    pub uses: u32,
}

impl CellSpec {
    /// The column's name, where it is one.
    pub fn column(&self) -> Option<&str> {
        match &self.source {
            CellSource::Column(name) => Some(name),
            _ => None,
        }
    }
}

/// The cells of the record in hand.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    pub values: Vec<Cell<'a>>,
    specs: &'a [CellSpec],
}

impl<'a> Cells<'a> {
    /// Empty cells for `specs`.
    pub fn new(specs: &'a [CellSpec]) -> Cells<'a> {
        Cells { values: vec![Cell::Absent; specs.len()], specs }
    }

    /// Puts characters into a cell.
    #[inline]
    pub fn set(&mut self, cell: CellNumber, text: Cow<'a, str>) {
        self.values[usize::from(cell)] = Cell::Text(text);
    }

    /// True where the cell holds nothing.
    pub fn is_absent(&self, cell: CellNumber) -> bool {
        matches!(self.values[usize::from(cell)], Cell::Absent)
    }

    /// The characters of a cell; a nested value as it is written, which `nested` is told.
    #[inline]
    pub fn take(&mut self, cell: CellNumber, nested: &mut bool) -> Option<Cow<'a, str>> {
        let number = usize::from(cell);
        if let Cell::Nested(bytes) = self.values[number] {
            *nested = true;
            return Some(String::from_utf8_lossy(bytes));
        }
        let value = if self.specs[number].uses <= 1 {
            std::mem::take(&mut self.values[number])
        } else {
            self.values[number].clone()
        };
        match value {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A value that many records take over: where it was read, and what it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// By cell number.
    pub values: Vec<Option<SharedValue>>,
    /// The header row that names the columns, where there is one.
    pub header: Option<Origin>,
}

/// One value of [`Shared`].
#[derive(Clone, Debug)]
pub(super) struct SharedValue {
    pub text: String,
    pub origin: Origin,
}

impl Shared {
    /// Nothing shared, for `count` cells.
    pub fn new(count: usize) -> Shared {
        Shared { values: vec![None; count], header: None }
    }

    /// Copies what is shared into the cells of a record.
    #[inline]
    pub fn fill<'a>(&'a self, cells: &mut Cells<'a>) {
        for (number, value) in self.values.iter().enumerate() {
            if let Some(value) = value
                && matches!(cells.values[number], Cell::Absent)
            {
                cells.values[number] = Cell::Text(Cow::Borrowed(&value.text));
            }
        }
    }
}
