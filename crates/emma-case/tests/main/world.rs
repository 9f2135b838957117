//! A synthetic case in a temporary folder, with one actor and one or more authorities.

use emma_case::access::{Asked, Place, Session};
use emma_case::actor;
use emma_case::authority::{self, CaseKind};
use emma_case::case::Case;
use emma_case::clock::FixedClock;
use emma_case::derive::DeriveLimits;
use emma_case::home::Home;
use emma_case::pipeline::{self, Intake, Outcome, Tools};
use emma_case::progress::Silent;
use emma_case::rebuild::{self, Checked};
use emma_evidence::system_random;
use emma_lake::engine::SplitBuilder;
use emma_lake::{FileEntry, MessageRow, Snapshot};
use emma_model::{Digest, Micros};
use std::path::{Path, PathBuf};

/// 2026-01-01T00:00:00Z.
pub const NOW: Micros = 1_767_225_600_000_000;

/// Stands in for the index: a file that is the digest of its rows.
pub struct RowDigest;

impl SplitBuilder for RowDigest {
    fn build(
        &self,
        case: &Path,
        rows: &mut dyn Iterator<Item = emma_lake::Result<MessageRow>>,
    ) -> emma_lake::Result<FileEntry> {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for row in rows {
            emma_lake::canonical::TableRow::canonical(&row?, &mut bytes);
            count += 1;
        }
        let digest = Digest::of(&bytes);
        let path = format!("index/{digest}.split");
        emma_store::write_new(&case.join(&path), &bytes).expect("the temporary disk has room");
        Ok(FileEntry { path, sha256: digest, bytes: bytes.len() as u64, rows: count })
    }
}

pub struct World {
    pub folder: tempfile::TempDir,
    pub home: Home,
    pub case: Case,
    pub clock: FixedClock,
    pub limits: DeriveLimits,
    pub threads: usize,
}

impl World {
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        actor::add(&home, "Ina Invented", &mut system_random).unwrap();
        let founder = actor::acting(&home, None).unwrap();
        let clock = FixedClock(NOW);
        let root = folder.path().join("case");
        let random = &mut system_random;
        let case =
            Case::create(&home, &root, "test", CaseKind::Synthetic, &founder, &clock, random)
                .unwrap();
        let limits = DeriveLimits::default();
        let mut world = World { folder, home, case, clock, limits, threads: 2 };
        world.add_authority("a1", "");
        world
    }

    pub fn add_authority(&mut self, id: &str, more: &str) {
        let key = actor::acting(&self.home, None).unwrap().signer.verifier().to_string();
        let text = format!(
            "version = 1\nid = \"{id}\"\nkind = \"synthetic\"\ncourt = \"Court of Nowhere\"\n\
             instrument = \"order\"\noffences = [\"none\"]\nread_until = 2027-01-31\n{more}\n\
             [valid]\nfrom = 2025-01-01\nto = 2026-12-31\n\
             [[actors]]\nname = \"Ina Invented\"\nkey = \"{key}\"\n"
        );
        let acting = actor::acting(&self.home, None).unwrap();
        let random = &mut system_random;
        authority::add(&mut self.case, &self.home, &acting, &text, &self.clock, random).unwrap();
    }

    /// Writes files below a folder of the delivery's own and gives the folder.
    pub fn files(&self, parent: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.folder.path().join(parent).join("delivery");
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    pub fn session(&mut self, source: &str, authority: &str) -> Session {
        let state = self.case.state().unwrap();
        let place = Place {
            home: &self.home,
            state: &state,
            kind: CaseKind::Synthetic,
            clock: &self.clock,
        };
        let asked = Asked {
            reason: Some("a test".into()),
            authority: Some(authority.into()),
            ..Asked::default()
        };
        Session::for_intake(place, &asked, source).unwrap()
    }

    pub fn try_intake(
        &mut self,
        path: &Path,
        source: &str,
        authority: &str,
        mapping: Option<&str>,
    ) -> emma_case::Result<Outcome> {
        let session = self.session(source, authority);
        let log_key = self.home.need_log_key(self.case.meta.id).unwrap();
        let intake = Intake {
            paths: vec![path.to_owned()],
            source: source.into(),
            sender: "a sender".into(),
            custody: "unknown".into(),
            mapping: mapping.map(|text| emma_parse::Mapping::parse(text).unwrap()),
        };
        let (clock, limits, threads) = (self.clock, self.limits, self.threads);
        let tools = Tools {
            splits: &RowDigest,
            threads,
            parse_limits: emma_parse::Limits::default(),
            derive_limits: limits,
            progress: &Silent,
            clock: &clock,
            seed: Some([7; 32]),
        };
        pipeline::intake(&mut self.case, &session, &log_key, &intake, &tools, &mut system_random)
    }

    pub fn intake_mapped(&mut self, path: &Path, source: &str, mapping: Option<&str>) -> Outcome {
        self.try_intake(path, source, "a1", mapping).unwrap()
    }

    pub fn intake(&mut self, path: &Path, source: &str) -> Outcome {
        self.intake_mapped(path, source, None)
    }

    pub fn rebuild(&mut self) -> Checked {
        let (clock, limits, threads) = (self.clock, self.limits, self.threads);
        let tools = Tools {
            splits: &RowDigest,
            threads,
            parse_limits: emma_parse::Limits::default(),
            derive_limits: limits,
            progress: &Silent,
            clock: &clock,
            seed: None,
        };
        rebuild::check(&mut self.case, &tools).unwrap()
    }

    pub fn snapshot(&mut self) -> Snapshot {
        self.case.snapshot().unwrap().unwrap_or_default()
    }

    /// All messages rows of the newest snapshot, in search order within each segment.
    pub fn messages(&mut self) -> Vec<MessageRow> {
        let snapshot = self.snapshot();
        let mut rows = Vec::new();
        for view in &snapshot.segments {
            let Some(entry) = view.segment.messages() else {
                continue;
            };
            let file = emma_lake::read::Messages::open(&self.case.root, entry).unwrap();
            for (number, row) in file.range(0..file.len()).enumerate() {
                if !view.masked_messages.contains(number as u32) {
                    rows.push(row.unwrap());
                }
            }
        }
        rows.sort_by(MessageRow::search_order);
        rows
    }
}

/// A Telegram-like export of one chat; a message is (id, minute of 2020-03-01, sender, text).
pub fn chat(chat: u64, messages: &[(u64, u32, &str, &str)]) -> String {
    let messages: Vec<String> = messages
        .iter()
        .map(|(id, minute, from, text)| {
            format!(
                "{{\"id\": {id}, \"type\": \"message\", \
                 \"date\": \"2020-03-01T10:{minute:02}:00\", \
                 \"date_unixtime\": \"{}\", \"from\": \"{from}\", \"from_id\": \"user{}\", \
                 \"text\": \"{text}\"}}",
                1_583_056_800 + minute * 60,
                from.len(),
            )
        })
        .collect();
    format!(
        "{{\"name\": \"chat\", \"type\": \"private_group\", \"id\": {chat}, \
         \"messages\": [\n{}\n]}}",
        messages.join(",\n")
    )
}

/// An IRC log without network ids.
pub fn irc(lines: &[(&str, &str, &str)]) -> String {
    let lines: Vec<String> =
        lines.iter().map(|(time, nick, text)| format!("[{time}] <{nick}> {text}")).collect();
    lines.join("\n") + "\n"
}
