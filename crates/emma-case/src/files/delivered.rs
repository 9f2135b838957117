//! All delivered files that a session may know of, found by name or by digest.

use super::{DeliveredLine, FileLine, FileState, Named};
use crate::access::Session;
use crate::case::Case;
use crate::error::{CaseError, Result};
use crate::state::State;
use emma_lake::read::Members;
use emma_lake::{CopyRow, Snapshot, Table};
use emma_model::{Digest, ExhibitId, MemberPath, Place, RecordId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Most delivered files that are held in memory (about 100 bytes each, and their names).
pub const FILES_MAX: usize = 5_000_000;

/// Most bytes of names held in memory.
const NAME_BYTES_MAX: usize = 1 << 30;

/// Most files of one name, or of one digest, that are compared; where there are more, a name
/// decides nothing.
const CANDIDATES_MAX: usize = 256;

/// Most files of one name that are looked at for those of the record's source.
const SCANNED_MAX: usize = 65_536;

/// Readers whose records carry the bytes of the files they name.
const CARRYING: [&str; 5] = ["mbox", "eml", "sms-backup", "vcard", "xmpp"];

/// The files delivered from the sources that a session opens.
pub struct Delivered {
    /// By exhibit and member.
    files: Vec<File>,
    /// By the hash of the last part of the name, in lower case.
    by_name: Vec<(u64, u32)>,
    /// By the first bytes of the digest.
    by_digest: Vec<(u64, u32)>,
    exhibits: BTreeMap<ExhibitId, (String, String)>,
    /// Media types, each once.
    words: Vec<String>,
    /// The session sees some rows of a source and not others: then a bare name, which a stranger's
    /// file may have too, opens nothing.
    strict: bool,
    /// Digests, by their first bytes, of files that a record names.
    named: RefCell<BTreeSet<u64>>,
}

struct File {
    exhibit: ExhibitId,
    member: MemberPath,
    name: Box<str>,
    digest: Digest,
    bytes: u64,
    media: u16,
    kept: bool,
}

impl Delivered {
    /// Reads the names of all files.
    ///
    /// # Errors
    /// A usage error where there are more than [`FILES_MAX`].
    pub fn open(
        case: &Case,
        state: &State,
        session: &Session,
        snapshot: &Snapshot,
    ) -> Result<Delivered> {
        let mut all = Delivered {
            files: Vec::new(),
            by_name: Vec::new(),
            by_digest: Vec::new(),
            exhibits: BTreeMap::new(),
            words: vec![String::new()],
            strict: session.view().limits_rows(),
            named: RefCell::default(),
        };
        let mut name_bytes = 0;
        for exhibit in state.exhibits()? {
            if session.opens_source(&exhibit.source) {
                let id = ExhibitId(crate::case::digest(&exhibit.id)?);
                let path = exhibit.shown_path();
                all.exhibits.insert(id, (exhibit.source, path));
            }
        }
        let mut seen = BTreeSet::new();
        let segments = snapshot.segments.iter();
        for entry in segments.filter_map(|view| view.segment.tables.get(&Table::Members)) {
            if !seen.insert(entry.sha256) {
                continue;
            }
            let file = Members::open(&case.root, entry)?;
            for row in file.range(0..file.len()) {
                let row = row?;
                if !all.exhibits.contains_key(&row.exhibit) {
                    continue;
                }
                name_bytes += row.name.len();
                if all.files.len() == FILES_MAX || name_bytes > NAME_BYTES_MAX {
                    let what =
                        format!("more than {FILES_MAX} files, or too long names, were delivered");
                    let help = "act under an authority that opens fewer sources";
                    return Err(CaseError::usage(what, help));
                }
                let media = all.word(&row.media);
                all.files.push(File {
                    exhibit: row.exhibit,
                    member: row.member,
                    name: row.name.into(),
                    digest: row.digest,
                    bytes: row.bytes,
                    media,
                    kept: row.kept && row.parser.starts_with("blob"),
                });
            }
        }
        all.files.sort_unstable_by(|a, b| (a.exhibit, &a.member).cmp(&(b.exhibit, &b.member)));
        let numbered = || all.files.iter().zip(0u32..);
        all.by_name = numbered().map(|(file, at)| (name_key(&file.name), at)).collect();
        all.by_digest = numbered().map(|(file, at)| (digest_key(&file.digest), at)).collect();
        all.by_name.sort_unstable();
        all.by_digest.sort_unstable();
        Ok(all)
    }

    fn word(&mut self, word: &str) -> u16 {
        let known = self.words.iter().position(|known| known == word);
        let at = known.unwrap_or_else(|| {
            self.words.push(word.to_owned());
            self.words.len() - 1
        });
        u16::try_from(at).unwrap_or(0)
    }

    /// What became of a file that a record names. Remembers that it is named.
    pub fn find(&self, copy: &CopyRow, named: Named) -> FileLine {
        let mut found = self.judge(copy, &named);
        if self.strict && !self.proven(copy, &named, &found) {
            (found.file, found.by, found.candidates) = (None, None, 0);
        }
        if let Some(at) = found.file
            && found.state != FileState::Ambiguous
        {
            self.named.borrow_mut().insert(digest_key(&self.files[at as usize].digest));
        }
        FileLine {
            state: found.state,
            name: if named.name.is_empty() { named.also } else { named.name },
            by: found.by,
            said_missing: named.gone,
            stated_bytes: named.bytes,
            stated_digest: named.digest.map(|digest| digest.hex()),
            candidates: found.candidates,
            file: found.file.map(|at| self.line(at)),
            record: Some(copy.record.to_string()),
            message: Some(copy.message.to_string()),
        }
    }

    /// True where more than a name says that it is the record's own file: its digest, or that it
    /// lies exactly where the record says, seen from the record's own folder. Other phones of the
    /// same archive have folders of the same names.
    fn proven(&self, copy: &CopyRow, named: &Named, found: &Found) -> bool {
        let (RecordId::Sealed { exhibit, member, .. }, Some(at)) = (&copy.record, found.file)
        else {
            return false;
        };
        if found.by == Some("digest") {
            return true;
        }
        let file = &self.files[at as usize];
        let together = match (member.0.split_last(), file.member.0.split_last()) {
            (Some((_, ours)), Some((_, theirs))) => file.exhibit == *exhibit && ours == theirs,
            (None, None) => true,
            _ => false,
        };
        let own = self.place(*exhibit, member).map(|own| folder(&self.files[own].name));
        let beside = own.is_some_and(|folder| folder_is(&file.name, folder, &named.name));
        together && beside && found.state != FileState::Ambiguous
    }

    fn judge(&self, copy: &CopyRow, named: &Named) -> Found {
        let mut close = self.called(copy, &named.name);
        if close.is_empty() {
            close = self.called(copy, &named.also);
        }
        if let Some(digest) = named.digest {
            let equal = self.with_digest(&digest);
            if !equal.is_empty() {
                let all = equal.len();
                let (best, _) = self.nearest(copy, named, equal);
                return Found::one(FileState::Delivered, "digest", best[0], all);
            }
            if CARRYING.iter().any(|reader| copy.parser.starts_with(reader)) {
                return Found::none(FileState::Inside);
            }
        }
        if close.is_empty() {
            return Found::none(FileState::Missing);
        }
        let all = close.len();
        let fits = |at: &u32| {
            let file = &self.files[*at as usize];
            named.bytes.is_none_or(|bytes| bytes == file.bytes) && named.digest.is_none()
        };
        // What lies where the record says is meant, whatever it is; among bare names the one that
        // fits is.
        let (near, by) = self.nearest(copy, named, close.clone());
        let meant = if by == "path" { &near } else { &close };
        let fitting: Vec<u32> = meant.iter().copied().filter(fits).collect();
        if fitting.is_empty() {
            return Found::one(FileState::Differs, by, near[0], all);
        }
        let (best, by) = self.nearest(copy, named, fitting);
        let first = &self.files[best[0] as usize].digest;
        let same = best.iter().all(|at| self.files[*at as usize].digest == *first);
        let decided = same && all < CANDIDATES_MAX;
        let state = if decided { FileState::Delivered } else { FileState::Ambiguous };
        Found::one(state, by, best[0], all)
    }

    /// Files with that last part of a name, but for the record's own: those of its exhibit where
    /// there are any, else those of its source, [`CANDIDATES_MAX`] at most.
    fn called(&self, copy: &CopyRow, name: &str) -> Vec<u32> {
        let RecordId::Sealed { exhibit, member, .. } = &copy.record else { return Vec::new() };
        let last = last_part(name);
        if last.is_empty() {
            return Vec::new();
        }
        let key = name_key(name);
        let fits = |at: &u32| {
            let file = &self.files[*at as usize];
            let own = file.exhibit == *exhibit && file.member == *member;
            !own && self.exhibits[&file.exhibit].0 == copy.source
                && same(last_part(&file.name), last)
        };
        // Of one name they stand in the files' order, which is that of exhibits.
        let from = |least: ExhibitId| {
            self.by_name.partition_point(|(hash, at)| {
                (*hash, self.files[*at as usize].exhibit) < (key, least)
            })
        };
        let here = self.by_name[from(*exhibit)..]
            .iter()
            .take_while(|(hash, at)| *hash == key && self.files[*at as usize].exhibit == *exhibit);
        let here = here.map(|(_, at)| *at).filter(fits).take(CANDIDATES_MAX);
        let here: Vec<u32> = here.collect();
        if !here.is_empty() {
            return here;
        }
        let all = self.by_name[from(ExhibitId(Digest([0; 32])))..].iter();
        let all = all.take_while(|(hash, _)| *hash == key);
        let all = all.take(SCANNED_MAX).map(|(_, at)| *at);
        all.filter(fits).take(CANDIDATES_MAX).collect()
    }

    fn with_digest(&self, digest: &Digest) -> Vec<u32> {
        let key = digest_key(digest);
        let start = self.by_digest.partition_point(|(hash, _)| *hash < key);
        let equal = self.by_digest[start..].iter().take_while(|(hash, _)| *hash == key);
        let equal = equal.map(|(_, at)| *at);
        let equal = equal.filter(|at| self.files[*at as usize].digest == *digest);
        equal.take(CANDIDATES_MAX).collect()
    }

    /// Those that stand nearest to where the record says: in its own container first, then by
    /// how many parts of the path agree, then in its own folder.
    fn nearest(&self, copy: &CopyRow, named: &Named, files: Vec<u32>) -> (Vec<u32>, &'static str) {
        let RecordId::Sealed { exhibit, member, .. } = &copy.record else {
            return (files, "name");
        };
        let own = self.place(*exhibit, member);
        let folder = own.map(|at| folder(&self.files[at].name)).unwrap_or_default();
        let rank = |at: &u32| {
            let file = &self.files[*at as usize];
            let container = match (member.0.split_last(), file.member.0.split_last()) {
                (Some((_, ours)), Some((_, theirs))) => file.exhibit == *exhibit && ours == theirs,
                _ => false,
            };
            let agreeing = agreeing_parts(&file.name, &named.name)
                .max(agreeing_parts(&file.name, &named.also));
            let beside = folder_is(&file.name, folder, &named.name);
            (container, agreeing, beside)
        };
        let best = files.iter().map(rank).max().unwrap_or_default();
        let by = if best.1 > 1 || best.2 { "path" } else { "name" };
        (files.into_iter().filter(|at| rank(at) == best).collect(), by)
    }

    /// Hands over the files that were kept as they are and that nothing named.
    pub fn unnamed(&self, hand: &mut dyn FnMut(FileLine) -> Result<()>) -> Result<()> {
        for (file, at) in self.files.iter().zip(0u32..) {
            // Equal bytes under another name are the file that a record names, once more.
            if file.kept && !self.named.borrow().contains(&digest_key(&file.digest)) {
                hand(FileLine {
                    state: FileState::Unnamed,
                    name: file.name.to_string(),
                    by: None,
                    said_missing: false,
                    stated_bytes: None,
                    stated_digest: None,
                    candidates: 0,
                    file: Some(self.line(at)),
                    record: None,
                    message: None,
                })?;
            }
        }
        Ok(())
    }

    /// The file at a place.
    pub fn at(&self, place: &RecordId) -> Option<DeliveredLine> {
        let RecordId::Sealed { exhibit, member, place: Place::Span { offset: 0, length } } = place
        else {
            return None;
        };
        let at = self.place(*exhibit, member)?;
        (self.files[at].bytes == *length).then(|| self.line(at as u32))
    }

    fn place(&self, exhibit: ExhibitId, member: &MemberPath) -> Option<usize> {
        let found = self.files.binary_search_by(|f| (f.exhibit, &f.member).cmp(&(exhibit, member)));
        found.ok()
    }

    fn line(&self, at: u32) -> DeliveredLine {
        let file = &self.files[at as usize];
        let place = RecordId::Sealed {
            exhibit: file.exhibit,
            member: file.member.clone(),
            place: Place::Span { offset: 0, length: file.bytes },
        };
        let inside = !file.member.0.is_empty();
        DeliveredLine {
            place: place.to_string(),
            path: self.exhibits[&file.exhibit].1.clone(),
            member: if inside { file.name.to_string() } else { String::new() },
            digest: file.digest.hex(),
            bytes: file.bytes,
            media: self.words[usize::from(file.media)].clone(),
        }
    }
}

struct Found {
    state: FileState,
    by: Option<&'static str>,
    file: Option<u32>,
    candidates: u32,
}

impl Found {
    fn one(state: FileState, by: &'static str, file: u32, candidates: usize) -> Found {
        let candidates = u32::try_from(candidates).unwrap_or(u32::MAX);
        Found { state, by: Some(by), file: Some(file), candidates }
    }

    fn none(state: FileState) -> Found {
        Found { state, by: None, file: None, candidates: 0 }
    }
}

/// The parts of a path, whichever way its slashes lean, last first.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit(['/', '\\']).filter(|part| !part.is_empty() && *part != ".")
}

fn last_part(path: &str) -> &str {
    parts(path).next().unwrap_or_default()
}

/// Everything before the last part.
fn folder(path: &str) -> &str {
    let last = last_part(path);
    path.rfind(last).map_or("", |at| path[..at].trim_end_matches(['/', '\\']))
}

/// Whether `file` lies where `name` says, seen from `folder`.
fn folder_is(file: &str, from: &str, name: &str) -> bool {
    let wanted = parts(name).chain(parts(from));
    let mut found = parts(file);
    wanted.zip(&mut found).all(|(wanted, found)| same(wanted, found))
        && parts(file).count() == parts(name).count() + parts(from).count()
}

fn agreeing_parts(file: &str, name: &str) -> usize {
    parts(file).zip(parts(name)).take_while(|(a, b)| same(a, b)).count()
}

/// Equal but for capitals: file systems disagree about them.
fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

fn name_key(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    last_part(name).to_lowercase().hash(&mut hasher);
    hasher.finish()
}

fn digest_key(digest: &Digest) -> u64 {
    u64::from_be_bytes(digest.0[..8].try_into().expect("8 of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_part_by_part_from_the_end() {
        assert_eq!(agreeing_parts("export/photos/A.JPG", "photos/a.jpg"), 2);
        assert_eq!(agreeing_parts("files\\Image\\a.jpg", "/data/Image/a.jpg"), 2);
        assert_eq!(agreeing_parts("a.jpg", "b.jpg"), 0);
        assert_eq!((last_part("x/y/"), folder("x/y.txt"), folder("y")), ("y", "x", ""));
    }

    #[test]
    fn a_folder_is_where_the_record_says() {
        assert!(folder_is("chat/photos/a.jpg", "chat", "photos/a.jpg"));
        assert!(!folder_is("other/photos/a.jpg", "chat", "photos/a.jpg"));
        assert!(folder_is("a.jpg", "", "a.jpg"));
    }
}
