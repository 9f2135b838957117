//! GPX: waypoints, track points and route points (`docs/formats/inputs/gpx.md`).
//!
//! Each point is a record. A track may hold any number of points, so it is walked; its name is
//! borrowed by its points.

use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take, clock};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind};

/// GPX files.
pub(crate) const FORMAT: Format = Format {
    name: "gpx",
    version: 1,
    title: "GPX waypoints, tracks and routes",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| {
        xml::read(&mut Points::default(), window, emitter, limits)
    }),
};

const NETWORK: &str = "gpx";

fn recognises(head: &Head<'_>) -> bool {
    let root = head.text.then(|| xml::root(head.bytes, head.whole)).flatten();
    root.is_some_and(|root| {
        let root = root.element();
        let known = || ["wpt", "trk", "rte"].iter().any(|name| root.child(name).is_some());
        root.name == "gpx"
            && (root.namespace().starts_with("http://www.topografix.com/GPX/") || known())
    })
}

#[derive(Default)]
struct Points {
    /// The name of the track or route that is read, and where it stands.
    name: Option<(String, Place)>,
}

impl Reader for Points {
    const ALONE: &'static [&'static str] = &["wpt", "trkpt", "rtept", "trk", "trkseg", "rte"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        let parent = path.last().map_or("", |open| open.local.as_str());
        match tag.name {
            "trk" | "rte" => {
                self.name = None;
                Take::Walk
            }
            "trkseg" => Take::Walk,
            "name" if matches!(parent, "trk" | "rte") => Take::Head,
            _ if path.is_empty() => Take::Walk,
            _ => Take::Record,
        }
    }

    fn head(&mut self, _path: &[Open], element: &Element<'_>, place: Place) {
        self.name = Some((element.text().into_owned(), place));
    }

    fn record<'a>(
        &mut self,
        _path: &[Open],
        element: Element<'a>,
        _place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        if !matches!(element.name, "wpt" | "trkpt" | "rtept") {
            return xml::other(&element, NETWORK);
        }
        let mut record = Record::new(RecordKind::Location, NETWORK);
        record.extra.push(("type".into(), element.name.into()));
        for (key, name, max) in [("lat", "latitude", 90.0), ("lon", "longitude", 180.0)] {
            let value = element.attribute(key);
            let number = value.and_then(|value| value.trim().parse::<f64>().ok());
            if number.is_none_or(|number| !(-max..=max).contains(&number)) {
                let note = "the coordinate is missing or none";
                anomalies.push(Anomaly::field("gpx.coordinate", key, note));
            }
            record.extra.extend(value.map(|value| (name.into(), value.clone())));
        }
        let others = element.attributes.iter().filter(|(key, _)| !matches!(*key, "lat" | "lon"));
        record.extra.extend(others.map(|(key, value)| ((*key).into(), value.clone())));
        for inner in element.elements() {
            match inner.name {
                "ele" => record.extra.push(("elevation".into(), inner.text())),
                "time" if record.time.is_none() => {
                    let raw = inner.text();
                    record.time = clock::written(&raw, Clock::Captured);
                    if record.time.is_none() {
                        let note = "the time cannot be read";
                        anomalies.push(Anomaly::field("time.unreadable", "time", note));
                        record.extra.push(("time".into(), raw));
                    }
                }
                name => xml::flatten(inner, name, &mut record.extra),
            }
        }
        if let Some((name, place)) = self.name.as_ref().filter(|_| element.name != "wpt") {
            record.extra.push(("track".into(), name.clone().into()));
            record.borrowed.push(Borrowed { field: "track", origin: place.origin() });
        }
        record
    }

    fn leave(&mut self, path: &[Open]) {
        if path.last().is_some_and(|open| matches!(open.local.as_str(), "trk" | "rte")) {
            self.name = None;
        }
    }
}
