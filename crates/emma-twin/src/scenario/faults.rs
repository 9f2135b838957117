//! What goes wrong on the way: every fault with its default, its range and its unit.

use crate::time::parse_instant;
use crate::world::device::{COLLECTORS, Device, OPERATORS};
use crate::{Result, TwinError};
use serde::{Deserialize, Deserializer, Serialize};

/// What goes wrong on the way. Every occurrence is listed in the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Share of handsets ever captured.
    pub captured: f64,
    /// Share of time that a handset's collector is down.
    pub collector_down: f64,
    /// Mean length of an up interval, hours.
    pub up_hours: f64,
    /// Loss while up, in blocks of a quarter of an hour a handset.
    pub block_loss: f64,
    /// Share of time that a whole collection server is down (all its handsets at once).
    pub server_down: f64,
    /// Share of time that a mobile operator is down.
    pub operator_down: f64,
    /// Chance that a restart sends again what came just before it.
    pub replay: f64,
    /// How far back a replay reaches, minutes.
    pub replay_minutes: f64,
    /// Share of live records that are repeated.
    pub repeat: f64,
    /// Most repetitions of one record.
    pub repeat_max: u32,
    /// Share of copies with sender and recipient swapped.
    pub swapped: f64,
    /// Share of live copies of which one side is dropped for no visible reason.
    pub one_side: f64,
    /// Share of handsets whose time zone is written wrongly.
    pub wrong_zone: f64,
    /// Deviation of handset clocks, seconds.
    pub skew_seconds: f64,
    /// Drift of handset clocks, parts per million at most, either way.
    pub drift_ppm: u32,
    /// Share of handsets whose clock is off by much, all the time.
    pub skew_large: f64,
    /// Largest size of that, hours either way. A third of these handsets are off by at most ten
    /// minutes, a third by at most an hour, a third by at most this; never by more than this.
    pub skew_large_hours: f64,
    /// Share of handsets whose clock jumps once.
    pub clock_jump: f64,
    /// Largest jump, hours either way; the smallest is two minutes.
    pub clock_jump_hours: f64,
    /// Share of photo references without a photo.
    pub missing_picture: f64,
    /// Share of copies whose text is cut.
    pub truncated: f64,
    /// Share of handsets written in the second output profile.
    pub second_profile: f64,
    /// Share of the partner's rows that differ from the feed's in text.
    pub partner_differs: f64,
    /// Share of rows that the partner does not have.
    pub partner_missing: f64,
    /// Share of handsets wiped (panic code or helpdesk) in the window.
    pub wiped: f64,
    /// Collection servers and mobile operators down when the scenario says so, besides
    /// `server_down` and `operator_down`.
    pub outage: Vec<Outage>,
}

/// One collection server or mobile operator down for a stretch: nothing is taken live of any of
/// its handsets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The collection server's number, 0 to 5, as in the truth's `outages` and `devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collector: Option<u8>,
    /// Or the mobile operator's, 0 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<u8>,
    /// First instant, RFC 3339; of a date alone: 00:00 UTC. With or without quotes.
    #[serde(deserialize_with = "written")]
    pub from: String,
    /// Instant it is up again, later than `from`.
    #[serde(deserialize_with = "written")]
    pub until: String,
}

/// A time as text: TOML has times of its own, and an authority writes its dates without quotes.
fn written<'d, D: Deserializer<'d>>(deserializer: D) -> std::result::Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Time(toml::value::Datetime),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Time(time) => time.to_string(),
    })
}

/// What handsets depend on, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// A collection server.
    Collector(u8),
    /// A mobile operator.
    Operator(u8),
}

impl Whose {
    /// Its kind, as in the truth, and its number.
    pub fn named(self) -> (&'static str, u8) {
        match self {
            Whose::Collector(number) => ("collector", number),
            Whose::Operator(number) => ("operator", number),
        }
    }

    /// True where a handset depends on it.
    pub fn serves(self, device: &Device) -> bool {
        match self {
            Whose::Collector(number) => device.collector == number,
            Whose::Operator(number) => device.operator == number,
        }
    }
}

/// An [`Outage`] in milliseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// What is down.
    pub whose: Whose,
    /// First instant.
    pub from: i64,
    /// End, excluded.
    pub until: i64,
}

/// Keys that are no shares: their lowest and highest value.
const RANGES: [(&str, f64, f64); 7] = [
    ("up_hours", 0.1, 10_000.0),
    ("replay_minutes", 0.0, 10_080.0),
    ("repeat_max", 2.0, 100_000.0),
    ("skew_seconds", 0.0, 86_400.0),
    ("drift_ppm", 0.0, 1_000.0),
    ("skew_large_hours", 0.0, 8_760.0),
    ("clock_jump_hours", 0.04, 8_760.0),
];

impl Faults {
    /// Refuses a value out of its range, and says the range.
    pub fn check(&self) -> Result<()> {
        let values =
            serde_json::to_value(self).map_err(|error| TwinError::Scenario(error.to_string()))?;
        for (name, value) in values.as_object().into_iter().flatten() {
            if value.is_array() {
                continue;
            }
            let range = RANGES.iter().find(|(known, _, _)| known == name);
            let (low, high) = range.map_or((0.0, 1.0), |(_, low, high)| (*low, *high));
            // A number that is none (NaN) is null in JSON.
            if !value.as_f64().is_some_and(|number| (low..=high).contains(&number)) {
                let what = format!("faults.{name} is {value}: it must be {low} to {high}");
                return Err(TwinError::Scenario(what));
            }
        }
        self.stretches().map(drop)
    }

    /// The outages asked for, in milliseconds.
    pub fn stretches(&self) -> Result<Vec<Stretch>> {
        let mut stretches = Vec::new();
        for (place, outage) in self.outage.iter().enumerate() {
            let name = format!("faults.outage number {}", place + 1);
            let refuse = |what: String| Err(TwinError::Scenario(format!("{name}: {what}")));
            let (whose, many) = match (outage.collector, outage.operator) {
                (Some(number), None) => (Whose::Collector(number), COLLECTORS),
                (None, Some(number)) => (Whose::Operator(number), OPERATORS),
                _ => return refuse("give collector or operator, one of the two".into()),
            };
            let (what, number) = whose.named();
            if u32::from(number) >= many {
                return refuse(format!("{what} is {number}: it must be 0 to {}", many - 1));
            }
            let instants = (parse_instant(&outage.from), parse_instant(&outage.until));
            let (Some(from), Some(until)) = instants else {
                return refuse(
                    "from and until must be YYYY-MM-DD or RFC 3339 with its zone".into(),
                );
            };
            if from >= until {
                return refuse("until must be later than from".into());
            }
            stretches.push(Stretch { whose, from, until });
        }
        Ok(stretches)
    }
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            captured: 0.5995,
            collector_down: 0.45,
            up_hours: 9.0,
            block_loss: 0.34,
            server_down: 0.02,
            operator_down: 0.01,
            replay: 0.35,
            replay_minutes: 90.0,
            repeat: 0.004,
            repeat_max: 400,
            swapped: 0.01,
            one_side: 0.03,
            wrong_zone: 0.02,
            skew_seconds: 25.0,
            drift_ppm: 12,
            skew_large: 0.04,
            skew_large_hours: 26.0,
            clock_jump: 0.03,
            clock_jump_hours: 3.0,
            missing_picture: 0.15,
            truncated: 0.003,
            second_profile: 0.1,
            partner_differs: 0.01,
            partner_missing: 0.05,
            wiped: 0.02,
            outage: Vec::new(),
        }
    }
}
