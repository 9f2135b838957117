//! Rows of the derived data, the files they live in, and what is the lake now.
//!
//! 1. [`draft`]: parsed records of one exhibit, in scratch, until they become rows;
//! 2. [`row`] and [`canonical`]: what a row is and the bytes it is hashed as;
//! 3. [`write`] and [`read`]: rows to Parquet and back, page by page;
//! 4. [`root`]: one digest per table that says "the same content", however it was batched;
//! 5. [`keys`]: which rows have a network id;
//! 6. [`snapshot`]: segments, masks, manifests;
//! 7. [`view`]: what an authority lets its reader see;
//! 8. [`engine`]: what the lake asks of a search engine.
//!
//! Every byte on the disk is specified in `docs/formats/lake.md`.
//!
//! Invariant: no query planner, no engine, no clock, no randomness; the same rows give the same
//! file bytes.
#![forbid(unsafe_code)]

pub mod canonical;
mod columns;
pub mod draft;
pub mod engine;
pub mod error;
mod find;
pub mod keys;
pub mod mask;
mod names;
mod pack;
pub mod read;
pub mod root;
pub mod row;
pub mod snapshot;
pub mod table;
pub mod totals;
pub mod view;
mod wire;
pub mod write;

pub use error::{LakeError, Result};
pub use mask::Mask;
pub use row::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow, State};
pub use snapshot::{FileEntry, SavedSnapshot, Segment, SegmentView, Snapshot};
pub use table::{FileRole, Table};
pub use view::{Reason, Verdict, View};
