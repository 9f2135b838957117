//! Places on a map: GPX and KML (`docs/formats/inputs/geo.md`).
//!
//! Each position is a record of kind location. Tracks are walked, whatever their length; what a
//! track or folder is called comes with each of its positions, borrowed.

pub(crate) mod gpx;
pub(crate) mod kml;

use crate::xml::{Element, Node, Place, clock, flatten};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, Time};
use std::borrow::Cow;

/// Neither format belongs to a network of people.
const NETWORK: &str = "geo";

/// What a track, route or placemark says of its positions.
struct Named {
    name: String,
    place: Place,
}

/// Longest name that is carried along, in bytes; a longer one stays where it is written.
const NAME_BYTES_MAX: usize = 4 << 10;

/// The name inside `element`, to be carried to its positions.
fn named(element: &Element<'_>, place: Place) -> Option<Named> {
    let name = element.child("name")?.text().trim().to_owned();
    (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then_some(Named { name, place })
}

/// Tells the track a position belongs to.
fn carry(named: Option<&Named>, record: &mut Record<'_>) {
    if let Some(Named { name, place }) = named {
        record.extra.push(("track".into(), name.clone().into()));
        record.borrowed.push(Borrowed { field: "track", origin: place.origin() });
    }
}

/// The value without white space around it.
fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
        Cow::Owned(value) => Cow::Owned(value.trim().to_owned()),
    }
}

/// Adds a coordinate as written, and says what is wrong with it. What is no number goes by
/// another name: nobody downstream shall make a place of it.
fn coordinate<'a>(
    name: &'static str,
    value: Option<Cow<'a, str>>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let Some(value) = value.map(trimmed).filter(|value| !value.is_empty()) else {
        let note = "the coordinate is missing";
        anomalies.push(Anomaly::field("geo.coordinate_missing", name, note));
        return;
    };
    let degrees_max = if name == "latitude" { 90.0 } else { 180.0 };
    match value.parse::<f64>().ok().filter(|degrees| degrees.is_finite()) {
        Some(degrees) if degrees.abs() <= degrees_max => {}
        Some(_) => {
            let note = "the coordinate is not on the globe";
            anomalies.push(Anomaly::field("geo.coordinate_range", name, note));
        }
        None => {
            let note = "the coordinate is no number";
            anomalies.push(Anomaly::field("geo.coordinate_unreadable", name, note));
            record.extra.push((format!("{name}_unreadable").into(), value));
            return;
        }
    }
    record.extra.push((name.into(), value));
}

/// A time as XML writes it, down to a second or a day, or only to a month or year.
fn time<'a>(raw: &Cow<'a, str>) -> Option<Time<'a>> {
    if let Some(time) = clock::written(raw, Clock::Unstated) {
        return Some(time);
    }
    let text = raw.trim();
    let at = |day: String| clock::written(&Cow::Owned(day), Clock::Unstated);
    let number = |part: &str| part.parse::<i16>().ok();
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |lengths: &[usize]| {
        parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(part, length)| {
                part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    let year = number(parts.first()?)?;
    let midnight = |year: i16, month: i16| at(format!("{year:04}-{month:02}-01T00:00:00"));
    let (first, last) = if digits(&[4, 2]) {
        let month = number(parts[1])?;
        let next = if month == 12 { midnight(year + 1, 1)? } else { midnight(year, month + 1)? };
        (midnight(year, month)?, next.hi - 1_000_000)
    } else if digits(&[4]) {
        (midnight(year, 1)?, midnight(year + 1, 1)?.hi - 1_000_000)
    } else {
        return None;
    };
    Some(Time { raw: Some(raw.clone()), hi: last, ..first })
}

/// Gives `record` its time; one that cannot be read is kept as it is written.
fn timed<'a>(
    field: &'static str,
    raw: Cow<'a, str>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.time = time(&raw);
    if record.time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", field, "the time cannot be read"));
        record.extra.push((field.into(), raw));
    }
}

/// Characters between the elements of a position, which should hold none.
fn stray<'a>(element: &Element<'a>, record: &mut Record<'a>) {
    for node in &element.nodes {
        if let Node::Text(text) = node
            && !text.trim().is_empty()
        {
            record.extra.push(("text".into(), text.clone()));
        }
    }
}

/// A child that is no field, as it is written.
fn keep<'a>(child: &Element<'a>, record: &mut Record<'a>) {
    flatten(child, child.name, &mut record.extra);
}
