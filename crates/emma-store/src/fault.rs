//! Faults on purpose, for tests: stop the process or fail the call before or after a persist.
//!
//! Every persist in this crate calls [`point`] with a name on both sides of it. Tests set
//! `EMMA_FAULT=NAME:N:ACTION` for a child process: at the `N`th passage (from 1) of point
//! `NAME`, `ACTION` is `kill` (the process aborts, as by `kill -9`), `full` (the call fails
//! as on a full disk) or `error` (it fails with an I/O error). `NAME` may be `*`: any point
//! counts. Without the variable a passage costs one atomic load.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Plan {
    name: String,
    at: u64,
    action: String,
    passed: AtomicU64,
}

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    PLAN.get_or_init(|| {
        let text = std::env::var("EMMA_FAULT").ok()?;
        let mut parts = text.rsplitn(3, ':');
        let action = parts.next()?.to_owned();
        let at = parts.next()?.parse().ok()?;
        let name = parts.next()?.to_owned();
        Some(Plan { name, at, action, passed: AtomicU64::new(0) })
    })
    .as_ref()
}

/// A named point before or after a persist.
pub fn point(name: &str) -> io::Result<()> {
    let Some(plan) = plan() else { return Ok(()) };
    if plan.name != "*" && plan.name != name {
        return Ok(());
    }
    if plan.passed.fetch_add(1, Ordering::SeqCst) + 1 != plan.at {
        return Ok(());
    }
    match plan.action.as_str() {
        "kill" => std::process::abort(),
        "full" => Err(io::Error::from(io::ErrorKind::StorageFull)),
        _ => Err(io::Error::other("fault injected")),
    }
}
