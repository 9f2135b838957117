//! Progress of long work: a bar on a terminal, plain lines else, nothing with `--quiet`.

use crate::output::{Output, bytes, grouped};
use emma_case::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Plain lines come at most this often, in seconds.
const LINE_EVERY_S: u64 = 5;

/// Shows the stages of long work on standard error.
pub struct Shower {
    mode: Mode,
    current: Mutex<Stage>,
}

enum Mode {
    Silent,
    Bar(ProgressBar),
    Lines,
}

struct Stage {
    name: &'static str,
    total: Option<u64>,
    count: u64,
    bytes: u64,
    since: Instant,
    last_line: Instant,
}

impl Shower {
    /// A shower for standard error as it is.
    pub fn new(output: &Output) -> Shower {
        let mode = if output.quiet {
            Mode::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(200));
            Mode::Bar(bar)
        } else {
            Mode::Lines
        };
        let now = Instant::now();
        let stage = Stage { name: "", total: None, count: 0, bytes: 0, since: now, last_line: now };
        Shower { mode, current: Mutex::new(stage) }
    }

    /// Takes the bar away, before results are printed.
    pub fn finish(&self) {
        if let Mode::Bar(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }

    fn update(&self, change: impl FnOnce(&mut Stage)) {
        // A poisoned lock only means that another thread panicked while counting.
        let mut stage = self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        change(&mut stage);
        match &self.mode {
            Mode::Silent => {}
            Mode::Bar(bar) => {
                bar.set_position(stage.done());
                bar.set_message(stage.figures());
            }
            Mode::Lines => {
                if stage.last_line.elapsed() >= Duration::from_secs(LINE_EVERY_S) {
                    stage.last_line = Instant::now();
                    eprintln!("{}: {}{}", stage.name, stage.figures(), stage.left());
                }
            }
        }
    }
}

impl Stage {
    /// What the stage's total counts: bytes where bytes are told, else items.
    fn done(&self) -> u64 {
        if self.bytes > 0 { self.bytes } else { self.count }
    }

    fn rate(&self, of: u64) -> u64 {
        let seconds = self.since.elapsed().as_secs_f64().max(0.001);
        (of as f64 / seconds) as u64
    }

    fn figures(&self) -> String {
        let mut parts = Vec::new();
        if self.bytes > 0 {
            parts.push(format!("{} ({}/s)", bytes(self.bytes), bytes(self.rate(self.bytes))));
        }
        if self.count > 0 {
            let rate = grouped(self.rate(self.count));
            parts.push(format!("{} done ({rate}/s)", grouped(self.count)));
        }
        parts.join(", ")
    }

    fn left(&self) -> String {
        let (Some(total), done) = (self.total, self.done()) else {
            return String::new();
        };
        let rate = self.rate(done);
        if rate == 0 || done > total {
            return String::new();
        }
        format!(", about {} s left", (total - done) / rate)
    }
}

impl Progress for Shower {
    fn stage(&self, name: &'static str, total: Option<u64>) {
        if let Mode::Bar(bar) = &self.mode {
            let template = match total {
                Some(_) => "{prefix:>10} [{bar:30}] {percent:>3}% {msg} {eta} left",
                None => "{prefix:>10} {spinner} {msg}",
            };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_length(total.unwrap_or(0));
            bar.set_prefix(name);
            bar.reset();
        }
        self.update(|stage| {
            let now = Instant::now();
            *stage = Stage { name, total, count: 0, bytes: 0, since: now, last_line: now };
        });
        if matches!(self.mode, Mode::Lines) {
            eprintln!("{name}");
        }
    }

    fn advance(&self, count: u64) {
        self.update(|stage| stage.count += count);
    }

    fn bytes(&self, count: u64) {
        self.update(|stage| stage.bytes += count);
    }
}
