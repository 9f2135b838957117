//! Invented people: handles of unequal activity, who talks to whom, and talk in bursts.

use crate::draw::{Draw, Ranks, mix};

/// Handles in the network.
pub const HANDLES: usize = 60_000;
/// Conversations going on at one moment.
const TALKING: usize = 3_000;
/// A burst ends after this many messages on average.
const BURST_MESSAGES_MEAN: u64 = 8;

const FIRST: [&str; 32] = [
    "amber", "ashen", "blue", "brisk", "calm", "cold", "copper", "dark", "deep", "dusty", "early",
    "faint", "fast", "grey", "hollow", "iron", "jade", "late", "lone", "lucky", "mild", "north",
    "old", "pale", "quiet", "red", "rough", "silver", "slow", "south", "tall", "wild",
];
const SECOND: [&str; 32] = [
    "badger", "bear", "bison", "crane", "crow", "deer", "dove", "eagle", "elk", "falcon", "finch",
    "fox", "goat", "hare", "hawk", "heron", "ibis", "jackal", "kite", "lark", "lynx", "mole",
    "moose", "otter", "owl", "pike", "raven", "seal", "stork", "swan", "wolf", "wren",
];

/// Who exists and how active each is.
pub struct People {
    handles: Vec<String>,
    activity: Ranks,
    talking: Vec<Talk>,
    seed: u64,
}

/// One conversation in a burst.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Who speaks next.
    pub from: u32,
    /// Who listens.
    pub to: u32,
    /// The conversation's number: a function of the unordered pair.
    pub conversation: u128,
}

impl People {
    /// The people for `seed`.
    pub fn new(seed: u64) -> People {
        let mut draw = Draw::new(seed ^ 0x7065_6f70);
        let mut handles: Vec<String> = (0..HANDLES)
            .map(|i| {
                let (first, second) = (FIRST[i % 32], SECOND[i / 32 % 32]);
                format!("{first}{second}{}@enc.example", i / 1024)
            })
            .collect();
        for i in (1..handles.len()).rev() {
            handles.swap(i, draw.below(i as u64 + 1) as usize);
        }
        // Exponent 1/2 and 1 mixed by the contacts' own law below: a few hundred very active.
        let activity = Ranks::zipf(HANDLES, 20.0, 2);
        let mut people = People { handles, activity, talking: Vec::new(), seed };
        people.talking = (0..TALKING).map(|_| people.meet(&mut draw)).collect();
        people
    }

    /// The handle of person `number`.
    pub fn handle(&self, number: u32) -> &str {
        &self.handles[number as usize]
    }

    /// The next message's parties.
    pub fn speak(&mut self, draw: &mut Draw) -> Talk {
        let at = draw.below(TALKING as u64) as usize;
        let talk = self.talking[at];
        self.talking[at] = if draw.one_in(BURST_MESSAGES_MEAN) {
            self.meet(draw)
        } else if draw.one_in(3) {
            talk
        } else {
            Talk { from: talk.to, to: talk.from, ..talk }
        };
        talk
    }

    /// Somebody starts to talk to one of their contacts, mostly to the nearest ones.
    fn meet(&self, draw: &mut Draw) -> Talk {
        let from = self.activity.draw(draw) as u64;
        let contacts = 3 + mix(from ^ self.seed) % 40;
        let nearest = draw.below(contacts).min(draw.below(contacts));
        let mut to = mix(mix(from ^ self.seed) ^ (nearest << 32)) % HANDLES as u64;
        if to == from {
            to = (to + 1) % HANDLES as u64;
        }
        let (low, high) = (from.min(to), from.max(to));
        let pair = mix(low << 32 | high);
        let conversation = u128::from(pair) << 64 | u128::from(mix(pair ^ self.seed));
        Talk { from: from as u32, to: to as u32, conversation }
    }
}
