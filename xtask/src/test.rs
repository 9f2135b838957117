//! `cargo xtask test`: everything a change must pass, ending with `N passed, N failed`.
//!
//! 1. format, lints: each counts as one test
//! 2. every test of the workspace, the rules of [`crate::tidy`] and [`crate::deps`] among them
//! 3. the examples in documentation comments
//! 4. docs/cli.md against the program's help; with `--demo`, the demonstration
//!
//! A test that cannot run here passes and prints `skipped: NAME: reason` on its output; it is
//! counted as skipped, by name, and not as passed.

use crate::failure::{During, Failure};
use crate::{demo, docs, workspace};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Instant;

/// What ran, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    /// `NAME: reason`, each once.
    skipped: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }

    fn step(ok: bool) -> Tally {
        Tally { passed: usize::from(ok), failed: usize::from(!ok), skipped: BTreeSet::new() }
    }

    /// The closing line.
    fn line(&self) -> String {
        let passed = self.passed.saturating_sub(self.skipped.len());
        let mut line = format!("{passed} passed, {} failed", self.failed);
        if !self.skipped.is_empty() {
            line.push_str(&format!(", {} skipped", self.skipped.len()));
        }
        line
    }
}

/// Runs all steps, whatever the earlier ones said, so that one run shows everything.
pub fn run(arguments: &[String]) -> Result<u8, Failure> {
    let with_demo = match arguments {
        [] => false,
        [flag] if flag == "--demo" => true,
        _ => return Err(Failure::usage("test takes nothing but --demo")),
    };
    let mut tally = Tally::default();
    tally.add(step("format", &mut format())?);
    tally.add(step("lints", &mut lints())?);
    heading("tests");
    tally.add(if has_nextest() { nextest()? } else { libtest(&["--workspace"], true)? });
    heading("documentation examples");
    tally.add(libtest(&["--workspace", "--doc"], false)?);
    tally.add(own("command line page", || docs::run(&["--check".to_owned()])));
    if with_demo {
        tally.add(own("demo", || demo::run(&[])));
    }
    println!();
    for skipped in &tally.skipped {
        println!("skipped: {skipped}");
    }
    println!("{}", tally.line());
    Ok(u8::from(tally.failed > 0))
}

fn heading(name: &str) {
    println!("── {name}");
}

fn format() -> Command {
    let mut command = workspace::cargo();
    command.args(["fmt", "--all", "--check"]);
    command
}

fn lints() -> Command {
    let mut command = workspace::cargo();
    command.args(["clippy", "--locked", "--workspace", "--all-targets", "--quiet", "--"]);
    command.args(["--deny", "warnings"]);
    command
}

fn step(name: &str, command: &mut Command) -> Result<Tally, Failure> {
    heading(name);
    let started = Instant::now();
    let ok = command.status().during("cannot start cargo")?.success();
    println!("{name}: {} ({} s)", if ok { "ok" } else { "FAILED" }, started.elapsed().as_secs());
    Ok(Tally::step(ok))
}

/// A step that is another task of this crate.
fn own(name: &str, task: impl FnOnce() -> Result<(), Failure>) -> Tally {
    heading(name);
    let outcome = task();
    match &outcome {
        Ok(()) => println!("{name}: ok"),
        Err(failure) => println!("{name}: FAILED: {failure}"),
    }
    Tally::step(outcome.is_ok())
}

fn has_nextest() -> bool {
    let probe = workspace::cargo().args(["nextest", "--version"]).output();
    probe.is_ok_and(|output| output.status.success())
}

/// Runs the tests through nextest and reads its report, which holds each test's output.
fn nextest() -> Result<Tally, Failure> {
    let report = workspace::target().join("nextest/xtask/junit.xml");
    let _ = std::fs::remove_file(&report);
    let status = workspace::cargo()
        .args(["nextest", "run", "--locked", "--workspace", "--profile", "xtask"])
        .status()
        .during("cannot start cargo nextest")?;
    let Ok(text) = std::fs::read_to_string(&report) else {
        println!("the tests did not build");
        return Ok(Tally::step(false));
    };
    let mut tally = read_report(&text);
    if !status.success() && tally.failed == 0 {
        tally.failed = 1; // nextest itself failed; the tests it ran do not say so.
    }
    Ok(tally)
}

/// Reads a JUnit report as nextest writes it.
fn read_report(text: &str) -> Tally {
    let mut tally = Tally { skipped: skips(&unescape(text)), ..Tally::default() };
    let head = text.split("<testsuites").nth(1).and_then(|rest| rest.split('>').next());
    let count = |name: &str| {
        let value = head?.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        value.parse::<usize>().ok()
    };
    tally.failed = count("failures").unwrap_or(1) + count("errors").unwrap_or(0);
    tally.passed = count("tests").unwrap_or(0).saturating_sub(tally.failed);
    tally
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// Runs tests through cargo's own harness, for machines without nextest.
///
/// `required` says whether running no test at all is a failure (a build that broke).
fn libtest(arguments: &[&str], required: bool) -> Result<Tally, Failure> {
    let output = workspace::cargo()
        .args(["test", "--locked", "--no-fail-fast", "--quiet"])
        .args(arguments)
        .args(["--", "--show-output"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .during("cannot start cargo test")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tally = read_output(&text);
    if (!output.status.success() && tally.failed == 0) || (required && tally.passed == 0) {
        tally.failed += 1;
    }
    if tally.failed > 0 {
        print!("{text}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally)
}

/// Reads the `test result:` lines of cargo's harness.
fn read_output(text: &str) -> Tally {
    let mut tally = Tally { skipped: skips(text), ..Tally::default() };
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        let words: Vec<&str> = line.split([' ', ';']).collect();
        let before = |word: &str| {
            let at = words.iter().position(|w| *w == word)?;
            words[..at].last()?.parse::<usize>().ok()
        };
        tally.passed += before("passed").unwrap_or(0);
        tally.failed += before("failed").unwrap_or(0);
    }
    tally
}

/// What tests said they could not do, as `NAME: reason`.
fn skips(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            // The report's tag, or the harness' dots, may stand before it on its line.
            let line = line.trim_start().trim_start_matches("<system-out>");
            let said = line.trim_start_matches('.').strip_prefix("skipped: ")?.trim();
            said.contains(": ").then(|| said.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_counted_and_its_skips_are_named() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="7" failures="2" errors="0" uuid="x" time="0.1">
    <testsuite name="emma-parse" tests="7" disabled="0" errors="0" failures="2">
        <testcase name="irc::reads" classname="emma-parse" time="0.01">
            <system-out>
running 1 test
skipped: irc::reads: ../shared/data is absent
test irc::reads ... ok</system-out>
        </testcase>"#;
        let tally = read_report(report);
        assert_eq!((tally.passed, tally.failed), (5, 2));
        assert_eq!(tally.line(), "4 passed, 2 failed, 1 skipped");
        let named: Vec<&String> = tally.skipped.iter().collect();
        assert_eq!(named, ["irc::reads: ../shared/data is absent"]);
    }

    #[test]
    fn an_empty_report_is_a_failure() {
        assert_eq!(read_report("").failed, 1);
    }

    #[test]
    fn the_harness_lines_add_up() {
        let text = "running 2 tests\n..skipped: a::b: no data\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out\n";
        let tally = read_output(text);
        assert_eq!(tally.line(), "2 passed, 3 failed, 1 skipped");
    }

    #[test]
    fn prose_about_skipping_is_no_skip() {
        assert!(skips("lines were skipped: three of them: bad").is_empty());
        assert!(skips("skipped: without a reason").is_empty());
    }
}
