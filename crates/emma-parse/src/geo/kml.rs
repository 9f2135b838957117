//! KML: placemarks, and tracks of times and positions.
//!
//! A track writes its times and its positions apart (all times first, or in turn). A position is
//! a record; the time it belongs to is framing, waits until its turn, and is borrowed.

use super::trimmed;
use super::{NAME_BYTES_MAX, NETWORK, Named, carry, coordinate, keep, named, stray, time, timed};
use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Record, RecordKind, Time};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Placemarks of map programs.
pub(crate) const FORMAT: Format = Format {
    name: "kml",
    version: 2,
    title: "KML: placemarks and tracks (Google Earth, location histories)",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| {
        let mut kml = Kml::default();
        let mut anomalies = xml::read(&mut kml, window, emitter, limits)?;
        if kml.times_left {
            let note = "a track has more times than positions; those left over are framing";
            anomalies.push(Anomaly::new("kml.times_left", note));
        }
        Ok(anomalies)
    }),
};

/// Times of a track that wait for their positions. Each takes some 80 bytes.
const TIMES_WAITING_MAX: usize = 100_000;
const NAMESPACES: [&str; 3] = [
    "http://www.opengis.net/kml/",
    "http://earth.google.com/kml/",
    "http://www.google.com/earth/kml/",
];

fn recognises(head: &Head<'_>) -> bool {
    let Some(root) = head.text.then(|| xml::root(head.bytes, head.whole)).flatten() else {
        return false;
    };
    let root = root.element();
    let namespace = root.namespace();
    let holds = || root.elements().any(|e| matches!(e.name, "Document" | "Folder" | "Placemark"));
    root.name == "kml"
        && (NAMESPACES.iter().any(|known| namespace.starts_with(known))
            || namespace.is_empty() && holds())
}

/// A time that waits; `None` where it cannot be read.
struct Waiting {
    time: Option<Time<'static>>,
    place: Place,
}

#[derive(Default)]
struct Kml {
    /// Names of the open documents and folders, with their depth.
    folders: Vec<(usize, Named)>,
    /// The placemark whose positions are being read.
    placemark: Option<Named>,
    waiting: VecDeque<Waiting>,
    /// Too many waited: the later times of this track are not told apart any more.
    overflowed: bool,
    /// The time of the position that is read.
    turn: Option<Waiting>,
    times_left: bool,
}

impl Reader for Kml {
    const ALONE: &'static [&'static str] = &["Document", "Folder", "Placemark", "coord"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        let parent = path.last().map_or("", |open| open.local.as_str());
        let in_track = parent == "Track";
        match tag.name {
            "kml" | "Document" | "Folder" => Take::Walk,
            "NetworkLinkControl" | "Update" | "Create" | "Change" => Take::Walk,
            "Tour" | "Playlist" | "AnimatedUpdate" => Take::Walk,
            "MultiGeometry" | "MultiTrack" | "Track" => Take::Walk,
            "Placemark" => {
                self.placemark = None;
                Take::Part
            }
            "name" if matches!(parent, "Document" | "Folder") => Take::Head,
            "when" if in_track => self.wait(),
            "coord" => {
                self.turn = self.waiting.pop_front().filter(|_| in_track);
                Take::Record
            }
            // How things look and what goes along with positions is structure, kept as bytes.
            "Style" | "StyleMap" | "Schema" | "LookAt" | "Camera" | "Region" => Take::Head,
            "open" | "visibility" | "styleUrl" | "altitudeMode" | "extrude" => Take::Head,
            "angles" | "Model" | "ExtendedData" if in_track => Take::Head,
            "interpolate" if parent == "MultiTrack" => Take::Head,
            _ => Take::Record,
        }
    }

    fn ends_part(&self, tag: &Element<'_>) -> bool {
        matches!(tag.name, "Track" | "MultiTrack" | "MultiGeometry")
    }

    fn head(&mut self, path: &[Open], element: &Element<'_>, place: Place) {
        match element.name {
            "when" => {
                let time = time(&trimmed(element.text()));
                let time = time.map(|time| Time { raw: None, ..time });
                if let Some(last) = self.waiting.back_mut() {
                    *last = Waiting { time, place };
                }
            }
            "name" => {
                let name = element.text().trim().to_owned();
                let first = self.folders.last().is_none_or(|(of, _)| *of < path.len());
                if first && !name.is_empty() && name.len() <= NAME_BYTES_MAX {
                    self.folders.push((path.len(), Named { name, place }));
                }
            }
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
        let mut record = match element.name {
            "Placemark" => {
                self.placemark = named(&element, place);
                placemark(&element, anomalies)
            }
            "Point" => point(&element, anomalies),
            "coord" => self.coord(&element, anomalies),
            _ => {
                if element.name == "when" {
                    let note = "the track has too many times before its positions";
                    anomalies.push(Anomaly::new("kml.track_too_long", note));
                }
                xml::other(&element, NETWORK)
            }
        };
        if path.iter().any(|open| open.local == "Placemark") {
            carry(self.placemark.as_ref(), &mut record);
        }
        if let Some((_, Named { name, place })) = self.folders.last()
            && record.kind == RecordKind::Location
        {
            record.extra.push(("folder".into(), name.clone().into()));
            record.borrowed.push(Borrowed { field: "folder", origin: place.origin() });
        }
        record
    }

    fn leave(&mut self, path: &[Open]) {
        let depth = path.len();
        while self.folders.last().is_some_and(|(of, _)| *of >= depth) {
            self.folders.pop();
        }
        match path.last().map_or("", |open| open.local.as_str()) {
            "Placemark" => self.placemark = None,
            "Track" => {
                self.times_left |= !self.waiting.is_empty();
                self.waiting.clear();
                self.overflowed = false;
            }
            _ => {}
        }
    }
}

impl Kml {
    /// A time of a track starts. It has its turn even if it turns out to be unreadable.
    fn wait(&mut self) -> Take {
        self.overflowed |= self.waiting.len() >= TIMES_WAITING_MAX;
        if self.overflowed {
            return Take::Record;
        }
        self.waiting.push_back(Waiting { time: None, place: Place::default() });
        Take::Head
    }

    /// The next position of a track, which takes the time whose turn it is.
    fn coord<'a>(&mut self, element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        let mut record = Record::new(RecordKind::Location, NETWORK);
        record.extra.push(("point".into(), "track".into()));
        position(element.text(), char::is_whitespace, &mut record, anomalies);
        let note = match self.turn.take() {
            Some(Waiting { time: Some(time), place }) => {
                record.time = Some(time);
                record.borrowed.push(Borrowed { field: "time", origin: place.origin() });
                None
            }
            Some(_) => Some(("time.unreadable", "the time cannot be read")),
            None => Some(("kml.time_missing", "the track has no time for the position")),
        };
        anomalies.extend(note.map(|(kind, note)| Anomaly::field(kind, "when", note)));
        for child in element.elements() {
            keep(child, &mut record);
        }
        record
    }
}

/// Longitude, latitude and perhaps elevation, in this order.
fn position<'a>(
    text: Cow<'a, str>,
    apart: fn(char) -> bool,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let text = trimmed(text);
    let parts: Vec<Cow<'a, str>> = match text {
        Cow::Borrowed(text) => text.splitn(4, apart).map(Cow::Borrowed).collect(),
        Cow::Owned(text) => text.splitn(4, apart).map(|p| Cow::Owned(p.to_owned())).collect(),
    };
    let mut parts = parts.into_iter().map(trimmed);
    let longitude = parts.next();
    coordinate("latitude", parts.next(), record, anomalies);
    coordinate("longitude", longitude, record, anomalies);
    let elevation = parts.next().filter(|value| !value.is_empty());
    record.extra.extend(elevation.map(|value| ("elevation".into(), value)));
    if let Some(rest) = parts.next() {
        let note = "more values than a position has";
        anomalies.push(Anomaly::field("geo.coordinate_unreadable", "coordinates", note));
        record.extra.push(("coordinates_rest".into(), rest));
    }
}

fn point<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Location, NETWORK);
    record.extra.push(("point".into(), "placemark".into()));
    inside_point(element, &mut record, anomalies);
    record
}

fn inside_point<'a>(element: &Element<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let coordinates = element.child("coordinates").map(Element::text).unwrap_or_default();
    position(coordinates, |c| c == ',', record, anomalies);
    for child in element.elements().filter(|child| child.name != "coordinates") {
        keep(child, record);
    }
}

/// A placemark: a position if it holds a point, else whatever it says. Its moment is a stamp, or
/// the start of a span whose end is kept.
fn placemark<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let point = element.child("Point");
    let kind = if point.is_some() { RecordKind::Location } else { RecordKind::Other };
    let mut record = Record::new(kind, NETWORK);
    match point {
        Some(point) => {
            record.extra.push(("point".into(), "placemark".into()));
            inside_point(point, &mut record, anomalies);
        }
        None => record.extra.push(("element".into(), Cow::Borrowed(element.name))),
    }
    for (key, value) in &element.attributes {
        record.extra.push(((*key).into(), value.clone()));
    }
    let (mut named, mut described, mut pointed) = (false, false, false);
    for child in element.elements() {
        match child.name {
            "Point" if !std::mem::replace(&mut pointed, true) => {}
            "name" if !std::mem::replace(&mut named, true) => {
                record.extra.push(("name".into(), trimmed(child.text())));
            }
            "description" if !child.is_parent() && !std::mem::replace(&mut described, true) => {
                record.extra.push(("description".into(), child.text()));
            }
            "TimeStamp" | "TimeSpan" if record.time.is_none() => {
                moment(child, &mut record, anomalies);
            }
            _ => keep(child, &mut record),
        }
    }
    stray(element, &mut record);
    record
}

fn moment<'a>(element: &Element<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    for child in element.elements() {
        match child.name {
            "when" | "begin" if record.time.is_none() => {
                let field = if child.name == "when" { "when" } else { "begin" };
                timed(field, trimmed(child.text()), record, anomalies);
            }
            "end" => record.extra.push(("end".into(), trimmed(child.text()))),
            _ => keep(child, record),
        }
    }
}
