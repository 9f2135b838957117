//! One copy as a case holds it, beside the message and the faults listed for it.

use crate::case::Row;
use crate::truth::{Copy, Message, fault, millis};

/// A clock within this many milliseconds of the truth is right: faults of clocks are larger.
const CLOCK_MS: i64 = 60_000;

/// What is different about a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// [`fault`] bits of differences that are faults the twin knows.
    pub faults: u8,
    /// A difference that is none of them.
    pub unexplained: Option<&'static str>,
}

/// Compares a copy with its message.
pub fn compare(row: &Row, message: &Message, copy: &Copy) -> Seen {
    let mut seen = Seen::default();
    if copy.log {
        // A relay's clock is off by up to a minute and a half, and it logs no text.
        if row.from.as_deref() != Some(&message.from) {
            seen.unexplained = Some("parties");
        }
        return seen;
    }
    let same = row.from.as_deref() == Some(&message.from) && row.to == message.to;
    if !same {
        let first = message.to.first().map(String::as_str);
        match row.from.as_deref() == first && row.to == [message.from.clone()] {
            true => seen.faults |= fault::SWAPPED,
            false => seen.unexplained = Some("parties"),
        }
    }
    let text = row.text.as_deref().unwrap_or_default();
    if text != message.text {
        match message.text.starts_with(text) {
            true => seen.faults |= fault::CUT,
            false => seen.unexplained = Some("text"),
        }
    }
    let there = message.sent + copy.delay;
    match row.time.as_ref().and_then(|time| millis(&time.earliest)) {
        Some(said) if (said - there).abs() <= CLOCK_MS => {}
        Some(_) => seen.faults |= fault::TIME,
        None => seen.unexplained = Some("time"),
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Time;

    fn row(from: &str, to: &[&str], text: &str, earliest: &str) -> Row {
        Row {
            from: Some(from.into()),
            to: to.iter().map(|to| (*to).into()).collect(),
            text: Some(text.into()),
            time: Some(Time { earliest: earliest.into() }),
            records: Vec::new(),
        }
    }

    #[test]
    fn known_faults_are_told_from_others() {
        let to = vec!["bo".to_owned(), "cy".to_owned()];
        let message = Message { sent: 0, from: "anna".into(), to, text: "all of it".into() };
        let copy = Copy { message: 0, delay: 1_000, faults: 0, log: false };
        let see = |row: Row| compare(&row, &message, &copy);
        let at = "1970-01-01T00:00:01Z";
        let both = ["bo", "cy"];
        assert_eq!(see(row("anna", &both, "all of it", at)), Seen::default());
        let swapped = see(row("bo", &["anna"], "all of it", at));
        assert_eq!((swapped.faults, swapped.unexplained), (fault::SWAPPED, None));
        let cut = see(row("anna", &both, "all", "1970-01-01T01:00:00Z"));
        assert_eq!((cut.faults, cut.unexplained), (fault::CUT | fault::TIME, None));
        assert_eq!(see(row("anna", &["bo"], "all of it", at)).unexplained, Some("parties"));
        assert_eq!(see(row("anna", &both, "other", at)).unexplained, Some("text"));
    }
}
