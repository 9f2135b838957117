//! Cutting a text into folded words, in one pass, for the index, queries and highlights alike.
//!
//! A word is a run of letters and digits (in any script); scripts written without spaces and
//! emoji give one word a character. Everything else separates. What a query writes as one word
//! but folds into several (`don't`, `a@b.example`) is searched as a phrase.

use crate::fold::{self, Class, TABLE, TABLE_END};
use std::ops::Range;

/// A longer run of letters is cut into words of about this many bytes, so that none is lost.
pub const WORD_BYTES_MAX: usize = 240;

/// A folded word and where it stands in the original text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The folded word.
    pub text: String,
    /// Bytes of the original it was read from, whole characters.
    pub span: Range<usize>,
}

/// All words of `text`, in order. A word's index is its position.
pub fn words(text: &str) -> Vec<Word> {
    let mut scanner = Scanner::default();
    let mut out = Vec::new();
    let mut word = String::new();
    while let Some(span) = scanner.advance(text, &mut word) {
        out.push(Word { text: word.clone(), span });
    }
    out
}

/// Walks over a text word by word.
#[derive(Clone, Default)]
pub(crate) struct Scanner {
    /// Next byte to read.
    at: usize,
    /// Characters that one original character decomposed into, last first, still to be given.
    pending: Vec<char>,
    /// The span of those.
    pending_span: Range<usize>,
}

/// What one original character does.
enum Step<'a> {
    Skip,
    End,
    Extend(&'a str, u8),
    Single,
}

impl Scanner {
    /// Puts the next folded word into `word` and returns its span.
    pub(crate) fn advance(&mut self, text: &str, word: &mut String) -> Option<Range<usize>> {
        word.clear();
        if let Some(c) = self.pending.pop() {
            word.push(c);
            return Some(self.pending_span.clone());
        }
        let bytes = text.as_bytes();
        let table = &TABLE[..];
        let mut scripts = 0u8;
        let mut span = 0..0;
        let mut slow = String::new();
        while let Some(&byte) = bytes.get(self.at) {
            if byte < 0x80 {
                let run = push_ascii(&text[self.at..], word, &mut scripts);
                if run == 0 && !word.is_empty() {
                    break;
                }
                if run == word.len() {
                    span.start = self.at;
                }
                self.at += run.max(1);
                span.end = self.at;
            } else {
                let Some(c) = text[self.at..].chars().next() else {
                    break;
                };
                let next = self.at + c.len_utf8();
                match step(c, table, &mut slow) {
                    Step::Skip => {
                        self.at = next;
                        if !word.is_empty() {
                            span.end = next;
                            recompose(word, c);
                        }
                        continue;
                    }
                    Step::End if word.is_empty() => {
                        self.at = next;
                        continue;
                    }
                    Step::End => break,
                    Step::Single if word.is_empty() => {
                        let whole = self.at..next;
                        self.at = next;
                        return Some(self.single(word, &slow, whole));
                    }
                    Step::Single => break,
                    Step::Extend(letters, script) => {
                        if word.is_empty() {
                            span.start = self.at;
                        }
                        word.push_str(letters);
                        scripts |= script;
                        self.at = next;
                        span.end = next;
                    }
                }
            }
            if word.len() >= WORD_BYTES_MAX {
                break;
            }
        }
        if word.is_empty() {
            return None;
        }
        if scripts & fold::LATIN != 0 && scripts & (fold::CYRILLIC | fold::GREEK) != 0 {
            fold::unmix(word);
        }
        Some(span)
    }

    fn single(&mut self, word: &mut String, folded: &str, span: Range<usize>) -> Range<usize> {
        self.pending.extend(folded.chars().rev());
        self.pending_span = span.clone();
        word.extend(self.pending.pop());
        span
    }
}

/// Appends the ASCII letters and digits that `text` starts with, lower-cased and as far as a
/// word may grow, and says how many.
fn push_ascii(text: &str, word: &mut String, scripts: &mut u8) -> usize {
    let most = (WORD_BYTES_MAX - word.len()).min(text.len());
    let bytes = &text.as_bytes()[..most];
    let run = bytes.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(most);
    if bytes[..run].iter().any(u8::is_ascii_alphabetic) {
        *scripts |= fold::LATIN;
    }
    let folded = word.len();
    word.push_str(&text[..run]);
    word[folded..].make_ascii_lowercase();
    run
}

fn step<'a>(c: char, table: &'a [fold::Entry], slow: &'a mut String) -> Step<'a> {
    let code = c as usize;
    if code < TABLE_END {
        let entry = &table[code];
        return match entry.class {
            Class::Break => Step::End,
            Class::Strip => Step::Skip,
            Class::Word => Step::Extend(entry.text(), entry.script),
            Class::Single => {
                slow.clear();
                slow.push_str(entry.text());
                Step::Single
            }
        };
    }
    // Dashes, quotes, ellipsis: the non-ASCII characters most texts have.
    if matches!(code, 0x2010..=0x2027 | 0x2030..=0x203b) {
        return Step::End;
    }
    slow.clear();
    match fold::fold(c, slow) {
        Class::Break => Step::End,
        Class::Strip => Step::Skip,
        Class::Word => Step::Extend(slow, fold::script(c)),
        Class::Single => Step::Single,
    }
}

/// Keeps the mark of letters that are their own when the text writes it apart.
fn recompose(word: &mut String, mark: char) {
    let Some(last) = word.chars().next_back() else {
        return;
    };
    if let Some(whole) = fold::compose(last, mark) {
        word.pop();
        word.push(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<String> = words(text).into_iter().map(|w| w.text).collect();
        assert_eq!(found, expect, "words of {text:?}");
    }

    #[test]
    fn case_accents_width_and_ligatures_fold() {
        check("Grüße, ÉTÉ naïve", &["grusse", "ete", "naive"]);
        check("e\u{301}te\u{301} Ａｂｃ１ ﬁne ①", &["ete", "abc1", "fine", "1"]);
        check("Łódź Ærø İstanbul ısı", &["lodz", "aero", "istanbul", "isi"]);
    }

    #[test]
    fn cyrillic_keeps_short_i_and_folds_yo() {
        check("Ёлка ЙОД и\u{306}од Київ", &["елка", "йод", "йод", "київ"]);
    }

    #[test]
    fn greek_and_arabic_forms_meet() {
        check("Ὀδυσσεύς ΟΔΥΣΣΕΥΣ", &["οδυσσευσ", "οδυσσευσ"]);
        check("أحمد احمد مُحَمَّد محـــمد ٣٤", &["احمد", "احمد", "محمد", "محمد", "34"]);
    }

    #[test]
    fn zero_width_and_bidi_controls_do_not_cut_words() {
        check("pic\u{200b}k\u{202e} u\u{ad}p", &["pick", "up"]);
    }

    #[test]
    fn words_that_mix_scripts_are_written_in_one() {
        // Cyrillic а and о in a Latin word; Latin o and p in a Cyrillic one; a Cyrillic В.
        check("p\u{430}yp\u{430}l m\u{43e}ney", &["paypal", "money"]);
        check("\u{412}ANK", &["bank"]);
        check("\u{434}o\u{43b}\u{433}", &["долг"]);
        // Words of one script stay, with digits and behind Latin words too.
        check("a сор сор2 2сор", &["a", "сор", "сор2", "2сор"]);
    }

    #[test]
    fn scripts_without_spaces_and_emoji_give_one_word_a_character() {
        check("東京へ go", &["東", "京", "へ", "go"]);
        check("ok💊💊!", &["ok", "💊", "💊"]);
        check("が", &["か", "\u{3099}"]);
        check("か\u{3099}", &["か", "\u{3099}"]);
    }

    #[test]
    fn separators_cut_and_long_runs_are_cut_not_lost() {
        check("don't a_b x-y 3.14 …—“q”", &["don", "t", "a", "b", "x", "y", "3", "14", "q"]);
        let long = "x".repeat(WORD_BYTES_MAX * 2 + 7);
        let lengths: Vec<usize> = words(&long).iter().map(|w| w.text.len()).collect();
        assert_eq!(lengths, [WORD_BYTES_MAX, WORD_BYTES_MAX, 7]);
    }

    proptest! {
        #[test]
        fn spans_are_ordered_whole_characters(text in any::<String>()) {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(text.get(word.span.clone()).is_some());
                prop_assert!(word.span.start >= end || word.span.end == end);
                prop_assert!(!word.text.is_empty());
                end = word.span.end;
            }
        }

        #[test]
        fn folding_folded_words_changes_nothing(
            text in "[a-zA-Zа-яА-ЯёЁα-ωÀ-ÿ\u{300}-\u{308} ]{0,40}",
        ) {
            for word in words(&text) {
                let again: Vec<String> = words(&word.text).into_iter().map(|w| w.text).collect();
                prop_assert_eq!(again, vec![word.text]);
            }
        }

        #[test]
        fn words_do_not_depend_on_what_stands_around_them(
            a in "[a-cсорё0-9東é\u{306}]{0,8}", b in any::<String>()
        ) {
            let texts = |text: &str| words(text).into_iter().map(|w| w.text).collect::<Vec<_>>();
            let mut apart = texts(&a);
            apart.extend(texts(&b));
            prop_assert_eq!(texts(&format!("{a} {b}")), apart);
        }
    }
}
