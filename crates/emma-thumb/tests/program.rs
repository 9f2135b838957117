//! The program from outside: what it answers, and that it is shut in.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_emma-thumb");

fn request(edge: u32, picture: &[u8]) -> Vec<u8> {
    let length = picture.len() as u32;
    [&edge.to_le_bytes()[..], &length.to_le_bytes()[..], picture].concat()
}

#[test]
fn opening_a_file_kills_it() {
    let ended = Command::new(PROGRAM).arg("--prove-sandbox").output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.signal(), Some(libc::SIGSYS), "{told}");
}

#[test]
fn one_process_answers_one_picture_after_the_other() {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(30, 10, image::Rgb([200, 10, 10]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let mut child =
        Command::new(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let requests =
        [request(15, png.get_ref()), request(15, b"no picture"), request(9, png.get_ref())];
    std::thread::spawn(move || requests.iter().for_each(|one| input.write_all(one).unwrap()));
    let mut answers = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut answers).unwrap();
    assert!(child.wait().unwrap().success());
    let mut sizes = Vec::new();
    let mut rest = answers.as_slice();
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (outcome, length) = (rest[0], number(9) as usize);
        let jpeg = &rest[13..13 + length];
        let size = image::load_from_memory(jpeg).map(|small| (small.width(), small.height()));
        sizes.push((outcome, (number(1), number(5)), size.ok()));
        rest = &rest[13 + length..];
    }
    let made = |size| (0, (30, 10), Some(size));
    assert_eq!(sizes, [made((15, 5)), (1, (0, 0), None), made((9, 3))]);
}
