//! What tests of the program share: a synthetic case in a temporary folder, driven through the
//! real command line, and redactions that make its output comparable.
//!
//! ```no_run
//! let case = emma_testkit::TestCase::new("target/debug/emma");
//! case.found_with_authority("");
//! case.file("feed/a.ndjson", "{\"id\":\"1\"}\n");
//! let said = case.emma(&["intake", "case", "feed", "--source", "feed"]);
//! assert_eq!(said.code, 0, "{}", case.redact(&said.err));
//! ```
//!
//! Invariant: nothing that ships depends on this crate.
#![forbid(unsafe_code)]

mod case;
#[allow(missing_docs)] // A specimen writer: its names are those of MS-PST.
pub mod mailbox;
mod redact;
mod shared;

pub use case::{ACTOR, Said, TestCase};
pub use redact::redact;
pub use shared::shared_data;
