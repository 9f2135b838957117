//! A part: a run of conversations, played once, with all copies of all their messages.
//!
//! A part is the unit of work and of memory. Within it the rows of each source are sorted as that
//! source would have sent them, so that copies of one message do not lie side by side.

use crate::draw::{Draw, Knob, Stream, mix};
use crate::faults::{self, Fate, Loss, defect};
use crate::photos::{Album, Photo, Sent};
use crate::record::{MessageCopy, Object};
use crate::talk::LANGUAGES;
use crate::talk::session::Lexicon;
pub use crate::tally::{Chance, Tally};
use crate::time::{DAY, HOUR, MINUTE, write_clock, write_date};
use crate::traffic::{self, Message};
use crate::truth;
use crate::world::World;
use std::ops::Range;

/// The streams a part writes to; `-b` is the second output profile.
pub const SOURCES: [&str; 8] =
    ["history", "feed", "night", "partner", "servers", "history-b", "feed-b", "night-b"];
const HISTORY: usize = 0;
const FEED: usize = 1;
const NIGHT: usize = 2;
/// The second partner's place in [`SOURCES`].
pub const PARTNER: usize = 3;
const SERVERS: usize = 4;
/// From a source to its second output profile.
const SECOND: usize = 5;

/// Characters that a cut text keeps.
const CUT_CHARACTERS: usize = 12;

/// Relay servers of the network, and how many of them were imaged.
pub const RELAYS: u64 = 30;
/// Relay servers whose logs are delivered.
pub const RELAYS_IMAGED: u64 = 6;

/// One delivered row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Index into [`SOURCES`].
    pub source: u8,
    /// Order within its source.
    pub order: (i64, u64),
    /// Its bytes in the part's arena.
    pub span: Range<usize>,
    /// Which message of the part.
    pub message: u32,
    /// Device it was taken from; `u32::MAX` for a server.
    pub device: u32,
    /// Milliseconds from sending until it was on that device.
    pub delay: i64,
    /// Defects.
    pub defects: u16,
    /// Its line in its file, from 0: known once sorted.
    pub line: u32,
}

/// A played part.
#[derive(Debug, Default)]
pub struct Part {
    /// Bytes of all rows, in order of making.
    pub arena: Vec<u8>,
    /// Rows, sorted by source and order once [`Part::sort`] ran.
    pub rows: Vec<Row>,
    /// Truth lines without their copies: a span and what it still needs.
    pub truths: Vec<truth::Pending>,
    /// Bytes of the truth lines.
    pub truth_arena: Vec<u8>,
    /// Photos that messages send, in order of making.
    pub photos: Vec<Sent>,
    /// Counts.
    pub tally: Tally,
    /// Photos that accounts have seen in this part.
    album: Album,
}

/// Cuts the conversations into runs of about `part_messages` messages.
pub fn cut(world: &World) -> Vec<Range<u32>> {
    let most = u64::from(world.scenario.deliveries.part_messages);
    let (mut parts, mut start, mut sum) = (Vec::new(), 0u32, 0u64);
    for (tie, count) in world.counts.iter().enumerate() {
        sum += u64::from(*count);
        if sum >= most {
            parts.push(start..tie as u32 + 1);
            start = tie as u32 + 1;
            sum = 0;
        }
    }
    if start < world.counts.len() as u32 {
        parts.push(start..world.counts.len() as u32);
    }
    parts
}

impl Part {
    /// Plays the conversations of `ties`.
    pub fn play(world: &World, lexicon: &Lexicon<'_>, ties: Range<u32>) -> Part {
        let mut part = Part::default();
        for tie in ties {
            traffic::play(world, lexicon, tie, |message| part.hear(world, lexicon, message));
        }
        part
    }

    /// Sorts the rows and gives them their lines.
    pub fn sort(&mut self) {
        let mut sorted: Vec<u32> = (0..self.rows.len() as u32).collect();
        sorted.sort_unstable_by_key(|at| {
            let row = &self.rows[*at as usize];
            (row.source, row.order, row.span.start)
        });
        let mut lines = [0u32; 8];
        let mut rows = Vec::with_capacity(sorted.len());
        for at in sorted {
            let mut row = self.rows[at as usize].clone();
            row.line = lines[row.source as usize];
            lines[row.source as usize] += 1;
            rows.push(row);
        }
        self.rows = rows;
    }

    /// The bytes of one source, in order, and how many rows they are.
    pub fn content(&self, source: usize) -> (Vec<u8>, u64) {
        let mut out = Vec::new();
        if source == PARTNER {
            out.extend_from_slice(PARTNER_HEADER.as_bytes());
        }
        let mut many = 0;
        for row in self.rows_of(source) {
            out.extend_from_slice(row);
            many += 1;
        }
        (out, many)
    }

    /// The bytes of each row of one source, in order.
    pub fn rows_of(&self, source: usize) -> impl Iterator<Item = &[u8]> {
        let own = self.rows.iter().filter(move |row| row.source as usize == source);
        own.map(|row| &self.arena[row.span.clone()])
    }

    fn hear(&mut self, world: &World, lexicon: &Lexicon<'_>, message: Message<'_>) {
        let tie = &world.ties[message.tie as usize];
        let number = self.truths.len() as u32;
        self.count(world, lexicon, &message);
        let mut losses = Vec::with_capacity(tie.members.len());
        let others = tie.members.iter().filter(|member| **member != message.from);
        let to: Vec<&str> = others.map(|member| world.handle(*member, message.at)).collect();
        let mut sent = message.photo.then(|| self.picture(world, lexicon, &message));
        let name = sent.as_ref().map(Sent::name);
        for (place, member) in tie.members.iter().enumerate() {
            let out = *member == message.from;
            let device = world.device(*member, message.at);
            let mut wait = Draw::new(world.seed, Stream::Fate, message.id ^ u64::from(*member));
            let there = match out {
                true => message.at,
                false if wait.chance(0.03) => message.at + wait.range(10 * MINUTE, 9 * HOUR),
                false => message.at + wait.range(300, 4_000),
            };
            let fate = faults::fate(world, message.id, device, there);
            if world.devices[device as usize].reached.is_some_and(|from| there >= from) {
                self.tally.sides += 1;
            }
            self.tally_fate(world, device, &fate, message.text);
            if let Some(loss) = fate.loss {
                self.tally.losses[loss as usize] += 1;
                losses.push((*member, loss));
            }
            let (chat, delay) = (tie.chats[place], there - message.at);
            let side = Side { member: *member, chat, device, out, number, delay };
            let there = self.copies(world, &message, (&to, name.as_deref()), side, fate);
            if let Some(sent) = &mut sent {
                sent.delivered |= there;
            }
        }
        self.photos.extend(sent);
        if world.scenario.deliveries.servers {
            self.relay(world, &message, number);
        }
        truth::message(self, world, lexicon, &message, name.as_deref(), &losses);
    }

    /// The photo that a message sends.
    fn picture(&mut self, world: &World, lexicon: &Lexicon<'_>, message: &Message<'_>) -> Sent {
        let topic = lexicon.book().script.topics.get(message.said.topic as usize);
        let topic = topic.filter(|_| message.incident.is_none()).map_or("", |topic| &topic.name);
        let (seed, id) = (world.seed, message.id);
        let photo = Photo::of(seed, id, message.at, message.from, topic, message.text);
        self.album.send(seed, photo, &world.ties[message.tie as usize].members)
    }

    fn tally_fate(&mut self, world: &World, device: u32, fate: &Fate, text: &str) {
        let tally = &mut self.tally;
        match fate.first {
            Some(Loss::Block) => tally.chance(Chance::Block, true),
            Some(loss) if loss != Loss::OneSide => {}
            lost => {
                tally.chance(Chance::Block, false);
                tally.chance(Chance::OneSide, lost.is_some());
            }
        }
        let taken = fate.live.iter().filter(|(_, bits)| bits & defect::REPLAYED == 0);
        let (bits, many) = taken.fold((0, 0), |(all, many), (_, bits)| (all | bits, many + 1));
        if many > 0 {
            tally.chance(Chance::Repeat, bits & defect::REPEATED != 0);
            tally.chance(Chance::Swapped, bits & defect::SWAPPED != 0);
            if cut_text(text, CUT_CHARACTERS).len() < text.len() {
                tally.chance(Chance::Truncated, bits & defect::TRUNCATED != 0);
            }
        }
        tally.repeat_most = tally.repeat_most.max(many);
        if let Some(back) = fate.restart {
            let again = fate.live.iter().any(|(_, bits)| bits & defect::REPLAYED != 0);
            tally.chance(Chance::Replay, again);
            tally.replay_most = tally.replay_most.max(if again { back } else { 0 });
        }
        if !world.outages.is_empty() {
            let down = |at| faults::outage(world, &world.devices[device as usize], at);
            let lost = fate.loss.is_some() && fate.loss == down(fate.there);
            tally.outage.0 += u64::from(lost);
            tally.outage.1 += fate.live.iter().filter(|(at, _)| down(*at).is_some()).count() as u64;
        }
    }

    fn count(&mut self, world: &World, lexicon: &Lexicon<'_>, message: &Message<'_>) {
        let tally = &mut self.tally;
        tally.messages += 1;
        tally.text_bytes += message.text.len() as u64;
        tally.languages[message.said.language as usize] += 1;
        tally.photos += u64::from(message.photo);
        tally.incident_messages += u64::from(message.incident.is_some());
        let act = &lexicon.book().script.acts[message.said.act as usize];
        tally.negatives += u64::from(act.starts_with("hn."));
        let place = ["GB", "NL", "DE", "ES"]
            .iter()
            .position(|code| *code == world.country(message.from).code)
            .unwrap_or(4);
        let local = world.zone(message.from).local(message.at);
        tally.hours[place][(local.rem_euclid(DAY) / HOUR) as usize] += 1;
    }

    /// Writes one side's copies; true where one of them comes with its photo.
    fn copies(
        &mut self,
        world: &World,
        message: &Message<'_>,
        (to, photo): (&[&str], Option<&str>),
        side: Side,
        fate: Fate,
    ) -> bool {
        let device = &world.devices[side.device as usize];
        let mut draw = faults::own(world, message.id, side.device, Knob::MissingPicture);
        let there = !draw.chance(world.scenario.faults.missing_picture);
        let from = world.handle(message.from, message.at);
        let mut copy = MessageCopy {
            source: SOURCES[HISTORY],
            device: &device.imei,
            stage: 1,
            id: None,
            row: Some((
                i64::from(side.chat) * 100_000 + i64::from(message.number),
                i64::from(side.chat),
            )),
            conversation: None,
            from,
            to: to.to_vec(),
            shown: device.shows(fate.there, world.days.first),
            captured: None,
            batch: None,
            out: side.out,
            text: message.text,
            photo: photo.map(|name| (name, there)),
        };
        if photo.is_some() {
            self.tally.chance(Chance::MissingPicture, !there);
        }
        let mut base = if photo.is_some() && !there { defect::NO_PICTURE } else { 0 };
        if device.second_profile {
            base |= defect::PROFILE;
        }
        if fate.stored {
            let order = (i64::from(side.device) << 24, i64::from(side.chat) as u64);
            let order = (order.0 | i64::from(side.chat), fate.there as u64);
            self.write(&copy, HISTORY, order, side, base | stored_defects(world, side, &fate));
        }
        copy.row = None;
        copy.stage = 2;
        copy.id = Some(message.id);
        copy.conversation = Some(mix(world.seed ^ u64::from(message.tie) << 8));
        for (captured, bits) in &fate.live {
            self.live(world, &copy, side, *captured, base | bits);
        }
        self.shared(world, copy, side, (&fate, message.id), base);
        photo.is_some() && there && (fate.stored || !fate.live.is_empty())
    }

    /// One live copy, and the overnight batch's copy of it.
    fn live(
        &mut self,
        world: &World,
        copy: &MessageCopy<'_>,
        side: Side,
        captured: i64,
        bits: u16,
    ) {
        let mut live = copy.clone();
        live.source = SOURCES[FEED];
        live.captured = Some(captured);
        if bits & defect::SWAPPED != 0 {
            live.from = copy.to.first().copied().unwrap_or(copy.from);
            live.to = vec![copy.from];
        }
        let mut bits = bits;
        if bits & defect::TRUNCATED != 0 {
            live.text = cut_text(live.text, CUT_CHARACTERS);
            if live.text.len() == copy.text.len() {
                bits &= !defect::TRUNCATED;
            }
        }
        self.write(&live, FEED, (captured, live.id.unwrap_or(0)), side, bits);
        if world.country(side.member).code == world.scenario.deliveries.overnight_country {
            let batch = (captured.div_euclid(DAY) + 1) * DAY + 4 * HOUR;
            live.source = SOURCES[NIGHT];
            live.batch = Some(batch);
            let order = (batch + i64::from(side.device), captured as u64);
            self.write(&live, NIGHT, order, side, bits);
        }
    }

    /// The second partner's row, where it has one.
    fn shared(
        &mut self,
        world: &World,
        mut copy: MessageCopy<'_>,
        side: Side,
        (fate, id): (&Fate, u64),
        base: u16,
    ) {
        let turned = &world.scenario.faults;
        let own = |knob| faults::own(world, id, side.device, knob);
        let held = fate.stored || !fate.live.is_empty();
        if !held || world.country(side.member).code != world.scenario.deliveries.partner_country {
            return;
        }
        let missing = own(Knob::PartnerMissing).chance(turned.partner_missing);
        self.tally.chance(Chance::PartnerMissing, missing);
        if missing {
            return;
        }
        let mut bits = base & !defect::PROFILE;
        let cut = cut_text(copy.text, 20);
        if cut.len() < copy.text.len() {
            let differs = own(Knob::PartnerDiffers).chance(turned.partner_differs);
            self.tally.chance(Chance::PartnerDiffers, differs);
            if differs {
                copy.text = cut;
                bits |= defect::PARTNER;
            }
        }
        self.partner(world, &copy, side, fate.there, bits);
    }

    fn write(
        &mut self,
        copy: &MessageCopy<'_>,
        source: usize,
        order: (i64, u64),
        side: Side,
        defects: u16,
    ) {
        let start = self.arena.len();
        if defects & defect::PROFILE == 0 {
            copy.write(&mut self.arena);
        } else {
            copy.write_second(&mut self.arena);
        }
        let second = defects & defect::PROFILE != 0;
        self.push(if second { source + SECOND } else { source }, order, start, side, defects);
    }

    fn push(&mut self, source: usize, order: (i64, u64), start: usize, side: Side, defects: u16) {
        self.tally.rows[source] += 1;
        if source == PARTNER {
            let bit = defect::PARTNER.trailing_zeros();
            self.tally.defects[bit as usize] += u64::from(defects >> bit & 1);
        }
        if [HISTORY, FEED, HISTORY + SECOND, FEED + SECOND].contains(&source) {
            for (bit, count) in self.tally.defects.iter_mut().enumerate() {
                *count += u64::from(defects >> bit & 1);
            }
        }
        self.rows.push(Row {
            source: source as u8,
            order,
            span: start..self.arena.len(),
            message: side.number,
            device: side.device,
            delay: side.delay,
            defects,
            line: 0,
        });
    }

    /// The second partner's row: renamed columns, local time without zone, no ids.
    fn partner(
        &mut self,
        world: &World,
        copy: &MessageCopy<'_>,
        side: Side,
        there: i64,
        defects: u16,
    ) {
        let start = self.arena.len();
        let local = world.zone(side.member).local(there);
        let out = &mut self.arena;
        out.extend_from_slice(b"SYNTHETIC;");
        out.extend_from_slice(copy.device.as_bytes());
        out.push(b';');
        out.extend_from_slice(copy.from.as_bytes());
        out.push(b';');
        out.extend_from_slice(copy.to.join(",").as_bytes());
        out.push(b';');
        write_date(out, local);
        out.push(b';');
        write_clock(out, local);
        out.push(b';');
        crate::shapes::csv_field(out, copy.text, b';');
        out.push(b';');
        out.extend_from_slice(copy.photo.map_or("", |(name, _)| name).as_bytes());
        out.extend_from_slice(b"\r\n");
        self.push(PARTNER, (local, message_order(there)), start, side, defects);
    }

    /// The relay's own line, where that relay was imaged.
    fn relay(&mut self, world: &World, message: &Message<'_>, number: u32) {
        let relay = mix(u64::from(message.tie)) % RELAYS;
        if relay >= RELAYS_IMAGED || message.at < world.days.live {
            return;
        }
        let start = self.arena.len();
        let ahead = Draw::new(world.seed, Stream::Server, relay).range(-90_000, 90_000);
        let mut object = Object::open(&mut self.arena, "relay/1");
        object.text("server", crate::shapes::servers::relay_name(relay));
        object.time("time", message.at + 120 + ahead, 0).id("id", message.id);
        object.text("from", world.handle(message.from, message.at));
        let members = &world.ties[message.tie as usize].members;
        object.number("recipients", members.len() as i64 - 1);
        object.number("bytes", message.text.len() as i64 + 96);
        object.text("type", if message.photo { "image" } else { "text" }).close();
        let side = Side { member: 0, chat: 0, device: u32::MAX, out: true, number, delay: 0 };
        self.push(SERVERS, (message.at, message.id), start, side, 0);
    }
}

const PARTNER_HEADER: &str = "Kenmerk;Toestel;Afzender;Ontvanger;Datum;Tijd;Bericht;Bijlage\r\n";

#[derive(Clone, Copy, Debug)]
struct Side {
    member: u32,
    chat: u16,
    device: u32,
    out: bool,
    number: u32,
    delay: i64,
}

fn message_order(at: i64) -> u64 {
    at as u64
}

fn stored_defects(world: &World, side: Side, fate: &Fate) -> u16 {
    let device = &world.devices[side.device as usize];
    let mut bits = 0;
    if device.ahead(fate.there, world.days.first).abs() > MINUTE {
        bits |= defect::CLOCK;
    }
    if device.zone_wrong(fate.there, world.days.first) {
        bits |= defect::ZONE;
    }
    bits
}

/// The first `most` characters.
fn cut_text(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

/// The word for a language number.
pub fn language(number: u8) -> &'static str {
    LANGUAGES[number as usize]
}

/// The word for a loss.
pub fn loss_name(loss: Loss) -> &'static str {
    loss.name()
}
