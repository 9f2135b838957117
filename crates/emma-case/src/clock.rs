//! What time it is, as an argument.

use crate::error::{CaseError, Result};
use emma_model::Micros;
use jiff::Timestamp;

/// The variable that holds the clock still, for tests and repeatable demonstrations.
pub const CLOCK_VARIABLE: &str = "EMMA_CLOCK";

/// Tells the time. Everything in this crate that asks takes one of these.
pub trait Clock: Send + Sync {
    /// Now, in microseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Micros;

    /// True where [`Clock::now`] is the machine's own time. A real case is read under no other:
    /// an authority that has ended must not be opened by holding the clock still.
    fn is_system(&self) -> bool {
        false
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The one place where the machine's clock is asked.
    fn now(&self) -> Micros {
        Timestamp::now().as_microsecond()
    }

    fn is_system(&self) -> bool {
        true
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(
    /// The time it always tells.
    pub Micros,
);

impl Clock for FixedClock {
    fn now(&self) -> Micros {
        self.0
    }
}

/// The machine's clock, or the one that `EMMA_CLOCK` (RFC 3339, with an offset) holds still.
pub fn from_environment() -> Result<Box<dyn Clock>> {
    match std::env::var(CLOCK_VARIABLE) {
        Err(std::env::VarError::NotPresent) => Ok(Box::new(SystemClock)),
        Ok(text) => parse_instant(&text)
            .map(|now| Box::new(FixedClock(now)) as Box<dyn Clock>)
            .ok_or(CaseError::ClockText),
        Err(_) => Err(CaseError::ClockText),
    }
}

/// Reads an RFC 3339 instant (`2026-11-24T08:00:00Z`).
pub fn parse_instant(text: &str) -> Option<Micros> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}

/// Writes an instant as RFC 3339 in UTC, without trailing zeros of the second.
///
/// Instants outside the years that can be written are shown as plain microseconds.
pub fn format_instant(micros: Micros) -> String {
    match Timestamp::from_microsecond(micros) {
        Ok(instant) => instant.to_string(),
        Err(_) => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_text() {
        let now = parse_instant("2026-11-24T08:00:00Z").unwrap();
        assert_eq!(format_instant(now), "2026-11-24T08:00:00Z");
        assert_eq!(parse_instant("2026-11-24T10:00:00+02:00"), Some(now));
        assert_eq!(parse_instant("2026-11-24"), None);
        assert_eq!(format_instant(i64::MAX), format!("{}us", i64::MAX));
    }

    #[test]
    fn a_fixed_clock_says_that_it_is_not_the_systems() {
        assert!(SystemClock.is_system());
        assert!(!FixedClock(0).is_system());
        assert_eq!(FixedClock(7).now(), 7);
    }
}
