//! Plain tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// Lays out rows under a header, without frames, as wide as the terminal allows.
pub fn plain(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    lay_out(header, rows, ContentArrangement::Dynamic)
}

/// Lays out rows as wide as they are: for ids and keys, which must be copied whole.
pub fn wide(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    lay_out(header, rows, ContentArrangement::Disabled)
}

fn lay_out(
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    arrangement: ContentArrangement,
) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(arrangement);
    table.set_header(header.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    let mut text: String = table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if text.is_empty() {
        text.push('\n');
    }
    text
}
