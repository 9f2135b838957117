//! `emma status`.

use super::{Opened, open_for_reading, print_withheld};
use crate::args::StatusArgs;
use crate::fail::{Done, Result};
use crate::output::{Output, grouped, inert};
use emma_case::access::Access;
use emma_case::status::{self, Status};
use std::io::{self, Write};

pub fn run(args: &StatusArgs, output: &Output) -> Result<Done> {
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let status = status::status(&case, &state, &session)?;
    let access = Access {
        command: "status",
        query: None,
        shown: status.messages,
        withheld: status.withheld_rows.clone(),
    };
    session.record(&mut case.log, &access, &mut emma_evidence::system_random)?;
    output.print("emma/status/v1", &status, human)?;
    Ok(Done::Ok)
}

fn human(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let name = inert::line(&status.name);
    writeln!(out, "case {} ({name}), {}, founded {}", status.case, status.kind, status.created)?;
    if status.kind == "synthetic" {
        writeln!(out, "every figure is measured on simulated data")?;
    }
    let (size, under) = (status.log_size, status.checkpoint_size);
    writeln!(out, "log of {size} entries, {under} under a checkpoint, root {}", status.log_root)?;
    match (&status.snapshot, &status.published) {
        (Some(number), Some(at)) => writeln!(out, "snapshot {number}, published {at}")?,
        _ => writeln!(out, "nothing published yet")?,
    }
    writeln!(out, "roots (equal for equal content):")?;
    writeln!(out, "  {:<10} {}", "exhibits", status.exhibits_root)?;
    for (table, root) in &status.table_roots {
        writeln!(out, "  {table:<10} {root}")?;
    }
    writeln!(out, "totals under authority {}:", status.authority)?;
    for total in &status.totals {
        let value = match total.value.as_u64() {
            Some(number) => grouped(number),
            None => total.value.as_str().unwrap_or_default().to_owned(),
        };
        writeln!(out, "  {:<26} {value:>20}  {}", total.name, total.definition)?;
    }
    print_withheld(out, &status.withheld_rows, &status.authority)
}
