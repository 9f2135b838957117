//! Rows of a database or spreadsheet by a mapping.

use super::Mapping;
use super::compile_engine::Engine;
use super::keys::Keys;
use super::reader::Reader;
use crate::emit::Emitter;
use crate::exhibit;
use crate::limits::Limits;
use crate::member::Member;
use crate::rows::Row;
use crate::window::Window;
use emma_model::{Anomaly, RecordKind};
use std::io;

/// A table or sheet whose rows are records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TableEntry {
    /// The table's or sheet's name; `*` is any sheet.
    pub name: String,
    /// Tells entries apart that read different rows of one table.
    pub part: String,
    /// Columns that must be there, `COLUMN` of this table or `TABLE.COLUMN`.
    pub needs: Vec<String>,
    /// For databases: columns that the query names and that may not be there, written alike. They
    /// are empty then, and a table that is not there has no rows.
    pub optional: Vec<String>,
    /// For databases: what is read instead of the rows as they are. Its column `row` is the
    /// number of the row that the record stands for.
    pub query: Option<String>,
    /// The kind of these records, whatever `kind` says.
    pub kind: Option<RecordKind>,
    /// For sheets: the row that names the columns, from 1; without it the first that is not
    /// empty.
    pub header_row: Option<i64>,
}

/// The reading of the rows of one member by one mapping.
pub(crate) struct RowsReader<'m> {
    reader: Reader<'m>,
    keys: &'m Keys,
    /// Every row came from a query, which says itself which columns are wanted.
    queried: bool,
}

impl Mapping {
    /// The tables it reads, where its layout is `table`.
    pub(crate) fn tables(&self) -> Option<&[TableEntry]> {
        match &self.0.compiled.engine {
            Engine::Table(rule) => Some(&rule.entries),
            _ => None,
        }
    }

    /// Starts reading rows of `member`. The mapping's layout is `table`.
    pub(crate) fn rows<'m>(&'m self, member: &Member<'_>, limits: &'m Limits) -> RowsReader<'m> {
        let Engine::Table(rule) = &self.0.compiled.engine else {
            panic!("only a mapping of tables reads rows");
        };
        let reader = Reader::of_rows(&self.0.compiled, member, limits);
        RowsReader { reader, keys: &rule.keys, queried: true }
    }
}

impl RowsReader<'_> {
    /// Emits a row as a record. `values` is a JSON object of what the record's values are read
    /// from: the row itself, or what a query found.
    pub fn row(
        &mut self,
        entry: &TableEntry,
        row: Row<'_>,
        values: &[u8],
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        let queried = entry.query.is_some();
        self.queried &= queried;
        self.reader.row_record(self.keys, values, entry.kind, queried, row, emitter)
    }

    /// Ends the reading: what is odd about the member.
    pub fn finish(self) -> Vec<Anomaly> {
        match self.queried {
            true => self.reader.anomalies,
            false => self.reader.finish(),
        }
    }
}

/// Accounts for a text that a mapping of tables was told to read.
pub(super) fn not_rows(
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<()> {
    let note = "the mapping is for tables, and this is no database or spreadsheet";
    exhibit::all_anomaly(&Anomaly::new("mapping.layout", note), window, emitter, limits)
}
