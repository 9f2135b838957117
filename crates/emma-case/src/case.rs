//! A case on the disk: its identity, its log, and who it is for.
//!
//! ```text
//! CASE/case.toml          what it is, for people; checked against the log's first entry
//! CASE/evidence/          ground state: exhibits, record trees, log, payloads
//! CASE/lake/, CASE/index/ derived: can be deleted and rebuilt
//! CASE/state.db           projection of the log: can be deleted
//! CASE/scratch/           work in progress: swept by the next run
//! ```

use crate::actor::ActingActor;
use crate::authority::CaseKind;
use crate::clock::{Clock, format_instant};
use crate::error::{CaseError, Refusal, Result, at};
use crate::home::Home;
use crate::state::State;
use emma_evidence::payload::{Genesis, Payload, kind};
use emma_evidence::{CaseId, ExhibitStore, Log, NewEntry, Random, Signer, VerifierKey};
use emma_lake::Snapshot;
use emma_model::{Digest, Micros};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The file that makes a folder a case.
pub const CASE_FILE: &str = "case.toml";

/// Version of the layout of a case folder.
pub const LAYOUT: u32 = 1;

/// What a case is: fixed when it was founded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMeta {
    /// Its id.
    pub id: CaseId,
    /// Real or synthetic, for ever.
    pub kind: CaseKind,
    /// The name its founder gave it.
    pub name: String,
    /// The public half of its log key.
    pub log_key: VerifierKey,
    /// When it was founded.
    pub created: Micros,
}

/// An open case.
#[derive(Debug)]
pub struct Case {
    /// Its folder.
    pub root: PathBuf,
    /// What it is.
    pub meta: CaseMeta,
    /// Its evidence log, as far as last refreshed.
    pub log: Log,
}

#[derive(Serialize, Deserialize)]
struct CaseFile {
    emma_case: u32,
    id: String,
    kind: String,
    name: String,
    created: String,
    log_key: String,
}

impl Case {
    /// Founds a case in `root`, which must be missing or empty, and keeps its log key in `home`.
    ///
    /// The log key is durable before the case is: a crash in between leaves a key without a
    /// case, never a case without its key.
    pub fn create(
        home: &Home,
        root: &Path,
        name: &str,
        kind_of_case: CaseKind,
        founder: &ActingActor,
        clock: &dyn Clock,
        random: &mut Random<'_>,
    ) -> Result<Case> {
        if root.exists() && at("list a folder", fs::read_dir(root))?.next().is_some() {
            return Err(CaseError::usage(
                "the folder of a new case must be missing or empty",
                "name another folder",
            ));
        }
        refuse_held_clock(kind_of_case, clock)?;
        let id = CaseId::draw(random);
        let log_key = Signer::draw_log(id, random);
        home.keep_log_key(id, &log_key)?;
        for folder in ["evidence/trees", "lake/manifests", "index"] {
            emma_store::create_dir_durable(&root.join(folder))?;
        }
        ExhibitStore::create(&root.join("evidence"))?;
        let mut log = Log::create(&root.join("evidence"), id)?;
        let meta = CaseMeta {
            id,
            kind: kind_of_case,
            name: name.to_owned(),
            log_key: log_key.verifier().clone(),
            created: clock.now(),
        };
        let genesis = NewEntry::new(kind::GENESIS, Payload::seal(&meta.genesis(), random));
        let card = emma_evidence::payload::Actor {
            v: emma_evidence::payload::VERSION,
            name: founder.name.clone(),
            key: founder.signer.verifier().to_string(),
        };
        let founder_entry = NewEntry::new(kind::ACTOR, Payload::seal(&card, random));
        log.append(&[genesis, founder_entry], &founder.signer, Some(&log_key), random)?;
        log.checkpoint(&log_key)?;
        // The file that makes the folder a case comes last.
        emma_store::write_new(&root.join(CASE_FILE), meta.file_text().as_bytes())?;
        Ok(Case { root: root.to_owned(), meta, log })
    }

    /// Opens the case in `root`.
    pub fn open(root: &Path) -> Result<Case> {
        let path = root.join(CASE_FILE);
        if !path.exists() {
            return Err(CaseError::usage(
                "this folder is not a case",
                "found one with `emma case new DIR`, or name the folder that holds case.toml",
            ));
        }
        let text = at("read case.toml", fs::read_to_string(&path))?;
        let log = Log::open(&root.join("evidence"))?;
        let meta = CaseMeta::from_log(&log)?;
        let file: CaseFile = toml::from_str(&text).map_err(|_| damaged_file("does not read"))?;
        if file.emma_case != LAYOUT {
            return Err(CaseError::usage(
                format!(
                    "this case has layout {}; this program reads layout {LAYOUT}",
                    file.emma_case
                ),
                "use the program version that made it, or a newer one",
            ));
        }
        if text != meta.file_text() {
            return Err(damaged_file("does not say what the log's first entry says"));
        }
        Ok(Case { root: root.to_owned(), meta, log })
    }

    /// The state of the case as far as the log goes now.
    pub fn state(&mut self) -> Result<State> {
        self.log.refresh()?;
        let state = State::open(&self.root, &self.log)?;
        // Another process may have taken the state further meanwhile: the log follows it.
        self.log.refresh()?;
        Ok(state)
    }

    /// The delivered files.
    pub fn exhibits(&self) -> ExhibitStore {
        ExhibitStore::open(&self.root.join("evidence"))
    }

    /// The newest published snapshot with its number, where there is one.
    pub fn snapshot(&mut self) -> Result<Option<Snapshot>> {
        let state = self.state()?;
        let Some(published) = state.snapshot()? else {
            return Ok(None);
        };
        let manifest = self.root.join(format!("lake/manifests/{}.json", published.manifest));
        if !manifest.exists() {
            return Err(CaseError::DerivedMissing { number: published.number });
        }
        Ok(Some(Snapshot::load(&self.root, published.manifest)?))
    }

    /// Refuses a clock that is held still, unless the case is synthetic.
    pub fn check_clock(&self, clock: &dyn Clock) -> Result<()> {
        refuse_held_clock(self.meta.kind, clock)
    }
}

impl CaseMeta {
    fn genesis(&self) -> Genesis {
        Genesis {
            v: emma_evidence::payload::VERSION,
            case: self.id.to_string(),
            kind: self.kind.name().to_owned(),
            created: self.created,
            log_key: self.log_key.to_string(),
            name: self.name.clone(),
        }
    }

    fn from_log(log: &Log) -> Result<CaseMeta> {
        let damaged = |what: &str| CaseError::Corrupt {
            object: "the log's first entry".into(),
            what: what.into(),
        };
        if log.size() == 0 {
            return Err(damaged("the log is empty"));
        }
        let genesis: Genesis = log.payload_of(&log.entry(0)?)?;
        let log_key: VerifierKey =
            genesis.log_key.parse().map_err(|_| damaged("the log key does not read"))?;
        Ok(CaseMeta {
            id: log.case(),
            kind: CaseKind::from_name(&genesis.kind).ok_or_else(|| damaged("unknown kind"))?,
            name: genesis.name,
            log_key,
            created: genesis.created,
        })
    }

    fn file_text(&self) -> String {
        let file = CaseFile {
            emma_case: LAYOUT,
            id: self.id.to_string(),
            kind: self.kind.name().to_owned(),
            name: self.name.clone(),
            created: format_instant(self.created),
            log_key: self.log_key.to_string(),
        };
        toml::to_string(&file).expect("plain values are TOML")
    }
}

fn refuse_held_clock(kind: CaseKind, clock: &dyn Clock) -> Result<()> {
    if kind == CaseKind::Real && !clock.is_system() {
        return Err(CaseError::Refused(Refusal::ClockHeld));
    }
    Ok(())
}

fn damaged_file(what: &str) -> CaseError {
    CaseError::Corrupt { object: CASE_FILE.into(), what: what.into() }
}

/// Parses a digest that the log holds as text.
pub(crate) fn digest(text: &str) -> Result<Digest> {
    Digest::from_hex(text).ok_or_else(|| CaseError::Corrupt {
        object: "a log payload".into(),
        what: "a digest does not read".into(),
    })
}
