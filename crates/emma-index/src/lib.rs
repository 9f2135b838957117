//! Embedded search: one immutable split per segment, a query language, exact totals.
//!
//! - [`split`]: rows of a segment in, one deterministic file out;
//! - [`query`]: the language, as a tree with spans, that explains itself;
//! - [`search`]: hits and totals over a snapshot, as far as a view lets its reader see;
//! - [`highlight()`]: where a text matches;
//! - [`token`]: folded words, the same for index, queries and highlights.
//!
//! Invariant: nothing depends on this crate but `emma`, and no type of the engine leaves it.
#![forbid(unsafe_code)]

mod bits;
mod error;
mod fold;
mod highlight;
mod near;
pub mod query;
pub mod search;
pub mod split;
pub mod token;

pub use error::{IndexError, Result};
pub use highlight::highlight;
pub use query::{Query, QueryError};
pub use search::{Hit, Hits, Order, Searcher, Total};
pub use split::Splits;
