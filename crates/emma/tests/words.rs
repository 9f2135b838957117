//! What the program says when something is wrong, and what it says of itself.

use crate::case;
use emma_testkit::TestCase;

#[test]
fn a_wrong_query_is_underlined_with_a_fix() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    let said = case.emma(&["search", "nowhere", "from:anna \"pick up"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("query"), "{}", said.err);
    let explained = case.must(&["search", "nowhere", "from:anna pick", "--explain"]);
    assert!(explained.out.starts_with("messages sent by"), "{}", explained.out);
}

#[test]
fn a_wrong_authority_is_underlined_without_its_values() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority("");
    let text = case.authority("test-2", "handles = \"secret name\"");
    case.file("test-2.toml", text);
    let said = case.emma(&["--json", "authority", "add", "case", "test-2.toml"]);
    assert_eq!(said.code, 2);
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["exit"], 2);
    let what = error["what"].as_str().unwrap();
    assert!(what.starts_with("line 8, column 11: invalid type"), "{what}");
    assert!(!what.contains("secret"), "{what}");
}

#[test]
fn a_folder_that_is_no_case_is_named_as_such() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    let said = case.emma(&["status", "."]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("not a case"), "{}", said.err);
}

#[test]
fn a_flipped_bit_is_a_finding_with_exit_code_1() {
    let case = case("");
    let log = case.path("case/evidence/log/tail");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let said = case.emma(&["--quiet", "verify", "case"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("DOES NOT FIT"), "{}", said.out);
}

#[test]
fn the_reference_names_every_command() {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    let reference = case.must(&["help-markdown"]).out;
    for command in ["actor add", "authority add", "intake", "search", "show", "log checkpoint"] {
        assert!(reference.contains(&format!("## emma {command}\n")), "{command}");
    }
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    // The page goes on with `emma-verify`'s own help.
    assert!(kept.starts_with(&reference), "write docs/cli.md anew: cargo xtask docs");
}
