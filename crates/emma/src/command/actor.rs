//! `emma actor add|list`.

use crate::args::ActorCommand;
use crate::fail::{Done, Result};
use crate::output::{Output, inert, table};
use emma_case::actor::{self, Actor};
use emma_case::home::Home;
use serde::Serialize;

#[derive(Serialize)]
struct ActorLine {
    name: String,
    key_name: String,
    key: String,
}

impl From<Actor> for ActorLine {
    fn from(actor: Actor) -> ActorLine {
        let (key_name, key) = (actor.key.name().to_owned(), actor.key.to_string());
        ActorLine { name: actor.name, key_name, key }
    }
}

#[derive(Serialize)]
struct ActorList {
    actors: Vec<ActorLine>,
}

pub fn run(command: ActorCommand, output: &Output) -> Result<Done> {
    let home = Home::from_environment()?;
    match command {
        ActorCommand::Add { name } => {
            let added = actor::add(&home, &name, &mut emma_evidence::system_random)?;
            output.print("emma/actor/v1", &ActorLine::from(added), |actor, out| {
                writeln!(out, "made the key of {}", inert::line(&actor.name))?;
                writeln!(out, "{}", actor.key)?;
                writeln!(
                    out,
                    "An authority names this person by that key (docs/formats/authority.md)."
                )
            })?;
        }
        ActorCommand::List => {
            let actors = actor::list(&home)?.into_iter().map(ActorLine::from).collect();
            output.print("emma/actors/v1", &ActorList { actors }, |list, out| {
                if list.actors.is_empty() {
                    return writeln!(out, "no actor on this machine: emma actor add NAME");
                }
                let row = |actor: &ActorLine| vec![inert::line(&actor.name), actor.key.clone()];
                write!(out, "{}", table::wide(&["name", "key"], list.actors.iter().map(row)))
            })?;
        }
    }
    Ok(Done::Ok)
}
