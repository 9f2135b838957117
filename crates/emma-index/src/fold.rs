//! How characters compare in a search: case, accents, width, zero-width and confusable letters.
//!
//! Folding is a function of one character at a time, so that composed and decomposed spellings
//! meet without normalising whole texts:
//!
//! 1. Zero-width, bidirectional and variation controls and the combining marks of Latin, Greek,
//!    Cyrillic, Hebrew and Arabic are dropped; marks that other scripts write vowels with stay.
//! 2. What is left is decomposed for compatibility (width, ligatures, circled digits, Hangul to
//!    its letters), lower-cased, and mapped: `ß` to `ss`, `ø` to `o`, alef forms to alef, final
//!    sigma to sigma, digits of all scripts to ASCII. `й`, `ї` and `ў` are letters of their own
//!    and keep their mark.
//! 3. A word that mixes Latin with Cyrillic or Greek letters is written in one script where every
//!    letter of the other has a lookalike there ([`unmix`]).
//!
//! The original text is never changed: folding happens in the index and in queries alone.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a character does to the word it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Ends a word.
    Break,
    /// Counts as nothing, inside a word or outside.
    Strip,
    /// Part of a word.
    Word,
    /// A word of its own: scripts without spaces, and emoji.
    Single,
}

/// Scripts that take part in lookalike tricks.
pub(crate) const LATIN: u8 = 1;
/// See [`LATIN`].
pub(crate) const CYRILLIC: u8 = 2;
/// See [`LATIN`].
pub(crate) const GREEK: u8 = 4;

/// Characters below this are folded by table.
pub(crate) const TABLE_END: usize = 0x800;

/// One folded character of the table.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) class: Class,
    pub(crate) script: u8,
    length: u8,
    bytes: [u8; 5],
}

impl Entry {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length as usize]).unwrap_or("")
    }
}

/// The folding of every character below [`TABLE_END`].
pub(crate) static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut text = String::new();
    (0..TABLE_END as u32)
        .map(|code| {
            let c = char::from_u32(code).expect("no surrogates below U+0800");
            text.clear();
            let class = fold(c, &mut text);
            let mut entry = Entry { class, script: script(c), length: 0, bytes: [0; 5] };
            assert!(text.len() <= entry.bytes.len(), "foldings below U+0800 are short");
            entry.bytes[..text.len()].copy_from_slice(text.as_bytes());
            entry.length = text.len() as u8;
            entry
        })
        .collect()
});

/// The script of `c`, where it takes part in lookalike tricks.
pub(crate) fn script(c: char) -> u8 {
    match c as u32 {
        0x41..=0x5a | 0x61..=0x7a | 0xc0..=0x24f | 0x1e00..=0x1eff => LATIN,
        0xff21..=0xff3a | 0xff41..=0xff5a => LATIN,
        0x370..=0x3ff | 0x1f00..=0x1fff => GREEK,
        0x400..=0x52f => CYRILLIC,
        _ => 0,
    }
}

/// Folds `c`, appending what is left of it to `out`.
pub(crate) fn fold(c: char, out: &mut String) -> Class {
    if is_stripped(c) {
        return Class::Strip;
    }
    if is_single(c) {
        let before = out.len();
        out.extend(std::iter::once(c).nfkd().filter(|d| !is_stripped(*d)));
        return if out.len() == before { Class::Strip } else { Class::Single };
    }
    if is_combining_mark(c) {
        out.push(c);
        return Class::Word;
    }
    if keeps_its_mark(c) {
        out.extend(c.to_lowercase());
        return Class::Word;
    }
    let before = out.len();
    if let Some(digit) = digit(c) {
        out.push(digit);
    } else if c.is_alphanumeric() {
        for d in std::iter::once(c).nfkd() {
            for lower in d.to_lowercase() {
                push_letter(lower, out);
            }
        }
    }
    if out.len() == before { Class::Break } else { Class::Word }
}

fn push_letter(c: char, out: &mut String) {
    if is_stripped(c) {
        return;
    }
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ŧ' => out.push('t'),
        'ı' => out.push('i'),
        'ς' => out.push('σ'),
        '\u{671}' => out.push('\u{627}'),
        '\u{649}' | '\u{6cc}' => out.push('\u{64a}'),
        '\u{629}' | '\u{6c1}' => out.push('\u{647}'),
        '\u{6a9}' => out.push('\u{643}'),
        _ if c.is_alphanumeric() || is_combining_mark(c) => out.push(digit(c).unwrap_or(c)),
        _ => {}
    }
}

/// The letter that `mark` after `letter` makes, where the pair is a letter of its own.
pub(crate) fn compose(letter: char, mark: char) -> Option<char> {
    match (letter, mark) {
        ('и', '\u{306}') => Some('й'),
        ('у', '\u{306}') => Some('ў'),
        ('і', '\u{308}') => Some('ї'),
        _ => None,
    }
}

fn keeps_its_mark(c: char) -> bool {
    matches!(c, 'й' | 'Й' | 'ї' | 'Ї' | 'ў' | 'Ў')
}

fn is_stripped(c: char) -> bool {
    matches!(c as u32,
        0xad | 0x34f | 0x61c | 0x180b..=0x180f | 0xfeff
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
        | 0xfe00..=0xfe0f | 0xe0000..=0xe01ef
        | 0x300..=0x34e | 0x350..=0x36f | 0x483..=0x489
        | 0x591..=0x5bd | 0x5bf | 0x5c1..=0x5c2 | 0x5c4..=0x5c5 | 0x5c7
        | 0x610..=0x61a | 0x640 | 0x64b..=0x65f | 0x670
        | 0x6d6..=0x6dc | 0x6df..=0x6e4 | 0x6e7..=0x6e8 | 0x6ea..=0x6ed
        | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

fn is_single(c: char) -> bool {
    matches!(c as u32,
        // Thai, Lao, Myanmar, Khmer: letters, without their digits.
        0xe01..=0xe4e | 0xe81..=0xecf | 0x1000..=0x103f | 0x1780..=0x17d3
        // Kana, Bopomofo, Han.
        | 0x3005..=0x3007 | 0x3041..=0x312f | 0x31a0..=0x31ff | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0xff66..=0xff9f | 0x20000..=0x3ffff
        // Arrows, signs and emoji.
        | 0x203c | 0x2049 | 0x2190..=0x21ff | 0x2300..=0x23ff | 0x25a0..=0x27bf
        | 0x2934..=0x2935 | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
        && !is_bracket(c)
}

fn is_bracket(c: char) -> bool {
    matches!(c as u32, 0x2308..=0x230b | 0x2329..=0x232a | 0x2768..=0x2775)
}

/// First digits of the scripts whose numbers people write in chats.
const ZEROS: [u32; 18] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
    0xed0, 0xf20, 0x1040, 0x17e0, 0x1810,
];

fn digit(c: char) -> Option<char> {
    let code = c as u32;
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Lower-case Cyrillic and Greek letters with the ASCII letter each looks like, by code.
static LOOKALIKES: LazyLock<Vec<(char, u8)>> = LazyLock::new(|| {
    let prototype = |c: char| -> Option<u8> {
        let mut letters =
            unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).collect::<Vec<_>>();
        match (letters.pop(), letters.pop()) {
            (Some(letter), None) if letter.is_ascii_alphabetic() => {
                Some(letter.to_ascii_lowercase() as u8)
            }
            _ => None,
        }
    };
    (0x370..0x530)
        .filter_map(char::from_u32)
        .filter(|c| c.is_lowercase())
        .filter_map(|c| {
            // Small letters first; a capital is typed into a word as often (`ВANK`).
            let by_capital = || c.to_uppercase().next().and_then(prototype);
            Some((c, prototype(c).or_else(by_capital)?))
        })
        .collect()
});

/// Writes a folded word that mixes scripts in one of them, where lookalikes allow it.
///
/// All Latin if every other letter has a Latin lookalike, else all Cyrillic if every Latin letter
/// has a Cyrillic one, else unchanged.
pub(crate) fn unmix(word: &mut String) {
    let latin = |c: char| {
        let found = LOOKALIKES.binary_search_by_key(&c, |(letter, _)| *letter);
        found.ok().map(|at| LOOKALIKES[at].1 as char)
    };
    let cyrillic = |c: char| {
        let found =
            LOOKALIKES.iter().find(|(l, ascii)| *ascii as char == c && script(*l) == CYRILLIC);
        found.map(|(letter, _)| *letter)
    };
    let to_latin = |c: char| {
        if script(c) & !LATIN != 0 { latin(c) } else { Some(c) }
    };
    let to_cyrillic = |c: char| {
        if c.is_ascii_alphabetic() { cyrillic(c) } else { Some(c) }
    };
    if let Some(one) = word.chars().map(to_latin).collect::<Option<String>>() {
        *word = one;
    } else if let Some(one) = word.chars().map(to_cyrillic).collect::<Option<String>>() {
        *word = one;
    }
}
