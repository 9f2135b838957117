//! KML: placemarks and the points of tracks (`docs/formats/inputs/kml.md`).
//!
//! A placemark is a record. One that holds a track, which may have any number of points, is a
//! record up to the track; then each point is one that borrows its time from its `when`.

use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take, clock};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind, Time};
use std::borrow::Cow;
use std::collections::VecDeque;

/// KML files.
pub(crate) const FORMAT: Format = Format {
    name: "kml",
    version: 1,
    title: "KML placemarks and tracks",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| {
        xml::read(&mut Places::default(), window, emitter, limits)
    }),
};

const NETWORK: &str = "kml";
/// Times of a track that are remembered until their points come.
const TIMES_MAX: usize = 64 << 10;

fn recognises(head: &Head<'_>) -> bool {
    let root = head.text.then(|| xml::root(head.bytes, head.whole)).flatten();
    root.is_some_and(|root| {
        let root = root.element();
        let known =
            || ["Document", "Folder", "Placemark"].iter().any(|name| root.child(name).is_some());
        root.name == "kml" && (root.namespace().contains("/kml/") || known())
    })
}

#[derive(Default)]
struct Places {
    /// The times of the track's points that did not come yet, and where they stand.
    times: VecDeque<(String, Place)>,
    /// A time was not remembered: those after it would go to the wrong points.
    forgot: bool,
    /// The name of the placemark whose track is read, and the record that says it.
    name: Option<(String, Place)>,
}

impl Reader for Places {
    const ALONE: &'static [&'static str] = &["Placemark", "Document", "Folder"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        let parent = path.last().map_or("", |open| open.local.as_str());
        match tag.name {
            "Document" | "Folder" | "MultiTrack" => Take::Walk,
            "Track" => {
                self.times.clear();
                self.forgot = false;
                Take::Walk
            }
            "Placemark" => {
                self.name = None;
                Take::Part
            }
            "when" if parent == "Track" => Take::Head,
            "Style" | "StyleMap" | "Schema" | "LookAt" | "Camera" => Take::Head,
            _ if path.is_empty() => Take::Walk,
            _ => Take::Record,
        }
    }

    fn ends_part(&self, tag: &Element<'_>) -> bool {
        matches!(tag.name, "Track" | "MultiTrack")
    }

    fn head(&mut self, _path: &[Open], element: &Element<'_>, place: Place) {
        match element.name {
            "when" if self.forgot => {}
            "when" if self.times.len() >= TIMES_MAX => self.forgot = true,
            "when" => self.times.push_back((element.text().into_owned(), place)),
            _ => {}
        }
    }

    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        let parent = path.last().map_or("", |open| open.local.as_str());
        match element.name {
            "Placemark" => {
                self.named(&element, place);
                placemark(&element, anomalies)
            }
            "coord" if parent == "Track" => self.point(&element, anomalies),
            _ => xml::other(&element, NETWORK),
        }
    }

    fn leave(&mut self, path: &[Open]) {
        if path.last().is_some_and(|open| open.local == "Placemark") {
            self.name = None;
        }
    }
}

impl Places {
    fn named(&mut self, element: &Element<'_>, place: Place) {
        self.name = element.child("name").map(|name| (name.text().into_owned(), place));
    }

    /// A point of a track: longitude, latitude and height, with spaces between.
    fn point<'a>(&mut self, element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        let mut record = Record::new(RecordKind::Location, NETWORK);
        record.extra.push(("type".into(), "coord".into()));
        coordinates(&element.text(), ' ', &mut record, anomalies);
        match self.times.pop_front() {
            Some((raw, place)) => {
                record.time = time(&raw.into(), anomalies);
                record.borrowed.push(Borrowed { field: "time", origin: place.origin() });
            }
            None => {
                let note = "the time of the point is missing or too far before it";
                anomalies.push(Anomaly::field("kml.time_missing", "when", note));
            }
        }
        if let Some((name, place)) = &self.name {
            record.extra.push(("track".into(), name.clone().into()));
            record.borrowed.push(Borrowed { field: "track", origin: place.origin() });
        }
        record
    }
}

fn time<'a>(raw: &Cow<'a, str>, anomalies: &mut Vec<Anomaly>) -> Option<Time<'a>> {
    let time = clock::written(raw, Clock::Captured);
    if time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", "when", "the time cannot be read"));
    }
    time
}

fn placemark<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, NETWORK);
    record.extra.push(("type".into(), "Placemark".into()));
    for (key, value) in &element.attributes {
        record.extra.push(((*key).into(), value.clone()));
    }
    for inner in element.elements() {
        match inner.name {
            "Point" => {
                record.kind = RecordKind::Location;
                let text = inner.child("coordinates").map(Element::text).unwrap_or_default();
                coordinates(&text, ',', &mut record, anomalies);
            }
            "TimeStamp" => {
                let raw = inner.child("when").map(Element::text).unwrap_or_default();
                record.time = time(&raw, anomalies);
                if record.time.is_none() {
                    record.extra.push(("when".into(), raw));
                }
            }
            "TimeSpan" => {
                record.time = span(inner, anomalies);
                xml::flatten(inner, inner.name, &mut record.extra);
            }
            name => xml::flatten(inner, name, &mut record.extra),
        }
    }
    record
}

/// From the start of `begin` to the end of `end`, where both are there.
fn span<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Option<Time<'a>> {
    let mut begin = time(&element.child("begin")?.text(), anomalies)?;
    let end = time(&element.child("end")?.text(), anomalies)?;
    begin.hi = end.hi.max(begin.hi);
    begin.zone = begin.zone.max(end.zone);
    begin.inferred |= end.inferred;
    Some(begin)
}

/// Longitude first, then latitude, then perhaps height.
fn coordinates(text: &str, mark: char, record: &mut Record<'_>, anomalies: &mut Vec<Anomaly>) {
    let parts = text.trim().split(mark).map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.take(4).collect();
    let number = |at: usize, max: f64| {
        let number = parts.get(at).and_then(|part| part.parse::<f64>().ok());
        number.is_some_and(|number| (-max..=max).contains(&number))
    };
    if !number(0, 180.0) || !number(1, 90.0) || parts.len() > 3 {
        let note = "the coordinates are missing or none";
        anomalies.push(Anomaly::field("kml.coordinate", "coordinates", note));
        record.extra.push(("coordinates".into(), text.to_owned().into()));
        return;
    }
    for (name, part) in ["longitude", "latitude", "elevation"].into_iter().zip(&parts) {
        record.extra.push((name.into(), (*part).to_owned().into()));
    }
}
