//! One sitting of a conversation: topics walked through, with values that stay the same while the
//! talk lasts (what is sold, for how much, where, when, about whom).

use crate::draw::Draw;
use crate::talk::Phrasebook;
use crate::talk::grammar::{ANSWER, Voice};
use crate::talk::memory::Memory;
use crate::talk::script::Bond;
use crate::talk::slang::{Key, Pools};
use crate::talk::values::{Filler, Scene, Values};
use std::fmt::Write;

const NICKS: &str = include_str!("../../talk/nicknames.txt");

/// The nicknames all languages share, and the pools of code words: made once.
#[derive(Debug)]
pub struct Lexicon<'a> {
    book: &'a Phrasebook,
    pools: Vec<Pools<'a>>,
    nicks: Vec<&'static str>,
    greet: u16,
    bye: u16,
    negatives: Vec<u16>,
    reply: u16,
    answer: u16,
    debt: u8,
    reactions: Vec<bool>,
    scenes: Vec<Scene>,
}

impl<'a> Lexicon<'a> {
    /// Prepares a phrasebook for speaking.
    pub fn of(book: &'a Phrasebook) -> Lexicon<'a> {
        let script = &book.script;
        Lexicon {
            book,
            pools: book.grammars.iter().map(Pools::of).collect(),
            nicks: NICKS.split_whitespace().collect(),
            greet: script.act("greet"),
            bye: script.act("bye"),
            negatives: (0..script.acts.len() as u16)
                .filter(|act| script.acts[*act as usize].starts_with("hn."))
                .collect(),
            reply: script.act("bor.reply"),
            answer: script.act(ANSWER),
            debt: script.topics.iter().position(|topic| topic.name == "debt").unwrap_or(255) as u8,
            reactions: script.acts.iter().map(|act| is_reaction(act)).collect(),
            scenes: script.acts.iter().map(|act| Scene::of(act)).collect(),
        }
    }

    /// The phrasebook.
    pub fn book(&self) -> &'a Phrasebook {
        self.book
    }

    /// What a group calls a sense in a language.
    pub fn code_word(&self, language: u8, key: Key, sense: usize) -> &'a str {
        self.pools[language as usize].word(key, sense)
    }

    /// A nickname: half of the time one of the group's own people.
    pub fn nick(&self, group: u32, draw: &mut Draw, out: &mut String) {
        let mut own = group.wrapping_mul(0x9E37_79B9);
        let pick = if draw.chance(0.6) {
            own = own.wrapping_add(draw.below(24) as u32 * 7919);
            own as usize
        } else {
            draw.bits() as usize
        };
        let word = self.nicks[pick % self.nicks.len()];
        match (pick / 4096) % 12 {
            0 => _ = write!(out, "big {word}"),
            1 => _ = write!(out, "{word} jr"),
            2 => _ = write!(out, "lil {word}"),
            3 => _ = write!(out, "{word}{}", pick / 65_536 % 9 + 1),
            4 => out.push_str(&word[..word.len().min(4)]),
            _ => out.push_str(word),
        }
    }
}

/// Whether an act only takes up what was said, so that an answer may stand in its place.
fn is_reaction(act: &str) -> bool {
    act.ends_with(".reply") || matches!(act, "ack" | "q" | "jok.laugh" | "meet.ok" | "greet")
}

/// What was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    /// Role of the speaker: 0, 1 or 2.
    pub role: u8,
    /// Number of the act.
    pub act: u16,
    /// Number of the topic; 255 where none.
    pub topic: u8,
    /// Number of the language.
    pub language: u8,
}

/// A true fact about the speaker that a message gives away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Which act tells it: `self.birthday`, `self.phone` or `self.car`.
    pub act: u16,
    /// The value as the talk writes it.
    pub value: String,
}

/// One sitting.
#[derive(Debug)]
pub struct Session<'a> {
    lexicon: &'a Lexicon<'a>,
    bond: Bond,
    language: u8,
    second: u8,
    switching: f64,
    negatives: f64,
    key: Key,
    plan: Vec<(u8, u16)>,
    next: usize,
    topic: u8,
    values: Values,
    memory: Memory,
    scripted: bool,
    over: bool,
}

/// How a session is to be.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What the speakers have to do with each other.
    pub bond: Bond,
    /// Their language.
    pub language: u8,
    /// The other language that slips in.
    pub second: u8,
    /// How often it does.
    pub switching: f64,
    /// Chance that a message is a look-alike of a threat.
    pub negatives: f64,
    /// Whose slang.
    pub key: Key,
}

impl<'a> Session<'a> {
    /// Opens a session; its values come out of `draw`.
    pub fn open(lexicon: &'a Lexicon<'a>, manner: Manner, draw: &mut Draw) -> Session<'a> {
        let mut session = Session {
            lexicon,
            bond: manner.bond,
            language: manner.language,
            second: manner.second,
            switching: manner.switching,
            negatives: manner.negatives,
            key: manner.key,
            plan: Vec::with_capacity(24),
            next: 0,
            topic: u8::MAX,
            values: Values::default(),
            memory: Memory::default(),
            scripted: false,
            over: false,
        };
        session.renew(draw);
        session.greet(draw);
        session
    }

    /// Opens a session that says exactly `acts`, with values out of `values`.
    pub fn scripted(
        lexicon: &'a Lexicon<'a>,
        manner: Manner,
        acts: &[(u8, u16)],
        values: &mut Draw,
    ) -> Session<'a> {
        let mut session = Session::open(lexicon, manner, values);
        session.switching = 0.0;
        session.negatives = 0.0;
        session.scripted = true;
        session.plan.clear();
        session.plan.extend_from_slice(acts);
        session
    }

    fn renew(&mut self, draw: &mut Draw) {
        let Session { lexicon, language, key, memory, .. } = self;
        self.values.renew(lexicon, *language, *key, memory, draw);
    }

    fn greet(&mut self, draw: &mut Draw) {
        if draw.chance(0.4) {
            self.plan.push((0, self.lexicon.greet));
            if draw.chance(0.6) {
                self.plan.push((1, self.lexicon.greet));
            }
        }
    }

    /// Whether the talk ended with the last message: what follows comes after a pause.
    pub fn paused(&self) -> bool {
        self.over
    }

    /// Says a fact about the speaker of `role` instead of the next message.
    pub fn tell(&mut self, role: u8, fact: &Fact, draw: &mut Draw, out: &mut String) -> Said {
        out.clear();
        self.values.own.clone_from(&fact.value);
        self.utter(role, fact.act, self.language, draw, out);
        self.values.own.clear();
        Said { role, act: fact.act, topic: self.topic, language: self.language }
    }

    /// Says the next message into `out`, which is cleared first.
    pub fn say(&mut self, draw: &mut Draw, out: &mut String) -> Said {
        self.plan_on(draw);
        let parting = self.plan[self.next].1 == self.lexicon.bye;
        if self.negatives > 0.0 && !parting && draw.chance(self.negatives) {
            let act = *draw.pick(&self.lexicon.negatives);
            let role = draw.below(2) as u8;
            self.plan.insert(self.next, (role, act));
            self.plan.insert(self.next + 1, (1 - role, self.lexicon.reply));
        }
        let (role, act) = self.plan[self.next];
        self.next += 1;
        let switched = self.second != self.language && draw.chance(self.switching);
        let language = if switched { self.second } else { self.language };
        let priced = self.utter(role, act, language, draw, out);
        if priced {
            self.values.named(self.lexicon.scenes[act as usize]);
        }
        if !self.scripted {
            self.go_on(role, act, draw);
        }
        Said { role, act, topic: self.topic, language }
    }

    /// Sees to it that there is a next turn.
    fn plan_on(&mut self, draw: &mut Draw) {
        if self.next < self.plan.len() {
            return;
        }
        self.plan.clear();
        self.next = 0;
        self.memory.close();
        let last = self.topic;
        if self.over {
            self.greet(draw);
        }
        self.topic = self.lexicon.book.script.plan(self.bond, draw, &mut self.plan);
        // The same topic once more is about something else.
        if last != u8::MAX && (self.over || last == self.topic || draw.chance(0.5)) {
            self.renew(draw);
        } else {
            self.values.haggle(draw);
        }
        if self.topic == self.lexicon.debt {
            self.values.lend();
        }
        self.over = false;
        if draw.chance(0.08) {
            self.plan.push((draw.below(2) as u8, self.lexicon.bye));
        }
    }

    /// Says one line, once more where it was said before; tells whether it named a price.
    fn utter(
        &mut self,
        role: u8,
        act: u16,
        language: u8,
        draw: &mut Draw,
        out: &mut String,
    ) -> bool {
        let grammar = &self.lexicon.book.grammars[language as usize];
        let scene = self.lexicon.scenes[act as usize];
        for _ in 0..4 {
            out.clear();
            self.memory.begin(role);
            let mut fill = Filler::of(self.lexicon, &self.values, language, self.key, scene);
            let mut voice = Voice { fill: &mut fill, memory: &mut self.memory, draw };
            grammar.say(act as usize, &mut voice, out);
            contract(grammar.language, out);
            if self.memory.is_new(out) {
                self.memory.commit(out);
                return fill.priced;
            }
            self.memory.undo();
        }
        self.memory.commit(out);
        false
    }

    /// What the message that was just said does to the plan: a good-bye ends it, a question that
    /// the next turn does not answer gets an answer first.
    fn go_on(&mut self, role: u8, act: u16, draw: &mut Draw) {
        let other = u8::from(role == 0);
        let bye = self.lexicon.bye;
        if self.memory.over() || act == bye {
            let answered = self.next > 1 && self.plan[self.next - 2].1 == bye;
            self.plan.truncate(self.next);
            if answered || draw.chance(0.5) {
                self.over = true;
            } else {
                self.plan.push((other, bye));
            }
            return;
        }
        let kind = self.memory.called();
        let grammar = &self.lexicon.book.grammars[self.language as usize];
        let answer = self.lexicon.answer;
        if kind == 0 || !grammar.answers(answer as usize, kind) {
            return;
        }
        match self.plan.get(self.next).copied() {
            Some((by, next)) if by != role && grammar.answers(next as usize, kind) => {}
            Some((by, next)) if by != role && self.lexicon.reactions[next as usize] => {
                self.plan[self.next].1 = answer;
            }
            _ => self.plan.insert(self.next, (other, answer)),
        }
    }
}

/// What a preposition and an article become.
const CONTRACTIONS: [(&str, &str, &str); 32] = [
    ("fr", "de le ", "du "),
    ("fr", "à le ", "au "),
    ("fr", "de un", "d'un"),
    ("fr", "le l'", "l'"),
    ("fr", "un l'", "l'"),
    ("fr", "le lot", "un lot"),
    ("es", "de el ", "del "),
    ("es", "a el ", "al "),
    ("es", "al el ", "al "),
    ("it", "di il ", "del "),
    ("it", "a il ", "al "),
    ("it", "su il ", "sul "),
    ("it", "di i ", "dei "),
    ("it", "da il ", "dal "),
    ("it", "in il ", "nel "),
    ("it", "di la ", "della "),
    ("it", "a la ", "alla "),
    ("it", "da la ", "dalla "),
    ("it", "in la ", "nella "),
    ("it", "su la ", "sulla "),
    ("it", "a i ", "ai "),
    ("it", "da i ", "dai "),
    ("pt", "do o ", "do "),
    ("pt", "ao o ", "ao "),
    ("pt", "do um", "de um"),
    ("pt", "de o ", "do "),
    ("pt", "de a ", "da "),
    ("pt", "no o ", "no "),
    ("pt", "o lote", "lote"),
    ("pt", "por o ", "pelo "),
    ("pt", "por a ", "pela "),
    ("pt", "à a ", "à "),
];

/// Contracts prepositions and articles where the language does.
fn contract(language: &str, out: &mut String) {
    if !matches!(language, "fr" | "es" | "it" | "pt") {
        return;
    }
    for (_, from, to) in CONTRACTIONS.iter().filter(|(of, ..)| *of == language) {
        let mut at = 0;
        while let Some(found) = out[at..].find(from).map(|place| place + at) {
            at = found + to.len();
            if found == 0 || out[..found].ends_with(' ') {
                out.replace_range(found..found + from.len(), to);
            } else {
                at = found + from.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;
    use crate::talk::memory::name;
    use crate::talk::script::Script;

    fn check(language: u8, bond: Bond, mut each: impl FnMut(&Script, &Session<'_>, &Said, &str)) {
        let book = Phrasebook::open().unwrap();
        let lexicon = Lexicon::of(&book);
        let mut out = String::new();
        for number in 0..150 {
            let mut draw = Draw::new(3, Stream::Talk, number);
            let key = Key { seed: 3, group: number as u32, epoch: 0, drift: 0.0 };
            let manner =
                Manner { bond, language, second: language, switching: 0.0, negatives: 0.01, key };
            let mut session = Session::open(&lexicon, manner, &mut draw);
            for _ in 0..40 {
                let said = session.say(&mut draw, &mut out);
                each(&book.script, &session, &said, &out);
            }
        }
    }

    #[test]
    fn nobody_talks_on_after_a_good_bye() {
        for language in [0, 4] {
            let (mut lines, mut byes, mut last) = (0, 0, (false, false));
            check(language, Bond::Crime, |script, session, said, _| {
                let act = &script.acts[said.act as usize];
                lines += 1;
                if last.0 && !last.1 && lines % 40 != 1 {
                    assert_eq!(act, "bye", "only a good-bye follows one before the pause");
                }
                byes += u32::from(act == "bye");
                last = (act == "bye" || session.memory.over(), session.paused());
            });
            assert!(byes > 20, "{byes}");
        }
    }

    #[test]
    fn a_match_has_one_score() {
        let mut scores = Vec::new();
        let (mut topic, mut seen) = (0, 0);
        check(1, Bond::Legit, |script, session, said, text| {
            if said.topic != topic || session.next == 1 {
                scores.clear();
                topic = said.topic;
            }
            let act = &script.acts[said.act as usize];
            if act == "foo.match" && session.memory.called() == name("match") {
                let is_score = |word: &&str| {
                    let digits = |c: char| c.is_ascii_digit() || c == '-';
                    word.len() == 3 && word.chars().all(digits) && word.contains('-')
                };
                scores.extend(text.split(' ').filter(is_score).map(String::from));
                seen += scores.len();
                assert!(scores.windows(2).all(|pair| pair[0] == pair[1]), "{scores:?}");
            }
        });
        assert!(seen > 100, "{seen}");
    }
}
