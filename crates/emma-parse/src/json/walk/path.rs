//! Paths: which values are records, which lead to some, and which records borrow.

use super::{KEY_BYTES_MAX, Records, Walk};
use crate::json::structure::Around;
use crate::json::{decode, glimpse};
use emma_model::record::Origin;
use std::collections::BTreeMap;

/// Plain values read before a record, by their path in [`Records::HEADS`].
#[derive(Default)]
pub(crate) struct Heads {
    read: BTreeMap<&'static str, Head>,
    /// Those that stand in framing not handed over yet.
    pending: Vec<&'static str>,
}

/// One of them.
pub(crate) struct Head {
    /// What it says.
    pub text: String,
    /// The framing it stands in.
    pub origin: Origin,
}

impl Heads {
    /// The value under a path, where it was read and is not empty.
    pub fn get(&self, path: &str) -> Option<&Head> {
        self.read.get(path).filter(|head| !head.text.is_empty())
    }

    pub(super) fn remember(&mut self, path: &'static str, text: String) {
        // Known once the framing it stands in is handed over, before any record is.
        let origin = Origin::Leaf { offset: 0, length: 0 };
        self.read.insert(path, Head { text, origin });
        self.pending.push(path);
    }
}

impl Around for Heads {
    type Key = String;
    type Role = ();
    const ENDS_INSIDE: &'static str = "the file ends inside a value";

    fn key(inside: &[u8]) -> String {
        decode(&inside[..inside.len().min(KEY_BYTES_MAX)]).text.into_owned()
    }

    fn framed(&mut self, leaf: &Origin) {
        for path in self.pending.drain(..) {
            if let Some(head) = self.read.get_mut(path) {
                head.origin = leaf.clone();
            }
        }
    }
}

/// The steps of a path.
pub(super) fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !step.is_empty()).collect()
}

/// What an object may be, by its path.
pub(super) struct Place {
    pub record: bool,
    /// Records or heads may stand inside.
    pub leads: bool,
}

impl<R: Records> Walk<'_, '_, '_, '_, R> {
    /// The key just read may itself be a value that records borrow.
    pub(super) fn name_by_key(&mut self) {
        let wanted = R::HEADS.iter().copied().find(|path| {
            let steps = steps(path);
            steps.last() == Some(&"*") && self.stands_at(&steps)
        });
        let key = self.structure.stack.last().and_then(|level| level.key.clone());
        if let (Some(path), Some(key)) = (wanted, key) {
            self.structure.around.remember(path, key);
        }
    }

    /// Whether the value that comes next stands at a path.
    pub(super) fn stands_at(&self, steps: &[&str]) -> bool {
        steps.len() == self.structure.stack.len() && self.leads_to(steps)
    }

    /// Whether the levels that are open are the first of a path.
    pub(super) fn leads_to(&self, steps: &[&str]) -> bool {
        steps.len() >= self.structure.stack.len()
            && self.structure.stack.iter().zip(steps).all(|(level, step)| match level.object {
                true => *step == "*" || level.key.as_deref() == Some(step),
                false => *step == "[]",
            })
    }

    pub(super) fn place(&self) -> Place {
        let depth = self.structure.stack.len();
        let record = self.records.iter().any(|steps| self.stands_at(steps));
        let heads = R::HEADS.iter().map(|path| steps(path));
        let leads = |steps: &[&str]| steps.len() > depth && self.leads_to(steps);
        let leads = self.records.iter().any(|s| leads(s)) || heads.into_iter().any(|s| leads(&s));
        Place { record, leads }
    }

    /// Whether a key of the object after the framing, whole or not, leads to records.
    pub(super) fn is_envelope(&self) -> bool {
        let depth = self.structure.stack.len();
        let rest = self.structure.rest();
        let rest = &rest[..rest.len().min(self.structure.limits.record_bytes_max)];
        let keys = glimpse::keys(rest);
        let heads = R::HEADS.iter().map(|path| steps(path));
        let mut inside = self.records.iter().cloned().chain(heads);
        inside.any(|steps| {
            let step = steps.get(depth).filter(|_| self.leads_to(&steps));
            step.is_some_and(|step| keys.iter().any(|(key, _)| *key == step.as_bytes()))
        })
    }
}
