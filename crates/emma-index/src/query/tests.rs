//! Queries as text: what they mean and what is wrong with them.

use crate::query::Query;
use proptest::prelude::*;

fn explains(text: &str, expect: &str) {
    let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e} {:?}", e.span));
    assert_eq!(query.explain(), expect, "{text}");
}

fn fails(text: &str, underlined: &str, message: &str, suggestion: Option<&str>) {
    let error = Query::parse(text).expect_err(text);
    assert_eq!(&text[error.span.clone()], underlined, "{text}: {error}");
    assert_eq!(error.message, message, "{text}");
    assert_eq!(error.suggestion.as_deref(), suggestion, "{text}");
}

#[test]
fn queries_explain_themselves() {
    explains("", "every message");
    explains("Pick UP", "messages whose text has the word pick and the word up");
    explains("\"pick up\"", "messages whose text has the phrase \"pick up\"");
    explains(
        "from:greyheron \"pick up\"~3 after:2020-04-01",
        "messages sent by greyheron (in any case) and whose text has the phrase \"pick up\" \
         with at most 3 other words between and from 2020-04-01 00:00 UTC on",
    );
    explains(
        "a OR b c -d",
        "messages whose text has the word a, or (whose text has the word b and the word c \
         and not (whose text has the word d))",
    );
    explains(
        "(tea OR \"cold coffee\") w/5 tom*",
        "messages whose text has the word tea or the phrase \"cold coffee\" within 5 words \
         of a word that begins with tom",
    );
    explains("don't", "messages whose text has the phrase \"don t\"");
    explains("what?", "messages whose text has the word what");
    explains("wh?t h*n", "messages whose text has a word like wh?t and a word like h*n");
    explains("heron~", "messages whose text has a word spelled like heron (1 letter off)");
    explains("/gr[ae]y/", "messages whose text has a word that matches /gr[ae]y/");
    explains("to:\"Grey Heron\"", "messages sent to Grey Heron (exactly so)");
    explains(
        "on:2020-04..2020-05",
        "messages from 2020-04-01 00:00 UTC to before 2020-06-01 00:00 UTC",
    );
    explains(
        "kind:notice state:conflicting has:reply in:#room source:irc",
        "messages of kind notice and with copies that are conflicting and that have a reply \
         and in #room (in any case) and from source irc (in any case)",
    );
    explains("http://a.example/x", "messages whose text has the phrase \"http a example x\"");
    explains("12:30 note:", "messages whose text has the phrase \"12 30\" and the word note");
    explains("東京*", "messages whose text has the phrase \"東 京*\"");
    explains("foo-ba*", "messages whose text has the phrase \"foo ba*\"");
    explains("*", "every message");
}

#[test]
fn mistakes_are_underlined_with_a_fix() {
    fails("form:x", "form:", "there is no such field", Some("from:"));
    fails(
        "colour:x",
        "colour:",
        "there is no such field",
        Some("put it in quotes to search it in the text"),
    );
    fails("a (b", "(", "this bracket is not closed", Some("close it with )"));
    fails("a )", ")", "there is no open bracket to close", Some("remove it, or put it in quotes"));
    fails("say \"hello", "\"hello", "this quote is not closed", Some("close it with \""));
    fails(
        "/abc",
        "/abc",
        "this pattern has no closing slash",
        Some("close it with /, or put the text in quotes"),
    );
    fails(
        "after:2020-13-01",
        "2020-13-01",
        "this is not a date or time",
        Some("write 2020, 2020-04, 2020-04-01, or 2020-04-01T12:30+02:00"),
    );
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    fails(
        "kind:mesage",
        "mesage",
        "kind: takes one of message, action, system, notice, other, call, contact, account, \
         event, location, device, sim, note",
        Some("kind:message"),
    );
    fails("a OR", "", "something is missing at the end", None);
    fails(
        "OR a",
        "OR",
        "something is missing on a side of this",
        Some("to search the word itself, put it in quotes"),
    );
    fails("a w/x b", "w/x", "this needs a number of words", Some("write w/5 for within 5 words"));
    fails(
        "a w/5 from:b",
        "from:b",
        "beside w/n stand words, phrases, or (a OR b)",
        Some("for a chain write a w/5 b w/5 c, without brackets"),
    );
    fails("a & b", "&", "there is no letter or digit here to search for", Some("remove it"));
    fails(
        "lang:fr",
        "fr",
        "the language of messages is not in this case yet: needs step enrich (language)",
        None,
    );
    fails("has:photo", "photo", "this is not in this case yet: needs step enrich", None);
    fails("from: b", "from:", "this field needs a value behind the colon", None);
}

#[test]
fn limits_refuse_instead_of_cutting_off() {
    assert!(Query::parse(&"(".repeat(100)).is_err());
    assert!(Query::parse(&"-".repeat(100)).is_err());
    assert!(Query::parse(&"a ".repeat(2_001)).is_err());
    assert!(Query::parse(&"a".repeat(20_000)).is_err());
    assert!(Query::parse("a w/1001 b").is_err());
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(text.get(error.span).is_some());
        }
    }

    #[test]
    fn no_text_of_the_language_makes_parsing_panic(
        text in concat!(
            "([a-cА-Я東💊]|[\"“()/*?~:.\\\\-]|from:|after:|has:| |OR |NOT |w/3 |2020|[0-9])",
            "{0,24}",
        )
    ) {
        match Query::parse(&text) {
            Ok(query) => { query.explain(); }
            Err(error) => prop_assert!(text.get(error.span).is_some()),
        }
    }
}
