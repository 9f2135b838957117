//! EXIF as a handset writes it: who made the camera, when by its own clock, sometimes where.

use crate::photos::mark::WORD;

/// What a handset knows when it takes a photo.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Model of the handset.
    pub model: &'static str,
    /// What its clock showed: `YYYY:MM:DD hh:mm:ss`.
    pub time: String,
    /// The offset it wrote beside it: `+hh:mm`.
    pub offset: String,
    /// Width and height in pixels.
    pub size: (i32, i32),
    /// Degrees south and west, in hundredths: all places lie in the open sea (`ids`).
    pub place: Option<(u32, u32)>,
}

/// The maker named in every photo: no such firm.
pub const MAKE: &str = "Twinphone (synthetic)";

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

fn ascii(tag: u16, text: &str) -> Entry {
    let mut value = text.as_bytes().to_vec();
    value.push(0);
    Entry { tag, kind: ASCII, count: value.len() as u32, value }
}

fn short(tag: u16, number: u16) -> Entry {
    Entry { tag, kind: SHORT, count: 1, value: number.to_le_bytes().to_vec() }
}

fn pointer(tag: u16, offset: usize) -> Entry {
    Entry { tag, kind: LONG, count: 1, value: (offset as u32).to_le_bytes().to_vec() }
}

/// Degrees, minutes and seconds of hundredths of a degree.
fn degrees(tag: u16, hundredths: u32) -> Entry {
    let parts = [(hundredths / 100, 1), (hundredths % 100 * 60 / 100, 1), (hundredths % 5 * 36, 1)];
    let mut value = Vec::with_capacity(24);
    for (number, of) in parts {
        value.extend_from_slice(&number.to_le_bytes());
        value.extend_from_slice(&u32::to_le_bytes(of));
    }
    Entry { tag, kind: RATIONAL, count: 3, value }
}

/// Bytes that a directory and its long values take.
fn length(entries: &[Entry]) -> usize {
    let long = entries.iter().map(|entry| entry.value.len());
    2 + 12 * entries.len() + 4 + long.filter(|n| *n > 4).map(|n| n + n % 2).sum::<usize>()
}

/// Writes a directory that begins at the end of `out`; entries must be in order of tag.
fn directory(out: &mut Vec<u8>, entries: &[Entry]) {
    let mut rest = out.len() + 2 + 12 * entries.len() + 4;
    let mut values = Vec::new();
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    for entry in entries {
        out.extend_from_slice(&entry.tag.to_le_bytes());
        out.extend_from_slice(&entry.kind.to_le_bytes());
        out.extend_from_slice(&entry.count.to_le_bytes());
        if entry.value.len() > 4 {
            out.extend_from_slice(&(rest as u32).to_le_bytes());
            values.extend_from_slice(&entry.value);
            values.resize(values.len() + entry.value.len() % 2, 0);
            rest += entry.value.len() + entry.value.len() % 2;
        } else {
            let mut field = entry.value.clone();
            field.resize(4, 0);
            out.extend_from_slice(&field);
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&values);
}

/// The TIFF structure that follows `Exif\0\0` in a JPEG's first segment.
pub fn tiff(shot: &Shot) -> Vec<u8> {
    let details = vec![
        Entry { tag: 0x9000, kind: UNDEFINED, count: 4, value: b"0231".to_vec() },
        ascii(0x9003, &shot.time),
        ascii(0x9011, &shot.offset),
        short(0xA002, shot.size.0 as u16),
        short(0xA003, shot.size.1 as u16),
    ];
    let place = shot.place.map(|(south, west)| {
        vec![ascii(1, "S"), degrees(2, south), ascii(3, "W"), degrees(4, west)]
    });
    let mut first = vec![
        ascii(0x010E, WORD),
        ascii(0x010F, MAKE),
        ascii(0x0110, shot.model),
        short(0x0112, 1),
        ascii(0x0132, &shot.time),
        pointer(0x8769, 0),
    ];
    if place.is_some() {
        first.push(pointer(0x8825, 0));
    }
    let after = 8 + length(&first);
    first[5] = pointer(0x8769, after);
    if let Some(last) = first.get_mut(6) {
        *last = pointer(0x8825, after + length(&details));
    }
    let mut out = b"II\x2a\0\x08\0\0\0".to_vec();
    directory(&mut out, &first);
    directory(&mut out, &details);
    if let Some(place) = place {
        directory(&mut out, &place);
    }
    out
}
