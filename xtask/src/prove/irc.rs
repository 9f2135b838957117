//! Public IRC logs that nobody here wrote: sealed, read, balanced, searched, proven.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::failure::Failure;

/// Runs the demonstration.
pub fn run(_: &Options) -> Result<String, Failure> {
    let train = scene::shared_data("irc/train")?.display().to_string();
    let dev = scene::shared_data("irc/dev")?.display().to_string();
    let programs = scene::programs()?;
    let emma = bench::fresh_case(&programs, &scene::folder("irc"))?;
    let (_, cost) = emma.metered(&["intake", "case", &train, &dev, "--source", "irc"])?;
    println!("intake: {:.1} s", cost.wall_us as f64 / 1e6);
    for words in [&["report", "case", "loss"][..], &["status", "case"]] {
        print!("{}", emma.must(words)?.out);
    }
    let balanced = balance(&emma)?;
    let status = scene::status(&emma)?;
    let exhibits = scene::total_of(&status, "exhibits");
    if exhibits != 326 {
        return Err(Failure::found(format!("{exhibits} files sealed, not 326")));
    }
    let proven = prove_hits(&emma, "\"command line\"")?;
    let replies = replies(&emma)?;
    Ok(format!(
        "{exhibits} files sealed, {balanced} bytes balanced, {} messages, {proven} hits proven \
         offline, a message with {replies} replies shown",
        scene::total(&emma, "")?
    ))
}

/// Fails unless records, framing, anomalies and blobs of each file add up to its bytes.
fn balance(emma: &Emma) -> Result<u64, Failure> {
    let loss = emma.must(&["--json", "report", "case", "loss"])?.json()?;
    let mut whole = 0;
    for exhibit in loss["exhibits"].as_array().into_iter().flatten() {
        let bytes = exhibit["bytes"].as_u64().unwrap_or(0);
        let classes = exhibit["bytes_by_class"].as_object().into_iter().flatten();
        let sum: u64 = classes.filter_map(|(_, count)| count.as_u64()).sum();
        if sum != bytes {
            let path = &exhibit["path"];
            return Err(Failure::found(format!("{path}: {sum} bytes accounted for of {bytes}")));
        }
        whole += bytes;
    }
    Ok(whole)
}

/// Shows and proves the newest hits of `query`; returns how many.
fn prove_hits(emma: &Emma, query: &str) -> Result<usize, Failure> {
    let key = scene::key(emma)?;
    emma.must(&["log", "checkpoint", "case"])?;
    let hits = emma.must(&["--json", "search", "case", query, "--limit", "5"])?.json()?;
    let mut proven = 0;
    for hit in hits["hits"].as_array().into_iter().flatten() {
        let id = hit["id"].as_str().unwrap_or_default();
        let proof = format!("hit-{proven}.proof");
        let shown = emma.must(&["show", "case", id, "--proof", &proof])?;
        let said = emma.ask_program("emma-verify", &["--key", &key, &proof])?;
        if said.code != 0 {
            return Err(Failure::found(format!("a proof is refused: {}{}", said.out, said.err)));
        }
        if proven == 0 {
            print!("{}{}", shown.out, said.out);
        }
        proven += 1;
    }
    if proven == 0 {
        return Err(Failure::found("the phrase finds nothing"));
    }
    Ok(proven)
}

/// Finds a message with replies, which come from the annotation files; returns how many it has.
fn replies(emma: &Emma) -> Result<usize, Failure> {
    let hits = emma.must(&["--json", "search", "case", "help", "--limit", "200"])?.json()?;
    for hit in hits["hits"].as_array().into_iter().flatten() {
        let id = hit["id"].as_str().unwrap_or_default();
        let shown = emma.must(&["--json", "show", "case", id])?.json()?;
        let count = shown["messages"][0]["replies"].as_array().map_or(0, Vec::len);
        if count > 0 {
            return Ok(count);
        }
    }
    Err(Failure::found("no message of 200 has a reply"))
}
