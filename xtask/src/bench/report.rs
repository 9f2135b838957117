//! The benchmark's figures as text: rates, bytes, latencies, ratios, and which goals were met.

use serde_json::Value;
use std::fmt::Write;

const MEBIBYTE: f64 = (1u64 << 20) as f64;

/// A figure that was promised.
struct Goal {
    what: &'static str,
    bound: f64,
    /// True where the figure must reach the bound, false where it must not exceed it.
    at_least: bool,
    unit: &'static str,
}

/// The whole report for people.
pub fn text(report: &Value) -> String {
    let mut out = String::new();
    let write = write_all(report, &mut out);
    write.expect("a string takes what is written");
    out
}

fn write_all(report: &Value, out: &mut String) -> std::fmt::Result {
    let corpus = &report["corpus"];
    let messages = number(&corpus["messages"]);
    let machine = &report["machine"];
    writeln!(
        out,
        "{} messages, {:.0} bytes each ({:.0} of text), {:.0} compressed, in {} files; seed {}",
        thousands(messages),
        number(&corpus["bytes"]) / messages,
        number(&corpus["text_bytes"]) / messages,
        number(&corpus["compressed_bytes"]) / messages,
        corpus["files"],
        report["seed"],
    )?;
    writeln!(
        out,
        "{} cores, {}, load {}\n",
        machine["cores"],
        machine["processor"].as_str().unwrap_or("unknown processor"),
        machine["load_at_end"].as_str().unwrap_or("?"),
    )?;
    intake(report, messages, out)?;
    disk(&report["emma"]["disk"], messages, out)?;
    latencies("emma", &report["emma"]["search"]["said"], out)?;
    if report["sqlite"].is_object() {
        latencies("SQLite", &report["sqlite"]["search"]["said"], out)?;
        ratios(report, out)?;
    }
    deciles(&report["emma"]["search"]["said"], out)?;
    goals(report, messages, out)
}

fn intake(report: &Value, messages: f64, out: &mut String) -> std::fmt::Result {
    let emma = &report["emma"]["intake"];
    writeln!(out, "| files to searchable | messages/s | CPU us/message | peak memory |")?;
    writeln!(out, "| --- | --- | --- | --- |")?;
    rate("emma", &emma["cost"], messages, out)?;
    let peer = &report["sqlite"]["load"];
    if peer.is_object() {
        rate("SQLite FTS5, one thread", &peer["cost"], messages, out)?;
    }
    writeln!(out)?;
    stages("emma", &emma["said"], messages, out)?;
    stages("SQLite", &peer["said"], messages, out)
}

fn rate(name: &str, cost: &Value, messages: f64, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "| {name} | {} | {:.2} | {:.0} MiB resident, {:.0} MiB of it not mapped files |",
        thousands(messages / number(&cost["wall_us"]) * 1e6),
        number(&cost["cpu_us"]) / messages,
        number(&cost["resident_bytes_max"]) / MEBIBYTE,
        number(&cost["anonymous_bytes_max"]) / MEBIBYTE,
    )
}

fn stages(name: &str, said: &Value, messages: f64, out: &mut String) -> std::fmt::Result {
    let Some(stages) = said["stages"].as_array() else {
        return Ok(());
    };
    write!(out, "{name}, CPU us/message by stage:")?;
    for stage in stages {
        let label = stage["name"].as_str().unwrap_or("?");
        write!(out, " {label} {:.2};", number(&stage["cpu_us"]) / messages)?;
    }
    writeln!(out)
}

fn disk(disk: &Value, messages: f64, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n| on disk | bytes/message |\n| --- | --- |")?;
    let each = |name: &str| number(&disk[name]) / messages;
    writeln!(out, "| lake + index | {:.1} |", each("lake") + each("index"))?;
    let parts = [
        ("lake", "lake"),
        ("index", "index"),
        ("exhibits (as delivered)", "exhibits"),
        ("leaf hashes and locators", "trees"),
        ("log and payloads", "log"),
        ("state database", "state"),
    ];
    for (label, name) in parts {
        writeln!(out, "| {label} | {:.1} |", each(name))?;
    }
    Ok(())
}

fn latencies(name: &str, said: &Value, out: &mut String) -> std::fmt::Result {
    let Some(kinds) = said["kinds"].as_array() else {
        return Ok(());
    };
    writeln!(
        out,
        "\n| {name}, warm, us, p50 / p99 | newest 20 | with their rows | exact total | found |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for kind in kinds {
        let all = &kind["all"];
        writeln!(
            out,
            "| {} ({}) | {} | {} | {} | {} to {} |",
            kind["kind"].as_str().unwrap_or("?"),
            kind["queries"],
            pair(&all["newest_20_us"]),
            pair(&all["newest_20_shown_us"]),
            pair(&all["exact_total_us"]),
            thousands(number(&all["found_least"])),
            thousands(number(&all["found_most"])),
        )?;
    }
    Ok(())
}

fn pair(figures: &Value) -> String {
    format!("{} / {}", thousands(number(&figures["p50"])), thousands(number(&figures["p99"])))
}

fn deciles(said: &Value, out: &mut String) -> std::fmt::Result {
    let Some(kinds) = said["kinds"].as_array() else {
        return Ok(());
    };
    writeln!(out, "\nemma by decile of messages found, p99 us (newest 20 / exact total):")?;
    for kind in kinds {
        write!(out, "  {:<24}", kind["kind"].as_str().unwrap_or("?"))?;
        for decile in kind["deciles"].as_array().into_iter().flatten() {
            let newest = &decile["newest_20_us"]["p99"];
            write!(out, " {newest}/{}", decile["exact_total_us"]["p99"])?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn ratios(report: &Value, out: &mut String) -> std::fmt::Result {
    let (emma, peer) = (&report["emma"], &report["sqlite"]);
    let wall = |side: &Value| number(&side["cost"]["wall_us"]);
    let cpu = |side: &Value| number(&side["cost"]["cpu_us"]);
    writeln!(out, "\nBeside SQLite (above 1: emma is better):")?;
    writeln!(out, "  rate {:.2}x", wall(&peer["load"]) / wall(&emma["intake"]))?;
    writeln!(out, "  CPU a message {:.2}x", cpu(&peer["load"]) / cpu(&emma["intake"]))?;
    let own = number(&emma["disk"]["lake"]) + number(&emma["disk"]["index"]);
    writeln!(out, "  disk {:.2}x", number(&peer["load"]["said"]["bytes"]) / own)?;
    let kinds = emma["search"]["said"]["kinds"].as_array().into_iter().flatten();
    for (at, kind) in kinds.enumerate() {
        let other = &peer["search"]["said"]["kinds"][at]["all"];
        let of =
            |what: &str| number(&other[what]["p99"]) / number(&kind["all"][what]["p99"]).max(1.0);
        let label = kind["kind"].as_str().unwrap_or("?");
        let (newest, total) = (of("newest_20_shown_us"), of("exact_total_us"));
        writeln!(out, "  {label}: newest 20 p99 {newest:.1}x, exact total p99 {total:.1}x")?;
    }
    let totals = |side: &Value| side["search"]["said"]["totals"].as_array().cloned();
    let (own, other) = (totals(emma).unwrap_or_default(), totals(peer).unwrap_or_default());
    let same = own.iter().zip(&other).filter(|(a, b)| a == b).count();
    writeln!(out, "  the same total for {same} of {} queries", own.len())
}

fn goals(report: &Value, messages: f64, out: &mut String) -> std::fmt::Result {
    let emma = &report["emma"];
    let cost = &emma["intake"]["cost"];
    let disk = (number(&emma["disk"]["lake"]) + number(&emma["disk"]["index"])) / messages;
    let p99 = |kind: usize, what: &str| {
        number(&emma["search"]["said"]["kinds"][kind]["all"][what]["p99"]) / 1000.0
    };
    let most =
        |kinds: &[usize], what: &str| kinds.iter().map(|kind| p99(*kind, what)).fold(0.0, f64::max);
    let goal = |what, bound, unit| Goal { what, bound, at_least: false, unit };
    let mut rows = vec![
        (goal("CPU a message", 8.0, "us"), number(&cost["cpu_us"]) / messages),
        (goal("lake + index", 150.0, "bytes a message"), disk),
        (
            goal("peak memory, mapped files included", 4096.0, "MiB"),
            number(&cost["resident_bytes_max"]) / MEBIBYTE,
        ),
        (goal("newest 20, p99", 5.0, "ms"), most(&[0, 1, 2], "newest_20_us")),
        (goal("newest 20 with filters, p99", 5.0, "ms"), most(&[3, 4, 5], "newest_20_us")),
        (goal("exact total of terms, p99", 60.0, "ms"), most(&[0, 1, 3, 4], "exact_total_us")),
        (goal("exact total of phrases, p99", 100.0, "ms"), most(&[2, 5], "exact_total_us")),
    ];
    let peer = &report["sqlite"]["load"]["cost"];
    if peer.is_object() {
        let rate = Goal { what: "rate beside SQLite", bound: 1.8, at_least: true, unit: "x" };
        rows.push((rate, number(&peer["wall_us"]) / number(&cost["wall_us"])));
    }
    writeln!(out, "\nGoals:")?;
    for (goal, value) in rows {
        let met = if goal.at_least { value >= goal.bound } else { value <= goal.bound };
        let word = if met { "met   " } else { "MISSED" };
        let sign = if goal.at_least { "≥" } else { "≤" };
        let Goal { what, bound, unit, .. } = goal;
        writeln!(out, "  {word} {what}: {value:.2} {unit} ({sign} {bound})")?;
    }
    Ok(())
}

/// A JSON number; 0 where there is none.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// A whole number with its thousands apart.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(thousands(0.0), "0");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn a_missed_goal_is_said() {
        let cost = json!({ "cpu_us": 9_000_000u64, "wall_us": 5_000_000u64,
            "resident_bytes_max": 1u64 << 30, "anonymous_bytes_max": 1u64 << 29 });
        let report = json!({
            "seed": 7, "machine": { "cores": 2 },
            "corpus": { "messages": 1_000_000, "files": 4 },
            "emma": {
                "intake": { "cost": cost, "said": { "stages": [
                    { "name": "parse", "cpu_us": 500_000, "wall_us": 1 }] } },
                "disk": { "lake": 90_000_000u64, "index": 55_000_000u64 },
                "search": { "said": { "kinds": [] } },
            },
            "sqlite": { "load": { "cost": { "wall_us": 10_000_000u64, "cpu_us": 9_000_000u64 },
                "said": { "bytes": 360_000_000u64 } } },
        });
        let text = text(&report);
        assert!(text.contains("MISSED CPU a message: 9.00 us (≤ 8)"), "{text}");
        assert!(text.contains("met    lake + index: 145.00 bytes"), "{text}");
        assert!(text.contains("met    rate beside SQLite: 2.00 x (≥ 1.8)"), "{text}");
        assert!(text.contains("parse 0.50;"), "{text}");
        assert!(text.contains("| emma | 200,000 | 9.00 |"), "{text}");
    }
}
