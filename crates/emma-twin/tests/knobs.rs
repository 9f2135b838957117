//! One fault at a time: a knob turned changes its own fault and nothing that it does not bear on.

use emma_twin::faults::{defect, operator_down, server_down};
use emma_twin::part::{self, Part, SOURCES};
use emma_twin::scenario::{Faults, Outage, Scenario, Whose};
use emma_twin::talk::Phrasebook;
use emma_twin::talk::session::Lexicon;
use emma_twin::time::{HOUR, parse_instant};
use emma_twin::world::World;
use emma_twin::world::device::{COLLECTORS, Device, OPERATORS};
use std::collections::{BTreeMap, BTreeSet};

/// A copy: message, handset, source (of either profile), and whether a restart sent it again.
type Key = (String, u32, &'static str, bool);

/// What the truth says of one network.
struct Truth {
    devices: Vec<Device>,
    /// Servers and operators down, by block of the window.
    outages: BTreeSet<(&'static str, u8, i64)>,
    /// Defects of every copy; repetitions of one are one.
    copies: BTreeMap<Key, BTreeSet<&'static str>>,
}

fn made(scenario: &Scenario) -> Truth {
    let book = Phrasebook::open().unwrap();
    let lexicon = Lexicon::of(&book);
    let world = World::make(scenario, 7, &book.script).unwrap();
    let (mut outages, mut copies) = (BTreeSet::new(), BTreeMap::new());
    for at in (world.days.live..world.days.end).step_by(HOUR as usize) {
        let servers = (0..COLLECTORS as u8).filter(|number| server_down(&world, *number, at));
        outages.extend(servers.map(|number| ("collector", number, at)));
        let operators = (0..OPERATORS as u8).filter(|number| operator_down(&world, *number, at));
        outages.extend(operators.map(|number| ("operator", number, at)));
    }
    for ties in part::cut(&world) {
        let mut part = Part::play(&world, &lexicon, ties);
        part.sort();
        let text = String::from_utf8(emma_twin::truth::messages(&part)).unwrap();
        let ids: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string())
            .collect();
        for row in &part.rows {
            let source = SOURCES[row.source as usize];
            let source = source.strip_suffix("-b").unwrap_or(source);
            let replayed = row.defects & defect::REPLAYED != 0;
            let key = (ids[row.message as usize].clone(), row.device, source, replayed);
            let names = emma_twin::truth::defect_names(row.defects);
            copies.entry(key).or_insert_with(BTreeSet::new).extend(names);
        }
    }
    Truth { devices: world.devices, outages, copies }
}

/// A knob's name, how it is turned off, and the defects and lists that it may change.
type Case = (&'static str, fn(&mut Faults), &'static [&'static str]);

const CASES: [Case; 23] = [
    ("captured", |f| f.captured = 0.3, &["reached", "up", "replayed"]),
    ("collector_down", |f| f.collector_down = 0.0, &["up", "replayed"]),
    ("up_hours", |f| f.up_hours = 20.0, &["up", "replayed"]),
    ("block_loss", |f| f.block_loss = 0.0, &[]),
    ("server_down", |f| f.server_down = 0.0, &["collector"]),
    ("operator_down", |f| f.operator_down = 0.0, &["operator"]),
    ("replay", |f| f.replay = 0.0, &["replayed"]),
    ("repeat", |f| f.repeat = 0.0, &["repeated"]),
    ("swapped", |f| f.swapped = 0.0, &["swapped"]),
    ("one_side", |f| f.one_side = 0.0, &[]),
    ("wrong_zone", |f| f.wrong_zone = 0.0, &["zone", "zone_fault"]),
    ("skew_seconds", |f| f.skew_seconds = 0.0, &["skew", "clock"]),
    ("skew_large", |f| f.skew_large = 0.0, &["skew", "clock"]),
    ("drift_ppm", |f| f.drift_ppm = 0, &["drift", "clock"]),
    ("skew_large_hours", |f| f.skew_large_hours = 2.0, &["skew", "clock"]),
    ("clock_jump_hours", |f| f.clock_jump_hours = 1.0, &["jump", "clock"]),
    ("clock_jump", |f| f.clock_jump = 0.0, &["jump", "clock"]),
    ("missing_picture", |f| f.missing_picture = 0.0, &["no-picture"]),
    ("truncated", |f| f.truncated = 0.0, &["truncated"]),
    ("second_profile", |f| f.second_profile = 0.0, &["second_profile", "second-profile"]),
    ("partner_differs", |f| f.partner_differs = 0.0, &["partner-differs"]),
    ("partner_missing", |f| f.partner_missing = 0.0, &[]),
    ("wiped", |f| f.wiped = 0.0, &["wiped"]),
];

/// All of a device that a fault may decide.
fn traits(device: &Device) -> [(&'static str, String); 10] {
    [
        ("reached", format!("{:?} {}", device.reached, device.read)),
        ("up", format!("{:?}", device.up)),
        ("collector of", format!("{} {}", device.collector, device.operator)),
        ("skew", device.skew.to_string()),
        ("drift", device.drift.to_string()),
        ("jump", format!("{:?}", device.jump)),
        ("zone_fault", format!("{:?}", device.zone_fault)),
        ("burn", format!("{} {}", device.burn, device.notice_viewed)),
        ("wiped", format!("{:?} {}", device.wiped, device.wiped_by_helpdesk)),
        ("second_profile", device.second_profile.to_string()),
    ]
}

#[test]
fn a_knob_changes_nothing_else() {
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.users = 200;
    scenario.network.messages = 5_000;
    // Every fault often enough that a draw shared with another would show.
    let faults = &mut scenario.faults;
    for share in [&mut faults.swapped, &mut faults.truncated, &mut faults.partner_differs] {
        *share = 0.1;
    }
    for share in [&mut faults.skew_large, &mut faults.clock_jump, &mut faults.wrong_zone] {
        *share = 0.15;
    }
    (faults.repeat, faults.repeat_max, faults.wiped) = (0.05, 5, 0.1);
    scenario.deliveries.partner_country = "GB".into();
    let all = made(&scenario);
    for (knob, turn, bears) in CASES {
        let mut turned = scenario.clone();
        turn(&mut turned.faults);
        assert_ne!(turned.faults, scenario.faults, "{knob}");
        let other = made(&turned);
        let may = |what: &str| bears.contains(&what);
        let mut moved = BTreeSet::new();
        for (number, (before, after)) in all.devices.iter().zip(&other.devices).enumerate() {
            for ((what, old), (_, new)) in traits(before).into_iter().zip(traits(after)) {
                assert!(old == new || may(what), "{knob} changes {what} of {number}: {old} {new}");
                moved.extend((old != new).then_some(what));
            }
        }
        for (what, number, at) in all.outages.symmetric_difference(&other.outages) {
            assert!(may(what), "{knob} changes an outage: {what} {number} {at}");
            moved.insert(what);
        }
        let mut both = 0;
        for (key, before) in &all.copies {
            let Some(after) = other.copies.get(key) else { continue };
            both += 1;
            for what in before.symmetric_difference(after) {
                assert!(may(what), "{knob} changes {what} of {key:?}");
                moved.insert(what);
            }
        }
        assert!(both > 1_000, "{knob}: {both} copies in both");
        let here =
            all.copies.len() != other.copies.len() || all.copies.keys().ne(other.copies.keys());
        assert!(!moved.is_empty() || here, "{knob} changes nothing at all");
    }
}

#[test]
fn a_server_or_operator_down_as_asked_takes_nothing_then() {
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.messages = 5_000;
    (scenario.faults.captured, scenario.faults.collector_down) = (1.0, 0.1);
    (scenario.faults.repeat, scenario.faults.block_loss) = (0.2, 0.0);
    let days = ["2020-05-04", "2020-05-06T12:00:00Z"].map(String::from);
    for whose in [Whose::Collector(2), Whose::Operator(2)] {
        scenario.faults.outage = Vec::new();
        let control = captured(&scenario, whose, &days);
        let [from, until] = days.clone();
        let (what, number) = whose.named();
        let number = |own: &str| (what == own).then_some(number);
        let (collector, operator) = (number("collector"), number("operator"));
        scenario.faults.outage = vec![Outage { collector, operator, from, until }];
        let asked = captured(&scenario, whose, &days);
        assert!(control.1 > 20, "{control:?}");
        assert_eq!(asked.1, 0, "{asked:?}");
        // All else is taken as before.
        assert_eq!(asked.0, control.0);
    }
}

/// Copies taken within a stretch of handsets that depend on `whose`, and all others, with their
/// instant.
fn captured(scenario: &Scenario, whose: Whose, within: &[String; 2]) -> (Vec<(u32, i64)>, usize) {
    let book = Phrasebook::open().unwrap();
    let lexicon = Lexicon::of(&book);
    let world = World::make(scenario, 7, &book.script).unwrap();
    let [from, until] = within.each_ref().map(|text| parse_instant(text).unwrap());
    let (mut others, mut inside) = (Vec::new(), 0);
    for ties in part::cut(&world) {
        let part = Part::play(&world, &lexicon, ties);
        for row in part.rows.iter().filter(|row| [1, 6].contains(&row.source)) {
            let own = whose.serves(&world.devices[row.device as usize]);
            match own && (from..until).contains(&row.order.0) {
                true => inside += 1,
                false => others.push((row.device, row.order.0)),
            }
        }
    }
    (others, inside)
}
