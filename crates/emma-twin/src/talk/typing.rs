//! How a person types: case, signs, slips of the finger, emoji.

use crate::draw::{Draw, Stream};

/// A person's habits.
#[derive(Clone, Copy, Debug)]
pub struct Typist {
    lower: bool,
    plain: bool,
    slips: f64,
    emoji: f64,
    stretch: f64,
}

const EMOJI: [&str; 24] = [
    "👍", "😂", "🙏", "💪", "😅", "🤝", "👌", "🔥", "😎", "🙈", "❤️", "🤔", "👀", "😴", "🎉", "🤷",
    "😡", "💯", "🚚", "⚽", "🍕", "☕", "🙄", "😬",
];

impl Typist {
    /// The habits of account `account`.
    pub fn of(seed: u64, account: u32, slips: f64, emoji: f64) -> Typist {
        let mut draw = Draw::new(seed, Stream::Typing, u64::from(account) | 1 << 40);
        Typist {
            lower: draw.chance(0.72),
            plain: draw.chance(0.35),
            slips: slips * draw.exponential(1.0),
            emoji: emoji * draw.exponential(1.0),
            stretch: 0.02 * draw.unit(),
        }
    }

    /// Types `said` into `out`, which is cleared first.
    pub fn type_out(&self, said: &str, draw: &mut Draw, out: &mut String) {
        out.clear();
        let words = said.split_ascii_whitespace().count();
        let slip = draw.chance(self.slips * words as f64).then(|| draw.index(words));
        let stretch = draw.chance(self.stretch).then(|| draw.index(words));
        for (place, word) in said.split_ascii_whitespace().enumerate() {
            let sign = word.starts_with([',', '.', '?', '!', '؟', '،']);
            if !out.is_empty() && !sign {
                out.push(' ');
            }
            let from = out.len();
            if self.lower && !word.is_ascii() {
                // Lower-casing İ leaves a dot of its own behind the i.
                let plain = word.chars().map(|c| if c == 'İ' { 'i' } else { c });
                out.extend(plain.flat_map(char::to_lowercase));
            } else {
                out.push_str(word);
                if self.lower {
                    out[from..].make_ascii_lowercase();
                }
            }
            if self.plain && !word.is_ascii() {
                plain(out, from);
            }
            if slip == Some(place) {
                slip_in(out, from, draw);
            }
            if stretch == Some(place) && out.ends_with(|c: char| c.is_alphabetic()) {
                let last = out.chars().next_back().unwrap_or('a');
                (0..draw.range(1, 3)).for_each(|_| out.push(last));
            }
        }
        if !self.lower {
            capital(out);
        }
        if draw.chance(self.emoji) {
            out.push(' ');
            out.push_str(EMOJI[draw.index(EMOJI.len())]);
        }
    }
}

/// Latin letters without their marks, as on a phone whose keyboard is set to English.
fn plain(out: &mut String, from: usize) {
    let bare: String = out[from..]
        .chars()
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'ą' => 'a',
            'é' | 'è' | 'ê' | 'ë' | 'ę' => 'e',
            'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' | 'ć' => 'c',
            'ñ' | 'ń' => 'n',
            'ş' | 'ś' => 's',
            'ğ' => 'g',
            'ł' => 'l',
            'ż' | 'ź' => 'z',
            other => other,
        })
        .collect();
    out.replace_range(from.., &bare);
}

/// One slip in the word that starts at `from`: two letters swapped, one lost, one doubled.
fn slip_in(out: &mut String, from: usize, draw: &mut Draw) {
    let mut letters: Vec<char> = out[from..].chars().collect();
    if letters.len() < 4 || letters.iter().any(|c| !c.is_alphabetic()) {
        return;
    }
    let at = 1 + draw.index(letters.len() - 2);
    match draw.below(3) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        _ => letters.insert(at, letters[at]),
    }
    out.truncate(from);
    out.extend(letters);
}

fn capital(out: &mut String) {
    if let Some(first) = out.chars().next().filter(|c| c.is_lowercase()) {
        let upper: String = first.to_uppercase().collect();
        out.replace_range(..first.len_utf8(), &upper);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_close_up_and_words_survive() {
        let typist = Typist::of(1, 1, 0.0, 0.0);
        let mut draw = Draw::new(1, Stream::Talk, 1);
        let mut out = String::new();
        typist.type_out("  one  two , three ", &mut draw, &mut out);
        assert!(out.to_lowercase().starts_with("one two, thre"), "{out}");
    }

    #[test]
    fn a_slip_changes_one_word_by_little() {
        let mut draw = Draw::new(1, Stream::Talk, 1);
        for _ in 0..100 {
            let mut out = String::from("on wednesday");
            slip_in(&mut out, 3, &mut draw);
            assert!(out.starts_with("on ") && (8..=10).contains(&(out.len() - 3)), "{out}");
        }
    }
}
