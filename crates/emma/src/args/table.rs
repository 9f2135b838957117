//! `emma table` as typed.

use super::ActingArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `emma table`.
#[derive(Args, Debug)]
pub struct TableArgs {
    /// The case's folder.
    pub case: PathBuf,
    /// Which table.
    #[arg(value_enum)]
    pub table: TableName,
    /// Only rows that this query finds (docs/query.md): `from:greyheron after:2020-04-01`.
    #[arg(default_value = "")]
    pub query: String,
    /// How many rows to print for people; the other forms have all.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u64,
    /// In which form (`--json` is `--format json`).
    #[arg(long, value_enum, default_value = "text")]
    pub format: TableFormat,
    /// Write to this file instead of standard output. It must not exist.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub acting: ActingArgs,
}

/// The tables there are.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableName {
    /// Calls: length, direction, whether answered, cell.
    Calls,
    /// Places: positions, cells, camera hits.
    Places,
    /// Devices by their identifiers.
    Devices,
    /// SIMs and their assignments.
    Sims,
    /// What devices, servers and services noted: logins, sessions, payments.
    Events,
    /// Entries of address books and lists of users.
    Contacts,
    /// Accounts and profiles.
    Accounts,
}

impl TableName {
    /// The table's name.
    pub fn name(self) -> &'static str {
        match self {
            TableName::Calls => "calls",
            TableName::Places => "places",
            TableName::Devices => "devices",
            TableName::Sims => "sims",
            TableName::Events => "events",
            TableName::Contacts => "contacts",
            TableName::Accounts => "accounts",
        }
    }
}

/// Form of a table.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a row.
    Ndjson,
    /// For spreadsheets.
    Csv,
}
