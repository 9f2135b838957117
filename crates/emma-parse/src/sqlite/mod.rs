//! SQLite databases, read on a private copy with their write-ahead log
//! (`docs/formats/inputs/sqlite.md`).
//!
//! 1. The first mapping of the plan whose tables are there says which rows are records
//!    ([`entries`]). Without one the database is kept and its tables are listed as unread.
//! 2. Each record's leaf is the row of its table, whole and in canonical form; a query may join
//!    values from other tables, which the record then says.
//! 3. Tables that nothing read, pages that are no longer in use and damage are reported.
//!
//! Nothing in the database is trusted: no schema code runs, statements may only read, results
//! are bounded in length and in the work between two rows ([`database`]).

mod cache;
mod database;
mod entries;
mod functions;

use crate::emit::Emitter;
use crate::format::{Format, Read};
use crate::plan::Plan;
use crate::rows::{OpenRows, Opening, RowFormat, RowMember, RowsEnd, VisitDocument, VisitRow};
use database::{Database, Fault};
use emma_model::Anomaly;
use std::io;

/// The first bytes of a database (SQLite file format, section 1.3.1).
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The first bytes of a write-ahead log, the last bit aside (section 4.1).
const LOG_MAGIC: [u8; 3] = [0x37, 0x7f, 0x06];
/// Tables listed by name as unread.
const UNREAD_LISTED_MAX: usize = 200;

/// SQLite databases of any application.
pub(crate) const FORMAT: Format = Format {
    name: "sqlite",
    version: 1,
    title: "SQLite database, by a mapping (with its write-ahead log inside one archive)",
    tested: "databases of one public phone extraction; databases written by SQLite itself",
    recognises: |head| head.bytes.starts_with(MAGIC),
    read: Read::Rows(RowFormat { open, documents: true }),
};

/// What is odd about a write-ahead log that came without its database.
pub(crate) fn lone_log(head: &[u8]) -> Option<Anomaly> {
    let is_log = head.starts_with(&LOG_MAGIC) && matches!(head.get(3), Some(0x82 | 0x83));
    is_log.then(|| {
        let note = "a write-ahead log apart from its database; deliver both in one zip";
        Anomaly::new("sqlite.log_apart", note)
    })
}

/// An open database, and the member it is.
struct Tables<'m> {
    database: Database,
    rows: RowMember<'m>,
}

fn open<'m>(rows: &RowMember<'m>) -> io::Result<Opening<'m>> {
    match Database::open(rows.copy, rows.limits) {
        Ok(database) => Ok(Ok(Box::new(Tables { database, rows: *rows }))),
        Err(fault) => fault.content().map(Err),
    }
}

impl OpenRows for Tables<'_> {
    fn read(&mut self, plan: &Plan, emitter: &mut Emitter<'_>) -> io::Result<RowsEnd> {
        let mut anomalies = Vec::new();
        let mapping = match tables(&self.database, &self.rows, plan, emitter, &mut anomalies) {
            Ok(mapping) => mapping,
            Err(fault) => {
                anomalies.push(fault.content()?);
                None
            }
        };
        Ok(RowsEnd { mapping, anomalies })
    }

    fn each_row(&mut self, visit: VisitRow<'_>) -> io::Result<()> {
        let mut all = || -> Result<(), Fault> {
            for table in self.database.tables()? {
                // Damage in one table is no reason to miss the next.
                if let Err(fault) = self.database.each_row(&table, visit) {
                    fault.content().map_err(Fault::Sink)?;
                }
            }
            Ok(())
        };
        all().or_else(|fault| fault.content().map(|_| ()))
    }

    fn each_document(&mut self, visit: VisitDocument<'_>) -> io::Result<()> {
        cache::each_body(&self.database, visit).or_else(|fault| fault.content().map(|_| ()))
    }
}

/// Reads what a mapping understands and lists what none does; names the mapping.
fn tables(
    database: &Database,
    rows: &RowMember<'_>,
    plan: &Plan,
    emitter: &mut Emitter<'_>,
    anomalies: &mut Vec<Anomaly>,
) -> Result<Option<String>, Fault> {
    let tables = database.tables()?;
    let found = entries::choose(database, &tables, plan, &rows.member)?;
    let mut read = cache::tables(&tables);
    let mut name = None;
    if let Some((mapping, chosen)) = found {
        name = Some(mapping.name().to_owned());
        read.extend(entries::read(database, mapping, &chosen, rows, emitter, anomalies)?);
    }
    let unread = tables.iter().filter(|table| !read.contains(&table.name));
    let mut listed = 0;
    for table in unread {
        let count = match database.count(table) {
            Ok(0) => continue,
            Ok(count) => count.to_string(),
            Err(fault) => {
                anomalies.push(fault.content_of(&table.name).map_err(Fault::Sink)?);
                "?".to_owned()
            }
        };
        listed += 1;
        if listed <= UNREAD_LISTED_MAX {
            let field = format!("{} ({count} rows)", table.name);
            let note = "nothing reads the rows of this table; the database is kept whole";
            anomalies.push(Anomaly::field("sqlite.table_unread", field, note));
        }
    }
    if listed > UNREAD_LISTED_MAX {
        let field = format!("{} more", listed - UNREAD_LISTED_MAX);
        let note = "nothing reads the rows of these tables; the database is kept whole";
        anomalies.push(Anomaly::field("sqlite.tables_unread", field, note));
    }
    for name in database.unreadable(&tables)?.into_iter().take(UNREAD_LISTED_MAX) {
        let note = "a virtual table, or one whose definition does not parse; it is not read";
        anomalies.push(Anomaly::field("sqlite.table_unreadable", name, note));
    }
    let free = database.free_pages()?;
    if free > 0 {
        let note = "pages no longer in use may hold deleted rows; they are not read";
        anomalies.push(Anomaly::field("sqlite.freelist", format!("{free} pages"), note));
    }
    Ok(name)
}
