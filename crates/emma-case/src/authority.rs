//! Authorities: the legal instruments under which data may be held or read.
//!
//! An authority is written as TOML, specified in `docs/formats/authority.md`, and enters the
//! case's log as it stands. [`Authority::parse`] is the only door: what it returns is whole and
//! consistent, and what it refuses it explains with line and column. The text of a refusal
//! repeats key names but no values, because values are names and handles.

mod enter;

pub use enter::{Added, add};

use crate::error::{CaseError, Result};
use emma_evidence::VerifierKey;
use emma_lake::View;
use emma_model::Micros;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::value::{Datetime, Offset};

/// Longest authority text that is read, in bytes.
pub const AUTHORITY_BYTES_MAX: usize = 16 << 20;

/// Longest authority or source name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The version of the format that this crate reads.
pub const VERSION: i64 = 1;

/// Whether a case holds the data of people or invented data. A case is of one kind for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CaseKind {
    /// Data of people.
    Real,
    /// Invented data; figures measured on it say so.
    Synthetic,
}

impl CaseKind {
    /// The word written in files and shown.
    pub fn name(self) -> &'static str {
        match self {
            CaseKind::Real => "real",
            CaseKind::Synthetic => "synthetic",
        }
    }

    /// The kind of that [`CaseKind::name`].
    pub fn from_name(name: &str) -> Option<CaseKind> {
        [CaseKind::Real, CaseKind::Synthetic].into_iter().find(|kind| kind.name() == name)
    }
}

/// Somebody who may act under an authority.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthorityActor {
    /// The person's name, as the instrument has it.
    pub name: String,
    /// The public key with which that person signs.
    pub key: VerifierKey,
}

/// A stretch of time, both ends included, in microseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First instant inside.
    pub from: Micros,
    /// Last instant inside.
    pub to: Micros,
}

impl Span {
    /// True where `instant` is inside.
    pub fn contains(self, instant: Micros) -> bool {
        self.from <= instant && instant <= self.to
    }
}

/// One authority, read and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Its id in the case: lower-case letters, digits, `.` and `-`.
    pub id: String,
    /// Real or synthetic; the case's kind.
    pub kind: CaseKind,
    /// The court or body that gave it.
    pub court: String,
    /// The instrument: a decision, order or agreement, with its number.
    pub instrument: String,
    /// The offences it was given for. At least one.
    pub offences: Vec<String>,
    /// Who may act under it. At least one, by distinct keys.
    pub actors: Vec<AuthorityActor>,
    /// Sources opened besides those taken in under it.
    pub sources: BTreeSet<String>,
    /// Whose data; `None` is everybody's. Compared exactly as the mapping spells handles.
    pub handles: Option<BTreeSet<String>>,
    /// Countries (ISO 3166-1 alpha-2) it covers; `None` is all.
    pub territory: Option<BTreeSet<String>>,
    /// Message times it covers; `None` is all.
    pub period: Option<Span>,
    /// Outside it no intake.
    pub valid: Span,
    /// After it no read.
    pub read_until: Micros,
    /// What else the instrument demands, in words.
    pub conditions: Vec<String>,
}

impl Authority {
    /// Reads and checks the TOML text of an authority.
    pub fn parse(text: &str) -> Result<Authority> {
        if text.len() > AUTHORITY_BYTES_MAX {
            return Err(fault(text, 0..0, "the text is longer than 16 MiB", "split the list"));
        }
        let file: AuthorityFile = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            fault(text, span, &without_values(error.message()), HELP_FORMAT)
        })?;
        file.check(text)
    }

    /// The actor with that public key, if it is one of this authority's.
    pub fn actor(&self, key: &VerifierKey) -> Option<&AuthorityActor> {
        self.actors.iter().find(|actor| actor.key == *key)
    }

    /// The rows this authority opens, given the sources that were taken in under it.
    pub fn view(&self, taken_in: impl IntoIterator<Item = String>) -> View {
        let mut sources = self.sources.clone();
        sources.extend(taken_in);
        View {
            sources: Some(sources),
            handles: self.handles.clone(),
            territory: self.territory.clone(),
            period: self.period.map(|span| (span.from, span.to.saturating_add(1))),
        }
    }
}

/// True for a name of an authority or source that may stand in ids, files and reports:
/// 1 to [`NAME_BYTES_MAX`] of `a-z 0-9 . - _`, the first a letter or digit.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
    !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name.bytes().all(plain)
        && name.as_bytes()[0].is_ascii_alphanumeric()
}

const HELP_FORMAT: &str = "docs/formats/authority.md lists every key with an example";

/// The file as written, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    version: Spanned<i64>,
    id: Spanned<String>,
    kind: Spanned<String>,
    court: Spanned<String>,
    instrument: Spanned<String>,
    offences: Spanned<Vec<String>>,
    actors: Spanned<Vec<ActorLine>>,
    #[serde(default)]
    sources: Vec<Spanned<String>>,
    handles: Option<Spanned<Vec<String>>>,
    territory: Option<Spanned<Vec<Spanned<String>>>>,
    period: Option<Spanned<PeriodTable>>,
    valid: Spanned<ValidTable>,
    read_until: Spanned<Datetime>,
    #[serde(default)]
    conditions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActorLine {
    name: Spanned<String>,
    key: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodTable {
    from: Option<Spanned<Datetime>>,
    to: Option<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidTable {
    from: Spanned<Datetime>,
    to: Spanned<Datetime>,
}

/// Which end of a stretch a date names: a date alone means the whole day, in UTC.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

impl AuthorityFile {
    fn check(self, text: &str) -> Result<Authority> {
        if *self.version.get_ref() != VERSION {
            return Err(fault(text, self.version.span(), "`version` must be 1", HELP_FORMAT));
        }
        if !is_plain_name(self.id.get_ref()) {
            return Err(plain_name_fault(text, self.id.span(), "`id`"));
        }
        let kind = CaseKind::from_name(self.kind.get_ref()).ok_or_else(|| {
            fault(text, self.kind.span(), "`kind` must be \"real\" or \"synthetic\"", HELP_FORMAT)
        })?;
        let offences = self.offences.get_ref();
        if offences.is_empty() || offences.iter().any(|offence| offence.trim().is_empty()) {
            let what = "`offences` must name at least one, none empty";
            return Err(fault(text, self.offences.span(), what, HELP_FORMAT));
        }
        for source in &self.sources {
            if !is_plain_name(source.get_ref()) {
                return Err(plain_name_fault(text, source.span(), "a source"));
            }
        }
        Ok(Authority {
            kind,
            court: filled(text, self.court, "`court` is empty")?,
            instrument: filled(text, self.instrument, "`instrument` is empty")?,
            actors: actors(text, self.actors)?,
            handles: self.handles.map(|list| handles(text, list)).transpose()?,
            territory: self.territory.map(|list| territory(text, list)).transpose()?,
            period: self.period.map(|table| period(text, table)).transpose()?,
            valid: valid(text, self.valid)?,
            read_until: instant(text, &self.read_until, End::Last)?,
            id: self.id.into_inner(),
            offences: self.offences.into_inner(),
            sources: self.sources.into_iter().map(Spanned::into_inner).collect(),
            conditions: self.conditions,
        })
    }
}

fn filled(text: &str, value: Spanned<String>, what: &str) -> Result<String> {
    if value.get_ref().trim().is_empty() {
        return Err(fault(text, value.span(), what, HELP_FORMAT));
    }
    Ok(value.into_inner())
}

fn actors(text: &str, lines: Spanned<Vec<ActorLine>>) -> Result<Vec<AuthorityActor>> {
    if lines.get_ref().is_empty() {
        let help = "add [[actors]] with the name and key that `emma actor list` prints";
        return Err(fault(text, lines.span(), "`actors` names nobody", help));
    }
    let mut actors: Vec<AuthorityActor> = Vec::with_capacity(lines.get_ref().len());
    for line in lines.into_inner() {
        let span = line.key.span();
        let key = line.key.get_ref().parse::<VerifierKey>().ok().filter(VerifierKey::is_actor);
        let Some(key) = key else {
            let help = "copy the whole key that `emma actor list` prints";
            return Err(fault(text, span, "this is not the public key of an actor", help));
        };
        if actors.iter().any(|actor| actor.key == key) {
            let help = "one key is one person: remove one of the two";
            return Err(fault(text, span, "this key stands twice in `actors`", help));
        }
        let name = filled(text, line.name, "an actor's `name` is empty")?;
        actors.push(AuthorityActor { name, key });
    }
    Ok(actors)
}

fn handles(text: &str, list: Spanned<Vec<String>>) -> Result<BTreeSet<String>> {
    if list.get_ref().is_empty() {
        let help = "leave `handles` out to cover everybody's data";
        return Err(fault(text, list.span(), "`handles` is empty: it covers nobody", help));
    }
    Ok(list.into_inner().into_iter().collect())
}

fn territory(text: &str, list: Spanned<Vec<Spanned<String>>>) -> Result<BTreeSet<String>> {
    if list.get_ref().is_empty() {
        let help = "leave `territory` out to cover all countries";
        return Err(fault(text, list.span(), "`territory` is empty: it covers nowhere", help));
    }
    for country in list.get_ref() {
        let code = country.get_ref().as_bytes();
        if code.len() != 2 || !code.iter().all(u8::is_ascii_uppercase) {
            let help = "write two capital letters of ISO 3166-1, such as \"NL\"";
            return Err(fault(text, country.span(), "this is not a country code", help));
        }
    }
    Ok(list.into_inner().into_iter().map(Spanned::into_inner).collect())
}

fn period(text: &str, table: Spanned<PeriodTable>) -> Result<Span> {
    let range = table.span();
    let table = table.into_inner();
    if table.from.is_none() && table.to.is_none() {
        let help = "write `from`, `to` or both, or leave `period` out to cover all times";
        return Err(fault(text, range, "`period` has neither `from` nor `to`", help));
    }
    let from = table.from.map(|value| instant(text, &value, End::First)).transpose()?;
    let to = table.to.map(|value| instant(text, &value, End::Last)).transpose()?;
    ordered(text, range, from.unwrap_or(Micros::MIN), to.unwrap_or(Micros::MAX))
}

fn valid(text: &str, table: Spanned<ValidTable>) -> Result<Span> {
    let range = table.span();
    let from = instant(text, &table.get_ref().from, End::First)?;
    let to = instant(text, &table.get_ref().to, End::Last)?;
    ordered(text, range, from, to)
}

fn ordered(text: &str, range: Range<usize>, from: Micros, to: Micros) -> Result<Span> {
    if from > to {
        return Err(fault(text, range, "`from` is later than `to`", "swap the two"));
    }
    Ok(Span { from, to })
}

/// Reads a TOML date (a whole day in UTC) or date-time with offset.
fn instant(text: &str, value: &Spanned<Datetime>, end: End) -> Result<Micros> {
    let help = "write a date (2020-03-01) or a date and time with offset (2020-03-01T12:00:00Z)";
    let wrong = |what: &str| fault(text, value.span(), what, help);
    let stated = value.get_ref();
    let date = stated.date.ok_or_else(|| wrong("this time has no date"))?;
    let (year, month, day) = (date.year as i16, date.month as i8, date.day as i8);
    let no_such_day = || wrong("there is no such day");
    let date = jiff::civil::Date::new(year, month, day).map_err(|_| no_such_day())?;
    let Some(time) = stated.time else {
        return day_end(date, end).ok_or_else(no_such_day);
    };
    let minutes = match stated.offset {
        Some(Offset::Z) => 0,
        Some(Offset::Custom { minutes }) => i64::from(minutes),
        None => return Err(wrong("this time has no offset from UTC")),
    };
    let time = jiff::civil::Time::new(
        time.hour as i8,
        time.minute as i8,
        time.second.unwrap_or(0) as i8,
        time.nanosecond.unwrap_or(0) as i32,
    )
    .map_err(|_| wrong("there is no such time of day"))?;
    let utc = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC);
    let utc = utc.map_err(|_| no_such_day())?.timestamp().as_microsecond();
    Ok(utc - minutes * 60_000_000)
}

fn day_end(date: jiff::civil::Date, end: End) -> Option<Micros> {
    const DAY_MICROS: i64 = 86_400_000_000;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
    Some(match end {
        End::First => midnight,
        End::Last => midnight + DAY_MICROS - 1,
    })
}

fn plain_name_fault(text: &str, span: Range<usize>, which: &str) -> CaseError {
    let what = format!("{which} is not a plain name");
    let help = "use 1 to 64 of a-z, 0-9, '.', '-' and '_', starting with a letter or digit";
    fault(text, span, &what, help)
}

fn fault(text: &str, span: Range<usize>, what: &str, help: &'static str) -> CaseError {
    let start = span.start.min(text.len());
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    CaseError::AuthorityText {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        span: start..span.end.clamp(start, text.len()),
        what: what.to_owned(),
        help,
    }
}

/// Drops what stands between double quotes: serde repeats values there. A quote inside the
/// value comes escaped, so that counting quotes cannot be led astray.
fn without_values(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut quoted = false;
    let mut escaped = false;
    for c in message.chars() {
        match c {
            '"' if !escaped => {
                quoted = !quoted;
                out.push('"');
                if quoted {
                    out.push('…');
                }
            }
            _ if quoted => {}
            _ => out.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    out.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
