//! Going on after a fault: bytes are given up until an object is a record by its content.

use super::{Records, Walk};
use crate::json::value_at;
use emma_model::Anomaly;
use std::io;

/// Looking for a record may read bytes again and again; so that a file made of nothing else takes
/// linear time, it may go over this many bytes,
const WASTED_BYTES_FREE: u64 = 64 << 20;
/// and this many for each byte of the file read so far. Then nothing more is looked for.
const WASTED_RATIO_MAX: u64 = 8;

impl<R: Records> Walk<'_, '_, '_, '_, R> {
    /// Gives bytes up as an anomaly until an object is a record again, looking from byte `skip`
    /// on: what is known to be broken is not looked at again.
    pub(super) fn resynchronise(&mut self, anomaly: Anomaly, skip: usize) -> io::Result<()> {
        self.flush()?;
        let mut skip = skip;
        let limit = self.limits.record_bytes_max;
        // Where objects stand one after another, the inner objects of a broken one are not looked
        // at as long as there are lines.
        let top = self.stack.is_empty();
        loop {
            self.window.fill(limit)?;
            let region = self.window.bytes().len().min(limit);
            if region == 0 {
                return Ok(());
            }
            let found = self.search(skip.min(region), region, top)?;
            let end = found.unwrap_or(region);
            self.odd.push(anomaly.clone());
            if end > 0 {
                let odd = std::mem::take(&mut self.odd);
                let raw = &self.window.bytes()[..end];
                self.emitter.anomalies(raw, self.window.line(), odd)?;
                self.window.consume(end);
            }
            if found.is_some() {
                self.stand_in(top);
                return self.unit(true);
            }
            skip = 0;
        }
    }

    /// The first `{` from `at` up to `region` at which a record starts.
    fn search(&mut self, at: usize, region: usize, top: bool) -> io::Result<Option<usize>> {
        let limit = self.limits.record_bytes_max;
        let depth_max = self.limits.json_depth_max;
        let lines = top && memchr::memchr(b'\n', &self.window.bytes()[..region]).is_some();
        let mut at = at;
        while let Some(brace) = memchr::memchr(b'{', &self.window.bytes()[at..region]) {
            at += brace;
            if lines && !starts_line(self.window.bytes(), at) {
                at += 1;
                continue;
            }
            if self.wasted > WASTED_BYTES_FREE + WASTED_RATIO_MAX * self.window.offset() {
                return Ok(None);
            }
            self.window.fill(at + limit)?;
            let bytes = self.window.bytes();
            let rest = &bytes[at..bytes.len().min(at + limit)];
            match value_at(rest, 0, depth_max) {
                Ok(value) => {
                    if self.reader.is_record(value.bytes, depth_max) {
                        return Ok(Some(at));
                    }
                    self.wasted += value.bytes.len() as u64;
                }
                Err(fault) => self.wasted += fault.at as u64,
            }
            at += 1;
        }
        Ok(None)
    }

    /// Goes on where the last record stood.
    fn stand_in(&mut self, top: bool) {
        let note = "read after a fault; what it borrows is from before the fault";
        self.odd.push(Anomaly::new(R::RESUMED, note));
        match &self.home {
            _ if top => {}
            Some(home) => self.stack.clone_from(home),
            None => {
                let list = self.stack.iter().rposition(|level| !level.object);
                self.stack.truncate(list.map_or(0, |at| at + 1));
            }
        }
        self.home_is_old = true;
        for level in &mut self.stack {
            level.after_value = false;
            level.after_comma = false;
        }
    }
}

/// True where only blanks stand between the line's start and `at`.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev();
    // At the very start of the bytes the broken value itself stands.
    before.copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(b'\n')
}
