//! The shapes of a line in an IRC log.

/// A time of day as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp<'a> {
    /// The characters between the brackets.
    pub raw: &'a str,
    /// Seconds since midnight.
    pub seconds: u32,
    /// How long the written time lasts: a minute, or a second where seconds are written.
    pub lasts_seconds: u32,
}

/// What a line says, apart from its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape<'a> {
    /// `<nick> text`, or `(nick/#channel) text` seen from another window.
    Said { from: &'a str, prefix: Option<&'a str>, channel: Option<&'a str>, text: &'a str },
    /// `* nick does something`.
    Action { from: &'a str, text: &'a str },
    /// `-nick:#channel- text` or `-nick- text`.
    Notice { from: &'a str, channel: Option<&'a str>, text: &'a str },
    /// `=== something`.
    System(Event<'a>),
    /// Nothing but blanks.
    Blank,
    /// None of these.
    Unknown,
}

/// What a system line tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event<'a> {
    /// `NICK [HOST]  has joined #CHANNEL`.
    Join { nick: &'a str, host: Option<&'a str>, channel: &'a str },
    /// `NICK [HOST]  has left #CHANNEL [REASON]`.
    Part { nick: &'a str, host: Option<&'a str>, channel: &'a str, reason: &'a str },
    /// `NICK [HOST]  has quit [REASON]`.
    Quit { nick: &'a str, host: Option<&'a str>, reason: &'a str },
    /// `NICK is now known as NEW`.
    Nick { nick: &'a str, new: &'a str },
    /// `mode/#CHANNEL [CHANGE] by NICK`.
    Mode { nick: &'a str, channel: &'a str, change: &'a str },
    /// `NICK was kicked off #CHANNEL by BY (REASON)`.
    Kick { nick: &'a str, channel: &'a str, by: &'a str, reason: &'a str },
    /// Anything else, as it stands.
    Other(&'a str),
}

/// Reads a line without its line end: its time, if it has one, and its shape.
pub(super) fn parse(line: &str) -> (Option<Stamp<'_>>, Shape<'_>) {
    let (stamp, rest) = match stamp(line) {
        Some((stamp, rest)) => (Some(stamp), rest),
        None => (None, line),
    };
    (stamp, shape(rest, stamp.is_some()))
}

/// Reads the time at the start of a line; returns it and what follows.
pub(super) fn stamp(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (raw, rest) = line.strip_prefix('[')?.split_once(']')?;
    let digits = |at: usize| -> Option<u32> {
        let pair = raw.as_bytes().get(at..at + 2)?;
        pair.iter()
            .all(u8::is_ascii_digit)
            .then(|| u32::from(pair[0] - b'0') * 10 + u32::from(pair[1] - b'0'))
    };
    let colon = |at: usize| raw.as_bytes().get(at) == Some(&b':');
    let (hours, minutes) = (digits(0)?, digits(3)?);
    let (seconds, lasts_seconds) = match raw.len() {
        5 => (0, 60),
        8 if colon(5) => (digits(6)?, 1),
        _ => return None,
    };
    let valid = colon(2) && hours < 24 && minutes < 60 && seconds < 60;
    let seconds = hours * 3600 + minutes * 60 + seconds;
    valid.then_some((Stamp { raw, seconds, lasts_seconds }, rest))
}

fn shape(rest: &str, timed: bool) -> Shape<'_> {
    let body = rest.trim_start_matches(' ');
    if body.trim().is_empty() && !timed {
        return Shape::Blank;
    }
    for mark in ["=== ", "*** ", "-!- "] {
        if let Some(text) = body.strip_prefix(mark) {
            return Shape::System(event(text));
        }
    }
    if !timed {
        return Shape::Unknown;
    }
    said(body).or_else(|| action(body)).or_else(|| notice(body)).unwrap_or(Shape::Unknown)
}

fn said(body: &str) -> Option<Shape<'_>> {
    if let Some(inner) = body.strip_prefix('<') {
        let (name, text) = inner.split_once('>')?;
        let from = name.trim_start_matches([' ', '@', '+', '%', '&', '~']);
        let prefix = Some(name[..name.len() - from.len()].trim()).filter(|p| !p.is_empty());
        let text = text.strip_prefix(' ').unwrap_or(text);
        // Some logs put a blank after every `]`, in nicks too: `<heron[2] >`.
        let from = from.trim_end();
        return (!from.is_empty()).then_some(Shape::Said { from, prefix, channel: None, text });
    }
    let (name, text) = body.strip_prefix('(')?.split_once(')')?;
    let (from, channel) = name.split_once('/')?;
    let text = text.strip_prefix(' ').unwrap_or(text);
    let valid = is_nick(from) && is_channel(channel);
    valid.then_some(Shape::Said { from, prefix: None, channel: Some(channel), text })
}

fn action(body: &str) -> Option<Shape<'_>> {
    let inner = body.strip_prefix("* ")?;
    let (from, text) = inner.split_once(' ').unwrap_or((inner, ""));
    is_nick(from).then_some(Shape::Action { from, text })
}

fn notice(body: &str) -> Option<Shape<'_>> {
    let (name, text) = body
        .strip_prefix('-')?
        .split_once("- ")
        .or_else(|| body.strip_prefix('-')?.strip_suffix('-').map(|name| (name, "")))?;
    let (from, channel) = match name.split_once(':') {
        Some((from, channel)) => (from, Some(channel)),
        None => (name, None),
    };
    let valid = is_nick(from) && channel.is_none_or(is_channel);
    valid.then_some(Shape::Notice { from, channel, text })
}

fn event(text: &str) -> Event<'_> {
    kick(text).or_else(|| movement(text)).or_else(|| mode(text)).unwrap_or(Event::Other(text))
}

/// Joins, parts, quits and renames: a nick, perhaps a host in brackets, then the verb.
fn movement(text: &str) -> Option<Event<'_>> {
    let (nick, rest) = text.split_once(' ')?;
    if !is_nick(nick) {
        return None;
    }
    if let Some(new) = rest.strip_prefix("is now known as") {
        let new = new.trim();
        return is_nick(new).then_some(Event::Nick { nick, new });
    }
    let (host, verb) = match rest.trim_start().strip_prefix('[').and_then(|r| r.split_once("] ")) {
        Some((host, verb)) => (Some(host), verb.trim_start()),
        None => (None, rest.trim_start()),
    };
    if let Some(channel) = verb.strip_prefix("has joined ") {
        let channel = channel.trim();
        return is_channel(channel).then_some(Event::Join { nick, host, channel });
    }
    if let Some(rest) = verb.strip_prefix("has left ") {
        let (channel, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        return is_channel(channel).then_some(Event::Part {
            nick,
            host,
            channel,
            reason: unwrap_reason(reason),
        });
    }
    let reason = verb.strip_prefix("has quit")?;
    Some(Event::Quit { nick, host, reason: unwrap_reason(reason) })
}

fn mode(text: &str) -> Option<Event<'_>> {
    let (channel, rest) = text.strip_prefix("mode/")?.split_once(' ')?;
    let (change, nick) = rest.strip_prefix('[')?.split_once("] by ")?;
    let nick = nick.trim();
    (is_channel(channel) && is_nick(nick)).then_some(Event::Mode { nick, channel, change })
}

fn kick(text: &str) -> Option<Event<'_>> {
    let (nick, rest) = text.split_once(" was kicked off ")?;
    let (channel, rest) = rest.split_once(" by ")?;
    let (by, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let reason = unwrap_reason(reason);
    let valid = is_nick(nick) && is_channel(channel) && is_nick(by);
    valid.then_some(Event::Kick { nick, channel, by, reason })
}

/// A reason without the one pair of brackets and quotes that logs put around it.
fn unwrap_reason(reason: &str) -> &str {
    let mut reason = reason.trim();
    for (open, close) in [("[", "]"), ("(", ")"), ("\"", "\"")] {
        let inner = reason.strip_prefix(open).and_then(|inner| inner.strip_suffix(close));
        reason = inner.unwrap_or(reason);
    }
    reason
}

/// A nick holds no blanks and none of the marks around nicks; servers have dots.
fn is_nick(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '<', '>', '#']) && text.len() <= 64
}

/// True for `#name` and `&name`.
fn is_channel(text: &str) -> bool {
    text.len() > 1 && text.starts_with(['#', '&']) && !text.contains([' ', ','])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape_of(line: &str) -> Shape<'_> {
        parse(line).1
    }

    fn said<'a>(from: &'a str, text: &'a str) -> Shape<'a> {
        Shape::Said { from, prefix: None, channel: None, text }
    }

    #[test]
    fn what_people_say_and_do() {
        assert_eq!(shape_of("[12:18] <heron> hi <b> there"), said("heron", "hi <b> there"));
        assert_eq!(shape_of("[12:18] <heron>"), said("heron", ""));
        assert_eq!(shape_of("[12:18] <heron>  two"), said("heron", " two"));
        assert_eq!(shape_of("[12:18] <her[o] n[2] > x"), said("her[o] n[2]", "x"));
        assert_eq!(
            shape_of("[12:18] <@heron> x"),
            Shape::Said { from: "heron", prefix: Some("@"), channel: None, text: "x" }
        );
        assert_eq!(
            shape_of("[12:18] (heron/#birds) x: y"),
            Shape::Said { from: "heron", prefix: None, channel: Some("#birds"), text: "x: y" }
        );
        assert_eq!(
            shape_of("[12:18]  * heron flies - away"),
            Shape::Action { from: "heron", text: "flies - away" }
        );
        assert_eq!(shape_of("[12:18]  * heron"), Shape::Action { from: "heron", text: "" });
        assert_eq!(
            shape_of("[12:18] -heron:#birds- psst - you"),
            Shape::Notice { from: "heron", channel: Some("#birds"), text: "psst - you" }
        );
        assert_eq!(
            shape_of("[12:18] -heron- psst"),
            Shape::Notice { from: "heron", channel: None, text: "psst" }
        );
    }

    #[test]
    fn what_the_service_says() {
        let event = |line| match shape_of(line) {
            Shape::System(event) => event,
            other => panic!("no system line: {other:?}"),
        };
        assert_eq!(
            event("=== heron [n=h@example.net]  has joined #birds"),
            Event::Join { nick: "heron", host: Some("n=h@example.net"), channel: "#birds" }
        );
        assert_eq!(
            event("=== heron [n=h@example.net]  has left #birds [\"Gone fishing\"]"),
            Event::Part {
                nick: "heron",
                host: Some("n=h@example.net"),
                channel: "#birds",
                reason: "Gone fishing"
            }
        );
        assert_eq!(
            event("[10:00] *** heron has quit (Ping timeout)"),
            Event::Quit { nick: "heron", host: None, reason: "Ping timeout" }
        );
        assert_eq!(
            event("=== heron is now known as egret"),
            Event::Nick { nick: "heron", new: "egret" }
        );
        assert_eq!(
            event("=== mode/#birds [+o heron] by owl"),
            Event::Mode { nick: "owl", channel: "#birds", change: "+o heron" }
        );
        assert_eq!(
            event("=== heron was kicked off #birds by owl (too loud)"),
            Event::Kick { nick: "heron", channel: "#birds", by: "owl", reason: "too loud" }
        );
        assert_eq!(event("=== heron sighs"), Event::Other("heron sighs"));
    }

    #[test]
    fn times_are_read_to_the_minute_or_second() {
        let read = |line| stamp(line).map(|(s, rest)| (s.seconds, s.lasts_seconds, rest));
        assert_eq!(read("[00:01] x"), Some((60, 60, " x")));
        assert_eq!(read("[23:59:58]x"), Some((86398, 1, "x")));
        for bad in ["[24:00] x", "[12:60] x", "[1:00] x", "[12-00] x", "[12:00:] x", "12:00 x", "["]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(shape_of(" \t"), Shape::Blank);
        assert_eq!(shape_of("[12:18]"), Shape::Unknown);
        assert_eq!(shape_of("[12:18] heron: x"), Shape::Unknown);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(
            line in r"(\[12:00\] )?[=<>()*\[\]/#&a-c :é-]{0,30}",
            any: String,
        ) {
            parse(&line);
            parse(&any);
        }
    }
}
