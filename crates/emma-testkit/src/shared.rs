//! Public test data that lies beside the project, and tests that skip without it.

use std::path::{Path, PathBuf};

/// The folder `name` of `../shared/data`, or `None` after saying that `test` is skipped.
///
/// The notice stands alone on standard output, where `cargo xtask test` collects it by name.
pub fn shared_data(test: &str, name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {test}: ../shared/data/{name} is absent");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_none() {
        // Prints a notice, as it must; the word in front keeps it from being counted.
        print!("expected notice, ");
        assert!(shared_data("nobody", "no-such-folder").is_none());
    }
}
