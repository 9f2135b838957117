//! The search engine, as the rest of the program sees it: errors made readable, rows fetched.

use crate::fail::{Failure, Result};
use emma_case::access::Session;
use emma_case::error::CaseError;
use emma_case::held::Held;
use emma_case::present::Presenter;
use emma_case::show::Neighbours;
use emma_case::state::State;
use emma_index::query::{Kind, Name, Node};
use emma_index::{Hit, IndexError, Order, Query, Searcher};
use emma_lake::{MessageRow, Snapshot, View};
use emma_model::Micros;
use std::path::Path;

/// Reads a query; a mistake is underlined with a fix.
pub fn parse(text: &str) -> Result<Query> {
    Query::parse(text).map_err(|error| {
        let help = error.suggestion.clone().unwrap_or_else(|| "see docs/query.md".to_owned());
        let label = error.message.clone();
        Failure::usage(error.message.clone(), help).underline("query", text, error.span, label)
    })
}

/// A snapshot open for searching and for its rows.
pub struct Engine<'a> {
    searcher: Searcher,
    held: Held<'a>,
    snapshot: &'a Snapshot,
    present: Presenter<'a>,
    view: View,
}

impl<'a> Engine<'a> {
    /// Opens `snapshot` of the case in `root` for `session`.
    pub fn open(
        root: &Path,
        snapshot: &'a Snapshot,
        session: &'a Session,
        state: &'a State,
    ) -> Result<Engine<'a>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Engine {
            searcher: Searcher::open(root, snapshot)?.with_threads(cores),
            held: Held::new(root, snapshot),
            snapshot,
            present: Presenter::new(session, state),
            view: session.view().clone(),
        })
    }

    /// The searcher.
    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// What the session may see.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The rows of a hit that may be shown, as the session may show them.
    pub fn rows(&self, hit: &Hit) -> std::result::Result<Vec<MessageRow>, CaseError> {
        let segments = &self.snapshot.segments;
        let place = segments.iter().position(|view| view.segment.number == hit.segment);
        let place = place.ok_or_else(|| CaseError::Corrupt {
            object: format!("segment {}", hit.segment),
            what: "the index names it and the snapshot does not".to_owned(),
        })?;
        let file = self.held.messages(place)?.ok_or_else(|| CaseError::Corrupt {
            object: format!("segment {}", hit.segment),
            what: "it has an index and no messages".to_owned(),
        })?;
        // All versions are needed to say how the copies shown agree; they stand together.
        let found = file.row(hit.row)?;
        if found.versions == 1 {
            return Ok(self.present.narrow(vec![found])?.0);
        }
        let first = hit.row - found.version;
        let numbers: Vec<u32> = (first..first + found.versions).collect();
        let (shown, _) = self.present.narrow(file.rows(&numbers)?)?;
        let matched: Vec<_> = std::iter::once(hit.row).chain(hit.also.iter().copied()).collect();
        let texts: Vec<Option<String>> =
            file.rows(&matched)?.into_iter().map(|row| row.text).collect();
        Ok(shown.into_iter().filter(|row| texts.contains(&row.text)).collect())
    }

    fn of_conversation(
        &self,
        conversation: &str,
        from: Option<Micros>,
        until: Option<Micros>,
    ) -> Query {
        let node = |kind| Node { span: 0..0, kind };
        let name = Name::Exact(conversation.to_owned());
        let parts = vec![node(Kind::In(name)), node(Kind::Time { from, until })];
        Query { text: String::new(), root: node(Kind::And(parts)) }
    }

    fn first_rows(&self, hits: &[Hit]) -> std::result::Result<Vec<MessageRow>, CaseError> {
        let mut rows = Vec::new();
        for hit in hits {
            rows.extend(self.rows(hit)?.into_iter().next());
        }
        Ok(rows)
    }
}

/// Messages of one conversation at one instant that are looked through for a place among them.
const SAME_INSTANT_MAX: usize = 1_000;

impl Neighbours for Engine<'_> {
    fn around(
        &self,
        row: &MessageRow,
        count: usize,
    ) -> std::result::Result<(Vec<MessageRow>, Vec<MessageRow>), CaseError> {
        let (Some(conversation), Some(at)) = (&row.conversation, row.sort) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let searched = |error: IndexError| engine_error(&error);
        // Newest first, the instant itself included: what comes behind the message is older.
        let query = self.of_conversation(conversation, None, Some(at.saturating_add(1)));
        let some = SAME_INSTANT_MAX + count;
        let hits = self.searcher.newest(&query, &self.view, some).map_err(searched)?;
        let all = self.first_rows_until(&hits, row, count)?;
        let mut before = all.behind;
        before.reverse();
        let later = self.of_conversation(conversation, Some(at.saturating_add(1)), None);
        let total = self.searcher.count(&later, &self.view).map_err(searched)?.messages;
        let skip = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(count);
        let next = self.searcher.search(&later, &self.view, Order::Newest, skip, count);
        let mut after = self.first_rows(&next.map_err(searched)?.hits)?;
        after.extend(all.ahead);
        after.reverse();
        after.truncate(count);
        Ok((before, after))
    }
}

struct Sides {
    /// At the same instant, ahead of the message in search order: newest first.
    ahead: Vec<MessageRow>,
    /// Behind it: newest first.
    behind: Vec<MessageRow>,
}

impl Engine<'_> {
    fn first_rows_until(
        &self,
        hits: &[Hit],
        row: &MessageRow,
        count: usize,
    ) -> std::result::Result<Sides, CaseError> {
        let mut sides = Sides { ahead: Vec::new(), behind: Vec::new() };
        let mut met = false;
        for hit in hits {
            if sides.behind.len() == count {
                break;
            }
            let Some(found) = self.rows(hit)?.into_iter().next() else {
                continue;
            };
            match (found.id == row.id, met) {
                (true, _) => met = true,
                (false, true) => sides.behind.push(found),
                (false, false) => sides.ahead.push(found),
            }
        }
        Ok(sides)
    }
}

/// An engine's error among the case's.
fn engine_error(error: &IndexError) -> CaseError {
    CaseError::Corrupt { object: "the search index".to_owned(), what: error.to_string() }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Failure {
        match error {
            IndexError::Store(error) => error.into(),
            IndexError::Lake(error) => error.into(),
            IndexError::Stopped(error) => error.into(),
            other => engine_error(&other).into(),
        }
    }
}
