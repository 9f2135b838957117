//! The one error of this crate: a sentence that says what to do next.

use std::fmt;

/// Why a task stopped.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A task was called wrongly.
    pub fn usage(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }

    /// A task found something that does not hold.
    pub fn found(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure(format!("unexpected JSON: {error}"))
    }
}

/// Adds to an I/O error what was being done.
pub trait During<T> {
    /// Turns the error into a failure that starts with `what`.
    fn during(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> During<T> for Result<T, E> {
    fn during(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}
