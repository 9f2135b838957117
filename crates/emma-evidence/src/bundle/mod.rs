//! A proof in one file: raw bytes, and every hash from them up to a signed checkpoint.
//!
//! ```text
//! value ─ bytes ─ leaf ─ record tree ─ receipt line ─ receipt ─ log entry ─ checkpoint ─ log key
//! ```
//!
//! The file is JSON (`emma-proof/v1`, `docs/formats/proof.md`) whose last member is the SHA-256 of
//! everything before it, so that a damaged file is told from a forged one. The verifier needs the
//! file and the log's public key, and nothing of the case.

mod build;
mod check;
mod wire;

pub use build::{Disclosure, ProofOf};
pub use check::{Check, Report, ValueReport, Verdict};
pub use wire::{Bundle, ConsistencyProof, LeafProof, LineProof, Origin, ReceiptProof, Value};
