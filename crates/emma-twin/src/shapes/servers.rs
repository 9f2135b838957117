//! Tables of the network's servers, as read out of seized images, each with its own clock.

use super::{Shape, csv_row, logs};
use crate::draw::{Draw, Stream};
use crate::ids;
use crate::record::Object;
use crate::time::{DAY, HOUR, stamp};
use crate::world::World;

const ROLES: [(&str, u32); 9] = [
    ("relay", 30),
    ("key-management", 8),
    ("event-logging", 8),
    ("sim-monitoring", 6),
    ("provisioning", 6),
    ("update", 4),
    ("voice", 6),
    ("helpdesk", 2),
    ("billing", 2),
];

/// The draw of the clock of the machine that watches SIMs.
pub const SIM_MONITORING: u64 = 46;

const RELAYS: [&str; 6] = ["vm-01", "vm-02", "vm-03", "vm-04", "vm-05", "vm-06"];

/// The virtual machine of an imaged relay.
pub fn relay_name(relay: u64) -> &'static str {
    RELAYS[relay as usize % RELAYS.len()]
}

/// All tables but the relays' logs, which the parts write.
pub fn tables(world: &World) -> Vec<Shape> {
    let mut shapes = vec![machines(world), provisioning(world), sims(world), tickets(world)];
    shapes.push(billing(world));
    shapes.push(updates(world));
    shapes.extend(logs::logs(world));
    shapes
}

/// Milliseconds that a machine's clock is ahead.
pub fn ahead(world: &World, machine: u64) -> i64 {
    Draw::new(world.seed, Stream::Server, machine).range(-90_000, 90_000)
}

fn machines(world: &World) -> Shape {
    let mut out = Vec::new();
    csv_row(&mut out, b',', ["synthetic", "vm", "role", "clock_ahead_stated_ms", "image_taken"]);
    let (mut number, mut rows) = (0, 0);
    for (role, many) in ROLES {
        for _ in 0..many {
            if number == world.scenario.network.servers {
                break;
            }
            number += 1;
            let name = format!("vm-{number:02}");
            csv_row(&mut out, b',', ["true", &name, role, "", &stamp(world.days.end + DAY)]);
            rows += 1;
        }
    }
    ("deliveries/servers/machines.csv".into(), out, rows)
}

fn provisioning(world: &World) -> Shape {
    let mut out = Vec::new();
    let header = ["synthetic", "created", "username", "imei", "reseller", "months"];
    csv_row(&mut out, b',', header);
    let skew = ahead(world, 50);
    let mut rows = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        let seller = world.cells[account.cell as usize].reseller;
        for (from, handle) in &account.handles {
            let mut draw = Draw::new(world.seed, Stream::Server, u64::from(*handle) | 1 << 40);
            let created = if *from == world.days.first {
                from - draw.below(200 * DAY as u64) as i64
            } else {
                *from
            };
            let imei = &world.devices[world.device(number as u32, *from) as usize].imei;
            let months = if draw.chance(0.7) { "6" } else { "3" };
            let name = &world.handles[*handle as usize];
            let seller = world.handle(seller, created);
            let row = ["true", &stamp(created + skew), name, imei, seller, months];
            csv_row(&mut out, b',', row);
            rows += 1;
        }
    }
    ("deliveries/servers/provisioning.csv".into(), out, rows)
}

fn sims(world: &World) -> Shape {
    let mut out = Vec::new();
    csv_row(&mut out, b',', ["synthetic", "assigned", "imsi", "iccid", "imei", "roaming"]);
    let skew = ahead(world, SIM_MONITORING);
    let mut rows = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        for (from, sim) in &account.sims {
            let imei = &world.devices[world.device(number as u32, *from) as usize].imei;
            let home = &world.country(number as u32).code;
            let (imsi, iccid) = (ids::imsi(*sim), ids::iccid(*sim));
            let row = ["true", &stamp(from + skew), &imsi, &iccid, imei, home];
            csv_row(&mut out, b',', row);
            rows += 1;
        }
    }
    ("deliveries/servers/sim-assignments.csv".into(), out, rows)
}

fn tickets(world: &World) -> Shape {
    let mut out = Vec::new();
    let mut rows = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        let device = &world.devices[world.device(number as u32, world.days.end) as usize];
        let mut draw = Draw::new(world.seed, Stream::Server, number as u64 | 1 << 41);
        let wipe = device.wiped.filter(|_| device.wiped_by_helpdesk);
        let asked = wipe.map(|at| (at - draw.range(10, 300) * 60_000, "wipe"));
        let span = (world.days.end - world.days.live) as u64;
        let other = draw.chance(0.1).then(|| {
            let at = world.days.live + draw.below(span) as i64;
            (at, *draw.pick(&["no connection", "renewal", "new handle", "sim", "wipe fails"]))
        });
        for (at, subject) in asked.into_iter().chain(other) {
            rows += 1;
            let mut object = Object::open(&mut out, "ticket/1");
            object.text("server", "vm-69").number("ticket", rows as i64);
            object.time("opened", at + ahead(world, 69), 0);
            object.text("user", world.handle(account_number(number), at));
            object.text("subject", subject).text("imei", &device.imei).close();
        }
        let _ = account;
    }
    ("deliveries/servers/tickets.ndjson.zst".into(), out, rows)
}

fn account_number(number: usize) -> u32 {
    number as u32
}

fn billing(world: &World) -> Shape {
    let mut out = Vec::new();
    let header = ["synthetic", "paid", "reseller", "username", "amount_eur", "method"];
    csv_row(&mut out, b',', header);
    let mut rows = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        let mut draw = Draw::new(world.seed, Stream::Server, number as u64 | 1 << 42);
        let at = world.days.first + draw.below((world.days.end - world.days.first) as u64) as i64;
        let seller = world.cells[account.cell as usize].reseller;
        let amount = draw.pick(&["1500", "1610", "850", "800", "1000"]).to_string();
        let method = if draw.chance(0.8) { "cash" } else { "wallet" };
        let user = world.handle(number as u32, at);
        let row = ["true", &stamp(at), world.handle(seller, at), user, &amount, method];
        csv_row(&mut out, b',', row);
        rows += 1;
    }
    ("deliveries/servers/billing.csv".into(), out, rows)
}

fn updates(world: &World) -> Shape {
    let mut out = Vec::new();
    let mut rows = 0;
    for (number, device) in world.devices.iter().enumerate() {
        let mut draw = Draw::new(world.seed, Stream::Server, number as u64 | 1 << 43);
        if draw.chance(0.5) {
            rows += 1;
            let at = world.days.notice - draw.below(72 * HOUR as u64) as i64;
            let mut object = Object::open(&mut out, "update/1");
            object.text("server", "vm-59").time("time", at + ahead(world, 59), 0);
            object.text("imei", &device.imei).text("version", "115.2").close();
        }
    }
    ("deliveries/servers/updates.ndjson.zst".into(), out, rows)
}
