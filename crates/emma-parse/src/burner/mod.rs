//! Burner: bodies of its API as the app caches them (`docs/formats/inputs/burner.md`).
//!
//! Burner gives out second telephone numbers ("burners"). Its objects are messages (calls and
//! voicemails among them), contacts, numbers and the account.

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
use values::{Shape, shape};

/// Burner's API bodies.
pub(crate) const FORMAT: Format = Format {
    name: "burner",
    version: 1,
    title: "Burner (second phone numbers): cached API replies",
    tested: "one iPhone's cached messages; contacts, numbers and account by invented specimens",
    recognises: |head| head.text && recognises(head),
    read: Read::Once(read),
};

fn recognises(head: &Head<'_>) -> bool {
    Glimpse::all(head.bytes).iter().any(|object| {
        let all = |keys: &[&str]| keys.iter().all(|key| object.has(key));
        all(&["burnerId", "contactPhoneNumber", "direction", "messageType"])
            || all(&["burnerIds", "phoneNumber", "dateCreated"])
            || all(&["entitlements", "phoneNumber", "dateCreated"])
            || all(&["totalNumberBurners", "phoneNumber", "dateCreated"])
            || object.inner("user").iter().any(|user| user.has("totalNumberBurners"))
    })
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    walk::read(&mut Body, window, emitter, limits)
}

/// One body.
struct Body;

impl Records for Body {
    const NETWORK: &'static str = "burner";
    const RESUMED: &'static str = "burner.resumed";
    const RECORDS: &'static [&'static str] = &["", "[]", "user"];
    const HEADS: &'static [&'static str] = &[];

    fn is_record(&self, object: &[u8], depth_max: usize) -> bool {
        shape(&Object::new(object, depth_max, &mut Vec::new())) != Shape::Other
    }

    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
        values::read(found, anomalies)
    }
}
