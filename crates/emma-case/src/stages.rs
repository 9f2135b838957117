//! What each stage of long work costs, in wall time and processor time.

use crate::progress::Progress;
use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// The cost of one stage. Stages of the same name are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCost {
    /// Its name.
    pub name: &'static str,
    /// Wall time, in microseconds.
    pub wall_us: u64,
    /// Processor time of all threads of this process, in microseconds.
    pub cpu_us: u64,
}

/// A running list of stages. Passes progress on.
pub struct Stages<'a> {
    progress: &'a dyn Progress,
    costs: Vec<StageCost>,
    current: Option<(&'static str, Instant, u64)>,
}

impl<'a> Stages<'a> {
    /// Nothing done yet.
    pub fn start(progress: &'a dyn Progress) -> Stages<'a> {
        Stages { progress, costs: Vec::new(), current: None }
    }

    /// Ends the current stage and begins another.
    pub fn begin(&mut self, name: &'static str, total: Option<u64>) {
        self.close();
        self.progress.stage(name, total);
        self.current = Some((name, Instant::now(), cpu_us()));
    }

    /// Ends the current stage and gives all costs.
    pub fn end(&mut self) -> Vec<StageCost> {
        self.close();
        std::mem::take(&mut self.costs)
    }

    fn close(&mut self) {
        let Some((name, since, cpu)) = self.current.take() else {
            return;
        };
        let wall_us = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let cpu_us = cpu_us().saturating_sub(cpu);
        match self.costs.iter_mut().find(|cost| cost.name == name) {
            Some(cost) => {
                cost.wall_us += wall_us;
                cost.cpu_us += cpu_us;
            }
            None => self.costs.push(StageCost { name, wall_us, cpu_us }),
        }
    }
}

impl Progress for Stages<'_> {
    fn stage(&self, name: &'static str, total: Option<u64>) {
        self.progress.stage(name, total);
    }

    fn advance(&self, count: u64) {
        self.progress.advance(count);
    }

    fn bytes(&self, count: u64) {
        self.progress.bytes(count);
    }
}

/// Processor time of this process so far, in microseconds.
fn cpu_us() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1_000
}
