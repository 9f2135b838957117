//! Addresses: `local@domain/resource`. The bare part is the same in any case of its letters.

use emma_model::Record;
use std::borrow::Cow;

/// An address, apart.
pub(super) struct Jid<'a> {
    /// Without its resource, in lower case.
    pub bare: Cow<'a, str>,
    /// What stands behind the slash: a device, or in a room a nickname.
    pub resource: Option<Cow<'a, str>>,
    /// The whole, if lower case changed it.
    pub written: Option<Cow<'a, str>>,
}

impl<'a> Jid<'a> {
    /// The whole address, as the occupant of a room is known by it.
    pub fn full(&self) -> Cow<'a, str> {
        match &self.resource {
            Some(resource) => format!("{}/{resource}", self.bare).into(),
            None => self.bare.clone(),
        }
    }
}

/// Takes an address apart.
pub(super) fn split<'a>(jid: &Cow<'a, str>) -> Jid<'a> {
    let slash = jid.find('/');
    let end = slash.unwrap_or(jid.len());
    let upper = jid[..end].chars().any(char::is_uppercase);
    let bare = match upper {
        true => Cow::Owned(jid[..end].to_lowercase()),
        false => part(jid, 0, end),
    };
    let resource = slash.map(|slash| part(jid, slash + 1, jid.len()));
    Jid { bare, resource, written: upper.then(|| jid.clone()) }
}

/// Keeps what the handle leaves out.
pub(super) fn resource<'a>(name: &'static str, jid: Option<&Jid<'a>>, record: &mut Record<'a>) {
    let Some(jid) = jid else { return };
    if let Some(resource) = &jid.resource {
        record.extra.push((name.into(), resource.clone()));
    }
    if let Some(written) = &jid.written {
        let name = name.replace("resource", "written");
        record.extra.push((name.into(), written.clone()));
    }
}

/// The two sides of a talk between two, in the order of the alphabet, with a space between,
/// which no address holds.
pub(super) fn pair<'a>(one: &str, other: &str) -> Cow<'a, str> {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("{first} {second}").into()
}

fn part<'a>(whole: &Cow<'a, str>, start: usize, end: usize) -> Cow<'a, str> {
    match whole {
        Cow::Borrowed(whole) => Cow::Borrowed(&whole[start..end]),
        Cow::Owned(whole) => Cow::Owned(whole[start..end].to_owned()),
    }
}
