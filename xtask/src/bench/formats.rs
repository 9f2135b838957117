//! `cargo xtask bench formats`: how fast each format is read.

use super::count;
use crate::cli::Emma;
use crate::failure::Failure;
use crate::workspace;

/// Makes and reads a file of each format, or of those named.
pub fn run(arguments: &[String]) -> Result<u8, Failure> {
    let mut bytes = 64_000_000;
    let mut names = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match (word.as_str(), words.as_slice().first()) {
            ("--megabytes", Some(value)) => {
                bytes = count(value)? * 1_000_000;
                words.next();
            }
            ("--megabytes", None) => return Err(Failure::usage("--megabytes needs a value")),
            (name, _) => names.push(name),
        }
    }
    let programs = workspace::build(&["emma", "emma-verify", "emma-bench"], true)?;
    let folder = super::folder().join("formats");
    let bench = Emma::fresh(&programs, &folder)?;
    let (place, size) = (folder.display().to_string(), bytes.to_string());
    let said =
        bench.ask_program("emma-bench", &[&["formats", &place, &size], &names[..]].concat())?;
    if said.code != 0 {
        return Err(Failure::found(format!("a format was not read whole: {}", said.err)));
    }
    println!(
        "{:<14} {:<26} {:>10} {:>9} {:>10} {:>12}",
        "format", "read by", "bytes", "records", "MB/s", "records/s"
    );
    for line in said.json()?["formats"].as_array().into_iter().flatten() {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| line[name].as_f64().unwrap_or_default();
        println!(
            "{:<14} {:<26} {:>10.0} {:>9.0} {:>10.1} {:>12.0}",
            text("format"),
            text("read_by"),
            number("bytes"),
            number("records"),
            number("megabytes_per_second"),
            number("records_per_second")
        );
    }
    Ok(0)
}
