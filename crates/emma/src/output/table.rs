//! Plain tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// Lays out rows as wide as they are: for ids and keys, which must be copied whole.
pub fn wide(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    let mut text: String =
        table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if text.is_empty() {
        text.push('\n');
    }
    text
}
