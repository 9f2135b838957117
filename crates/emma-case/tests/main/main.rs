//! The pipeline on a real case in a temporary folder, with a stand-in for the search index.
#![allow(missing_docs)] // A test's names say what it shows.

mod pipeline;
mod witnesses;
mod world;
