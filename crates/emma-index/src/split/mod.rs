//! Splits: the search index of one segment in one immutable file.
//!
//! A split is one tantivy segment written in one go by one thread and never merged, its documents
//! in file order (document number = row number of the segment's messages file = newest first),
//! with a table of times beside it. The same rows give the same bytes: component files are
//! concatenated under fixed names (`docs/formats/split.md`).

mod build;
mod column;
mod invert;
mod open;
mod pack;
mod rows;

pub use build::Splits;
pub(crate) use open::Split;
pub(crate) use rows::RowTable;

use emma_lake::row::State;
use emma_model::{Digest, RecordKind};
use std::borrow::Cow;
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};

/// A split holds at most this many rows.
pub const SPLIT_ROWS_MAX: u32 = 5_000_000;
/// Handles, conversations, sources and countries longer than this are indexed by digest.
pub const NAME_BYTES_MAX: usize = 512;
/// Version of the split format, in its file.
pub(crate) const VERSION: u32 = 1;

/// The fields of a split, in schema order.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) text: Field,
    pub(crate) from: Field,
    pub(crate) to: Field,
    pub(crate) room: Field,
    pub(crate) source: Field,
    pub(crate) territory: Field,
    pub(crate) class: Field,
}

pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = TextFieldIndexing::default()
        // Words are cut by `crate::token`; the engine only ever sees terms.
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions)
        .set_fieldnorms(true);
    let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(words));
    let mut name = |name| schema.add_bytes_field(name, BytesOptions::default().set_indexed());
    let fields = Fields {
        text,
        from: name("from"),
        to: name("to"),
        room: name("room"),
        source: name("source"),
        territory: name("territory"),
        class: name("class"),
    };
    (schema.build(), fields)
}

/// A name as indexed: itself, or its head and digest where it is too long for a dictionary.
///
/// The long form is longer than any short one, so that two names never meet.
pub(crate) fn name_term(name: &str) -> Cow<'_, str> {
    if name.len() <= NAME_BYTES_MAX {
        return Cow::Borrowed(name);
    }
    let head = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
    Cow::Owned(format!("{head}{}", Digest::of(name.as_bytes())))
}

/// What is known of a row without its values: kind, state and what it has, in three bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    pub(crate) kind: RecordKind,
    pub(crate) state: State,
    /// Bit `n` for [`crate::query::Has`] number `n`.
    pub(crate) has: u8,
}

impl Class {
    pub(crate) fn term(self) -> [u8; 3] {
        [self.kind as u8, self.state as u8, self.has]
    }

    pub(crate) fn read(term: &[u8]) -> Option<Class> {
        let &[kind, state, has] = term else {
            return None;
        };
        Some(Class { kind: RecordKind::from_u8(kind)?, state: State::from_u8(state)?, has })
    }
}
