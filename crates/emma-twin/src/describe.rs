//! What a scenario makes, counted, beside what it asked for and what the public record says.

mod knobs;

use crate::Result;
use crate::faults::{Loss, defect};
use crate::part::{self, Part, SOURCES, Tally};
use crate::scenario::Scenario;
use crate::talk::session::Lexicon;
use crate::talk::{LANGUAGES, Phrasebook};
use crate::time::DAY;
use crate::world::World;
use rayon::prelude::*;
use std::fmt::Write;

/// What the scenario says of a figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Wanted {
    /// A value, and how far off (absolutely) it may be.
    About(f64, f64),
    /// The most it may be.
    AtMost(f64),
}

impl Wanted {
    fn allows(self, made: f64) -> bool {
        match self {
            Wanted::About(wanted, off) => (made - wanted).abs() <= off,
            Wanted::AtMost(most) => made <= most,
        }
    }

    /// For people. Where nothing at all would be within the tolerance, it says so.
    fn text(self) -> String {
        match self {
            Wanted::About(wanted, off) if wanted > 0.0 && off >= wanted => {
                format!("{wanted:.4} ± {off:.4} (too few to tell)")
            }
            Wanted::About(wanted, off) => format!("{wanted:.4} ± {off:.4}"),
            Wanted::AtMost(most) => format!("at most {most}"),
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was counted.
    pub what: String,
    /// What came out.
    pub made: f64,
    /// What the scenario says, where it says anything.
    pub wanted: Option<Wanted>,
    /// What the public record says: "not in the record" where nothing.
    pub record: &'static str,
}

/// All figures of a run.
#[derive(Clone, Debug)]
pub struct Table {
    /// In order of reading.
    pub figures: Vec<Figure>,
}

const SILENT: &str = "not in the record";

impl Table {
    fn add(&mut self, what: impl Into<String>, made: f64, wanted: Option<(f64, f64)>) {
        self.known(what, made, wanted, SILENT);
    }

    fn known(
        &mut self,
        what: impl Into<String>,
        made: f64,
        wanted: Option<(f64, f64)>,
        record: &'static str,
    ) {
        let wanted = wanted.map(|(value, off)| Wanted::About(value, off));
        self.figures.push(Figure { what: what.into(), made, wanted, record });
    }

    fn line(&mut self, what: impl Into<String>, made: f64, wanted: Wanted, record: &'static str) {
        self.figures.push(Figure { what: what.into(), made, wanted: Some(wanted), record });
    }

    /// Whether every figure with a tolerance is within it.
    pub fn within(&self) -> bool {
        self.outside().next().is_none()
    }

    /// The figures that are not.
    pub fn outside(&self) -> impl Iterator<Item = &Figure> {
        self.figures
            .iter()
            .filter(|figure| figure.wanted.is_some_and(|wanted| !wanted.allows(figure.made)))
    }

    /// Columns for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{:46} {:>14} {:>34}  record", "what", "made", "scenario");
        for figure in &self.figures {
            let wanted = figure.wanted.map_or("-".into(), Wanted::text);
            let made = if figure.made.fract() == 0.0 {
                format!("{}", figure.made)
            } else {
                format!("{:.4}", figure.made)
            };
            let _ = writeln!(out, "{:46} {made:>14} {wanted:>34}  {}", figure.what, figure.record);
        }
        out
    }

    /// A JSON array.
    pub fn json(&self) -> String {
        let list: Vec<serde_json::Value> = self
            .figures
            .iter()
            .map(|figure| {
                let (scenario, tolerance, at_most) = match figure.wanted {
                    Some(Wanted::About(wanted, off)) => (Some(wanted), Some(off), None),
                    Some(Wanted::AtMost(most)) => (None, None, Some(most)),
                    None => (None, None, None),
                };
                serde_json::json!({
                    "what": figure.what, "made": figure.made, "scenario": scenario,
                    "tolerance": tolerance, "at_most": at_most, "record": figure.record,
                })
            })
            .collect();
        format!("{}\n", serde_json::Value::Array(list))
    }
}

/// Plays a scenario without writing anything and counts.
pub fn describe(scenario: &Scenario, seed: u64) -> Result<Table> {
    let book = Phrasebook::open()?;
    let lexicon = Lexicon::of(&book);
    let world = World::make(scenario, seed, &book.script)?;
    let tallies: Vec<Tally> = part::cut(&world)
        .into_par_iter()
        .map(|ties| Part::play(&world, &lexicon, ties).tally)
        .collect();
    let mut tally = Tally::default();
    tallies.iter().for_each(|counts| tally.add(counts));
    let mut table = Table { figures: Vec::new() };
    sizes(&world, &tally, &mut table);
    degrees(&world, &mut table);
    devices(&world, &mut table);
    knobs::knobs(&world, &tally, &mut table);
    copies(&world, &tally, &mut table);
    people(&world, &tally, &mut table);
    Ok(table)
}

fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64
}

/// A share about `rate` of `n` independent occasions: four standard errors and a tenth of the
/// rate. A rate of 0 or 1 is exact, and a fault that never happens is outside once `n` suffices.
fn near(rate: f64, n: u64) -> Wanted {
    let error = (rate * (1.0 - rate) / n.max(1) as f64).sqrt();
    let little = if rate < 1.0 { rate / 10.0 } else { 0.0 };
    Wanted::About(rate, 4.0 * error + little)
}

fn sizes(world: &World, tally: &Tally, table: &mut Table) {
    let network = &world.scenario.network;
    let users = f64::from(network.users);
    table.known("accounts", world.accounts.len() as f64, Some((users, 0.0)), "60,000 (facts 1.1)");
    table.add("persons", world.persons.len() as f64, None);
    let incidents: usize = world.incidents.iter().map(|i| i.steps.len()).sum();
    let wanted = network.messages as f64;
    table.known(
        "messages",
        tally.messages as f64,
        Some((wanted + tally.incident_messages as f64, incidents as f64)),
        "70 or 115 million, by what is counted (facts 1.1)",
    );
    let millions = wanted / 1e6;
    let each = world.scenario.incidents.per_million;
    let many = (millions * each).round();
    table.known(
        "incidents",
        world.incidents.len() as f64,
        Some((many, 0.0)),
        "200 to 300 in the whole (facts 4.1)",
    );
    let negatives = world.scenario.incidents.hard_negatives_per_million / 1e6;
    let made = share(tally.negatives, tally.messages);
    table.add("look-alikes, share of messages", made, Some((negatives, negatives * 0.5 + 2e-4)));
    table.add("messages with a photo, share", share(tally.photos, tally.messages), None);
    table.add("mean text bytes", share(tally.text_bytes, tally.messages), None);
    for (source, rows) in SOURCES.iter().zip(tally.rows) {
        table.add(format!("rows from {source}"), rows as f64, None);
    }
}

fn degrees(world: &World, table: &mut Table) {
    let books = crate::shapes::handset::books(world);
    let mut degrees: Vec<usize> = books.iter().map(Vec::len).collect();
    degrees.sort_unstable();
    let at = |q: f64| degrees[((degrees.len() - 1) as f64 * q) as usize] as f64;
    let mean = degrees.iter().sum::<usize>() as f64 / degrees.len().max(1) as f64;
    table.add("counterparts an account, mean", mean, None);
    for (name, q) in [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("most", 1.0)] {
        table.add(format!("counterparts an account, {name}"), at(q), None);
    }
    let mut counts: Vec<u32> = world.counts.clone();
    counts.sort_unstable();
    let at = |q: f64| f64::from(counts[((counts.len() - 1) as f64 * q) as usize]);
    for (name, q) in [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("most", 1.0)] {
        table.add(format!("messages a conversation, {name}"), at(q), None);
    }
}

fn devices(world: &World, table: &mut Table) {
    let network = &world.scenario.network;
    let default = (network.burn_days * DAY as f64) as i64;
    let lax = world.devices.iter().filter(|device| device.burn > default).count() as u64;
    let all = world.devices.len() as u64;
    table.line(
        "burn time above the default, share",
        share(lax, all),
        near(network.burn_lax_share, all),
        "7 days by default, a lax tail (facts 2.1)",
    );
}

fn copies(world: &World, tally: &Tally, table: &mut Table) {
    let lost: u64 = [
        Loss::CollectorDown,
        Loss::ServerDown,
        Loss::OperatorDown,
        Loss::Block,
        Loss::OneSide,
        Loss::Wiped,
    ]
    .iter()
    .map(|loss| tally.losses[*loss as usize])
    .sum();
    let missing = share(lost, tally.sides);
    let faults = &world.scenario.faults;
    let kept = [
        faults.collector_down,
        faults.server_down,
        faults.operator_down,
        faults.block_loss,
        faults.one_side,
    ]
    .iter()
    .fold(1.0, |kept, loss| kept * (1.0 - loss));
    // Replays bring some back, wipes take some; a few busy handsets decide small networks.
    let off = if world.accounts.len() < 1000 { 0.25 } else { 0.08 };
    table.known(
        "a captured phone's live data missing, share",
        missing,
        Some((1.0 - kept, off)),
        "about 0.65 (facts 3.2, C3)",
    );
    for loss in Loss::ALL {
        let count = tally.losses[loss as usize];
        table.add(format!("sides lost: {}", loss.name()), count as f64, None);
    }
    for (bit, name) in defect::NAMES.iter().enumerate() {
        table.add(format!("defect {name}, rows"), tally.defects[bit] as f64, None);
    }
}

fn people(world: &World, tally: &Tally, table: &mut Table) {
    for code in ["GB", "NL", "DE", "FR", "ES", "BE"] {
        let accounts = 0..world.accounts.len() as u32;
        let count = accounts.filter(|account| world.country(*account).code == code).count();
        let record = match code {
            "GB" => "9,000 to 10,000 of 60,000 = 0.15 to 0.17 (facts 1.1)",
            "NL" => "7,000 to 12,000 of 60,000 = 0.12 to 0.20 (facts 1.1)",
            "DE" => "3,300 to 4,600 of 60,000 = 0.06 to 0.08 (facts 1.1)",
            "FR" => "380 to 470 of 60,000 = 0.006 to 0.008 (facts 1.1)",
            _ => SILENT,
        };
        let made = share(count as u64, world.accounts.len() as u64);
        table.known(format!("users in {code}, share"), made, None, record);
    }
    for (number, language) in LANGUAGES.iter().enumerate() {
        let made = share(tally.languages[number], tally.messages);
        table.add(format!("messages in {language}, share"), made, None);
    }
    for (place, name) in ["GB", "NL", "DE", "ES", "elsewhere"].iter().enumerate() {
        let hours = &tally.hours[place];
        let all: u64 = hours.iter().sum();
        let night: u64 = hours[2..7].iter().sum();
        let evening: u64 = hours[18..23].iter().sum();
        table.add(format!("local hours 2 to 6 in {name}, share"), share(night, all), None);
        table.add(format!("local hours 18 to 22 in {name}, share"), share(evening, all), None);
    }
}
