//! One item under way: what is written into its row and its record.

use super::properties::{CODE_PAGES, Object, Value as Stored};
use super::store::Store;
use crate::limits::Limits;
use crate::rows::values::{RowWriter, Value};
use crate::text;
use emma_model::{Anomaly, Record, RecordKind};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;

/// The properties of an item; it remembers which were asked for.
pub(super) struct Values<'o> {
    pub store: &'o Store,
    pub object: &'o Object,
    read: RefCell<BTreeSet<u16>>,
}

impl<'o> Values<'o> {
    pub fn new(store: &'o Store, object: &'o Object) -> Values<'o> {
        // Code pages are read with the texts.
        let read = RefCell::new(CODE_PAGES.into());
        Values { store, object, read }
    }

    pub fn text(&self, id: u16) -> io::Result<Option<String>> {
        self.read.borrow_mut().insert(id);
        self.object.text(self.store, id)
    }

    pub fn number(&self, id: u16) -> io::Result<Option<i64>> {
        self.read.borrow_mut().insert(id);
        self.object.number(self.store, id)
    }

    pub fn time(&self, id: u16) -> io::Result<Option<u64>> {
        self.read.borrow_mut().insert(id);
        self.object.time(self.store, id)
    }

    pub fn value(&self, id: u16) -> io::Result<Option<Stored>> {
        self.read.borrow_mut().insert(id);
        self.object.value(self.store, id)
    }

    /// How many properties were not asked for.
    pub fn unread(&self) -> usize {
        let read = self.read.borrow();
        self.object.ids().filter(|id| !read.contains(id)).count()
    }
}

/// The row and the record of an item.
pub(super) struct Entry {
    row: RowWriter,
    row_bytes_max: usize,
    pub record: Record<'static>,
    pub anomalies: Vec<Anomaly>,
}

impl Entry {
    pub fn new(kind: RecordKind, limits: &Limits) -> Entry {
        let mut row = RowWriter::default();
        row.begin();
        let record = Record::new(kind, "mail");
        Entry { row, row_bytes_max: limits.record_bytes_max, record, anomalies: Vec::new() }
    }

    /// A text for the row and, under the same name, the record.
    pub fn both(&mut self, name: &'static str, value: &str) {
        self.row_text(name, value);
        self.extra(name, value);
    }

    pub fn row_text(&mut self, column: &str, value: &str) {
        self.row.value(column, Value::Text(value.as_bytes()), self.row_bytes_max);
    }

    pub fn row_number(&mut self, column: &str, value: i64) {
        self.row.value(column, Value::Integer(value), self.row_bytes_max);
    }

    pub fn row_bytes(&mut self, column: &str, value: &[u8]) {
        self.row.value(column, Value::Blob(value), self.row_bytes_max);
    }

    /// A value for the record alone.
    pub fn extra(&mut self, name: &'static str, value: &str) {
        self.record.extra.push((Cow::Borrowed(name), Cow::Owned(value.to_owned())));
    }

    /// What is odd about the characters of a value.
    pub fn inspect(&mut self, field: &str, value: &str) {
        text::report_controls(value, field, &mut self.anomalies);
    }

    /// The row's bytes, the record and the findings.
    pub fn end(mut self) -> (Vec<u8>, Record<'static>, Vec<Anomaly>) {
        let raw = self.row.end().to_vec();
        (raw, self.record, self.anomalies)
    }
}
