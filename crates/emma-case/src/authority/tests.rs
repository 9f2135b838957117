use super::*;
use crate::clock::parse_instant;
use emma_evidence::Signer;
use proptest::prelude::*;

/// Two valid public keys of nobody.
fn keys() -> [String; 2] {
    [1u8, 2].map(|seed| Signer::actor_from_secret([seed; 32]).verifier().to_string())
}

fn text(rest: &str) -> String {
    let [key, _] = keys();
    format!(
        r#"version = 1
id = "court-7"
kind = "synthetic"
court = "Court of Nowhere"
instrument = "order 7"
offences = ["murder"]
read_until = 2021-01-31
{rest}
[valid]
from = 2020-01-01
to = 2020-12-31T12:00:00+02:00
[[actors]]
name = "Anna Example"
key = "{key}"
"#
    )
}

fn refusal(text: &str) -> String {
    Authority::parse(text).unwrap_err().to_string()
}

#[test]
fn the_fields_are_read_and_dates_mean_whole_days() {
    let authority = Authority::parse(&text(
        "handles = [\"Grey Heron\"]\nterritory = [\"NL\"]\nsources = [\"irc\"]\n\
         period.from = 2020-04-01",
    ))
    .unwrap();
    assert_eq!(authority.id, "court-7");
    assert_eq!(authority.kind, CaseKind::Synthetic);
    assert_eq!(authority.valid.from, parse_instant("2020-01-01T00:00:00Z").unwrap());
    assert_eq!(authority.valid.to, parse_instant("2020-12-31T10:00:00Z").unwrap());
    assert_eq!(authority.read_until, parse_instant("2021-01-31T23:59:59.999999Z").unwrap());
    let period = authority.period.unwrap();
    assert_eq!(period.from, parse_instant("2020-04-01T00:00:00Z").unwrap());
    assert_eq!(period.to, Micros::MAX);
    let view = authority.view(["feed".to_owned()]);
    let sources: Vec<String> = view.sources.unwrap().into_iter().collect();
    assert_eq!(sources, ["feed", "irc"]);
    assert!(view.handles.unwrap().contains("Grey Heron"));
}

#[test]
fn what_is_left_out_is_not_limited() {
    let authority = Authority::parse(&text("")).unwrap();
    assert_eq!(authority.handles, None);
    assert_eq!(authority.territory, None);
    assert_eq!(authority.period, None);
}

#[test]
fn a_mistake_is_named_with_line_and_column() {
    let cases = [
        ("colour = 1", "line 8, column 1: unknown field `colour`"),
        ("handles = []", "line 8, column 11: `handles` is empty: it covers nobody"),
        ("territory = [\"NL\", \"nl\"]", "line 8, column 20: this is not a country code"),
        ("sources = [\"Irc\"]", "line 8, column 12: a source is not a plain name"),
        (
            "period.from = 2020-04-01T00:00:00",
            "line 8, column 15: this time has no offset from UTC",
        ),
        ("period = {}", "line 8, column 10: `period` has neither `from` nor `to`"),
        ("period = { from = 2020-02-02, to = 2020-02-01 }", "`from` is later than `to`"),
        ("conditions = 5", "line 8, column 14: invalid type: integer `5`, expected a sequence"),
    ];
    for (line, expected) in cases {
        let found = refusal(&text(line));
        assert!(found.contains(expected), "{line}: {found}");
    }
}

#[test]
fn a_refusal_repeats_no_value() {
    let found = refusal(&text("handles = \"Grey \\\" Heron\""));
    assert!(found.contains("expected a sequence"), "{found}");
    assert!(!found.contains("Heron"), "{found}");
}

#[test]
fn a_key_stands_once_and_is_a_key() {
    let [key, _] = keys();
    let twice = format!("{}[[actors]]\nname = \"B\"\nkey = \"{key}\"\n", text(""));
    assert!(refusal(&twice).contains("this key stands twice"));
    let broken = text("").replace(&key, &key[..key.len() - 3]);
    assert!(refusal(&broken).contains("not the public key of an actor"));
    let nobody = text("").split("[[actors]]").next().unwrap().replace("id =", "actors = []\nid =");
    assert!(refusal(&nobody).contains("`actors` names nobody"));
}

#[test]
fn an_actor_is_found_by_key() {
    let [key, other] = keys();
    let authority = Authority::parse(&text("")).unwrap();
    let found = authority.actor(&key.parse().unwrap()).unwrap();
    assert_eq!(found.name, "Anna Example");
    assert!(authority.actor(&other.parse().unwrap()).is_none());
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(insert in ".{0,40}", at in 0usize..300) {
        let mut whole = text("");
        let mut at = at.min(whole.len());
        while !whole.is_char_boundary(at) { at -= 1; }
        whole.insert_str(at, &insert);
        let _ = Authority::parse(&whole);
    }
}
