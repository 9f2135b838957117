//! Who talks with whom, and how much.

use crate::draw::{Draw, Stream};
use crate::scenario::Scenario;
use crate::talk::script::Bond;
use crate::world::people::{Account, Cell, Person, Role};

/// A conversation: two parties or a group.
#[derive(Clone, Debug)]
pub struct Tie {
    /// Members; the first owns it. Two, or more in a group.
    pub members: Vec<u32>,
    /// What they have to do with each other: a [`Bond`]'s number.
    pub bond: u8,
    /// Language.
    pub language: u8,
    /// Second language.
    pub second: u8,
    /// The owner's cell, whose slang is spoken.
    pub cell: u32,
    /// Share of the traffic, unscaled.
    pub weight: f32,
    /// The chat's number on each member's handset, from 1.
    pub chats: Vec<u16>,
}

impl Tie {
    /// The bond.
    pub fn bond(&self) -> Bond {
        match self.bond {
            0 => Bond::Crime,
            1 => Bond::Family,
            2 => Bond::Legit,
            3 => Bond::Help,
            4 => Bond::Lawyer,
            5 => Bond::Doctor,
            _ => Bond::Press,
        }
    }

    /// True for a group chat.
    pub fn is_group(&self) -> bool {
        self.members.len() > 2
    }
}

/// Draws all ties, in the order of their owners.
pub fn bind(
    scenario: &Scenario,
    seed: u64,
    cells: &[Cell],
    accounts: &[Account],
    persons: &[Person],
) -> Vec<Tie> {
    let mut ties = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        let number = number as u32;
        let mut draw = Draw::new(seed, Stream::Tie, u64::from(number));
        let end = cell.first + cell.accounts;
        if cell.accounts >= 4 {
            for _ in 0..draw.below(3) {
                let size = draw.range(3, i64::from(cell.accounts.min(12))) as u32;
                let from = cell.first + draw.below(u64::from(cell.accounts - size + 1)) as u32;
                let weight = draw.pareto(1.0, 1.1, 40.0) as f32;
                let members = (from..from + size).collect();
                ties.push(tie(members, Bond::Crime, cell, number, weight));
            }
        }
        for a in cell.first..end {
            let role = persons[accounts[a as usize].person as usize].role;
            inside(scenario, a, role, cell, number, &mut draw, &mut ties);
            outside(scenario, a, role, cells, number, &mut draw, &mut ties);
        }
    }
    let mut chats = vec![0u16; accounts.len()];
    for tie in &mut ties {
        for member in &tie.members {
            let last = &mut chats[*member as usize];
            *last = last.saturating_add(1);
            tie.chats.push(*last);
        }
    }
    ties
}

fn tie(members: Vec<u32>, bond: Bond, cell: &Cell, number: u32, weight: f32) -> Tie {
    Tie {
        members,
        bond: bond as u8,
        language: cell.language,
        second: cell.second,
        cell: number,
        weight,
        chats: Vec::new(),
    }
}

fn bond_of(role: Role, draw: &mut Draw) -> Bond {
    match role {
        Role::Lawyer => Bond::Lawyer,
        Role::Doctor => Bond::Doctor,
        Role::Journalist => Bond::Press,
        Role::Legitimate | Role::Judge => Bond::Legit,
        _ if draw.chance(0.08) => Bond::Family,
        _ => Bond::Crime,
    }
}

fn inside(
    scenario: &Scenario,
    a: u32,
    role: Role,
    cell: &Cell,
    number: u32,
    draw: &mut Draw,
    ties: &mut Vec<Tie>,
) {
    let chance = (scenario.people.degree / 2.0 / f64::from(cell.accounts.max(2))).min(0.95);
    for b in a + 1..cell.first + cell.accounts {
        // Neighbours in the cell always know each other, so that nobody is alone.
        if b == a + 1 || draw.chance(chance) {
            let bond = bond_of(role, draw);
            let weight = draw.pareto(1.0, 1.05, 300.0) as f32;
            ties.push(tie(vec![a, b], bond, cell, number, weight));
        }
    }
}

fn outside(
    scenario: &Scenario,
    a: u32,
    role: Role,
    cells: &[Cell],
    number: u32,
    draw: &mut Draw,
    ties: &mut Vec<Tie>,
) {
    let cell = &cells[number as usize];
    if cell.reseller != a && draw.chance(0.5) {
        let weight = draw.pareto(0.05, 1.2, 3.0) as f32;
        ties.push(tie(vec![a, cell.reseller], Bond::Help, cell, number, weight));
    }
    let reach = match role {
        Role::Broker | Role::Director => draw.pareto(3.0, 1.1, 120.0),
        Role::Leader | Role::Lawyer | Role::Reseller => draw.pareto(2.0, 1.3, 40.0),
        _ => draw.pareto(0.4, 1.3, 12.0),
    };
    let many = (reach * scenario.people.degree / 9.0) as u32;
    for _ in 0..many {
        // Most foreign ties go to cells of the same language or country; a few go anywhere.
        let mut other = draw.index(cells.len());
        for _ in 0..6 {
            let found = &cells[other];
            if found.language == cell.language || found.country == cell.country {
                break;
            }
            other = draw.index(cells.len());
        }
        let there = &cells[other];
        let b = there.first + draw.below(u64::from(there.accounts.max(1))) as u32;
        if b != a && other as u32 != number {
            let bond = bond_of(role, draw);
            let weight = draw.pareto(0.4, 1.05, 150.0) as f32;
            let mut made = tie(vec![a, b], bond, cell, number, weight);
            if there.language != cell.language {
                made.language = if draw.chance(0.6) { 0 } else { made.language };
                made.second = there.language;
            }
            ties.push(made);
        }
    }
}

/// Shares `messages` out over the ties by weight; the sum is exact.
pub fn share_out(ties: &[Tie], messages: u64) -> Vec<u32> {
    let total: f64 = ties.iter().map(|tie| f64::from(tie.weight)).sum();
    let (mut sum, mut given) = (0.0, 0u64);
    let mut counts: Vec<u32> = ties
        .iter()
        .map(|tie| {
            sum += f64::from(tie.weight);
            let upto = ((sum / total.max(f64::MIN_POSITIVE)) * messages as f64).round() as u64;
            let count = upto.saturating_sub(given);
            given = given.max(upto);
            count as u32
        })
        .collect();
    if let Some(last) = counts.last_mut() {
        *last += (messages - given.min(messages)) as u32;
    }
    counts
}
