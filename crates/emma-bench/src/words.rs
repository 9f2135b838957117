//! Invented vocabularies in several scripts, made of syllables, frequent words short.

use crate::draw::{Draw, Ranks};
use std::collections::HashSet;

/// Words of one language.
const WORDS: usize = 40_000;

/// The sounds of an invented language.
struct Sounds {
    /// Of 100 conversations, how many are in it.
    share: u32,
    onsets: &'static str,
    nuclei: &'static str,
    codas: &'static str,
}

/// `-` is silence. Several scripts, with the letters that folding has to get right.
const LANGUAGES: &[Sounds] = &[
    Sounds {
        share: 30,
        onsets: "- - - b d g h k l m n p r s t v w z st gr",
        nuclei: "a e i o u a e i o e aa ee ij ë",
        codas: "- - - - n t r l s k ng",
    },
    Sounds {
        share: 24,
        onsets: "- - - b c d f g h j l m n p r s t w th st",
        nuclei: "a e i o u a e i o ea ou y",
        codas: "- - - - n t r l s d ck",
    },
    Sounds {
        share: 14,
        onsets: "- - b c ch d f g j l m n p qu r s t v",
        nuclei: "a e i o u é è ê á í ó ñu oi ou ça ü ö",
        codas: "- - - - n s r l",
    },
    Sounds {
        share: 6,
        onsets: "- - b c ç d f g ğ h k l m n p s ş t y z",
        nuclei: "a e ı i o ö u ü",
        codas: "- - - n r l k m z ş",
    },
    Sounds {
        share: 14,
        onsets: "- - - б в г д ж з к л м н п р с т х ч ш",
        nuclei: "а е и о у ы э ю я ё й",
        codas: "- - - - н т р л с к в",
    },
    Sounds {
        share: 5,
        onsets: "- - β γ δ θ κ λ μ ν π ρ σ τ φ χ",
        nuclei: "α ε η ι ο υ ω ά έ ή ί ό ύ ώ ου αι",
        codas: "- - - ν ς ρ",
    },
    Sounds {
        share: 7,
        onsets: "ا ب ت ج ح د ر ز س ش ص ع ف ق ك ل م ن ه و ي",
        nuclei: "- - ا و ي",
        codas: "- - ن م ر ة",
    },
];

/// Frequent words are short: ranks below the first number have one syllable, and so on.
const SYLLABLES_BY_RANK: [usize; 2] = [400, 20_000];

/// The words of all languages, drawn by Zipf's law.
pub struct Words {
    languages: Vec<Vec<String>>,
    shares: Ranks,
    ranks: Ranks,
}

impl Words {
    /// Makes the vocabularies for `seed`.
    pub fn new(seed: u64) -> Words {
        let mut draw = Draw::new(seed ^ 0x776f_7264);
        let languages = LANGUAGES.iter().map(|sounds| vocabulary(sounds, &mut draw)).collect();
        let shares: Vec<f64> = LANGUAGES.iter().map(|sounds| f64::from(sounds.share)).collect();
        Words { languages, shares: Ranks::of(&shares), ranks: Ranks::zipf(WORDS, 2.7, 2) }
    }

    /// A language, by its share.
    pub fn language(&self, draw: &mut Draw) -> usize {
        self.shares.draw(draw)
    }

    /// A word of `language`, by its frequency.
    pub fn word(&self, language: usize, draw: &mut Draw) -> &str {
        &self.languages[language][self.ranks.draw(draw)]
    }
}

fn vocabulary(sounds: &Sounds, draw: &mut Draw) -> Vec<String> {
    let list = |text: &'static str| -> Vec<&'static str> { text.split(' ').collect() };
    let (onsets, nuclei, codas) = (list(sounds.onsets), list(sounds.nuclei), list(sounds.codas));
    let mut seen = HashSet::new();
    let mut words = Vec::with_capacity(WORDS);
    while words.len() < WORDS {
        let rank = words.len();
        let fewest = 1 + SYLLABLES_BY_RANK.iter().filter(|bound| rank >= **bound).count();
        let mut word = String::new();
        // A short word that is taken grows until it is new.
        for syllable in 0.. {
            for part in [draw.pick(&onsets), draw.pick(&nuclei), draw.pick(&codas)] {
                if *part != "-" {
                    word.push_str(part);
                }
            }
            if syllable + 1 >= fewest && !word.is_empty() && seen.insert(word.clone()) {
                break;
            }
        }
        words.push(word);
    }
    words
}
