//! The whole case verified: what `emma-evidence` checks, with members unpacked for it.

use crate::case::Case;
use crate::error::Result;
use crate::progress::Progress;
use emma_evidence::verify::Verified;
use emma_evidence::{Checkpoint, MemberBytes, VerifierKey, verify_case};
use emma_model::{Digest, MemberPath, Place};
use emma_parse::unpack::{VisitMembers, each_member};
use emma_parse::{Limits, Row};
use emma_store::Scratch;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of a member that travel together between the unpacking thread and the verifier.
const PIECE_BYTES: usize = 256 << 10;

/// Pieces under way at most.
const PIECES_MAX: usize = 8;

/// Verifies the case in `root`, which needs no key of the reader and writes nothing to the log.
///
/// `log_key` is the public key obtained elsewhere, `older` a checkpoint obtained before.
pub fn verify(
    root: &Path,
    log_key: Option<&VerifierKey>,
    older: Option<&Checkpoint>,
    progress: &dyn Progress,
) -> Result<Verified> {
    progress.stage("verify", None);
    // Outside the case, which may lie on a medium that cannot be written.
    let scratch = std::env::temp_dir().join(format!("emma-verify-{}", std::process::id()));
    let scratch = Scratch::create(&scratch)?;
    let mut members = Unpacked { scratch: scratch.path().to_owned(), running: None };
    let mut told = |bytes: u64| progress.bytes(bytes);
    Ok(verify_case(root, log_key, older, &mut members, &mut told)?)
}

/// Unpacks an exhibit on a thread of its own and hands out its members in order.
struct Unpacked {
    scratch: PathBuf,
    running: Option<Running>,
}

struct Running {
    digest: Digest,
    pieces: Receiver<Piece>,
    /// A member whose beginning has been met and not yet asked for.
    met: Option<MemberPath>,
    /// The member that was asked for last.
    current: Option<MemberPath>,
    /// A row of it that was met at the end of its bytes.
    row: Option<(Place, Vec<u8>)>,
}

impl Running {
    /// The next row of the current member.
    fn next_row(&mut self) -> Option<(Place, Vec<u8>)> {
        if let Some(row) = self.row.take() {
            return Some(row);
        }
        if self.met.is_some() {
            return None;
        }
        loop {
            match self.pieces.recv() {
                Ok(Piece::Row(place, raw)) => return Some((place, raw)),
                Ok(Piece::Bytes(_)) => {}
                Ok(Piece::Member(next)) => {
                    self.met = Some(next);
                    return None;
                }
                Err(_) => return None,
            }
        }
    }
}

enum Piece {
    Member(MemberPath),
    Bytes(Vec<u8>),
    Row(Place, Vec<u8>),
}

impl MemberBytes for Unpacked {
    fn open<'a>(
        &'a mut self,
        file: &Path,
        digest: &Digest,
        member: &MemberPath,
    ) -> io::Result<Box<dyn Read + 'a>> {
        // Members are asked for in order; one that is asked for again means starting again.
        if !self.advance_to(digest, member) {
            self.running = Some(self.start(file, *digest)?);
            if !self.advance_to(digest, member) {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
        }
        let running = self.running.as_mut().expect("it was just advanced");
        Ok(Box::new(OneMember { running, piece: Vec::new(), at: 0 }))
    }

    fn row(
        &mut self,
        file: &Path,
        digest: &Digest,
        member: &MemberPath,
        place: &Place,
    ) -> io::Result<Vec<u8>> {
        // Leaves name rows in the order of the tables, mostly: one that does not lie ahead means
        // going through the member once more.
        for again in [false, true] {
            let here = self.running.as_ref().is_some_and(|running| {
                running.digest == *digest && running.current.as_ref() == Some(member)
            });
            if again || !here {
                self.running = None;
                drop(self.open(file, digest, member)?);
            }
            let running = self.running.as_mut().expect("the member was opened");
            while let Some((found, raw)) = running.next_row() {
                if found == *place {
                    return Ok(raw);
                }
            }
        }
        Err(io::Error::from(io::ErrorKind::NotFound))
    }
}

impl Unpacked {
    fn start(&self, file: &Path, digest: Digest) -> io::Result<Running> {
        let file = File::open(file)?;
        let scratch = self.scratch.clone();
        let (sender, pieces) = sync_channel(PIECES_MAX);
        std::thread::spawn(move || {
            let mut sending = Sending { sender };
            // What cannot be unpacked ends early: the verifier then misses the member.
            let _ = each_member(file, &Limits::default(), &scratch, &mut sending);
        });
        Ok(Running { digest, pieces, met: None, current: None, row: None })
    }

    /// Skips to the beginning of `member`; false where this run does not come to it any more.
    fn advance_to(&mut self, digest: &Digest, member: &MemberPath) -> bool {
        let Some(running) = self.running.as_mut().filter(|running| running.digest == *digest)
        else {
            return false;
        };
        loop {
            if let Some(met) = running.met.take() {
                if met == *member {
                    running.current = Some(met);
                    running.row = None;
                    return true;
                }
                if met > *member {
                    return false;
                }
            }
            match running.pieces.recv() {
                Ok(Piece::Member(path)) => running.met = Some(path),
                Ok(Piece::Bytes(_) | Piece::Row(..)) => {}
                Err(_) => return false,
            }
        }
    }
}

struct OneMember<'a> {
    running: &'a mut Running,
    piece: Vec<u8>,
    at: usize,
}

impl Read for OneMember<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.running.met.is_some() || self.running.row.is_some() {
                return Ok(0);
            }
            match self.running.pieces.recv() {
                Ok(Piece::Bytes(piece)) => (self.piece, self.at) = (piece, 0),
                Ok(Piece::Member(next)) => self.running.met = Some(next),
                Ok(Piece::Row(place, raw)) => self.running.row = Some((place, raw)),
                Err(_) => return Ok(0),
            }
        }
        let length = out.len().min(self.piece.len() - self.at);
        out[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

struct Sending {
    sender: SyncSender<Piece>,
}

impl Sending {
    fn send(&self, piece: Piece) -> io::Result<()> {
        // The verifier went on to another exhibit: nothing more is wanted of this one.
        self.sender.send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl VisitMembers for Sending {
    fn wants_rows(&self) -> bool {
        true
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let place = Place::Row { table: row.table.to_owned(), row: row.row };
        self.send(Piece::Row(place, row.raw.to_vec()))
    }

    fn member(&mut self, path: &MemberPath, bytes: &mut dyn Read) -> io::Result<()> {
        self.send(Piece::Member(path.clone()))?;
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let length = bytes.read(&mut piece)?;
            if length == 0 {
                return Ok(());
            }
            piece.truncate(length);
            self.send(Piece::Bytes(piece))?;
        }
    }
}

/// The canonical values of a row of a member of the exhibit with these bytes.
pub fn row_of(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    place: &Place,
) -> io::Result<Vec<u8>> {
    let scratch = std::env::temp_dir().join(format!("emma-row-{}-{digest}", std::process::id()));
    let scratch = Scratch::create(&scratch).map_err(io::Error::from)?;
    let mut members = Unpacked { scratch: scratch.path().to_owned(), running: None };
    members.row(&case.exhibits().path(&digest), &digest, member, place)
}

/// Reads `length` bytes from `offset` of a member of the exhibit with these bytes.
pub fn member_stretch(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    offset: u64,
    length: u64,
) -> io::Result<Vec<u8>> {
    unpacked(case, digest, member, |mut reader| {
        io::copy(&mut (&mut reader).take(offset), &mut io::sink())?;
        let mut bytes = Vec::new();
        reader.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

/// Members asked for in their order, out of one unpacking of each container.
pub struct InOrder {
    members: Unpacked,
    _scratch: Scratch,
}

impl InOrder {
    /// Unpacks into a scratch folder named after `what`.
    pub fn new(what: &str) -> io::Result<InOrder> {
        let folder = std::env::temp_dir().join(format!("emma-{what}-{}", std::process::id()));
        let scratch = Scratch::create(&folder).map_err(io::Error::from)?;
        let members = Unpacked { scratch: scratch.path().to_owned(), running: None };
        Ok(InOrder { members, _scratch: scratch })
    }

    /// The bytes of a member of the exhibit with these bytes, `length` at most.
    pub fn whole(
        &mut self,
        case: &Case,
        digest: Digest,
        member: &MemberPath,
        length: u64,
    ) -> io::Result<Vec<u8>> {
        let reader = self.members.open(&case.exhibits().path(&digest), &digest, member)?;
        let mut bytes = Vec::new();
        reader.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Writes a member of the exhibit with these bytes and returns its length.
pub fn copy_member(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    out: &mut dyn Write,
) -> io::Result<u64> {
    unpacked(case, digest, member, |mut reader| io::copy(&mut reader, out))
}

fn unpacked<T>(
    case: &Case,
    digest: Digest,
    member: &MemberPath,
    work: impl FnOnce(Box<dyn Read + '_>) -> io::Result<T>,
) -> io::Result<T> {
    let scratch =
        std::env::temp_dir().join(format!("emma-stretch-{}-{digest}", std::process::id()));
    let scratch = Scratch::create(&scratch).map_err(io::Error::from)?;
    let mut members = Unpacked { scratch: scratch.path().to_owned(), running: None };
    work(members.open(&case.exhibits().path(&digest), &digest, member)?)
}
