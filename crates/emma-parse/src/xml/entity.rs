//! References in values: the five of XML and numbers. Nothing else is ever expanded.

use emma_model::Anomaly;
use std::borrow::Cow;

/// What was odd about the values of one element, each told once.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Odd {
    /// Two halves of a character were written as two references and joined.
    pub surrogates: bool,
    /// A reference means no character, or one nobody declared; it is kept as written.
    pub reference: bool,
    /// Tags do not match or a tag is no tag.
    pub syntax: bool,
    /// An attribute stands twice; the first counts.
    pub repeated: bool,
}

impl Odd {
    /// The anomalies.
    pub fn report(self, anomalies: &mut Vec<Anomaly>) {
        let told = [
            (self.surrogates, "xml.surrogates", "two halves of a character were joined"),
            (self.reference, "xml.reference_unknown", "a reference has no meaning and is kept"),
            (self.syntax, "xml.syntax", "the tags of the element are not well formed"),
            (
                self.repeated,
                "xml.attribute_repeated",
                "an attribute stands twice; the first counts",
            ),
        ];
        let told = told.into_iter().filter(|(odd, ..)| *odd);
        anomalies.extend(told.map(|(_, kind, note)| Anomaly::new(kind, note)));
    }
}

/// Longest reference, from `&` to `;`.
const REFERENCE_BYTES_MAX: usize = 16;

/// The characters that a value stands for.
pub(crate) fn unescape<'a>(raw: &'a str, odd: &mut Odd) -> Cow<'a, str> {
    let Some(first) = memchr::memchr(b'&', raw.as_bytes()) else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    out.push_str(&raw[..first]);
    let mut rest = &raw[first..];
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match reference(rest) {
            Some((Value::Character(character), length)) => {
                out.push(character);
                length
            }
            Some((Value::High(high), length)) => match reference(&rest[length..]) {
                Some((Value::Low(low), more)) => {
                    let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    out.extend(char::from_u32(code));
                    odd.surrogates = true;
                    length + more
                }
                _ => {
                    odd.reference = true;
                    out.push_str(&rest[..length]);
                    length
                }
            },
            _ => {
                odd.reference = true;
                out.push('&');
                1
            }
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

enum Value {
    Character(char),
    High(u32),
    Low(u32),
}

/// The reference at the start of `text` and its length.
fn reference(text: &str) -> Option<(Value, usize)> {
    let inside = text.strip_prefix('&')?;
    let head = &inside.as_bytes()[..inside.len().min(REFERENCE_BYTES_MAX)];
    let end = memchr::memchr(b';', head)?;
    let name = &inside[..end];
    let value = match name {
        "amp" => Value::Character('&'),
        "lt" => Value::Character('<'),
        "gt" => Value::Character('>'),
        "quot" => Value::Character('"'),
        "apos" => Value::Character('\''),
        _ => number(name.strip_prefix('#')?)?,
    };
    Some((value, end + 2))
}

fn number(digits: &str) -> Option<Value> {
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    Some(match u32::from_str_radix(digits, radix).ok()? {
        0 => return None,
        high @ 0xd800..=0xdbff => Value::High(high),
        low @ 0xdc00..=0xdfff => Value::Low(low),
        code => Value::Character(char::from_u32(code)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters_and_odd_ones_stay() {
        let cases = [
            ("plain", "plain", Odd::default()),
            ("&lt;a&gt; &amp;&quot;&apos;", "<a> &\"'", Odd::default()),
            ("&#65;&#x1F600;", "A\u{1f600}", Odd::default()),
            ("&#55357;&#56832;!", "\u{1f600}!", Odd { surrogates: true, ..Odd::default() }),
            ("&#55357;x", "&#55357;x", Odd { reference: true, ..Odd::default() }),
            ("&#56832;&x;&", "&#56832;&x;&", Odd { reference: true, ..Odd::default() }),
            ("&#0;&#+5;&#;&lol1;", "&#0;&#+5;&#;&lol1;", Odd { reference: true, ..Odd::default() }),
        ];
        for (raw, text, expected) in cases {
            let mut odd = Odd::default();
            assert_eq!((&*unescape(raw, &mut odd), odd), (text, expected), "{raw}");
        }
    }
}
