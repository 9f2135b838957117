//! Bodies of web replies that applications for iOS and macOS keep in `Cache.db`.
//!
//! The URL loading system keeps replies in `cfurl_cache_receiver_data`, their addresses in
//! `cfurl_cache_response`; larger bodies lie in files of their own beside the database. Bodies in
//! cells are documents: they are read as members, by what they hold.

use super::database::{Database, Fault, Table};
use crate::rows::VisitDocument;
use std::collections::BTreeSet;

const BODIES: &str = "cfurl_cache_receiver_data";
const REPLIES: &str = "cfurl_cache_response";

/// The tables that are read here, where they are there.
pub(super) fn tables(tables: &[Table]) -> BTreeSet<String> {
    let has = |name: &str| tables.iter().any(|table| table.name == name);
    match has(BODIES) && has(REPLIES) {
        true => BTreeSet::from([BODIES.to_owned(), REPLIES.to_owned()]),
        false => BTreeSet::new(),
    }
}

/// Shows the bodies in order of their entries, under their addresses.
pub(super) fn each_body(database: &Database, visit: VisitDocument<'_>) -> Result<(), Fault> {
    if tables(&database.tables()?).is_empty() {
        return Ok(());
    }
    let (mut statement, _) = database.prepare(
        "SELECT d.receiver_data, r.request_key FROM cfurl_cache_receiver_data d
         LEFT JOIN cfurl_cache_response r ON r.entry_ID = d.entry_ID
         WHERE d.isDataOnFS = 0 ORDER BY d.entry_ID",
    )?;
    let mut rows = statement.query([])?;
    database.came();
    while let Some(row) = rows.next()? {
        database.came();
        let address = row.get_ref(1)?.as_str_or_null().ok().flatten().unwrap_or_default();
        let body = row.get_ref(0)?;
        let bytes = body.as_bytes_or_null().ok().flatten().unwrap_or_default();
        visit(address, &mut &bytes[..])?;
    }
    Ok(())
}
