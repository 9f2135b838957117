//! The lines of a card: folds undone, name, parameters and value told apart.

use super::decode;
use crate::text::Encoding;

/// A property of a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Property {
    /// Its name, upper case, without a group.
    pub name: String,
    /// The group before its name (`item1`), if any.
    pub group: Option<String>,
    /// Its parameters as (name, value), names upper case; bare words of 2.1 are `TYPE`s.
    pub parameters: Vec<(String, String)>,
    /// Its value, decoded but not unescaped.
    pub value: String,
    /// Bytes did not decode in the character set that is stated.
    pub replaced: bool,
}

impl Property {
    /// The values of a parameter.
    pub fn all<'p>(&'p self, name: &'static str) -> impl Iterator<Item = &'p str> + 'p {
        let named = self.parameters.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// True where the value is base64.
    pub fn is_base64(&self) -> bool {
        self.all("ENCODING").any(|word| matches!(word.to_uppercase().as_str(), "B" | "BASE64"))
    }
}

/// The properties of a card's bytes, and how many lines are none.
pub(super) fn properties(card: &[u8]) -> (Vec<Property>, usize) {
    let (mut out, mut odd) = (Vec::new(), 0);
    let mut rest = card;
    while !rest.is_empty() {
        let line = logical(&mut rest);
        match property(&line) {
            Some(property) => out.push(property),
            None => odd += usize::from(!line.trim_ascii().is_empty()),
        }
    }
    (out, odd)
}

/// Takes a line with its continuations off `rest`.
fn logical(rest: &mut &[u8]) -> Vec<u8> {
    let mut line = physical(rest).to_vec();
    let quoted = is_quoted(&line);
    loop {
        if quoted && line.ends_with(b"=") && !rest.is_empty() {
            line.pop();
            line.extend_from_slice(physical(rest));
        } else if matches!(rest.first(), Some(b' ' | b'\t')) {
            let next = physical(rest);
            // Writers of 2.1 end base64 with a blank line of one space.
            line.extend_from_slice(&next[1..]);
        } else {
            return line;
        }
    }
}

fn physical<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
    let (line, after) = rest.split_at(end);
    *rest = after;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_quoted(line: &[u8]) -> bool {
    let head = &line[..memchr::memchr(b':', line).unwrap_or(0)];
    memchr::memmem::find(&head.to_ascii_uppercase(), b"QUOTED-PRINTABLE").is_some()
}

fn property(line: &[u8]) -> Option<Property> {
    let colon = value_colon(line)?;
    let head = String::from_utf8_lossy(&line[..colon]);
    let raw = &line[colon + 1..];
    let mut parts = split(&head, ';').into_iter();
    let full = parts.next()?.trim().to_owned();
    let (group, name) = match full.rsplit_once('.') {
        Some((group, name)) => (Some(group.to_owned()), name),
        None => (None, full.as_str()),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let mut parameters = Vec::new();
    for part in parts {
        match part.split_once('=') {
            Some((name, values)) => {
                for value in split(values, ',') {
                    let value = value.trim().trim_matches('"').to_owned();
                    parameters.push((name.trim().to_uppercase(), value));
                }
            }
            None => {
                let word = part.trim();
                let name = match word.to_uppercase().as_str() {
                    "QUOTED-PRINTABLE" | "BASE64" => "ENCODING",
                    _ => "TYPE",
                };
                parameters.push((name.to_owned(), word.to_owned()));
            }
        }
    }
    let quoted = is_quoted(line);
    let charset = parameters.iter().find(|(name, _)| name == "CHARSET");
    let encoding = charset.and_then(|(_, label)| Encoding::for_label(label));
    let bytes = if quoted { decode::quoted_printable(raw) } else { raw.to_vec() };
    let mut text = encoding.unwrap_or(Encoding::Utf8).decode(&bytes);
    let replaced = text.replaced;
    if replaced && encoding.is_none() {
        text = Encoding::for_label("windows-1252").expect("a known label").decode(&bytes);
    }
    let (name, value) = (name.to_uppercase(), text.text.into_owned());
    Some(Property { name, group, parameters, value, replaced })
}

/// The colon before the value: the first outside quotation marks.
fn value_colon(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    // Marks that do not pair are no quotation.
    memchr::memchr(b':', line)
}

/// Splits at `separator` outside quotation marks.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// Splits a value at `separator` where no backslash stands before it, and unescapes the pieces.
pub(super) fn pieces(value: &str, separator: char) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        let last = out.last_mut().expect("there is always one");
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => last.push('\n'),
                Some(escaped @ ('\\' | ',' | ';' | ':')) => last.push(escaped),
                // Card 2.1 has hardly any escapes: what is none stays as it is.
                Some(other) => last.extend(['\\', other]),
                None => last.push('\\'),
            },
            c if c == separator => out.push(String::new()),
            c => last.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_unfolded_and_taken_apart() {
        let card = b"item1.TEL;TYPE=cell,\"voice\";PREF=1:+44\r\n 7700\r\n\
            NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:caf=C3=A9=\r\n=20x\r\n\
            TEL;HOME:1\r\nodd\r\n";
        let (found, odd) = properties(card);
        assert_eq!(odd, 1);
        assert_eq!(found[0].name, "TEL");
        assert_eq!(found[0].group.as_deref(), Some("item1"));
        assert_eq!(found[0].all("TYPE").collect::<Vec<_>>(), ["cell", "voice"]);
        assert_eq!(found[0].value, "+447700");
        assert_eq!(found[1].value, "café x");
        assert_eq!(found[2].all("TYPE").collect::<Vec<_>>(), ["HOME"]);
    }

    #[test]
    fn pieces_are_unescaped() {
        assert_eq!(pieces(r"a\;b;c\,d\n;;\e", ';'), ["a;b", "c,d\n", "", "\\e"]);
    }
}
