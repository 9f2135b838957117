//! `cargo xtask demo`: a synthetic case from nothing to a verified proof, through the real program.
//!
//! 1. build, an actor
//! 2. a simulated network of 50 people with everything that would be handed over of it, a case, the
//!    authority that came with it
//! 3. three intakes: the network, a log with a mapping of its own, a phone's archive (twice)
//! 4. status, searches, photos, the case beside the network's truth
//! 5. one message shown with its proof, verified by the separate verifier; the whole case verified
//!
//! Each command is printed before its output. What must be true is checked, so that a broken
//! program cannot pass for a demonstration.

pub mod specimens;

use crate::cli::{Emma, Said};
use crate::failure::Failure;
use crate::workspace;
use serde_json::Value;
use std::time::Instant;

const ANALYST: &str = "Demo Analyst";
const REASON: &str = "to see how emma works";
const CASE: &str = "case";
/// The simulated network's folder and seed.
const NET: &str = "net";
const SEED: &str = "7";

/// Runs the demonstration in `target/demo`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::usage("demo takes no arguments"));
    }
    let started = Instant::now();
    println!("building emma (the first time takes some minutes)");
    let programs =
        workspace::build(&["emma", "emma-verify", "emma-thumb", "emma-twin", "emma-score"], false)?;
    let folder = workspace::target().join("demo");
    let emma = Emma::fresh(&programs, &folder)?.with("EMMA_REASON", REASON);
    specimens::write(&folder)?;
    let demo = Demo { emma };
    demo.setting();
    let key = demo.set_up()?;
    demo.take_in()?;
    let id = demo.look()?;
    demo.prove(&id, &key)?;
    demo.farewell(&id, started);
    Ok(())
}

struct Demo {
    emma: Emma,
}

impl Demo {
    fn setting(&self) {
        println!("\nEverything below happens in target/demo; a user would type the same.\n");
        println!("$ cd target/demo");
        println!("$ export EMMA_HOME=$PWD/home EMMA_REASON='{REASON}'");
    }

    /// An actor, a network, a case, an authority; returns the log's public key.
    fn set_up(&self) -> Result<String, Failure> {
        self.shown(&["actor", "add", ANALYST])?;
        let actors = self.emma.must(&["--json", "actor", "list"])?.json()?;
        let actor = find_text(&actors, "key")
            .ok_or_else(|| Failure::found("`emma actor list --json` shows no member `key`"))?;
        println!("\nA network of 50 people who do not exist, and what would be handed over of it:");
        let actor = format!("{ANALYST}={actor}");
        let generate = ["twin", "generate", "--preset", "tiny", "--seed", SEED, "--out", NET];
        self.shown(&[&generate[..], &["--photos", "drawn", "--actor", &actor]].concat())?;
        self.shown(&["case", "new", CASE, "--kind", "synthetic"])?;
        self.shown(&["authority", "add", CASE, &format!("{NET}/authority.toml")])?;
        Ok(self.shown(&["case", "key", CASE])?.out.trim().to_owned())
    }

    fn take_in(&self) -> Result<(), Failure> {
        println!(
            "\nFeeds, histories, server tables, spreadsheets, call data, photos, seized phones:"
        );
        let deliveries = format!("{NET}/deliveries");
        self.shown(&["intake", CASE, &deliveries, "--source", "collection"])?;
        println!(
            "\nA log that emma does not know, by a mapping; an archive with a damaged member:"
        );
        let harbour = ["intake", CASE, "harbour", "--source", "harbour"];
        self.shown(&[&harbour[..], &["--mapping", "harbour.toml"]].concat())?;
        let phone = ["intake", CASE, "phone-7.zip", "--source", "phone", "--custody", "unknown"];
        self.shown(&phone)?;
        println!("\nThe same bytes again are recognised and recorded, not repeated:");
        self.shown(&phone)?;
        Ok(())
    }

    /// Status, searches, the truth; returns the id of a message found.
    fn look(&self) -> Result<String, Failure> {
        self.shown(&["status", CASE])?;
        self.shown(&["search", CASE, "\"pick up\"", "--limit", "5"])?;
        self.shown(&["search", CASE, "kind:location from:QI*", "--limit", "3"])?;
        self.shown(&["search", CASE, "tomorrow OR morgen OR demain OR mañana OR завтра OR غدا"])?;
        self.holds("from:greyheron \"blue van\"", 1)?;
        self.holds("\"pick it up yourself\"", 1)?;
        println!("\nPhotos: which came, which did not, and a page to look at:");
        self.shown(&["files", "list", CASE, "--limit", "3"])?;
        self.shown(&["files", "sheet", CASE, "--output", "pictures.html"])?;
        println!("\nIs all of it there, and as it was? The network's truth knows:");
        self.shown(&["twin", "score", CASE, NET])?;
        let query = "from:greyheron \"blue van\"";
        let hits = self.emma.must(&["--json", "search", CASE, query])?.json()?;
        let found = hits["hits"][0]["id"].as_str().map(str::to_owned);
        found.ok_or_else(|| Failure::found("a search for two words of a specimen found nothing"))
    }

    /// Fails unless `query` finds `expected` messages and actions.
    fn holds(&self, query: &str, expected: u64) -> Result<(), Failure> {
        let spoken = format!("{query} (kind:message OR kind:action)");
        let said = self.emma.must(&["--json", "search", CASE, spoken.trim()])?.json()?;
        let total = said["total"].as_u64();
        if total == Some(expected) {
            return Ok(());
        }
        Err(Failure::found(format!("`{query}` finds {total:?} messages, not {expected}")))
    }

    fn prove(&self, id: &str, key: &str) -> Result<(), Failure> {
        self.shown(&["log", "checkpoint", CASE, "--output", "today.checkpoint"])?;
        self.shown(&["show", CASE, id, "--proof", "message.proof"])?;
        let verify = ["--key", key, "--checkpoint", "today.checkpoint", "message.proof"];
        self.shown_program("emma-verify", &verify)?;
        self.shown(&["note", CASE, id, "the van is known from another case"])?;
        self.shown(&["audit", CASE, "--kind", "access.read"])?;
        self.shown(&["rebuild", CASE, "--check"])?;
        self.shown(&["verify", CASE, "--key", key, "--checkpoint", "today.checkpoint"])?;
        self.finds_a_flipped_bit(key)
    }

    /// A verifier that never objects proves nothing: change one character and ask again.
    fn finds_a_flipped_bit(&self, key: &str) -> Result<(), Failure> {
        println!("\nOne character of the proof changed:");
        let proof = std::fs::read_to_string(self.emma.folder().join("message.proof"))?;
        let at = proof.len() / 2;
        let at = (at..proof.len()).find(|at| proof.as_bytes()[*at].is_ascii_alphanumeric());
        let at = at.ok_or_else(|| Failure::found("the proof holds no letters"))?;
        let other = if proof.as_bytes()[at] == b'0' { "1" } else { "0" };
        let changed = format!("{}{other}{}", &proof[..at], &proof[at + 1..]);
        std::fs::write(self.emma.folder().join("changed.proof"), changed)?;
        let arguments = ["--key", key, "changed.proof"];
        let said = self.say("emma-verify", &arguments)?;
        if said.code == 0 {
            return Err(Failure::found("emma-verify accepted a changed proof"));
        }
        println!("(exit code {})", said.code);
        Ok(())
    }

    fn farewell(&self, id: &str, started: Instant) {
        println!("\nThe case is searched and verified ({} s).", started.elapsed().as_secs());
        println!("Four commands to try next, in target/demo with the exports above:");
        let programs = "../debug";
        println!(
            "  {programs}/emma search case 'kind:message photo NOT from:greyheron' --order best"
        );
        println!("  {programs}/emma show case '{id}' --context 5");
        println!("  xdg-open pictures.html    (a page of the photos)");
        println!("  {programs}/emma twin describe --preset tiny --seed {SEED}");
    }

    /// Runs `emma`, printing the command and what it says. It must exit with 0.
    fn shown(&self, arguments: &[&str]) -> Result<Said, Failure> {
        self.shown_program("emma", arguments)
    }

    fn shown_program(&self, program: &str, arguments: &[&str]) -> Result<Said, Failure> {
        let said = self.say(program, arguments)?;
        if said.code != 0 {
            let what = arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
            let code = said.code;
            return Err(Failure::found(format!("`{program} {what}` exited with {code}")));
        }
        Ok(said)
    }

    fn say(&self, program: &str, arguments: &[&str]) -> Result<Said, Failure> {
        let quoted: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        println!("\n$ {program} {}", quoted.join(" "));
        let said = self.emma.ask_program(program, arguments)?;
        print!("{}", said.out);
        if said.code != 0 {
            print!("{}", said.err); // Progress otherwise.
        }
        Ok(said)
    }
}

/// A word as a shell needs it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The first text member called `name`, anywhere in `value`.
pub fn find_text(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(members) => members
            .get(name)
            .and_then(|found| found.as_str().map(str::to_owned))
            .or_else(|| members.values().find_map(|inner| find_text(inner, name))),
        Value::Array(items) => items.iter().find_map(|inner| find_text(inner, name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_needs_it() {
        assert_eq!(quoted("case/a-1"), "case/a-1");
        assert_eq!(quoted("\"pick up\""), "'\"pick up\"'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }

    #[test]
    fn a_member_is_found_at_any_depth() {
        let value = serde_json::json!({ "a": [{ "b": 1 }, { "key": "k" }] });
        assert_eq!(find_text(&value, "key").as_deref(), Some("k"));
        assert_eq!(find_text(&value, "none"), None);
    }
}
