//! One sitting of a conversation: topics walked through, with values that stay the same while the
//! talk lasts (what is sold, for how much, where, when, about whom).

use crate::draw::Draw;
use crate::ids;
use crate::talk::Phrasebook;
use crate::talk::grammar::{Fill, Grammar, SLOTS, Slot};
use crate::talk::script::Bond;
use crate::talk::slang::{Key, Pools};
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

#[derive(Clone, Debug, Default)]
struct Values {
    quantity: u32,
    price: u32,
    minute: u32,
    sense: usize,
    place: String,
    town: String,
    nick: String,
    plate: String,
    token: String,
    own: String,
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
        };
        session.renew(draw);
        if draw.chance(0.4) {
            session.plan.push((0, lexicon.greet));
            if draw.chance(0.6) {
                session.plan.push((1, lexicon.greet));
            }
        }
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
        session.plan.clear();
        session.plan.extend_from_slice(acts);
        session
    }

    fn renew(&mut self, draw: &mut Draw) {
        let grammar = &self.lexicon.book.grammars[self.language as usize];
        let sense = draw.index(5);
        let values = &mut self.values;
        values.quantity = draw.pareto(2.0, 0.9, 400.0) as u32;
        values.price = match sense {
            0 => draw.range(52, 76) * 500,
            1 => draw.range(16, 48) * 100,
            2 => draw.range(36, 90) * 100,
            3 => draw.range(30, 50) * 500,
            _ => draw.range(4, 30) * 100,
        } as u32;
        values.minute = (draw.range(28, 94) * 15) as u32;
        values.sense = sense;
        values.place.clear();
        values.town.clear();
        values.nick.clear();
        grammar.say_list("town", &mut Nothing, draw, &mut values.town);
        self.lexicon.nick(self.key.group, draw, &mut values.nick);
        values.plate = ids::plate(draw);
        values.token = ids::banknote(draw);
        let mut place = String::new();
        let mut fill = Filler { session: self, language: self.language };
        grammar.say_list("place", &mut fill, draw, &mut place);
        self.values.place = place;
    }

    /// Says a fact about the speaker of `role` instead of the next message.
    pub fn tell(&mut self, role: u8, fact: &Fact, draw: &mut Draw, out: &mut String) -> Said {
        out.clear();
        self.values.own.clone_from(&fact.value);
        let grammar = &self.lexicon.book.grammars[self.language as usize];
        let mut fill = Filler { session: self, language: self.language };
        grammar.say(fact.act as usize, &mut fill, draw, out);
        contract(grammar.language, out);
        self.values.own.clear();
        Said { role, act: fact.act, topic: self.topic, language: self.language }
    }

    /// Says the next message into `out`, which is cleared first.
    pub fn say(&mut self, draw: &mut Draw, out: &mut String) -> Said {
        out.clear();
        if self.next == self.plan.len() {
            self.plan.clear();
            self.next = 0;
            if self.topic != u8::MAX && draw.chance(0.5) {
                self.renew(draw);
            }
            self.topic = self.lexicon.book.script.plan(self.bond, draw, &mut self.plan);
            if draw.chance(0.08) {
                self.plan.push((draw.below(2) as u8, self.lexicon.bye));
            }
        }
        if self.negatives > 0.0 && draw.chance(self.negatives) {
            let act = *draw.pick(&self.lexicon.negatives);
            self.plan.insert(self.next, (draw.below(2) as u8, act));
            self.plan.insert(self.next + 1, (draw.below(2) as u8, self.lexicon.reply));
        }
        let (role, act) = self.plan[self.next];
        self.next += 1;
        let switched = self.second != self.language && draw.chance(self.switching);
        let language = if switched { self.second } else { self.language };
        let grammar = &self.lexicon.book.grammars[language as usize];
        let mut fill = Filler { session: self, language };
        grammar.say(act as usize, &mut fill, draw, out);
        contract(grammar.language, out);
        Said { role, act, topic: self.topic, language }
    }
}

/// What a preposition and an article become.
const CONTRACTIONS: [(&str, &str, &str); 22] = [
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
    ("it", "la partita", "partita"),
    ("pt", "do o ", "do "),
    ("pt", "ao o ", "ao "),
    ("pt", "do um", "de um"),
    ("pt", "de o ", "do "),
    ("pt", "de a ", "da "),
    ("pt", "no o ", "no "),
    ("pt", "o lote", "lote"),
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

struct Nothing;

impl Fill for Nothing {
    fn fill(&mut self, _: Slot, _: &mut String, _: &mut Draw) {}
}

struct Filler<'s, 'a> {
    session: &'s Session<'a>,
    language: u8,
}

impl Filler<'_, '_> {
    fn grammar(&self) -> &Grammar {
        &self.session.lexicon.book.grammars[self.language as usize]
    }

    fn code(&self, sense: usize, out: &mut String) {
        out.push_str(self.session.lexicon.code_word(self.language, self.session.key, sense));
    }
}

impl Fill for Filler<'_, '_> {
    fn fill(&mut self, slot: Slot, out: &mut String, draw: &mut Draw) {
        let values = &self.session.values;
        let language = self.grammar().language;
        match SLOTS[slot as usize] {
            // While a fact is told, the one date, phone or plate of its act is the fact.
            "date" | "phone" | "plate" if !values.own.is_empty() => out.push_str(&values.own),
            "qty" => _ = write!(out, "{}", values.quantity),
            "goods" => self.code(values.sense, out),
            "price" => {
                let other = draw.chance(0.4).then(|| draw.range(-6, 6) as i32 * 250);
                let price = (values.price as i32 + other.unwrap_or(0)).max(300) as u32;
                money(price, draw, out);
            }
            "total" => money(values.price.saturating_mul(values.quantity), draw, out),
            "time" => clock(values.minute, language, draw, out),
            "time2" => clock((draw.range(78, 295) * 5) as u32, language, draw, out),
            "place" if draw.chance(0.35) && !values.place.is_empty() => {
                out.push_str(&values.place);
            }
            "place" => {
                let mut inner = Filler { session: self.session, language: self.language };
                self.grammar().say_list("place", &mut inner, draw, out);
            }
            "town" if draw.chance(0.3) => out.push_str(&values.town),
            "town" => self.grammar().say_list("town", &mut Nothing, draw, out),
            "nick" => out.push_str(&values.nick),
            "nick2" => self.session.lexicon.nick(self.session.key.group, draw, out),
            "plate" => out.push_str(&values.plate),
            "phone" => out.push_str(&ids::phone(draw, language)),
            "iban" => {
                let iban = ids::iban(draw, language);
                if draw.chance(0.5) {
                    out.push_str(&iban);
                } else {
                    for (place, c) in iban.chars().enumerate() {
                        out.extend((place > 0 && place % 4 == 0).then_some(' '));
                        out.push(c);
                    }
                }
            }
            "wallet" => out.push_str(&ids::wallet(draw)),
            "token" => out.push_str(&values.token),
            "n" => {
                let most = if draw.chance(0.55) { 12 } else { 60 };
                let _ = write!(out, "{}", draw.range(2, most));
            }
            "n2" => _ = write!(out, "{}", small(draw)),
            "big" => _ = write!(out, "{}", draw.range(12, 990) * 50),
            "pct" => _ = write!(out, "{}%", draw.range(2, 95)),
            "score" => _ = write!(out, "{}-{}", draw.below(6), draw.below(4)),
            "dom" => _ = write!(out, "{}", draw.range(1, 30)),
            "date" => date(language, draw, out),
            "cash" => self.code(5, out),
            "police" => self.code(6, out),
            "gun" => self.code(7, out),
            "car" => self.code(8, out),
            "unit" => self.code(9, out),
            _ => out.push_str(&ids::handle_local(self.session.key.seed, draw.below(9000))),
        }
    }
}

fn small(draw: &mut Draw) -> i64 {
    if draw.chance(0.5) { draw.range(2, 99) * 5 } else { draw.range(11, 999) }
}

/// A sum as people write it: `31.5`, `31,5k`, `31500`.
fn money(sum: u32, draw: &mut Draw, out: &mut String) {
    let (thousands, rest) = (sum / 1000, sum % 1000);
    let way = draw.below(6);
    let _ = match (way, rest) {
        // Nobody counts a million in thousands, nor a few hundred.
        _ if thousands >= 1000 => {
            write!(out, "{}.{:03}.{rest:03}", thousands / 1000, thousands % 1000)
        }
        (0..=3, _) if thousands == 0 => write!(out, "{sum}"),
        (0, 0) if sum >= 2000 => write!(out, "{thousands}k"),
        (1, 0) if sum >= 2000 => write!(out, "{thousands}"),
        (0 | 1, _) if rest % 100 == 0 => write!(out, "{thousands},{}k", rest / 100),
        (2, _) if rest % 100 == 0 && rest > 0 => write!(out, "{thousands}.{}", rest / 100),
        (3, _) if sum >= 1000 => write!(out, "{thousands}.{rest:03}"),
        (4, _) => write!(out, "€{sum}"),
        _ => write!(out, "{sum}"),
    };
}

/// A time of day as people write it.
fn clock(minute: u32, language: &str, draw: &mut Draw, out: &mut String) {
    let (hour, rest) = (minute / 60 % 24, minute % 60);
    let half = if hour % 12 == 0 { 12 } else { hour % 12 };
    let _ = match (language, draw.below(4)) {
        ("en", 0) if rest == 0 => write!(out, "{half}{}", if hour < 12 { "am" } else { "pm" }),
        ("en", 1) if rest == 30 => write!(out, "half {half}"),
        ("fr" | "pt", 0 | 1) => write!(out, "{hour}h{rest:02}"),
        ("nl", 1) => write!(out, "{hour}u{rest:02}"),
        ("de" | "it" | "pl" | "ru" | "tr", 0) => write!(out, "{hour}.{rest:02}"),
        (_, 2) if rest == 0 => write!(out, "{hour}"),
        _ => write!(out, "{hour}:{rest:02}"),
    };
}

fn date(language: &str, draw: &mut Draw, out: &mut String) {
    let (day, month) = (draw.range(1, 30), draw.range(2, 7));
    let day = if month == 2 { day.min(29) } else { day };
    let _ = match language {
        "de" | "ru" | "pl" | "tr" => write!(out, "{day}.{month}."),
        "nl" => write!(out, "{day}-{month}"),
        _ => write!(out, "{day}/{month}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;

    #[test]
    fn sums_and_dates_are_such_as_people_write() {
        let mut draw = Draw::new(1, Stream::Talk, 1);
        for _ in 0..2_000 {
            let mut said = String::new();
            money(11_520_000, &mut draw, &mut said);
            assert_eq!(said, "11.520.000");
            said.clear();
            money(700, &mut draw, &mut said);
            assert!(["700", "€700"].contains(&said.as_str()), "{said}");
            said.clear();
            date("en", &mut draw, &mut said);
            assert_ne!(said, "30/2");
        }
    }
}
