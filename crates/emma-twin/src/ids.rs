//! Identifiers that cannot belong to anybody: test TACs, MCC 001, reserved names,
//! impossible plates.
//!
//! | what | range | why it is nobody's |
//! |---|---|---|
//! | handle | `…@phone.example` | a reserved domain (RFC 2606) |
//! | IMEI | TAC `0010….` | reporting body 00: test equipment |
//! | IMSI | `00101…` | MCC 001: test networks |
//! | ICCID | `89999…` | country code 999 is not assigned |
//! | phone | +44 7700 900…, +33 6 39 98…, +49 171 39200…, +999… | drama ranges; 999 is not assigned |
//! | plate | begins `QI` | no issuer uses it |
//! | IBAN | bank code `TEST` or zeros | valid check digits, no bank |
//! | wallet | `tb1q…` | the test network, valid checksum |
//! | banknote | `ZZ` and ten digits | no printer's letters |
//! | position | 30° to 31° S, 20° to 21° W | open sea |

use crate::draw::Draw;

/// The domain of every handle.
pub const HANDLE_DOMAIN: &str = "phone.example";

const FIRST: [&str; 64] = [
    "grey", "quiet", "amber", "north", "hollow", "rapid", "silver", "lazy", "frozen", "velvet",
    "salty", "lucky", "broken", "hidden", "golden", "early", "wild", "plain", "dusty", "electric",
    "polar", "narrow", "copper", "sunny", "bitter", "gentle", "rusty", "solid", "violet", "humble",
    "windy", "dark", "marble", "stone", "royal", "crisp", "loud", "swift", "mellow", "brave",
    "smoky", "blue", "scarlet", "proper", "tidal", "upper", "lunar", "odd", "spare", "true",
    "iron", "paper", "white", "second", "sober", "green", "misty", "fancy", "rough", "prime",
    "level", "cobalt", "steady", "little",
];
const SECOND: [&str; 64] = [
    "heron", "kartel", "finesse", "anchor", "falcon", "lantern", "otter", "engine", "harbour",
    "pepper", "magpie", "tiger", "bridge", "walnut", "captain", "meadow", "comet", "barrel",
    "pilot", "sparrow", "garden", "hammer", "island", "jackal", "kettle", "lemon", "mirror",
    "needle", "oyster", "pelican", "quarry", "raven", "saddle", "tunnel", "valley", "wagon",
    "yard", "zebra", "badger", "cactus", "dragon", "ember", "forest", "glacier", "hazel", "ivory",
    "jaguar", "knight", "lizard", "marten", "nickel", "orchid", "panther", "quartz", "ranger",
    "salmon", "thunder", "urchin", "viper", "willow", "falls", "coast", "baker", "cobra",
];

/// The handle with number `n`, without its domain: different numbers, different handles.
pub fn handle_local(seed: u64, n: u64) -> String {
    let round = n / 4096;
    let place = (n.wrapping_mul(2_654_435_761).wrapping_add(seed)) % 4096;
    let (a, b) = (FIRST[(place / 64) as usize], SECOND[(place % 64) as usize]);
    match (round, place % 3) {
        (0, 0) => format!("{a}-{b}"),
        (0, _) => format!("{a}{b}"),
        (round, 0) => format!("{a}-{b}{round}"),
        (round, _) => format!("{a}{b}{round}"),
    }
}

fn luhn(digits: &str) -> char {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

/// The IMEI of device `n`.
pub fn imei(n: u32) -> String {
    let body = format!("0010{:04}{:06}", n / 1_000_000 + 17, n % 1_000_000);
    let check = luhn(&body);
    format!("{body}{check}")
}

/// The IMSI of SIM `n`.
pub fn imsi(n: u32) -> String {
    format!("00101{n:010}")
}

/// The ICCID of SIM `n`.
pub fn iccid(n: u32) -> String {
    let body = format!("89999{n:013}");
    let check = luhn(&body);
    format!("{body}{check}")
}

/// A fictitious phone number as people of a language write it.
pub fn phone(draw: &mut Draw, language: &str) -> String {
    let n = draw.below(100_000_000);
    match language {
        "en" => format!("+447700900{:03}", n % 1000),
        "fr" => format!("+336399{:02}{:04}", 80 + n / 10_000 % 10, n % 10_000),
        "de" => format!("+4917139200{:02}", n % 100),
        _ => format!("+9996{n:08}"),
    }
}

/// A number plate that nobody issues.
pub fn plate(draw: &mut Draw) -> String {
    let letter = |draw: &mut Draw| char::from(b'A' + draw.below(26) as u8);
    let n = draw.below(1000);
    let (a, b) = (letter(draw), letter(draw));
    match draw.below(3) {
        0 => format!("QI-{n:03}-{a}"),
        1 => format!("QI{:02} {a}{b}{a}", n % 100),
        _ => format!("QI {a}{b} {n}"),
    }
}

/// An IBAN with valid check digits and no bank.
pub fn iban(draw: &mut Draw, language: &str) -> String {
    let account = draw.below(10_000_000_000);
    let (country, rest) = match language {
        "nl" => ("NL", format!("TEST{account:010}")),
        "de" | "tr" => ("DE", format!("00000000{account:010}")),
        "es" | "pt" => ("ES", format!("0000000000{account:010}")),
        "fr" | "ar" => ("FR", format!("0000000000{:011}00", account)),
        _ => ("GB", format!("TEST000000{:08}", account % 100_000_000)),
    };
    let mut remainder = 0u32;
    for c in format!("{rest}{country}00").chars() {
        let value = c.to_digit(36).unwrap_or(0);
        remainder = (remainder * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    format!("{country}{:02}{rest}", 98 - remainder)
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn bech32_step(checksum: u32, value: u8) -> u32 {
    let top = checksum >> 25;
    let mut next = (checksum & 0x01ff_ffff) << 5 ^ u32::from(value);
    for (bit, term) in
        [0x3b6a_57b2u32, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].iter().enumerate()
    {
        if top >> bit & 1 == 1 {
            next ^= term;
        }
    }
    next
}

/// A wallet address of the test network with a valid checksum.
pub fn wallet(draw: &mut Draw) -> String {
    let data: Vec<u8> = std::iter::once(0)
        .chain((0..32).map(|place| if place == 31 { 0 } else { draw.below(32) as u8 }))
        .collect();
    let mut checksum = 1;
    for value in [3, 3, 0, 20, 2] {
        checksum = bech32_step(checksum, value);
    }
    for value in data.iter().copied().chain([0; 6]) {
        checksum = bech32_step(checksum, value);
    }
    checksum ^= 1;
    let tail = (0..6).map(|place| (checksum >> (5 * (5 - place)) & 31) as u8);
    let mut out = String::from("tb1");
    out.extend(data.iter().copied().chain(tail).map(|value| char::from(BECH32[value as usize])));
    out
}

/// A banknote serial with letters that no printer uses.
pub fn banknote(draw: &mut Draw) -> String {
    format!("ZZ{:010}", draw.below(10_000_000_000))
}

/// Where a cell of the invented grid (0 to 3,999) lies: degrees south and west, in hundredths.
pub fn position(cell: u64) -> (u32, u32) {
    (3000 + (cell / 40 % 100) as u32, 2000 + (cell % 40) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;
    use std::collections::BTreeSet;

    #[test]
    fn handles_differ_and_are_lower_case() {
        let handles: BTreeSet<String> = (0..20_000).map(|n| handle_local(7, n)).collect();
        assert_eq!(handles.len(), 20_000);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(handles.iter().all(|handle| handle.chars().all(plain)));
    }

    #[test]
    fn checks_hold_and_ranges_are_nobodys() {
        let mut draw = Draw::new(1, Stream::Talk, 1);
        assert_eq!(luhn("7992739871"), '3');
        assert!(imei(5).starts_with("0010") && imei(5).len() == 15);
        for language in ["nl", "de", "fr", "es", "en"] {
            let iban = iban(&mut draw, language);
            let turned = format!("{}{}", &iban[4..], &iban[..4]);
            let rest = turned.chars().fold(0, |rest, c| {
                let value = c.to_digit(36).unwrap();
                (rest * if value > 9 { 100 } else { 10 } + value) % 97
            });
            assert_eq!(rest, 1, "{iban}");
        }
        let address = wallet(&mut draw);
        let values: Vec<u8> = address[3..]
            .bytes()
            .map(|b| BECH32.iter().position(|known| *known == b).unwrap() as u8)
            .collect();
        let sum = [3, 3, 0, 20, 2].into_iter().chain(values).fold(1, bech32_step);
        assert_eq!((sum, address.len()), (1, 42));
    }
}
