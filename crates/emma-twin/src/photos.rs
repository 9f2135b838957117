//! Photos: what the photo of a message shows, drawn as real files.
//!
//! A photo is a function of its message: what it shows follows from what was said ([`Photo::of`]),
//! its pixels from its message's id ([`scene`]). Some photos were sent before: an [`Album`] keeps
//! what each account has seen, and a message may send one of those again, cut or compressed once
//! more. Nothing is kept but the list of files, so any thread may draw any photo at any time.

pub mod canvas;
pub mod deliver;
pub mod exif;
pub mod font;
pub mod jpeg;
pub mod mark;
pub mod places;
pub mod png;
pub mod scene;

use crate::draw::{Draw, Stream, mix};
use crate::ids;
use std::collections::BTreeMap;

/// What a photo shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Notes with serial numbers.
    Banknote,
    /// Wrapped blocks with a stamp.
    Parcel,
    /// The back of a car with its plate.
    Car,
    /// A cat or a dog.
    Pet,
    /// A room with furniture.
    Room,
    /// The screen of the handset itself: a PNG.
    Screen,
    /// A street map, as a screen shows it: a PNG.
    Map,
}

impl Kind {
    /// All.
    pub const ALL: [Kind; 7] =
        [Kind::Banknote, Kind::Parcel, Kind::Car, Kind::Pet, Kind::Room, Kind::Screen, Kind::Map];

    /// The word in the truth.
    pub fn name(self) -> &'static str {
        ["banknote", "parcel", "car", "pet", "room", "screen", "map"][self as usize]
    }

    /// Whether the handset takes it from its own screen.
    pub fn is_screen(self) -> bool {
        matches!(self, Kind::Screen | Kind::Map)
    }
}

/// What was done to a photo that had been sent before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Nothing: the same bytes under another name.
    Resent,
    /// A part of it was cut out.
    Cropped,
    /// It was compressed again, more.
    Recompressed,
}

impl How {
    /// The word in the truth.
    pub fn name(self) -> &'static str {
        ["resent", "cropped", "recompressed"][self as usize]
    }
}

/// A photo as it was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Photo {
    /// Network id of the message it was first sent with.
    pub id: u64,
    /// When that message was sent.
    pub at: i64,
    /// Account that sent it.
    pub from: u32,
    /// What it shows.
    pub kind: Kind,
    /// A serial or plate that its message names, else empty.
    pub named: String,
}

/// A photo as a message sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Network id of the message.
    pub id: u64,
    /// The photo.
    pub photo: Photo,
    /// What was done to it, where it had been sent before.
    pub how: Option<How>,
    /// Whether any delivered copy of the message came with its photo.
    pub delivered: bool,
}

/// Share of photos that an account sends again, of those that it could.
const AGAIN: f64 = 0.2;
/// Photos an account remembers.
const ALBUM_PHOTOS_MAX: usize = 8;

/// The photos that accounts have seen, within one part.
#[derive(Clone, Debug, Default)]
pub struct Album {
    seen: BTreeMap<u32, Vec<Photo>>,
}

impl Photo {
    /// The photo of a message of `topic` (empty where it is part of an incident) that says `text`.
    pub fn of(seed: u64, id: u64, at: i64, from: u32, topic: &str, text: &str) -> Photo {
        let mut draw = Draw::new(seed, Stream::Photo, id);
        let known = serial(text).map(|named| (Kind::Banknote, named));
        let known = known.or_else(|| plate(text).map(|named| (Kind::Car, named)));
        let (kind, named) = known.unwrap_or_else(|| {
            use Kind::{Banknote, Car, Map, Parcel, Pet, Room, Screen};
            let kinds: &[Kind] = match topic {
                "negotiate" | "deliver" | "dispute" => {
                    &[Parcel, Parcel, Parcel, Parcel, Map, Map, Car, Room, Banknote, Screen]
                }
                "count" | "debt" | "money" | "service" => &[Banknote, Banknote, Screen],
                "family" | "bored" | "gossip" | "joke" | "football" => {
                    &[Pet, Pet, Pet, Pet, Room, Room, Room, Screen, Map]
                }
                "" => &[Map, Map, Car, Room],
                _ => &[Screen, Screen, Map, Room],
            };
            (*draw.pick(kinds), "")
        });
        Photo { id, at, from, kind, named: named.to_string() }
    }

    /// The words in its pixels besides the mark: serials, a stamp, a plate, names of streets.
    pub fn words(&self, seed: u64) -> Vec<String> {
        let mut draw = Draw::new(seed, Stream::Photo, mix(self.id));
        let given = (!self.named.is_empty()).then(|| self.named.clone());
        match self.kind {
            Kind::Banknote => {
                let many = draw.below(3);
                let first = given.unwrap_or_else(|| ids::banknote(&mut draw));
                let more = (0..many).map(|_| ids::banknote(&mut draw));
                std::iter::once(first).chain(more).collect()
            }
            Kind::Parcel => vec![(*draw.pick(&STAMPS)).to_string()],
            Kind::Car => vec![given.unwrap_or_else(|| ids::plate(&mut draw))],
            Kind::Pet => vec![(*draw.pick(&PETS)).to_string()],
            Kind::Room => Vec::new(),
            Kind::Screen => screen(&mut draw),
            Kind::Map => {
                let first = draw.index(STREETS.len());
                let place = |n: usize| STREETS[(first + n * 5) % STREETS.len()].to_string();
                (0..3).map(place).collect()
            }
        }
    }
}

/// The lines of a screen: a sum, a wallet or a list of debts.
fn screen(draw: &mut Draw) -> Vec<String> {
    match draw.below(3) {
        0 => {
            let (many, each) = (draw.range(2, 60), draw.range(4, 60) * 50);
            let paid = many * each / 100 * draw.range(10, 90);
            vec![
                format!("{many} X {each}"),
                format!("TOTAL {}", many * each),
                format!("PAID {paid}"),
                format!("OPEN {}", many * each - paid),
            ]
        }
        1 => {
            let wallet = ids::wallet(draw);
            let half = wallet.len() / 2;
            let amount = format!("{}.{:04} TBTC", draw.below(9), draw.below(10_000));
            vec!["SEND".into(), amount, wallet[..half].into(), wallet[half..].into()]
        }
        _ => {
            let line = |draw: &mut Draw| {
                let who = PETS[draw.index(PETS.len())];
                format!("{who} {}", draw.range(1, 80) * 250)
            };
            std::iter::once("LIST".into()).chain((0..4).map(|_| line(draw))).collect()
        }
    }
}

const STAMPS: [&str; 16] = [
    "STAR", "KING", "X7", "LION", "999", "ROSE", "OWL", "V8", "ACE", "ZEBRA", "SUN", "OK", "BOSS",
    "T-REX", "MOON", "H2O",
];
const PETS: [&str; 16] = [
    "REX", "LUNA", "MIMI", "BOBI", "TIGER", "NINA", "PABLO", "COCO", "MAX", "KIKI", "BELLA",
    "ZORRO", "SIMBA", "DODO", "LOLA", "RINGO",
];
const STREETS: [&str; 16] = [
    "DOCK ROAD",
    "MILL LANE",
    "QUAY 4",
    "LONG STREET",
    "NORTH GATE",
    "OLD BRIDGE",
    "PARK WAY",
    "RING EAST",
    "CANAL SIDE",
    "HILL ROW",
    "SILO 9",
    "PORT AVENUE",
    "LIME WALK",
    "YARD 12",
    "FERRY LANE",
    "MARKET 3",
];

/// A serial in the twin's range that a text names.
fn serial(text: &str) -> Option<&str> {
    text.match_indices("ZZ").find_map(|(at, _)| {
        let word = text.get(at..at + 12)?;
        word[2..].bytes().all(|byte| byte.is_ascii_digit()).then_some(word)
    })
}

/// A plate in the twin's range that a text names.
fn plate(text: &str) -> Option<&str> {
    let rest = &text[text.find("QI")?..];
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '-';
    let end = rest.find(|c| !plain(c)).unwrap_or(rest.len()).min(9);
    let word = rest[..end].trim_end_matches([' ', '-']);
    (word.len() >= 6 && word.bytes().any(|byte| byte.is_ascii_digit())).then_some(word)
}

impl Sent {
    /// Whether its file is a PNG; JPEG else. Compressing a screen again makes a JPEG of it.
    pub fn is_png(&self) -> bool {
        self.photo.kind.is_screen() && self.how != Some(How::Recompressed)
    }

    /// The name of its file: one to one with its message.
    pub fn name(&self) -> String {
        name(self.id, self.is_png())
    }

    /// The name under which it was first sent, where this is not the first time.
    pub fn derived_from(&self) -> Option<String> {
        self.how.map(|_| name(self.photo.id, self.photo.kind.is_screen()))
    }
}

fn name(id: u64, png: bool) -> String {
    let (start, ending) = if png { ("SCR", "png") } else { ("IMG", "jpg") };
    format!("{start}_{:016x}.{ending}", mix(id))
}

impl Album {
    /// What the message of `photo` sends: that photo, or one that its sender had seen before.
    /// `members` are all who see it.
    pub fn send(&mut self, seed: u64, photo: Photo, members: &[u32]) -> Sent {
        let mut draw = Draw::new(seed, Stream::Photo, photo.id | 1 << 63);
        let id = photo.id;
        // A photo that its message names by serial or plate is a new one: the text must be true.
        if photo.named.is_empty() && draw.chance(AGAIN) {
            let seen = self.seen.get(&photo.from).map_or(&[][..], Vec::as_slice);
            let before: Vec<&Photo> = seen.iter().filter(|seen| seen.at < photo.at).collect();
            if !before.is_empty() {
                let how = [How::Resent, How::Resent, How::Cropped, How::Recompressed];
                let how = Some(*draw.pick(&how));
                let photo = (*draw.pick(&before)).clone();
                return Sent { id, photo, how, delivered: false };
            }
        }
        for member in members {
            let seen = self.seen.entry(*member).or_default();
            if seen.len() == ALBUM_PHOTOS_MAX {
                seen.remove(0);
            }
            seen.push(photo.clone());
        }
        Sent { id, photo, how: None, delivered: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: (Kind, &str)) {
        let photo = Photo::of(7, 1, 0, 2, "family", text);
        assert_eq!((photo.kind, photo.named.as_str()), expected, "{text}");
    }

    #[test]
    fn a_photo_shows_the_serial_or_plate_its_message_names() {
        check("this is the note ZZ0123456789 ok", (Kind::Banknote, "ZZ0123456789"));
        check("the plate QI-044-B", (Kind::Car, "QI-044-B"));
        check("QI07 ABA he drives", (Kind::Car, "QI07 ABA"));
        check("see QI XB 905.", (Kind::Car, "QI XB 905"));
        let other = Photo::of(7, 1, 0, 2, "family", "ZZ12 and QI");
        assert!(other.named.is_empty());
    }

    #[test]
    fn only_what_the_sender_saw_before_is_sent_again() {
        let mut album = Album::default();
        let photo = |id, at, from| Photo::of(7, id, at, from, "bored", "");
        assert!((0..100).all(|id| album.send(7, photo(id, 50, 1), &[1, 2]).how.is_none()));
        let again = |album: &mut Album, at, from| {
            let sent = (1000..1200).map(|id| album.send(7, photo(id, at, from), &[9]));
            sent.filter(|sent| sent.how.is_some()).count()
        };
        assert_eq!(again(&mut album, 40, 2), 0, "not yet seen");
        assert_eq!(again(&mut album, 60, 3), 0, "never seen");
        assert!((15..70).contains(&again(&mut album, 60, 2)));
    }
}
