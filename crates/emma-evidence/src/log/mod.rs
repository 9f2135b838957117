//! The evidence log of a case: C2SP tlog-tiles on disk, with a tail.
//!
//! ```text
//! evidence/log/tile/<L>/<NNN>       256 hashes of level 8·L, written once 256 are there
//! evidence/log/tile/entries/<NNN>   256 entries
//! evidence/log/checkpoint           the latest signed checkpoint
//! evidence/log/tail                 entries after the last full tile
//! evidence/log/lock                 held for an append, a cut or a checkpoint
//! evidence/payloads/<NNNNNN>.seg    payload objects
//! ```
//!
//! An append is a short critical section:
//!
//! 1. take the lock and follow what others appended;
//! 2. set aside torn bytes that a crash left (reported in the result, kept in `log/torn`);
//! 3. write payloads to the current segment and sync: a crash here leaves orphans;
//! 4. sign the entries over the root just seen, write them as one group to the tail and sync;
//! 5. cut full tiles from the tail where it has grown long.
//!
//! A crash at any point leaves either no entry or a whole group whose payloads are there.
//! Readers take no lock: they read whole groups and nothing after them.

mod entry;
pub(crate) mod payloads;
mod read;
mod tail;
pub(crate) mod tiles;
mod write;

pub use entry::{Checkpoint, Entry, EntrySignature};
pub use read::{Entries, Log};
pub use tiles::tile_path;
pub use write::{Appended, NewEntry, TornTail};

pub(crate) use tail::{TailFile, read_tail_file};
