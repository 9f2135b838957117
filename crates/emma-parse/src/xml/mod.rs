//! XML, walked and never loaded: a format names the elements it wants, everything else is framing.
//!
//! 1. [`lex`] finds where tags and texts end, in bytes, whatever their length.
//! 2. [`walk`] keeps the path of open elements and asks a format's [`Reader`] what each new one
//!    is: something to go into, a record, or a head that says something about what follows
//!    ([`reader`]).
//! 3. An element that is wanted is held whole, if it is not longer than a record may be, and its
//!    characters are read into a small tree ([`tree`]). A longer one becomes anomaly chunks, and
//!    reading goes on after it.
//!
//! Declared entities are never expanded, nor is anything fetched: a document type that declares
//! something is framing with an anomaly, a reference to it stays as written ([`entity`]).

pub(crate) mod clock;
mod element;
mod entity;
mod lex;
mod reader;
mod recognise;
mod skim;
mod tree;
mod values;
mod walk;

pub(crate) use reader::{Open, Place, Reader, Take};
pub(crate) use recognise::root;
pub(crate) use tree::{Element, Node};
pub(crate) use values::{Values, flatten, other};
pub(crate) use walk::read;

use crate::text::{self, Encoding};
use tree::parse_tag;

/// How the characters of a document are written, the length of its mark, and whether it says
/// something else of itself.
struct Written {
    encoding: Encoding,
    mark_bytes: usize,
    contradicted: bool,
}

/// Longest declaration that is looked at for an encoding.
const DECLARATION_BYTES_MAX: usize = 256;

/// Tells the encoding: by mark or shape if it is wide, else by what the declaration says.
fn written(head: &[u8], whole: bool) -> Written {
    let detected = text::detect(head, whole);
    let mark_bytes = detected.mark_bytes;
    let wide = detected.encoding.unit_bytes() == 2;
    let known = |encoding| Written { encoding, mark_bytes, contradicted: false };
    if wide || mark_bytes > 0 {
        return known(detected.encoding);
    }
    let head = &head[..head.len().min(DECLARATION_BYTES_MAX)];
    let Some(inside) = head.strip_prefix(b"<?") else { return known(Encoding::Utf8) };
    let length = memchr::memmem::find(inside, b"?>").unwrap_or(inside.len());
    let declaration = String::from_utf8_lossy(&inside[..length]);
    let tag = format!("<{declaration}>");
    let declared = parse_tag(&tag, &mut entity::Odd::default());
    let encoding = declared.attribute("encoding").and_then(|label| Encoding::for_label(label));
    match encoding {
        // The bytes are not wide, whatever they say.
        Some(wide) if wide.unit_bytes() == 2 => {
            Written { encoding: Encoding::Utf8, mark_bytes, contradicted: true }
        }
        Some(encoding) => known(encoding),
        None => known(Encoding::Utf8),
    }
}
