//! The same deliveries in another order, by another custodian, under another parent folder;
//! and the same bytes again, renamed, and from another source.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::demo::specimens;
use crate::failure::Failure;
use std::path::Path;

/// Deliveries: (what is named at intake, source, mapping).
const DELIVERIES: [(&str, &str, Option<&str>); 4] = [
    ("feed", "feed", Some("feed.toml")),
    ("phone-7.zip", "phone", None),
    ("harbour", "harbour", Some("harbour.toml")),
    ("corpus", "bench", Some("bench.toml")),
];

/// Runs the demonstration.
pub fn run(options: &Options) -> Result<String, Failure> {
    let messages = options.messages.unwrap_or(50_000);
    let programs = scene::programs()?;
    let (corpus, _) = bench::corpus(&programs, messages, options.seed)?;
    let folder = scene::folder("order");
    let mut cases = Vec::new();
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]];
    for (number, order) in orders.iter().enumerate() {
        // Each case has keys of its own (another custodian) and another parent folder.
        let parent = ["a", "parents/b", "c/d/e"][number];
        let emma = scene::fresh(&programs, &folder.join(format!("case-{number}")))?;
        let place = emma.folder().join(parent);
        specimens::write(&place)?;
        scene::copy(&corpus, &place.join("corpus"))?;
        for at in order {
            take(&emma, &place, DELIVERIES[*at])?;
        }
        cases.push(emma);
    }
    for other in &cases[1..] {
        scene::same_content(&cases[0], other)?;
    }
    let again = again(&cases[0])?;
    Ok(format!(
        "{} deliveries in {} orders by {} custodians under {} parents: same exhibit ids and \
         content roots; {again}",
        DELIVERIES.len(),
        orders.len(),
        cases.len(),
        cases.len(),
    ))
}

fn take(
    emma: &Emma,
    place: &Path,
    (name, source, mapping): (&str, &str, Option<&str>),
) -> Result<(), Failure> {
    let path = place.join(name).display().to_string();
    let mut words = vec!["intake", "case", &path, "--source", source];
    // The mapping of the corpus was written beside the case; the others beside their deliveries.
    let beside = place.join(mapping.unwrap_or_default()).display().to_string();
    if let Some(name) = mapping {
        words.extend(["--mapping", if name == "bench.toml" { name } else { &beside }]);
    }
    emma.must(&words).map(|_| ())
}

/// What a reader under one authority sees: exhibits, copies, messages, and messages withheld.
type Seen = [u64; 4];

fn seen(emma: &Emma) -> Result<Seen, Failure> {
    let status = scene::status(emma)?;
    let export = emma.must(&["search", "case", "", "--export", "ndjson"])?.out;
    let mut copies = 0;
    for line in export.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        copies += message["records"].as_array().map_or(0, Vec::len) as u64;
    }
    let withheld = status["withheld"].as_object().into_iter().flatten();
    let withheld = withheld.filter_map(|(_, count)| count.as_u64()).sum();
    let of = |name: &str| scene::total_of(&status, name);
    Ok([of("exhibits"), copies, of("messages"), withheld])
}

/// The same zip again, renamed, and from another source under another authority.
fn again(emma: &Emma) -> Result<String, Failure> {
    let place = emma.folder().join("a");
    let zip = place.join("phone-7.zip");
    let zip_text = zip.display().to_string();
    let start = seen(emma)?;
    emma.must(&["intake", "case", &zip_text, "--source", "phone"])?;
    expect("again", start, seen(emma)?, [0, 0, 0, 0])?;

    let renamed = place.join("renamed.zip");
    std::fs::copy(&zip, &renamed)?;
    let renamed = renamed.display().to_string();
    emma.must(&["intake", "case", &renamed, "--source", "phone"])?;
    let named = seen(emma)?;
    // Another exhibit on the same bytes: its records are copies of the messages there are.
    let copies = named[1] - start[1];
    expect("renamed", start, named, [1, copies, 0, 0])?;

    let text = std::fs::read_to_string(emma.folder().join("authority.toml"))?;
    let text = text.replace("demo-1", "demo-2");
    std::fs::write(emma.folder().join("second.toml"), text)?;
    emma.must(&["authority", "add", "case", "second.toml"])?;
    let first = emma.with("EMMA_AUTHORITY", "demo-1");
    let second = emma.with("EMMA_AUTHORITY", "demo-2");
    second.must(&["intake", "case", &zip_text, "--source", "partner"])?;
    // Under the first authority nothing changes: the partner's copies are not its own.
    expect("another source, first authority", named, seen(&first)?, [0, 0, 0, 0])?;
    let partner = seen(&second)?;
    let messages = partner[2];
    if partner[0] != 1 || partner[1] != copies || partner[3] != named[2] - messages {
        return Err(Failure::found(format!(
            "under the second authority: exhibits, copies, messages, withheld are {partner:?}"
        )));
    }
    Ok(format!(
        "the same zip again adds nothing; renamed it adds 1 exhibit, {copies} copies, 0 messages; \
         from another source under another authority the first sees nothing new, the second \
         {messages} messages by its own copies with {} withheld",
        partner[3]
    ))
}

fn expect(what: &str, before: Seen, after: Seen, more: Seen) -> Result<(), Failure> {
    let expected = [0, 1, 2, 3].map(|at| before[at] + more[at]);
    if after == expected {
        return Ok(());
    }
    Err(Failure::found(format!(
        "{what}: exhibits, copies, messages, withheld went from {before:?} to {after:?}, not \
         {expected:?}"
    )))
}
