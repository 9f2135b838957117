//! What a sitting remembers: who and what was mentioned, what is kept while a topic lasts, which
//! question is open, how things were said of late.
//!
//! A line is begun, said and then committed, or undone where it turned out to be a repetition.
//! Everything is a small array with reused strings, for this runs once a message.

use crate::draw::{Draw, mix};

/// A name of the grammar's memory or of a question's kind; 0 is none. The same word has the same
/// number in every language, so a line may answer one that was said in another language.
pub type Name = u32;

/// The number of a name (FNV-1a).
pub fn name(word: &str) -> Name {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Whose mention is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Anybody's.
    Anyone,
    /// The speaker's own.
    Me,
    /// Another's.
    You,
}

/// A part of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    first: u32,
    last: u32,
}

impl Part {
    /// The part called `word`.
    pub fn named(word: &str) -> Option<Part> {
        let (first, last) = match word {
            "morning" => (6 * 60, 11 * 60 + 55),
            "noon" => (11 * 60 + 30, 14 * 60),
            "afternoon" => (12 * 60, 17 * 60 + 55),
            "evening" => (17 * 60, 23 * 60 + 30),
            "night" => (20 * 60, 24 * 60 + 55),
            _ => return None,
        };
        Some(Part { first, last })
    }

    /// Whether a minute of the day lies in it.
    pub fn holds(self, minute: u32) -> bool {
        let minute = minute % 1440;
        let within = |minute| (self.first..=self.last).contains(&minute);
        within(minute) || within(minute + 1440)
    }

    /// A minute in it.
    pub fn minute(self, draw: &mut Draw) -> u32 {
        (draw.range(i64::from(self.first / 5), i64::from(self.last / 5)) * 5) as u32
    }
}

/// Mentions that are remembered; the oldest goes first.
const MENTIONS: usize = 16;
/// A question is answered within as many lines or never.
const PATIENCE: u32 = 4;
/// A way of saying things rests for as many lines.
const REST: usize = 8;
/// Texts compared with a new one.
const TEXTS: usize = 64;

#[derive(Clone, Debug, Default)]
struct Mention {
    name: Name,
    role: u8,
    text: String,
}

#[derive(Clone, Debug)]
struct Kept {
    name: Name,
    role: u8,
    source: u32,
    text: String,
}

#[derive(Clone, Copy, Debug, Default)]
struct Call {
    kind: Name,
    line: u32,
}

/// One sitting's memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    mentions: [Mention; MENTIONS],
    mentioned: usize,
    kept: Vec<Kept>,
    open: [Call; 3],
    ways: [u32; REST],
    texts: Vec<u64>,
    line: u32,
    meeting: Option<u32>,
    now: Line,
}

/// What the line that is being said has done so far.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    role: u8,
    mentioned: usize,
    kept: usize,
    meeting: Option<u32>,
    way: u32,
    call: Name,
    answered: Option<u8>,
    over: bool,
    clock: Option<u32>,
    part: Option<Part>,
}

impl Memory {
    /// Begins a line of `role`.
    pub fn begin(&mut self, role: u8) {
        let (mentioned, kept, meeting) = (self.mentioned, self.kept.len(), self.meeting);
        self.now = Line { role, mentioned, kept, meeting, ..Line::default() };
    }

    /// Forgets what the line did.
    pub fn undo(&mut self) {
        for at in self.now.mentioned..self.mentioned {
            self.mentions[at % MENTIONS].name = 0;
        }
        self.mentioned = self.now.mentioned;
        self.kept.truncate(self.now.kept);
        self.meeting = self.now.meeting;
    }

    /// Whether nobody said `text` lately.
    pub fn is_new(&self, text: &str) -> bool {
        !self.texts.contains(&digest(text))
    }

    /// Takes the line as said.
    pub fn commit(&mut self, text: &str) {
        self.line += 1;
        let at = self.line as usize;
        self.ways[at % REST] = self.now.way;
        match self.texts.get_mut(at % TEXTS) {
            Some(old) => *old = digest(text),
            None => self.texts.push(digest(text)),
        }
        if let Some(role) = self.now.answered {
            self.open[role as usize].kind = 0;
        }
        if self.now.call != 0 {
            self.open[self.now.role as usize] = Call { kind: self.now.call, line: self.line };
        }
    }

    /// Forgets what was kept for a topic, and the hour of its meeting.
    pub fn renew(&mut self) {
        self.kept.clear();
        self.meeting = None;
    }

    /// Closes every open question: another topic does not answer those of the last.
    pub fn close(&mut self) {
        self.open = [Call::default(); 3];
    }

    /// What the last line called for; 0 where nothing.
    pub fn called(&self) -> Name {
        self.now.call
    }

    /// Whether the last line ended the talk.
    pub fn over(&self) -> bool {
        self.now.over
    }

    /// Questions of others that the line may answer, the latest first: (role, kind).
    pub fn open(&self) -> impl Iterator<Item = (u8, Name)> + use<> {
        let mut calls = [(0, 0, 0); 3];
        for (role, call) in self.open.iter().enumerate() {
            let stale = self.line - call.line >= PATIENCE || role == self.now.role as usize;
            let kind = if stale { 0 } else { call.kind };
            calls[role] = (call.line, role as u8, kind);
        }
        calls.sort_unstable_by(|a, b| b.cmp(a));
        calls.into_iter().filter(|call| call.2 != 0).map(|(_, role, kind)| (role, kind))
    }

    /// Notes that the line answers the open question of `role`.
    pub fn answer(&mut self, role: u8) {
        self.now.answered = Some(role);
    }

    /// Notes that the line calls for an answer of `kind`.
    pub fn call(&mut self, kind: Name) {
        self.now.call = kind;
    }

    /// Notes that the line ends the talk.
    pub fn end(&mut self) {
        self.now.over = true;
    }

    /// Whether way number `way` was not taken lately.
    pub fn is_fresh(&self, way: u32) -> bool {
        !self.ways.contains(&way)
    }

    /// Notes which way the line takes.
    pub fn take(&mut self, way: u32) {
        self.now.way = way;
    }

    /// Remembers `text` under `name`.
    pub fn remember(&mut self, name: Name, text: &str) {
        let mention = &mut self.mentions[self.mentioned % MENTIONS];
        mention.name = name;
        mention.role = self.now.role;
        mention.text.clear();
        mention.text.push_str(text.trim());
        self.mentioned += 1;
    }

    /// What was last remembered, or else is kept, under `name`.
    pub fn recall(&self, name: Name, by: By) -> Option<&str> {
        let fits = |role: u8| match by {
            By::Anyone => true,
            By::Me => role == self.now.role,
            By::You => role != self.now.role,
        };
        let last = (1..=MENTIONS)
            .map(|back| &self.mentions[(self.mentioned + MENTIONS - back) % MENTIONS])
            .find(|mention| mention.name == name && fits(mention.role));
        let kept = || self.kept.iter().find(|kept| kept.name == name && fits(kept.role));
        last.map(|mention| mention.text.as_str()).or_else(|| kept().map(|kept| kept.text.as_str()))
    }

    /// What is kept under `name`.
    pub fn kept(&self, name: Name) -> Option<&str> {
        self.kept.iter().find(|kept| kept.name == name).map(|kept| kept.text.as_str())
    }

    /// Whether `text` of list `source` is kept already, under whatever name.
    pub fn is_taken(&self, source: u32, text: &str) -> bool {
        self.kept.iter().any(|kept| kept.source == source && kept.text == text)
    }

    /// Keeps `text` of list `source` under `name` till the topic is renewed.
    pub fn keep(&mut self, name: Name, source: u32, text: &str) {
        self.kept.push(Kept { name, role: self.now.role, source, text: text.into() });
    }

    /// Whether the line has said a clock.
    pub fn has_clock(&self) -> bool {
        self.now.clock.is_some()
    }

    /// Whether `part` agrees with the clocks of the line and of the meeting.
    pub fn agrees(&self, part: Part) -> bool {
        self.now.clock.into_iter().chain(self.meeting).all(|minute| part.holds(minute))
    }

    /// Notes the part of the day the line speaks of.
    pub fn part(&mut self, part: Part) {
        self.now.part = Some(part);
    }

    /// The clock to say where `minute` is proposed: in the line's part of the day.
    pub fn clock(&mut self, minute: u32, draw: &mut Draw) -> u32 {
        let minute = match self.now.part {
            Some(part) if !part.holds(minute) => part.minute(draw),
            _ => minute,
        };
        self.now.clock = Some(minute);
        minute
    }

    /// The hour of the topic's meeting: `minute`, where nothing was said before.
    pub fn meeting(&mut self, minute: u32, draw: &mut Draw) -> u32 {
        let minute = match self.meeting {
            Some(minute) => minute,
            None => self.clock(minute, draw),
        };
        self.meeting = Some(minute);
        self.now.clock = Some(minute);
        minute
    }
}

fn digest(text: &str) -> u64 {
    let chunk = |hash: u64, bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        mix(hash ^ u64::from_le_bytes(word))
    };
    text.as_bytes().chunks(8).fold(text.len() as u64, chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;

    #[test]
    fn the_last_mention_counts_and_an_undone_line_leaves_none() {
        let mut memory = Memory::default();
        let who = name("who");
        memory.begin(0);
        memory.remember(who, "Rusty");
        memory.commit("Rusty is here");
        memory.begin(1);
        memory.remember(who, "Tank");
        assert_eq!(memory.recall(who, By::Anyone), Some("Tank"));
        memory.undo();
        assert_eq!(memory.recall(who, By::Anyone), Some("Rusty"));
        assert_eq!(memory.recall(who, By::Me), None);
        assert_eq!(memory.recall(who, By::You), Some("Rusty"));
        assert_eq!(memory.recall(name("place"), By::Anyone), None);
        for line in 0..40 {
            memory.begin(0);
            memory.remember(name("thing"), &line.to_string());
            memory.commit("");
        }
        assert_eq!(memory.recall(who, By::Anyone), None, "mentions are forgotten in time");
    }

    #[test]
    fn a_question_stays_open_for_the_others_till_it_is_answered_or_old() {
        let mut memory = Memory::default();
        let open = |memory: &Memory| memory.open().collect::<Vec<_>>();
        memory.begin(0);
        memory.call(name("where"));
        memory.commit("where?");
        memory.begin(0);
        assert!(open(&memory).is_empty(), "nobody answers himself");
        memory.begin(1);
        memory.call(name("who"));
        memory.commit("who wants to know?");
        memory.begin(2);
        assert_eq!(open(&memory), [(1, name("who")), (0, name("where"))]);
        memory.begin(1);
        memory.answer(0);
        memory.commit("in Hull");
        memory.begin(1);
        assert!(open(&memory).is_empty());
        memory.begin(0);
        memory.call(name("where"));
        memory.commit("where?");
        memory.close();
        memory.begin(1);
        assert!(open(&memory).is_empty(), "another topic");
        for _ in 0..PATIENCE {
            memory.begin(0);
            memory.commit("something else");
        }
        memory.begin(0);
        assert!(open(&memory).is_empty(), "it is too late");
    }

    #[test]
    fn a_clock_keeps_to_the_part_of_day_and_the_meeting_to_its_hour() {
        let (mut memory, mut draw) = (Memory::default(), Draw::new(1, Stream::Talk, 1));
        let evening = Part::named("evening").unwrap();
        memory.begin(0);
        memory.part(evening);
        let hour = memory.meeting(8 * 60, &mut draw);
        assert!(evening.holds(hour));
        memory.commit("tonight at seven");
        memory.begin(1);
        assert_eq!(memory.meeting(8 * 60, &mut draw), hour);
        assert!(!memory.agrees(Part::named("morning").unwrap()));
        memory.renew();
        memory.begin(1);
        assert!(memory.agrees(Part::named("morning").unwrap()));
        assert!(Part::named("night").unwrap().holds(15) && Part::named("teatime").is_none());
    }
}
