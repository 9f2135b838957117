//! Columns that a mapping does not mention, and columns it mentions that are not there.

use super::cells::{CellNumber, CellSpec, Cells};
use emma_model::Anomaly;

/// Most unknown columns of one member that are listed by name.
const NAMES_MAX: usize = 64;
/// Longest name listed, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// The columns of one member that its mapping does not mention, in order of appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Unknown {
    names: Vec<String>,
    more: bool,
}

impl Unknown {
    /// Notes a column; it is listed once.
    #[inline]
    pub fn add(&mut self, name: &str) {
        if self.names.iter().any(|known| known == name) {
            return;
        }
        if self.names.len() < NAMES_MAX && name.len() <= NAME_BYTES_MAX {
            self.names.push(name.to_owned());
        } else {
            self.more = true;
        }
    }

    /// One anomaly a column.
    pub fn report(&self, anomalies: &mut Vec<Anomaly>) {
        for name in &self.names {
            let note = "the mapping does not mention this column; its values are kept raw";
            anomalies.push(Anomaly::field("mapping.column_unknown", name.clone(), note));
        }
        if self.more {
            let note = "there are more columns that the mapping does not mention";
            anomalies.push(Anomaly::new("mapping.columns_unknown", note));
        }
    }
}

/// Which cells were ever filled in a member.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    cells: Vec<bool>,
    left: usize,
    records: u64,
}

impl Seen {
    /// Nothing seen of the record's own columns among `specs`.
    pub fn new(specs: &[CellSpec]) -> Seen {
        let cells: Vec<bool> = specs.iter().map(|spec| spec.column().is_none()).collect();
        let left = cells.iter().filter(|seen| !**seen).count();
        Seen { cells, left, records: 0 }
    }

    /// Notes the cells of one record, before its values are taken.
    #[inline]
    pub fn note(&mut self, cells: &Cells<'_>) {
        self.records += 1;
        if self.left > 0 {
            for (number, seen) in self.cells.iter_mut().enumerate() {
                if !*seen && !cells.is_absent(number as CellNumber) {
                    *seen = true;
                    self.left -= 1;
                }
            }
        }
    }

    /// The cells that no record filled, once there was a record.
    pub fn missing(&self) -> impl Iterator<Item = CellNumber> + '_ {
        let records = self.records;
        self.cells
            .iter()
            .enumerate()
            .filter(move |(_, seen)| records > 0 && !**seen)
            .map(|(number, _)| number as CellNumber)
    }

    /// Number of records noted.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// One anomaly a column that never had a value.
    pub fn report(&self, specs: &[CellSpec], anomalies: &mut Vec<Anomaly>) {
        for cell in self.missing() {
            if let Some(name) = specs[usize::from(cell)].column() {
                let note = "the mapping names this column and no record has it";
                anomalies.push(Anomaly::field("mapping.column_missing", name, note));
            }
        }
    }
}
