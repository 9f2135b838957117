//! Names that the model holds as `&'static str`, read back from files.
//!
//! Parsers write field names and relations as literals, so there are few of them. Those this
//! crate does not list are kept for the life of the process, up to a limit: a damaged file cannot
//! fill the memory with names.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Distinct names beyond the listed ones that a process keeps.
const NAMES_KEPT_MAX: usize = 1_024;
/// Longest name kept, in bytes.
const NAME_BYTES_MAX: usize = 128;

const LISTED: [&str; 14] = [
    "time",
    "from",
    "to",
    "conversation",
    "text",
    "id",
    "kind",
    "network",
    "territory",
    "reply_to",
    "reply",
    "start",
    "date",
    "extra",
];

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The name as the model wants it; `None` where it cannot be one.
pub(crate) fn name(text: &str) -> Option<&'static str> {
    if let Some(listed) = LISTED.iter().find(|listed| **listed == text) {
        return Some(listed);
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = kept.get(text) {
        return Some(name);
    }
    if text.len() > NAME_BYTES_MAX || kept.len() >= NAMES_KEPT_MAX {
        return None;
    }
    let name: &'static str = Box::leak(text.to_owned().into_boxed_str());
    kept.insert(name);
    Some(name)
}
