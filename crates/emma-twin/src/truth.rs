//! The truth, apart from everything delivered: emma never reads it, only the scoring does.
//!
//! NDJSON, zstd. `docs/twin.md` lists the files and their fields.

use crate::faults::{Loss, defect};
use crate::part::{Part, SOURCES};
use crate::record::Object;
use crate::talk::LANGUAGES;
use crate::talk::session::Lexicon;
use crate::talk::slang::{Key, SENSES};
use crate::time::DAY;
use crate::traffic::Message;
use crate::world::World;
use crate::world::device::ZoneFault;
use std::collections::BTreeMap;
use std::ops::Range;

/// A truth line that still lacks its copies.
#[derive(Clone, Debug)]
pub struct Pending {
    span: Range<usize>,
}

/// Writes a message's truth, all but its copies.
pub fn message(
    part: &mut Part,
    world: &World,
    lexicon: &Lexicon<'_>,
    message: &Message<'_>,
    photo: Option<&str>,
    losses: &[(u32, Loss)],
) {
    let start = part.truth_arena.len();
    let tie = &world.ties[message.tie as usize];
    let script = &lexicon.book().script;
    let mut object = Object::bare(&mut part.truth_arena);
    object.id("id", message.id);
    object.number("conversation", i64::from(message.tie));
    object.number("number", i64::from(message.number));
    object.time("time", message.at, 0);
    object.number("account", i64::from(message.from));
    object.number("person", i64::from(world.person(message.from, message.at)));
    object.text("from", world.handle(message.from, message.at));
    let others = tie.members.iter().filter(|member| **member != message.from);
    object.texts("to", others.map(|member| world.handle(*member, message.at)));
    object.text("language", LANGUAGES[message.said.language as usize]);
    let topic = script.topics.get(message.said.topic as usize);
    object.text("topic", topic.map_or("", |topic| topic.name.as_str()));
    object.text("act", &script.acts[message.said.act as usize]);
    if let Some(incident) = message.incident {
        object.number("incident", i64::from(incident));
    }
    object.text("text", message.text);
    if let Some(fact) = message.fact {
        object.text("fact", &fact.value);
    }
    if let Some(photo) = photo {
        object.text("photo", photo);
    }
    object.raw("lost", |out| {
        out.push(b'[');
        for (place, (account, loss)) in losses.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let text = format!("[{account},\"{}\"]", loss.name());
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b']');
    });
    part.truths.push(Pending { span: start..part.truth_arena.len() });
}

/// All message truths of a sorted part, with the copies and their lines.
pub fn messages(part: &Part) -> Vec<u8> {
    let mut copies: Vec<u32> = (0..part.rows.len() as u32).collect();
    copies.sort_by_key(|at| part.rows[*at as usize].message);
    let mut next = 0;
    let mut out = Vec::with_capacity(part.truth_arena.len() + part.rows.len() * 64);
    for (number, pending) in part.truths.iter().enumerate() {
        out.extend_from_slice(&part.truth_arena[pending.span.clone()]);
        out.extend_from_slice(b",\"copies\":[");
        let mut first = true;
        while next < copies.len() && part.rows[copies[next] as usize].message == number as u32 {
            let row = &part.rows[copies[next] as usize];
            next += 1;
            if !first {
                out.push(b',');
            }
            first = false;
            let mut object = Object::bare(&mut out);
            object.text("source", SOURCES[row.source as usize]);
            object.number("line", i64::from(row.line));
            if row.device != u32::MAX {
                object.number("device", i64::from(row.device));
            }
            if row.delay != 0 {
                object.number("delay_ms", row.delay);
            }
            if row.defects != 0 {
                object.texts("defects", defect_names(row.defects));
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"]}\n");
    }
    out
}

/// The words for a set of defects.
pub fn defect_names(bits: u16) -> impl Iterator<Item = &'static str> {
    defect::NAMES.into_iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1).map(|n| n.1)
}

/// Makes one truth file.
pub type Maker = fn(&World, &Lexicon<'_>, &mut Vec<u8>) -> u64;

/// Every truth file but the messages': its name and what makes it.
pub const FILES: [(&str, Maker); 10] = [
    ("persons", |world, _, out| persons(world, out)),
    ("handles", |world, _, out| handles(world, out)),
    ("intervals", |world, _, out| intervals(world, out)),
    ("devices", |world, _, out| devices(world, out)),
    ("coverage", |world, _, out| coverage(world, out)),
    ("outages", |world, _, out| outages(world, out)),
    ("incidents", |world, _, out| incidents(world, out)),
    ("communities", |world, _, out| communities(world, out)),
    ("conversations", |world, _, out| conversations(world, out)),
    ("slang", slang),
];

fn persons(world: &World, out: &mut Vec<u8>) -> u64 {
    let mut accounts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (number, account) in world.accounts.iter().enumerate() {
        accounts.entry(account.person).or_default().push(number as u32);
    }
    for (number, person) in world.persons.iter().enumerate() {
        let cell = &world.cells[person.cell as usize];
        let mut object = Object::bare(out);
        object.number("person", number as i64).number("cell", i64::from(person.cell));
        object.text("role", person.role.name());
        object.flag("privileged", person.role.is_privileged());
        object.text("country", &world.countries[cell.country as usize].code);
        object.text("language", LANGUAGES[cell.language as usize]);
        object.raw("born", |out| {
            out.push(b'"');
            crate::time::write_date(out, i64::from(person.born) * DAY);
            out.push(b'"');
        });
        let held = accounts.get(&(number as u32)).into_iter().flatten();
        let held: Vec<String> = held.map(u32::to_string).collect();
        object.raw("accounts", |out| {
            out.extend_from_slice(format!("[{}]", held.join(",")).as_bytes());
        });
        object.close();
    }
    world.persons.len() as u64
}

fn handles(world: &World, out: &mut Vec<u8>) -> u64 {
    let mut lines = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        for (place, (from, handle)) in account.handles.iter().enumerate() {
            let until = account.handles.get(place + 1).map_or(world.days.end, |next| next.0);
            let mut object = Object::bare(out);
            object.text("handle", &world.handles[*handle as usize]);
            object.number("account", number as i64);
            object.number("person", i64::from(account.person));
            if let Some(sharer) = account.sharer {
                object.number("shared_with", i64::from(sharer));
            }
            object.time("from", *from, 0).time("until", until, 0).close();
            lines += 1;
        }
    }
    lines
}

fn intervals(world: &World, out: &mut Vec<u8>) -> u64 {
    let mut lines = 0;
    for (number, account) in world.accounts.iter().enumerate() {
        for (what, periods) in [("device", &account.devices), ("sim", &account.sims)] {
            for (place, (from, value)) in periods.iter().enumerate() {
                let until = periods.get(place + 1).map_or(world.days.end, |next| next.0);
                let mut object = Object::bare(out);
                object.number("account", number as i64).text("what", what);
                match what {
                    "device" => {
                        let imei = &world.devices[*value as usize].imei;
                        object.number("device", i64::from(*value)).text("imei", imei)
                    }
                    _ => object
                        .text("imsi", &crate::ids::imsi(*value))
                        .text("iccid", &crate::ids::iccid(*value)),
                };
                object.time("from", *from, 0).time("until", until, 0).close();
                lines += 1;
            }
        }
    }
    lines
}

fn devices(world: &World, out: &mut Vec<u8>) -> u64 {
    for (number, device) in world.devices.iter().enumerate() {
        let mut object = Object::bare(out);
        object.number("device", number as i64).text("imei", &device.imei);
        object.flag("captured", device.reached.is_some());
        if let Some(reached) = device.reached {
            object.time("reached", reached, 0).time("read", device.read, 0);
        }
        object.number("collector", i64::from(device.collector));
        object.number("operator", i64::from(device.operator));
        object.number("skew_ms", device.skew).number("drift_ppm", i64::from(device.drift));
        if let Some(large) = device.skew_large {
            object.number("skew_large_ms", large);
        }
        if let Some((at, by)) = device.jump {
            object.time("jump_at", at, 0).number("jump_ms", by);
        }
        object.text(
            "zone_fault",
            match device.zone_fault {
                ZoneFault::Right => "none",
                ZoneFault::LocalAsUtc => "local-as-utc",
                ZoneFault::NoSummer => "no-summer",
            },
        );
        object.number("burn_hours", device.burn / crate::time::HOUR);
        if let Some(wiped) = device.wiped {
            object.time("wiped", wiped, 0);
            object.text("wiped_by", if device.wiped_by_helpdesk { "helpdesk" } else { "panic" });
        }
        object.flag("second_profile", device.second_profile);
        object.time("notice_viewed", device.notice_viewed, 0).close();
    }
    world.devices.len() as u64
}

/// One line a captured handset: from `reached` on, seconds down, up, down, up and so on.
fn coverage(world: &World, out: &mut Vec<u8>) -> u64 {
    use std::io::Write;
    let mut lines = 0;
    for (number, device) in world.devices.iter().enumerate() {
        let Some(reached) = device.reached else { continue };
        let mut object = Object::bare(out);
        object.number("device", number as i64).time("reached", reached, 0);
        object.raw("runs", |out| {
            let mut at = reached;
            let mut sign = '[';
            for (from, to) in &device.up {
                let _ = write!(out, "{sign}{},{}", (from - at) / 1000, (to - from) / 1000);
                at = *to;
                sign = ',';
            }
            out.extend_from_slice(if sign == '[' { b"[]" } else { b"]" });
        });
        object.close();
        lines += 1;
    }
    lines
}

fn outages(world: &World, into: &mut Vec<u8>) -> u64 {
    use crate::faults::{OUTAGE_BLOCK, operator_down, server_down};
    use crate::world::device::{COLLECTORS, OPERATORS};
    let mut lines = 0;
    let mut at = world.days.live.div_euclid(OUTAGE_BLOCK) * OUTAGE_BLOCK;
    while at < world.days.end {
        let servers = (0..COLLECTORS as u8).filter(|n| server_down(world, *n, at));
        let servers: Vec<(&str, u8)> = servers.map(|n| ("collector", n)).collect();
        let operators = (0..OPERATORS as u8).filter(|n| operator_down(world, *n, at));
        for (what, number) in servers.into_iter().chain(operators.map(|n| ("operator", n))) {
            let mut object = Object::bare(into);
            object.text("what", what).number("number", i64::from(number));
            object.time("from", at, 0).time("until", at + OUTAGE_BLOCK, 0).close();
            lines += 1;
        }
        at += OUTAGE_BLOCK;
    }
    for out in &world.outages {
        let mut object = Object::bare(into);
        let (what, number) = out.whose.named();
        object.text("what", what).number("number", i64::from(number));
        object.time("from", out.from, 0).time("until", out.until, 0).flag("asked", true).close();
    }
    lines + world.outages.len() as u64
}

fn incidents(world: &World, out: &mut Vec<u8>) -> u64 {
    for (number, incident) in world.incidents.iter().enumerate() {
        let mut object = Object::bare(out);
        let tie = &world.ties[incident.ties[0] as usize];
        object.number("incident", number as i64).text("family", incident.family);
        object.text("language", LANGUAGES[tie.language as usize]);
        object.flag("held_out", incident.held_out);
        object.time("start", incident.start, 0);
        object.number("messages", incident.steps.len() as i64);
        let mut used: Vec<u32> = Vec::new();
        for step in &incident.steps {
            let tie = incident.ties[step.conversation as usize];
            if !used.contains(&tie) {
                used.push(tie);
            }
        }
        object.raw("conversations", |out| {
            let used: Vec<String> = used.iter().map(u32::to_string).collect();
            out.extend_from_slice(format!("[{}]", used.join(",")).as_bytes());
        });
        object.close();
    }
    world.incidents.len() as u64
}

fn communities(world: &World, out: &mut Vec<u8>) -> u64 {
    for (number, cell) in world.cells.iter().enumerate() {
        let mut object = Object::bare(out);
        object.number("cell", number as i64);
        object.text("country", &world.countries[cell.country as usize].code);
        object.text("language", LANGUAGES[cell.language as usize]);
        object.number("first_account", i64::from(cell.first));
        object.number("accounts", i64::from(cell.accounts));
        object.number("reseller_account", i64::from(cell.reseller)).close();
    }
    world.cells.len() as u64
}

fn conversations(world: &World, out: &mut Vec<u8>) -> u64 {
    for (number, tie) in world.ties.iter().enumerate() {
        let mut object = Object::bare(out);
        object.number("conversation", number as i64).number("cell", i64::from(tie.cell));
        object.raw("members", |out| {
            let members: Vec<String> = tie.members.iter().map(u32::to_string).collect();
            out.extend_from_slice(format!("[{}]", members.join(",")).as_bytes());
        });
        object.text("bond", format!("{:?}", tie.bond()).to_lowercase().as_str());
        object.flag("privileged", (4..=6).contains(&tie.bond));
        object.text("language", LANGUAGES[tie.language as usize]);
        object.number("messages", i64::from(world.counts[number])).close();
    }
    world.ties.len() as u64
}

fn slang(world: &World, lexicon: &Lexicon<'_>, out: &mut Vec<u8>) -> u64 {
    let months = ((world.days.end - world.days.first) / (30 * DAY) + 1) as u32;
    let drift = world.scenario.talk.slang_drift;
    let mut lines = 0;
    for (number, cell) in world.cells.iter().enumerate() {
        for (sense, name) in SENSES.iter().enumerate() {
            let mut last = "";
            for epoch in 0..months {
                let key = Key { seed: world.seed, group: number as u32, epoch, drift };
                let word = lexicon.code_word(cell.language, key, sense);
                if word == last {
                    continue;
                }
                last = word;
                let mut object = Object::bare(out);
                object.number("cell", number as i64).text("sense", name).text("word", word);
                object.text("language", LANGUAGES[cell.language as usize]);
                let from = world.days.first + i64::from(epoch) * 30 * DAY;
                object.time("from", from, 0).close();
                lines += 1;
            }
        }
    }
    lines
}
