//! The built-in formats: what they are called, how they are recognised, how they are read.
//!
//! One table, [`FORMATS`]: a format is added by writing its module and its line here. Order
//! matters where two recognise the same bytes: the first wins.

use crate::emit::Emitter;
use crate::geo::{gpx, kml};
use crate::limits::Limits;
use crate::member::Member;
use crate::rows::RowFormat;
use crate::window::Window;
use crate::{
    burner, delivery, discord, irc, mail, matrix, property_list, pst, rocketchat, sheet,
    signal_jsonl, slack, sms_backup, sqlite, telegram, text, ufdr, vcard, whatsapp_text, xmpp,
};
use emma_model::Anomaly;
use std::io;

/// The first bytes of a member that is no container, for recognising it.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    /// At most [`text::HEAD_BYTES`] of them.
    pub bytes: &'a [u8],
    /// They are all.
    pub whole: bool,
    /// They are text of some encoding.
    pub text: bool,
    /// What the member is called; content decides, the name only breaks ties.
    #[allow(dead_code, reason = "the formats told apart by name come next")]
    pub member: Member<'a>,
}

impl<'a> Head<'a> {
    /// Looks at the first bytes of `member`.
    pub fn new(bytes: &'a [u8], whole: bool, member: Member<'a>) -> Head<'a> {
        Head { bytes, whole, text: text::is_text(bytes, whole), member }
    }
}

/// What a reader of a member returns: what is odd about the member as a whole. Errors are those
/// of the source and the sink.
pub(crate) type ReadResult = io::Result<Vec<Anomaly>>;

/// Reads a member once, front to back.
pub(crate) type Once = fn(&Member<'_>, &mut Window<'_>, &mut Emitter<'_>, &Limits) -> ReadResult;
/// Reads a member twice: the first window is for what only the whole file tells.
pub(crate) type Twice =
    fn(&Member<'_>, &mut Window<'_>, &mut Window<'_>, &mut Emitter<'_>, &Limits) -> ReadResult;

/// How a format is read. Every way accounts for the member to its last byte.
#[derive(Clone, Copy)]
pub(crate) enum Read {
    /// Once, front to back.
    Once(Once),
    /// Twice: the first window is for what only the whole file tells, the second for good.
    Twice(Twice),
    /// From a private copy, row by row.
    Rows(RowFormat),
}

/// A built-in format.
pub(crate) struct Format {
    /// Its reader's name, a-z, 0-9 and `-`; stored in receipts.
    pub name: &'static str,
    /// Raised when the reader's output changes.
    pub version: u32,
    /// What people call it.
    pub title: &'static str,
    /// What the reader was tested on, for people.
    pub tested: &'static str,
    /// Whether the first bytes are of this format.
    pub recognises: fn(&Head<'_>) -> bool,
    /// Reads a member of it.
    pub read: Read,
}

/// All built-in formats, in the order in which they are tried.
#[rustfmt::skip]
pub(crate) const FORMATS: &[&Format] = &[
    &sqlite::FORMAT,
    &sheet::FORMAT,
    &pst::FORMAT,
    &ufdr::FORMAT,
    &sms_backup::FORMAT,
    &xmpp::FORMAT,
    &gpx::FORMAT,
    &kml::FORMAT,
    &delivery::FORMAT,
    &telegram::FORMAT,
    &rocketchat::FORMAT,
    &matrix::FORMAT,
    &discord::FORMAT,
    &slack::FORMAT,
    &signal_jsonl::FORMAT,
    &burner::FORMAT,
    &property_list::FORMAT,
    &mail::MBOX,
    &mail::EML,
    &vcard::FORMAT,
    &whatsapp_text::FORMAT,
    &irc::FORMAT,
];

/// The readers that are no formats: containers, and what is kept when nothing fits.
pub(crate) const OTHER_READERS: [(&str, u32); 6] =
    [("blob", 1), ("gz", 1), ("tar", 1), ("text", 1), ("zip", 1), ("zst", 1)];

/// A built-in format, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormatInfo {
    /// Its reader's name, as in receipts.
    pub name: &'static str,
    /// The reader's version.
    pub version: u32,
    /// What people call it.
    pub title: &'static str,
    /// What the reader was tested on.
    pub tested: &'static str,
}

/// The built-in formats, in the order in which they are tried.
pub fn formats() -> impl Iterator<Item = FormatInfo> {
    FORMATS.iter().map(|format| FormatInfo {
        name: format.name,
        version: format.version,
        title: format.title,
        tested: format.tested,
    })
}

/// The format that recognises `head`, if any.
pub(crate) fn recognise(head: &Head<'_>) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| (format.recognises)(head))
}

/// The format called `name`.
pub(crate) fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_plain() {
        let names = FORMATS.iter().map(|format| format.name);
        let all: Vec<&str> = names.chain(OTHER_READERS.iter().map(|(name, _)| *name)).collect();
        let unique: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(unique.len(), all.len());
        let plain = |name: &str| {
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        assert!(all.iter().all(|name| plain(name)), "{all:?}");
    }
}
