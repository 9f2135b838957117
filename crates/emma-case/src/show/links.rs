//! What a message answers and what answers it: by the network's own ids, and by claims that
//! others made about lines of the same source's files.

use super::{Desk, ShownCopy};
use crate::access::Withheld;
use crate::error::Result;
use crate::held::holds_exhibit;
use crate::present::MessageLine;
use emma_lake::read::Claims;
use emma_lake::{CopyRow, LinkRow, MessageRow, Table};
use emma_model::{MessageId, NetworkId, RecordId};
use serde::Serialize;

/// A link between two messages.
#[derive(Debug, Serialize)]
pub struct ShownLink {
    /// What is stated: `reply`, `start`.
    pub relation: String,
    /// Who states it: `the message itself`, or `claim` with [`ShownLink::claim`].
    pub stated_by: &'static str,
    /// The record of the claim.
    pub claim: Option<String>,
    /// The source of the claim.
    pub source: Option<String>,
    /// The other line, from 1, of the same file.
    pub line: Option<u64>,
    /// The other message; absent where it is not held or not opened.
    pub message: Option<MessageLine>,
}

type Links = (Vec<ShownLink>, Vec<ShownLink>);

impl Desk<'_> {
    /// What the message answers, and what answers it.
    pub(super) fn links(
        &self,
        row: &MessageRow,
        copies: &[(CopyRow, ShownCopy)],
        withheld: &mut Withheld,
    ) -> Result<Links> {
        let (mut answers, mut replies) = (Vec::new(), Vec::new());
        if let Some(target) = answered_id(row) {
            let rows = self.held.by_network_id(&target)?.into_iter().map(|(_, row)| row).collect();
            let (shown, kept_back) = self.present.narrow(rows)?;
            super::add(withheld, &kept_back);
            answers.push(ShownLink {
                relation: "reply".to_owned(),
                stated_by: "the message itself",
                claim: None,
                source: None,
                line: None,
                message: shown.first().map(MessageLine::from),
            });
        }
        for (copy, shown) in copies {
            for claim in self.claims(copy, shown)? {
                let answers_other = claim.from_line == copy.line;
                let other = if answers_other { claim.to_line } else { claim.from_line };
                let to_itself = claim.from_line == claim.to_line;
                let other_row = if to_itself { None } else { self.on_line(copy, other, withheld)? };
                let link = ShownLink {
                    relation: claim.relation,
                    stated_by: "claim",
                    claim: Some(claim.record.to_string()),
                    source: Some(claim.source),
                    line: Some(other + 1),
                    message: other_row.as_ref().map(MessageLine::from),
                };
                if answers_other { answers.push(link) } else { replies.push(link) }
            }
        }
        Ok((answers, replies))
    }

    /// Claims about the line a copy starts on, from sources the session opens.
    fn claims(&self, copy: &CopyRow, shown: &ShownCopy) -> Result<Vec<LinkRow>> {
        let mut claims = Vec::new();
        if !shown.member.is_empty() {
            return Ok(claims);
        }
        for view in &self.held.snapshot().segments {
            let Some(entry) = view.segment.tables.get(&Table::Claims) else {
                continue;
            };
            let file = Claims::open(&self.case.root, entry)?;
            let about = file.about(&shown.exhibit.path, copy.line)?;
            claims.extend(about.into_iter().filter(|claim| {
                claim.source == copy.source && self.session.opens_source(&claim.source)
            }));
        }
        claims.sort_by(|a, b| a.record.cmp(&b.record));
        claims.dedup();
        Ok(claims)
    }

    /// The message on another line of a copy's member.
    fn on_line(
        &self,
        copy: &CopyRow,
        line: u64,
        withheld: &mut Withheld,
    ) -> Result<Option<MessageRow>> {
        let RecordId::Sealed { exhibit, member, .. } = &copy.record else {
            return Ok(None);
        };
        for (number, view) in self.held.snapshot().segments.iter().enumerate() {
            if !holds_exhibit(view, *exhibit) {
                continue;
            }
            let Some(file) = self.held.copies(number)? else {
                continue;
            };
            for (row, other) in file.on_line(*exhibit, member, line)? {
                if !view.masked_copies.contains(row) {
                    return self.first_shown(&other, withheld);
                }
            }
        }
        Ok(None)
    }
}

/// The network id of the message that `row` says it answers.
fn answered_id(row: &MessageRow) -> Option<NetworkId> {
    let id = row.reply_to.clone()?;
    let scoped = matches!(&row.id, MessageId::Network(own) if own.conversation.is_some());
    let conversation = if scoped { row.conversation.clone() } else { None };
    Some(NetworkId { network: row.network.clone(), conversation, id })
}
