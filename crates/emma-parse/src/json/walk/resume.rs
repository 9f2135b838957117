//! Going on after a fault: bytes are given up until an object is a record by its content.

use super::{Records, Walk};
use crate::json::structure::Stepped;
use crate::json::value_at;
use crate::limits::Limits;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;
use std::ops::Range;

/// Looking for a record may read bytes again and again; so that a file made of nothing else takes
/// linear time, it may go over this many bytes,
const WASTED_BYTES_FREE: u64 = 64 << 20;
/// and this many for each byte of the file read so far. Then nothing more is looked for.
const WASTED_RATIO_MAX: u64 = 8;

impl<R: Records> Walk<'_, '_, '_, '_, R> {
    /// Gives bytes up as an anomaly until an object is a record again, looking from byte `skip`
    /// on: what is known to be broken is not looked at again.
    pub(super) fn resynchronise(&mut self, anomaly: &Anomaly, skip: usize) -> Stepped<()> {
        // Where objects stand one after another, the inner objects of a broken one are not looked
        // at as long as there are lines.
        let top = self.structure.stack.is_empty();
        let limits = self.structure.limits;
        let (reader, wasted) = (&*self.reader, &mut self.wasted);
        let found = self.structure.give_up(anomaly, skip, |window, at, region| {
            search(window, at..region, limits, top, reader, wasted)
        })?;
        match found {
            Some(()) => {
                self.stand_in(top);
                self.unit(true)
            }
            None => Ok(()),
        }
    }

    /// Goes on where the last record stood.
    fn stand_in(&mut self, top: bool) {
        let note = "read after a fault; what it borrows is from before the fault";
        self.structure.odd.push(Anomaly::new(R::RESUMED, note));
        match &self.home {
            _ if top => {}
            Some(home) => self.structure.stack.clone_from(home),
            None => {
                let list = self.structure.stack.iter().rposition(|level| !level.object);
                self.structure.stack.truncate(list.map_or(0, |at| at + 1));
            }
        }
        self.home_is_old = true;
        for level in &mut self.structure.stack {
            level.after_value = false;
            level.after_comma = false;
        }
    }
}

/// The first `{` in a range of the window at which a record starts.
fn search<R: Records>(
    window: &mut Window<'_>,
    range: Range<usize>,
    limits: &Limits,
    top: bool,
    reader: &R,
    wasted: &mut u64,
) -> io::Result<Option<(usize, ())>> {
    let (limit, depth_max) = (limits.record_bytes_max, limits.json_depth_max);
    let lines = top && memchr::memchr(b'\n', &window.bytes()[..range.end]).is_some();
    let mut at = range.start;
    while let Some(brace) = memchr::memchr(b'{', &window.bytes()[at..range.end]) {
        at += brace;
        if lines && !starts_line(window.bytes(), at) {
            at += 1;
            continue;
        }
        if *wasted > WASTED_BYTES_FREE + WASTED_RATIO_MAX * window.offset() {
            return Ok(None);
        }
        window.fill(at + limit)?;
        let bytes = window.bytes();
        let rest = &bytes[at..bytes.len().min(at + limit)];
        match value_at(rest, 0, depth_max) {
            Ok(value) => {
                if reader.is_record(value.bytes, depth_max) {
                    return Ok(Some((at, ())));
                }
                *wasted += value.bytes.len() as u64;
            }
            Err(fault) => *wasted += fault.at as u64,
        }
        at += 1;
    }
    Ok(None)
}

/// True where only blanks stand between the line's start and `at`.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev();
    // At the very start of the bytes the broken value itself stands.
    before.copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(b'\n')
}
