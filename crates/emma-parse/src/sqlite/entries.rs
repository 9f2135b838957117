//! The rows that a mapping understands.

use super::database::{Database, Fault, Table, value};
use crate::emit::Emitter;
use crate::mapping::{Mapping, TableEntry};
use crate::member::Member;
use crate::plan::Plan;
use crate::rows::values::{RowWriter, Value};
use crate::rows::{Row, RowMember};
use emma_model::Anomaly;
use std::collections::BTreeSet;

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
            Some(query) => queried(database, table, query, &mut read, anomalies, &mut emit),
        };
        if let Err(fault) = result {
            anomalies.push(fault.content_of(&entry.name).map_err(Fault::Sink)?);
        }
    }
    anomalies.extend(reader.finish());
    Ok(read)
}

/// Takes a row and the values found for it.
type Emit<'e> = &'e mut dyn FnMut(Row<'_>, &[u8]) -> Result<(), Fault>;

/// Reads the rows that a query finds. Its column `row` is the number of the row of `table` that
/// the record stands for; the other columns are the values.
fn queried(
    database: &Database,
    table: &Table,
    query: &str,
    read: &mut BTreeSet<String>,
    anomalies: &mut Vec<Anomaly>,
    emit: Emit<'_>,
) -> Result<(), Fault> {
    let fail = |anomalies: &mut Vec<Anomaly>, note: &'static str| {
        anomalies.push(Anomaly::field("mapping.query", table.name.clone(), note));
        Ok(())
    };
    let Some(one) = table.select_one() else {
        return fail(anomalies, "the table has no row numbers, so a query cannot name its rows");
    };
    let sql = format!("SELECT * FROM ({query}) ORDER BY \"row\"");
    let Ok((mut statement, tables)) = database.prepare(&sql) else {
        return fail(anomalies, "the mapping's query does not run on this database");
    };
    read.extend(tables);
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let Some(number) = columns.iter().position(|column| column == "row") else {
        return fail(anomalies, "the mapping's query has no column called row");
    };
    let (mut own, _) = database.prepare(&one)?;
    let (mut raw, mut values) = (RowWriter::default(), RowWriter::default());
    let mut last = None;
    database.came();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        database.came();
        let Ok(at) = row.get_ref(number)?.as_i64() else {
            fail(anomalies, "a result of the query names no row")?;
            continue;
        };
        if last.replace(at) == Some(at) {
            let note = "the query finds a row more than once; it is read once";
            let known = anomalies.iter().any(|known| known.kind.0 == "mapping.row_repeated");
            if !known {
                let repeated = Anomaly::field("mapping.row_repeated", table.name.clone(), note);
                anomalies.push(repeated);
            }
            continue;
        }
        values.begin();
        for (place, column) in columns.iter().enumerate().filter(|(place, _)| *place != number) {
            match value(row.get_ref(place)?) {
                Value::Null => {}
                value => values.value(column, value, database.row_bytes_max()),
            }
        }
        let mut found = own.query([at])?;
        let Some(stored) = found.next()? else {
            fail(anomalies, "a result of the query names a row that is not there")?;
            continue;
        };
        raw.begin();
        for (place, column) in table.columns.iter().enumerate() {
            raw.value(column, value(stored.get_ref(place + 1)?), database.row_bytes_max());
        }
        emit(Row { table: &table.name, row: at, raw: raw.end() }, values.end())?;
    }
    Ok(())
}
