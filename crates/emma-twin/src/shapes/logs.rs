//! Logs of the machines that hold keys, note events and carry voice, each by its own clock.

use super::Shape;
use super::handset::{self, calls};
use super::servers::ahead;
use crate::draw::{Draw, Stream};
use crate::ids;
use crate::record::Object;
use crate::time::DAY;
use crate::world::World;

/// Machines that note events; accounts are shared out among them, and one was imaged.
const EVENT_MACHINES: usize = 8;
/// The imaged one of them.
const EVENT_MACHINE: usize = 3;
/// How far back an event log reaches.
const EVENT_DAYS: i64 = 7;

/// All of them.
pub fn logs(world: &World) -> Vec<Shape> {
    vec![keys(world), events(world), voice(world)]
}

/// Which key a handset had under which handle, from when.
fn keys(world: &World) -> Shape {
    let mut out = Vec::new();
    let mut rows = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        for (place, (from, handle)) in account.handles.iter().enumerate() {
            let mut draw = Draw::new(world.seed, Stream::Server, u64::from(*handle) | 1 << 44);
            let device = &world.devices[world.device(number as u32, *from) as usize];
            let key = format!("{:016x}{:016x}", draw.bits(), draw.bits());
            rows += 1;
            let mut object = Object::open(&mut out, "key/1");
            object.text("server", "vm-31").time("time", from + ahead(world, 31), 0);
            object.text("user", &world.handles[*handle as usize]).text("imei", &device.imei);
            object.text("fingerprint", &key);
            object.text("why", if place == 0 { "registered" } else { "renewed" }).close();
        }
    }
    ("deliveries/servers/keys.ndjson.zst".into(), out, rows)
}

/// Who came and went, as one machine of several noted it in its last days.
fn events(world: &World) -> Shape {
    let mut out = Vec::new();
    let mut rows = 0;
    let skew = ahead(world, 39 + EVENT_MACHINE as u64);
    let server = format!("vm-{}", 39 + EVENT_MACHINE);
    let since = world.days.end - EVENT_DAYS * DAY;
    for (number, account) in world.accounts.iter().enumerate().skip(EVENT_MACHINE) {
        if number % EVENT_MACHINES != EVENT_MACHINE {
            continue;
        }
        for (_, device) in &account.devices {
            let device = &world.devices[*device as usize];
            let sessions =
                device.up.iter().flat_map(|(from, to)| [(from, "login"), (to, "logout")]);
            for (at, event) in sessions.filter(|(at, _)| **at >= since) {
                let sim = account.sims.iter().rev().find(|(from, _)| from <= at);
                rows += 1;
                let mut object = Object::open(&mut out, "session/1");
                object.text("server", &server).time("time", at + skew, 0).text("event", event);
                object.text("user", world.handle(number as u32, *at)).text("imei", &device.imei);
                if let Some((_, sim)) = sim {
                    object.text("imsi", &ids::imsi(*sim));
                }
                object.close();
            }
        }
    }
    ("deliveries/servers/sessions.ndjson.zst".into(), out, rows)
}

/// Calls as the voice machine set them up: the same calls that handsets hold, by another clock.
fn voice(world: &World) -> Shape {
    let books = handset::books(world);
    let mut out = Vec::new();
    let mut rows = 0;
    let skew = ahead(world, 63);
    for (number, account) in world.accounts.iter().enumerate() {
        for (_, device) in &account.devices {
            if world.devices[*device as usize].reached.is_none() {
                continue;
            }
            let own = number as u32;
            for call in calls(world, own, *device, &books[number]) {
                let (from, to) = if call.out { (own, call.other) } else { (call.other, own) };
                rows += 1;
                let mut object = Object::open(&mut out, "voice/1");
                object.text("server", "vm-63").time("time", call.at + skew, 0);
                object.text("from", world.handle(from, call.at));
                object.text("to", world.handle(to, call.at));
                object.number("seconds", call.seconds).close();
            }
        }
    }
    ("deliveries/servers/voice.ndjson.zst".into(), out, rows)
}
