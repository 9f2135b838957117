//! Members of rows: databases and spreadsheets, which have no stable byte spans.
//!
//! Such a member is copied to a private file, is one blob leaf as a whole (so that its bytes are
//! accounted for like those of any other), and each row read is a leaf beside it, whose raw
//! bytes are the row's values in canonical JSON ([`values`], `docs/formats/rows.md`). Rows that
//! nothing read are counted by table and reported. Documents in cells are members.
//!
//! A format only opens the copy and goes through it ([`RowFormat`]); all else is done for all of
//! them in `exhibit/kept.rs`.

mod copy;
pub(crate) mod values;

pub(crate) use copy::{Beside, PrivateCopy};

use crate::emit::Emitter;
use crate::limits::Limits;
use crate::member::Member;
use crate::plan::Plan;
use emma_model::Anomaly;
use std::io;
use std::path::Path;

/// A member of rows, on its private copy.
#[derive(Clone, Copy)]
pub(crate) struct RowMember<'a> {
    /// The member.
    pub member: Member<'a>,
    /// A copy that nobody else sees; a write-ahead log lies beside it where one was delivered.
    pub copy: &'a Path,
    /// How much of it is read.
    pub limits: &'a Limits,
}

/// One row of a table, in canonical form.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Table or sheet.
    pub table: &'a str,
    /// Its number as the format counts it.
    pub row: i64,
    /// Its values in canonical JSON.
    pub raw: &'a [u8],
}

/// What a reading of rows found out besides rows.
pub(crate) struct RowsEnd {
    /// The name of the mapping that read them, where one did.
    pub mapping: Option<String>,
    /// What is odd about the member as a whole.
    pub anomalies: Vec<Anomaly>,
}

/// Is shown rows.
pub(crate) type VisitRow<'v> = &'v mut dyn FnMut(Row<'_>) -> io::Result<()>;
/// Is shown documents that lie in cells: what they are called, and their bytes.
pub(crate) type VisitDocument<'v> = &'v mut dyn FnMut(&str, &mut dyn io::Read) -> io::Result<()>;

/// A format whose members are rows.
#[derive(Clone, Copy)]
pub(crate) struct RowFormat {
    /// Opens a member.
    pub open: for<'m> fn(&RowMember<'m>) -> io::Result<Opening<'m>>,
    /// Whether its cells may hold documents that are members of their own.
    pub documents: bool,
}

/// An opened member or, where it cannot be read at all, why.
pub(crate) type Opening<'m> = Result<Box<dyn OpenRows + 'm>, Anomaly>;

/// An open member of rows. Damage is content; errors are those of the disk and the sink.
pub(crate) trait OpenRows {
    /// Reads the rows that a mapping of the plan, or the format itself, understands.
    fn read(&mut self, plan: &Plan, emitter: &mut Emitter<'_>) -> io::Result<RowsEnd>;

    /// Shows every row of every table, tables by name and rows by number, whoever reads them.
    fn each_row(&mut self, visit: VisitRow<'_>) -> io::Result<()>;

    /// Shows the documents in cells that are members of their own, in a fixed order.
    fn each_document(&mut self, _visit: VisitDocument<'_>) -> io::Result<()> {
        Ok(())
    }
}
