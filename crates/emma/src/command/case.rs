//! `emma case new|key`.

use crate::args::{CaseCommand, KindArg};
use crate::fail::{Done, Result};
use crate::output::{Output, inert};
use emma_case::actor;
use emma_case::authority::CaseKind;
use emma_case::case::Case;
use emma_case::clock;
use emma_case::home::Home;
use serde::Serialize;

#[derive(Serialize)]
struct CaseLine {
    case: String,
    name: String,
    kind: &'static str,
    log_key: String,
}

impl From<&Case> for CaseLine {
    fn from(case: &Case) -> CaseLine {
        CaseLine {
            case: case.meta.id.to_string(),
            name: case.meta.name.clone(),
            kind: case.meta.kind.name(),
            log_key: case.meta.log_key.to_string(),
        }
    }
}

pub fn run(command: CaseCommand, output: &Output) -> Result<Done> {
    match command {
        CaseCommand::New { dir, kind, name, actor } => {
            let (home, clock) = (Home::from_environment()?, clock::from_environment()?);
            let founder = actor::acting(&home, actor.actor.as_deref())?;
            let kind = match kind {
                KindArg::Real => CaseKind::Real,
                KindArg::Synthetic => CaseKind::Synthetic,
            };
            let folder = dir.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.or(folder).unwrap_or_else(|| "case".to_owned());
            let random = &mut emma_evidence::system_random;
            let case = Case::create(&home, &dir, &name, kind, &founder, &*clock, random)?;
            output.print("emma/case/v1", &CaseLine::from(&case), |line, out| {
                let name = inert::line(&line.name);
                writeln!(out, "made the {} case {} ({name})", line.kind, line.case)?;
                writeln!(out, "log key {}", line.log_key)?;
                writeln!(out, "Give this key to whoever will verify. Its private half is on this")?;
                writeln!(out, "machine alone: keep a copy where the case is not.")
            })?;
        }
        CaseCommand::Key { case } => {
            let case = Case::open(&case)?;
            output.print("emma/case/v1", &CaseLine::from(&case), |line, out| {
                writeln!(out, "{}", line.log_key)
            })?;
        }
    }
    Ok(Done::Ok)
}
