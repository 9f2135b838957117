//! IRC logs: `[HH:MM] <nick> text`, actions, notices, system lines (`docs/formats/inputs/irc.md`).
//!
//! 1. [`survey`] goes through the file once: how its clock behaves, which channel it is of, how
//!    bytes that are not UTF-8 are to be read.
//! 2. [`read`] goes through it again and hands over one item a line.
//!
//! A line is a record with its line end. Lines of no known shape are anomalies, blank lines
//! framing.

mod clock;
mod line;
mod values;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read};
use crate::limits::Limits;
use crate::member::Member;
use crate::text::{self, Encoding};
use crate::window::Window;
use clock::{Bounds, Clock, Shape as ClockShape};
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock as Whose, Record, Time, Zone};
use line::{Shape, Stamp};
use std::borrow::Cow;
use std::io;

/// IRC logs.
pub(crate) const FORMAT: Format = Format {
    name: "irc",
    version: 1,
    title: "IRC logs ([HH:MM] <nick> text)",
    tested: "163 public logs of 2004-2018",
    recognises: |head: &Head<'_>| head.text && recognises(head.bytes, head.whole),
    read: Read::Twice(|member, first, second, emitter, limits| {
        let survey = survey(first, member, limits)?;
        read(&survey, second, emitter, limits)
    }),
};

/// Lines looked at to recognise a log.
const RECOGNISE_LINES_MAX: usize = 50;
/// Bytes of undecodable lines that are kept to guess their encoding.
const GUESS_BYTES_MAX: usize = 64 << 10;

/// What the whole file says, before any line is read for good.
struct Survey {
    encoding: Encoding,
    mark_bytes: usize,
    /// How lines that are not UTF-8 are read.
    fallback: Encoding,
    clock: ClockShape,
    /// Midnight of the date in the name, in seconds since 1970.
    midnight: Option<i64>,
    conversation: Cow<'static, str>,
    conversation_origin: Origin,
}

/// True where most of the first lines look like a log and somebody speaks.
fn recognises(head: &[u8], whole: bool) -> bool {
    let detected = text::detect(head, whole);
    let head = &head[detected.mark_bytes..];
    let text = match detected.encoding.unit_bytes() {
        2 => detected.encoding.decode(&head[..head.len() & !1]).text,
        _ => String::from_utf8_lossy(head),
    };
    let (mut known, mut unknown, mut said) = (0, 0, 0);
    let mut lines = text.lines().take(RECOGNISE_LINES_MAX).peekable();
    while let Some(line) = lines.next() {
        let cut = lines.peek().is_none() && !whole && !text.ends_with('\n');
        match line::parse(line).1 {
            Shape::Blank => {}
            Shape::Unknown if cut => {}
            Shape::Unknown => unknown += 1,
            Shape::Said { .. } => {
                known += 1;
                said += 1;
            }
            _ => known += 1,
        }
    }
    said > 0 && known > unknown * 2
}

/// Goes through the file for what only the whole of it tells.
fn survey(window: &mut Window<'_>, member: &Member<'_>, limits: &Limits) -> io::Result<Survey> {
    window.fill(text::HEAD_BYTES)?;
    let head = &window.bytes()[..window.bytes().len().min(text::HEAD_BYTES)];
    let detected = text::detect(head, window.ended());
    let wide = detected.encoding.unit_bytes() == 2;
    let encoding = if wide { detected.encoding } else { Encoding::Utf8 };
    window.set_newline(encoding.newline());
    window.consume(detected.mark_bytes);

    let mut clock = ClockShape::default();
    let mut channel = Channel::Unknown;
    let mut odd = Vec::new();
    while let Some((length, _)) = window.next_line(limits.record_bytes_max)? {
        let bytes = &window.bytes()[..length];
        let decoded = encoding.decode(bytes);
        if decoded.replaced && odd.len() < GUESS_BYTES_MAX {
            odd.extend_from_slice(bytes);
        }
        let (stamp, shape) = line::parse(decoded.text.trim_end_matches(['\n', '\r']));
        if let Some(stamp) = stamp {
            clock.take(stamp.seconds);
        }
        channel.take(values::room(&shape), window.offset(), length);
        window.consume(length);
    }
    let fallback = match odd.is_empty() || wide {
        true => encoding,
        false => text::guess_legacy(&odd),
    };
    let (conversation, conversation_origin) = match channel {
        Channel::One { name, origin } => (Cow::Owned(name), origin),
        _ => (Cow::Owned(member.file_stem().to_owned()), Origin::Path),
    };
    Ok(Survey {
        encoding,
        mark_bytes: detected.mark_bytes,
        fallback,
        clock,
        midnight: values::date_in_name(member.name)
            .or_else(|| values::date_in_name(member.delivered)),
        conversation,
        conversation_origin,
    })
}

/// The channel a log is of, as far as its lines name one.
enum Channel {
    Unknown,
    One { name: String, origin: Origin },
    Several,
}

impl Channel {
    fn take(&mut self, named: Option<&str>, offset: u64, length: usize) {
        let Some(named) = named else { return };
        match self {
            Channel::Unknown => {
                let origin = Origin::Leaf { offset, length: length as u64 };
                *self = Channel::One { name: values::fold_channel(named), origin };
            }
            Channel::One { name, .. } if values::is_channel(name, named) => {}
            _ => *self = Channel::Several,
        }
    }
}

/// Reads the file for good.
fn read(
    survey: &Survey,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    window.set_newline(survey.encoding.newline());
    window.fill(survey.mark_bytes)?;
    emitter.framing(&window.bytes()[..survey.mark_bytes], 0)?;
    window.consume(survey.mark_bytes);
    let mut times = Times {
        clock: survey.midnight.map(|midnight| Clock::new(midnight, survey.clock)),
        last: None,
        ahead: None,
        ahead_bytes_max: limits.record_bytes_max,
    };
    let mut in_long_line = false;
    while let Some((length, cut)) = window.next_line(limits.record_bytes_max)? {
        if cut || in_long_line {
            let anomaly = Anomaly::new("line.too_long", "a line is longer than a record may be");
            emitter.anomaly(&window.bytes()[..length], window.line(), anomaly)?;
            in_long_line = cut;
        } else {
            times.look_ahead(survey, window, length)?;
            one_line(survey, &mut times, window, emitter, length)?;
        }
        window.consume(length);
    }
    let mut anomalies = Vec::new();
    if survey.midnight.is_none() {
        let note = "neither the lines nor the name give a date";
        anomalies.push(Anomaly::field("time.no_date", "time", note));
    }
    if survey.clock.is_half_day() {
        let note = "the clock looks like a 12-hour one; times span every half-day they can be";
        anomalies.push(Anomaly::field("time.half_day", "time", note));
    } else if survey.clock.wraps() > 0 {
        let note = "the clock goes back over midnight; times span every day they can be";
        anomalies.push(Anomaly::field("time.goes_back", "time", note));
    }
    Ok(anomalies)
}

fn one_line(
    survey: &Survey,
    times: &mut Times,
    window: &Window<'_>,
    emitter: &mut Emitter<'_>,
    length: usize,
) -> io::Result<()> {
    let raw = &window.bytes()[..length];
    let content = &raw[..survey.encoding.trim_line_end(raw)];
    let mut anomalies = Vec::new();
    let mut text = survey.encoding.decode(content);
    if text.replaced {
        text = survey.fallback.decode(content);
        let note = "bytes that are not UTF-8 were read in an encoding guessed from the file";
        anomalies.push(Anomaly::field("text.not_utf8", "text", note));
    }
    let (stamp, shape) = line::parse(&text.text);
    let mut record = match values::record(&shape) {
        Some(record) => record,
        None if shape == Shape::Blank => return emitter.framing(raw, window.line()),
        None => {
            if let Some(stamp) = stamp {
                times.take(stamp);
            }
            let anomaly = Anomaly::new("irc.line_unknown", "the line has no known shape");
            return emitter.anomaly(raw, window.line(), anomaly);
        }
    };
    text::report_controls(&text.text, "text", &mut anomalies);
    if record.conversation.is_none() {
        record.conversation = Some(Cow::Borrowed(&survey.conversation));
        let origin = survey.conversation_origin.clone();
        record.borrowed.push(Borrowed { field: "conversation", origin });
    }
    match stamp {
        Some(stamp) => timed(times, stamp, &mut record, &mut anomalies),
        None => untimed(times, window.offset(), &mut record),
    }
    emitter.record(raw, window.line(), record, anomalies)
}

fn timed<'a>(
    times: &mut Times,
    stamp: Stamp<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let Some((bounds, disorder)) = times.take(stamp) else {
        record.extra.push(("time".into(), stamp.raw.into()));
        return;
    };
    if disorder {
        let note = "the time is before that of an earlier line";
        anomalies.push(Anomaly::field("time.disorder", "time", note));
    }
    record.time = Some(time(Some(stamp.raw), bounds));
    record.borrowed.push(Borrowed { field: "time", origin: Origin::Path });
}

fn untimed(times: &Times, offset: u64, record: &mut Record<'_>) {
    if let Some((bounds, neighbours)) = times.between(offset) {
        record.time = Some(time(None, bounds));
        let origin = if neighbours { Origin::Neighbours } else { Origin::Path };
        record.borrowed.push(Borrowed { field: "time", origin });
    }
}

fn time(raw: Option<&str>, bounds: Bounds) -> Time<'_> {
    Time {
        raw: raw.map(Cow::Borrowed),
        lo: bounds.lo,
        hi: bounds.hi,
        zone: Zone::Unknown,
        clock: Whose::Unstated,
        inferred: true,
    }
}

/// The times of the file so far, and the next one as far as it can be seen.
struct Times {
    clock: Option<Clock>,
    last: Option<Bounds>,
    ahead: Option<Ahead>,
    ahead_bytes_max: usize,
}

/// What lines without a time before `until` have after them.
#[derive(Clone, Copy)]
struct Ahead {
    until: u64,
    next: Option<(u32, u32)>,
}

impl Times {
    fn take(&mut self, stamp: Stamp<'_>) -> Option<(Bounds, bool)> {
        let taken = self.clock.as_mut()?.take(stamp.seconds, stamp.lasts_seconds);
        self.last = Some(taken.0);
        Some(taken)
    }

    /// Bounds of a line without a time at `offset`, and whether a neighbour gave them.
    fn between(&self, offset: u64) -> Option<(Bounds, bool)> {
        let mut clock = self.clock?;
        let any = clock.any_time();
        let next = self.ahead.filter(|ahead| offset < ahead.until).and_then(|ahead| ahead.next);
        let next = next.map(|(seconds, lasts)| clock.take(seconds, lasts).0);
        let lo = self.last.unwrap_or(any).lo;
        // A next line that is a little out of order must not turn the bounds around.
        let hi = next.or(self.last.is_none().then_some(any)).unwrap_or(any).hi;
        let hi = hi.max(self.last.map_or(lo, |last| last.hi));
        Some((Bounds { lo, hi }, self.last.is_some() || next.is_some()))
    }

    /// If the line at the start of the window has no time, finds the next that has one, at most
    /// `ahead_bytes_max` further on.
    fn look_ahead(
        &mut self,
        survey: &Survey,
        window: &mut Window<'_>,
        length: usize,
    ) -> io::Result<()> {
        let has_time = |line: &[u8]| {
            line::stamp(&survey.encoding.decode(line).text)
                .map(|(stamp, _)| (stamp.seconds, stamp.lasts_seconds))
        };
        let known = self.ahead.is_some_and(|ahead| window.offset() < ahead.until);
        if known || self.clock.is_none() || has_time(&window.bytes()[..length]).is_some() {
            return Ok(());
        }
        window.fill(length + self.ahead_bytes_max)?;
        let bytes = &window.bytes()[..window.bytes().len().min(length + self.ahead_bytes_max)];
        let mut at = length;
        let mut next = None;
        while at < bytes.len() && next.is_none() {
            let end = at
                + survey
                    .encoding
                    .newline()
                    .after_feed(&bytes[at..], window.offset() + at as u64)
                    .unwrap_or(bytes.len() - at);
            next = has_time(&bytes[at..end.min(at + STAMP_BYTES_MAX)]);
            at = if next.is_some() { at } else { end };
        }
        self.ahead = Some(Ahead { until: window.offset() + at as u64, next });
        Ok(())
    }
}

/// Enough of a line to hold its time, in any encoding.
const STAMP_BYTES_MAX: usize = 32;
