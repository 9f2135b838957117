//! The scenario: everything an examiner may turn, in one TOML file.
//!
//! Every key has a default (the reference case), so a scenario states only what differs. Shares are
//! from 0 to 1, times are UTC dates, durations carry their unit. `docs/twin.md` explains each.

use crate::{Result, TwinError};
use serde::{Deserialize, Serialize};

/// A whole simulated network and its faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Version of this file's layout: 1.
    pub version: u32,
    /// The scenario's name: 1 to 32 of `a-z 0-9 -`.
    pub name: String,
    /// Sizes and dates.
    pub network: Network,
    /// Who the users are.
    pub people: People,
    /// What they say.
    pub talk: Talk,
    /// Threat-to-life incidents and what resembles them.
    pub incidents: Incidents,
    /// What goes wrong on the way.
    pub faults: Faults,
    /// In which shapes it is delivered.
    pub deliveries: Deliveries,
    /// In which forms the truth is written.
    pub truth: Truth,
}

/// Sizes and dates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Handsets with an account, 10 to 1,000,000.
    pub users: u32,
    /// Messages sent in the whole window (not copies).
    pub messages: u64,
    /// First day of talk, `YYYY-MM-DD`.
    pub first_day: String,
    /// Day the live capture starts.
    pub live_from: String,
    /// Last day of the live capture.
    pub live_until: String,
    /// Day of the service notice that every handset views at its own time.
    pub notice_day: String,
    /// Virtual machines.
    pub servers: u32,
    /// Default life of a message on a handset, days.
    pub burn_days: f64,
    /// Share of handsets set to keep longer (up to `burn_days_max`).
    pub burn_lax_share: f64,
    /// Longest setting, days.
    pub burn_days_max: f64,
}

/// Who the users are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Shares of persons with 1, 2, 3, 4 and 5 accounts.
    pub accounts_per_person: Vec<f64>,
    /// Share of handsets used by two persons.
    pub shared_handsets: f64,
    /// Chance that an account's handle is replaced in a month.
    pub handle_change_month: f64,
    /// Chance that a handset's SIM is swapped in a month.
    pub sim_change_month: f64,
    /// Share of users who are not part of any crime.
    pub legitimate: f64,
    /// Share of users who are lawyers, journalists or doctors.
    pub privileged: f64,
    /// Share of cells that speak a language other than their country's first.
    pub diaspora: f64,
    /// Mean number of counterparts inside and outside the cell.
    pub degree: f64,
    /// Share of handset owners with a personal phone in the call tables.
    pub personal_phones: f64,
}

/// What they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Talk {
    /// Mean rate of typing slips a word (persons differ).
    pub typos: f64,
    /// Share of messages with an emoji (persons differ).
    pub emoji: f64,
    /// Share of messages in the speaker's second language.
    pub code_switching: f64,
    /// Chance a month that a group replaces a code word.
    pub slang_drift: f64,
    /// Share of messages that carry a photo.
    pub photos: f64,
    /// Languages that no training may use.
    pub held_out: Vec<String>,
}

/// Threat-to-life incidents and what resembles them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Incidents {
    /// Incidents a million messages (the record: about 2.5).
    pub per_million: f64,
    /// Look-alike exchanges a million messages.
    pub hard_negatives_per_million: f64,
    /// Families used; left out: all.
    pub families: Vec<String>,
    /// Families that no training may use.
    pub held_out: Vec<String>,
}

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
    /// Share of handsets whose clock is off by minutes to days.
    pub skew_large: f64,
    /// Share of handsets whose clock jumps once.
    pub clock_jump: f64,
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
}

/// In which shapes it is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deliveries {
    /// Country whose handsets are also sent as overnight batches (ISO 3166-1 alpha-2).
    pub overnight_country: String,
    /// Country whose handsets the second partner also sends, as CSV.
    pub partner_country: String,
    /// Seized handsets, as UFDR-shaped archives.
    pub seized: u32,
    /// Messages a part file (memory and parallelism follow from it).
    pub part_messages: u32,
    /// Whether server logs and tables are written.
    pub servers: bool,
    /// Whether call-data and plate-camera tables are written.
    pub outside: bool,
    /// What comes of messages' photos.
    pub photos: Photos,
    /// Whether the second partner's rows are also written as workbooks.
    pub partner_xlsx: bool,
}

/// In which forms the truth is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Truth {
    /// Whether it is also written as Parquet tables, beside its NDJSON.
    pub tables: bool,
}

impl Default for Truth {
    fn default() -> Truth {
        Truth { tables: true }
    }
}

/// What comes of messages' photos.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Photos {
    /// No message names one.
    None,
    /// Records name them; no file is written.
    Refs,
    /// Records name them, and those delivered are files.
    Drawn,
}

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            version: 1,
            name: "reference".into(),
            network: Network::default(),
            people: People::default(),
            talk: Talk::default(),
            incidents: Incidents::default(),
            faults: Faults::default(),
            deliveries: Deliveries::default(),
            truth: Truth::default(),
        }
    }
}

impl Default for Network {
    fn default() -> Network {
        Network {
            users: 60_000,
            messages: 115_000_000,
            first_day: "2020-02-15".into(),
            live_from: "2020-04-01".into(),
            live_until: "2020-06-14".into(),
            notice_day: "2020-06-12".into(),
            servers: 72,
            burn_days: 7.0,
            burn_lax_share: 0.12,
            burn_days_max: 60.0,
        }
    }
}

impl Default for People {
    fn default() -> People {
        People {
            accounts_per_person: vec![0.88, 0.08, 0.025, 0.01, 0.005],
            shared_handsets: 0.03,
            handle_change_month: 0.04,
            sim_change_month: 0.03,
            legitimate: 0.04,
            privileged: 0.006,
            diaspora: 0.22,
            degree: 9.0,
            personal_phones: 0.02,
        }
    }
}

impl Default for Talk {
    fn default() -> Talk {
        Talk {
            typos: 0.018,
            emoji: 0.07,
            code_switching: 0.025,
            slang_drift: 0.2,
            photos: 0.04,
            held_out: vec!["pl".into(), "tr".into()],
        }
    }
}

impl Default for Incidents {
    fn default() -> Incidents {
        Incidents {
            per_million: 2.5,
            hard_negatives_per_million: 400.0,
            families: Vec::new(),
            held_out: ["acid", "informer", "kidnap", "robbery", "silent"]
                .map(String::from)
                .to_vec(),
        }
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
            skew_large: 0.04,
            clock_jump: 0.03,
            missing_picture: 0.15,
            truncated: 0.003,
            second_profile: 0.1,
            partner_differs: 0.01,
            partner_missing: 0.05,
            wiped: 0.02,
        }
    }
}

impl Default for Deliveries {
    fn default() -> Deliveries {
        Deliveries {
            overnight_country: "GB".into(),
            partner_country: "NL".into(),
            seized: 8,
            part_messages: 16_384,
            servers: true,
            outside: true,
            photos: Photos::Refs,
            partner_xlsx: true,
        }
    }
}

/// The presets: name, users, messages, text.
pub const PRESETS: [(&str, &str); 3] = [
    ("tiny", include_str!("../scenarios/tiny.toml")),
    ("town", include_str!("../scenarios/town.toml")),
    ("network", include_str!("../scenarios/network.toml")),
];

impl Scenario {
    /// The preset called `name`.
    pub fn preset(name: &str) -> Result<Scenario> {
        let (_, text) = PRESETS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| TwinError::Scenario("the presets are tiny, town and network".into()))?;
        Scenario::parse(text)
    }

    /// Reads and checks a scenario.
    pub fn parse(text: &str) -> Result<Scenario> {
        let scenario: Scenario =
            toml::from_str(text).map_err(|error| TwinError::Scenario(error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Refuses what cannot be simulated.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: &str| Err(TwinError::Scenario(what.into()));
        if self.version != 1 {
            return refuse("version must be 1");
        }
        if !(10..=1_000_000).contains(&self.network.users) {
            return refuse("network.users must be from 10 to 1000000");
        }
        if !(1..=1_000_000).contains(&self.deliveries.part_messages) {
            return refuse("deliveries.part_messages must be from 1 to 1000000");
        }
        if self.network.messages > 2_000_000_000 {
            return refuse("network.messages must be at most 2000000000");
        }
        if self.people.accounts_per_person.len() != 5 {
            return refuse("people.accounts_per_person must have 5 shares");
        }
        let days = self.days()?;
        if !(days.first < days.live && days.live < days.end) {
            return refuse("network: first_day, live_from and live_until must follow each other");
        }
        let shares = serde_json::to_value(&self.faults)
            .map_err(|error| TwinError::Scenario(error.to_string()))?;
        for (name, value) in shares.as_object().into_iter().flatten() {
            let counted = ["up_hours", "replay_minutes", "repeat_max", "skew_seconds"];
            let number = value.as_f64().unwrap_or(-1.0);
            if number < 0.0 || (number > 1.0 && !counted.contains(&name.as_str())) {
                return Err(TwinError::Scenario(format!("faults.{name} is out of range")));
            }
        }
        Ok(())
    }

    /// The window's edges in milliseconds since 1970.
    pub fn days(&self) -> Result<Days> {
        let of = |text: &str| {
            crate::time::parse_day(text)
                .ok_or_else(|| TwinError::Scenario("a day must be written YYYY-MM-DD".into()))
        };
        Ok(Days {
            first: of(&self.network.first_day)?,
            live: of(&self.network.live_from)?,
            end: of(&self.network.live_until)? + crate::time::DAY,
            notice: of(&self.network.notice_day)?,
        })
    }
}

/// The window's edges in milliseconds since 1970, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Days {
    /// First instant of talk.
    pub first: i64,
    /// First instant of the live capture.
    pub live: i64,
    /// End, excluded.
    pub end: i64,
    /// When the service notice is issued.
    pub notice: i64,
}
