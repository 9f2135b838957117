//! Cells, persons and accounts.

use crate::draw::{Draw, Stream};
use crate::scenario::{Days, Scenario};
use crate::talk::{LANGUAGES, language_number};
use crate::time::{DAY, Zone};

/// A country of the network.
#[derive(Clone, Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// Number of its first language.
    pub language: u8,
    /// Its zone (one is enough here).
    pub zone: Zone,
    /// Its share of users, unscaled.
    pub weight: f64,
}

/// The countries of `talk/countries.txt`.
pub fn countries() -> Vec<Country> {
    include_str!("../../talk/countries.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(Country {
                code: words.next()?.into(),
                language: language_number(words.next()?),
                zone: Zone { minutes: words.next()?.parse().ok()?, summer: words.next()? == "1" },
                weight: words.next()?.parse().ok()?,
            })
        })
        .collect()
}

/// What a person is to the network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Role {
    /// Runs the network itself.
    Director,
    /// Sells handsets.
    Reseller,
    /// Leads a cell.
    Leader,
    /// Brings cells together.
    Broker,
    /// Moves goods.
    Transporter,
    /// Moves money.
    Launderer,
    /// Sells.
    Runner,
    /// Collects.
    Enforcer,
    /// A lawyer.
    Lawyer,
    /// A journalist.
    Journalist,
    /// A doctor.
    Doctor,
    /// A judge who uses the network and is a target.
    Judge,
    /// Somebody who does nothing wrong.
    Legitimate,
}

impl Role {
    /// The word in the truth.
    pub fn name(self) -> &'static str {
        match self {
            Role::Director => "director",
            Role::Reseller => "reseller",
            Role::Leader => "leader",
            Role::Broker => "broker",
            Role::Transporter => "transporter",
            Role::Launderer => "launderer",
            Role::Runner => "runner",
            Role::Enforcer => "enforcer",
            Role::Lawyer => "lawyer",
            Role::Journalist => "journalist",
            Role::Doctor => "doctor",
            Role::Judge => "judge",
            Role::Legitimate => "legitimate",
        }
    }

    /// True for those whose talk is privileged.
    pub fn is_privileged(self) -> bool {
        matches!(self, Role::Lawyer | Role::Journalist | Role::Doctor)
    }
}

/// A group that works together and shares slang.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Number of its country.
    pub country: u8,
    /// Number of its language.
    pub language: u8,
    /// Number of its second language.
    pub second: u8,
    /// First account.
    pub first: u32,
    /// Accounts.
    pub accounts: u32,
    /// Account of the reseller it buys from.
    pub reseller: u32,
}

/// A human being.
#[derive(Clone, Debug)]
pub struct Person {
    /// Cell.
    pub cell: u32,
    /// Role.
    pub role: Role,
    /// Day of birth in days since 1970 (may be before).
    pub born: i32,
}

/// A handset's account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who uses it.
    pub person: u32,
    /// Who shares it.
    pub sharer: Option<u32>,
    /// Cell.
    pub cell: u32,
    /// Handles by the instant they began: (from, number of handle).
    pub handles: Vec<(i64, u32)>,
    /// Devices by the instant they began.
    pub devices: Vec<(i64, u32)>,
    /// SIMs by the instant they began.
    pub sims: Vec<(i64, u32)>,
}

impl Account {
    /// The greatest device number.
    pub fn last_device(&self) -> u32 {
        self.devices.iter().map(|(_, device)| *device).max().unwrap_or(0)
    }
}

const WORKERS: [(Role, f64); 6] = [
    (Role::Runner, 0.42),
    (Role::Transporter, 0.22),
    (Role::Launderer, 0.1),
    (Role::Broker, 0.1),
    (Role::Enforcer, 0.06),
    (Role::Leader, 0.1),
];

fn role(scenario: &Scenario, place: u32, draw: &mut Draw) -> Role {
    let people = &scenario.people;
    if draw.chance(people.privileged) {
        return *draw.pick(&[Role::Lawyer, Role::Lawyer, Role::Journalist, Role::Doctor]);
    }
    if draw.chance(people.legitimate) {
        return if draw.chance(0.01) { Role::Judge } else { Role::Legitimate };
    }
    if place == 0 {
        return Role::Leader;
    }
    WORKERS[draw.weighted(&WORKERS.map(|(_, weight)| weight))].0
}

fn cell(
    scenario: &Scenario,
    seed: u64,
    number: u32,
    countries: &[Country],
    weights: &[f64],
) -> (Cell, Draw) {
    let mut draw = Draw::new(seed, Stream::Person, u64::from(number) | 1 << 40);
    // The first cells are where batches and partner look, so that the smallest network has them.
    let country = match number {
        1 => 0,
        2 => 1,
        _ => draw.weighted(weights) as u8,
    };
    let own = countries[country as usize].language;
    let foreign = draw.chance(scenario.people.diaspora);
    let language = if foreign { draw.below(LANGUAGES.len() as u64) as u8 } else { own };
    let second = if language == own { 0 } else { own };
    let accounts = draw.range(4, 18) as u32;
    (Cell { country, language, second, first: 0, accounts, reseller: 0 }, draw)
}

/// Fills cells with persons and accounts until there are as many accounts as wanted.
pub fn populate(
    scenario: &Scenario,
    seed: u64,
    days: Days,
    countries: &[Country],
) -> (Vec<Cell>, Vec<Person>, Vec<Account>) {
    let weights: Vec<f64> = countries.iter().map(|country| country.weight).collect();
    let (mut cells, mut persons, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    let users = scenario.network.users;
    while (accounts.len() as u32) < users {
        let number = cells.len() as u32;
        let (mut made, mut draw) = cell(scenario, seed, number, countries, &weights);
        made.first = accounts.len() as u32;
        made.accounts = made.accounts.min(users - made.first);
        if users - made.first - made.accounts < 4 {
            made.accounts = users - made.first;
        }
        let end = made.first + made.accounts;
        let mut place = 0;
        while (accounts.len() as u32) < end {
            let role = match number {
                0 if place < 3 => Role::Director,
                0 => Role::Reseller,
                _ => role(scenario, place, &mut draw),
            };
            let person = persons.len() as u32;
            let age = draw.range(19, 62) * 365 + draw.range(0, 364);
            let born = (days.first / DAY - age) as i32;
            persons.push(Person { cell: number, role, born });
            let many = 1 + draw.weighted(&scenario.people.accounts_per_person) as u32;
            for _ in 0..many.min(end - accounts.len() as u32) {
                accounts.push(Account {
                    person,
                    sharer: None,
                    cell: number,
                    handles: Vec::new(),
                    devices: Vec::new(),
                    sims: Vec::new(),
                });
            }
            place += 1;
        }
        cells.push(made);
    }
    let sellers = cells[0].accounts;
    for (number, cell) in cells.iter_mut().enumerate() {
        let mut draw = Draw::new(seed, Stream::Tie, number as u64 | 1 << 41);
        cell.reseller = draw.below(u64::from(sellers)) as u32;
    }
    (cells, persons, accounts)
}

/// Gives accounts their handles, devices, SIMs and sharers over time.
pub fn name(
    scenario: &Scenario,
    seed: u64,
    days: Days,
    persons: &mut [Person],
    accounts: &mut [Account],
) {
    let months = (days.end - days.first) as f64 / (30 * DAY) as f64;
    let users = accounts.len() as u32;
    let span = (days.end - days.first) as u64;
    for (number, account) in accounts.iter_mut().enumerate() {
        let number = number as u32;
        let mut draw = Draw::new(seed, Stream::Account, u64::from(number));
        let changes = |chance: f64, draw: &mut Draw| -> Vec<i64> {
            let mut at: Vec<i64> = (0..months.ceil() as u32)
                .filter(|_| draw.chance(chance * months / months.ceil().max(1.0)))
                .map(|_| 0)
                .collect();
            at.iter_mut().for_each(|at| *at = days.first + draw.below(span) as i64);
            at.sort_unstable();
            at.truncate(4);
            at
        };
        account.handles.push((days.first, number));
        account.devices.push((days.first, number));
        account.sims.push((days.first, number * 8));
        for (turn, at) in
            changes(scenario.people.handle_change_month, &mut draw).into_iter().enumerate()
        {
            account.handles.push((at, number + users * (turn as u32 + 1)));
        }
        for (turn, at) in
            changes(scenario.people.sim_change_month, &mut draw).into_iter().enumerate()
        {
            account.sims.push((at, number * 8 + turn as u32 + 1));
        }
        if draw.chance(0.02) {
            account.devices.push((days.first + draw.below(span) as i64, number + users));
        }
        if draw.chance(scenario.people.shared_handsets) {
            let shift = draw.range(1, 4) as u32;
            let other = (account.person + shift).min(persons.len() as u32 - 1);
            let same = persons[other as usize].cell == account.cell;
            account.sharer = (same && other != account.person).then_some(other);
        }
    }
}
