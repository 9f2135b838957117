//! A synthetic case in a temporary folder, for unit tests.

use crate::access::{Asked, Place, Session};
use crate::actor;
use crate::authority::{self, CaseKind};
use crate::case::Case;
use crate::clock::{FixedClock, parse_instant};
use crate::error::Result;
use crate::home::Home;
use crate::state::State;
use emma_evidence::payload::{self, kind};
use emma_evidence::{LineSet, NewEntry, Payload};
use emma_model::{Digest, ExhibitId};

/// A case with two actors, Anna and Bert, of whom Anna founded it.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub home: Home,
    pub case: Case,
    pub clock: FixedClock,
    draws: u64,
}

impl Bench {
    pub fn new(kind: CaseKind) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        for (seed, name) in [(1, "Anna"), (2, "Bert")] {
            actor::add(&home, name, &mut |buffer: &mut [u8]| buffer.fill(seed)).unwrap();
        }
        let anna = actor::acting(&home, Some("Anna")).unwrap();
        let clock = FixedClock(parse_instant("2020-06-01T12:00:00Z").unwrap());
        let system = crate::clock::SystemClock;
        let told: &dyn crate::clock::Clock = match kind {
            CaseKind::Real => &system,
            CaseKind::Synthetic => &clock,
        };
        let root = folder.path().join("case");
        let mut draws = 0;
        let random = &mut |buffer: &mut [u8]| fill(&mut draws, buffer);
        let case = Case::create(&home, &root, "bench", kind, &anna, told, random).unwrap();
        Bench { folder, home, case, clock, draws }
    }

    /// Sets the clock.
    pub fn at(&mut self, instant: &str) -> &mut Bench {
        self.clock = FixedClock(parse_instant(instant).unwrap());
        self
    }

    /// Adds an authority that names `actors`; `rest` holds further top-level TOML lines.
    pub fn authority(&mut self, id: &str, actors: &[&str], rest: &str) -> Result<()> {
        let text = self.authority_text(id, actors, rest);
        let anna = actor::acting(&self.home, Some("Anna")).unwrap();
        let draws = &mut self.draws;
        let random = &mut |buffer: &mut [u8]| fill(draws, buffer);
        let (case, home) = (&mut self.case, &self.home);
        authority::add(case, home, &anna, &text, &self.clock, random).map(|_| ())
    }

    pub fn authority_text(&self, id: &str, actors: &[&str], rest: &str) -> String {
        let mut text = format!(
            "version = 1\nid = \"{id}\"\nkind = \"{}\"\ncourt = \"Court of Nowhere\"\n\
             instrument = \"order 7\"\noffences = [\"murder\"]\nread_until = 2020-12-31\n{rest}\n\
             valid = {{ from = 2020-01-01, to = 2020-06-30 }}\n",
            self.case.meta.kind.name(),
        );
        for name in actors {
            let key = actor::acting(&self.home, Some(name)).unwrap().signer.verifier().clone();
            text.push_str(&format!("[[actors]]\nname = \"{name}\"\nkey = \"{key}\"\n"));
        }
        text
    }

    pub fn asked(actor: &str, reason: &str, authority: Option<&str>) -> Asked {
        Asked {
            actor: Some(actor.to_owned()),
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            authority: authority.map(str::to_owned),
        }
    }

    pub fn reader(&mut self, asked: &Asked) -> Result<Session> {
        let state = self.case.state()?;
        Session::for_reading(self.place(&state), asked)
    }

    pub fn taker(&mut self, asked: &Asked, source: &str) -> Result<Session> {
        let state = self.case.state()?;
        Session::for_intake(self.place(&state), asked, source)
    }

    pub fn place<'a>(&'a self, state: &'a State) -> Place<'a> {
        Place { home: &self.home, state, kind: self.case.meta.kind, clock: &self.clock }
    }

    /// Appends a delivery of one file to the log, without its bytes.
    pub fn delivery(&mut self, source: &str, authority: &str, path: &str) -> ExhibitId {
        let digest = Digest::of(path.as_bytes());
        let exhibit = ExhibitId::derive(source, path.as_bytes(), digest);
        let line = payload::DeliveryLine {
            exhibit: exhibit.to_string(),
            path: base64(path),
            digest: digest.hex(),
            bytes: path.len() as u64,
            repeated: false,
        };
        let draws = &mut self.draws;
        let random = &mut |buffer: &mut [u8]| fill(draws, buffer);
        let lines = LineSet::new(vec![serde_json::to_string(&line).unwrap()], random);
        let attached = Payload::seal(&lines.to_value(), random);
        let delivery = payload::Delivery {
            v: 1,
            source: source.to_owned(),
            sender: "partner".to_owned(),
            authority: authority.to_owned(),
            custody: "asserted".to_owned(),
            received: self.clock.0,
            exhibits: 1,
            bytes: path.len() as u64,
            repeated: 0,
            lines_root: lines.root().hex(),
            lines: attached.digest().hex(),
        };
        let mut entry = NewEntry::new(kind::DELIVERY, Payload::seal(&delivery, random));
        entry.attachments.push(attached);
        let anna = actor::acting(&self.home, Some("Anna")).unwrap();
        self.case.log.append(&[entry], &anna.signer, None, random).unwrap();
        exhibit
    }
}

/// Never the same bytes twice, always the same from one run to the next.
pub fn fill(draws: &mut u64, buffer: &mut [u8]) {
    *draws += 1;
    let mut block = Digest::of(&draws.to_be_bytes()).0;
    for chunk in buffer.chunks_mut(32) {
        chunk.copy_from_slice(&block[..chunk.len()]);
        block = Digest::of(&block).0;
    }
}

fn base64(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}
