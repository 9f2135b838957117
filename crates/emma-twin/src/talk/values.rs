//! The values of a sitting: what is sold, for how much, where and when, and how they are written.

use crate::draw::Draw;
use crate::ids;
use crate::talk::grammar::{Fill, Grammar, SLOTS, Slot, Voice, is_said};
use crate::talk::memory::Memory;
use crate::talk::session::Lexicon;
use crate::talk::slang::Key;
use std::fmt::Write;

/// What an act is about, as far as the values care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// The seller names a price.
    Offer,
    /// The buyer names one.
    Bid,
    /// A debt: its sum is the only one.
    Debt,
    /// Meeting or handing over: at the one place.
    Meeting,
    /// Anything else.
    Other,
}

impl Scene {
    /// The scene of the act called `act`.
    pub fn of(act: &str) -> Scene {
        match act {
            "neg.offer" => Scene::Offer,
            "neg.counter" => Scene::Bid,
            "meet" | "meet.ok" | "del.there" | "inc.silent" => Scene::Meeting,
            _ if act.starts_with("dbt.") => Scene::Debt,
            _ => Scene::Other,
        }
    }
}

/// What stays the same while the talk lasts.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// How many of the goods.
    pub quantity: u32,
    /// The price of one: what was named last.
    pub price: u32,
    /// What the seller asks next.
    asked: u32,
    /// What the buyer bids next.
    bid: u32,
    /// Minute of the day of the meeting.
    pub minute: u32,
    /// Which goods, as a sense of the slang.
    pub sense: usize,
    /// Where.
    pub place: String,
    /// In which town.
    pub town: String,
    /// The other person of the deal.
    pub nick: String,
    /// A car's.
    pub plate: String,
    /// A banknote's number.
    pub token: String,
    /// The fact that is being told; else empty.
    pub own: String,
    /// How sums are written.
    style: u64,
}

impl Values {
    /// Draws everything anew.
    pub fn renew(
        &mut self,
        lexicon: &Lexicon<'_>,
        language: u8,
        key: Key,
        memory: &mut Memory,
        draw: &mut Draw,
    ) {
        let grammar = &lexicon.book().grammars[language as usize];
        let sense = draw.index(5);
        self.quantity = draw.pareto(2.0, 0.9, 400.0) as u32;
        self.price = match sense {
            0 => draw.range(52, 76) * 500,
            1 => draw.range(16, 48) * 100,
            2 => draw.range(36, 90) * 100,
            3 => draw.range(30, 50) * 500,
            _ => draw.range(4, 30) * 100,
        } as u32;
        self.haggle(draw);
        self.minute = (draw.range(28, 94) * 15) as u32;
        self.sense = sense;
        self.style = draw.below(6);
        self.place.clear();
        self.town.clear();
        self.nick.clear();
        memory.renew();
        memory.begin(0);
        let (mut town, mut place) = (String::new(), String::new());
        grammar.say_list("town", &mut Voice { fill: &mut Nothing, memory, draw }, &mut town);
        self.town = town;
        lexicon.nick(key.group, draw, &mut self.nick);
        self.plate = ids::plate(draw);
        self.token = ids::banknote(draw);
        let mut fill = Filler::of(lexicon, self, language, key, Scene::Other);
        grammar.say_list("place", &mut Voice { fill: &mut fill, memory, draw }, &mut place);
        self.place = place;
        memory.undo();
    }

    /// Seller and buyer each start from their own side of the price.
    pub fn haggle(&mut self, draw: &mut Draw) {
        let step = step(self.price);
        self.asked = self.price + draw.range(1, 4) as u32 * step;
        self.bid = self.price - draw.range(1, 4) as u32 * step;
    }

    /// Whoever named a price in `scene` made it the price; the other moves towards it next.
    pub fn named(&mut self, scene: Scene) {
        let near = |from: u32, to: u32| {
            let step = step(from.max(to));
            (from as i64 + (to as i64 - from as i64) / 3 / i64::from(step) * i64::from(step)) as u32
        };
        match scene {
            Scene::Offer => {
                self.price = self.asked;
                self.bid = near(self.bid, self.asked);
            }
            Scene::Bid => {
                self.price = self.bid;
                self.asked = near(self.asked, self.bid);
            }
            _ => {}
        }
    }

    /// A debt is for a few, not for a lorry load.
    pub fn lend(&mut self) {
        self.quantity = self.quantity.min(6);
    }

    fn total(&self) -> u32 {
        self.price.saturating_mul(self.quantity)
    }

    /// What is paid of a debt first.
    fn part(&self) -> u32 {
        (self.total() / 3 / 50 * 50).max(50)
    }
}

/// The step in which a price moves.
fn step(price: u32) -> u32 {
    match price {
        10_000.. => 500,
        1_500.. => 100,
        _ => 20,
    }
}

/// Fills nothing: for lists that have no slots.
#[derive(Debug)]
pub struct Nothing;

impl Fill for Nothing {
    fn fill(&mut self, _: Slot, _: &mut Memory, _: &mut String, _: &mut Draw) {}
}

/// Fills the slots of one line.
#[derive(Debug)]
pub struct Filler<'s, 'a> {
    lexicon: &'s Lexicon<'a>,
    values: &'s Values,
    language: u8,
    key: Key,
    scene: Scene,
    /// Whether the line named the price.
    pub priced: bool,
}

impl<'s, 'a> Filler<'s, 'a> {
    /// A filler for a line in `language`.
    pub fn of(
        lexicon: &'s Lexicon<'a>,
        values: &'s Values,
        language: u8,
        key: Key,
        scene: Scene,
    ) -> Filler<'s, 'a> {
        Filler { lexicon, values, language, key, scene, priced: false }
    }

    fn grammar(&self) -> &'s Grammar {
        &self.lexicon.book().grammars[self.language as usize]
    }

    fn code(&self, sense: usize, out: &mut String) {
        out.push_str(self.lexicon.code_word(self.language, self.key, sense));
    }

    fn price(&mut self) -> u32 {
        self.priced = true;
        match self.scene {
            Scene::Offer => self.values.asked,
            Scene::Bid => self.values.bid,
            Scene::Debt => self.values.total(),
            Scene::Meeting | Scene::Other => self.values.price,
        }
    }
}

impl Fill for Filler<'_, '_> {
    fn fill(&mut self, slot: Slot, memory: &mut Memory, out: &mut String, draw: &mut Draw) {
        let values = self.values;
        let settled = self.scene == Scene::Meeting;
        let language = self.grammar().language;
        match SLOTS[slot as usize] {
            // While a fact is told, the one date, phone or plate of its act is the fact.
            "date" | "phone" | "plate" if !values.own.is_empty() => out.push_str(&values.own),
            "qty" => _ = write!(out, "{}", values.quantity),
            "goods" => self.code(values.sense, out),
            "price" => {
                let price = self.price();
                money(price, values.style, draw, out);
            }
            // What others paid, which is near.
            "price2" => {
                let step = step(values.price);
                let off = draw.range(-4, 4) * i64::from(step);
                money((i64::from(values.price) + off).max(100) as u32, values.style, draw, out);
            }
            "total" => money(values.total(), values.style, draw, out),
            "part" => money(values.part(), values.style, draw, out),
            "rest" => money(values.total() - values.part(), values.style, draw, out),
            "time" => clock(memory.meeting(values.minute, draw), language, draw, out),
            "time2" => {
                let minute = (draw.range(78, 295) * 5) as u32;
                clock(memory.clock(minute, draw), language, draw, out);
            }
            "place" if !values.place.is_empty() && draw.chance(if settled { 1.0 } else { 0.2 }) => {
                out.push_str(&values.place);
            }
            "place" => {
                let grammar = self.grammar();
                grammar.say_list("place", &mut Voice { fill: self, memory, draw }, out);
            }
            "town" if settled || draw.chance(0.3) && !is_said(out, &values.town) => {
                out.push_str(&values.town);
            }
            "town" => {
                let mut voice = Voice { fill: &mut Nothing, memory, draw };
                self.grammar().say_list("town", &mut voice, out);
            }
            "nick" => out.push_str(&values.nick),
            "nick2" => {
                let start = out.len();
                for _ in 0..3 {
                    out.truncate(start);
                    self.lexicon.nick(self.key.group, draw, out);
                    if !is_said(&out[..start], &out[start..]) {
                        break;
                    }
                }
            }
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
            // The winner's goals first; whoever means one match keeps it.
            "score" => {
                let lost = draw.below(4);
                let _ = write!(out, "{}-{lost}", lost + 1 + draw.below(3));
            }
            "dom" => _ = write!(out, "{}", draw.range(1, 30)),
            "date" => date(language, draw, out),
            "cash" => self.code(5, out),
            "police" => self.code(6, out),
            "gun" => self.code(7, out),
            "car" => self.code(8, out),
            "unit" => self.code(9, out),
            _ => out.push_str(&ids::handle_local(self.key.seed, draw.below(9000))),
        }
    }
}

fn small(draw: &mut Draw) -> i64 {
    if draw.chance(0.5) { draw.range(2, 99) * 5 } else { draw.range(11, 999) }
}

/// A sum as people write it: `31.5`, `31,5k`, `31500`.
fn money(sum: u32, style: u64, draw: &mut Draw, out: &mut String) {
    let (thousands, rest) = (sum / 1000, sum % 1000);
    // Who deals writes all sums of the deal alike, mostly.
    let way = if draw.chance(0.8) { style } else { draw.below(6) };
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
        (_, 2) if rest == 0 && hour > 0 => write!(out, "{hour}"),
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
            money(11_520_000, 1, &mut draw, &mut said);
            assert_eq!(said, "11.520.000");
            said.clear();
            money(700, 4, &mut draw, &mut said);
            assert!(["700", "€700"].contains(&said.as_str()), "{said}");
            said.clear();
            date("en", &mut draw, &mut said);
            assert_ne!(said, "30/2");
        }
    }

    #[test]
    fn seller_and_buyer_near_each_other_and_the_last_word_counts() {
        let mut draw = Draw::new(1, Stream::Talk, 1);
        for price in [700, 4_200, 31_000] {
            let mut values = Values { price, quantity: 3, ..Values::default() };
            values.haggle(&mut draw);
            let (mut asked, mut bid) = (values.asked, values.bid);
            assert!(asked > bid);
            for _ in 0..6 {
                values.named(Scene::Offer);
                assert_eq!(values.price, asked);
                values.named(Scene::Bid);
                assert_eq!(values.price, bid.max(values.price));
                assert!(values.asked <= asked && values.bid >= bid && values.asked >= values.bid);
                (asked, bid) = (values.asked, values.bid);
                values.named(Scene::Other);
                assert_eq!(values.total(), values.price * 3);
            }
        }
    }
}
