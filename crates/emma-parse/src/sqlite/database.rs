//! A hostile database, opened so that it can only be read, within limits.

use super::functions;
use crate::limits::Limits;
use crate::rows::values::{RowWriter, Value};
use crate::rows::{Row, VisitRow};
use emma_model::Anomaly;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Rows, Statement, ffi};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Virtual machine steps between two looks at how much work was done.
const STEPS: i32 = 1_000_000;
/// How many times [`STEPS`] may pass between two rows: a query that finds nothing for longer is
/// stopped. Some 20 seconds.
const STEPS_MAX: u32 = 2_000;
/// Longest value, in bytes.
const VALUE_BYTES_MAX: i32 = 256 << 20;
/// Bytes of a file that a row takes at least: two where its cell is told, two for the cell (SQLite
/// file format, section 1.6).
const ROW_BYTES_MIN: u64 = 4;
/// Longest statement, in bytes.
const STATEMENT_BYTES_MAX: i32 = 1 << 20;

/// Why reading a database stopped.
pub(super) enum Fault {
    /// The database, or a query on it.
    Sqlite(rusqlite::Error),
    /// Who is shown the rows, or the disk under the copy.
    Sink(io::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sqlite(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Sink(error)
    }
}

impl Fault {
    /// Damage that SQLite itself did not notice.
    pub fn corrupt() -> Fault {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None).into()
    }

    /// The fault as a finding about the database; an error where the disk or the sink failed.
    pub fn content(self) -> io::Result<Anomaly> {
        let error = match self {
            Fault::Sink(error) => return Err(error),
            Fault::Sqlite(error) => error,
        };
        Ok(match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"));
            }
            Some(ErrorCode::OperationInterrupted) => {
                Anomaly::new("sqlite.too_slow", "a query took too long and was stopped")
            }
            Some(ErrorCode::NotADatabase) => {
                let note = "the file starts like a database and is none, or is encrypted";
                Anomaly::new("sqlite.unreadable", note)
            }
            Some(ErrorCode::DatabaseCorrupt) => {
                let note = "the database is damaged; rows after this point are missing";
                Anomaly::new("sqlite.corrupt", note)
            }
            Some(ErrorCode::TooBig) => {
                Anomaly::new("sqlite.too_big", "a value is longer than 256 MiB")
            }
            _ => Anomaly::new("sqlite.failed", "the database cannot be read on"),
        })
    }

    /// Like [`Fault::content`], naming the table.
    pub fn content_of(self, table: &str) -> io::Result<Anomaly> {
        self.content().map(|anomaly| Anomaly { field: Some(table.to_owned()), ..anomaly })
    }
}

/// A table of rows (no view, no virtual table).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Table {
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// What its row number is called; `None` for tables without one.
    row: Option<&'static str>,
}

impl Table {
    /// `SELECT` of all rows with their number, in order.
    fn select(&self) -> String {
        let name = quoted(&self.name);
        match self.row {
            Some(row) => format!("SELECT {row}, * FROM {name} ORDER BY {row}"),
            // Such tables are kept in the order of their key.
            None => format!("SELECT 0, * FROM {name}"),
        }
    }

    /// All its columns in a `SELECT`, with the row's number where that is no column of its own.
    pub fn all(&self) -> String {
        self.row.map_or_else(|| "*".to_owned(), |row| format!("{row}, *"))
    }

    /// True where its rows have numbers of their own.
    pub fn numbered(&self) -> bool {
        self.row.is_some()
    }

    /// True where it has the column, in whatever case.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|own| own.eq_ignore_ascii_case(column))
    }
}

/// A name in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The open database.
pub(super) struct Database {
    connection: Connection,
    work: Arc<AtomicU32>,
    tables_read: Arc<Mutex<BTreeSet<String>>>,
    row_bytes_max: usize,
    /// More rows than this in a table are not rows: each takes some bytes of the file.
    rows_max: u64,
}

impl Database {
    /// Opens a private copy. It may be written (a write-ahead log is folded in on the way), the
    /// statements run on it may not.
    pub fn open(copy: &Path, limits: &Limits) -> Result<Database, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let bytes = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        let mut log = copy.as_os_str().to_owned();
        log.push("-wal");
        let rows_max = (bytes(copy) + bytes(Path::new(&log))) / ROW_BYTES_MIN;
        let mut connection = Connection::open_with_flags(copy, flags)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;
             PRAGMA cache_size = -16384; PRAGMA temp_store = FILE; PRAGMA query_only = ON;",
        )?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, STATEMENT_BYTES_MAX)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        functions::add(&connection)?;
        let work = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&work);
        connection.progress_handler(
            STEPS,
            Some(move || counted.fetch_add(1, Ordering::Relaxed) >= STEPS_MAX),
        )?;
        let tables_read: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let read = Arc::clone(&tables_read);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            allow(&context.action, &mut read.lock().unwrap_or_else(PoisonError::into_inner))
        }))?;
        let database = Database {
            connection,
            work,
            tables_read,
            row_bytes_max: limits.record_bytes_max,
            rows_max,
        };
        // The journal mode is asked for first: a damaged header shows here.
        database.connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
        Ok(database)
    }

    /// Its tables by name.
    pub fn tables(&self) -> Result<Vec<Table>, Fault> {
        let mut names = self.connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'
             ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
        )?;
        let names: Vec<String> =
            names.query_map([], |row| row.get::<_, String>(0))?.flatten().collect();
        let mut tables = Vec::new();
        for name in names {
            // A table whose definition does not parse is damage of that table alone.
            let Ok(statement) =
                self.connection.prepare(&format!("SELECT * FROM {}", quoted(&name)))
            else {
                continue;
            };
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let shadowed = |row: &str| columns.iter().any(|own| own.eq_ignore_ascii_case(row));
            let row = ["rowid", "_rowid_", "oid"].into_iter().find(|row| {
                let select = format!("SELECT {row} FROM {}", quoted(&name));
                // `INTEGER PRIMARY KEY` columns may bear the name and are the number.
                !shadowed(row) && self.connection.prepare(&select).is_ok()
            });
            tables.push(Table { name, columns, row });
        }
        Ok(tables)
    }

    /// Names in the schema that are no table of [`Database::tables`]: virtual tables, whose rows
    /// lie in other tables, and definitions that do not parse.
    pub fn unreadable(&self, tables: &[Table]) -> Result<Vec<String>, Fault> {
        let mut names = self.connection.prepare(
            "SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table'
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )?;
        let names: Vec<Vec<u8>> = names.query_map([], |row| row.get(0))?.flatten().collect();
        let names = names.iter().map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(names.filter(|name| !tables.iter().any(|table| table.name == *name)).collect())
    }

    /// A statement that may only read, and the tables it reads.
    pub fn prepare(&self, sql: &str) -> Result<(Statement<'_>, BTreeSet<String>), Fault> {
        self.tables_read.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let prepared = self.connection.prepare(sql);
        let mut read = self.tables_read.lock().unwrap_or_else(PoisonError::into_inner);
        let read = std::mem::take(&mut *read);
        Ok((prepared?, read))
    }

    /// Says that a row came: the work before the next one is counted anew.
    pub fn came(&self) {
        self.work.store(0, Ordering::Relaxed);
    }

    /// How many rows a table has. Counted one by one: the short cut for counting goes through a
    /// tree that leads into itself without end, and no limit stops it.
    pub fn count(&self, table: &Table) -> Result<u64, Fault> {
        self.came();
        let (name, most) = (quoted(&table.name), self.rows_max + 1);
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {most})");
        let count = self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        let count = count.cast_unsigned();
        if count > self.rows_max { Err(Fault::corrupt()) } else { Ok(count) }
    }

    /// Pages that are no longer in use.
    pub fn free_pages(&self) -> Result<u64, Fault> {
        let free = self.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0));
        Ok(free.map(i64::cast_unsigned)?)
    }

    /// Shows all rows of a table in order; says how many were left out, see [`Scan`].
    pub fn each_row(&self, table: &Table, visit: VisitRow<'_>) -> Result<u64, Fault> {
        let (mut statement, _) = self.prepare(&table.select())?;
        let mut scan = self.scan(table, &mut statement)?;
        while let Some(row) = scan.next()? {
            visit(row)?;
        }
        Ok(scan.left_out)
    }

    /// The statement that [`Database::scan`] goes through.
    pub fn select(&self, table: &Table) -> Result<Statement<'_>, Fault> {
        Ok(self.prepare(&table.select())?.0)
    }

    /// Starts to go through a table.
    pub fn scan<'s>(
        &'s self,
        table: &'s Table,
        select: &'s mut Statement<'_>,
    ) -> Result<Scan<'s>, Fault> {
        self.came();
        let rows = select.query([])?;
        let writer = RowWriter::default();
        Ok(Scan { database: self, table, rows, writer, last: None, count: 0, left_out: 0 })
    }

    /// The most rows that a table of this file can have.
    pub fn rows_max(&self) -> u64 {
        self.rows_max
    }

    /// Longest row written out, in bytes.
    pub fn row_bytes_max(&self) -> usize {
        self.row_bytes_max
    }
}

/// The rows of a table in order of their numbers.
///
/// A damaged tree may lead to a page twice, or in circles. A row whose number does not follow the
/// one before is left out, so that each comes once and none is another's; more rows than the file
/// has room for are the end of the table.
pub(super) struct Scan<'s> {
    database: &'s Database,
    table: &'s Table,
    rows: Rows<'s>,
    writer: RowWriter,
    last: Option<i64>,
    count: u64,
    /// Rows that were left out so far.
    pub left_out: u64,
}

impl Scan<'_> {
    /// The next row; `None` after the last.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Fault> {
        match self.advance()? {
            Some(_) => self.row().map(Some),
            None => Ok(None),
        }
    }

    /// The row with this number, going forward to it; `None` where it is not there or lies behind.
    pub fn at(&mut self, number: i64) -> Result<Option<Row<'_>>, Fault> {
        while self.last.is_none_or(|last| last < number) {
            if self.advance()?.is_none() {
                return Ok(None);
            }
        }
        if self.last == Some(number) { self.row().map(Some) } else { Ok(None) }
    }

    /// Goes to the next row and gives its number.
    fn advance(&mut self) -> Result<Option<i64>, Fault> {
        loop {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            self.count += 1;
            let own = row.get_ref(0)?.as_i64().unwrap_or(0);
            let number = if self.table.numbered() { own } else { self.count.cast_signed() };
            if self.count > self.database.rows_max {
                return Err(Fault::corrupt());
            }
            if self.last.is_none_or(|last| last < number) {
                self.database.came();
                self.last = Some(number);
                return Ok(self.last);
            }
            self.left_out += 1;
        }
    }

    /// The row it stands at.
    fn row(&mut self) -> Result<Row<'_>, Fault> {
        let row = self.rows.get().expect("it stands at a row");
        self.writer.begin();
        for (at, column) in self.table.columns.iter().enumerate() {
            let value = value(row.get_ref(at + 1)?);
            self.writer.value(column, value, self.database.row_bytes_max);
        }
        let number = self.last.expect("the row it stands at has a number");
        Ok(Row { table: &self.table.name, row: number, raw: self.writer.end() })
    }
}

/// A value as SQLite keeps it.
pub(super) fn value(value: ValueRef<'_>) -> Value<'_> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(text),
        ValueRef::Blob(bytes) => Value::Blob(bytes),
    }
}

/// What a statement may do: read, and call functions. The tables it reads are noted.
fn allow(action: &AuthAction<'_>, tables: &mut BTreeSet<String>) -> Authorization {
    match action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Pragma { pragma_name: "freelist_count" | "schema_version", .. } => {
            Authorization::Allow
        }
        AuthAction::Read { table_name, .. } => {
            tables.insert((*table_name).to_owned());
            Authorization::Allow
        }
        AuthAction::Function { function_name }
            if !function_name.eq_ignore_ascii_case("load_extension") =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}
