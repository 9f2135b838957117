//! Holds log records without a time until their neighbours' times are known.

use crate::emit::Emitter;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Link, Record, Time};
use std::borrow::Cow;
use std::io;

/// Items that wait for the next record with a time. Nothing waits in the ordinary case.
pub(super) struct Pending {
    before: Option<Time<'static>>,
    waiting: Vec<Waiting>,
    bytes: usize,
    bytes_max: usize,
}

struct Waiting {
    raw: Vec<u8>,
    line: u64,
    what: What,
}

enum What {
    Record(Box<Record<'static>>, Vec<Anomaly>),
    Framing,
    Anomaly(Anomaly),
}

impl Pending {
    /// Nothing waits; at most `bytes_max` bytes ever will.
    pub fn new(bytes_max: usize) -> Pending {
        Pending { before: None, waiting: Vec::new(), bytes: 0, bytes_max }
    }

    /// The offset at which the next item starts.
    pub fn offset(&self, emitter: &Emitter<'_>) -> u64 {
        emitter.offset() + self.bytes as u64
    }

    /// A record. `timed` says that records of this mapping have times.
    pub fn record(
        &mut self,
        raw: &[u8],
        line: u64,
        record: Record<'_>,
        anomalies: Vec<Anomaly>,
        timed: bool,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        if !timed {
            return emitter.record(raw, line, record, anomalies);
        }
        if let Some(time) = &record.time {
            let time = owned_time(time);
            self.release(Some(&time), emitter)?;
            self.before = Some(time);
            return emitter.record(raw, line, record, anomalies);
        }
        self.wait(raw, line, What::Record(Box::new(owned(record)), anomalies), emitter)
    }

    /// Structure.
    pub fn framing(&mut self, raw: &[u8], line: u64, emitter: &mut Emitter<'_>) -> io::Result<()> {
        if self.waiting.is_empty() {
            return emitter.framing(raw, line);
        }
        self.wait(raw, line, What::Framing, emitter)
    }

    /// Bytes that did not parse.
    pub fn anomaly(
        &mut self,
        raw: &[u8],
        line: u64,
        anomaly: Anomaly,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        if self.waiting.is_empty() {
            return emitter.anomaly(raw, line, anomaly);
        }
        self.wait(raw, line, What::Anomaly(anomaly), emitter)
    }

    /// Lets go of everything: the file has ended.
    pub fn finish(&mut self, emitter: &mut Emitter<'_>) -> io::Result<()> {
        self.release(None, emitter)
    }

    fn wait(
        &mut self,
        raw: &[u8],
        line: u64,
        what: What,
        emitter: &mut Emitter<'_>,
    ) -> io::Result<()> {
        self.bytes += raw.len();
        self.waiting.push(Waiting { raw: raw.to_vec(), line, what });
        if self.bytes > self.bytes_max {
            return self.release(None, emitter);
        }
        Ok(())
    }

    fn release(&mut self, after: Option<&Time<'_>>, emitter: &mut Emitter<'_>) -> io::Result<()> {
        self.bytes = 0;
        for item in std::mem::take(&mut self.waiting) {
            match item.what {
                What::Framing => emitter.framing(&item.raw, item.line)?,
                What::Anomaly(anomaly) => emitter.anomaly(&item.raw, item.line, anomaly)?,
                What::Record(mut record, anomalies) => {
                    record.time = self.between(after);
                    if record.time.is_some() {
                        let origin = Origin::Neighbours;
                        record.borrowed.push(Borrowed { field: "time", origin });
                    }
                    emitter.record(&item.raw, item.line, *record, anomalies)?;
                }
            }
        }
        Ok(())
    }

    /// From the earliest of the time before to the latest of the time after; where one of them
    /// is not known, the bounds of the other.
    fn between(&self, after: Option<&Time<'_>>) -> Option<Time<'static>> {
        let before = self.before.as_ref();
        let known = before.or(after)?;
        let lo = before.map_or(known.lo, |time| time.lo);
        let hi = after.map_or(known.hi, |time| time.hi);
        Some(Time {
            raw: None,
            lo,
            // A next line that is out of order must not turn the bounds around.
            hi: hi.max(before.map_or(lo, |time| time.hi)),
            zone: known.zone,
            clock: known.clock,
            inferred: true,
        })
    }
}

fn owned_time(time: &Time<'_>) -> Time<'static> {
    Time {
        raw: None,
        lo: time.lo,
        hi: time.hi,
        zone: time.zone,
        clock: time.clock,
        inferred: time.inferred,
    }
}

/// The record with all its characters its own.
fn owned(record: Record<'_>) -> Record<'static> {
    let own = |value: Cow<'_, str>| Cow::Owned(value.into_owned());
    let link = record.link.map(|link| Link {
        relation: link.relation,
        target_path: own(link.target_path),
        from_line: link.from_line,
        to_line: link.to_line,
    });
    Record {
        kind: record.kind,
        network: own(record.network),
        id: record.id.map(own),
        id_per_conversation: record.id_per_conversation,
        from: record.from.map(own),
        to: record.to.into_iter().map(own).collect(),
        conversation: record.conversation.map(own),
        text: record.text.map(own),
        time: record.time.map(|time| owned_time(&time)),
        territory: record.territory.map(own),
        reply_to: record.reply_to.map(own),
        extra: record.extra.into_iter().map(|(name, value)| (own(name), own(value))).collect(),
        link,
        borrowed: record.borrowed,
    }
}
