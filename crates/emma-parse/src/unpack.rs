//! The unpacked bytes of members, without parsing them.
//!
//! Proofs and verification need the bytes a record stands in, not what a parser makes of them.
//! Members come in the order and under the paths that [`crate::read_exhibit`] gives them.

use crate::exhibit::{ExhibitInfo, How, ParseError, read_whole};
use crate::limits::Limits;
use crate::plan::Plan;
use crate::rows::Row;
use crate::source::Whole;
use emma_model::record::MemberEnd;
use emma_model::{Item, MemberPath, Sink};
use rawzip::FileReader;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Is shown the members of an exhibit.
pub trait VisitMembers {
    /// A member that is no container (or one that is kept unopened), from its first byte. What
    /// is left unread is skipped. An error ends the visit and is passed on.
    fn member(&mut self, path: &MemberPath, bytes: &mut dyn Read) -> io::Result<()>;

    /// A row of the member that was shown last: every row of its tables, by table and number.
    fn row(&mut self, _row: Row<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Whether rows are wanted; without, none are shown.
    fn wants_rows(&self) -> bool {
        false
    }
}

/// Shows every plain member of an exhibit to `visit`. `scratch` is an existing folder.
pub fn each_member(
    file: File,
    limits: &Limits,
    scratch: &Path,
    visit: &mut dyn VisitMembers,
) -> Result<(), ParseError> {
    let length = file.metadata().map_err(ParseError::Read)?.len();
    let file = FileReader::from(file);
    // Without a known digest the window hashes as it goes, which costs less than it looks.
    let whole = Whole { file: &file, length, digest: None };
    let plan = Plan::of(Vec::new());
    let how = How { plan: &plan, limits, scratch, format: None };
    let info = ExhibitInfo { path: String::new(), bytes: length, digest: None };
    read_whole(whole, how, &info, &mut |_| {}, &mut NoSink, Some(visit))
}

struct NoSink;

impl Sink for NoSink {
    fn item(&mut self, _item: Item<'_>) -> io::Result<()> {
        Ok(())
    }

    fn member_end(&mut self, _end: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}
