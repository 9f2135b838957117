//! Containers of one stream: gz (RFC 1952) and zst (RFC 8878). Their content is member 0.

use crate::exhibit::{Opened, Reading};
use crate::source::{Bytes, Damage, Stream};
use crate::window::{Window, WindowReader};
use emma_model::Anomaly;
use flate2::bufread::GzDecoder;
use std::io::{self, Read};

/// Largest zstd window of a stream that stands in no other: 2^27 bytes, what `zstd --ultra -22`
/// and `--long` write. This is memory, not content.
const ZST_WINDOW_LOG_MAX: u32 = 27;
/// The same for a stream inside another container, where several may be open at once: 8 MiB.
const ZST_WINDOW_LOG_NESTED_MAX: u32 = 23;

/// Reads the content of a gz file as one member.
pub(crate) fn read_gz(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    window: &mut Window<'_>,
) -> io::Result<Vec<Anomaly>> {
    let mut anomalies = Vec::new();
    let name = match inner_name(&opened.name, &[(".tgz", ".tar"), (".gz", "")]) {
        Some(name) => name,
        None => stored_name(window).unwrap_or_else(|| opened.name.clone()),
    };
    let mut gz = GzMembers { current: Some(GzDecoder::new(WindowReader(window))), ended: None };
    one_member(reading, opened, name, "gz.damaged", &mut anomalies, |run| run(&mut gz))?;
    if let Some(window) = gz.ended
        && window.fill(1)?
    {
        let note = "bytes follow the end of the packed stream";
        anomalies.push(Anomaly::new("gz.trailing_bytes", note));
    }
    Ok(anomalies)
}

/// Reads the content of a zst file as one member.
pub(crate) fn read_zst(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    window: &mut Window<'_>,
) -> io::Result<Vec<Anomaly>> {
    let mut anomalies = Vec::new();
    let name = inner_name(&opened.name, &[(".tzst", ".tar"), (".zstd", ""), (".zst", "")])
        .unwrap_or_else(|| opened.name.clone());
    let mut decoder = zstd::stream::read::Decoder::with_buffer(WindowReader(window))?;
    decoder.window_log_max(match opened.path.0.is_empty() {
        true => ZST_WINDOW_LOG_MAX,
        false => ZST_WINDOW_LOG_NESTED_MAX,
    })?;
    one_member(reading, opened, name, "zst.damaged", &mut anomalies, |run| run(&mut decoder))?;
    Ok(anomalies)
}

/// Reads what a decoder gives as member 0.
fn one_member(
    reading: &mut Reading<'_>,
    opened: &Opened<'_>,
    name: String,
    damage_kind: &'static str,
    anomalies: &mut Vec<Anomaly>,
    decode: impl FnOnce(&mut dyn FnMut(&mut dyn Read) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    if !reading.disk.admit_member() {
        anomalies.push(Anomaly::new("container.members_limit", "too many members"));
        return Ok(());
    }
    let damage = Damage::default();
    let mut member = Some(Opened {
        path: opened.path.child(0),
        name,
        damage: damage.clone(),
        anomalies: Vec::new(),
        beside: None,
    });
    decode(&mut |inner| {
        let disk = reading.disk;
        let stream = Stream { inner, disk, damage: damage.clone(), damage_kind };
        let member = member.take().expect("a stream has one member");
        reading.member(member, Bytes::Stream(Box::new(stream)))
    })
}

/// Gz members one after the other, as `gzip` concatenates them.
struct GzMembers<'w, 'r> {
    current: Option<GzDecoder<WindowReader<'w, 'r>>>,
    ended: Option<&'w mut Window<'r>>,
}

impl Read for GzMembers<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.current {
            let n = decoder.read(out)?;
            if n > 0 || out.is_empty() {
                return Ok(n);
            }
            let window = self.current.take().expect("it is there");
            let window = window.into_inner().into_window();
            window.fill(3)?;
            match window.bytes().starts_with(b"\x1f\x8b\x08") {
                true => self.current = Some(GzDecoder::new(WindowReader(window))),
                false => self.ended = Some(window),
            }
        }
        Ok(0)
    }
}

/// The name without its packing suffix, if it has one (any case).
fn inner_name(name: &str, suffixes: &[(&str, &str)]) -> Option<String> {
    suffixes.iter().find_map(|(suffix, instead)| {
        let stem = name.len().checked_sub(suffix.len())?;
        let has = stem > 0 && name.is_char_boundary(stem);
        (has && name[stem..].eq_ignore_ascii_case(suffix))
            .then(|| format!("{}{instead}", &name[..stem]))
    })
}

/// The name a gz header stores, if any, decoded for display.
fn stored_name(window: &Window<'_>) -> Option<String> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    let bytes = window.bytes();
    let flags = *bytes.get(3)?;
    if flags & NAME == 0 {
        return None;
    }
    let mut at = 10;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*bytes.get(10)?, *bytes.get(11)?]));
    }
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(0, rest)?;
    Some(crate::name::decode(&rest[..end], &mut Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_suffixes_are_taken_off() {
        let suffixes = [(".tgz", ".tar"), (".gz", "")];
        assert_eq!(inner_name("a/b.TXT.GZ", &suffixes).as_deref(), Some("a/b.TXT"));
        assert_eq!(inner_name("a.tgz", &suffixes).as_deref(), Some("a.tar"));
        assert_eq!(inner_name("gz", &suffixes), None);
        assert_eq!(inner_name("é.g", &suffixes), None);
    }
}
