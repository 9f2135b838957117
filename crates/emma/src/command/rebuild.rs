//! `emma rebuild`.

use crate::args::RebuildArgs;
use crate::fail::{Done, Result};
use crate::output::progress::Shower;
use crate::output::{Output, bytes, counted};
use emma_case::case::Case;
use emma_case::clock;
use emma_case::rebuild::{self, Checked};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct CheckedLine {
    equal: bool,
    trees: u64,
    leaves: u64,
    snapshots: u64,
    files: u64,
    restored: u64,
    roots: BTreeMap<String, String>,
    differences: Vec<DifferenceLine>,
}

#[derive(Serialize)]
struct DifferenceLine {
    object: String,
    what: String,
}

impl From<Checked> for CheckedLine {
    fn from(checked: Checked) -> CheckedLine {
        let differences = checked.differences.into_iter();
        CheckedLine {
            equal: differences.len() == 0,
            trees: checked.trees,
            leaves: checked.leaves,
            snapshots: checked.snapshots,
            files: checked.files,
            restored: checked.restored,
            roots: checked.roots,
            differences: differences
                .map(|one| DifferenceLine { object: one.object, what: one.what })
                .collect(),
        }
    }
}

pub fn run(args: &RebuildArgs, output: &Output) -> Result<Done> {
    let clock = clock::from_environment()?;
    let mut case = Case::open(&args.case)?;
    let needed = rebuild::scratch_bytes(&mut case)?;
    if !output.quiet {
        eprintln!("needs up to {} of free space in the case folder", bytes(needed));
    }
    let progress = Shower::new(output);
    let tools = super::intake::tools(args.threads, &progress, &*clock)?;
    let checked = match args.check {
        true => rebuild::check(&mut case, &tools),
        false => rebuild::restore(&mut case, &tools),
    };
    progress.finish();
    let line = CheckedLine::from(checked?);
    output.print("emma/rebuild/v1", &line, human)?;
    Ok(if line.equal { Done::Ok } else { Done::Found })
}

fn human(line: &CheckedLine, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "derived again: {} ({} leaves), {}, {}",
        counted(line.trees, "record tree"),
        crate::output::grouped(line.leaves),
        counted(line.snapshots, "snapshot"),
        counted(line.files, "file"),
    )?;
    if line.restored > 0 {
        writeln!(out, "put back: {}", counted(line.restored, "file"))?;
    }
    for (table, root) in &line.roots {
        writeln!(out, "  {table:<10} {root}")?;
    }
    for one in &line.differences {
        writeln!(out, "differs: {}: {}", one.object, one.what)?;
    }
    let verdict = if line.equal { "everything is equal" } else { "the case differs" };
    writeln!(out, "{verdict}")
}
