//! Topics and their scripts: who says which act when, for every language alike.

use crate::draw::Draw;
use crate::{Result, TwinError};

/// What two people have to do with each other; the column of `topics.txt` that weighs topics.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Bond {
    /// They do business.
    Crime = 0,
    /// They are kin or a couple.
    Family = 1,
    /// They do nothing wrong.
    Legit = 2,
    /// One sells or supports the other's phone.
    Help = 3,
    /// One is the other's lawyer.
    Lawyer = 4,
    /// One is the other's doctor.
    Doctor = 5,
    /// One is a journalist.
    Press = 6,
}

impl Bond {
    /// The member who speaks as A, where the two are not alike: a tie names the lawyer, the doctor
    /// and the journalist first, and the customer before the seller.
    pub fn asks(self) -> Option<u8> {
        match self {
            Bond::Crime | Bond::Family | Bond::Legit => None,
            Bond::Help | Bond::Lawyer | Bond::Press => Some(0),
            // The patient speaks first.
            Bond::Doctor => Some(1),
        }
    }
}

/// Acts that belong to no ordinary topic.
const EXTRA: [&str; 28] = [
    "greet",
    "bye",
    "answer",
    "inc.contract",
    "inc.revenge",
    "inc.informer",
    "inc.kidnap",
    "inc.arson",
    "inc.acid",
    "inc.arms",
    "inc.robbery",
    "inc.domestic",
    "inc.silent",
    "inc.where",
    "inc.means",
    "inc.when",
    "inc.pay",
    "inc.go",
    "inc.off",
    "hn.sleep",
    "hn.game",
    "hn.tired",
    "hn.past",
    "hn.police",
    "hn.quote",
    "self.birthday",
    "self.phone",
    "self.car",
];

/// Acts that say nothing: left out where repeated word sequences are counted.
pub const GREETINGS: [&str; 4] = ["greet", "bye", "ack", "jok.laugh"];

/// One line of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Speaker: 0, 1 or 2.
    pub role: u8,
    /// Number of the act.
    pub act: u16,
    least: u8,
    most: u8,
}

/// One topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Weights by [`Bond`].
    pub weights: [f64; 7],
    turns: Vec<Turn>,
}

/// All topics and acts.
#[derive(Debug)]
pub struct Script {
    /// Topics in the file's order.
    pub topics: Vec<Topic>,
    /// Names of acts; a position is an act's number.
    pub acts: Vec<String>,
    /// Weights of topics by bond, ready to draw from.
    weights: [Vec<f64>; 7],
}

impl Script {
    /// Reads `topics.txt`.
    pub fn parse(text: &str) -> Result<Script> {
        let mut acts: Vec<String> = EXTRA.map(String::from).to_vec();
        let mut topics = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let topic = Topic::parse(line, &mut acts).ok_or_else(|| TwinError::Grammar {
                language: "topics".into(),
                line: number + 1,
                what: "expected: NAME seven weights: A act / B act".into(),
            })?;
            topics.push(topic);
        }
        let weights = std::array::from_fn(|bond| {
            topics.iter().map(|topic: &Topic| topic.weights[bond]).collect()
        });
        Ok(Script { topics, acts, weights })
    }

    /// The number of an act that is known to exist.
    pub fn act(&self, name: &str) -> u16 {
        self.acts.iter().position(|act| act == name).unwrap_or(0) as u16
    }

    /// Draws a topic and writes its turns into `plan`.
    pub fn plan(&self, bond: Bond, draw: &mut Draw, plan: &mut Vec<(u8, u16)>) -> u8 {
        let number = draw.weighted(&self.weights[bond as usize]);
        let flip = u8::from(draw.chance(0.5));
        let flip = bond.asks().unwrap_or(flip);
        for turn in &self.topics[number].turns {
            let times = draw.range(i64::from(turn.least), i64::from(turn.most));
            let role = if turn.role < 2 { turn.role ^ flip } else { turn.role };
            for _ in 0..times {
                plan.push((role, turn.act));
            }
        }
        number as u8
    }
}

impl Topic {
    fn parse(line: &str, acts: &mut Vec<String>) -> Option<Topic> {
        let (head, script) = line.split_once(':')?;
        let mut words = head.split_whitespace();
        let name = words.next()?.to_string();
        let weights: Vec<f64> =
            words.map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
        let mut turns = Vec::new();
        for turn in script.split('/') {
            let (role, act) = turn.trim().split_once(' ')?;
            let role = ["A", "B", "C"].iter().position(|known| *known == role)? as u8;
            let (act, least, most) = match act.as_bytes().last()? {
                b'?' => (&act[..act.len() - 1], 0, 1),
                b'*' => (&act[..act.len() - 1], 0, 3),
                b'+' => (&act[..act.len() - 1], 1, 3),
                _ => (act, 1, 1),
            };
            let number = acts.iter().position(|known| known == act).unwrap_or_else(|| {
                acts.push(act.to_string());
                acts.len() - 1
            });
            turns.push(Turn { role, act: number as u16, least, most });
        }
        Some(Topic { name, weights: weights.try_into().ok()?, turns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;

    #[test]
    fn who_advises_and_who_asks_stay_who_they_are() {
        let script = Script::parse(include_str!("../../talk/topics.txt")).unwrap();
        let mut draw = Draw::new(1, Stream::Talk, 1);
        let mut plan = Vec::new();
        for (bond, role) in [(Bond::Lawyer, 0), (Bond::Doctor, 1), (Bond::Help, 0)] {
            for _ in 0..20 {
                plan.clear();
                script.plan(bond, &mut draw, &mut plan);
                assert_eq!(plan[0].0, role);
            }
        }
    }
}
