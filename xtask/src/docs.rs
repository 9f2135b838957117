//! `cargo xtask docs`: docs/cli.md out of the program's own help.

use crate::failure::{During, Failure};
use crate::workspace;
use std::path::Path;
use std::process::Command;

const HEAD: &str = "\
# The command line

Written by `cargo xtask docs` out of the programs' own help; edit the help, not this page.

Exit codes: 0 ok, 1 a finding or mismatch, 2 wrong usage, 3 refused by the authority, 4 input or
output. Everything that prints takes `--json`. Whatever reads content takes `--as ACTOR` and
`--reason TEXT` (or `EMMA_AS`, `EMMA_REASON`); a machine with one actor needs no `--as`, a case with
one authority no `--authority`. Keys lie in `EMMA_HOME`.
";

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
    Err(Failure::found(
        "docs/cli.md is stale: run `cargo xtask docs`",
    ))
}

fn page(folder: &Path) -> Result<String, Failure> {
    let mut page = HEAD.to_owned();
    for program in ["emma", "emma-verify"] {
        let executable = folder.join(program);
        section(&executable, &[program.to_owned()], &mut page)?;
    }
    Ok(page)
}

/// Adds one command's help and then, in order, that of the commands it lists.
fn section(executable: &Path, words: &[String], page: &mut String) -> Result<(), Failure> {
    let output = Command::new(executable)
        .args(&words[1..])
        .arg("--help")
        .env("COLUMNS", "96")
        .env("NO_COLOR", "1")
        .env_remove("EMMA_AS")
        .env_remove("EMMA_REASON")
        .output()
        .during("cannot start a program")?;
    let help = String::from_utf8_lossy(&output.stdout);
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!(
        "\n## `{}`\n\n```text\n{}\n```\n",
        words.join(" "),
        help.join("\n")
    ));
    for name in subcommands(&help) {
        let mut words = words.to_vec();
        words.push(name);
        section(executable, &words, page)?;
    }
    Ok(())
}

/// The names that a help text lists under `Commands:`.
fn subcommands(help: &[&str]) -> Vec<String> {
    let listed = help.iter().skip_while(|line| **line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_a_help_text() {
        let help = "Usage: emma <COMMAND>\n\nCommands:\n  intake  Seals\n          and reads\n  \
            case    Cases\n  help    Prints\n\nOptions:\n  -h, --help  Print help";
        let help: Vec<&str> = help.lines().collect();
        assert_eq!(subcommands(&help), ["intake", "case"]);
    }
}
