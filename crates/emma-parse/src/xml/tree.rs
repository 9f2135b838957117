//! The values of one element: a small tree over its decoded characters.

use super::entity::{Odd, unescape};
use std::borrow::Cow;

/// An element as written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Element<'a> {
    /// Its name without the prefix.
    pub name: &'a str,
    /// Its prefix, empty without one.
    pub prefix: &'a str,
    /// Its attributes as written, prefixes included.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// What is inside, in order.
    pub nodes: Vec<Node<'a>>,
}

/// What an element holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Node<'a> {
    /// Another element.
    Element(Element<'a>),
    /// Characters.
    Text(Cow<'a, str>),
}

/// Deepest nesting that is kept, so that a tree can be dropped; limits of records are far lower.
const DEPTH_MAX: usize = 1_024;
/// Attributes among which a repeated name is looked for.
const REPEATED_ATTRIBUTES_MAX: usize = 64;

impl<'a> Element<'a> {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Cow<'a, str>> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The elements inside, one level down.
    pub fn elements(&self) -> impl Iterator<Item = &Element<'a>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element of that name one level down.
    pub fn child(&self, name: &str) -> Option<&Element<'a>> {
        self.elements().find(|element| element.name == name)
    }

    /// The characters one level down, joined.
    pub fn text(&self) -> Cow<'a, str> {
        let mut texts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) => None,
        });
        let Some(first) = texts.next() else { return Cow::Borrowed("") };
        let mut joined = first.clone();
        for more in texts {
            joined.to_mut().push_str(more);
        }
        joined
    }

    /// True where it holds elements.
    pub fn is_parent(&self) -> bool {
        self.elements().next().is_some()
    }

    /// Its default namespace where it declares one itself.
    pub fn namespace(&self) -> &str {
        let declares = |key: &str| match key.strip_prefix("xmlns") {
            Some("") => self.prefix.is_empty(),
            Some(rest) => rest.strip_prefix(':') == Some(self.prefix) && !self.prefix.is_empty(),
            None => false,
        };
        self.attributes.iter().find(|(key, _)| declares(key)).map_or("", |(_, value)| value)
    }
}

/// Reads an element from its start tag on. Whatever follows its end is not looked at; what is
/// cut off at the end of `text` ends there.
pub(crate) fn parse<'a>(text: &'a str, odd: &mut Odd) -> Element<'a> {
    let mut stack: Vec<Element<'a>> = Vec::new();
    let mut at = 0;
    while at < text.len() && stack.len() < DEPTH_MAX {
        let rest = &text[at..];
        if !rest.starts_with('<') {
            let end = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            push(&mut stack, Node::Text(unescape(&rest[..end], odd)));
            at += end;
        } else if let Some(length) = section(rest, "<!--", "-->") {
            at += length;
        } else if let Some(length) = section(rest, "<![CDATA[", "]]>") {
            let inside = rest[..length].strip_suffix("]]>").unwrap_or(&rest[..length]);
            push(&mut stack, Node::Text(Cow::Borrowed(inside.get(9..).unwrap_or(""))));
            at += length;
        } else if let Some(length) = section(rest, "<?", "?>") {
            at += length;
        } else if let Some(inside) = rest.strip_prefix("</") {
            let end = memchr::memchr2(b'>', b'<', inside.as_bytes()).unwrap_or(inside.len());
            odd.syntax |= inside.as_bytes().get(end) != Some(&b'>');
            if let Some(root) = close(&mut stack, inside[..end].trim_end(), odd) {
                return root;
            }
            at += (2 + end + 1).min(rest.len());
        } else {
            let (element, length, empty) = tag(rest, odd);
            at += length;
            match element {
                Some(element) if empty && stack.is_empty() => return element,
                Some(element) if empty => push(&mut stack, Node::Element(element)),
                Some(element) => stack.push(element),
                None => odd.syntax = true,
            }
        }
    }
    loop {
        let Some(last) = stack.pop() else { return Element::default() };
        if stack.is_empty() {
            return last;
        }
        push(&mut stack, Node::Element(last));
    }
}

/// Reads one tag, as far as it goes.
pub(crate) fn parse_tag<'a>(text: &'a str, odd: &mut Odd) -> Element<'a> {
    tag(text, odd).0.unwrap_or_default()
}

fn push<'a>(stack: &mut [Element<'a>], node: Node<'a>) {
    if let Some(open) = stack.last_mut() {
        open.nodes.push(node);
    }
}

/// The length of a section from `open` to `close`, or to the end.
fn section(text: &str, open: &str, close: &str) -> Option<usize> {
    let inside = text.strip_prefix(open)?;
    let end = memchr::memmem::find(inside.as_bytes(), close.as_bytes());
    Some(end.map_or(text.len(), |end| open.len() + end + close.len()))
}

/// Closes the innermost element of that name and all inside it; the root, if it was the root.
fn close<'a>(stack: &mut Vec<Element<'a>>, name: &str, odd: &mut Odd) -> Option<Element<'a>> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let found = stack.iter().rposition(|open| open.name == local && open.prefix == prefix);
    odd.syntax |= found.is_none_or(|found| found + 1 != stack.len());
    let found = found?;
    while let Some(last) = stack.pop() {
        if stack.is_empty() {
            return Some(last);
        }
        push(stack, Node::Element(last));
        if stack.len() == found {
            break;
        }
    }
    None
}

/// The start tag at the start of `text`, its length, and whether it closes itself.
fn tag<'a>(text: &'a str, odd: &mut Odd) -> (Option<Element<'a>>, usize, bool) {
    let bytes = text.as_bytes();
    let is_name = |byte: u8| {
        !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/' | b'<' | b'"' | b'\'')
    };
    let skip = |mut at: usize, test: &dyn Fn(u8) -> bool| {
        while at < bytes.len() && test(bytes[at]) {
            at += 1;
        }
        at
    };
    let white = |byte: u8| byte.is_ascii_whitespace();
    let name_end = skip(1, &is_name);
    let (prefix, name) = text[1..name_end].split_once(':').unwrap_or(("", &text[1..name_end]));
    let starts = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':') || !c.is_ascii();
    if name.is_empty() || !text[1..].starts_with(starts) {
        return (None, 1, false);
    }
    let mut element = Element { name, prefix, ..Element::default() };
    let mut at = name_end;
    loop {
        at = skip(at, &white);
        match bytes.get(at) {
            None | Some(b'<') => {
                odd.syntax = true;
                return (Some(element), at, false);
            }
            Some(b'>') => return (Some(element), at + 1, false),
            Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                return (Some(element), at + 2, true);
            }
            _ => {}
        }
        let key_end = skip(at, &is_name);
        let equals = skip(key_end, &white);
        let open = skip((equals + 1).min(bytes.len()), &white);
        let quote = bytes.get(open).copied().filter(|quote| matches!(quote, b'"' | b'\''));
        match quote.filter(|_| key_end > at && bytes.get(equals) == Some(&b'=')) {
            Some(quote) => {
                let inside = &text[open + 1..];
                let end = memchr::memchr2(quote, b'<', inside.as_bytes()).unwrap_or(inside.len());
                add(&mut element, &text[at..key_end], unescape(&inside[..end], odd), odd);
                let closed = inside.as_bytes().get(end) == Some(&quote);
                at = open + 1 + end + usize::from(closed);
            }
            None => {
                odd.syntax = true;
                // A character that starts no attribute is stepped over, whole.
                let step = text[at..].chars().next().map_or(1, char::len_utf8);
                at = key_end.max(at + step);
            }
        }
    }
}

fn add<'a>(element: &mut Element<'a>, key: &'a str, value: Cow<'a, str>, odd: &mut Odd) {
    if element.attributes.len() < REPEATED_ATTRIBUTES_MAX {
        odd.repeated |= element.attribute(key).is_some();
    }
    element.attributes.push((key, value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_read_with_all_it_holds() {
        let mut odd = Odd::default();
        let text = "<p:a x='1' y = \"&lt;\"><b/>t<!-- - --><![CDATA[<&]]></p:a> rest";
        let element = parse(text, &mut odd);
        assert_eq!((element.name, element.prefix), ("a", "p"));
        assert_eq!(element.attributes, [("x", "1".into()), ("y", "<".into())]);
        assert_eq!((element.child("b").is_some(), &*element.text()), (true, "t<&"));
        assert_eq!(odd, Odd::default());
    }

    #[test]
    fn damage_is_told_and_costs_little() {
        for text in ["<a><b>t</a>", "<a></c><b>t</b></a>", "<a x><b>t</b></a>", "<a <b>t</b></a>"] {
            let mut odd = Odd::default();
            let element = parse(text, &mut odd);
            assert_eq!(element.child("b").map(|b| b.text().into_owned()), Some("t".to_owned()));
            assert!(odd.syntax, "{text}");
        }
    }
}
