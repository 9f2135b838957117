//! The objects of a property list.

use std::borrow::Cow;

/// An object; those it holds are numbers in the same list.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Object<'l> {
    Null,
    Bool(bool),
    Integer(i128),
    Real(f64),
    /// Seconds since 2001-01-01T00:00:00Z.
    Date(f64),
    Data(Cow<'l, [u8]>),
    Text(Cow<'l, str>),
    /// A number in an archive's `$objects`.
    Uid(u64),
    Array(Vec<usize>),
    /// Keys and values.
    Dictionary(Vec<(usize, usize)>),
}

/// Objects by number.
pub(super) trait List {
    /// The outermost object.
    fn root(&self) -> usize;
    /// An object; `None` where the bytes are damaged.
    fn object(&self, number: usize) -> Option<Object<'_>>;
    /// True where the object is this ASCII text; looks at no more than its length.
    fn is_text(&self, number: usize, text: &str) -> bool;
}

/// A moment in words: `2020-01-02T03:04:05.5Z`.
pub(super) fn moment(seconds_since_2001: f64) -> Option<String> {
    const SECONDS_1970_TO_2001: f64 = 978_307_200.0;
    let micros = (seconds_since_2001 + SECONDS_1970_TO_2001) * 1e6;
    let fits = micros.is_finite() && micros.abs() < 1e18;
    let at = jiff::Timestamp::from_microsecond(fits.then_some(micros.round() as i64)?).ok()?;
    Some(at.to_string())
}
