//! From bytes to records and anomalies, every byte accounted for.
//!
//! 1. [`read_exhibit`] opens an exhibit and looks at its first bytes (`recognise`).
//! 2. Containers (zip, tar, gz, zst) are unpacked in memory-bounded streams and their members
//!    read in turn, nested ones too (`container`).
//! 3. A member is read by the mapping that is meant for it, else by a built-in parser
//!    (`irc`, `telegram`), else kept whole as a blob.
//! 4. Whatever reads a member hands over contiguous items: record, framing or anomaly, from its
//!    first byte to its last ([`emit::Emitter`] numbers them, [`account::Account`] checks them).
//!
//! Damaged or hostile content is data: it gives anomalies, and only I/O can fail.
//!
//! Invariant: this crate writes nothing that stays.
#![forbid(unsafe_code)]

pub mod account;
mod base64;
mod burner;
mod container;
mod delivery;
mod discord;
pub mod emit;
mod exhibit;
mod format;
pub mod fuzzing;
mod geo;
mod html;
mod irc;
pub mod json;
pub mod limits;
mod mail;
pub mod mapping;
mod matrix;
mod media;
mod member;
mod name;
mod plan;
mod property_list;
mod pst;
mod recognise;
mod rocketchat;
mod rows;
mod sheet;
mod signal_jsonl;
mod slack;
mod sms_backup;
mod source;
mod sqlite;
mod telegram;
pub mod text;
pub mod typedstream;
mod ufdr;
pub mod unpack;
mod vcard;
mod whatsapp_text;
pub mod window;
mod xml;
mod xmpp;

pub use exhibit::{ExhibitInfo, ParseError, read_exhibit};
pub use format::{FormatInfo, formats};
pub use limits::Limits;
pub use mapping::{Mapping, MappingError};
pub use member::Member;
pub use plan::Plan;
pub use rows::Row;
