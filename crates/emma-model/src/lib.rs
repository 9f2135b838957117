//! The nouns of emma: what every other crate talks about.
//!
//! - [`digest`]: SHA-256 digests, emma's only digest.
//! - [`id`]: exhibits, members, places, record ids, network ids, message ids. Ids are for ever.
//! - [`time`]: when something happened, with what is known and not known about it.
//! - [`record`]: one item parsed out of an exhibit, and the item stream that accounts for its
//!   bytes.
//! - [`anomaly`]: bytes that did not parse, or parsed oddly.
//!
//! Invariant: this crate does no I/O, knows no wire format (no serde) and starts no thread.
#![forbid(unsafe_code)]

pub mod anomaly;
pub mod digest;
pub mod id;
pub mod record;
pub mod time;

pub use anomaly::{Anomaly, AnomalyKind};
pub use digest::Digest;
pub use id::{ExhibitId, IdError, MemberPath, MessageId, NetworkId, Place, RecordId};
pub use record::{Item, ItemClass, Link, Record, RecordKind, Sink};
pub use time::{Clock, Micros, Time, Zone};
