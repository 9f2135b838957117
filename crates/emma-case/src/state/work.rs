//! Questions of the pipeline: what is done and what is not.

use super::State;
use crate::error::Result;
use std::collections::BTreeSet;

impl State {
    /// Log indices of receipts whose last part is in a snapshot.
    pub fn published_receipts(&self) -> Result<BTreeSet<u64>> {
        let sql = "SELECT value FROM snapshots, json_each(inputs) WHERE part = parts";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
        let found: rusqlite::Result<Vec<i64>> = rows.collect();
        Ok(found?.into_iter().map(|entry| entry.max(0) as u64).collect())
    }

    /// How many parts of a receipt are in snapshots.
    pub fn parts_of_receipt(&self, receipt: u64) -> Result<u32> {
        let sql = "SELECT coalesce(max(part), 0) FROM snapshots, json_each(inputs)
                   WHERE value = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([receipt as i64], |row| row.get(0))?)
    }

    /// Digests of the payloads that list the files of each snapshot, oldest first.
    pub fn snapshot_files(&self) -> Result<Vec<String>> {
        let mut statement =
            self.connection.prepare_cached("SELECT files FROM snapshots ORDER BY number")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
