//! Members that are kept whole: databases and workbooks with their rows, pictures with what they
//! say of themselves, anything nobody reads. And members that are only shown to a visitor.

use super::{Ending, Opened, Reading, drain};
use crate::emit::Emitter;
use crate::media;
use crate::member::Member;
use crate::rows::{PrivateCopy, RowFormat, RowMember};
use crate::source::{Bytes, Damage, Whole};
use crate::window::{Window, WindowReader};
use emma_model::{Anomaly, Digest, MemberPath};
use std::fs::File;
use std::io;

impl Reading<'_> {
    /// Reads a member of rows from a private copy.
    pub(super) fn rows(
        &mut self,
        name: &str,
        format: RowFormat,
        opened: &Opened<'_>,
        mut window: Window<'_>,
        file: Option<Whole<'_>>,
    ) -> io::Result<Ending> {
        let copy = PrivateCopy::create(self.scratch, &mut window, opened.beside)?;
        let (bytes, digest) = window.finish();
        let known = file.and_then(|file| file.digest);
        let digest = digest.or(known).expect("the window hashes where no digest is known");
        let member = Member { path: &opened.path, delivered: self.delivered, name: &opened.name };
        let rows = RowMember { member, copy: &copy.path(), limits: self.limits };
        let (mapping, mut anomalies) = match self.visit.as_mut() {
            Some(visit) => {
                visit.member(&opened.path, &mut File::open(rows.copy)?)?;
                if visit.wants_rows()
                    && let Ok(mut rows) = (format.open)(&rows)?
                {
                    rows.each_row(&mut |row| visit.row(row))?;
                }
                (None, Vec::new())
            }
            None => {
                let chunk = self.limits.record_bytes_max;
                let mut emitter = Emitter::new(&mut *self.sink, &opened.path, chunk);
                emitter.blob(bytes, &digest)?;
                match (format.open)(&rows)? {
                    Ok(mut rows) => {
                        let end = rows.read(self.plan, &mut emitter)?;
                        (end.mapping, end.anomalies)
                    }
                    Err(unreadable) => (None, vec![unreadable]),
                }
            }
        };
        let parser = mapping.map_or(name.to_owned(), |mapping| format!("mapping:{mapping}"));
        if self.too_deep(&opened.path) {
            let note = "documents in its cells would be nested too deep and are not opened";
            anomalies.push(Anomaly::new("container.too_deep", note));
        }
        let documents = format.documents.then_some((copy, format));
        Ok(Ending { parser, bytes, digest, anomalies, media: "", documents })
    }

    /// True where nothing inside `path` may be opened any more.
    fn too_deep(&self, path: &MemberPath) -> bool {
        path.0.len() >= self.limits.container_depth_max.min(MemberPath::DEPTH_MAX)
    }

    /// Reads what lies in the cells of a member of rows, as members of their own.
    pub(super) fn documents(
        &mut self,
        path: &MemberPath,
        copy: &PrivateCopy,
        format: RowFormat,
    ) -> io::Result<()> {
        if self.too_deep(path) {
            return Ok(());
        }
        let member = Member { path, delivered: self.delivered, name: "" };
        let rows = RowMember { member, copy: &copy.path(), limits: self.limits };
        let Ok(mut rows) = (format.open)(&rows)? else {
            return Ok(());
        };
        let (mut ordinal, mut told) = (0, false);
        rows.each_document(&mut |name, bytes| {
            let opened = Opened {
                path: path.child(ordinal),
                name: name.to_owned(),
                damage: Damage::default(),
                anomalies: Vec::new(),
                beside: None,
            };
            ordinal += 1;
            if self.disk.admit_member() {
                return self.member(opened, Bytes::Stream(Box::new(bytes)));
            }
            // Told once: the first that is left out stands for those after it.
            if std::mem::replace(&mut told, true) {
                return Ok(());
            }
            let mut opened = opened;
            opened.anomalies.push(Anomaly::new("container.members_limit", "too many members"));
            self.unreadable(opened, "blob")
        })
    }

    /// Shows a member to the visitor instead of parsing it.
    pub(super) fn visited(
        &mut self,
        opened: &Opened<'_>,
        mut window: Window<'_>,
    ) -> io::Result<Ending> {
        let visit = self.visit.as_mut().expect("checked by the caller");
        visit.member(&opened.path, &mut WindowReader(&mut window))?;
        io::copy(&mut WindowReader(&mut window), &mut io::sink())?;
        let (bytes, digest) = window.finish();
        let digest = digest.unwrap_or(Digest::of(b""));
        Ok(Ending {
            parser: "visited".to_owned(),
            bytes,
            digest,
            anomalies: Vec::new(),
            media: "",
            documents: None,
        })
    }

    /// Keeps a member whole; of a picture also what it says of itself.
    pub(super) fn blob(
        &mut self,
        opened: &Opened<'_>,
        mut window: Window<'_>,
        file: Option<Whole<'_>>,
    ) -> io::Result<Ending> {
        let media = media::of(window.bytes());
        let mut picture = None;
        if media.starts_with("image/") {
            window.fill(media::EXIF_BYTES_MAX)?;
            let head = &window.bytes()[..window.bytes().len().min(media::EXIF_BYTES_MAX)];
            picture = media::exif(head, self.limits.record_bytes_max);
        }
        if self.visit.is_some() {
            let ending = self.visited(opened, window)?;
            let visit = self.visit.as_mut().expect("checked above");
            if let Some(picture) = picture.filter(|_| visit.wants_rows()) {
                visit.row(picture.row())?;
            }
            return Ok(ending);
        }
        let parser = "blob".to_owned();
        let (bytes, digest) = match file {
            Some(Whole { length, digest: Some(digest), .. }) => (length, digest),
            _ => drain(window)?,
        };
        let mut ending =
            Ending { parser, bytes, digest, anomalies: Vec::new(), media, documents: None };
        if bytes == 0 {
            ending.anomalies.push(Anomaly::new("member.empty", "there are no bytes"));
            return Ok(ending);
        }
        let mut emitter = Emitter::new(&mut *self.sink, &opened.path, usize::MAX);
        emitter.blob(bytes, &digest)?;
        if let Some(picture) = picture {
            emitter.row(picture.row(), Some(picture.record()), Vec::new())?;
        }
        Ok(ending)
    }
}
