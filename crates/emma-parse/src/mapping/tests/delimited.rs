//! Table specimens.

use super::super::delimited::{Dialect, fields};
use super::*;
use proptest::prelude::*;

fn table(more: &str) -> String {
    format!(
        "mapping = 1\nname = \"t\"\nversion = 1\nnetwork = \"n\"\nlayout = \"delimited\"\n\
         absent = [\"\", \"NULL\"]\n{more}\n[fields]\nfrom = \"who\"\n\
         to = {{ column = \"to\", split = \"|\" }}\ntext = \"what\"\n"
    )
}

#[test]
fn a_header_row_is_framing_and_the_origin_of_its_columns() {
    let text = "who,to,what,mood\nanna,bo|cy,\"a \"\"b\"\"\nc\",fine\nNULL,,x\nbo,,y,z,more\n\n";
    let outcome = good(&table(""), "a.csv", text);
    assert_eq!(
        outcome.records,
        ["message anna > bo, cy: a \"b\"⏎c", "message: x", "message bo: y"]
    );
    assert_eq!(outcome.extra, ["mood=fine", "", "mood=z #5=more"]);
    assert_eq!(outcome.borrowed[0], "columns:Leaf { offset: 0, length: 17 }");
    assert_eq!(outcome.framing, 2);
    assert_eq!(outcome.kinds(), ["csv.field_count", "csv.field_count", "mapping.column_unknown"]);
}

#[test]
fn separators_quotes_encodings_and_headers_vary() {
    let want = ["message anna > bo: é;x"];
    let plain = "who;to;what\nanna;bo;\"é;x\"\n";
    assert_eq!(good(&table(""), "a.csv", plain).records, want);
    assert_eq!(good(&table(""), "a.csv", format!("sep=;\r\n{plain}")).records, want);
    assert_eq!(good(&table(""), "a.csv", "who\tto\twhat\r\nanna\tbo\té;x\r\n").records, want);
    let latin = encoding_rs::WINDOWS_1252.encode(plain).0.into_owned();
    assert_eq!(good(&table("encoding = \"latin1\""), "a.csv", latin).records, want);
    for big in [false, true] {
        let units = format!("\u{feff}{plain}");
        let bytes: Vec<u8> = units
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        assert_eq!(good(&table(""), "a.csv", bytes).records, want);
    }
    let bare = table(concat!(
        "[delimited]\nseparator = \";\"\nquote = \"'\"\n",
        "columns = [\"who\", \"to\", \"what\"]\n",
        "skip_lines = 1\ncomment = \"#\"",
    ));
    let outcome = good(&bare, "a.csv", "title\n#no\nanna;bo;'é;x'\n");
    assert_eq!(outcome.records, want);
    assert_eq!(outcome.borrowed, Vec::<String>::new());
}

#[test]
fn a_quote_that_does_not_close_spoils_its_line_only() {
    let text = "who,to,what\nanna,bo,x\ncy,\"bo,y\nbo,anna,z\n";
    let outcome = good(&table(""), "a.csv", text);
    assert_eq!(outcome.records, ["message anna > bo: x", "message bo > anna: z"]);
    assert_eq!(outcome.anomalies, [(22, 9, "csv.quote_open".to_owned())]);
}

#[test]
fn headers_repeated_in_joined_files_are_framing() {
    let text = "who,to,what\nanna,bo,x\nwho,to,what\nbo,anna,y\n";
    let outcome = good(&table(""), "a.csv", text);
    assert_eq!(outcome.records.len(), 2);
    assert_eq!(outcome.framing, 2);
}

#[test]
fn long_rows_are_cut_and_the_next_is_read() {
    let text = format!("who,to,what\nanna,bo,{}\nbo,anna,y\n", "x".repeat(500));
    let limits = Limits { record_bytes_max: 100, ..Limits::default() };
    let mapping = Mapping::parse(&table("")).unwrap();
    for step in [1, 64, 10_000] {
        let outcome = read_from(&mapping, "a", Drip(text.as_bytes(), step), &limits);
        assert_eq!(outcome.records, ["message bo > anna: y"]);
        assert_eq!(outcome.anomalies.len(), 6);
    }
}

proptest! {
    #[test]
    fn rows_are_cut_as_the_csv_crate_cuts_them(
        row in proptest::collection::vec("[a-c\", é\n]{0,6}", 1..6),
    ) {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(&row).unwrap();
        let bytes = writer.into_inner().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        let dialect = Dialect { separator: ',', quote: Some('"'), backslash: false };
        let line = text.strip_suffix('\n').unwrap();
        let ours: Vec<String> =
            fields(line, &dialect).map(|field| field.text.into_owned()).collect();
        prop_assert_eq!(ours, row);
    }
}
