//! Any bytes in, accounts checked, nothing out: what the fuzz targets and property tests call.

use crate::account::Account;
use crate::exhibit::{Whole, read_whole};
use crate::recognise::Format;
use crate::{ExhibitInfo, Limits, Mapping, Plan};
use emma_model::record::MemberEnd;
use emma_model::{Item, Sink};
use rawzip::ReaderAt;
use std::io;

/// A sink that forgets everything.
pub struct Forget;

impl Sink for Forget {
    fn item(&mut self, _: Item<'_>) -> io::Result<()> {
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

/// Which reader gets the bytes.
#[derive(Clone, Copy, Debug)]
pub enum Target<'m> {
    /// Whatever recognises them (the containers, too).
    Any,
    /// The IRC reader.
    Irc,
    /// The Telegram reader.
    Telegram,
    /// A mapping, from its text; the name of the file comes second.
    Mapping(&'m Mapping, &'m str),
}

/// Reads `bytes` in pieces of at most `piece_bytes_max` under tight limits, every promise of the
/// readers checked, and hands items on to `sink`.
pub fn read(target: Target<'_>, bytes: &[u8], piece_bytes_max: usize, sink: impl Sink) {
    let (format, mapping, name) = match target {
        Target::Any => (None, None, "birds/2004-12-25"),
        Target::Irc => (Some(Format::Irc), None, "birds/2004-12-25.txt"),
        Target::Telegram => (Some(Format::Telegram), None, "result.json"),
        Target::Mapping(mapping, name) => (None, Some(mapping.clone()), name),
    };
    let pieces = Pieces { bytes, piece_bytes_max };
    let whole = Whole { file: &pieces, length: bytes.len() as u64, digest: None };
    let exhibit = ExhibitInfo { path: name.to_owned(), bytes: whole.length, digest: None };
    let limits = Limits {
        record_bytes_max: 512,
        json_depth_max: 16,
        unpacked_bytes_free: 1 << 20,
        unpacked_ratio_max: 64,
        members_max: 64,
        ..Limits::default()
    };
    let mut account = Account::new(sink);
    let scratch = std::env::temp_dir();
    let plan = Plan::new(mapping, false);
    read_whole(whole, format, &exhibit, &plan, &limits, &scratch, &mut |_| {}, &mut account)
        .expect("memory and the sink do not fail");
    assert!(account.ended().contains(&emma_model::MemberPath::default()), "the exhibit ends");
}

/// Bytes that come in pieces, so that no parser depends on how reads fall.
struct Pieces<'b> {
    bytes: &'b [u8],
    piece_bytes_max: usize,
}

impl ReaderAt for Pieces<'_> {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = out.len().min(self.piece_bytes_max.max(1));
        self.bytes.read_at(&mut out[..length], offset)
    }
}
