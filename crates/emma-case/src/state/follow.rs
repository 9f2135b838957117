//! Following the log: one entry after the other becomes rows.

use crate::error::{CaseError, Result};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Entry, LineSet, Log, VerifierKey};
use emma_model::Digest;
use emma_model::digest::hex;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// How far a database has followed which log.
pub(super) struct Followed {
    case_id: String,
    pub(super) size: u64,
    last: String,
}

impl Followed {
    /// True where the followed entries are the first of `log`.
    pub(super) fn is_of(&self, log: &Log) -> Result<bool> {
        if self.case_id != log.case().to_string() || self.size > log.size() {
            return Ok(false);
        }
        if self.size == 0 {
            return Ok(self.last.is_empty());
        }
        Ok(self.last == log.entry(self.size - 1)?.leaf().hex())
    }
}

/// Reads how far the database has followed; `None` for an empty or otherwise laid out one.
pub(super) fn followed(connection: &Connection, layout: i32) -> Result<Option<Followed>> {
    let found: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found != layout {
        return Ok(None);
    }
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Followed {
            case_id: row.get(0)?,
            size: row.get::<_, i64>(1)?.max(0) as u64,
            last: row.get(2)?,
        })
    };
    let sql = "SELECT case_id, size, last FROM followed";
    Ok(connection.query_row(sql, [], read).optional()?)
}

/// Drops every table and lays them out again.
pub(super) fn make_anew(connection: &Connection, layout: i32, log: &Log) -> Result<()> {
    for table in tables(connection)? {
        connection.execute(&format!("DROP TABLE \"{table}\""), [])?;
    }
    connection.execute_batch(include_str!("schema.sql"))?;
    connection.execute("INSERT INTO followed VALUES (0, ?1, 0, '')", [log.case().to_string()])?;
    connection.pragma_update(None, "user_version", layout)?;
    Ok(())
}

fn tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// A digest over all rows in a fixed order.
pub(super) fn digest(connection: &Connection) -> Result<Digest> {
    let mut text = String::new();
    for table in tables(connection)? {
        text.push_str(&table);
        let mut statement =
            connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                text.push_str(&format!("{:?}\u{1f}", row.get_ref(column)?));
            }
        }
    }
    Ok(Digest::of(text.as_bytes()))
}

/// Applies the entries of `log` from `start` on.
pub(super) fn apply(connection: &Connection, log: &Log, start: u64) -> Result<()> {
    let log_key = log_key(log)?;
    let mut last = None;
    for entry in log.entries(start..log.size()) {
        let entry = entry?;
        Applying { connection, log, log_key: log_key.as_ref(), entry: &entry }.entry()?;
        last = Some(entry.leaf());
    }
    if let Some(last) = last {
        let sql = "UPDATE followed SET size = ?1, last = ?2";
        connection.execute(sql, params![log.size() as i64, last.hex()])?;
    }
    Ok(())
}

/// The case's log key as its first entry names it, if that entry is signed with it.
///
/// A key that merely stands in the case proves nothing to a stranger; `verify` is given the key
/// by its user. Here it tells the authorities its custodian added from those anybody could.
pub(crate) fn log_key(log: &Log) -> Result<Option<VerifierKey>> {
    if log.size() == 0 {
        return Ok(None);
    }
    let entry = log.entry(0)?;
    if entry.kind != kind::GENESIS {
        return Ok(None);
    }
    let genesis: payload::Genesis = log.payload_of(&entry)?;
    let key = genesis.log_key.parse::<VerifierKey>().ok();
    Ok(key.filter(|key| key.name() == log.case().origin() && entry.signed_by(key) == Some(true)))
}

/// What an entry says of itself in the timeline.
#[derive(Default)]
struct Line {
    authority: Option<String>,
    at: Option<i64>,
    reason: Option<String>,
    about: Option<String>,
    detail: Map<String, Value>,
}

fn detail(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("details are written as objects"),
    }
}

struct Applying<'a> {
    connection: &'a Connection,
    log: &'a Log,
    log_key: Option<&'a VerifierKey>,
    entry: &'a Entry,
}

impl Applying<'_> {
    fn entry(&self) -> Result<()> {
        // An erased payload leaves the entry with its kind, actor and place in the timeline.
        let line = match self.log.payload(&self.entry.payload)? {
            Some(bytes) => self.payload(&bytes)?,
            None => Line::default(),
        };
        let actor = self.entry.signers.iter().find(|s| s.name.starts_with("emma-actor-"));
        self.connection
            .prepare_cached("INSERT INTO entries VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)")?
            .execute(params![
                self.index(),
                hex(&self.entry.id),
                self.entry.kind,
                actor.map(|signature| signature.name.as_str()),
                line.authority,
                line.at,
                line.reason,
                line.about,
                Value::Object(line.detail).to_string(),
            ])?;
        Ok(())
    }

    fn index(&self) -> i64 {
        self.entry.index as i64
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T> {
        payload::decode(bytes).map_err(|_| CaseError::Corrupt {
            object: format!("payload {}", self.entry.payload),
            what: format!("it is not of kind {}", self.entry.kind),
        })
    }

    fn payload(&self, bytes: &[u8]) -> Result<Line> {
        match self.entry.kind.as_str() {
            kind::GENESIS => self.genesis(self.read(bytes)?),
            kind::ACTOR => self.actor(self.read(bytes)?),
            kind::AUTHORITY => self.authority(self.read(bytes)?),
            kind::DELIVERY => self.delivery(self.read(bytes)?),
            kind::RECEIPT => self.receipt(self.read(bytes)?),
            kind::DECISION => self.decision(self.read(bytes)?),
            kind::SNAPSHOT => self.snapshot(self.read(bytes)?),
            kind::ACCESS | kind::EXPORT_OPENED | kind::EXPORT_CLOSED => {
                Ok(access(self.read(bytes)?))
            }
            kind::NOTE => self.note(self.read(bytes)?),
            kind::MAPPING => self.mapping(self.read(bytes)?),
            // Kinds that come later than this program stay in the timeline, unread.
            _ => Ok(Line::default()),
        }
    }

    fn genesis(&self, genesis: payload::Genesis) -> Result<Line> {
        Ok(Line {
            at: Some(genesis.created),
            about: Some(genesis.case),
            detail: detail(json!({ "kind": genesis.kind })),
            ..Line::default()
        })
    }

    fn actor(&self, actor: payload::Actor) -> Result<Line> {
        let about = self.known_actor(&actor.name, &actor.key)?;
        Ok(Line { about, ..Line::default() })
    }

    /// Remembers the name of a key, the first one said of it.
    fn known_actor(&self, name: &str, key: &str) -> Result<Option<String>> {
        let Ok(verifier) = key.parse::<VerifierKey>() else {
            return Ok(None);
        };
        let sql = "INSERT OR IGNORE INTO actors VALUES (?1, ?2, ?3, ?4)";
        self.connection.execute(sql, params![verifier.name(), key, name, self.index()])?;
        Ok(Some(verifier.name().to_owned()))
    }

    fn authority(&self, authority: payload::Authority) -> Result<Line> {
        let counts = self.log_key.is_some_and(|key| self.entry.signed_by(key) == Some(true));
        if counts {
            let sql = "INSERT OR IGNORE INTO authorities VALUES (?1, ?2, ?3, ?4)";
            let (id, text) = (&authority.id, &authority.text);
            self.connection.execute(sql, params![id, self.index(), authority.at, text])?;
            for actor in &authority.actors {
                self.known_actor(&actor.name, &actor.key)?;
            }
        }
        Ok(Line {
            authority: Some(authority.id.clone()),
            at: Some(authority.at),
            about: Some(authority.id),
            detail: detail(json!({ "signed_by_log_key": counts })),
            ..Line::default()
        })
    }

    fn delivery(&self, delivery: payload::Delivery) -> Result<Line> {
        self.connection.execute(
            "INSERT INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.index(),
                delivery.source,
                delivery.sender,
                delivery.authority,
                delivery.custody,
                delivery.received,
                delivery.exhibits as i64,
                delivery.bytes as i64,
                delivery.repeated as i64,
            ],
        )?;
        for line in self.lines(&delivery.lines)?.iter().flat_map(LineSet::lines) {
            self.delivered(&delivery.source, self.line(&delivery.lines, line)?)?;
        }
        Ok(Line {
            at: Some(delivery.received),
            detail: detail(json!({
                "source": delivery.source,
                "custody": delivery.custody,
                "exhibits": delivery.exhibits,
                "bytes": delivery.bytes,
                "repeated": delivery.repeated,
            })),
            authority: Some(delivery.authority),
            ..Line::default()
        })
    }

    fn delivered(&self, source: &str, line: payload::DeliveryLine) -> Result<()> {
        let path = bytes_of(&line.path).ok_or_else(|| CaseError::Corrupt {
            object: format!("exhibit {}", line.exhibit),
            what: "its delivered path is not base64".to_owned(),
        })?;
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO exhibits VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                line.exhibit,
                source,
                path,
                line.digest,
                line.bytes as i64,
                self.index()
            ])?;
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO deliveries_of_exhibits VALUES (?1, ?2, ?3)")?
            .execute(params![line.exhibit, self.index(), line.repeated])?;
        Ok(())
    }

    fn receipt(&self, receipt: payload::Receipt) -> Result<Line> {
        self.connection.execute(
            "INSERT INTO receipts VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.index(),
                receipt.delivery as i64,
                receipt.plan,
                json!(receipt.parsers).to_string(),
                receipt.lines,
                json!(receipt.totals).to_string(),
            ],
        )?;
        for (place, line) in self.lines(&receipt.lines)?.iter().flat_map(LineSet::lines).enumerate()
        {
            let read: payload::ReceiptLine = self.line(&receipt.lines, line)?;
            self.connection
                .prepare_cached("INSERT OR REPLACE INTO readings VALUES (?1,?2,?3,?4,?5,?6,?7)")?
                .execute(params![
                    read.exhibit,
                    self.index(),
                    place as i64,
                    read.reading,
                    read.tree_root,
                    read.leaves as i64,
                    line,
                ])?;
        }
        Ok(Line {
            about: Some(format!("entry {}", receipt.delivery)),
            detail: detail(json!({ "parsers": receipt.parsers, "totals": receipt.totals })),
            ..Line::default()
        })
    }

    fn decision(&self, decision: payload::Decision) -> Result<Line> {
        let (subjects, settings) = (json!(decision.subjects), json!(decision.values));
        self.connection.execute(
            "INSERT INTO decisions VALUES (?1, ?2, ?3, ?4)",
            params![self.index(), decision.what, subjects.to_string(), settings.to_string()],
        )?;
        Ok(Line {
            at: Some(decision.at),
            reason: Some(decision.reason),
            about: decision.subjects.first().cloned(),
            detail: detail(json!({ "what": decision.what, "values": settings })),
            ..Line::default()
        })
    }

    fn snapshot(&self, snapshot: payload::Snapshot) -> Result<Line> {
        let (roots, inputs) = (json!(snapshot.roots), json!(snapshot.inputs));
        self.connection.execute(
            "INSERT OR IGNORE INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                snapshot.number as i64,
                self.index(),
                snapshot.at,
                snapshot.manifest,
                snapshot.files,
                roots.to_string(),
                inputs.to_string(),
                snapshot.part[0],
                snapshot.part[1],
            ],
        )?;
        Ok(Line {
            at: Some(snapshot.at),
            about: Some(format!("snapshot {}", snapshot.number)),
            detail: detail(json!({ "inputs": inputs, "roots": roots })),
            ..Line::default()
        })
    }

    fn note(&self, note: payload::Note) -> Result<Line> {
        self.connection.execute(
            "INSERT INTO notes VALUES (?1, ?2, ?3, ?4)",
            params![self.index(), note.subject, note.snapshot.map(|n| n as i64), note.text],
        )?;
        for record in &note.records {
            let sql = "INSERT OR IGNORE INTO records_of_notes VALUES (?1, ?2)";
            self.connection.execute(sql, params![record, self.index()])?;
        }
        Ok(Line {
            authority: Some(note.authority),
            at: Some(note.at),
            reason: Some(note.reason),
            about: Some(note.subject),
            detail: detail(json!({ "snapshot": note.snapshot })),
        })
    }

    fn mapping(&self, mapping: payload::Mapping) -> Result<Line> {
        let sql = "INSERT INTO mappings VALUES (?1, ?2, ?3)";
        self.connection.execute(sql, params![self.index(), mapping.name, mapping.text])?;
        Ok(Line { detail: detail(json!({ "mapping": mapping.name })), ..Line::default() })
    }

    /// The lines that an entry attaches; `None` where they were erased.
    fn lines(&self, digest: &str) -> Result<Option<LineSet>> {
        let digest = Digest::from_hex(digest).ok_or_else(|| self.damaged_lines(digest))?;
        let Some(bytes) = self.log.payload(&digest)? else {
            return Ok(None);
        };
        Ok(Some(LineSet::from_payload(&bytes)?))
    }

    fn line<T: DeserializeOwned>(&self, digest: &str, line: &str) -> Result<T> {
        serde_json::from_str(line).map_err(|_| self.damaged_lines(digest))
    }

    fn damaged_lines(&self, digest: &str) -> CaseError {
        CaseError::Corrupt {
            object: format!("payload {digest}"),
            what: format!("it is not the lines of entry {}", self.entry.index),
        }
    }
}

fn access(access: payload::Access) -> Line {
    Line {
        authority: Some(access.authority),
        at: Some(access.at),
        reason: Some(access.reason),
        about: access.opened.map(|index| format!("entry {index}")),
        detail: detail(json!({
            "command": access.command,
            "query": access.query,
            "shown": access.shown,
            "withheld": access.withheld,
            "snapshot": access.snapshot,
        })),
    }
}

fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(base64).ok()
}
