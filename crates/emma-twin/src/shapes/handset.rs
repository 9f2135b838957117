//! What a handset holds besides messages, as stage 1 delivers it: its identifiers, account, SIMs,
//! address book with private nicknames, notes, calls, the service notice, collector heartbeats.

use crate::draw::{Draw, Stream};
use crate::ids;
use crate::record::Object;
use crate::talk::session::Lexicon;
use crate::time::{DAY, HOUR, MINUTE};
use crate::world::{World, period};
use std::ops::Range;

/// Accounts a file.
pub const ACCOUNTS: u32 = 512;

/// The stage 1 lists of some accounts' captured handsets: bytes and records.
pub fn lists(
    world: &World,
    lexicon: &Lexicon<'_>,
    books: &[Vec<u32>],
    accounts: Range<u32>,
) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut records = 0;
    for account in accounts {
        let used = &world.accounts[account as usize];
        for (_, device) in &used.devices {
            if world.devices[*device as usize].reached.is_some() {
                let mut writer =
                    Writer { world, out: &mut out, records: 0, account, device: *device };
                writer.identity();
                writer.book(lexicon, &books[account as usize]);
                writer.notes(lexicon);
                writer.calls(&books[account as usize]);
                writer.events();
                records += writer.records;
            }
        }
    }
    (out, records)
}

/// The model of a device.
pub fn model(device: u32) -> &'static str {
    ["Carbon 1", "Carbon 2", "X2"][device as usize % 3]
}

/// Counterparts of every account, sorted.
pub fn books(world: &World) -> Vec<Vec<u32>> {
    let mut books: Vec<Vec<u32>> = vec![Vec::new(); world.accounts.len()];
    for tie in &world.ties {
        for member in &tie.members {
            let others = tie.members.iter().filter(|other| *other != member);
            books[*member as usize].extend(others);
        }
    }
    for book in &mut books {
        book.sort_unstable();
        book.dedup();
    }
    books
}

/// A call of an account.
pub struct Call {
    /// The other account.
    pub other: u32,
    /// When it began.
    pub at: i64,
    /// How long it lasted; 0 where nobody answered.
    pub seconds: i64,
    /// Whether the account rang the other.
    pub out: bool,
}

/// The calls of an account that its handset holds: those of the seven days before it was read.
pub fn calls(world: &World, account: u32, device: u32, book: &[u32]) -> Vec<Call> {
    let mut draw = Draw::new(world.seed, Stream::Book, u64::from(account) | 1 << 62);
    if book.is_empty() {
        return Vec::new();
    }
    let read = world.devices[device as usize].read;
    (0..draw.below(12))
        .map(|_| {
            let other = *draw.pick(book);
            let at = read - draw.below(7 * DAY as u64) as i64;
            let answered = draw.chance(0.7);
            let seconds = if answered { draw.exponential(140.0) as i64 + 3 } else { 0 };
            Call { other, at, seconds, out: draw.chance(0.5) }
        })
        .collect()
}

struct Writer<'w> {
    world: &'w World,
    out: &'w mut Vec<u8>,
    records: u64,
    account: u32,
    device: u32,
}

impl Writer<'_> {
    fn open(&mut self, schema: &str) -> Object<'_> {
        self.records += 1;
        let imei = &self.world.devices[self.device as usize].imei;
        let mut object = Object::open(self.out, schema);
        object.text("source", "history").number("stage", 1).text("device", imei);
        object
    }

    fn identity(&mut self) {
        let world = self.world;
        let device = &world.devices[self.device as usize];
        let account = &world.accounts[self.account as usize];
        let zone = device.zone.offset_minutes(device.read);
        let (wall, shown) = device.shows(device.read, world.days.first);
        let model = model(self.device);
        self.open("device/1")
            .text("model", model)
            .number("zone_minutes", i64::from(zone))
            .time("read", device.read, 0)
            .time("device_clock", wall, shown)
            .number("burn_hours", device.burn / HOUR)
            .close();
        let handle = world.handle(self.account, device.read);
        self.open("account/1").text("handle", handle).close();
        let sim = period(&account.sims, device.read);
        let (imsi, iccid) = (ids::imsi(sim), ids::iccid(sim));
        self.open("sim/1").text("imsi", &imsi).text("iccid", &iccid).close();
    }

    fn book(&mut self, lexicon: &Lexicon<'_>, book: &[u32]) {
        let world = self.world;
        let read = world.devices[self.device as usize].read;
        let cell = world.accounts[self.account as usize].cell;
        for (row, other) in book.iter().enumerate() {
            let index = u64::from(self.account) << 32 | u64::from(*other);
            let mut draw = Draw::new(world.seed, Stream::Book, index);
            let mut nick = String::new();
            lexicon.nick(cell, &mut draw, &mut nick);
            // A contact may still be saved under a handle that its user has given up.
            let saved = read - draw.below(60 * DAY as u64) as i64;
            let handle = world.handle(*other, saved);
            self.open("contact/1")
                .number("row", row as i64 + 1)
                .text("handle", handle)
                .text("nickname", &nick)
                .close();
        }
    }

    fn notes(&mut self, lexicon: &Lexicon<'_>) {
        let world = self.world;
        let device = &world.devices[self.device as usize];
        let cell = &world.cells[world.accounts[self.account as usize].cell as usize];
        let language = crate::talk::LANGUAGES[cell.language as usize];
        let mut draw = Draw::new(world.seed, Stream::Book, u64::from(self.account) | 1 << 63);
        for row in 0..draw.below(5) {
            let mut who = String::new();
            lexicon.nick(world.accounts[self.account as usize].cell, &mut draw, &mut who);
            let text = match draw.below(6) {
                0 => format!("{who} {}", draw.range(1, 400) * 250),
                1 => ids::iban(&mut draw, language),
                2 => format!("pin {:04}", draw.below(10_000)),
                3 => format!("{who} {}", ids::phone(&mut draw, language)),
                4 => format!("token {}", ids::banknote(&mut draw)),
                _ => format!("{} {who}", ids::plate(&mut draw)),
            };
            let at = device.read - draw.below(90 * DAY as u64) as i64;
            let (wall, minutes) = device.shows(at, world.days.first);
            self.open("note/1")
                .number("row", row as i64 + 1)
                .time("time", wall, minutes)
                .text("text", &text)
                .close();
        }
    }

    fn calls(&mut self, book: &[u32]) {
        let world = self.world;
        let device = &world.devices[self.device as usize];
        for (row, call) in calls(world, self.account, self.device, book).iter().enumerate() {
            let (wall, minutes) = device.shows(call.at, world.days.first);
            self.open("call/1")
                .number("row", row as i64 + 1)
                .text("direction", if call.out { "out" } else { "in" })
                .text("with", world.handle(call.other, call.at))
                .time("time", wall, minutes)
                .number("seconds", call.seconds)
                .flag("answered", call.seconds > 0)
                .close();
        }
    }

    fn events(&mut self) {
        let world = self.world;
        let device = &world.devices[self.device as usize];
        let viewed = device.notice_viewed;
        let wiped = device.wiped.is_some_and(|wiped| wiped < viewed);
        if viewed < world.days.end && !wiped {
            let (wall, minutes) = device.shows(viewed, world.days.first);
            self.open("notice/1")
                .text("notice", "service notice 1")
                .time("issued", world.days.notice, 0)
                .time("viewed", wall, minutes)
                .close();
        }
        let up = device.up.clone();
        let mut draw = Draw::new(world.seed, Stream::Coverage, u64::from(self.device) | 1 << 40);
        for (from, to) in up {
            let mut at = from;
            while at < to {
                if draw.chance(0.6) {
                    self.open("heartbeat/1").time("time", at, 0).close();
                }
                at += 12 * HOUR + draw.range(-10 * MINUTE, 10 * MINUTE);
            }
        }
    }
}
