//! Deliveries of a collection system: one JSON object a line, each naming its schema
//! (`docs/formats/delivery.md`), and batches of them as a live feed sends them.

mod values;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read};
use crate::json::glimpse::Glimpse;
use crate::json::object::Object;
use crate::json::walk::{self, Found, Records};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::{Anomaly, Record};
use std::io;

/// A collection system's delivery.
pub(crate) const FORMAT: Format = Format {
    name: "delivery",
    version: 1,
    title: "Delivery of a collection system (NDJSON, a schema per record)",
    tested: "everything that emma-twin writes; invented specimens",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

/// How a record begins that its sender wrote as the page says: told without reading it.
const START: &[u8] = br#"{"schema":""#;
/// How a batch begins.
const BATCH: &[u8] = br#"{"schema":"batch/"#;

fn recognises(head: &Head<'_>) -> bool {
    let named = |object: &Glimpse<'_>| {
        object.string("schema").is_some_and(|schema| values::Schema::is_known(&schema))
    };
    Glimpse::all(head.bytes).iter().any(named)
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    walk::read(&mut Delivery, window, emitter, limits)
}

struct Delivery;

impl Records for Delivery {
    const NETWORK: &'static str = values::NETWORK;
    const RESUMED: &'static str = "delivery.resumed";
    const RECORDS: &'static [&'static str] = &["", "records/[]"];
    const HEADS: &'static [&'static str] = &["source", "sequence", "until"];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        if object.starts_with(START) {
            return !object.starts_with(BATCH);
        }
        let object = Object::new(object, depth_max, &mut Vec::new());
        object.peek("schema").is_some_and(|schema| !schema.starts_with("batch/"))
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        values::read(found, anomalies)
    }
}
