//! `cargo xtask docs`: docs/cli.md out of the program's own help.

use crate::failure::{During, Failure};
use crate::workspace;
use std::path::Path;
use std::process::Command;

/// Writes the page, or with `--check` says whether it is current.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err(Failure::usage("docs takes nothing but --check")),
    };
    let folder = workspace::build(&["emma", "emma-verify"], false)?;
    let page = page(&folder)?;
    let path = workspace::root().join("docs/cli.md");
    if !check {
        std::fs::write(&path, page).during("cannot write docs/cli.md")?;
        println!("docs/cli.md is written");
        return Ok(());
    }
    if std::fs::read_to_string(&path).is_ok_and(|current| current == page) {
        return Ok(());
    }
    Err(Failure::found("docs/cli.md is stale: run `cargo xtask docs`"))
}

/// What `emma` says of itself in Markdown, and the help of `emma-verify` below it.
fn page(folder: &Path) -> Result<String, Failure> {
    let mut page = said(&folder.join("emma"), &["help-markdown"])?;
    for words in [&["--help"][..], &["consistency", "--help"]] {
        let help = said(&folder.join("emma-verify"), words)?;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = words.strip_suffix(&["--help"]).unwrap_or(words).join(" ");
        let title = format!("emma-verify {name}");
        page.push_str(&format!("\n## {}\n\n```text\n", title.trim_end()));
        page.push_str(&format!("{}\n```\n", help.join("\n")));
    }
    Ok(page)
}

fn said(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new(program);
    command.args(arguments).env("NO_COLOR", "1").env("COLUMNS", "96");
    // The help names variables, and would show what they are set to.
    for name in ["EMMA_AS", "EMMA_REASON", "EMMA_AUTHORITY", "EMMA_HOME"] {
        command.env_remove(name);
    }
    let output = command.output().during("cannot start a program")?;
    if !output.status.success() {
        return Err(Failure::found("a program does not print its help"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
