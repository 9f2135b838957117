//! Questions to the state database.

use super::State;
use crate::authority::Authority;
use crate::error::{CaseError, Result};
use emma_evidence::payload::{ReceiptLine, Totals};
use emma_model::{Digest, Micros};
use rusqlite::{OptionalExtension as _, Row, params};
use std::collections::{BTreeMap, BTreeSet};

/// An authority of the case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthorityState {
    /// Log index of its entry.
    pub entry: u64,
    /// When it was added.
    pub at: Micros,
    /// What it says.
    pub authority: Authority,
    /// Sources that were taken in under it, sorted.
    pub taken_in: Vec<String>,
}

/// A hand-over of files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryState {
    /// Log index of its entry, which is its id in the case.
    pub entry: u64,
    /// The source.
    pub source: String,
    /// Who handed it over.
    pub sender: String,
    /// The authority's id.
    pub authority: String,
    /// Custody before receipt.
    pub custody: String,
    /// When it was received.
    pub received: Micros,
    /// Exhibits, repetitions included.
    pub exhibits: u64,
    /// Bytes, repetitions included.
    pub bytes: u64,
    /// Exhibits that were in the case before.
    pub repeated: u64,
}

/// A delivered file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExhibitState {
    /// Its id, 64 hex digits.
    pub id: String,
    /// Its source.
    pub source: String,
    /// Delivered path, bytes as found.
    pub path: Vec<u8>,
    /// SHA-256 of its bytes, 64 hex digits.
    pub digest: String,
    /// How many bytes.
    pub bytes: u64,
    /// Log index of the first delivery that brought it.
    pub delivery: u64,
}

impl ExhibitState {
    /// The delivered path for people; what is not UTF-8 is replaced.
    pub fn shown_path(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }
}

/// One reading of an exhibit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadingState {
    /// Log index of the receipt.
    pub receipt: u64,
    /// Place of the exhibit's line in the receipt's line set.
    pub line: u64,
    /// The line.
    pub ledger: ReceiptLine,
}

/// A published state of the derived data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotState {
    /// Its number.
    pub number: u64,
    /// Log index of its entry.
    pub entry: u64,
    /// When it was published.
    pub at: Micros,
    /// Digest of its manifest.
    pub manifest: Digest,
    /// Digest of the payload that lists its files, 64 hex digits.
    pub files: String,
    /// Root of every table by name, 64 hex digits.
    pub roots: BTreeMap<String, String>,
    /// Log indices of the receipts and decisions it was computed from.
    pub inputs: Vec<u64>,
}

/// A note on an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteState {
    /// Log index of its entry.
    pub entry: u64,
    /// What it is about.
    pub subject: String,
    /// Key name of who wrote it.
    pub actor: Option<String>,
    /// The authority it was written under.
    pub authority: String,
    /// When.
    pub at: Micros,
    /// The snapshot its subject was read from.
    pub snapshot: Option<u64>,
    /// The note.
    pub text: String,
}

/// One entry of the log, for the audit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineEntry {
    /// Log index.
    pub entry: u64,
    /// The entry's own id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Key name of who signed.
    pub actor: Option<String>,
    /// The authority it was done under.
    pub authority: Option<String>,
    /// When, by the actor's machine.
    pub at: Option<Micros>,
    /// Why.
    pub reason: Option<String>,
    /// The id it is about.
    pub about: Option<String>,
    /// What was done.
    pub detail: serde_json::Value,
}

/// Which entries of the timeline are wanted. Empty: all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimelineFilter {
    /// Key names of actors.
    pub actors: Option<BTreeSet<String>>,
    /// The kind, or its first dotted parts (`access`).
    pub kind: Option<String>,
    /// The id an entry is about.
    pub about: Option<String>,
}

impl TimelineFilter {
    fn wants(&self, entry: &TimelineEntry) -> bool {
        let actor = self
            .actors
            .as_ref()
            .is_none_or(|wanted| entry.actor.as_ref().is_some_and(|actor| wanted.contains(actor)));
        let kind = self.kind.as_ref().is_none_or(|wanted| {
            let rest = entry.kind.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        actor && kind && self.about.as_ref().is_none_or(|id| entry.about.as_ref() == Some(id))
    }
}

const EXHIBIT: &str = "SELECT id, source, path, digest, bytes, delivery FROM exhibits";

fn exhibit(row: &Row<'_>) -> rusqlite::Result<ExhibitState> {
    Ok(ExhibitState {
        id: row.get(0)?,
        source: row.get(1)?,
        path: row.get(2)?,
        digest: row.get(3)?,
        bytes: number(row, 4)?,
        delivery: number(row, 5)?,
    })
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.max(0) as u64)
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| CaseError::Corrupt {
        object: super::STATE_FILE.to_owned(),
        what: "a row does not hold the JSON it should; delete the file".to_owned(),
    })
}

impl State {
    /// The authorities, in the order they were added.
    pub fn authorities(&self) -> Result<Vec<AuthorityState>> {
        let sql = "SELECT id, entry, at, text FROM authorities ORDER BY entry";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows: Vec<(String, u64, Micros, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, number(row, 1)?, row.get(2)?, row.get(3)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let read = |(id, entry, at, text): (String, u64, Micros, String)| {
            let authority = Authority::parse(&text).map_err(|_| CaseError::Corrupt {
                object: format!("authority {id}"),
                what: "its text in the log is not one this program reads".to_owned(),
            })?;
            let taken_in = self.sources_of(&id)?;
            Ok(AuthorityState { entry, at, authority, taken_in })
        };
        rows.into_iter().map(read).collect()
    }

    /// The sources taken in under an authority, sorted.
    pub fn sources_of(&self, authority: &str) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT source FROM deliveries WHERE authority = ?1 ORDER BY source";
        self.names(sql, params![authority])
    }

    /// Every source of the case, sorted.
    pub fn sources(&self) -> Result<Vec<String>> {
        self.names("SELECT DISTINCT source FROM deliveries ORDER BY source", params![])
    }

    /// The authority under which a source was first taken in.
    pub fn authority_of_source(&self, source: &str) -> Result<Option<String>> {
        let sql = "SELECT authority FROM deliveries WHERE source = ?1 ORDER BY entry LIMIT 1";
        Ok(self.connection.query_row(sql, [source], |row| row.get(0)).optional()?)
    }

    fn names(&self, sql: &str, given: &[&dyn rusqlite::ToSql]) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let names = statement.query_map(given, |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// The names of known actors by key name.
    pub fn actor_names(&self) -> Result<BTreeMap<String, String>> {
        let mut statement = self.connection.prepare_cached("SELECT key_name, name FROM actors")?;
        let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Deliveries, oldest first.
    pub fn deliveries(&self) -> Result<Vec<DeliveryState>> {
        let sql = "SELECT entry, source, sender, authority, custody, received, exhibits, bytes,
                   repeated FROM deliveries ORDER BY entry";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(DeliveryState {
                entry: number(row, 0)?,
                source: row.get(1)?,
                sender: row.get(2)?,
                authority: row.get(3)?,
                custody: row.get(4)?,
                received: row.get(5)?,
                exhibits: number(row, 6)?,
                bytes: number(row, 7)?,
                repeated: number(row, 8)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The exhibit with that id (64 hex digits).
    pub fn exhibit(&self, id: &str) -> Result<Option<ExhibitState>> {
        let mut statement = self.connection.prepare_cached(&format!("{EXHIBIT} WHERE id = ?1"))?;
        Ok(statement.query_row([id], exhibit).optional()?)
    }

    /// Every exhibit, by id.
    pub fn exhibits(&self) -> Result<Vec<ExhibitState>> {
        let mut statement = self.connection.prepare_cached(&format!("{EXHIBIT} ORDER BY id"))?;
        let rows = statement.query_map([], exhibit)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Exhibits delivered under that path, by id.
    pub fn exhibits_at(&self, path: &[u8]) -> Result<Vec<ExhibitState>> {
        let sql = format!("{EXHIBIT} WHERE path = ?1 ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([path], exhibit)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Exhibits of one delivery, in the order of their ids, and whether each repeated one.
    pub fn exhibits_of(&self, delivery: u64) -> Result<Vec<(ExhibitState, bool)>> {
        let sql = "SELECT e.id, e.source, e.path, e.digest, e.bytes, e.delivery, d.repeated
                   FROM deliveries_of_exhibits d JOIN exhibits e ON e.id = d.exhibit
                   WHERE d.delivery = ?1 ORDER BY e.id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows =
            statement.query_map([delivery as i64], |row| Ok((exhibit(row)?, row.get(6)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The current reading of an exhibit: the last one counts. `None` before the first.
    pub fn reading(&self, exhibit: &str) -> Result<Option<ReadingState>> {
        let sql = "SELECT receipt, line, ledger FROM readings WHERE exhibit = ?1
                   ORDER BY receipt DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = |row: &Row<'_>| Ok((number(row, 0)?, number(row, 1)?, row.get::<_, String>(2)?));
        let Some((receipt, line, ledger)) = statement.query_row([exhibit], row).optional()? else {
            return Ok(None);
        };
        Ok(Some(ReadingState { receipt, line, ledger: json(&ledger)? }))
    }

    /// The current readings of all exhibits, by exhibit id.
    pub fn readings(&self) -> Result<Vec<ReadingState>> {
        let sql = "SELECT receipt, line, ledger FROM readings r WHERE receipt =
                   (SELECT max(receipt) FROM readings WHERE exhibit = r.exhibit)
                   ORDER BY exhibit";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut readings = Vec::new();
        while let Some(row) = rows.next()? {
            let ledger = json(&row.get::<_, String>(2)?)?;
            let (receipt, line) = (number(row, 0)?, number(row, 1)?);
            readings.push(ReadingState { receipt, line, ledger });
        }
        Ok(readings)
    }

    /// Log indices of the receipts of a delivery, oldest first.
    pub fn receipts_of(&self, delivery: u64) -> Result<Vec<u64>> {
        let sql = "SELECT entry FROM receipts WHERE delivery = ?1 ORDER BY entry";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([delivery as i64], |row| number(row, 0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Totals of every receipt, by log index.
    pub fn receipt_totals(&self) -> Result<Vec<(u64, Totals)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT entry, totals FROM receipts ORDER BY entry")?;
        let rows =
            statement.query_map([], |row| Ok((number(row, 0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (entry, totals) = row?;
            Ok((entry, json(&totals)?))
        })
        .collect()
    }

    /// The latest snapshot; `None` before the first is published.
    pub fn snapshot(&self) -> Result<Option<SnapshotState>> {
        let sql = "SELECT number, entry, at, manifest, files, roots, inputs FROM snapshots
                   ORDER BY entry DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let manifest: String = row.get(3)?;
        Ok(Some(SnapshotState {
            number: number(row, 0)?,
            entry: number(row, 1)?,
            at: row.get(2)?,
            manifest: Digest::from_hex(&manifest).ok_or_else(|| CaseError::Corrupt {
                object: super::STATE_FILE.to_owned(),
                what: "a snapshot's manifest is no digest; delete the file".to_owned(),
            })?,
            files: row.get(4)?,
            roots: json(&row.get::<_, String>(5)?)?,
            inputs: json(&row.get::<_, String>(6)?)?,
        }))
    }

    /// The text of the last mapping logged under `name`, with its log index.
    pub fn mapping(&self, name: &str) -> Result<Option<(u64, String)>> {
        let sql = "SELECT entry, text FROM mappings WHERE name = ?1 ORDER BY entry DESC LIMIT 1";
        let row = |row: &Row<'_>| Ok((number(row, 0)?, row.get(1)?));
        Ok(self.connection.query_row(sql, [name], row).optional()?)
    }

    /// Notes about any of `ids`, as their subject or among the records it answered with.
    pub fn notes_about(&self, ids: &[String]) -> Result<Vec<NoteState>> {
        let sql = "SELECT n.entry, n.subject, e.actor, e.authority, e.at, n.snapshot, n.text
                   FROM notes n JOIN entries e USING (entry)
                   WHERE n.subject = ?1
                   OR n.entry IN (SELECT entry FROM records_of_notes WHERE record = ?1)";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut notes: BTreeMap<u64, NoteState> = BTreeMap::new();
        for id in ids {
            let mut rows = statement.query([id])?;
            while let Some(row) = rows.next()? {
                let note = NoteState {
                    entry: number(row, 0)?,
                    subject: row.get(1)?,
                    actor: row.get(2)?,
                    authority: row.get(3)?,
                    at: row.get(4)?,
                    snapshot: row.get::<_, Option<i64>>(5)?.map(|n| n.max(0) as u64),
                    text: row.get(6)?,
                };
                notes.insert(note.entry, note);
            }
        }
        Ok(notes.into_values().collect())
    }

    /// The entries that `filter` wants, in log order, one after the other.
    pub fn timeline(
        &self,
        filter: &TimelineFilter,
        each: &mut dyn FnMut(TimelineEntry) -> Result<()>,
    ) -> Result<()> {
        let sql = "SELECT entry, id, kind, actor, authority, at, reason, about, detail
                   FROM entries ORDER BY entry";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let entry = TimelineEntry {
                entry: number(row, 0)?,
                id: row.get(1)?,
                kind: row.get(2)?,
                actor: row.get(3)?,
                authority: row.get(4)?,
                at: row.get(5)?,
                reason: row.get(6)?,
                about: row.get(7)?,
                detail: json(&row.get::<_, String>(8)?)?,
            };
            if filter.wants(&entry) {
                each(entry)?;
            }
        }
        Ok(())
    }
}
