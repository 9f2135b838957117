//! The rows that a mapping understands.

use super::database::{Database, Fault, Table, quoted, value};
use crate::emit::Emitter;
use crate::mapping::{Mapping, TableEntry};
use crate::member::Member;
use crate::plan::Plan;
use crate::rows::values::{RowWriter, Value};
use crate::rows::{Row, RowMember};
use emma_model::Anomaly;
use std::collections::{BTreeMap, BTreeSet};

/// The first mapping that is for this database, and the entries of it that fit.
pub(super) fn choose<'p>(
    database: &Database,
    tables: &[Table],
    plan: &'p Plan,
    member: &Member<'_>,
) -> Result<Option<(&'p Mapping, Vec<&'p TableEntry>)>, Fault> {
    for mapping in plan.mappings() {
        let Some(entries) = mapping.tables() else { continue };
        if !mapping.matches(member) {
            continue;
        }
        let mut chosen: Vec<&TableEntry> = Vec::new();
        for entry in entries.iter().filter(|entry| fits(entry, tables)) {
            // Of two entries for one table the first that fits is meant (older and newer
            // layouts of one application), unless they name different parts.
            if !chosen.iter().any(|other| other.name == entry.name && other.part == entry.part) {
                chosen.push(entry);
            }
        }
        if !chosen.is_empty() {
            chosen.sort_by(|a, b| a.name.cmp(&b.name));
            database.came();
            return Ok(Some((mapping, chosen)));
        }
    }
    Ok(None)
}

/// True where the table and every column the entry needs are there.
fn fits(entry: &TableEntry, tables: &[Table]) -> bool {
    let table = |name: &str| tables.iter().find(|table| table.name == name);
    let Some(own) = table(&entry.name) else { return false };
    entry.needs.iter().all(|need| match need.split_once('.') {
        Some((other, column)) => table(other).is_some_and(|table| table.has(column)),
        None => own.has(need),
    })
}

/// Reads the chosen entries; returns the tables that were read.
pub(super) fn read(
    database: &Database,
    mapping: &Mapping,
    chosen: &[&TableEntry],
    rows: &RowMember<'_>,
    emitter: &mut Emitter<'_>,
    anomalies: &mut Vec<Anomaly>,
) -> Result<BTreeSet<String>, Fault> {
    let tables = database.tables()?;
    let mut reader = mapping.rows(&rows.member, rows.limits);
    let mut read = BTreeSet::new();
    let mut told = BTreeSet::new();
    for entry in chosen {
        let table = tables.iter().find(|table| table.name == entry.name);
        let table = table.expect("the entry was chosen for it");
        // Two entries may share a table; a row is told once.
        let shared = chosen.iter().filter(|other| other.name == entry.name).count() > 1;
        let mut once = |row: i64| !shared || told.insert((entry.name.as_str(), row));
        read.insert(table.name.clone());
        let mut emit = |row: Row<'_>, values: &[u8]| match once(row.row) {
            true => reader.row(entry, row, values, emitter).map_err(Fault::Sink),
            false => Ok(()),
        };
        let result = match &entry.query {
            None => database.each_row(table, &mut |row| {
                emit(row, row.raw).map_err(|fault| match fault {
                    Fault::Sink(error) => error,
                    Fault::Sqlite(error) => std::io::Error::other(error),
                })
            }),
            Some(query) => {
                let query = format!("{}SELECT * FROM ({query})", stand_ins(entry, &tables));
                queried(database, table, &query, &mut read, anomalies, &mut emit)
            }
        };
        match result {
            Ok(0) => {}
            Ok(left_out) => {
                let note = "rows stand twice or out of order: the table is damaged; they are not \
                            read";
                let field = format!("{} ({left_out} rows)", entry.name);
                anomalies.push(Anomaly::field("sqlite.row_misplaced", field, note));
            }
            Err(fault) => anomalies.push(fault.content_of(&entry.name).map_err(Fault::Sink)?),
        }
    }
    anomalies.extend(reader.finish());
    Ok(read)
}

/// What stands in a query, under its own name, for each table that is not there or lacks columns
/// which the entry says may be missing.
fn stand_ins(entry: &TableEntry, tables: &[Table]) -> String {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for optional in &entry.optional {
        let (table, column) = optional.split_once('.').unwrap_or((&entry.name, optional));
        wanted.entry(table).or_default().push(column);
    }
    let mut stand_ins = Vec::new();
    for (name, columns) in wanted {
        let own = quoted(name);
        match tables.iter().find(|table| table.name.eq_ignore_ascii_case(name)) {
            None => {
                let names: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
                let values = vec!["NULL"; names.len()].join(", ");
                let names = names.join(", ");
                stand_ins.push(format!("{own}({names}) AS (SELECT {values} WHERE 0)"));
            }
            Some(table) => {
                let rowid = |column: &str| column.eq_ignore_ascii_case("rowid");
                let missing = columns.iter().filter(|column| !table.has(column) && !rowid(column));
                let missing: String =
                    missing.map(|column| format!(", NULL AS {}", quoted(column))).collect();
                if !missing.is_empty() {
                    let all = table.all();
                    stand_ins.push(format!("{own} AS (SELECT {all}{missing} FROM main.{own})"));
                }
            }
        }
    }
    if stand_ins.is_empty() { String::new() } else { format!("WITH {} ", stand_ins.join(", ")) }
}

/// Takes a row and the values found for it.
type Emit<'e> = &'e mut dyn FnMut(Row<'_>, &[u8]) -> Result<(), Fault>;

/// Reads the rows that a query finds; says how many rows of the table were left out on the way.
/// Its column `row` is the number of the row of `table` that
/// the record stands for; the other columns are the values.
fn queried(
    database: &Database,
    table: &Table,
    query: &str,
    read: &mut BTreeSet<String>,
    anomalies: &mut Vec<Anomaly>,
    emit: Emit<'_>,
) -> Result<u64, Fault> {
    let mut tell = |kind: &'static str, note: &'static str| {
        let known = |told: &Anomaly| {
            told.kind.0 == kind && told.note == note && told.field.as_ref() == Some(&table.name)
        };
        if !anomalies.iter().any(known) {
            anomalies.push(Anomaly::field(kind, table.name.clone(), note));
        }
    };
    const QUERY: &str = "mapping.query";
    if !table.numbered() {
        tell(QUERY, "the table has no row numbers, so a query cannot name its rows");
        return Ok(0);
    }
    let sql = format!("{query} ORDER BY \"row\"");
    let Ok((mut statement, tables)) = database.prepare(&sql) else {
        tell(QUERY, "the mapping's query does not run on this database");
        return Ok(0);
    };
    read.extend(tables);
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let Some(number) = columns.iter().position(|column| column == "row") else {
        tell(QUERY, "the mapping's query has no column called row");
        return Ok(0);
    };
    // Both come in order of their numbers, so that the table is gone through once. A look-up by
    // number would be no better: in a damaged tree it may find another row than going through it.
    let mut own = database.select(table)?;
    let mut own = database.scan(table, &mut own)?;
    let mut values = RowWriter::default();
    let (mut last, mut repeated) = (None, 0);
    database.came();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(at) = row.get_ref(number)?.as_i64() else {
            tell(QUERY, "a result of the query names no row");
            continue;
        };
        if last.is_some_and(|last| at <= last) {
            tell("mapping.row_repeated", "the query finds a row more than once; it is read once");
            // In a damaged table, rows may come again without end.
            repeated += 1;
            if repeated > database.rows_max() {
                return Err(Fault::corrupt());
            }
            continue;
        }
        last = Some(at);
        database.came();
        values.begin();
        for (place, column) in columns.iter().enumerate().filter(|(place, _)| *place != number) {
            match value(row.get_ref(place)?) {
                Value::Null => {}
                value => values.value(column, value, database.row_bytes_max()),
            }
        }
        match own.at(at)? {
            Some(row) => emit(row, values.end())?,
            None => tell(QUERY, "a result of the query names a row that is not there"),
        }
    }
    Ok(own.left_out)
}
