//! Where the bytes of an exhibit and its members come from.
//!
//! Two sorts of failure must not be mixed up. The disk under the exhibit failing is an error.
//! A decoder tripping over damaged bytes is content: [`Stream`] turns it into the end of the
//! member and a [`Damage`] to report. [`Disk`] remembers which of the two happened.

use emma_model::{Anomaly, Digest};
use rawzip::ReaderAt;
use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

/// What lies under all readers of one exhibit: failures, progress, what may still be unpacked.
pub(crate) struct Disk<'p> {
    failed: Cell<bool>,
    read: Cell<u64>,
    progress: RefCell<&'p mut dyn FnMut(u64)>,
    unpacked_left: Cell<u64>,
    members_left: Cell<u64>,
}

impl<'p> Disk<'p> {
    /// A disk that nothing was read from yet.
    pub fn new(
        unpacked_bytes_max: u64,
        members_max: u64,
        progress: &'p mut dyn FnMut(u64),
    ) -> Disk<'p> {
        Disk {
            failed: Cell::new(false),
            read: Cell::new(0),
            progress: RefCell::new(progress),
            unpacked_left: Cell::new(unpacked_bytes_max),
            members_left: Cell::new(members_max),
        }
    }

    /// Counts one more member; false once there are too many.
    pub fn admit_member(&self) -> bool {
        let left = self.members_left.get();
        self.members_left.set(left.saturating_sub(1));
        left > 0
    }

    /// True once nothing more may be unpacked.
    pub fn exhausted(&self) -> bool {
        self.unpacked_left.get() == 0
    }

    /// True where the last error came from the disk, not from content.
    pub fn failed(&self) -> bool {
        self.failed.get()
    }
}

/// Damage found while a member was unpacked: at most one, the first.
#[derive(Clone, Default)]
pub(crate) struct Damage(Rc<Cell<Option<(&'static str, &'static str)>>>);

impl Damage {
    pub fn set(&self, kind: &'static str, note: &'static str) {
        if self.0.get().is_none() {
            self.0.set(Some((kind, note)));
        }
    }

    pub fn report(&self, anomalies: &mut Vec<Anomaly>) {
        if let Some((kind, note)) = self.0.get() {
            anomalies.push(Anomaly::new(kind, note));
        }
    }
}

/// Bytes asked of a decoder at a time: what is lost at most before damage.
const PIECE_BYTES_MAX: usize = 2 << 10;

/// The bytes of an unpacked member: damage ends them, limits cut them, only the disk fails.
pub(crate) struct Stream<'d, R> {
    pub inner: R,
    pub disk: &'d Disk<'d>,
    pub damage: Damage,
    /// What damage is called in this container.
    pub damage_kind: &'static str,
}

impl<R: Read> Read for Stream<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.disk.unpacked_left.get();
        if left == 0 {
            // Whether more would come only matters for the report.
            let mut probe = [0];
            if matches!(self.inner.read(&mut probe), Ok(1)) {
                self.damage.set("container.unpacked_limit", "unpacking stopped at the limit");
            }
            return Ok(0);
        }
        // Decoders drop what they unpacked in the call in which they meet damage.
        let room = out.len().min(usize::try_from(left).unwrap_or(usize::MAX)).min(PIECE_BYTES_MAX);
        match self.inner.read(&mut out[..room]) {
            Ok(n) => {
                self.disk.unpacked_left.set(left - n as u64);
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) if self.disk.failed() => Err(error),
            Err(_) => {
                self.damage.set(self.damage_kind, "the packed bytes are damaged or end early");
                Ok(0)
            }
        }
    }
}

/// A range of a file, read forward.
pub(crate) struct Positioned<'f, 'd> {
    pub file: &'f dyn ReaderAt,
    pub disk: &'d Disk<'d>,
    pub at: u64,
    /// May lie beyond the end of the file.
    pub end: u64,
}

impl Read for Positioned<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let room =
            out.len().min(usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        let mut n = 0;
        // Short reads are put together, for the reason given in `Window::more`.
        while n < room {
            let more = self.file.read_at(&mut out[n..room], self.at);
            match more.inspect_err(|error| {
                self.disk.failed.set(error.kind() != io::ErrorKind::Interrupted);
            })? {
                0 => break,
                more => {
                    n += more;
                    self.at += more as u64;
                }
            }
        }
        let read = self.disk.read.get() + n as u64;
        self.disk.read.set(read);
        (self.disk.progress.borrow_mut())(read);
        Ok(n)
    }
}

/// A member that is a file of its own: readable anywhere, and again.
#[derive(Clone, Copy)]
pub(crate) struct Whole<'b> {
    pub file: &'b dyn ReaderAt,
    /// Its length in bytes.
    pub length: u64,
    /// Its digest, where already known.
    pub digest: Option<Digest>,
}

impl<'b> Whole<'b> {
    /// Its bytes from the first on.
    pub fn reader<'d>(self, disk: &'d Disk<'d>) -> Positioned<'b, 'd> {
        Positioned { file: self.file, disk, at: 0, end: u64::MAX }
    }
}

/// Where a member's bytes come from.
pub(crate) enum Bytes<'b> {
    /// A whole file.
    File(Whole<'b>),
    /// A stream, readable once.
    Stream(Box<dyn Read + 'b>),
}
