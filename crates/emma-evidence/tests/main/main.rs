//! The evidence crate as a whole: a small case on disk, its proofs, its faults.

mod crash;
mod fixture;
mod flips;
mod oracle;
mod processes;
mod proof;
mod tampering;
