//! Asks `emma-thumb` for thumbnails: one request, one answer, over pipes.
//!
//! The other end decodes hostile bytes, so nothing it says is trusted further than its length,
//! and it gets a limited time. Each picture gets a process of its own, so that one that takes its
//! process over cannot answer for the next.

use crate::error::{CaseError, Result, at};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Longest picture sent, in bytes.
pub const PICTURE_BYTES_MAX: u64 = 64 << 20;
/// Longest edge of a thumbnail, in pixels.
pub const EDGE: u32 = 240;
/// How long one picture may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest thumbnail taken, in bytes.
const THUMBNAIL_BYTES_MAX: u32 = 1 << 20;
/// Exit code of a program that found no sandbox.
const NO_SANDBOX: i32 = 3;

/// What came of a picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Thumbnail {
    /// A thumbnail.
    Made {
        /// Width and height of the picture, in pixels.
        size: (u32, u32),
        /// The thumbnail, JPEG, [`EDGE`] at most.
        jpeg: Vec<u8>,
    },
    /// None, and why.
    None(&'static str),
}

/// Makes thumbnails.
pub struct Thumbs {
    program: PathBuf,
}

struct Running {
    child: Child,
    /// To the thread that writes: a child that does not read must not hold up whoever asks.
    pictures: Option<SyncSender<Vec<u8>>>,
    answers: Receiver<io::Result<Answer>>,
}

struct Answer {
    outcome: u8,
    size: (u32, u32),
    jpeg: Vec<u8>,
}

impl Thumbs {
    /// Thumbnails by the program at `program`. Nothing is started yet.
    pub fn by(program: PathBuf) -> Thumbs {
        Thumbs { program }
    }

    /// A thumbnail of the picture with these bytes.
    ///
    /// # Errors
    /// Where the program cannot be started, and where this system has no sandbox for it.
    pub fn of(&self, picture: Vec<u8>) -> Result<Thumbnail> {
        if picture.len() as u64 > PICTURE_BYTES_MAX {
            return Ok(Thumbnail::None("it is longer than 64 MiB"));
        }
        let mut running = start(&self.program)?;
        // Nothing else is waiting to be written: this does not block.
        let asked = running.pictures.as_ref().is_some_and(|to| to.send(picture).is_ok());
        let answered = asked.then(|| running.answers.recv_timeout(PATIENCE));
        let why = match answered {
            Some(Ok(Ok(answer))) => {
                return Ok(match answer.outcome {
                    0 => Thumbnail::Made { size: answer.size, jpeg: answer.jpeg },
                    2 => Thumbnail::None("it is larger than the limits of decoding"),
                    _ => Thumbnail::None("it does not decode as a picture"),
                });
            }
            Some(Err(RecvTimeoutError::Timeout)) => "decoding took longer than 10 seconds",
            _ => "the decoder gave up on it",
        };
        match running.stop() {
            Some(NO_SANDBOX) => Err(CaseError::usage(
                "this system has no sandbox for decoding pictures (seccomp)",
                "no picture was decoded; the files themselves: emma files save",
            )),
            _ => Ok(Thumbnail::None(why)),
        }
    }
}

impl Running {
    /// Ends the process, and says how it ended where it did so by itself.
    fn stop(&mut self) -> Option<i32> {
        // Its input ends when the writing thread does.
        drop(self.pictures.take());
        // One that found no sandbox is on its way out; one that dawdles is not.
        let ended = (0..40).find_map(|_| {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended
        });
        if ended.is_none() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        ended.and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ask(input: &mut impl io::Write, picture: &[u8]) -> io::Result<()> {
    let length = u32::try_from(picture.len()).expect("checked against the limit");
    input.write_all(&EDGE.to_le_bytes())?;
    input.write_all(&length.to_le_bytes())?;
    input.write_all(picture)?;
    input.flush()
}

fn start(program: &Path) -> Result<Running> {
    let spawned = Command::new(program)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = at("start emma-thumb", spawned)?;
    let mut output = child.stdout.take().expect("it was asked for");
    let mut input = child.stdin.take().expect("it was asked for");
    let (pictures, asked) = sync_channel::<Vec<u8>>(1);
    std::thread::spawn(move || {
        while let Ok(picture) = asked.recv() {
            if ask(&mut input, &picture).is_err() {
                return;
            }
        }
    });
    let (sender, answers) = sync_channel(1);
    std::thread::spawn(move || {
        loop {
            let answer = answer(&mut output);
            let over = answer.is_err();
            if sender.send(answer).is_err() || over {
                return;
            }
        }
    });
    Ok(Running { child, pictures: Some(pictures), answers })
}

fn answer(output: &mut impl io::Read) -> io::Result<Answer> {
    let mut head = [0; 13];
    output.read_exact(&mut head)?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
    let length = number(9);
    if length > THUMBNAIL_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut jpeg = Vec::new();
    if output.take(length.into()).read_to_end(&mut jpeg)? < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(Answer { outcome: head[0], size: (number(1), number(5)), jpeg })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A stand-in for the program that does what a captured one may do.
    fn by(script: &str) -> (tempfile::TempDir, Thumbs) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("thumb.sh");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let thumbs = Thumbs::by(program);
        (folder, thumbs)
    }

    #[test]
    fn one_that_dies_or_lies_costs_its_picture() {
        for script in ["exit 0", "exit 1", "head -c 8 >/dev/null; exit 0", "echo nonsense-nonsense"]
        {
            let (_folder, thumbs) = by(script);
            for _ in 0..2 {
                let found = thumbs.of(vec![7; 100_000]).unwrap();
                assert!(matches!(found, Thumbnail::None(_)), "{script}: {found:?}");
            }
        }
    }

    #[test]
    fn one_that_finds_no_sandbox_is_an_error() {
        let (_folder, thumbs) = by("exit 3");
        assert!(thumbs.of(vec![7; 10]).is_err());
    }

    #[test]
    fn a_picture_beyond_the_limit_is_not_sent() {
        let (_folder, thumbs) = by("exit 1");
        let found = thumbs.of(vec![0; PICTURE_BYTES_MAX as usize + 1]).unwrap();
        assert_eq!(found, Thumbnail::None("it is longer than 64 MiB"));
    }
}
