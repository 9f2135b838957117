//! Attachments: what their bytes are, and what a picture says of itself
//! (`docs/formats/inputs/media.md`).
//!
//! Nothing is decoded here: types are told by first bytes, EXIF is a table of values. Pictures
//! are decoded for thumbnails only, in a process of its own.

use crate::rows::Row;
use crate::rows::values::{RowWriter, Value};
use emma_model::{Clock, Record, RecordKind, Time, Zone};
use exif::{Exif, In, Reader, Tag, Value as ExifValue};
use std::io::Cursor;

/// How much of a picture is searched for EXIF, from its first byte.
pub(crate) const EXIF_BYTES_MAX: usize = 256 << 10;
/// Fields of one picture that are kept.
const FIELDS_MAX: usize = 500;
/// Longest value kept, in bytes.
const VALUE_BYTES_MAX: usize = 2 << 10;
/// The table under which a picture's values stand as its one row.
const TABLE: &str = "exif";

/// The media type of bytes that begin so; empty where nothing is recognised.
pub(crate) fn of(head: &[u8]) -> &'static str {
    infer::get(head).map_or("", |kind| kind.mime_type())
}

/// True for bytes of a known type that only look like text (a picture of one colour is mostly
/// zeros, which is also how UTF-16 looks).
pub(crate) fn is_binary(head: &[u8]) -> bool {
    let media = of(head);
    if media.is_empty() || media.starts_with("text/") {
        return false;
    }
    let broken = std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some());
    // A bitmap is told by two letters, with which a text in an older encoding may begin.
    head.contains(&0) || (broken && media != "image/bmp")
}

/// What a picture says of itself.
pub(crate) struct Picture {
    fields: Vec<(String, String)>,
    taken: Option<String>,
    zone: Option<String>,
    place: Option<(f64, f64)>,
    raw: Vec<u8>,
}

/// Reads the EXIF of a picture's first bytes; none where there is none, or it is damaged.
pub(crate) fn exif(head: &[u8], row_bytes_max: usize) -> Option<Picture> {
    let exif = Reader::new().read_from_container(&mut Cursor::new(head)).ok()?;
    let mut fields = Vec::new();
    for field in exif.fields().take(FIELDS_MAX) {
        // Makers' notes and thumbnails are bytes without a published meaning.
        if matches!(field.tag, Tag::MakerNote | Tag::UserComment) || field.ifd_num != In::PRIMARY {
            continue;
        }
        let mut value = field.display_value().with_unit(&exif).to_string();
        if value.len() > VALUE_BYTES_MAX {
            let cut = (0..=VALUE_BYTES_MAX).rev().find(|at| value.is_char_boundary(*at));
            value.truncate(cut.unwrap_or(0));
        }
        fields.push((field.tag.to_string(), value));
    }
    if fields.is_empty() {
        return None;
    }
    let text = |tag| ascii(&exif, tag);
    let mut writer = RowWriter::default();
    writer.begin();
    for (name, value) in &fields {
        writer.value(name, Value::Text(value.as_bytes()), row_bytes_max);
    }
    let raw = writer.end().to_vec();
    Some(Picture {
        taken: text(Tag::DateTimeOriginal).or_else(|| text(Tag::DateTime)),
        zone: text(Tag::OffsetTimeOriginal).or_else(|| text(Tag::OffsetTime)),
        place: place(&exif),
        fields,
        raw,
    })
}

fn ascii(exif: &Exif, tag: Tag) -> Option<String> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        ExifValue::Ascii(texts) => Some(String::from_utf8_lossy(texts.first()?).trim().to_owned()),
        _ => None,
    }
}

/// Latitude and longitude in degrees, north and east positive.
fn place(exif: &Exif) -> Option<(f64, f64)> {
    let degrees = |tag, side, minus: &str| {
        let ExifValue::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
            return None;
        };
        let [degrees, minutes, seconds] = parts.as_slice() else { return None };
        let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3_600.0;
        let sign = if ascii(exif, side)?.eq_ignore_ascii_case(minus) { -1.0 } else { 1.0 };
        (value.is_finite() && value <= 180.0).then_some(sign * value)
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?;
    Some((latitude, degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?))
}

impl Picture {
    /// Its values as the one row of a table.
    pub fn row(&self) -> Row<'_> {
        Row { table: TABLE, row: 1, raw: &self.raw }
    }

    /// Its values as a record: where it was taken if it says so, else what else it says.
    pub fn record(&self) -> Record<'_> {
        let kind = if self.place.is_some() { RecordKind::Location } else { RecordKind::Other };
        let mut record = Record::new(kind, "picture");
        record.time = self.time();
        if let Some((latitude, longitude)) = self.place {
            record.extra.push(("latitude".into(), format!("{latitude:.7}").into()));
            record.extra.push(("longitude".into(), format!("{longitude:.7}").into()));
        }
        let fields = self.fields.iter();
        record.extra.extend(fields.map(|(name, value)| (name.into(), value.into())));
        record
    }

    /// When it says it was taken: the camera's own clock, its zone mostly unsaid.
    fn time(&self) -> Option<Time<'_>> {
        const SECOND: i64 = 1_000_000;
        const HOUR: i64 = 3_600 * SECOND;
        let raw = self.taken.as_deref()?;
        let civil = jiff::civil::DateTime::strptime("%Y:%m:%d %H:%M:%S", raw).ok()?;
        let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
        let offset = self.zone.as_deref().and_then(offset_seconds);
        let (lo, hi, zone) = match offset {
            Some(seconds) => (utc - seconds * SECOND, utc - seconds * SECOND, Zone::Declared),
            None => (utc - 14 * HOUR, utc + 12 * HOUR, Zone::Unknown),
        };
        Some(Time {
            raw: Some(raw.into()),
            lo,
            hi: hi + SECOND - 1,
            zone,
            clock: Clock::Captured,
            inferred: false,
        })
    }
}

/// `+02:00` in seconds.
fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_first_bytes() {
        assert_eq!(of(b"\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg");
        assert_eq!(of(b"%PDF-1.7"), "application/pdf");
        assert_eq!(of(b"no such thing"), "");
    }

    #[test]
    fn offsets_read_as_seconds() {
        assert_eq!(offset_seconds("+02:00"), Some(7_200));
        assert_eq!(offset_seconds("-03:30"), Some(-12_600));
        assert_eq!(offset_seconds("Z"), None);
    }
}
