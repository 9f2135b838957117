//! Actors: people (or services) with an Ed25519 key of their own on this machine.
//!
//! The name stands in the actor's card on this machine and in the authorities of a case. The
//! log knows actors by key names, which are made of their public keys alone.

use crate::error::{CaseError, Result};
use crate::home::Home;
use emma_evidence::{Random, Signer, VerifierKey};
use serde::{Deserialize, Serialize};

/// Longest name of an actor, in bytes.
pub const ACTOR_NAME_BYTES_MAX: usize = 200;

/// An actor of this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The person's name.
    pub name: String,
    /// The public key.
    pub key: VerifierKey,
}

/// An actor ready to sign.
#[derive(Debug)]
pub struct ActingActor {
    /// The person's name.
    pub name: String,
    /// The private key.
    pub signer: Signer,
}

/// The file beside a private key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    name: String,
    key: String,
}

/// Makes the key of a new actor and keeps it in `home`.
pub fn add(home: &Home, name: &str, random: &mut Random<'_>) -> Result<Actor> {
    let name = name.trim();
    if name.is_empty() || name.len() > ACTOR_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(CaseError::usage(
            "this cannot be the name of an actor",
            "use 1 to 200 bytes without control characters",
        ));
    }
    if list(home)?.iter().any(|actor| actor.name == name) {
        return Err(CaseError::usage(
            "there is an actor of that name on this machine",
            "`emma actor list` shows it; use it, or tell the two apart by name",
        ));
    }
    let signer = Signer::draw_actor(random);
    let card = Card { name: name.to_owned(), key: signer.verifier().to_string() };
    let card = toml::to_string(&card).expect("two strings are TOML");
    home.keep_actor(&signer, &card)?;
    Ok(Actor { name: name.to_owned(), key: signer.verifier().clone() })
}

/// The actors of this machine, by name.
pub fn list(home: &Home) -> Result<Vec<Actor>> {
    let mut actors = Vec::new();
    for (key_name, card) in home.actor_cards()? {
        let damaged = || CaseError::Corrupt {
            object: key_name.clone(),
            what: "the card beside this actor's key does not read as one".to_owned(),
        };
        let card: Card = toml::from_str(&card).map_err(|_| damaged())?;
        let key: VerifierKey = card.key.parse().map_err(|_| damaged())?;
        if key.name() != key_name || !key.is_actor() {
            return Err(damaged());
        }
        actors.push(Actor { name: card.name, key });
    }
    actors.sort_by(|a, b| (&a.name, a.key.name()).cmp(&(&b.name, b.key.name())));
    Ok(actors)
}

/// The actor who acts: the one `named` (by name or key name), or the only one there is.
pub fn acting(home: &Home, named: Option<&str>) -> Result<ActingActor> {
    let mut actors = list(home)?;
    if let Some(named) = named {
        actors.retain(|actor| actor.name == named || actor.key.name() == named);
    }
    let actor = match (actors.len(), named) {
        (1, _) => actors.remove(0),
        (0, Some(_)) => {
            let help = "`emma actor list` shows who there is";
            return Err(CaseError::usage("there is no such actor on this machine", help));
        }
        (0, None) => {
            let help = "make one with `emma actor add NAME`";
            return Err(CaseError::usage("there is no actor on this machine", help));
        }
        (count, _) => {
            let help = "say who acts with --as ACTOR or EMMA_AS";
            return Err(CaseError::usage(format!("{count} actors could act"), help));
        }
    };
    let signer = home.actor_key(actor.key.name())?;
    if *signer.verifier() != actor.key {
        return Err(CaseError::Corrupt {
            object: actor.key.name().to_owned(),
            what: "the private key is not that of the card beside it".to_owned(),
        });
    }
    Ok(ActingActor { name: actor.name, signer })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        (folder, home)
    }

    fn seeded(seed: u8) -> impl FnMut(&mut [u8]) {
        move |buffer| buffer.fill(seed)
    }

    #[test]
    fn one_actor_needs_no_naming_and_two_do() {
        let (_folder, home) = home();
        assert!(acting(&home, None).unwrap_err().to_string().contains("no actor"));
        add(&home, "Anna Example", &mut seeded(1)).unwrap();
        assert_eq!(acting(&home, None).unwrap().name, "Anna Example");
        let bert = add(&home, "Bert", &mut seeded(2)).unwrap();
        assert!(acting(&home, None).unwrap_err().to_string().contains("2 actors could act"));
        assert_eq!(acting(&home, Some("Bert")).unwrap().signer.verifier(), &bert.key);
        assert_eq!(acting(&home, Some(bert.key.name())).unwrap().name, "Bert");
        assert!(acting(&home, Some("Carl")).is_err());
    }

    #[test]
    fn names_are_distinct_and_shown_in_order() {
        let (_folder, home) = home();
        add(&home, "Bert", &mut seeded(2)).unwrap();
        add(&home, "Anna", &mut seeded(1)).unwrap();
        assert!(add(&home, "Anna", &mut seeded(3)).is_err());
        assert!(add(&home, "  ", &mut seeded(3)).is_err());
        let names: Vec<String> = list(&home).unwrap().into_iter().map(|a| a.name).collect();
        assert_eq!(names, ["Anna", "Bert"]);
    }

    #[test]
    fn a_swapped_private_key_is_noticed() {
        let (_folder, home) = home();
        let anna = add(&home, "Anna", &mut seeded(1)).unwrap();
        let bert = add(&home, "Bert", &mut seeded(2)).unwrap();
        let file = |actor: &Actor| home.actors().join(format!("{}.pem", actor.key.name()));
        std::fs::copy(file(&bert), file(&anna)).unwrap();
        assert!(matches!(acting(&home, Some("Anna")), Err(CaseError::Corrupt { .. })));
    }
}
