//! `emma log checkpoint`.

use crate::args::LogCommand;
use crate::fail::{Done, Failure, Result};
use crate::output::Output;
use emma_case::case::Case;
use emma_case::home::Home;
use emma_evidence::Checkpoint;
use emma_store::NewFile;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct CheckpointLine {
    origin: String,
    size: u64,
    root: String,
    note: String,
}

impl From<Checkpoint> for CheckpointLine {
    fn from(checkpoint: Checkpoint) -> CheckpointLine {
        CheckpointLine {
            origin: checkpoint.origin,
            size: checkpoint.size,
            root: checkpoint.root.hex(),
            note: checkpoint.note,
        }
    }
}

pub fn run(command: LogCommand, output: &Output) -> Result<Done> {
    let LogCommand::Checkpoint { case, output: file } = command;
    let home = Home::from_environment()?;
    let mut case = Case::open(&case)?;
    let key = home.need_log_key(case.meta.id)?;
    let checkpoint = case.log.checkpoint(&key)?;
    if let Some(file) = &file {
        write_new_file(file, checkpoint.note.as_bytes())?;
    }
    output.print("emma/checkpoint/v1", &CheckpointLine::from(checkpoint), |line, out| {
        write!(out, "{}", line.note)
    })?;
    Ok(Done::Ok)
}

/// Writes a file of the user's; one that exists is never replaced.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<()> {
    refuse_existing(path)?;
    Ok(emma_store::write_new(path, bytes)?)
}

/// Begins a file of the user's that is to be written piece by piece, in the folder it belongs
/// to; it is there when it is committed, or not at all.
pub fn begin_new_file(path: &Path) -> Result<NewFile> {
    refuse_existing(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(NewFile::create_in(folder.unwrap_or(Path::new(".")))?)
}

/// Refuses a file that exists.
pub fn refuse_existing(path: &Path) -> Result<()> {
    if path.exists() {
        let help = "name a file that does not exist";
        return Err(Failure::usage("the file to write exists already", help));
    }
    Ok(())
}
