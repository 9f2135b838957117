//! An authority enters a case.

use super::Authority;
use crate::actor::ActingActor;
use crate::case::Case;
use crate::clock::Clock;
use crate::error::{CaseError, Refusal, Result};
use crate::home::Home;
use emma_evidence::payload::{self, kind};
use emma_evidence::{NewEntry, Payload, Random};

/// An authority that has entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub id: String,
    /// Log index of its entry.
    pub entry: u64,
}

/// Reads the text of an authority and appends it to the case's log, signed by `actor` and by the
/// case's log key, which must be in `home`.
///
/// # Errors
/// Refused where it is not of the case's kind; a usage error where its id is taken (an authority
/// is never changed, another one prolongs it) or the user does not hold the log key.
pub fn add(
    case: &mut Case,
    home: &Home,
    actor: &ActingActor,
    text: &str,
    clock: &dyn Clock,
    random: &mut Random<'_>,
) -> Result<Added> {
    case.check_clock(clock)?;
    let authority = Authority::parse(text)?;
    if authority.kind != case.meta.kind {
        return Err(CaseError::Refused(Refusal::OtherKind {
            case: case.meta.kind.name(),
            authority: authority.kind.name(),
        }));
    }
    let log_key = home.need_log_key(case.meta.id)?;
    if case.state()?.authorities()?.iter().any(|known| known.authority.id == authority.id) {
        return Err(CaseError::usage(
            format!("the case has an authority {} already", authority.id),
            "an authority is never changed: give what prolongs or widens it an id of its own",
        ));
    }
    let actors = authority.actors.iter();
    let entry = payload::Authority {
        v: payload::VERSION,
        id: authority.id.clone(),
        text: text.to_owned(),
        actors: actors
            .map(|actor| payload::ActorKey { name: actor.name.clone(), key: actor.key.to_string() })
            .collect(),
        at: clock.now(),
    };
    let entry = NewEntry::new(kind::AUTHORITY, Payload::seal(&entry, random));
    let appended = case.log.append(&[entry], &actor.signer, Some(&log_key), random)?;
    // Under a checkpoint at once: what it allows must not be older than what anybody can check.
    case.log.checkpoint(&log_key)?;
    Ok(Added { id: authority.id, entry: appended.first_index })
}
