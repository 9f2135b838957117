//! From a card's properties to a record's values.

use super::property::{Property, pieces, properties};
use crate::text;
use emma_model::{Anomaly, Clock, Digest, Record, RecordKind, Time, Zone};
use std::borrow::Cow;

const NETWORK: &str = "vcard";
const SECOND: i64 = 1_000_000;
/// Zones reach from UTC-12 to UTC+14; local time minus the offset is UTC.
const ZONE_EARLIER: i64 = 14 * 3_600 * SECOND;
const ZONE_LATER: i64 = 12 * 3_600 * SECOND;

/// What properties are called here.
#[rustfmt::skip]
const NAMES: [(&str, &str); 14] = [
    ("FN", "name"), ("TEL", "phone"), ("EMAIL", "email"), ("ORG", "organisation"),
    ("TITLE", "title"), ("ROLE", "role"), ("NICKNAME", "nickname"), ("NOTE", "note"),
    ("URL", "url"), ("BDAY", "birthday"), ("ADR", "address"), ("IMPP", "account"),
    ("CATEGORIES", "category"), ("RELATED", "related"),
];

/// The record of a card.
pub(super) fn record(card: &[u8]) -> (Record<'static>, Vec<Anomaly>) {
    let (properties, odd) = properties(card);
    let mut record = Record::new(RecordKind::Contact, NETWORK);
    let mut anomalies = Vec::new();
    let mut depth = 0;
    for property in &properties {
        let border = property.value.trim().eq_ignore_ascii_case("VCARD");
        match property.name.as_str() {
            "BEGIN" if border => depth += 1,
            "END" if border => depth -= 1,
            // The card of somebody else within this one.
            _ if depth > 1 => nested(&mut record, property),
            _ => value(&mut record, &mut anomalies, property),
        }
        if property.replaced {
            let note = "bytes that do not decode were read as windows-1252 or replaced";
            let field = property.name.to_lowercase();
            anomalies.push(Anomaly::field("text.not_utf8", field, note));
        }
    }
    if odd > 0 {
        let note = "a line of the card is no property";
        anomalies.push(Anomaly::new("vcard.line_unknown", note));
    }
    (record, anomalies)
}

fn add(record: &mut Record<'static>, name: impl Into<Cow<'static, str>>, value: String) {
    if !value.is_empty() {
        record.extra.push((name.into(), Cow::Owned(value)));
    }
}

fn nested(record: &mut Record<'static>, property: &Property) {
    let name = format!("agent.{}", property.name.to_lowercase());
    add(record, name, pieces(&property.value, '\0').concat());
}

fn value(record: &mut Record<'static>, anomalies: &mut Vec<Anomaly>, property: &Property) {
    let name = property.name.as_str();
    match name {
        "UID" => record.id = Some(Cow::Owned(property.value.trim().to_owned())),
        "REV" => {
            record.time = time(property.value.trim());
            if record.time.is_none() {
                add(record, "rev", property.value.clone());
            }
        }
        "N" => {
            let parts = pieces(&property.value, ';');
            let fields = ["family_name", "given_name", "middle_name", "name_prefix", "name_suffix"];
            for (field, part) in fields.into_iter().zip(parts) {
                add(record, field, part);
            }
        }
        "PHOTO" | "LOGO" | "SOUND" | "KEY" => binary(record, anomalies, property),
        _ => plain(record, property, anomalies),
    }
}

/// A value as text, with what kind of number or address it is.
fn plain(record: &mut Record<'static>, property: &Property, anomalies: &mut Vec<Anomaly>) {
    let known = NAMES.iter().find(|(name, _)| *name == property.name);
    let name: Cow<'static, str> = match known {
        Some((_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(property.name.to_lowercase()),
    };
    let value = match property.name.as_str() {
        "ADR" | "ORG" => {
            let parts = pieces(&property.value, ';');
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
        "TEL" => property.value.trim().trim_start_matches("tel:").to_owned(),
        _ => pieces(&property.value, '\0').concat(),
    };
    text::report_controls(&value, &name, anomalies);
    let kinds: Vec<String> = property
        .all("TYPE")
        .filter(|kind| !kind.eq_ignore_ascii_case("pref"))
        .map(str::to_lowercase)
        .collect();
    if value.is_empty() {
        return;
    }
    let (kind_name, group_name) = (format!("{name}_type"), format!("{name}_group"));
    add(record, name, value);
    add(record, kind_name, kinds.join(","));
    add(record, group_name, property.group.clone().unwrap_or_default());
}

/// A picture, sound or key: type, length and digest; or where it is to be had.
fn binary(record: &mut Record<'static>, anomalies: &mut Vec<Anomaly>, property: &Property) {
    let name = property.name.to_lowercase();
    let inline = property.value.trim().strip_prefix("data:").and_then(|uri| uri.split_once(','));
    let (kind, encoded) = match inline {
        Some((head, body)) if head.ends_with(";base64") => {
            (Some(head.trim_end_matches(";base64").to_owned()), body)
        }
        _ if property.is_base64() => {
            (property.all("TYPE").next().map(str::to_lowercase), property.value.as_str())
        }
        _ => return add(record, name, property.value.trim().to_owned()),
    };
    let Some(bytes) = crate::base64::decode(encoded) else {
        let note = "the value is not base64 as it says";
        anomalies.push(Anomaly::field("vcard.base64", name.as_str(), note));
        return add(record, name, property.value.clone());
    };
    add(record, "file", name);
    add(record, "file_type", kind.unwrap_or_default());
    add(record, "file_bytes", bytes.len().to_string());
    add(record, "file_sha256", Digest::of(&bytes).to_string());
}

/// `2020-01-02T03:04:05Z` or `20200102T030405Z`, with an offset or none, or a date alone.
fn time(raw: &str) -> Option<Time<'static>> {
    let (local, lasts) = match raw.parse::<jiff::civil::DateTime>() {
        Ok(local) if raw.contains('T') => (local, 1),
        Ok(local) => (local, 86_400),
        Err(_) => {
            let end = raw.rfind(['Z', '+', '-']).filter(|at| *at > 8)?;
            (raw[..end].parse::<jiff::civil::DateTime>().ok()?, 1)
        }
    };
    let (lo, hi, zone) = match raw.parse::<jiff::Timestamp>() {
        Ok(at) => {
            let start = at.as_second() * SECOND;
            (start, start + SECOND - 1, Zone::Declared)
        }
        Err(_) => {
            let at = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
            let lo = at * SECOND - ZONE_EARLIER;
            (lo, (at + lasts) * SECOND - 1 + ZONE_LATER, Zone::Unknown)
        }
    };
    let raw = Some(Cow::Owned(raw.to_owned()));
    Some(Time { raw, lo, hi, zone, clock: Clock::Unstated, inferred: false })
}
