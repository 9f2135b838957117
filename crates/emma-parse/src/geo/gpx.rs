//! GPX: tracks, routes and waypoints.

use super::{NETWORK, Named, carry, coordinate, keep, named, stray, timed, trimmed};
use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take};
use emma_model::{Anomaly, Record, RecordKind};

/// Tracks of GPS devices and programs.
pub(crate) const FORMAT: Format = Format {
    name: "gpx",
    version: 2,
    title: "GPX: tracks, routes and waypoints",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| {
        xml::read(&mut Gpx::default(), window, emitter, limits)
    }),
};

fn recognises(head: &Head<'_>) -> bool {
    let Some(root) = head.text.then(|| xml::root(head.bytes, head.whole)).flatten() else {
        return false;
    };
    let root = root.element();
    let holds = || root.elements().any(|inner| matches!(inner.name, "wpt" | "rte" | "trk"));
    let namespace = root.namespace();
    root.name == "gpx"
        && (namespace.to_ascii_lowercase().starts_with("http://www.topografix.com/gpx/")
            || namespace.is_empty() && (root.attribute("version").is_some() || holds()))
}

#[derive(Default)]
struct Gpx {
    /// The track or route whose points are being read.
    track: Option<Named>,
}

impl Reader for Gpx {
    const ALONE: &'static [&'static str] = &["wpt", "rte", "rtept", "trk", "trkseg", "trkpt"];

    fn take(&mut self, _path: &[Open], tag: &Element<'_>) -> Take {
        match tag.name {
            // What the file and its tracks say of themselves stands before their points.
            "gpx" | "trk" | "rte" => Take::Part,
            "trkseg" => Take::Walk,
            _ => Take::Record,
        }
    }

    fn ends_part(&self, tag: &Element<'_>) -> bool {
        Gpx::ALONE.contains(&tag.name)
    }

    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        match element.name {
            "wpt" | "rtept" | "trkpt" => {
                let inside = path.iter().any(|open| matches!(&*open.local, "trk" | "rte"));
                point(&element, self.track.as_ref().filter(|_| inside), anomalies)
            }
            name => {
                if matches!(name, "trk" | "rte") {
                    self.track = named(&element, place);
                }
                xml::other(&element, NETWORK)
            }
        }
    }

    fn leave(&mut self, path: &[Open]) {
        if path.last().is_some_and(|open| matches!(&*open.local, "trk" | "rte")) {
            self.track = None;
        }
    }
}

fn point<'a>(
    element: &Element<'a>,
    track: Option<&Named>,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut record = Record::new(RecordKind::Location, NETWORK);
    let point = match element.name {
        "wpt" => "waypoint",
        "rtept" => "route",
        _ => "track",
    };
    record.extra.push(("point".into(), point.into()));
    for (name, key) in [("latitude", "lat"), ("longitude", "lon")] {
        coordinate(name, element.attribute(key).cloned(), &mut record, anomalies);
    }
    for (key, value) in &element.attributes {
        if !matches!(*key, "lat" | "lon") {
            record.extra.push(((*key).into(), value.clone()));
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for child in element.elements() {
        let field = match child.name {
            "ele" => "elevation",
            "time" => "time",
            "name" => "name",
            "desc" => "description",
            _ => "",
        };
        if field.is_empty() || seen.contains(&field) || child.is_parent() {
            keep(child, &mut record);
            continue;
        }
        seen.push(field);
        let value = trimmed(child.text());
        match field {
            "time" => timed("time", value, &mut record, anomalies),
            _ => record.extra.push((field.into(), value)),
        }
    }
    stray(element, &mut record);
    carry(track, &mut record);
    record
}
