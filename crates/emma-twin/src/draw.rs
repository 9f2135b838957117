//! Random draws that depend on what they are for, never on who asked first.
//!
//! A [`Draw`] is a SplitMix64 sequence whose start is a mix of (seed, stream, index). Every entity
//! (a person, a conversation, a message's fate) opens its own, so any thread may make any entity at
//! any time and gets the same one.

/// Names one purpose of randomness, so that two purposes of one entity never share draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Stream {
    /// Cells, persons and their traits.
    Person = 1,
    /// Accounts and their handles.
    Account = 2,
    /// Devices and SIMs.
    Device = 3,
    /// Who talks with whom.
    Tie = 4,
    /// When a conversation speaks.
    Rhythm = 5,
    /// What a conversation says.
    Talk = 6,
    /// How one message is typed.
    Typing = 7,
    /// A group's slang.
    Slang = 8,
    /// When a collector or server is up.
    Coverage = 9,
    /// A handset's clock.
    Clock = 10,
    /// What happens to one copy of one message.
    Fate = 11,
    /// Threat-to-life incidents and their look-alikes.
    Incident = 12,
    /// Address books, notes, calls, notices.
    Book = 13,
    /// Homes, phones, cars and movements outside the network.
    Outside = 14,
    /// Network message ids.
    MessageId = 15,
    /// Server tables.
    Server = 16,
    /// What a message's photo shows and what became of it.
    Photo = 17,
}

/// Names one fault of one entity, so that turning it leaves the draws of all others as they are.
///
/// A new fault gets a new number; a number once given is not given again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Knob {
    /// Whether a handset is ever captured.
    Captured = 1,
    /// How long after the first day the capture reaches it.
    Reached = 2,
    /// How long after that its stored history is read.
    Read = 3,
    /// How long messages live on it.
    Burn = 4,
    /// Whether and when it is wiped, and by whom.
    Wiped = 5,
    /// Its collection server.
    Collector = 6,
    /// Its mobile operator.
    Operator = 7,
    /// Whether it is written in the second output profile.
    SecondProfile = 8,
    /// When its user views the service notice.
    Notice = 9,
    /// The small deviation that every clock has.
    Skew = 10,
    /// Whether and how far a clock is off by much.
    SkewLarge = 11,
    /// How fast a clock drifts.
    Drift = 12,
    /// Whether, when and how far a clock jumps.
    ClockJump = 13,
    /// Whether and how a zone is written wrongly.
    WrongZone = 14,
    /// Whether one side of a message is dropped.
    OneSide = 15,
    /// Whether a copy's parties are exchanged.
    Swapped = 16,
    /// Whether a copy's text is cut.
    Truncated = 17,
    /// How long after sending the collector takes a copy.
    Delay = 18,
    /// Whether, how often and how fast a copy is repeated.
    Repeat = 19,
    /// How long after a restart a copy is sent again.
    Replay = 20,
    /// Whether a photo is missing.
    MissingPicture = 21,
    /// Whether the second partner lacks a row.
    PartnerMissing = 22,
    /// Whether the second partner's row differs.
    PartnerDiffers = 23,
}

/// Spreads the bits of `x` over all 64.
pub const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A sequence of draws.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// The sequence of `index` in `stream` under `seed`.
    pub fn new(seed: u64, stream: Stream, index: u64) -> Draw {
        let start = mix(seed ^ 0x9E37_79B9_7F4A_7C15) ^ mix((stream as u64) << 32 | 0x5DEE_CE66);
        Draw { state: mix(start ^ mix(index.wrapping_add(0xD1B5_4A32_D192_ED03))) }
    }

    /// The sequence of one fault of `index`: no other fault's draws depend on it.
    pub fn knob(seed: u64, stream: Stream, index: u64, knob: Knob) -> Draw {
        Draw::new(seed, stream, index ^ mix(knob as u64))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// An index below `n`; 0 where `n` is 0.
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// A fraction from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of `list`, which must not be empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// An exponential draw with mean `mean`.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.unit()).ln() * mean
    }

    /// Roughly normal with mean 0 and deviation 1 (a sum of twelve uniforms).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A heavy-tailed count of at least `least`: Pareto with exponent `alpha`, cut at `most`.
    pub fn pareto(&mut self, least: f64, alpha: f64, most: f64) -> f64 {
        (least / (1.0 - self.unit()).powf(1.0 / alpha)).min(most)
    }

    /// An index drawn by `weights`, which must not be empty.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut at = self.unit() * total;
        for (index, weight) in weights.iter().enumerate() {
            at -= weight;
            if at < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_stream_and_index_only() {
        let first: Vec<u64> = {
            let mut draw = Draw::new(7, Stream::Talk, 3);
            (0..4).map(|_| draw.bits()).collect()
        };
        let mut again = Draw::new(7, Stream::Talk, 3);
        assert!(first.iter().all(|bits| *bits == again.bits()));
        for other in [
            Draw::new(8, Stream::Talk, 3),
            Draw::new(7, Stream::Typing, 3),
            Draw::new(7, Stream::Talk, 4),
            Draw::knob(7, Stream::Talk, 3, Knob::Skew),
        ] {
            assert_ne!(first[0], other.clone().bits());
        }
    }

    #[test]
    fn draws_are_even() {
        let mut draw = Draw::new(1, Stream::Fate, 1);
        let mean = (0..10_000).map(|_| draw.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let hits = (0..10_000).filter(|_| draw.chance(0.1)).count();
        assert!((800..1200).contains(&hits), "{hits}");
    }
}
