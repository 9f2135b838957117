//! The world: who there is, what they carry, who talks with whom. Made once, read by all threads.

pub mod device;
pub mod people;
pub mod ties;

use crate::Result;
use crate::draw::{Draw, Stream};
use crate::ids;
use crate::scenario::{Days, Scenario, Stretch};
use crate::talk::incident;
use crate::talk::script::Script;
use crate::time::Zone;
use device::Device;
use people::{Account, Cell, Country, Person};
use rayon::prelude::*;
use std::collections::BTreeMap;
use ties::Tie;

/// Everything that exists before anybody speaks.
#[derive(Debug)]
pub struct World {
    /// What it was made from.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// The window.
    pub days: Days,
    /// Outages of collection servers that the scenario asks for.
    pub outages: Vec<Stretch>,
    /// Countries by number.
    pub countries: Vec<Country>,
    /// Cells by number.
    pub cells: Vec<Cell>,
    /// Persons by number.
    pub persons: Vec<Person>,
    /// Accounts by number.
    pub accounts: Vec<Account>,
    /// Devices by number: an account's first has the account's number.
    pub devices: Vec<Device>,
    /// Handle texts by number, with domain.
    pub handles: Vec<Box<str>>,
    /// Conversations by number.
    pub ties: Vec<Tie>,
    /// Messages of each conversation.
    pub counts: Vec<u32>,
    /// Incidents by number.
    pub incidents: Vec<Incident>,
    /// Incident steps by conversation: (incident, part of it).
    pub steps: BTreeMap<u32, Vec<(u32, u8)>>,
}

/// One threat to life.
#[derive(Clone, Debug)]
pub struct Incident {
    /// Its family.
    pub family: &'static str,
    /// When its first message is sent.
    pub start: i64,
    /// Its steps.
    pub steps: Vec<incident::Step>,
    /// Its conversations: the steps' numbers point here.
    pub ties: Vec<u32>,
    /// True where the scenario keeps its family or language from training.
    pub held_out: bool,
}

impl World {
    /// Makes the world of a scenario.
    pub fn make(scenario: &Scenario, seed: u64, script: &Script) -> Result<World> {
        scenario.check()?;
        let days = scenario.days()?;
        let countries = people::countries();
        let (cells, mut persons, mut accounts) = people::populate(scenario, seed, days, &countries);
        people::name(scenario, seed, days, &mut persons, &mut accounts);
        let devices_wanted = accounts.iter().map(|a| a.last_device() + 1).max().unwrap_or(0);
        let homes: Vec<u8> = (0..devices_wanted)
            .map(|device| cells[accounts[device as usize % accounts.len()].cell as usize].country)
            .collect();
        let devices = (0..devices_wanted)
            .into_par_iter()
            .map(|number| {
                let home = &countries[homes[number as usize] as usize];
                Device::make(scenario, seed, days, number, home)
            })
            .collect();
        let most = accounts.iter().flat_map(|a| &a.handles).map(|(_, n)| n + 1).max().unwrap_or(0);
        let handles = (0..most)
            .into_par_iter()
            .map(|number| {
                let local = ids::handle_local(seed, u64::from(number));
                format!("{local}@{}", ids::HANDLE_DOMAIN).into_boxed_str()
            })
            .collect();
        let ties = ties::bind(scenario, seed, &cells, &accounts, &persons);
        let counts = ties::share_out(&ties, scenario.network.messages);
        let mut world = World {
            scenario: scenario.clone(),
            seed,
            days,
            outages: scenario.faults.stretches()?,
            countries,
            cells,
            persons,
            accounts,
            devices,
            handles,
            ties,
            counts,
            incidents: Vec::new(),
            steps: BTreeMap::new(),
        };
        world.plot(script);
        Ok(world)
    }

    /// Draws the incidents and hangs their steps on conversations.
    fn plot(&mut self, script: &Script) {
        let scenario = &self.scenario;
        let millions = scenario.network.messages as f64 / 1e6;
        let wanted = (millions * scenario.incidents.per_million).round() as u32;
        let chosen = &scenario.incidents.families;
        let families: Vec<&'static str> = incident::FAMILIES
            .into_iter()
            .filter(|family| chosen.is_empty() || chosen.iter().any(|name| name == family))
            .collect();
        let candidates: Vec<u32> = (0..self.ties.len() as u32)
            .filter(|tie| self.ties[*tie as usize].bond == 0 && self.counts[*tie as usize] > 0)
            .collect();
        if families.is_empty() || candidates.is_empty() {
            return;
        }
        for number in 0..wanted {
            let mut draw = Draw::new(self.seed, Stream::Incident, u64::from(number));
            let family = *draw.pick(&families);
            let first = *draw.pick(&candidates);
            let own = &self.ties[first as usize];
            let near: Vec<u32> = candidates
                .iter()
                .copied()
                .skip(candidates.partition_point(|tie| *tie + 200 < first))
                .take(400)
                .filter(|tie| self.ties[*tie as usize].cell == own.cell)
                .collect();
            let other =
                |draw: &mut Draw| near.get(draw.index(near.len())).copied().unwrap_or(first);
            let ties = vec![first, other(&mut draw), other(&mut draw)];
            let steps = incident::steps(script, family, &mut draw);
            let span = self.days.end - self.days.live - 6 * crate::time::HOUR;
            let start = self.days.live + draw.below(span.max(1) as u64) as i64;
            for part in 0..3u8 {
                if steps.iter().any(|step| step.conversation == part) {
                    self.steps.entry(ties[part as usize]).or_default().push((number, part));
                }
            }
            let language = crate::talk::LANGUAGES[own.language as usize];
            let held_out = scenario.incidents.held_out.iter().any(|name| name == family)
                || scenario.talk.held_out.iter().any(|name| name == language);
            self.incidents.push(Incident { family, start, steps, ties, held_out });
        }
    }

    /// The home zone of an account.
    pub fn zone(&self, account: u32) -> Zone {
        let cell = self.accounts[account as usize].cell;
        self.countries[self.cells[cell as usize].country as usize].zone
    }

    /// The country of an account.
    pub fn country(&self, account: u32) -> &Country {
        let cell = self.accounts[account as usize].cell;
        &self.countries[self.cells[cell as usize].country as usize]
    }

    /// The handle an account used at an instant.
    pub fn handle(&self, account: u32, at: i64) -> &str {
        let number = period(&self.accounts[account as usize].handles, at);
        &self.handles[number as usize]
    }

    /// The device an account used at an instant.
    pub fn device(&self, account: u32, at: i64) -> u32 {
        period(&self.accounts[account as usize].devices, at)
    }

    /// The person who held an account's handset at an instant.
    pub fn person(&self, account: u32, at: i64) -> u32 {
        let used = &self.accounts[account as usize];
        match used.sharer {
            None => used.person,
            Some(second) => {
                let day = at.div_euclid(crate::time::DAY / 2) as u64;
                let index = u64::from(account) << 32 | (day & 0xffff_ffff);
                let mut draw = Draw::new(self.seed, Stream::Person, index | 1 << 62);
                if draw.chance(0.6) { used.person } else { second }
            }
        }
    }
}

/// The value in force at an instant out of (from, value), sorted by `from`; the first before all.
pub fn period(periods: &[(i64, u32)], at: i64) -> u32 {
    let past = periods.partition_point(|(from, _)| *from <= at);
    periods.get(past.saturating_sub(1)).map_or(0, |(_, value)| *value)
}
