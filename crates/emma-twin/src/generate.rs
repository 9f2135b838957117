//! Generation, in order: the world, the handsets' lists, the talk part by part, the other shapes,
//! the truth, the authority, the manifest. Memory is the world's and two parts'.

use crate::output::{FileEntry, keep};
use crate::part::{self, PARTNER, Part, SOURCES, Tally};
use crate::photos::deliver::{Drawn, deliver};
use crate::record::quote;
use crate::scenario::{Photos, Scenario};
use crate::shapes::{database, handset, outside, seized, servers, workbook};
use crate::talk::Phrasebook;
use crate::talk::session::Lexicon;
use crate::world::World;
use crate::{Result, TWIN_VERSION, tables, truth};
use base64::Engine;
use ed25519_dalek::{Signer, SigningKey};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What a run made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Every file, sorted by path.
    pub files: Vec<FileEntry>,
    /// Counts over all messages.
    pub tally: Tally,
    /// Photos drawn; none unless the scenario says so.
    pub drawn: Drawn,
}

/// Who may read, written into the authority: a name and the key `emma actor list` prints.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Name.
    pub name: String,
    /// Public key.
    pub key: String,
}

/// Writes a whole delivery and its truth below `root`, with the calling pool's threads.
pub fn generate(
    scenario: &Scenario,
    seed: u64,
    root: &Path,
    actor: Option<&Actor>,
) -> Result<Made> {
    let book = Phrasebook::open()?;
    let lexicon = Lexicon::of(&book);
    let world = World::make(scenario, seed, &book.script)?;
    let mut files = lists(&world, &lexicon, root)?;
    let (talk, tally, drawn) = talk(&world, &lexicon, root)?;
    files.extend(talk);
    files.extend(shapes(&world, &lexicon, root)?);
    files.push(keep(root, "authority.toml", authority(&world, actor).as_bytes(), 1)?);
    files.sort();
    manifest(&world, root, &files)?;
    if scenario.truth.tables {
        files.extend(tables::convert(root)?);
        files.sort();
    }
    Ok(Made { files, tally, drawn })
}

fn lists(world: &World, lexicon: &Lexicon<'_>, root: &Path) -> Result<Vec<FileEntry>> {
    let books = handset::books(world);
    let accounts = world.accounts.len() as u32;
    (0..accounts.div_ceil(handset::ACCOUNTS))
        .into_par_iter()
        .map(|block| {
            let from = block * handset::ACCOUNTS;
            let range = from..(from + handset::ACCOUNTS).min(accounts);
            let (bytes, records) = handset::lists(world, lexicon, &books, range);
            let path = format!("deliveries/history/lists-{block:05}.ndjson.zst");
            keep(root, &path, &bytes, records)
        })
        .collect()
}

fn talk(
    world: &World,
    lexicon: &Lexicon<'_>,
    root: &Path,
) -> Result<(Vec<FileEntry>, Tally, Drawn)> {
    let parts = part::cut(world);
    let made: Vec<(Vec<FileEntry>, Tally, Drawn)> = parts
        .into_par_iter()
        .enumerate()
        .map(|(number, ties)| {
            let mut part = Part::play(world, lexicon, ties);
            part.sort();
            let mut files = Vec::new();
            for (source, name) in SOURCES.iter().enumerate() {
                let (bytes, records) = part.content(source);
                if records > 0 {
                    let ending = if *name == "partner" { "csv" } else { "ndjson.zst" };
                    let path = format!("deliveries/{name}/part-{number:05}.{ending}");
                    files.push(keep(root, &path, &bytes, records)?);
                }
            }
            if world.scenario.deliveries.partner_xlsx {
                files.extend(workbook(world, &part, number, root)?);
            }
            let messages = truth::messages(&part);
            let path = format!("truth/messages/part-{number:05}.ndjson.zst");
            files.push(keep(root, &path, &messages, part.tally.messages)?);
            let mut drawn = Drawn::default();
            if world.scenario.deliveries.photos == Photos::Drawn {
                // Nobody needs the rows any more: photos are drawn in the memory they leave.
                (part.arena, part.rows, part.truth_arena) = Default::default();
                let (photos, counts) = deliver(world, &part, number, root)?;
                files.extend(photos);
                drawn = counts;
            }
            Ok((files, part.tally, drawn))
        })
        .collect::<Result<_>>()?;
    let (mut tally, mut drawn) = (Tally::default(), Drawn::default());
    let mut files = Vec::new();
    for (own, counts, photos) in made {
        tally.add(&counts);
        drawn.add(&photos);
        files.extend(own);
    }
    Ok((files, tally, drawn))
}

/// The second partner's rows of a part once more, as a workbook; none where it has no rows.
fn workbook(world: &World, part: &Part, number: usize, root: &Path) -> Result<Option<FileEntry>> {
    let mut rows = part.rows_of(PARTNER).peekable();
    if rows.peek().is_none() {
        return Ok(None);
    }
    let (bytes, records) = workbook::partner(rows, world.days.end)?;
    let path = format!("deliveries/partner/part-{number:05}.xlsx");
    keep(root, &path, &bytes, records).map(Some)
}

/// The other shapes and the truth's small files, side by side.
fn shapes(world: &World, lexicon: &Lexicon<'_>, root: &Path) -> Result<Vec<FileEntry>> {
    let scenario = &world.scenario;
    let stated =
        toml::to_string(scenario).map_err(|error| crate::TwinError::Scenario(error.to_string()))?;
    let stated = format!("# seed {}, twin version {TWIN_VERSION}\n{stated}", world.seed);
    let mut files = vec![keep(root, "truth/scenario.toml", stated.as_bytes(), 1)?];
    let truths: Vec<FileEntry> = truth::FILES
        .par_iter()
        .map(|(name, make)| {
            let mut out = Vec::new();
            let lines = make(world, lexicon, &mut out);
            keep(root, &format!("truth/{name}.ndjson.zst"), &out, lines)
        })
        .collect::<Result<_>>()?;
    files.extend(truths);
    let kinds = [0, 1, 2, 3];
    let others: Vec<Vec<FileEntry>> = kinds
        .par_iter()
        .map(|kind| {
            let shapes = match kind {
                0 if scenario.deliveries.servers => servers::tables(world),
                3 if scenario.deliveries.servers => vec![database::sim_monitoring(world)?],
                1 if scenario.deliveries.outside => outside::tables(world),
                2 => seized::archives(world, lexicon),
                _ => Vec::new(),
            };
            let keep_one = |shape: &(String, Vec<u8>, u64)| keep(root, &shape.0, &shape.1, shape.2);
            shapes.iter().map(keep_one).collect::<Result<Vec<FileEntry>>>()
        })
        .collect::<Result<_>>()?;
    files.extend(others.into_iter().flatten());
    Ok(files)
}

/// The authority that admits the delivery: kind `synthetic`, and nothing else does.
fn authority(world: &World, actor: Option<&Actor>) -> String {
    let day = |at: i64| crate::time::stamp(at)[..10].to_string();
    let (name, key) = match actor {
        Some(actor) => (actor.name.as_str(), actor.key.as_str()),
        None => ("A. Reader", "put here the key that `emma actor list` prints"),
    };
    let quoted = |text: &str| {
        let mut out = Vec::new();
        quote(&mut out, text);
        String::from_utf8_lossy(&out).into_owned()
    };
    let name_of_twin = format!("twin-{}-{}", world.scenario.name, world.seed);
    format!(
        "# Admits the twin's deliveries into a synthetic case. Real cases refuse it.\n\
         version = 1\nid = {}\nkind = \"synthetic\"\ncourt = \"no court: simulated data\"\n\
         instrument = {}\noffences = [\"none: simulated data\"]\n\n\
         valid = {{ from = {}, to = 2099-12-31 }}\nread_until = 2099-12-31\n\n\
         [[actors]]\nname = {}\nkey = {}\n",
        quoted(&name_of_twin),
        quoted(&format!("emma-twin {TWIN_VERSION}, scenario {}", world.scenario.name)),
        day(world.days.live),
        quoted(name),
        quoted(key),
    )
}

/// The manifest: what was delivered, with digests, signed by the seed's own key.
///
/// The key proves nothing about the sender, because anybody can derive it from the seed; it lets a
/// receiver test that a damaged or mixed delivery is refused.
fn manifest(world: &World, root: &Path, files: &[FileEntry]) -> Result<()> {
    let mut hasher = Sha256::new();
    hasher.update(b"emma twin manifest key 1");
    hasher.update(world.seed.to_le_bytes());
    let key = SigningKey::from_bytes(&hasher.finalize().into());
    let mut out = Vec::new();
    let mut head = crate::record::Object::open(&mut out, "manifest/1");
    head.text("twin", TWIN_VERSION).text("scenario", &world.scenario.name);
    head.text("seed", &world.seed.to_string());
    let coder = base64::engine::general_purpose::STANDARD;
    head.text("key", &coder.encode(key.verifying_key().as_bytes())).close();
    for file in files {
        // What is handed over; the authority and the truth are not.
        let Some(path) = file.path.strip_prefix("deliveries/") else { continue };
        let mut object = crate::record::Object::open(&mut out, "file/1");
        object.text("path", path).text("sha256", &file.sha256);
        object.number("bytes", file.bytes as i64).number("records", file.records as i64).close();
    }
    let signature = coder.encode(key.sign(&out).to_bytes());
    crate::record::Object::open(&mut out, "signature/1").text("ed25519", &signature).close();
    keep(root, "deliveries/manifest.ndjson", &out, files.len() as u64)?;
    Ok(())
}
