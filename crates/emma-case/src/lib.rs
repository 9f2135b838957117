//! A case: what is held under which authority, who read it, and the one way through.
//!
//! Invariant: this crate names no engine, only contracts; nothing enters or is read
//! without an authority.
#![forbid(unsafe_code)]

pub mod access;
pub mod actor;
pub mod audit;
pub mod authority;
pub mod case;
pub mod clock;
pub mod deliver;
pub mod derive;
pub mod error;
pub mod export;
pub mod files;
pub mod held;
pub mod home;
pub mod kinds;
pub mod ledger;
pub mod loss;
pub mod manifest;
pub mod marks;
pub mod note;
pub mod parse;
pub mod pipeline;
pub mod present;
pub mod progress;
pub mod proof;
pub mod publish;
pub mod raw;
pub mod reading;
pub mod rebuild;
pub mod seal;
pub mod show;
pub mod stages;
pub mod state;
pub mod status;
#[cfg(test)]
mod testing;
pub mod thumbs;
pub mod verify;

pub use error::{CaseError, Result};
