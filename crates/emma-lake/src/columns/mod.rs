//! Rows to Arrow columns and back: one module per table, shared parts here.
//!
//! Column names, types and meanings are specified in `docs/formats/lake.md`; a change here is a
//! change there and of the golden file in the tests.

mod copy;

mod message;
mod parts;
mod small;
mod written;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use parquet::basic::Encoding;
use std::sync::Arc;

/// How a table's rows become columns.
pub trait Codec: Clone + Send + Sync + std::fmt::Debug + 'static {
    /// Collects rows as columns.
    type Columns: ColumnSet<Self>;
    /// Reads rows out of columns.
    type View: RowView<Self> + Send + Sync;
    /// How each column is written, by dotted path.
    const TUNING: &'static [(&'static str, Tuning)];
}

/// How a column is written. Only columns of texts are compressed: numbers are packed well enough,
/// and each compressed column costs a reader a decompressor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// With a dictionary of at most so many bytes; 0: without.
    pub dictionary_bytes_max: usize,
    /// The encoding without one.
    pub encoding: Option<Encoding>,
    /// With zstd.
    pub compressed: bool,
    /// With the least and greatest value of every page.
    pub bounds: bool,
}

impl Tuning {
    /// Few distinct values.
    pub const FEW: Tuning =
        Tuning { dictionary_bytes_max: 16 << 10, encoding: None, compressed: false, bounds: false };
    /// Exhibit ids: long, incompressible, repeated out of order where many phones talk.
    pub const EXHIBITS: Tuning = Tuning {
        dictionary_bytes_max: 8 << 20,
        encoding: Some(Encoding::DELTA_BYTE_ARRAY),
        compressed: true,
        bounds: false,
    };
    /// Names that repeat, of which there may be many.
    pub const NAMES: Tuning = Tuning {
        dictionary_bytes_max: 32 << 20,
        encoding: Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        compressed: true,
        ..Tuning::FEW
    };
    /// Numbers near their neighbours.
    pub const NUMBERS: Tuning = Tuning {
        dictionary_bytes_max: 0,
        encoding: Some(Encoding::DELTA_BINARY_PACKED),
        compressed: false,
        bounds: false,
    };
    /// Texts that begin like their neighbours.
    pub const IDS: Tuning =
        Tuning { encoding: Some(Encoding::DELTA_BYTE_ARRAY), compressed: true, ..Tuning::NUMBERS };
    /// Any texts.
    pub const TEXTS: Tuning =
        Tuning { encoding: Some(Encoding::DELTA_LENGTH_BYTE_ARRAY), ..Tuning::IDS };

    /// The same with bounds.
    pub const fn bounded(self) -> Tuning {
        Tuning { bounds: true, ..self }
    }
}

/// Columns being filled.
pub trait ColumnSet<R>: Default + Send {
    /// The table's schema.
    fn schema() -> SchemaRef;
    /// Adds a row.
    fn push(&mut self, row: &R);
    /// Hands over what was collected, as arrays in schema order, and starts anew.
    fn take(&mut self) -> Vec<ArrayRef>;
}

/// Columns being read.
pub trait RowView<R>: Sized {
    /// The columns of `batch`; `None` where it is not the table's schema.
    fn new(batch: &RecordBatch) -> Option<Self>;
    /// Row `at`, below the batch's length; `None` where a value is none this program writes.
    fn get(&self, at: usize) -> Option<R>;
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

fn required(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, false)
}

fn optional(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

/// UTC, microseconds.
fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The element of a list.
fn element(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("element", data_type, false))
}

/// A column as the array type it must be. Cloning an array copies pointers only.
fn column<A: Array + Clone + 'static>(batch: &RecordBatch, name: &str) -> Option<A> {
    batch.column_by_name(name)?.as_any().downcast_ref::<A>().cloned()
}
