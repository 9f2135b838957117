//! Paths: which values are records, which lead to some, and which records borrow.

use super::{Records, Walk};
use crate::json::glimpse;
use emma_model::record::Origin;
use std::collections::BTreeMap;

/// Plain values read before a record, by their path in [`Records::HEADS`].
#[derive(Default)]
pub(crate) struct Heads(pub(super) BTreeMap<&'static str, Head>);

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
        self.0.get(path).filter(|head| !head.text.is_empty())
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
        let key = self.stack.last().and_then(|level| level.key.clone());
        if let (Some(path), Some(key)) = (wanted, key) {
            self.remember(path, key);
        }
    }

    pub(super) fn remember(&mut self, path: &'static str, text: String) {
        let origin = Origin::Leaf { offset: self.emitter.offset(), length: 0 };
        self.heads.0.insert(path, Head { text, origin });
        self.pending.push(path);
    }

    /// Whether the value that comes next stands at a path.
    pub(super) fn stands_at(&self, steps: &[&str]) -> bool {
        steps.len() == self.stack.len() && self.leads_to(steps)
    }

    /// Whether the levels that are open are the first of a path.
    pub(super) fn leads_to(&self, steps: &[&str]) -> bool {
        steps.len() >= self.stack.len()
            && self.stack.iter().zip(steps).all(|(level, step)| match level.object {
                true => *step == "*" || level.key.as_deref() == Some(step),
                false => *step == "[]",
            })
    }

    pub(super) fn place(&self) -> Place {
        let depth = self.stack.len();
        let record = self.records.iter().any(|steps| self.stands_at(steps));
        let heads = R::HEADS.iter().map(|path| steps(path));
        let leads = |steps: &[&str]| steps.len() > depth && self.leads_to(steps);
        let leads = self.records.iter().any(|s| leads(s)) || heads.into_iter().any(|s| leads(&s));
        Place { record, leads }
    }

    /// Whether a key of the object after the framing, whole or not, leads to records.
    pub(super) fn is_envelope(&self) -> bool {
        let depth = self.stack.len();
        let rest = &self.window.bytes()[self.framed..];
        let rest = &rest[..rest.len().min(self.limits.record_bytes_max)];
        let keys = glimpse::keys(rest);
        let heads = R::HEADS.iter().map(|path| steps(path));
        let mut inside = self.records.iter().cloned().chain(heads);
        inside.any(|steps| {
            let step = steps.get(depth).filter(|_| self.leads_to(&steps));
            step.is_some_and(|step| keys.iter().any(|(key, _)| *key == step.as_bytes()))
        })
    }
}
