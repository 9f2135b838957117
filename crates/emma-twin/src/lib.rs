//! The twin: a whole simulated cryptophone network, what investigators would have received of it,
//! and, apart, the truth.
//!
//! It attacks nothing and acquires nothing: it draws people, handsets and talk from a seed,
//! imitates the faults of a two-stage acquisition and writes files. `docs/twin.md` says what it
//! models, `docs/formats/delivery.md` what it writes, `docs/experiments.md` how to use it.
//!
//! Read on at [`generate::generate`], which goes through the parts in order.

pub mod describe;
pub mod draw;
pub mod faults;
pub mod generate;
pub mod ids;
pub mod live;
pub mod measure;
pub mod output;
pub mod part;
pub mod photos;
pub mod record;
pub mod scenario;
pub mod shapes;
pub mod tables;
pub mod talk;
pub mod tally;
pub mod time;
pub mod traffic;
pub mod truth;
pub mod world;

use std::io;

/// The version of everything the twin draws: the same seed and version give the same bytes.
pub const TWIN_VERSION: &str = "4";

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum TwinError {
    /// The scenario cannot be simulated.
    #[error("scenario refused: {0}")]
    Scenario(String),
    /// A grammar does not read. Only a change to the crate can cause it.
    #[error("grammar {language}, line {line}: {what}")]
    Grammar {
        /// Its language.
        language: String,
        /// Line, from 1; 0 for the whole.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A folder or file cannot be written.
    #[error("cannot write the output")]
    Io(#[from] io::Error),
    /// A folder or file cannot be kept.
    #[error("cannot keep the output")]
    Store(#[from] emma_store::StoreError),
}

/// What the crate's functions return.
pub type Result<T> = std::result::Result<T, TwinError>;
