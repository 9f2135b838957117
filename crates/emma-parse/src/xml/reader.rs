//! What a format says about its documents, and what it is told.

use super::lex::Name;
use super::tree::Element;
use emma_model::record::Origin;
use emma_model::{Anomaly, Record};

/// Bytes of attributes kept of an open element.
const OPEN_BYTES_MAX: usize = 4 << 10;

/// What to do with an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Take {
    /// Its tags are framing; what is inside is asked about in turn.
    Walk,
    /// It is a record, whole.
    Record,
    /// It is framing, whole, and says something about what follows.
    Head,
    /// It is a record up to the first element in it that [`Reader::ends_part`] names, from which
    /// on it is walked.
    Part,
}

/// An element that is walked, not yet closed.
pub(crate) struct Open {
    pub(super) name: Name,
    /// Its name without the prefix.
    pub local: String,
    /// Its attributes; long ones are left out.
    pub attributes: Vec<(String, String)>,
    /// Its start tag, or the record that it starts with.
    pub place: Place,
}

impl Open {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Where something stands in the member.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Place {
    /// Its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl Place {
    /// As the origin of a value.
    pub fn origin(self) -> Origin {
        Origin::Leaf { offset: self.offset, length: self.length }
    }
}

/// What a format says about the elements of its documents.
pub(crate) trait Reader {
    /// Local names of elements that cannot stand inside a record: where one starts, the record
    /// before it was broken off.
    const ALONE: &'static [&'static str];

    /// What the element that starts with `tag` inside `path` is.
    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take;

    /// True for an element that ends the record of the [`Take::Part`] around it.
    fn ends_part(&self, _tag: &Element<'_>) -> bool {
        false
    }

    /// A head.
    fn head(&mut self, _path: &[Open], _element: &Element<'_>, _place: Place) {}

    /// A record's values.
    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a>;

    /// The last element of `path` ends.
    fn leave(&mut self, _path: &[Open]) {}
}

/// An element that starts with `tag` is walked.
pub(super) fn open(name: Name, tag: &Element<'_>, place: Place) -> Open {
    let mut left = OPEN_BYTES_MAX;
    let attributes = tag.attributes.iter().filter(|(key, value)| {
        let length = key.len() + value.len();
        let fits = length <= left;
        left -= if fits { length } else { 0 };
        fits
    });
    let attributes = attributes.map(|(key, value)| (key.to_string(), value.to_string()));
    let attributes = attributes.collect();
    let local = tag.name.chars().take(64).collect();
    Open { name, local, attributes, place }
}
