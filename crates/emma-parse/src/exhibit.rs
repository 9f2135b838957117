//! Reads one exhibit: its own bytes or, for a container, its members.

mod kept;

use crate::container;
use crate::emit::Emitter;
use crate::format::{self, Format, Head, Once, Read, Twice};
use crate::limits::Limits;
use crate::mapping::Mapping;
use crate::member::Member;
use crate::plan::Plan;
use crate::recognise::{self, Container};
use crate::rows::{Beside, PrivateCopy, RowFormat};
use crate::source::{Bytes, Damage, Disk, Whole};
use crate::unpack::VisitMembers;
use crate::window::{Window, WindowReader};
use crate::{media, name, sheet, sqlite, text};
use emma_model::record::MemberEnd;
use emma_model::{Anomaly, Digest, MemberPath, Sink};
use rawzip::FileReader;
use std::fs::File;
use std::io;
use std::path::Path;

/// What is known of an exhibit before it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExhibitInfo {
    /// The delivered path, decoded for display.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 where sealing already computed it; saves hashing it again.
    pub digest: Option<Digest>,
}

/// Why a reading stopped. Content is never the reason; running it again is safe.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The exhibit's file cannot be read.
    #[error("cannot read an exhibit: {0}")]
    Read(#[source] io::Error),
    /// What was read cannot be written: the sink or a scratch file failed.
    #[error("cannot keep what was read: {0}")]
    Write(#[source] io::Error),
}

/// Reads an exhibit and hands its items and members to `sink`.
///
/// `file` is the sealed file, `scratch` an existing folder for members that must be read more
/// than once, `progress` learns how many bytes of the file were read so far.
pub fn read_exhibit(
    file: File,
    exhibit: &ExhibitInfo,
    plan: &Plan,
    limits: &Limits,
    scratch: &Path,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
) -> Result<(), ParseError> {
    let length = file.metadata().map_err(ParseError::Read)?.len();
    let file = FileReader::from(file);
    let whole = Whole { file: &file, length, digest: exhibit.digest };
    let how = How { plan, limits, scratch, format: None };
    read_whole(whole, how, exhibit, progress, sink, None)
}

/// By what a whole exhibit is read.
#[derive(Clone, Copy)]
pub(crate) struct How<'r> {
    pub plan: &'r Plan,
    pub limits: &'r Limits,
    pub scratch: &'r Path,
    /// Read as this format, whatever its content says.
    pub format: Option<&'static Format>,
}

/// Reads an exhibit that lies in any place. With `visit`, members are shown to it, not parsed.
pub(crate) fn read_whole(
    whole: Whole<'_>,
    how: How<'_>,
    exhibit: &ExhibitInfo,
    progress: &mut dyn FnMut(u64),
    sink: &mut dyn Sink,
    visit: Option<&mut dyn VisitMembers>,
) -> Result<(), ParseError> {
    let How { plan, limits, scratch, format } = how;
    let unpacked_max = limits.unpacked_bytes_for(whole.length);
    let disk = Disk::new(unpacked_max, limits.members_max, progress);
    let delivered = exhibit.path.as_str();
    let visit = visit.map(|visit| -> &mut dyn VisitMembers { visit });
    let mut reading =
        Reading { disk: &disk, delivered, plan, limits, scratch, sink, format, visit };
    let opened = Opened {
        path: MemberPath::default(),
        name: exhibit.path.clone(),
        damage: Damage::default(),
        anomalies: Vec::new(),
        beside: None,
    };
    reading.member(opened, Bytes::File(whole)).map_err(|error| match disk.failed() {
        true => ParseError::Read(error),
        false => ParseError::Write(error),
    })
}

/// A member about to be read.
pub(crate) struct Opened<'o> {
    pub path: MemberPath,
    pub name: String,
    pub damage: Damage,
    /// What is already known to be odd about it.
    pub anomalies: Vec<Anomaly>,
    /// What lies beside it in its container, where that can be told.
    pub beside: Option<Beside<'o>>,
}

/// One reading under way.
pub(crate) struct Reading<'r> {
    pub disk: &'r Disk<'r>,
    pub delivered: &'r str,
    pub plan: &'r Plan,
    pub limits: &'r Limits,
    pub scratch: &'r Path,
    pub sink: &'r mut dyn Sink,
    /// Reads plain members as this, without looking: for tests.
    pub format: Option<&'static Format>,
    /// Is shown plain members, which are then not parsed.
    pub visit: Option<&'r mut dyn VisitMembers>,
}

/// How the reading of a member's bytes ended.
struct Ending {
    parser: String,
    bytes: u64,
    digest: Digest,
    anomalies: Vec<Anomaly>,
    media: &'static str,
    /// A member of rows whose cells may hold documents.
    documents: Option<(PrivateCopy, RowFormat)>,
}

impl<'r> Reading<'r> {
    /// Reads one member, whatever it is, and reports its end.
    pub fn member(&mut self, mut opened: Opened<'_>, bytes: Bytes<'_>) -> io::Result<()> {
        name::inspect(&opened.name, &mut opened.anomalies);
        let (mut window, file) = match bytes {
            Bytes::File(file) => {
                let source = file.reader(self.disk);
                (Window::with_hash(source, file.digest.is_none()), Some(file))
            }
            Bytes::Stream(stream) => (Window::new(stream), None),
        };
        window.fill(text::HEAD_BYTES)?;
        let ending = match recognise::container(window.bytes()) {
            Some(format) => self.container(&opened, format, window, file)?,
            None => self.plain(&opened, window, file)?,
        };
        opened.damage.report(&mut opened.anomalies);
        opened.anomalies.extend(ending.anomalies);
        let path = opened.path.clone();
        self.sink.member_end(MemberEnd {
            path: opened.path,
            name: name::cut(opened.name, self.limits.name_bytes_max),
            parser: ending.parser,
            bytes: ending.bytes,
            digest: ending.digest,
            media: ending.media,
            anomalies: opened.anomalies,
        })?;
        match ending.documents {
            Some((copy, format)) => self.documents(&path, &copy, format),
            None => Ok(()),
        }
    }

    /// Reports a member of which no byte can be had.
    pub fn unreadable(&mut self, mut opened: Opened<'_>, parser: &str) -> io::Result<()> {
        name::inspect(&opened.name, &mut opened.anomalies);
        opened.damage.report(&mut opened.anomalies);
        self.sink.member_end(MemberEnd {
            path: opened.path,
            name: name::cut(opened.name, self.limits.name_bytes_max),
            parser: parser.to_owned(),
            bytes: 0,
            digest: Digest::of(b""),
            media: "",
            anomalies: opened.anomalies,
        })
    }

    fn container(
        &mut self,
        opened: &Opened<'_>,
        format: Container,
        mut window: Window<'_>,
        file: Option<Whole<'_>>,
    ) -> io::Result<Ending> {
        if opened.path.0.len() >= self.limits.container_depth_max.min(MemberPath::DEPTH_MAX) {
            let mut ending = self.blob(opened, window, file)?;
            let note = "a container nested too deep is kept unopened";
            ending.anomalies.push(Anomaly::new("container.too_deep", note));
            return Ok(ending);
        }
        let (parser, anomalies) = match format {
            Container::Gz => ("gz", container::stream::read_gz(self, opened, &mut window)?),
            Container::Zst => ("zst", container::stream::read_zst(self, opened, &mut window)?),
            Container::Tar => ("tar", container::tar::read(self, opened, &mut window)?),
            Container::Zip => {
                if let Some(file) = file {
                    if sheet::is_book(self.disk, file)? {
                        let name = sheet::FORMAT.name;
                        return self.rows(name, sheet::ROWS, opened, window, Some(file));
                    }
                    ("zip", container::zip::read(self, opened, file)?)
                } else {
                    let mut book = None;
                    let anomalies = self.spooled(&mut window, |reading, file| {
                        if sheet::is_book(reading.disk, file)? {
                            let again = Window::new(file.reader(reading.disk));
                            let name = sheet::FORMAT.name;
                            let read = reading.rows(name, sheet::ROWS, opened, again, Some(file));
                            book = Some(read?);
                            return Ok(Vec::new());
                        }
                        container::zip::read(reading, opened, file)
                    })?;
                    if let Some(ending) = book {
                        return Ok(ending);
                    }
                    ("zip", anomalies)
                }
            }
        };
        // What the container left unread counts into its length and digest.
        let (bytes, digest) = match file {
            Some(Whole { length, digest: Some(digest), .. }) => (length, digest),
            _ => drain(window)?,
        };
        Ok(Ending {
            parser: parser.to_owned(),
            bytes,
            digest,
            anomalies,
            media: "",
            documents: None,
        })
    }

    fn plain(
        &mut self,
        opened: &Opened<'_>,
        mut window: Window<'_>,
        file: Option<Whole<'_>>,
    ) -> io::Result<Ending> {
        let (limits, plan) = (self.limits, self.plan);
        let member = Member { path: &opened.path, delivered: self.delivered, name: &opened.name };
        let head = &window.bytes()[..window.bytes().len().min(text::HEAD_BYTES)];
        let whole = window.ended() && head.len() == window.bytes().len();
        if self.visit.is_some() {
            let format = format::recognise(&Head::new(head, whole, member));
            return match format.map(|format| (format.name, format.read)) {
                Some((name, Read::Rows(format))) => self.rows(name, format, opened, window, file),
                // As when it was read: a picture has a row of its own.
                _ => self.blob(opened, window, file),
            };
        }
        if head.is_empty() {
            return self.blob(opened, window, file);
        }
        // A mapping that names no files is for any text, but not for pictures.
        let is_for = |mapping: &Mapping| {
            mapping.matches(&member)
                && (mapping.names_files() || text::is_text(head, whole))
                && mapping.fits(head, whole)
        };
        let mapping = plan.given.iter().chain(&plan.shipped).find(|mapping| is_for(mapping));
        if let Some(mapping) = mapping {
            let mut emitter = Emitter::new(&mut *self.sink, &opened.path, limits.record_bytes_max);
            let anomalies = mapping.read(&member, &mut window, &mut emitter, limits)?;
            let accounted = emitter.offset();
            let parser = format!("mapping:{}", mapping.name());
            return finish(parser, window, file, accounted, anomalies);
        }
        let head = Head::new(head, whole, member);
        let format = self.format.or_else(|| format::recognise(&head));
        match format {
            None if !head.text || media::is_binary(head.bytes) => {
                let lone = opened.path.0.is_empty().then(|| sqlite::lone_log(head.bytes));
                let mut ending = self.blob(opened, window, file)?;
                ending.anomalies.extend(lone.flatten());
                Ok(ending)
            }
            None => self.once("text", unknown_text, &member, window, file),
            Some(Format { name, read: Read::Once(read), .. }) => {
                self.once(name, *read, &member, window, file)
            }
            Some(Format { name, read: Read::Rows(format), .. }) => {
                self.rows(name, *format, opened, window, file)
            }
            Some(Format { name, read: Read::Twice(read), .. }) => match file {
                Some(file) => self.twice(name, *read, &member, window, file),
                None => {
                    let mut ending = self.spooled(&mut window, |reading, file| {
                        let again = Window::new(file.reader(reading.disk));
                        reading.twice(name, *read, &member, again, file)
                    })?;
                    (ending.bytes, ending.digest) = drain(window)?;
                    Ok(ending)
                }
            },
        }
    }

    fn once(
        &mut self,
        name: &str,
        read: Once,
        member: &Member<'_>,
        mut window: Window<'_>,
        file: Option<Whole<'_>>,
    ) -> io::Result<Ending> {
        let limits = self.limits;
        let mut emitter = Emitter::new(&mut *self.sink, member.path, limits.record_bytes_max);
        let anomalies = read(member, &mut window, &mut emitter, limits)?;
        let accounted = emitter.offset();
        finish(name.to_owned(), window, file, accounted, anomalies)
    }

    fn twice(
        &mut self,
        name: &str,
        read: Twice,
        member: &Member<'_>,
        mut window: Window<'_>,
        file: Whole<'_>,
    ) -> io::Result<Ending> {
        let limits = self.limits;
        let mut first = Window::with_hash(file.reader(self.disk), false);
        let mut emitter = Emitter::new(&mut *self.sink, member.path, limits.record_bytes_max);
        let anomalies = read(member, &mut first, &mut window, &mut emitter, limits)?;
        let accounted = emitter.offset();
        finish(name.to_owned(), window, Some(file), accounted, anomalies)
    }

    /// Copies the rest of a stream into a scratch file, which goes again after `then`.
    fn spooled<T>(
        &mut self,
        window: &mut Window<'_>,
        then: impl FnOnce(&mut Reading<'r>, Whole<'_>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut spool = emma_store::NewFile::create_in(self.scratch)?;
        let length = io::copy(&mut WindowReader(window), &mut spool)?;
        let file = FileReader::from(spool.file().try_clone()?);
        then(self, Whole { file: &file, length, digest: None })
    }
}

/// Reads a hashing window to its end, for its length and digest.
fn drain(mut window: Window<'_>) -> io::Result<(u64, Digest)> {
    io::copy(&mut WindowReader(&mut window), &mut io::sink())?;
    let (bytes, digest) = window.finish();
    Ok((bytes, digest.expect("the window hashes where no digest is known")))
}

fn finish(
    parser: String,
    window: Window<'_>,
    file: Option<Whole<'_>>,
    accounted: u64,
    anomalies: Vec<Anomaly>,
) -> io::Result<Ending> {
    let (bytes, digest) = window.finish();
    assert_eq!(accounted, bytes, "a parser accounts for every byte");
    let known = file.and_then(|file| file.digest);
    let digest = digest.or(known).expect("the window hashes where no digest is known");
    Ok(Ending { parser, bytes, digest, anomalies, media: "", documents: None })
}

/// Accounts for text nobody can read.
fn unknown_text(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let anomaly = Anomaly::new("format.unknown", "no parser or mapping is for this text");
    all_anomaly(&anomaly, window, emitter, limits).map(|()| Vec::new())
}

/// Accounts for what is left of a member as one anomaly.
pub(crate) fn all_anomaly(
    anomaly: &Anomaly,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<()> {
    loop {
        window.fill(limits.record_bytes_max)?;
        let length = window.bytes().len().min(limits.record_bytes_max);
        if length == 0 {
            return Ok(());
        }
        emitter.anomaly(&window.bytes()[..length], window.line(), anomaly.clone())?;
        window.consume(length);
    }
}
