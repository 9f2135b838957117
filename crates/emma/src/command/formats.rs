//! `emma formats`: what is read without a mapping of one's own.

use crate::fail::{Done, Result};
use crate::output::Output;
use emma_parse::mapping;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Formats {
    formats: Vec<FormatLine>,
    mappings: Vec<MappingLine>,
}

#[derive(Serialize)]
struct FormatLine {
    name: &'static str,
    version: u32,
    title: &'static str,
    tested: &'static str,
}

#[derive(Serialize)]
struct MappingLine {
    name: String,
    version: u32,
    title: String,
    by: &'static str,
}

pub fn run(output: &Output) -> Result<Done> {
    let formats = emma_parse::formats().map(|format| FormatLine {
        name: format.name,
        version: format.version,
        title: format.title,
        tested: format.tested,
    });
    let mappings = mapping::shipped().into_iter().map(|mapping| MappingLine {
        name: mapping.name().to_owned(),
        version: mapping.version(),
        title: mapping.description().to_owned(),
        by: match mapping.names_files() {
            true => "file name",
            false => "tables and columns",
        },
    });
    let all = Formats { formats: formats.collect(), mappings: mappings.collect() };
    output.print("emma/formats/v1", &all, human)?;
    Ok(Done::Ok)
}

fn human(all: &Formats, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "recognised by content (docs/formats/inputs):")?;
    let mut formats: Vec<&FormatLine> = all.formats.iter().collect();
    formats.sort_by_key(|line| line.name);
    for line in formats {
        writeln!(out, "  {:<16} {}", line.name, line.title)?;
        writeln!(out, "  {:<16}   tested on: {}", "", line.tested)?;
    }
    writeln!(out, "zip, tar, gz and zst are opened, nested ones too.")?;
    writeln!(out)?;
    writeln!(out, "by a mapping in the box (`emma mapping list NAME` prints it):")?;
    for line in &all.mappings {
        writeln!(out, "  {:<16} {} (chosen by {})", line.name, line.title, line.by)?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "anything else: `emma mapping guess FILE` proposes a mapping; without one a text"
    )?;
    writeln!(out, "is kept as not understood and any other file whole, both counted in the ledger.")
}
