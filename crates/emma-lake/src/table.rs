//! The tables of the lake and the roles its files play.

use std::fmt;

/// A canonical table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    /// One row per distinct version of a message, in search order.
    Messages,
    /// One row per record that witnesses a message, by record id.
    Copies,
    /// One row per anomaly, by place.
    Anomalies,
    /// Statements about other records, by the record that states them.
    Claims,
    /// Every file and every member of a container, by place.
    Members,
}

impl Table {
    /// All tables, in the order of their names' importance; also their order in manifests' code.
    pub const ALL: [Table; 5] =
        [Table::Messages, Table::Copies, Table::Anomalies, Table::Claims, Table::Members];

    /// The word in paths, manifests and status.
    pub fn name(self) -> &'static str {
        match self {
            Table::Messages => "messages",
            Table::Copies => "copies",
            Table::Anomalies => "anomalies",
            Table::Claims => "claims",
            Table::Members => "members",
        }
    }

    /// The table called `name`.
    pub fn from_name(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The role of a file, named in errors instead of its path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileRole {
    /// A Parquet file of a table.
    Table(Table),
    /// The network ids of a segment's messages.
    Keys,
    /// Rows of a segment that a snapshot leaves out.
    Mask,
    /// Parsed records of one exhibit, before they become rows.
    Draft,
    /// The description of a segment.
    Segment,
    /// The description of a snapshot.
    Manifest,
    /// A search index over a segment's messages.
    Split,
}

impl fmt::Display for FileRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileRole::Table(table) => table.name(),
            FileRole::Keys => "keys",
            FileRole::Mask => "mask",
            FileRole::Draft => "draft",
            FileRole::Segment => "segment",
            FileRole::Manifest => "manifest",
            FileRole::Split => "split",
        })
    }
}
