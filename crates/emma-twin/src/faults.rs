//! What becomes of one message on one handset: which copies reach the investigators, how they are
//! damaged, and why the others do not.

use crate::draw::{Draw, Knob, Stream};
use crate::scenario::{Stretch, Whose};
use crate::time::{HOUR, MINUTE, SECOND};
use crate::world::World;
use crate::world::device::Device;

/// A defect of a delivered copy, as a bit.
pub mod defect {
    /// Sender and recipient exchanged.
    pub const SWAPPED: u16 = 1;
    /// One of several repetitions of one record.
    pub const REPEATED: u16 = 1 << 1;
    /// Sent again after a restart.
    pub const REPLAYED: u16 = 1 << 2;
    /// Text cut.
    pub const TRUNCATED: u16 = 1 << 3;
    /// Names a photo that was not delivered.
    pub const NO_PICTURE: u16 = 1 << 4;
    /// Zone written wrongly.
    pub const ZONE: u16 = 1 << 5;
    /// The handset's clock was off by more than a minute.
    pub const CLOCK: u16 = 1 << 6;
    /// Written in the second output profile.
    pub const PROFILE: u16 = 1 << 7;
    /// The partner's text differs.
    pub const PARTNER: u16 = 1 << 8;

    /// The words in the truth, by bit.
    pub const NAMES: [&str; 9] = [
        "swapped",
        "repeated",
        "replayed",
        "truncated",
        "no-picture",
        "zone",
        "clock",
        "second-profile",
        "partner-differs",
    ];
}

/// Why a handset's copy of a message was not delivered live.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Loss {
    /// The handset was never captured.
    NotCaptured,
    /// It was sent before the live capture reached the handset.
    BeforeCapture,
    /// It was sent after the end.
    AfterEnd,
    /// The handset had been wiped and its collector with it.
    Wiped,
    /// The handset's collector was down.
    CollectorDown,
    /// The collection server was down.
    ServerDown,
    /// The mobile operator was down.
    OperatorDown,
    /// Lost in a block while the collector was up.
    Block,
    /// Dropped without a visible reason.
    OneSide,
}

impl Loss {
    /// All, by number.
    pub const ALL: [Loss; 9] = [
        Loss::NotCaptured,
        Loss::BeforeCapture,
        Loss::AfterEnd,
        Loss::Wiped,
        Loss::CollectorDown,
        Loss::ServerDown,
        Loss::OperatorDown,
        Loss::Block,
        Loss::OneSide,
    ];

    /// The word in the truth.
    pub fn name(self) -> &'static str {
        [
            "not-captured",
            "before-capture",
            "after-end",
            "wiped",
            "collector-down",
            "server-down",
            "operator-down",
            "block",
            "one-side",
        ][self as usize]
    }
}

/// What became of one message on one handset.
#[derive(Clone, Debug)]
pub struct Fate {
    /// When the message was on the handset.
    pub there: i64,
    /// Whether the stored history holds it.
    pub stored: bool,
    /// Live copies: (captured when, defects).
    pub live: Vec<(i64, u16)>,
    /// Why there is no live copy, where there is none.
    pub loss: Option<Loss>,
    /// Why it was not taken at once, though a restart may have sent it again.
    pub first: Option<Loss>,
    /// Milliseconds until a restart near enough to send it again; `None` where none was.
    pub restart: Option<i64>,
}

/// The draws of one fault of the copies of a message (network id `id`) on one handset.
pub fn own(world: &World, id: u64, device: u32, knob: Knob) -> Draw {
    Draw::knob(world.seed, Stream::Fate, id ^ (u64::from(device) << 20), knob)
}

/// Length of the blocks in which servers and operators fail.
pub const OUTAGE_BLOCK: i64 = 3 * HOUR;
const LOSS_BLOCK: i64 = 15 * MINUTE;

fn coin(world: &World, kind: u64, who: u64, block: i64, chance: f64) -> bool {
    let index = kind << 60 | who << 32 | (block as u64 & 0xffff_ffff);
    chance > 0.0 && Draw::new(world.seed, Stream::Fate, index).chance(chance)
}

/// Whether a collection server is down at an instant by chance (`server_down`).
pub fn server_down(world: &World, collector: u8, at: i64) -> bool {
    let chance = world.scenario.faults.server_down;
    coin(world, 1, u64::from(collector), at.div_euclid(OUTAGE_BLOCK), chance)
}

/// Whether a mobile operator is down at an instant.
pub fn operator_down(world: &World, operator: u8, at: i64) -> bool {
    let chance = world.scenario.faults.operator_down;
    coin(world, 2, u64::from(operator), at.div_euclid(OUTAGE_BLOCK), chance)
}

/// What a handset depends on and the scenario asks to be down at an instant.
pub fn outage(world: &World, device: &Device, at: i64) -> Option<Loss> {
    let hit = |out: &&Stretch| (out.from..out.until).contains(&at) && out.whose.serves(device);
    world.outages.iter().find(hit).map(|out| match out.whose {
        Whose::Collector(_) => Loss::ServerDown,
        Whose::Operator(_) => Loss::OperatorDown,
    })
}

fn lost(world: &World, number: u32, device: &Device, at: i64) -> Option<Loss> {
    let faults = &world.scenario.faults;
    let Some(reached) = device.reached else { return Some(Loss::NotCaptured) };
    if at < reached {
        return Some(Loss::BeforeCapture);
    }
    if at >= world.days.end {
        return Some(Loss::AfterEnd);
    }
    if device.wiped.is_some_and(|wiped| at >= wiped) {
        return Some(Loss::Wiped);
    }
    if !device.interval(at).0 {
        return Some(Loss::CollectorDown);
    }
    if let Some(loss) = outage(world, device, at) {
        return Some(loss);
    }
    if server_down(world, device.collector, at) {
        return Some(Loss::ServerDown);
    }
    if operator_down(world, device.operator, at) {
        return Some(Loss::OperatorDown);
    }
    let block = at.div_euclid(LOSS_BLOCK);
    coin(world, 3, u64::from(number), block, faults.block_loss).then_some(Loss::Block)
}

/// The restart that may send a message of `at` again, where one comes soon enough.
fn restart(world: &World, device: &Device, at: i64) -> Option<i64> {
    let reached = device.reached?;
    let (up, place) = device.interval(at);
    let next = if up { place + 1 } else { place };
    let (start, _) = *device.up.get(next)?;
    let back = (world.scenario.faults.replay_minutes * MINUTE as f64) as i64;
    let wiped = device.wiped.is_some_and(|wiped| start >= wiped);
    (at >= reached && start - at <= back && !wiped).then_some(start)
}

/// What becomes of a message with network id `id`, on device `number` at instant `there`.
pub fn fate(world: &World, id: u64, number: u32, there: i64) -> Fate {
    let faults = &world.scenario.faults;
    let device = &world.devices[number as usize];
    let own = |knob| own(world, id, number, knob);
    let stored = device.reached.is_some()
        && there < device.read
        && there > device.read - device.burn
        && !device.wiped.is_some_and(|wiped| (there..device.read).contains(&wiped));
    let mut loss = lost(world, number, device, there);
    if loss.is_none() && own(Knob::OneSide).chance(faults.one_side) {
        loss = Some(Loss::OneSide);
    }
    let mut live = Vec::new();
    if device.reached.is_none() {
        return Fate { there, stored, live, loss, first: loss, restart: None };
    }
    let mut fixed = 0;
    if device.ahead(there, world.days.first).abs() > MINUTE {
        fixed |= defect::CLOCK;
    }
    if device.zone_wrong(there, world.days.first) {
        fixed |= defect::ZONE;
    }
    if loss.is_none() {
        let mut bits = fixed;
        if own(Knob::Swapped).chance(faults.swapped) {
            bits |= defect::SWAPPED;
        }
        if own(Knob::Truncated).chance(faults.truncated) {
            bits |= defect::TRUNCATED;
        }
        let captured = there + own(Knob::Delay).range(SECOND, 40 * SECOND);
        let mut draw = own(Knob::Repeat);
        if draw.chance(faults.repeat) {
            let most = f64::from(faults.repeat_max);
            let times = draw.pareto(2.0, 0.9, most) as i64;
            let every = draw.range(SECOND, 10 * MINUTE);
            let bits = bits | defect::REPEATED;
            live.extend((0..times).map(|turn| (captured + turn * every, bits)));
        } else {
            live.push((captured, bits));
        }
    }
    let gone = matches!(loss, Some(Loss::AfterEnd | Loss::Wiped));
    let near = if gone { None } else { restart(world, device, there) };
    if let Some(start) = near {
        let chance = faults.replay;
        if coin(world, 4, u64::from(number), start / MINUTE, chance) {
            let captured = start + own(Knob::Replay).range(SECOND, 5 * MINUTE);
            live.push((captured, fixed | defect::REPLAYED));
        }
    }
    let first = loss;
    if !world.outages.is_empty() {
        let down = through_outages(world, device, &mut live);
        loss = loss.or(down.filter(|_| live.is_empty()));
    }
    if live.iter().any(|(_, bits)| bits & defect::REPLAYED != 0) {
        loss = None;
    }
    let restart = near.map(|start| start - there);
    Fate { there, stored, live, loss, first, restart }
}

/// Drops the copies that would have been taken while server or operator was down: one sent just
/// before, repetitions, replays. Says by what the last of them was lost.
fn through_outages(world: &World, device: &Device, live: &mut Vec<(i64, u16)>) -> Option<Loss> {
    let mut why = None;
    live.retain(|(captured, _)| {
        let loss = outage(world, device, *captured);
        why = loss.or(why);
        loss.is_none()
    });
    let repeated = |bits: u16| bits & defect::REPEATED != 0;
    if live.iter().filter(|(_, bits)| repeated(*bits)).count() == 1 {
        live.iter_mut().for_each(|(_, bits)| *bits &= !defect::REPEATED);
    }
    why
}
