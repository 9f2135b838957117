//! The fields of the query language and the closed lists some of them take.

use super::{Has, Kind, Name, Pattern, QueryError, Role, time};
use emma_lake::row::State;
use emma_model::RecordKind;
use std::ops::Range;

/// A field of the query language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    From,
    To,
    With,
    In,
    Before,
    After,
    On,
    Kind,
    Has,
    State,
    Source,
    Lang,
    Entity,
    Place,
}

/// Names of fields, as typed before a colon.
pub(crate) const FIELDS: [(&str, Field); 14] = [
    ("from", Field::From),
    ("to", Field::To),
    ("with", Field::With),
    ("in", Field::In),
    ("before", Field::Before),
    ("after", Field::After),
    ("on", Field::On),
    ("kind", Field::Kind),
    ("has", Field::Has),
    ("state", Field::State),
    ("source", Field::Source),
    ("lang", Field::Lang),
    ("entity", Field::Entity),
    ("place", Field::Place),
];

/// The field called `name`, in any case.
pub(crate) fn find(name: &str) -> Option<Field> {
    FIELDS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, field)| *field)
}

/// The known word most like `typed`, if one is near.
pub(crate) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    known
        .map(|word| (distance(&typed, word), word))
        .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(32).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// What `field:value` asks for. `span` is the value's.
pub(crate) fn read(
    field: Field,
    value: &str,
    quoted: bool,
    span: Range<usize>,
) -> Result<Kind, QueryError> {
    let needs = |what: &str, step: &str| Err(QueryError::needs(span.clone(), what, step));
    match field {
        Field::From => Ok(Kind::Party(Role::From, name(value, quoted, span)?)),
        Field::To => Ok(Kind::Party(Role::To, name(value, quoted, span)?)),
        Field::With => Ok(Kind::Party(Role::With, name(value, quoted, span)?)),
        Field::In => Ok(Kind::In(name(value, quoted, span)?)),
        Field::Source => Ok(Kind::Source(name(value, quoted, span)?)),
        Field::Before | Field::After | Field::On => time_limits(field, value, span),
        Field::Kind => kind(value, span),
        Field::Has => has(value, span),
        Field::State => state(value, span),
        Field::Lang => needs("the language of messages", "enrich (language)"),
        Field::Entity => needs("entities", "enrich (entities)"),
        Field::Place => needs("places", "enrich (places)"),
    }
}

fn name(value: &str, quoted: bool, span: Range<usize>) -> Result<Name, QueryError> {
    if quoted {
        return Ok(Name::Exact(value.to_owned()));
    }
    match Pattern::name(value) {
        Ok(pattern) => Ok(Name::Like(pattern)),
        Err(_) => Err(QueryError::new(span, "this name is too long to be searched in any case")
            .suggest("put it in quotes: then it is searched exactly as spelled")),
    }
}

fn time_limits(field: Field, value: &str, span: Range<usize>) -> Result<Kind, QueryError> {
    let read = |text: &str| {
        time::interval(text).ok_or_else(|| {
            QueryError::new(span.clone(), "this is not a date or time")
                .suggest("write 2020, 2020-04, 2020-04-01, or 2020-04-01T12:30+02:00")
        })
    };
    Ok(match (field, value.split_once("..")) {
        (Field::On, Some((first, last))) => {
            let (from, until) = (read(first)?.0, read(last)?.1);
            if from >= until {
                return Err(QueryError::new(span, "this interval ends before it begins"));
            }
            Kind::Time { from: Some(from), until: Some(until) }
        }
        (Field::On, None) => {
            let (from, until) = read(value)?;
            Kind::Time { from: Some(from), until: Some(until) }
        }
        (Field::After, _) => Kind::Time { from: Some(read(value)?.0), until: None },
        _ => Kind::Time { from: None, until: Some(read(value)?.0) },
    })
}

fn kind(value: &str, span: Range<usize>) -> Result<Kind, QueryError> {
    let known = || RecordKind::ALL.into_iter().filter(|kind| kind.is_communication());
    if let Some(kind) = known().find(|kind| kind.name().eq_ignore_ascii_case(value)) {
        return Ok(Kind::Is(kind));
    }
    Err(unknown(value, span, "kind", &known().map(RecordKind::name).collect::<Vec<_>>()))
}

fn state(value: &str, span: Range<usize>) -> Result<Kind, QueryError> {
    let all = [State::Single, State::Agreeing, State::Conflicting];
    if let Some(state) = all.into_iter().find(|state| state.name().eq_ignore_ascii_case(value)) {
        return Ok(Kind::State(state));
    }
    let later = ["matched", "one-sided", "explained", "unexplained"];
    if later.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Err(QueryError::needs(span, "this state", "reconcile"));
    }
    Err(unknown(value, span, "state", &all.map(State::name)))
}

fn has(value: &str, span: Range<usize>) -> Result<Kind, QueryError> {
    if let Some(has) = Has::ALL.into_iter().find(|has| has.name().eq_ignore_ascii_case(value)) {
        return Ok(Kind::Has(has));
    }
    let later = ["photo", "video", "audio", "file", "media", "link", "entity", "phone", "place"];
    if later.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Err(QueryError::needs(span, "this", "enrich"));
    }
    Err(unknown(value, span, "has", &Has::ALL.map(Has::name)))
}

fn unknown(value: &str, span: Range<usize>, field: &str, known: &[&str]) -> QueryError {
    let error = QueryError::new(span, format!("{field}: takes one of {}", known.join(", ")));
    match nearest(value, known.iter().copied()) {
        Some(word) => error.suggest(format!("{field}:{word}")),
        None => error,
    }
}
