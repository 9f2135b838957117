//! Whole cases that lie: an older copy put back, an exhibit replaced under another key, a cut log.

use super::scene::{self, Options};
use crate::bench;
use crate::cli::Emma;
use crate::demo::specimens;
use crate::failure::Failure;

/// Runs the demonstration.
pub fn run(_: &Options) -> Result<String, Failure> {
    let programs = scene::programs()?;
    let folder = scene::folder("tamper");
    let emma = scene::fresh(&programs, &folder.join("honest"))?;
    specimens::write(emma.folder())?;
    let case = emma.folder().join("case");
    emma.must(&["intake", "case", "feed", "--source", "feed", "--mapping", "feed.toml"])?;
    emma.must(&["log", "checkpoint", "case", "--output", "early.checkpoint"])?;
    let older = folder.join("older");
    scene::replace(&case, &older)?;
    emma.must(&["intake", "case", "phone-7.zip", "--source", "phone"])?;
    emma.must(&["log", "checkpoint", "case", "--output", "kept.checkpoint"])?;
    let key = scene::key(&emma)?;
    let newer = folder.join("newer");
    scene::replace(&case, &newer)?;
    found(&emma, &key, "untouched", 0)?;

    scene::replace(&older, &case)?;
    found(&emma, &key, "an older copy put back", 1)?;

    scene::replace(&newer, &case)?;
    let cut = cut_tail(&emma)?;
    found(&emma, &key, cut, 1)?;

    // A liar with keys of their own takes in a changed file and signs everything anew.
    let liar = bench::fresh_case(&programs, &folder.join("liar"))?;
    specimens::write(liar.folder())?;
    let feed = liar.folder().join("feed/feed.ndjson");
    let text = std::fs::read_to_string(&feed)?.replace("harbour, same time", "station, at noon");
    std::fs::write(&feed, text)?;
    liar.must(&["intake", "case", "feed", "--source", "feed", "--mapping", "feed.toml"])?;
    liar.must(&["log", "checkpoint", "case"])?;
    scene::replace(&liar.folder().join("case"), &case)?;
    found(&emma, &key, "an exhibit replaced and the log signed with another key", 1)?;
    Ok("an older copy, a cut log and a replaced exhibit under another key: each found, each named"
        .to_owned())
}

/// Cuts the log: its tail where entries are in it, else the last tile's end.
fn cut_tail(emma: &Emma) -> Result<&'static str, Failure> {
    let log = emma.folder().join("case/evidence/log");
    let tail = log.join("tail");
    let length = tail.metadata().map_or(0, |data| data.len());
    if length > 0 {
        std::fs::OpenOptions::new().write(true).open(&tail)?.set_len(0)?;
        return Ok("the log's tail cut");
    }
    let entries = scene::listing(&log)?;
    let last = entries.keys().rfind(|path| path.starts_with("tile/entries"));
    let last = last.ok_or_else(|| Failure::found("the log has neither tail nor entry tiles"))?;
    let path = log.join(last);
    let length = path.metadata()?.len();
    std::fs::OpenOptions::new().write(true).open(&path)?.set_len(length / 2)?;
    Ok("the log's last tile cut")
}

fn found(emma: &Emma, key: &str, what: &str, code: i32) -> Result<(), Failure> {
    let said = scene::verify(emma, key, Some("kept.checkpoint"))?;
    if said.code != code {
        let text = format!("{}{}", said.out, said.err);
        return Err(Failure::found(format!("{what}: exit code {}, not {code}\n{text}", said.code)));
    }
    println!("{what}: exit code {code}");
    let findings = said.json()?["findings"].as_array().cloned().unwrap_or_default();
    if code == 1 && findings.is_empty() {
        return Err(Failure::found(format!("{what}: no object is named")));
    }
    for finding in findings.iter().take(3) {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        println!("    {}: {}", text("object"), text("what"));
    }
    Ok(())
}
