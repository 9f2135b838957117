//! A synthetic case in a temporary folder, with keys of its own.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The actor that [`TestCase::found_with_authority`] adds.
pub const ACTOR: &str = "Test Analyst";

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output as JSON. Panics, showing the output, where it is not.
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}):\n{}\n{}", self.out, self.err),
        }
    }
}

/// A temporary folder in which `emma` is run: keys in `home`, the case in `case`.
///
/// The folder is removed when this is dropped.
#[derive(Debug)]
pub struct TestCase {
    folder: TempDir,
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl TestCase {
    /// An empty folder. `program` is the emma to run: `env!("CARGO_BIN_EXE_emma")` in the tests
    /// of that crate.
    pub fn new(program: impl Into<PathBuf>) -> TestCase {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        TestCase { folder, program: program.into(), environment: Vec::new() }
    }

    /// The same with one more environment variable for every command.
    pub fn with(mut self, name: &str, value: &str) -> TestCase {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder; commands run in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the folder, with the folders above it.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let above = path.parent().expect("it lies below the folder");
        std::fs::create_dir_all(above).expect("a folder can be made");
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Runs `emma`.
    pub fn emma(&self, arguments: &[&str]) -> Said {
        self.run(&self.program, arguments)
    }

    /// Runs another program that lies beside `emma`.
    pub fn beside(&self, name: &str, arguments: &[&str]) -> Said {
        self.run(&self.program.with_file_name(name), arguments)
    }

    /// A command as [`TestCase::emma`] would run it, not yet started.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::null());
        for name in ["EMMA_AS", "EMMA_AUTHORITY", "EMMA_FAULT", "EMMA_CLOCK"] {
            command.env_remove(name);
        }
        command.env("EMMA_HOME", self.path("home"));
        command.env("EMMA_REASON", "a test").env("NO_COLOR", "1").env("COLUMNS", "100");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Said {
        let output = self.command(program, arguments).output().expect("the program starts");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `emma`. Panics, showing what it said, unless it exits with 0.
    pub fn must(&self, arguments: &[&str]) -> Said {
        let said = self.emma(arguments);
        let line = arguments.join(" ");
        assert_eq!(said.code, 0, "emma {line}\n{}\n{}", said.out, said.err);
        said
    }

    /// Adds [`ACTOR`], founds the synthetic case `case` and adds the authority `test-1` with
    /// `more` (TOML lines such as `handles = ["greyheron"]`) in it.
    pub fn found_with_authority(&self, more: &str) {
        self.must(&["actor", "add", ACTOR]);
        self.must(&["case", "new", "case", "--kind", "synthetic"]);
        self.file("test-1.toml", self.authority("test-1", more));
        self.must(&["authority", "add", "case", "test-1.toml"]);
    }

    /// The text of an authority `id` for the actors of this folder, with `more` lines in it.
    pub fn authority(&self, id: &str, more: &str) -> String {
        let listed = self.must(&["--json", "actor", "list"]).json();
        let mut actors = Vec::new();
        collect_actors(&listed, &mut actors);
        assert!(!actors.is_empty(), "no actor has a name and a key in {listed}");
        let mut text = format!(
            "version = 1\nid = \"{id}\"\nkind = \"synthetic\"\ncourt = \"Court of Nowhere\"\n\
             instrument = \"order {id}\"\noffences = [\"invented\"]\nread_until = 2099-12-31\n\
             {more}\n[valid]\nfrom = 2000-01-01\nto = 2099-12-31\n"
        );
        for (name, key) in actors {
            text.push_str(&format!("[[actors]]\nname = \"{name}\"\nkey = \"{key}\"\n"));
        }
        text
    }

    /// `text` with what differs from run to run replaced by what it is; the folder too.
    pub fn redact(&self, text: &str) -> String {
        let folder = self.folder().to_string_lossy().into_owned();
        crate::redact(&text.replace(&folder, "[folder]"))
    }
}

/// Every object with a name and a key, in order.
fn collect_actors(value: &Value, actors: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
            match (text("name"), text("key")) {
                (Some(name), Some(key)) => actors.push((name, key)),
                _ => members.values().for_each(|inner| collect_actors(inner, actors)),
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_actors(inner, actors)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_run_in_the_folder_with_its_keys() {
        let case = TestCase::new("sh");
        case.file("a/b.txt", "text");
        let said = case.emma(&["-c", "cat a/b.txt; echo \"$EMMA_HOME\" >&2; exit 3"]);
        assert_eq!((said.code, said.out.as_str()), (3, "text"));
        assert_eq!(case.redact(said.err.trim()), "[folder]/home");
    }

    #[test]
    fn actors_are_found_at_any_depth() {
        let mut actors = Vec::new();
        let value = serde_json::json!({ "v": 1, "actors": [{ "name": "A", "key": "k", "x": 1 }] });
        collect_actors(&value, &mut actors);
        assert_eq!(actors, [("A".to_owned(), "k".to_owned())]);
    }
}
