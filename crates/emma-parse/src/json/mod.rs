//! JSON by byte spans: no tree, no events, nothing allocated but strings with escapes.
//!
//! - [`scan`]: the members of one object or elements of one array, as spans of its bytes;
//! - [`skip`]: one value stepped over;
//! - [`string`]: what a string says;
//! - [`boundary`]: where a value ends in a stream, in constant memory;
//! - `structure`: what is around values in a document of any length; `walk`: the records of such a
//!   document, object by object; `object`: the values of one of them;
//!   `moment`: times as JSON writes them; `glimpse`: what the first bytes of a document show.

pub mod boundary;
pub(crate) mod glimpse;
pub(crate) mod moment;
pub(crate) mod object;
pub mod scan;
pub mod skip;
pub mod string;
pub(crate) mod structure;
pub(crate) mod walk;

pub use boundary::{Boundary, Extent, skip_long, value_extent};
pub use scan::{Elements, Member, Members};
pub use skip::{Fault, Kind, Value, skip_value, skip_white, value_at};
pub use string::{Decoded, decode};
