//! Outside the network: data sessions of the handsets' SIMs and of personal phones, as two mobile
//! operators write them, and plate-camera hits.

use super::{Shape, csv_row};
use crate::draw::{Draw, Stream};
use crate::ids;
use crate::time::{DAY, HOUR, MINUTE, SECOND, Zone, write_clock, write_date};
use crate::world::World;

/// A person's movements on one day: (from, to, cell).
fn day(home: u64, draw: &mut Draw, start: i64) -> Vec<(i64, i64, u64)> {
    let leave = start + draw.range(7 * 60, 12 * 60) * MINUTE;
    let back = leave + draw.range(3 * 60, 10 * 60) * MINUTE;
    let away = home / 40 * 40 + draw.below(40);
    vec![
        (start + 30 * MINUTE, leave, home),
        (leave + 20 * MINUTE, back - 20 * MINUTE, away),
        (back, start + 23 * HOUR, home),
    ]
}

/// What ties a person to the world outside the network.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Cell of the home.
    pub home: u64,
    /// Personal phone number.
    pub phone: String,
    /// Plate of the car.
    pub plate: String,
    /// Operator of the personal phone.
    operator: u8,
    /// Draws for the days.
    draw: Draw,
}

impl Outside {
    /// What belongs to an account's holder, where the scenario gives them a personal phone.
    pub fn of(world: &World, account: u32) -> Option<Outside> {
        let mut draw = Draw::new(world.seed, Stream::Outside, u64::from(account));
        if !draw.chance(world.scenario.people.personal_phones) {
            return None;
        }
        let home = draw.below(4000);
        let language = world.cells[world.accounts[account as usize].cell as usize].language;
        let phone = ids::phone(&mut draw, crate::talk::LANGUAGES[language as usize]);
        let operator = draw.below(2) as u8;
        let plate = ids::plate(&mut draw);
        Some(Outside { home, phone, plate, operator, draw })
    }
}

struct Phone {
    imsi: String,
    imei: String,
    number: String,
    operator: u8,
}

/// All tables.
pub fn tables(world: &World) -> Vec<Shape> {
    let mut sessions: Vec<(i64, u32, i64, u64, bool)> = Vec::new();
    let mut phones = Vec::new();
    let mut hits = Vec::new();
    for account in 0..world.accounts.len() as u32 {
        let Some(Outside { home, phone, plate, operator, mut draw }) = Outside::of(world, account)
        else {
            continue;
        };
        let person = world.accounts[account as usize].person;
        let first = phones.len() as u32;
        let sim = world.accounts[account as usize].sims[0].1;
        let device = &world.devices[world.device(account, world.days.live) as usize];
        phones.push(Phone {
            imsi: ids::imsi(sim),
            imei: device.imei.to_string(),
            number: String::new(),
            operator: device.operator % 2,
        });
        phones.push(Phone {
            imsi: ids::imsi(2_000_000_000 + person),
            imei: ids::imei(900_000_000 + person),
            number: phone,
            operator,
        });
        let mut start = world.days.live;
        while start < world.days.end {
            for (from, to, cell) in day(home, &mut draw, start) {
                for phone in 0..2 {
                    // The network's own handset is often on Wi-Fi: no session for hours.
                    if draw.chance(if phone == 0 { 0.45 } else { 0.85 }) {
                        let span = (to - from).max(MINUTE) as u64;
                        let at = from + draw.below(span) as i64;
                        let long = (draw.exponential(40.0) as i64 + 1) * MINUTE;
                        sessions.push((at, first + phone, long, cell, phone == 0));
                    }
                }
                if cell != home && draw.chance(0.3) {
                    hits.push((from - 10 * MINUTE, plate.clone(), cell));
                }
            }
            start += DAY;
        }
    }
    sessions.sort_unstable();
    hits.sort();
    vec![operator_a(&sessions, &phones), operator_b(&sessions, &phones), cameras(&hits), cells()]
}

/// Operator A: comma, ISO times in UTC, cell as MCC-MNC-LAC-CID, duration in seconds.
fn operator_a(sessions: &[(i64, u32, i64, u64, bool)], phones: &[Phone]) -> Shape {
    let mut out = Vec::new();
    let header =
        ["SYNTHETIC", "IMSI", "IMEI", "MSISDN", "START_UTC", "DURATION_S", "TYPE", "FIRST_CELL"];
    csv_row(&mut out, b',', header);
    let mut rows = 0;
    for (at, phone, long, cell, data) in sessions {
        let phone = &phones[*phone as usize];
        if phone.operator == 0 {
            let kind = if *data { "GPRS" } else { "LTE-DATA" };
            let seconds = (long / SECOND).to_string();
            let place = format!("001-01-{}-{}", 100 + cell / 40, cell);
            let start = crate::time::stamp(*at);
            let row =
                ["1", &phone.imsi, &phone.imei, &phone.number, &start, &seconds, kind, &place];
            csv_row(&mut out, b',', row);
            rows += 1;
        }
    }
    ("deliveries/calls/operator-a.csv".into(), out, rows)
}

/// Operator B: semicolon, local date and time apart, end instead of duration, IMEI without check.
fn operator_b(sessions: &[(i64, u32, i64, u64, bool)], phones: &[Phone]) -> Shape {
    let mut out = b"# SYNTHETIC DATA;operator B;times local\r\n".to_vec();
    let header = ["Datum", "Von", "Bis", "Rufnummer", "Kartennummer", "Geraet", "LAC", "Zelle"];
    csv_row(&mut out, b';', header);
    let zone = Zone { minutes: 60, summer: true };
    let mut rows = 0;
    for (at, phone, long, cell, _) in sessions {
        let phone = &phones[*phone as usize];
        if phone.operator == 1 {
            let local = zone.local(*at);
            let part = |write: fn(&mut Vec<u8>, i64), at: i64| {
                let mut text = Vec::new();
                write(&mut text, at);
                String::from_utf8_lossy(&text).into_owned()
            };
            let day = part(write_date, local);
            let (from, to) = (part(write_clock, local), part(write_clock, local + long));
            let (lac, cell) = ((100 + cell / 40).to_string(), cell.to_string());
            let imei = &phone.imei[..14];
            let row = [&day, &from, &to, &phone.number, &phone.imsi, imei, &lac, &cell];
            csv_row(&mut out, b';', row.map(|field| field as &str));
            rows += 1;
        }
    }
    ("deliveries/calls/operator-b.csv".into(), out, rows)
}

fn cameras(hits: &[(i64, String, u64)]) -> Shape {
    let mut out = Vec::new();
    csv_row(&mut out, b',', ["synthetic", "seen_utc", "camera", "plate", "confidence"]);
    for (number, (at, plate, cell)) in hits.iter().enumerate() {
        let camera = format!("CAM-{:04}", cell / 3);
        let sure = format!("0.{}", 80 + number % 20);
        csv_row(&mut out, b',', ["true", &crate::time::stamp(*at), &camera, plate, &sure]);
    }
    ("deliveries/cameras/plate-hits.csv".into(), out, hits.len() as u64)
}

/// Where the cells are: a grid in the middle of an ocean.
fn cells() -> Shape {
    let mut out = Vec::new();
    csv_row(&mut out, b',', ["synthetic", "cell", "lac", "lat", "lon", "range_m"]);
    for cell in 0..4000u64 {
        let (lac, number) = ((100 + cell / 40).to_string(), cell.to_string());
        let lat = format!("{:.4}", -48.9 + (cell / 64) as f64 * 0.01);
        let lon = format!("{:.4}", -123.4 + (cell % 64) as f64 * 0.01);
        csv_row(&mut out, b',', ["true", &number, &lac, &lat, &lon, "1200"]);
    }
    ("deliveries/calls/cells.csv".into(), out, 4000)
}
