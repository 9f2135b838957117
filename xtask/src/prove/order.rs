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
        "{} deliveries in {} orders by {} custodians under {} parents: same exhibit ids and content \
         roots; {again}",
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
    let beside = place
        .join(mapping.unwrap_or_default())
        .display()
        .to_string();
    if let Some(name) = mapping {
        words.extend([
            "--mapping",
            if name == "bench.toml" { name } else { &beside },
        ]);
    }
    emma.must(&words).map(|_| ())
}

/// The same zip again, renamed, and from another source; says what became of it.
fn again(emma: &Emma) -> Result<String, Failure> {
    let counts = |emma: &Emma| -> Result<[u64; 3], Failure> {
        let status = scene::status(emma)?;
        let of = |name: &str| scene::total_of(&status, name);
        Ok([of("exhibits"), of("copies"), of("messages")])
    };
    let place = emma.folder().join("a");
    let zip = place.join("phone-7.zip");
    let start = counts(emma)?;
    let zip_text = zip.display().to_string();
    emma.must(&["intake", "case", &zip_text, "--source", "phone"])?;
    expect("again", start, counts(emma)?, [0, 0, 0])?;

    let renamed = place.join("renamed.zip");
    std::fs::copy(&zip, &renamed)?;
    let renamed = renamed.display().to_string();
    emma.must(&["intake", "case", &renamed, "--source", "phone"])?;
    let named = counts(emma)?;
    // Another exhibit on the same bytes: its records are copies of the messages there are.
    expect("renamed", start, named, [1, named[1] - start[1], 0])?;

    emma.must(&["intake", "case", &zip_text, "--source", "partner"])?;
    let partner = counts(emma)?;
    expect(
        "another source",
        named,
        partner,
        [1, named[1] - start[1], 0],
    )?;
    Ok(format!(
        "the same zip again adds nothing, renamed or from another source one exhibit and {} copies \
         of the same messages",
        named[1] - start[1]
    ))
}

fn expect(what: &str, before: [u64; 3], after: [u64; 3], more: [u64; 3]) -> Result<(), Failure> {
    let expected = [
        before[0] + more[0],
        before[1] + more[1],
        before[2] + more[2],
    ];
    if after == expected {
        return Ok(());
    }
    Err(Failure::found(format!(
        "{what}: exhibits, copies, messages went from {before:?} to {after:?}, not {expected:?}"
    )))
}
