//! The state database: who, what, when and why, as the log has it.
//!
//! It is a pure projection. Opening it follows the log from where it was left; where it is
//! missing, damaged, of another layout or ahead of its log (an older log was put back) it is
//! made anew. Nothing is ever written to it that the log does not say, so that deleting it
//! loses nothing.
//!
//! An authority counts only if the case's log key signed its entry.
//!
//! The file is SQLite's own to write. It is the one file of a case that does not go through
//! `emma-store`, because losing any of it costs nothing but time.

mod follow;
mod query;
#[cfg(test)]
mod tests;
mod work;

pub use query::{
    AuthorityState, DeliveryState, ExhibitState, NoteState, ReadingState, SnapshotState,
    TimelineEntry, TimelineFilter,
};

use crate::error::{CaseError, Result};
use emma_evidence::Log;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file, in the case folder.
pub const STATE_FILE: &str = "state.db";

/// Held by the process that follows the log, or makes the file anew.
const LOCK_FILE: &str = "state.lock";

/// Stands in the database's `user_version`; another number means: make it anew.
const LAYOUT: i32 = 1;

/// How long to wait for another process that follows the log, in milliseconds.
const BUSY_MS_MAX: u64 = 30_000;

/// The open state database of a case, as far as the log it was opened with.
#[derive(Debug)]
pub struct State {
    connection: Connection,
    path: PathBuf,
}

impl State {
    /// Opens the database of the case in `root` and follows `log` to its end.
    ///
    /// `log` must be refreshed. Takes no lock unless there is something to follow.
    pub fn open(root: &Path, log: &Log) -> Result<State> {
        let path = root.join(STATE_FILE);
        match State::connect(&path).and_then(|mut state| state.follow(log).map(|()| state)) {
            Err(CaseError::State(error)) if is_damaged(&error) => {
                State::remove(root, &path)?;
                let mut state = State::connect(&path)?;
                state.follow(log)?;
                Ok(state)
            }
            other => other,
        }
    }

    /// A database in memory, for checks.
    pub fn in_memory(log: &Log) -> Result<State> {
        let connection = Connection::open_in_memory()?;
        let mut state = State { connection, path: PathBuf::new() };
        state.follow(log)?;
        Ok(state)
    }

    fn connect(path: &Path) -> Result<State> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
        // With a write-ahead log readers never wait for the process that follows the log.
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A power cut may lose the last commits, never mix them: the log is followed again.
        connection.pragma_update(None, "synchronous", "normal")?;
        Ok(State { connection, path: path.to_owned() })
    }

    fn remove(root: &Path, path: &Path) -> Result<()> {
        let _held = emma_store::lock::acquire(&root.join(LOCK_FILE))?;
        for ending in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            emma_store::remove_durable(Path::new(&name))?;
        }
        Ok(())
    }

    /// Follows `log`, which must be refreshed, to its end.
    ///
    /// Another process may have followed the log further by now; then the database stays ahead
    /// of `log`, and refreshing that catches up.
    pub fn follow(&mut self, log: &Log) -> Result<()> {
        if self.is_current(log)? {
            return Ok(());
        }
        let Some(root) = self.path.parent().filter(|_| !self.path.as_os_str().is_empty()) else {
            return self.follow_alone(log);
        };
        // SQLite waits for its own lock by sleeping, up to 100 ms at a time; this one wakes up.
        let _held = emma_store::lock::acquire(&root.join(LOCK_FILE))?;
        let ahead =
            follow::followed(&self.connection, LAYOUT)?.is_some_and(|f| f.size > log.size());
        if ahead {
            // Either another process knows more of this log, or an older log was put back.
            let newest = Log::open(&root.join("evidence"))?;
            return self.follow_alone(&newest);
        }
        self.follow_alone(log)
    }

    fn follow_alone(&mut self, log: &Log) -> Result<()> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let start = match follow::followed(&transaction, LAYOUT)? {
            Some(followed) if followed.is_of(log)? => followed.size,
            _ => {
                follow::make_anew(&transaction, LAYOUT, log)?;
                0
            }
        };
        follow::apply(&transaction, log, start)?;
        transaction.commit()?;
        Ok(())
    }

    fn is_current(&self, log: &Log) -> Result<bool> {
        match follow::followed(&self.connection, LAYOUT)? {
            Some(followed) => Ok(followed.size == log.size() && followed.is_of(log)?),
            None => Ok(false),
        }
    }

    /// A digest over every row of every table, for comparing a projection with a fresh one.
    pub fn digest(&self) -> Result<emma_model::Digest> {
        follow::digest(&self.connection)
    }

    /// Where the database lies; empty for one in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
        )
        || error.to_string().contains("no such table")
}
