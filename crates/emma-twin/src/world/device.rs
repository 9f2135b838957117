//! A handset as evidence sees it: whether and when it was captured, when its collector was up, how
//! its clock went, how long messages lived on it.

use crate::draw::{Draw, Knob, Stream};
use crate::scenario::{Days, Faults, Scenario};
use crate::time::{DAY, HOUR, MINUTE, SECOND, Zone};
use crate::world::people::Country;

/// Collection servers; their outages hit all their handsets at once.
pub const COLLECTORS: u32 = 6;
/// Mobile operators; their outages hit a share of handsets at once.
pub const OPERATORS: u32 = 5;

/// A wrongly written zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZoneFault {
    /// None.
    Right,
    /// Local time written as if it were UTC.
    LocalAsUtc,
    /// Winter offset kept in summer.
    NoSummer,
}

/// A handset.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its IMEI.
    pub imei: Box<str>,
    /// When the live capture reached it; `None` where it never did.
    pub reached: Option<i64>,
    /// When its stored history was read (hours after `reached`).
    pub read: i64,
    /// Up intervals of its collector within the live window: (from, to).
    pub up: Vec<(i64, i64)>,
    /// Collection server.
    pub collector: u8,
    /// Mobile operator.
    pub operator: u8,
    /// Milliseconds its clock is ahead at the first day, all in all.
    pub skew: i64,
    /// The part of it that is a large skew; `None` where its clock has only the small one.
    pub skew_large: Option<i64>,
    /// Drift, parts per million.
    pub drift: i32,
    /// A jump of the clock: (from when, milliseconds).
    pub jump: Option<(i64, i64)>,
    /// How its zone is written.
    pub zone_fault: ZoneFault,
    /// Home zone.
    pub zone: Zone,
    /// How long messages stay on it, milliseconds.
    pub burn: i64,
    /// When it was wiped.
    pub wiped: Option<i64>,
    /// Whether the wipe was asked from the helpdesk (else a panic code).
    pub wiped_by_helpdesk: bool,
    /// Whether its records are written in the second output profile.
    pub second_profile: bool,
    /// When its user viewed the service notice.
    pub notice_viewed: i64,
}

impl Device {
    /// Draws device `number`.
    pub fn make(scenario: &Scenario, seed: u64, days: Days, number: u32, home: &Country) -> Device {
        let faults = &scenario.faults;
        // Each fault has draws of its own: turning one leaves the handset's others as they were.
        let own = |knob| Draw::knob(seed, Stream::Device, u64::from(number), knob);
        let reached = own(Knob::Captured).chance(faults.captured).then(|| {
            let wait = own(Knob::Reached).exponential(2.0 * DAY as f64) as i64;
            whole(days.live + wait.min(20 * DAY))
        });
        let read = reached.unwrap_or(0) + own(Knob::Read).range(HOUR, 14 * HOUR);
        let up = match reached {
            Some(from) => intervals(scenario, seed, number, from, days.end),
            None => Vec::new(),
        };
        let mut burn = own(Knob::Burn);
        let default = scenario.network.burn_days;
        let longest = scenario.network.burn_days_max.max(default);
        let burn_days = match burn.chance(scenario.network.burn_lax_share) {
            true => default + burn.unit() * (longest - default),
            false => default,
        };
        let mut wipe = own(Knob::Wiped);
        let wiped = wipe
            .chance(faults.wiped)
            .then(|| days.live + wipe.below((days.end - days.live) as u64) as i64);
        let small = (own(Knob::Skew).normal() * faults.skew_seconds * SECOND as f64) as i64;
        let skew_large = skew_large(faults, own);
        let drift = i64::from(faults.drift_ppm);
        Device {
            imei: crate::ids::imei(number).into(),
            reached,
            read,
            up,
            collector: own(Knob::Collector).below(u64::from(COLLECTORS)) as u8,
            operator: own(Knob::Operator).below(u64::from(OPERATORS)) as u8,
            skew: small + skew_large.unwrap_or(0),
            skew_large,
            drift: own(Knob::Drift).range(-drift, drift) as i32,
            jump: jump(faults, days, own),
            zone_fault: zone_fault(faults, home.zone, own),
            zone: home.zone,
            burn: (burn_days * DAY as f64) as i64,
            wiped,
            wiped_by_helpdesk: wipe.chance(0.4),
            second_profile: own(Knob::SecondProfile).chance(faults.second_profile),
            notice_viewed: days.notice + own(Knob::Notice).exponential(9.0 * HOUR as f64) as i64,
        }
    }

    /// How far its clock is ahead at an instant, milliseconds.
    pub fn ahead(&self, at: i64, first: i64) -> i64 {
        let drifted = (at - first) / 1_000_000 * i64::from(self.drift);
        let jumped = self.jump.filter(|(from, _)| at >= *from).map_or(0, |(_, by)| by);
        self.skew + drifted + jumped
    }

    /// What its clock shows and the offset written beside it.
    pub fn shows(&self, at: i64, first: i64) -> (i64, i32) {
        let clock = at + self.ahead(at, first);
        let minutes = self.zone.offset_minutes(clock);
        let local = clock + i64::from(minutes) * MINUTE;
        match self.zone_fault {
            ZoneFault::Right => (local, minutes),
            ZoneFault::LocalAsUtc => (local, 0),
            ZoneFault::NoSummer => (local, self.zone.minutes),
        }
    }

    /// Whether the offset it writes at an instant is another than that of its local time: a phone
    /// without summer time is right all winter.
    pub fn zone_wrong(&self, at: i64, first: i64) -> bool {
        let minutes = self.zone.offset_minutes(at + self.ahead(at, first));
        self.shows(at, first).1 != minutes
    }

    /// Where an instant lies: the up interval it is in, or the next one.
    pub fn interval(&self, at: i64) -> (bool, usize) {
        let past = self.up.partition_point(|(_, to)| *to <= at);
        (self.up.get(past).is_some_and(|(from, _)| *from <= at), past)
    }
}

fn skew_large(faults: &Faults, own: impl Fn(Knob) -> Draw) -> Option<i64> {
    let mut draw = own(Knob::SkewLarge);
    draw.chance(faults.skew_large).then(|| {
        let most = (faults.skew_large_hours * HOUR as f64) as i64;
        let span = (*draw.pick(&[10 * MINUTE, HOUR, most])).min(most);
        draw.range(-span, span)
    })
}

fn jump(faults: &Faults, days: Days, own: impl Fn(Knob) -> Draw) -> Option<(i64, i64)> {
    let mut draw = own(Knob::ClockJump);
    draw.chance(faults.clock_jump).then(|| {
        let at = days.live + draw.below((days.end - days.live) as u64) as i64;
        let by = draw.range(2 * MINUTE, (faults.clock_jump_hours * HOUR as f64) as i64);
        (at, if draw.chance(0.5) { by } else { -by })
    })
}

fn zone_fault(faults: &Faults, home: Zone, own: impl Fn(Knob) -> Draw) -> ZoneFault {
    let mut draw = own(Knob::WrongZone);
    match draw.chance(faults.wrong_zone) {
        false => ZoneFault::Right,
        true if draw.chance(0.6) || !home.summer => ZoneFault::LocalAsUtc,
        true => ZoneFault::NoSummer,
    }
}

/// Down to the whole second.
fn whole(at: i64) -> i64 {
    at.div_euclid(SECOND) * SECOND
}

/// Up intervals whose share of the time is `1 - collector_down`.
fn intervals(scenario: &Scenario, seed: u64, number: u32, from: i64, to: i64) -> Vec<(i64, i64)> {
    let faults = &scenario.faults;
    let mut draw = Draw::new(seed, Stream::Coverage, u64::from(number));
    if faults.collector_down <= 0.0 {
        return vec![(from, to)];
    }
    if faults.collector_down >= 1.0 {
        return Vec::new();
    }
    let up = faults.up_hours.max(0.1) * HOUR as f64;
    let down = up * faults.collector_down / (1.0 - faults.collector_down);
    let mut made = Vec::new();
    let mut at = from;
    if draw.chance(faults.collector_down) {
        at = whole(at + draw.exponential(down) as i64);
    }
    while at < to {
        let end = whole(at + draw.exponential(up) as i64 + MINUTE).min(to);
        made.push((at, end));
        at = whole(end + draw.exponential(down) as i64 + MINUTE);
    }
    made
}
