//! From the lines of a message to a record's values.

use super::header::{self, Header};
use super::order::{self, Reading};
use super::survey::Survey;
use super::words::{self, Half};
use crate::text;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Record, RecordKind, Time, Zone};
use std::borrow::Cow;

const NETWORK: &str = "whatsapp";
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
/// Zones reach from UTC-12 to UTC+14; local time minus the offset is UTC.
const ZONE_EARLIER: i64 = 14 * HOUR;
const ZONE_LATER: i64 = 12 * HOUR;

/// The record of a message, header and all; `None` where damage left no header.
pub(super) fn record<'t>(survey: &Survey, message: &'t str) -> Option<(Record<'t>, Vec<Anomaly>)> {
    let mut anomalies = Vec::new();
    let header = header::parse(message)?;
    let (sender, said) = header.said();
    let said = said.trim_end_matches(['\n', '\r']);
    let mut record = Record::new(RecordKind::Message, NETWORK);
    record.conversation = Some(Cow::Owned(survey.conversation.clone()));
    record.borrowed.push(Borrowed { field: "conversation", origin: Origin::Path });
    match sender {
        None => {
            record.kind = RecordKind::System;
            record.text = Some(Cow::Borrowed(said)).filter(|text| !text.is_empty());
        }
        Some(sender) => spoken(survey, &mut record, sender, said),
    }
    text::report_controls(said, "text", &mut anomalies);
    time(survey, &header, &mut record, &mut anomalies);
    Some((record, anomalies))
}

fn spoken<'t>(survey: &Survey, record: &mut Record<'t>, sender: &'t str, said: &'t str) {
    let parts = words::parts(said);
    let voice = survey.voice.as_deref() == Some(sender) && parts.app_words;
    let (name, unsaved) = words::sender_name(sender);
    match voice {
        true => {
            record.kind = RecordKind::System;
            record.extra.push(("shown_as".into(), sender.into()));
        }
        false => record.from = Some(name.into()),
    }
    let told = parts.file.is_some() || parts.omitted.is_some();
    record.text = Some(Cow::Borrowed(parts.text)).filter(|text| !(told && text.is_empty()));
    let extra = [
        ("unsaved", (unsaved && !voice).then_some("yes")),
        ("file", parts.file),
        ("media_omitted", parts.omitted),
        ("edited", parts.edited),
        ("app_words", (parts.app_words && !voice).then_some("yes")),
    ];
    let stated = extra.into_iter().filter_map(|(name, value)| Some((name, value?)));
    record.extra.extend(stated.map(|(name, value)| (name.into(), value.into())));
}

/// Fills in the time: every moment that the header can mean.
fn time<'t>(
    survey: &Survey,
    header: &Header<'t>,
    record: &mut Record<'t>,
    anomalies: &mut Vec<Anomaly>,
) {
    let (first, second) = survey.readings(header);
    let local = |reading: Reading| reading.date(header).map(|date| of_day(header, date));
    let bounds = [Some(first), second].into_iter().flatten().filter_map(local);
    let bounds = bounds.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let Some((lo, hi)) = bounds else {
        let note = "the date is none in the order of the other dates";
        anomalies.push(Anomaly::field("time.unreadable", "time", note));
        record.extra.push(("time".into(), header.raw.into()));
        return;
    };
    if header.half == Half::Unknown {
        let note = "the word beside the time is not known; the time spans both halves of the day";
        anomalies.push(Anomaly::field("time.half_day", "time", note));
    }
    let inferred = header.digits[0] != 4;
    record.time = Some(Time {
        raw: Some(header.raw.into()),
        lo: lo - ZONE_EARLIER,
        hi: hi + ZONE_LATER,
        zone: Zone::Unknown,
        clock: Clock::Unstated,
        inferred,
    });
    if inferred {
        record.borrowed.push(Borrowed { field: "time", origin: Origin::Neighbours });
    }
    if second.is_some() && header.numbers[0] != header.numbers[1] {
        record.extra.push(("date_order".into(), "day or month first".into()));
    }
}

/// Earliest and latest local time of the header on a day, inclusive.
fn of_day(header: &Header<'_>, date: jiff::civil::Date) -> (i64, i64) {
    let hour = i64::from(header.hour);
    let (from, to) = match header.half {
        Half::Absent => (hour, hour),
        Half::Am => (hour % 12, hour % 12),
        Half::Pm => (hour % 12 + 12, hour % 12 + 12),
        Half::Unknown => (hour.min(hour % 12), hour.max(hour % 12 + 12)),
    };
    let start = order::days(date) * 24 * HOUR + i64::from(header.minute) * 60 * SECOND;
    let (seconds, lasts) = match header.second {
        Some(second) => (i64::from(second), 1),
        None => (0, 60),
    };
    let start = start + seconds * SECOND;
    (start + from * HOUR, start + to * HOUR + lasts * SECOND - 1)
}
