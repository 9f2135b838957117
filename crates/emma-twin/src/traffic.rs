//! A conversation over time: sessions at the hours its people keep, messages within them.

use crate::draw::{Draw, Stream, mix};
use crate::scenario::Photos;
use crate::talk::script::Bond;
use crate::talk::session::{Fact, Lexicon, Manner, Said, Session};
use crate::talk::slang::Key;
use crate::talk::typing::Typist;
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::world::World;

/// One message as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// Conversation.
    pub tie: u32,
    /// Its place in the conversation, from 0.
    pub number: u32,
    /// When it was sent, true time.
    pub at: i64,
    /// Account of the sender.
    pub from: u32,
    /// Its text.
    pub text: &'m str,
    /// Whether it carries a photo.
    pub photo: bool,
    /// What it does and in which language.
    pub said: Said,
    /// The incident it is part of.
    pub incident: Option<u32>,
    /// The fact about its sender that it gives away.
    pub fact: Option<&'m Fact>,
    /// Its network id.
    pub id: u64,
}

/// Weights of the hours of a day, local time.
pub const HOURS: [f64; 24] = [
    2.2, 1.3, 0.7, 0.4, 0.3, 0.3, 0.5, 1.2, 2.4, 3.6, 4.6, 5.2, 5.6, 5.4, 5.4, 5.6, 5.9, 6.3, 6.6,
    6.9, 7.0, 6.6, 5.4, 3.7,
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Sitting {
    start: i64,
    messages: u32,
    incident: Option<(u32, u8)>,
}

/// When one conversation sits together, in order.
fn sittings(world: &World, tie: u32, draw: &mut Draw) -> Vec<Sitting> {
    let days = world.days;
    let bound = &world.ties[tie as usize];
    let zone = world.zone(bound.members[0]);
    let count = world.counts[tie as usize];
    let mut many = (count / 12 + 1).min(count);
    if count == 0 {
        many = 0;
    }
    let life = if draw.chance(0.7) {
        (days.first, days.end)
    } else {
        let from = days.first + draw.below((days.end - days.first) as u64 * 3 / 4) as i64;
        (from, (from + draw.range(7, 60) * DAY).min(days.end))
    };
    let away = life.0 + draw.below((life.1 - life.0).max(1) as u64) as i64;
    let shift = draw.range(-2, 3);
    let early = 0.3 * (days.live - 8 * DAY - life.0).max(0) as f64;
    let late = (life.1 - (days.live - 8 * DAY).max(life.0)).max(1) as f64;
    let mut starts: Vec<i64> = (0..many)
        .map(|_| {
            let at = loop {
                let place = draw.unit() * (early + late);
                let at = if place < early {
                    life.0 + (place / 0.3) as i64
                } else {
                    (days.live - 8 * DAY).max(life.0) + (place - early) as i64
                };
                // A silence of some days: travel, a lost phone, a quarrel.
                let silent = (away..away + 6 * DAY).contains(&at) && draw.chance(0.9);
                if !silent {
                    break at;
                }
            };
            let hour = (draw.weighted(&HOURS) as i64 + shift).rem_euclid(24);
            let day = zone.local(at).div_euclid(DAY) * DAY;
            let local = day + hour * HOUR + draw.below(HOUR as u64) as i64;
            local - (zone.local(at) - at)
        })
        .collect();
    starts.sort_unstable();
    let sizes: Vec<f64> = starts.iter().map(|_| 0.15 + draw.exponential(1.0)).collect();
    let total: f64 = sizes.iter().sum();
    let (mut sum, mut given) = (0.0, 0);
    let mut made: Vec<Sitting> = starts
        .into_iter()
        .zip(sizes)
        .map(|(start, size)| {
            sum += size;
            let upto = (sum / total * f64::from(count)).round() as u32;
            let messages = upto - given;
            given = upto;
            Sitting { start, messages, incident: None }
        })
        .filter(|sitting| sitting.messages > 0)
        .collect();
    for (number, part) in world.steps.get(&tie).into_iter().flatten() {
        let incident = &world.incidents[*number as usize];
        let mut delay = Draw::new(world.seed, Stream::Incident, u64::from(*number) | 1 << 40);
        let start = incident.start + i64::from(*part) * delay.range(20 * MINUTE, 3 * HOUR);
        let steps = incident.steps.iter().filter(|step| step.conversation == *part).count();
        made.push(Sitting { start, messages: steps as u32, incident: Some((*number, *part)) });
    }
    made.sort_unstable();
    made
}

/// Plays one conversation in order of time.
pub fn play(world: &World, lexicon: &Lexicon<'_>, tie: u32, mut hear: impl FnMut(Message<'_>)) {
    let bound = &world.ties[tie as usize];
    let talk = &world.scenario.talk;
    let mut rhythm = Draw::new(world.seed, Stream::Rhythm, u64::from(tie));
    let mut words = Draw::new(world.seed, Stream::Talk, u64::from(tie));
    let typists: Vec<Typist> = bound
        .members
        .iter()
        .map(|member| Typist::of(world.seed, *member, talk.typos, talk.emoji))
        .collect();
    let photo_act = lexicon.book().script.act("photo");
    let (mut said, mut typed) = (String::new(), String::new());
    let mut at = i64::MIN;
    let mut number = 0;
    for sitting in sittings(world, tie, &mut rhythm) {
        at = sitting.start.max(at.saturating_add(2 * MINUTE));
        let month = (at - world.days.first).max(0) / (30 * DAY);
        let key = Key {
            seed: world.seed,
            group: bound.cell,
            epoch: month as u32,
            drift: talk.slang_drift,
        };
        let manner = Manner {
            bond: if sitting.incident.is_some() { Bond::Crime } else { bound.bond() },
            language: bound.language,
            second: bound.second,
            switching: talk.code_switching,
            negatives: world.scenario.incidents.hard_negatives_per_million / 1e6,
            key,
        };
        let mut session = match sitting.incident {
            None => Session::open(lexicon, manner, &mut words),
            Some((incident, part)) => scripted(world, lexicon, manner, incident, part),
        };
        let shift = rhythm.index(bound.members.len());
        let shift = if manner.bond.asks().is_some() { 0 } else { shift };
        for _ in 0..sitting.messages {
            let fact = (sitting.incident.is_none() && words.chance(FACTS))
                .then(|| fact(world, lexicon, bound.members[shift], at, &mut words));
            let heard = match &fact {
                Some(fact) => session.tell(0, fact, &mut words, &mut said),
                None => session.say(&mut words, &mut said),
            };
            let speaker = (heard.role as usize + shift) % bound.members.len();
            typists[speaker].type_out(&said, &mut words, &mut typed);
            let carries = heard.act == photo_act || words.chance(talk.photos * 0.3);
            let photo = carries && world.scenario.deliveries.photos != Photos::None;
            let index = u64::from(tie) << 32 | u64::from(number);
            hear(Message {
                tie,
                number,
                at,
                from: bound.members[speaker],
                text: &typed,
                photo,
                said: heard,
                incident: sitting.incident.map(|(incident, _)| incident),
                fact: fact.as_ref(),
                id: mix(mix(world.seed ^ Stream::MessageId as u64) ^ index),
            });
            number += 1;
            let mean = if rhythm.chance(0.06) { 18.0 * 60.0 } else { 40.0 };
            at += SECOND + (rhythm.exponential(mean) * SECOND as f64) as i64;
            // Who said good-bye is heard again later, not at once.
            if session.paused() {
                at += rhythm.range(10, 90) * MINUTE;
            }
        }
    }
}

/// Share of messages that give away a fact about their sender.
const FACTS: f64 = 0.002;

/// A true fact about whoever holds an account's handset.
fn fact(world: &World, lexicon: &Lexicon<'_>, account: u32, at: i64, draw: &mut Draw) -> Fact {
    let script = &lexicon.book().script;
    let outside = crate::shapes::outside::Outside::of(world, account);
    match (draw.below(3), outside) {
        (0, Some(outside)) => Fact { act: script.act("self.phone"), value: outside.phone },
        (1, Some(outside)) => Fact { act: script.act("self.car"), value: outside.plate },
        _ => {
            let person = world.person(account, at) as usize;
            let (_, month, day) = crate::time::civil(i64::from(world.persons[person].born));
            Fact { act: script.act("self.birthday"), value: format!("{day}/{month}") }
        }
    }
}

fn scripted<'a>(
    world: &World,
    lexicon: &'a Lexicon<'a>,
    manner: Manner,
    incident: u32,
    part: u8,
) -> Session<'a> {
    let steps = &world.incidents[incident as usize].steps;
    let acts: Vec<(u8, u16)> = steps
        .iter()
        .filter(|step| step.conversation == part)
        .map(|step| (step.role, step.act))
        .collect();
    let mut values = Draw::new(world.seed, Stream::Incident, u64::from(incident) | 1 << 41);
    Session::scripted(lexicon, manner, &acts, &mut values)
}
