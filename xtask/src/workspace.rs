//! Where the workspace is, and which of its files belong to it.

use crate::failure::{During, Failure};
use std::path::PathBuf;
use std::process::Command;

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    // Cargo says it anew on each run: a target folder that two clones share may hold the other's
    // program, which would go on in the other's folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR");
    let here = here.map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().expect("xtask lies in the workspace").to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A cargo command in the workspace, by the cargo that runs us.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Builds binaries of the workspace and returns the folder they are in.
///
/// `release` is for measuring; everything else uses the profile that the tests share. Where
/// `EMMA_PROGRAMS` names a folder, the programs in it are taken instead: an installed build can be
/// tried as well as this one.
pub fn build(packages: &[&str], release: bool) -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("EMMA_PROGRAMS") {
        return Ok(root().join(folder));
    }
    let mut command = cargo();
    command.args(["build", "--locked", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    if release {
        command.arg("--release");
    }
    let status = command.status().during("cannot start cargo")?;
    if !status.success() {
        return Err(Failure::found("the build failed; its messages stand above"));
    }
    Ok(target().join(if release { "release" } else { "debug" }))
}
