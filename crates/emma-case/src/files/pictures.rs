//! The pictures of a case with the messages that name them: what a contact sheet shows.

use super::{DeliveredLine, FileState, each};
use crate::access::{Session, Withheld};
use crate::case::Case;
use crate::error::Result;
use crate::present::MessageLine;
use crate::progress::Progress;
use crate::raw::Members;
use crate::show::Desk;
use crate::state::State;
use crate::thumbs::{PICTURE_BYTES_MAX, Thumbnail, Thumbs};
use emma_lake::Snapshot;
use emma_model::{Digest, RecordId};
use std::collections::BTreeMap;

/// Most messages listed with one picture; all are counted.
pub const NAMING_MAX: usize = 8;

/// One picture, however often it was delivered.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Where it lies; of equal ones the first found.
    pub file: DeliveredLine,
    /// Messages that name it, [`NAMING_MAX`] at most.
    pub messages: Vec<MessageLine>,
    /// How many records name it or an equal one.
    pub named: u64,
    /// Its thumbnail.
    pub thumbnail: Thumbnail,
}

/// The pictures, newest message first, then those that nothing names.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Those within the limit.
    pub shown: Vec<Picture>,
    /// How many more there are.
    pub left_out: u64,
    /// What the authority does not open: records and unnamed files.
    pub withheld: Withheld,
    /// Files by state, pictures or not.
    pub totals: super::Totals,
}

/// Collects at most `limit` different pictures, in the order of records, and makes thumbnails.
///
/// # Errors
/// Those of the lake and the disk, and of [`Thumbs::of`].
pub fn pictures(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    limit: usize,
    thumbs: &Thumbs,
    progress: &dyn Progress,
) -> Result<Pictures> {
    let desk = Desk::new(case, state, session, snapshot);
    let mut found: BTreeMap<String, Picture> = BTreeMap::new();
    let mut all = Pictures::default();
    let mut beyond = std::collections::BTreeSet::new();
    let totals = each(case, state, session, snapshot, &mut |line, copy| {
        let Some(file) = line.file.filter(|file| file.media.starts_with("image/")) else {
            return Ok(());
        };
        if !matches!(line.state, FileState::Delivered | FileState::Unnamed) {
            return Ok(());
        }
        if found.len() == limit && !found.contains_key(&file.digest) {
            beyond.insert(file.digest);
            return Ok(());
        }
        let picture = found.entry(file.digest.clone()).or_insert_with(|| Picture {
            file,
            messages: Vec::new(),
            named: 0,
            thumbnail: Thumbnail::None("not asked for yet"),
        });
        let Some(copy) = copy else { return Ok(()) };
        picture.named += 1;
        let id = copy.message.to_string();
        let told = picture.messages.iter().any(|known| known.id == id);
        if picture.messages.len() < NAMING_MAX
            && !told
            && let Some(row) = desk.version_shown(copy)?
        {
            picture.messages.push(MessageLine::from(&row));
        }
        Ok(())
    })?;
    all.left_out = beyond.len() as u64;
    all.withheld = totals.withheld.clone();
    all.totals = totals;
    // Members are unpacked in their order, so that an archive is gone through once.
    let mut pictures: Vec<Picture> = found.into_values().collect();
    let mut order = Vec::with_capacity(pictures.len());
    for (number, picture) in pictures.iter().enumerate() {
        if let Ok(RecordId::Sealed { exhibit, member, .. }) = picture.file.place.parse() {
            order.push((exhibit, member, number));
        }
    }
    order.sort();
    progress.stage("thumbnails", Some(order.len() as u64));
    let mut members = Members::open(case)?;
    for (exhibit, member, number) in order {
        let picture = &mut pictures[number];
        let Some(exhibit) = state.exhibit(&exhibit.to_string())? else { continue };
        let digest = crate::case::digest(&exhibit.digest)?;
        picture.thumbnail = if picture.file.bytes > PICTURE_BYTES_MAX {
            Thumbnail::None("it is longer than 64 MiB")
        } else {
            match members.whole(digest, &member, picture.file.bytes) {
                Ok(bytes) if Digest::of(&bytes).hex() == picture.file.digest => thumbs.of(bytes)?,
                Ok(_) => Thumbnail::None("its bytes are not those that were sealed"),
                Err(_) => Thumbnail::None("its bytes cannot be read: emma verify"),
            }
        };
        progress.advance(1);
    }
    let newest = |picture: &Picture| {
        let times = picture.messages.iter().filter_map(|message| message.time.as_ref());
        times.map(|time| time.earliest.clone()).max()
    };
    pictures.sort_by(|a, b| {
        let keys = (newest(b), b.named).cmp(&(newest(a), a.named));
        keys.then_with(|| a.file.place.cmp(&b.file.place))
    });
    all.shown = pictures;
    Ok(all)
}
