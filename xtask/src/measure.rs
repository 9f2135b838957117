//! What a child process cost, as the kernel counts it.

use crate::failure::{During, Failure};
use serde_json::{Value, json};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// Clock ticks a second in `/proc` (fixed for Linux's user interface).
const TICKS_PER_SECOND: u64 = 100;
/// How often memory is looked at.
const SAMPLE_EVERY: Duration = Duration::from_millis(20);

/// The cost of one child, its threads included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// User and system time, microseconds, in steps of 10 ms.
    pub cpu_us: u64,
    /// From start to end, microseconds.
    pub wall_us: u64,
    /// Most bytes resident at once, mapped files included.
    pub resident_bytes_max: u64,
    /// Most bytes resident at once that are not mapped files.
    pub anonymous_bytes_max: u64,
}

impl Cost {
    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "cpu_us": self.cpu_us,
            "wall_us": self.wall_us,
            "resident_bytes_max": self.resident_bytes_max,
            "anonymous_bytes_max": self.anonymous_bytes_max,
        })
    }
}

/// Runs `command` to its end and measures it.
///
/// CPU time is what the kernel adds to this process's waited-for children, so nothing else may be
/// waited for meanwhile. Memory is sampled; what lives shorter than a sample can be missed.
pub fn run(command: &mut Command) -> Result<(ExitStatus, Cost), Failure> {
    let before = children_ticks()?;
    let started = Instant::now();
    let mut child = command.spawn().during("cannot start a program")?;
    let status = format!("/proc/{}/status", child.id());
    let mut cost = Cost::default();
    let exit = loop {
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        cost.resident_bytes_max = cost.resident_bytes_max.max(kilobytes(&text, "VmHWM:"));
        cost.anonymous_bytes_max = cost.anonymous_bytes_max.max(kilobytes(&text, "RssAnon:"));
        std::thread::sleep(SAMPLE_EVERY.min(started.elapsed() + Duration::from_micros(200)));
    };
    cost.wall_us = started.elapsed().as_micros() as u64;
    cost.cpu_us = (children_ticks()? - before) * (1_000_000 / TICKS_PER_SECOND);
    Ok((exit, cost))
}

/// Ticks that all children waited for so far have used.
fn children_ticks() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/stat").during("bench needs Linux's /proc")?;
    children_ticks_in(&text).ok_or_else(|| Failure::found("/proc/self/stat reads oddly"))
}

fn children_ticks_in(stat: &str) -> Option<u64> {
    // The name in brackets may hold anything; fields are counted after it. cutime and cstime are
    // fields 16 and 17 counted from 1, the state behind the bracket being field 3.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?)
}

/// A value of `/proc/PID/status` in bytes; 0 where it is not there.
fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 110 120 31 12 20 0 1";
        assert_eq!(children_ticks_in(stat), Some(43));
    }

    #[test]
    fn sizes_are_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nRssAnon:\t 12 kB\n";
        assert_eq!(kilobytes(status, "VmHWM:"), 2 << 20);
        assert_eq!(kilobytes(status, "RssFile:"), 0);
    }

    #[test]
    fn a_child_is_measured() {
        let script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
        let (exit, cost) = run(Command::new("sh").args(["-c", script])).unwrap();
        assert!(exit.success());
        assert!(cost.wall_us > 0 && cost.resident_bytes_max > 0);
    }
}
