//! Declared mappings: a source's layout written down in TOML instead of code.
//!
//! 1. `schema` is the file as written, unknown keys refused.
//! 2. `compile` checks it and turns every name in it into a numbered cell.
//! 3. One engine a layout (`json_lines`, `json_document`, `delimited`, `log`) cuts a member into
//!    items and fills the cells of each record.
//! 4. `fields` and `time` make the record's values out of the cells.
//!
//! [`preview`] shows what a mapping makes of a file, [`guess`] proposes one for a file.
//! `docs/mappings.md` is the guide.

mod cells;
mod compile;
mod compile_engine;
mod compile_fields;
mod compile_log;
mod compile_time;
pub(crate) mod delimited;
pub(crate) mod delimited_rows;
mod error;
mod fields;
mod fields_time;
mod files;
mod guess;
mod guess_json;
mod guess_names;
mod guess_shape;
mod guess_tables;
mod guess_time;
mod guess_values;
mod json_document;
mod json_lines;
mod json_rest;
mod keys;
mod keys_fast;
mod log;
mod log_patterns;
mod log_pending;
mod months;
mod needs;
mod preview;
mod reader;
mod recipients;
mod reference;
mod schema;
mod table;
mod time;
mod time_parts;
mod time_pattern;
mod time_read;
mod unescape;
mod unknown;

pub use error::MappingError;
pub use guess::{Confidence, Guess, guess};
pub(crate) use table::{RowsReader, TableEntry};

pub use preview::{Finding, Preview, PreviewRow, preview};

use crate::emit::Emitter;
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use compile::Compiled;
use compile_engine::Engine;
use emma_model::{Anomaly, Digest};
use std::io;
use std::sync::Arc;

/// A checked mapping. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Mapping(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    compiled: Compiled,
    text: String,
    digest: Digest,
}

impl Mapping {
    /// Reads a mapping from TOML.
    ///
    /// # Errors
    ///
    /// Anything it does not understand, down to single keys, patterns and zones, with its place
    /// in `text` and what was probably meant.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let file: schema::File =
            toml::from_str(text).map_err(|error| error::from_toml(&error, text))?;
        let compiled = compile::compile(file).map_err(|problem| problem.at(text))?;
        let digest = Digest::of(text.as_bytes());
        Ok(Mapping(Arc::new(Parts { compiled, text: text.to_owned(), digest })))
    }

    /// Its name, of a-z, 0-9, `-` and `_`.
    pub fn name(&self) -> &str {
        &self.0.compiled.name
    }

    /// What it is for, in words; empty where it does not say.
    pub fn description(&self) -> &str {
        &self.0.compiled.description
    }

    /// Its version, from 1.
    pub fn version(&self) -> u32 {
        self.0.compiled.version
    }

    /// SHA-256 of its text.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// True where its `files` patterns say that it is for this member, or it has none.
    pub fn matches(&self, member: &Member<'_>) -> bool {
        let files = &self.0.compiled.files;
        let path = reader::full_path(member);
        files.is_empty() || files.iter().any(|glob| glob.matches(&path))
    }

    /// True where `files` patterns say which members it is for; without them it is for any text.
    pub fn names_files(&self) -> bool {
        !self.0.compiled.files.is_empty()
    }

    /// True where the member that starts with `head` (`whole`: that is all of it) has the columns
    /// that the mapping `needs`, or it needs none.
    pub fn fits(&self, head: &[u8], whole: bool) -> bool {
        needs::fits(&self.0.compiled, head, whole)
    }

    /// Reads a member to its end; returns what is odd about the member as a whole.
    ///
    /// # Errors
    ///
    /// Only those of the source and the sink.
    pub fn read(
        &self,
        member: &Member<'_>,
        window: &mut Window<'_>,
        emitter: &mut Emitter<'_>,
        limits: &Limits,
    ) -> io::Result<Vec<Anomaly>> {
        let mapping = &self.0.compiled;
        let mut reader = reader::Reader::open(mapping, member, window, emitter, limits)?;
        match &mapping.engine {
            Engine::JsonLines(keys) => json_lines::read(&mut reader, keys, window, emitter)?,
            Engine::Json(rule) => json_document::read(&mut reader, rule, window, emitter)?,
            Engine::Delimited(rule) => delimited::read(&mut reader, rule, window, emitter)?,
            // Rows are no text: readers of databases and sheets ask for them one by one.
            Engine::Table(_) => table::not_rows(window, emitter, limits)?,
            Engine::Log(rule) => {
                log::read(&mut reader, rule, &reader::full_path(member), window, emitter)?;
            }
        }
        Ok(reader.finish())
    }
}

/// The mappings that come with emma, in the order in which they are tried.
pub fn shipped() -> Vec<Mapping> {
    const TEXTS: [&str; 26] = [
        include_str!("../../mappings/irc-annotation.toml"),
        include_str!("../../mappings/ndjson-chat.toml"),
        include_str!("../../mappings/whatsapp-ios.toml"),
        include_str!("../../mappings/whatsapp-android.toml"),
        include_str!("../../mappings/imessage.toml"),
        include_str!("../../mappings/teams-ios.toml"),
        include_str!("../../mappings/mastodon-ios.toml"),
        include_str!("../../mappings/ios-address-book.toml"),
        include_str!("../../mappings/url-cache.toml"),
        include_str!("../../mappings/calls-by-party.toml"),
        include_str!("../../mappings/calls-by-subscriber.toml"),
        include_str!("../../mappings/cell-sites.toml"),
        include_str!("../../mappings/plate-reads.toml"),
        include_str!("../../mappings/server-events.toml"),
        include_str!("../../mappings/sim-assignments.toml"),
        include_str!("../../mappings/delivery-partner.toml"),
        include_str!("../../mappings/delivery-partner-sheet.toml"),
        include_str!("../../mappings/delivery-sim-database.toml"),
        include_str!("../../mappings/delivery-operator-a.toml"),
        include_str!("../../mappings/delivery-operator-b.toml"),
        include_str!("../../mappings/delivery-cells.toml"),
        include_str!("../../mappings/delivery-plate-hits.toml"),
        include_str!("../../mappings/delivery-machines.toml"),
        include_str!("../../mappings/delivery-provisioning.toml"),
        include_str!("../../mappings/delivery-sims.toml"),
        include_str!("../../mappings/delivery-billing.toml"),
    ];
    let parse = |text| Mapping::parse(text).expect("shipped mappings are tested");
    TEXTS.into_iter().map(parse).collect()
}

#[cfg(test)]
mod tests;
