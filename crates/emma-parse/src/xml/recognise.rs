//! The root of a document, from its first bytes.

use super::entity::Odd;
use super::lex::{Kind, Lexer};
use super::tree::{Element, parse};
use super::written;

/// The start of a document: its root as far as the first bytes show it.
pub(crate) struct Root {
    text: String,
}

/// The root of the document that `head` starts, if it starts one. What comes before it may only
/// be declarations and comments.
pub(crate) fn root(head: &[u8], whole: bool) -> Option<Root> {
    let written = written(head, whole);
    let mut lexer = Lexer::new(written.encoding);
    let mut start = written.mark_bytes;
    // A look at the first character spares binaries and other texts the rest.
    loop {
        let (at, kind) = lexer.next(head, start, true);
        match kind? {
            Kind::Text if at > start => {
                let text = written.encoding.decode(&head[start..at]);
                if !text.text.trim().is_empty() {
                    return None;
                }
            }
            Kind::Comment | Kind::Instruction | Kind::Doctype => {}
            Kind::Start | Kind::Empty => {
                let text = written.encoding.decode(&head[start..]).text.into_owned();
                return Some(Root { text });
            }
            _ => return None,
        }
        if at == start {
            return None;
        }
        start = at;
    }
}

impl Root {
    /// The root element, cut where the first bytes end.
    pub fn element(&self) -> Element<'_> {
        parse(&self.text, &mut Odd::default())
    }
}
