//! When something happened, and how sure that is.

use std::borrow::Cow;

/// Microseconds since 1970-01-01T00:00:00Z, without leap seconds. Negative before 1970.
pub type Micros = i64;

/// What is known about the zone of a written time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Zone {
    /// The value itself says its offset, or counts from an epoch in UTC.
    Declared = 0,
    /// The mapping or the user says which zone to assume.
    Assumed = 1,
    /// Nobody knows: the bounds are widened by -14/+12 hours.
    Unknown = 2,
}

/// Which clock wrote the time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Clock {
    /// The sender's device.
    Sent = 0,
    /// A recipient's device, on receipt.
    Received = 1,
    /// Whoever captured the traffic.
    Captured = 2,
    /// A server, on delivery.
    Delivered = 3,
    /// The source does not say.
    Unstated = 4,
}

impl Zone {
    /// The zone kind with number `n`, as stored.
    pub fn from_u8(n: u8) -> Option<Zone> {
        [Zone::Declared, Zone::Assumed, Zone::Unknown].get(n as usize).copied()
    }

    /// The word shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        ["declared", "assumed", "unknown"][self as usize]
    }
}

impl Clock {
    /// The clock with number `n`, as stored.
    pub fn from_u8(n: u8) -> Option<Clock> {
        [Clock::Sent, Clock::Received, Clock::Captured, Clock::Delivered, Clock::Unstated]
            .get(n as usize)
            .copied()
    }

    /// The word shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        ["sent", "received", "captured", "delivered", "unstated"][self as usize]
    }
}

/// A time as written and as understood. The value is never corrected; clock models lie beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Time<'a> {
    /// The characters the time was read from, where the record has some of its own.
    pub raw: Option<Cow<'a, str>>,
    /// Earliest it can be. The sort time.
    pub lo: Micros,
    /// Latest it can be, inclusive; never before `lo`.
    pub hi: Micros,
    /// What is known of the zone.
    pub zone: Zone,
    /// Whose clock.
    pub clock: Clock,
    /// True where the bounds come from neighbours, file names or a guess about a clock.
    pub inferred: bool,
}
