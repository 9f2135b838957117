//! Thumbnails of pictures that nobody trusts, made by a process that can do nothing else.
//!
//! Picture decoders are where hostile bytes have broken into programs most often. So they run
//! here and nowhere else: before the first byte of a picture is read, this process gives up
//! every system call but those for reading its input, writing its output and asking for memory
//! (`sandbox`), and the memory and time it may use. Whoever takes such a process over holds a
//! pipe that carries small pictures.
//!
//! Requests on standard input, answers on standard output, numbers little-endian:
//!
//! | request | answer |
//! | --- | --- |
//! | longest edge of the thumbnail (4 bytes), length of the picture (4 bytes), the picture | outcome (1 byte: 0 made, 1 not decoded, 2 over a limit), width and height of the picture (4 bytes each), length of the thumbnail (4 bytes), the thumbnail as JPEG |
#![forbid(unsafe_code)]

mod picture;
mod sandbox;

use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Longest picture taken, in bytes.
const PICTURE_BYTES_MAX: u32 = 64 << 20;
/// Longest edge of a thumbnail, in pixels.
const EDGE_MAX: u32 = 1_024;

fn main() -> ExitCode {
    let proving = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--prove-sandbox") => true,
        Some(_) => {
            eprintln!(
                "emma-thumb: pictures on standard input, thumbnails on standard output; emma \
                 runs it.\n--prove-sandbox shuts the process in and opens a file, which must \
                 kill it."
            );
            return ExitCode::from(2);
        }
    };
    if let Err(why) = sandbox::enter() {
        // Nothing is decoded outside: no thumbnails is the better loss.
        eprintln!("emma-thumb: this system has no sandbox for it: {why}");
        return ExitCode::from(3);
    }
    if proving {
        let opened = std::fs::File::open("/");
        eprintln!("emma-thumb: the sandbox let a file be opened: {}", opened.is_ok());
        return ExitCode::FAILURE;
    }
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(4),
    }
}

/// Answers until the input ends.
fn serve(input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
    let mut picture = Vec::new();
    loop {
        let mut head = [0; 8];
        match input.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        let (edge, length) = (number(0).clamp(1, EDGE_MAX), number(4));
        if length > PICTURE_BYTES_MAX {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        picture.clear();
        if input.take(length.into()).read_to_end(&mut picture)? < length as usize {
            return Ok(());
        }
        let made = picture::thumbnail(&picture, edge);
        output.write_all(&[made.outcome as u8])?;
        for number in [made.width, made.height, made.jpeg.len() as u32] {
            output.write_all(&number.to_le_bytes())?;
        }
        output.write_all(&made.jpeg)?;
        output.flush()?;
    }
}
