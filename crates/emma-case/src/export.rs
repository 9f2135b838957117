//! Exports: every hit, one after the other, without a cap.

use crate::present::MessageLine;
use std::io::{self, Write};

/// The columns of a CSV export, in order.
pub const COLUMNS: [&str; 18] = [
    "id",
    "version",
    "versions",
    "state",
    "kind",
    "network",
    "from",
    "to",
    "conversation",
    "earliest",
    "latest",
    "zone",
    "clock",
    "text",
    "territory",
    "reply_to",
    "sources",
    "records",
];

/// Writes the header of a CSV export, behind a byte order mark, without which spreadsheets take
/// UTF-8 for something else.
pub fn csv_header(out: &mut dyn Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    csv_row(out, &COLUMNS.map(str::to_owned))
}

/// Writes a message as a CSV row. Lists are joined by a space (records, sources) or a line end
/// (recipients), which handles may hold no more than any other separator.
pub fn csv_message(out: &mut dyn Write, line: &MessageLine) -> io::Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |pick: fn(&crate::present::TimeLine) -> &str| {
        line.time.as_ref().map(|time| pick(time).to_owned()).unwrap_or_default()
    };
    let row: [String; COLUMNS.len()] = [
        line.id.clone(),
        line.version.to_string(),
        line.versions.to_string(),
        line.state.to_owned(),
        line.kind.to_owned(),
        line.network.clone(),
        text(&line.from),
        line.to.join("\n"),
        text(&line.conversation),
        time(|time| &time.earliest),
        time(|time| &time.latest),
        time(|time| time.zone),
        time(|time| time.clock),
        text(&line.text),
        text(&line.territory),
        text(&line.reply_to),
        line.sources.join(" "),
        line.records.join(" "),
    ];
    csv_row(out, &row)
}

/// Writes one CSV row (RFC 4180, CR LF). A cell that a spreadsheet would run as a formula gets
/// an apostrophe in front; `docs/json.md` says so.
pub fn csv_row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        let guard = if runs_in_a_spreadsheet(cell) { "'" } else { "" };
        if guard.is_empty() && !cell.contains([',', '"', '\r', '\n']) {
            out.write_all(cell.as_bytes())?;
        } else {
            write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))?;
        }
    }
    out.write_all(b"\r\n")
}

/// True where a spreadsheet may take the cell for a formula: it begins with one of `= + - @`,
/// a tab or a line end, also in their full-width forms and behind blanks or marks that are not
/// seen.
fn runs_in_a_spreadsheet(cell: &str) -> bool {
    let unseen = |c: char| c == ' ' || c == '\u{a0}' || c == '\u{feff}' || c == '\u{200b}';
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let first = cell.trim_start_matches(unseen).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n'))
}

/// Writes a message as a line of NDJSON.
pub fn ndjson_message(out: &mut dyn Write, line: &MessageLine) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> String {
        let mut out = Vec::new();
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        csv_row(&mut out, &cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formulas_become_inert_and_plain_text_stays_plain() {
        for formula in ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", "  =1", "\u{feff}=1", "＝1"] {
            assert_eq!(row(&[formula]), format!("\"'{formula}\"\r\n"), "{formula:?}");
        }
        assert_eq!(row(&["a-b", "2020-01-01", ""]), "a-b,2020-01-01,\r\n");
    }

    #[test]
    fn separators_and_quotes_are_quoted() {
        assert_eq!(
            row(&["a,b", "say \"hi\"", "two\nlines"]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }
}
