//! The names by which a mapping's values point into the data.
//!
//! | written | means |
//! | --- | --- |
//! | `NAME` | the column, JSON key (`a.b` goes into objects) or named group |
//! | `column:NAME` | the same, for a name that starts like one of the others |
//! | `body` | the lines after a log record's header |
//! | `path:GROUP` | a named group of the `path` pattern |
//! | `parent:KEY`, `parent2:KEY` | a key of the object around the list of records, or further out |
//! | `value:TEXT` | the text itself |

use super::cells::CellSource;
use super::error::Problem;
use super::schema::Layout;
use std::ops::Range;

/// Where a reference points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Reference {
    /// Into the data.
    Cell(CellSource),
    /// Nowhere: a constant.
    Value(String),
}

/// Reads a reference; what it names is checked by the caller.
pub(super) fn read(text: &str, span: &Range<usize>, layout: Layout) -> Result<Reference, Problem> {
    if text.is_empty() {
        let message = format!("a {} needs a name", layout.column_noun());
        return Err(Problem::new(span.clone(), message));
    }
    if layout == Layout::Log && text == "body" {
        return Ok(Reference::Cell(CellSource::Body));
    }
    let Some((prefix, rest)) = text.split_once(':') else {
        return Ok(Reference::Cell(CellSource::Column(text.to_owned())));
    };
    match prefix {
        "column" => Ok(Reference::Cell(CellSource::Column(rest.to_owned()))),
        "value" => Ok(Reference::Value(rest.to_owned())),
        "path" => Ok(Reference::Cell(CellSource::Path(rest.to_owned()))),
        _ => match parent_level(prefix) {
            Some(level) => parent(level, rest, span, layout),
            // Any other colon belongs to the column's name.
            None => Ok(Reference::Cell(CellSource::Column(text.to_owned()))),
        },
    }
}

fn parent_level(prefix: &str) -> Option<usize> {
    match prefix.strip_prefix("parent")? {
        "" => Some(1),
        digits => digits.parse().ok().filter(|level| (1..=9).contains(level)),
    }
}

fn parent(
    level: usize,
    key: &str,
    span: &Range<usize>,
    layout: Layout,
) -> Result<Reference, Problem> {
    if layout != Layout::Json {
        return Err(Problem::new(span.clone(), "only layout \"json\" has objects around records")
            .suggest("take the value from a column, or from the path with path:GROUP"));
    }
    Ok(Reference::Cell(CellSource::Parent { level, key: key.to_owned() }))
}

/// A piece of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// Constant characters.
    Text(String),
    /// A reference between braces.
    Name(String),
}

/// Cuts `"{path:date} {clock}"` into pieces. `{{` and `}}` stand for braces.
pub(super) fn template(text: &str, span: &Range<usize>) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        let end = if brace == "{" { rest.find('}') } else { None };
        let Some(end) = end else {
            return Err(Problem::new(span.clone(), "a brace in a template has no partner")
                .suggest("write {{ or }} for a brace itself"));
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Name(rest[..end].to_owned()));
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// Cuts a JSON key path at its full stops; `\.` is a full stop inside a key.
pub(super) fn key_path(name: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next) => keys.last_mut().expect("one key at least").push(next),
                None => keys.last_mut().expect("one key at least").push('\\'),
            },
            '.' => keys.push(String::new()),
            c => keys.last_mut().expect("one key at least").push(c),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_cut_at_braces() {
        let pieces = template("{a}-{{x}} {path:b}", &(0..0)).unwrap();
        let text = |t: &str| Piece::Text(t.to_owned());
        let name = |t: &str| Piece::Name(t.to_owned());
        assert_eq!(pieces, [name("a"), text("-{x} "), name("path:b")]);
        assert!(template("{a", &(0..0)).is_err());
        assert!(template("a}", &(0..0)).is_err());
    }

    #[test]
    fn key_paths_go_into_objects() {
        assert_eq!(key_path("a.b\\.c"), ["a", "b.c"]);
    }

    #[test]
    fn prefixes_say_where_a_name_points() {
        let read = |text, layout| read(text, &(0..0), layout);
        let column = |name: &str| Reference::Cell(CellSource::Column(name.to_owned()));
        assert_eq!(read("a:b", Layout::Delimited).unwrap(), column("a:b"));
        assert_eq!(read("column:path:b", Layout::Delimited).unwrap(), column("path:b"));
        assert_eq!(read("value:x", Layout::Json).unwrap(), Reference::Value("x".to_owned()));
        assert_eq!(read("body", Layout::Log).unwrap(), Reference::Cell(CellSource::Body));
        assert!(read("parent:x", Layout::Log).is_err());
        let parent = CellSource::Parent { level: 2, key: "x".to_owned() };
        assert_eq!(read("parent2:x", Layout::Json).unwrap(), Reference::Cell(parent));
    }
}
