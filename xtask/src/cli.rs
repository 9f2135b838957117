//! The program as a user starts it: `emma` with keys of its own, in a folder of its own.

use crate::failure::{During, Failure};
use crate::measure::{self, Cost};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the programs are, and the folder a task works in.
#[derive(Debug, Clone)]
pub struct Emma {
    programs: PathBuf,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output as JSON.
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.out).during("the command's --json output")
    }
}

impl Emma {
    /// Programs from `programs`, working in the fresh folder `folder` with keys in `folder/home`.
    pub fn fresh(programs: &Path, folder: &Path) -> Result<Emma, Failure> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).during("cannot clear the task's folder")?;
        }
        Emma::at(programs, folder)
    }

    /// Like [`Emma::fresh`] over a folder that may hold something already.
    pub fn at(programs: &Path, folder: &Path) -> Result<Emma, Failure> {
        std::fs::create_dir_all(folder).during("cannot make the task's folder")?;
        let home = folder.join("home").display().to_string();
        let environment = vec![("EMMA_HOME".to_owned(), home)];
        Ok(Emma { programs: programs.to_owned(), folder: folder.to_owned(), environment })
    }

    /// The same with one more variable set.
    pub fn with(&self, name: &str, value: &str) -> Emma {
        let mut more = self.clone();
        more.environment.push((name.to_owned(), value.to_owned()));
        more
    }

    /// The folder it works in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of program `name` (`emma`, `emma-verify`), not yet started.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        for name in ["EMMA_AS", "EMMA_REASON", "EMMA_FAULT", "EMMA_HOME"] {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    /// Runs `emma` and returns what it said, whatever its exit code.
    pub fn ask(&self, arguments: &[&str]) -> Result<Said, Failure> {
        self.ask_program("emma", arguments)
    }

    /// Runs a program by name and returns what it said, whatever its exit code.
    pub fn ask_program(&self, name: &str, arguments: &[&str]) -> Result<Said, Failure> {
        let output = self.command(name, arguments).output().during("cannot start a program")?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs `emma` and fails unless it exits with 0.
    pub fn must(&self, arguments: &[&str]) -> Result<Said, Failure> {
        let said = self.ask(arguments)?;
        if said.code != 0 {
            let line = arguments.join(" ");
            let (code, out, err) = (said.code, tail(&said.out), tail(&said.err));
            return Err(Failure::found(format!("emma {line}\nexited with {code}:\n{out}\n{err}")));
        }
        Ok(said)
    }

    /// Runs `emma` measured and returns what it said and cost. It must exit with 0.
    pub fn metered(&self, arguments: &[&str]) -> Result<(Said, Cost), Failure> {
        self.metered_program("emma", arguments)
    }

    /// [`Emma::metered`] for a program by name. Output goes through a file, not through a pipe
    /// that could fill up.
    pub fn metered_program(&self, name: &str, arguments: &[&str]) -> Result<(Said, Cost), Failure> {
        let path = self.folder.join("measured.out");
        let file = std::fs::File::create(&path).during("cannot keep a program's output")?;
        let mut command = self.command(name, arguments);
        let (exit, cost) = measure::run(command.stdout(file).stderr(Stdio::inherit()))?;
        let out = std::fs::read_to_string(&path).during("cannot read a program's output")?;
        let code = exit.code().unwrap_or(-1);
        if code != 0 {
            let line = arguments.join(" ");
            return Err(Failure::found(format!("{name} {line}\nexited with {code}")));
        }
        Ok((Said { code, out, err: String::new() }, cost))
    }
}

/// The last lines of a long output.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Bytes of all files below `folder`; 0 where there is none.
pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => folder_bytes(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
