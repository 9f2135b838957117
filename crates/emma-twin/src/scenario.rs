//! The scenario: everything an examiner may turn, in one TOML file.
//!
//! Every key has a default (the reference case), so a scenario states only what differs. Shares are
//! from 0 to 1, times are UTC dates, durations carry their unit. `docs/twin.md` explains each.

mod faults;

pub use faults::{Faults, Outage, Stretch, Whose};

use crate::{Result, TwinError};
use serde::{Deserialize, Serialize};

/// A whole simulated network and its faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Version of this file's layout: 1.
    pub version: u32,
    /// The preset that holds for everything not stated; left out: the reference. `None` once read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
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
            base: None,
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

fn preset_text(name: &str) -> Result<&'static str> {
    let preset = PRESETS.iter().find(|(known, _)| *known == name);
    preset.map(|(_, text)| *text).ok_or_else(|| {
        TwinError::Scenario(format!("no preset {name:?}: there are tiny, town and network"))
    })
}

/// Puts what `over` states in the place of what `under` states, key by key.
fn lay_over(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

impl Scenario {
    /// The preset called `name`.
    pub fn preset(name: &str) -> Result<Scenario> {
        Scenario::parse(preset_text(name)?)
    }

    /// Reads and checks a scenario.
    pub fn parse(text: &str) -> Result<Scenario> {
        let refused = |error: toml::de::Error| TwinError::Scenario(error.to_string());
        let mut scenario: Scenario = toml::from_str(text).map_err(refused)?;
        if let Some(base) = scenario.base.take() {
            let text_of_base = preset_text(&base)?;
            let mut all: toml::Table = toml::from_str(text_of_base).map_err(refused)?;
            lay_over(&mut all, toml::from_str(text).map_err(refused)?);
            all.remove("base");
            scenario = all.try_into().map_err(refused)?;
        }
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
        let known = crate::world::people::countries();
        let deliveries = &self.deliveries;
        for (key, country) in [
            ("overnight_country", &deliveries.overnight_country),
            ("partner_country", &deliveries.partner_country),
        ] {
            if !country.is_empty() && known.iter().all(|one| one.code != *country) {
                let what = format!(
                    "deliveries.{key} is {country:?}: it must be the two letters of one of the \
                     {} countries, such as NL, or empty for none",
                    known.len()
                );
                return refuse(&what);
            }
        }
        let days = self.days()?;
        if !(days.first < days.live && days.live < days.end) {
            return refuse("network: first_day, live_from and live_until must follow each other");
        }
        self.faults.check()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Scenario::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_base_holds_for_what_is_not_stated() {
        let text = "version = 1\nbase = \"tiny\"\nname = \"x\"\nnetwork = { users = 400 }\n\
                    [faults]\nskew_large = 0.03\n";
        let scenario = Scenario::parse(text).unwrap();
        let tiny = Scenario::preset("tiny").unwrap();
        assert_eq!((scenario.network.users, scenario.network.messages), (400, 20_000));
        assert_eq!((&scenario.people, scenario.name.as_str()), (&tiny.people, "x"));
        assert_eq!((scenario.faults.skew_large, scenario.faults.swapped), (0.03, 0.01));
        let reference = Scenario::parse("version = 1\n").unwrap();
        assert_eq!(reference, Scenario::default());
        assert!(refused("base = \"huge\"\n").contains("tiny, town and network"));
        // What is written into the truth is whole, and reads back.
        let again = toml::to_string(&tiny).unwrap();
        assert_eq!(Scenario::parse(&again).unwrap(), tiny);
        assert!(again.contains("skew_large_hours = 26.0"), "{again}");
    }

    #[test]
    fn an_outage_is_written_with_or_without_quotes() {
        let of = |from: &str| {
            let text = format!("{{ collector = 1, from = {from}, until = 2020-05-05T12:00:00Z }}");
            let scenario = Scenario::parse(&format!("faults.outage = [{text}]\n")).unwrap();
            scenario.faults.stretches().unwrap()
        };
        assert_eq!(of("2020-05-04"), of("\"2020-05-04T02:00:00+02:00\""));
        let local = "[faults]\noutage = [{ collector = 1, from = \"2020-05-04T12:00:00\", \
                     until = \"2020-05-05\" }]\n";
        assert!(refused(local).contains("with its zone"));
    }

    #[test]
    fn a_refusal_names_the_range() {
        for (text, said) in [
            ("skew_large = 3.0", "faults.skew_large is 3.0: it must be 0 to 1"),
            ("drift_ppm = 2000", "faults.drift_ppm is 2000: it must be 0 to 1000"),
            ("repeat_max = 1", "faults.repeat_max is 1: it must be 2 to 100000"),
            ("swapped = nan", "faults.swapped is null: it must be 0 to 1"),
            (
                "outage = [{ collector = 6, from = \"2020-05-01\", until = \"2020-05-02\" }]",
                "faults.outage number 1: collector is 6: it must be 0 to 5",
            ),
            (
                "outage = [{ operator = 5, from = \"2020-05-01\", until = \"2020-05-02\" }]",
                "faults.outage number 1: operator is 5: it must be 0 to 4",
            ),
            (
                "outage = [{ from = \"2020-05-01\", until = \"2020-05-02\" }]",
                "faults.outage number 1: give collector or operator, one of the two",
            ),
            (
                "outage = [{ collector = 0, from = \"2020-05-02\", until = \"2020-05-02\" }]",
                "faults.outage number 1: until must be later than from",
            ),
        ] {
            let all = refused(&format!("[faults]\n{text}\n"));
            assert!(all.ends_with(said), "{all}");
        }
    }
}
