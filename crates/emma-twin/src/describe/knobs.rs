//! Every fault of the scenario: the value asked for beside the value made.

use super::{SILENT, Table, Wanted, near, share};
use crate::faults::{OUTAGE_BLOCK, operator_down, server_down};
use crate::part::{Chance, Tally};
use crate::time::{HOUR, MINUTE, SECOND};
use crate::world::World;
use crate::world::device::{COLLECTORS, Device, OPERATORS, ZoneFault};

/// Messages come in bursts: about this many share the fate of one quarter of an hour or restart.
const BURST: u64 = 10;

/// One line a key under `[faults]`.
pub fn knobs(world: &World, tally: &Tally, table: &mut Table) {
    handsets(world, table);
    clocks(world, table);
    times(world, table);
    messages(world, tally, table);
    asked(world, tally, table);
}

fn rate(table: &mut Table, what: &str, (did, could): (u64, u64), asked: f64, alike: u64) {
    table.line(what, share(did, could), near(asked, could / alike), SILENT);
}

fn most(table: &mut Table, what: &str, made: f64, bound: f64) {
    table.line(what, made, Wanted::AtMost(bound), SILENT);
}

fn handsets(world: &World, table: &mut Table) {
    let faults = &world.scenario.faults;
    let all = world.devices.len() as u64;
    let count = |test: &dyn Fn(&Device) -> bool| {
        (world.devices.iter().filter(|device| test(device)).count() as u64, all)
    };
    let (captured, _) = count(&|device| device.reached.is_some());
    table.line(
        "captured, share of handsets",
        share(captured, all),
        near(faults.captured, all),
        "39,571 of 66,000 = 0.5996 (facts 1.1)",
    );
    let counts = count(&|device| device.wiped.is_some());
    rate(table, "wiped, share of handsets", counts, faults.wiped, 1);
    let counts = count(&|device| device.second_profile);
    rate(table, "second_profile, share of handsets", counts, faults.second_profile, 1);
    let counts = count(&|device| device.zone_fault != ZoneFault::Right);
    rate(table, "wrong_zone, share of handsets", counts, faults.wrong_zone, 1);
    let counts = count(&|device| device.skew_large.is_some());
    rate(table, "skew_large, share of handsets", counts, faults.skew_large, 1);
    let counts = count(&|device| device.jump.is_some());
    rate(table, "clock_jump, share of handsets", counts, faults.clock_jump, 1);
}

fn clocks(world: &World, table: &mut Table) {
    let faults = &world.scenario.faults;
    let devices = || world.devices.iter();
    let small = |device: &Device| (device.skew - device.skew_large.unwrap_or(0)) as f64;
    let squares: f64 = devices().map(|device| (small(device) / SECOND as f64).powi(2)).sum();
    let count = world.devices.len().max(1) as f64;
    let (wanted, off) = (faults.skew_seconds, faults.skew_seconds * (2.83 / count.sqrt() + 0.1));
    let made = (squares / count).sqrt();
    table.line("skew_seconds, deviation", made, Wanted::About(wanted, off), SILENT);
    let drift = devices().map(|device| device.drift.unsigned_abs()).max().unwrap_or(0);
    most(table, "drift_ppm, largest", f64::from(drift), f64::from(faults.drift_ppm));
    let hours = |size: Option<i64>| size.map_or(0.0, |size| size.abs() as f64 / HOUR as f64);
    let made = devices().map(|device| hours(device.skew_large)).fold(0.0, f64::max);
    most(table, "skew_large_hours, largest", made, faults.skew_large_hours);
    let made = devices().map(|device| hours(device.jump.map(|jump| jump.1))).fold(0.0, f64::max);
    most(table, "clock_jump_hours, largest", made, faults.clock_jump_hours);
}

fn times(world: &World, table: &mut Table) {
    let faults = &world.scenario.faults;
    let (mut up, mut all, mut whole, mut intervals) = (0i64, 0i64, 0i64, 0u64);
    for device in &world.devices {
        let Some(reached) = device.reached else { continue };
        all += world.days.end - reached;
        for (from, to) in &device.up {
            up += to - from;
            if *to < world.days.end {
                whole += to - from;
                intervals += 1;
            }
        }
    }
    let down = 1.0 - up as f64 / all.max(1) as f64;
    let wanted = near(faults.collector_down, intervals);
    let record = "about 0.45 (facts 3.2, C3)";
    table.line("collector_down, share of time", down, wanted, record);
    if intervals > 0 {
        let made = whole as f64 / intervals as f64 / HOUR as f64;
        let off = faults.up_hours * (4.0 / (intervals as f64).sqrt() + 0.1);
        table.line("up_hours, mean", made, Wanted::About(faults.up_hours, off), SILENT);
    }
    let blocks = || (world.days.live..world.days.end).step_by(OUTAGE_BLOCK as usize);
    let counts = |many: u32, down: &dyn Fn(u8, i64) -> bool| {
        let pairs = blocks().flat_map(|at| (0..many as u8).map(move |number| (number, at)));
        pairs.fold((0, 0), |(did, all), (number, at)| (did + u64::from(down(number, at)), all + 1))
    };
    let made = counts(COLLECTORS, &|number, at| server_down(world, number, at));
    rate(table, "server_down, share of time", made, faults.server_down, 1);
    let made = counts(OPERATORS, &|number, at| operator_down(world, number, at));
    rate(table, "operator_down, share of time", made, faults.operator_down, 1);
}

fn messages(world: &World, tally: &Tally, table: &mut Table) {
    let faults = &world.scenario.faults;
    let lines = [
        ("block_loss, share of sides up", Chance::Block, faults.block_loss, BURST),
        ("one_side, share of sides up", Chance::OneSide, faults.one_side, 1),
        ("replay, share of sides near a restart", Chance::Replay, faults.replay, BURST),
        ("repeat, share of sides taken", Chance::Repeat, faults.repeat, 1),
        ("truncated, share of longer texts", Chance::Truncated, faults.truncated, 1),
        ("missing_picture, share of photos", Chance::MissingPicture, faults.missing_picture, 1),
        ("partner_missing, share of rows", Chance::PartnerMissing, faults.partner_missing, 1),
        (
            "partner_differs, share of longer texts",
            Chance::PartnerDiffers,
            faults.partner_differs,
            1,
        ),
    ];
    for (what, chance, asked, alike) in lines {
        let (could, did) = tally.chances[chance as usize];
        rate(table, what, (did, could), asked, alike);
    }
    let (could, did) = tally.chances[Chance::Swapped as usize];
    let wanted = near(faults.swapped, could);
    let record = "exists (facts 3.2, C6)";
    table.line("swapped, share of sides taken", share(did, could), wanted, record);
    let minutes = tally.replay_most as f64 / MINUTE as f64;
    most(table, "replay_minutes, largest", minutes, faults.replay_minutes);
    let bound = f64::from(faults.repeat_max);
    most(table, "repeat_max, copies of one record", tally.repeat_most as f64, bound);
}

fn asked(world: &World, tally: &Tally, table: &mut Table) {
    for out in &world.outages {
        let hours = (out.until - out.from) as f64 / HOUR as f64;
        let within = out.until.min(world.days.end) - out.from.max(world.days.live);
        let made = within.max(0) as f64 / HOUR as f64;
        let (what, number) = out.whose.named();
        let what = format!("outage of {what} {number}, live hours");
        table.line(what, made, Wanted::About(hours, 0.0), SILENT);
    }
    if !world.outages.is_empty() {
        table.add("outage, sides lost to it", tally.outage.0 as f64, None);
        let none = Wanted::About(0.0, 0.0);
        table.line("outage, copies taken in spite of it", tally.outage.1 as f64, none, SILENT);
    }
}
