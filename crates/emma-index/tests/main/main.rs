//! Splits and searches against a naive scan over the same rows.
#![allow(missing_docs)]

mod agree;
mod case;
mod naive;
mod splits;
