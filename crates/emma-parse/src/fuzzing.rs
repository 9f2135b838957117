//! Any bytes in, accounts checked, nothing out: what the fuzz targets and property tests call.

use crate::account::Account;
use crate::exhibit::{How, read_whole};
use crate::format;
use crate::source::Whole;
use crate::{ExhibitInfo, Limits, Mapping, Plan};
use emma_model::record::MemberEnd;
use emma_model::{Item, Sink};
use rawzip::ReaderAt;
use std::io;
use std::sync::OnceLock;

/// Which reader gets the bytes.
#[derive(Clone, Copy, Debug)]
pub enum Target<'m> {
    /// Whatever recognises them (the containers, too).
    Any,
    /// The built-in format of this name, delivered under this file name.
    Format(&'m str, &'m str),
    /// A mapping, from its text; the name of the file comes second.
    Mapping(&'m Mapping, &'m str),
}

/// The fuzz targets: one a reader. Their seeds lie in `fuzz/corpus/NAME`.
pub const TARGETS: &[&str] = &[
    "burner",
    "delivery",
    "discord",
    "eml",
    "gpx",
    "gz",
    "irc",
    "kml",
    "mapping_csv",
    "mapping_json",
    "mapping_lines",
    "mapping_log",
    "matrix",
    "mbox",
    "plist",
    "pst",
    "rocketchat",
    "sheet",
    "signal-jsonl",
    "slack",
    "sms-backup",
    "sqlite",
    "tar",
    "telegram",
    "typedstream",
    "ufdr",
    "vcard",
    "whatsapp-text",
    "xmpp",
    "zip",
    "zst",
];

/// Reads `bytes` for the fuzz target `name`, whole and in small pieces, and compares how many
/// items and members each found. Panics where a reader breaks a promise.
pub fn run(name: &str, bytes: &[u8]) {
    let count = |target: Target<'_>| {
        let (mut whole, mut pieces) = (Count::default(), Count::default());
        read(target, bytes, usize::MAX, &mut whole);
        read(target, bytes, 5, &mut pieces);
        assert_eq!(whole, pieces, "what is found does not depend on how reads fall");
    };
    let mapped = |place: usize| {
        // Compiling patterns would cost more than reading the few bytes of a fuzzer.
        static MAPPINGS: OnceLock<[Mapping; 4]> = OnceLock::new();
        let mappings = MAPPINGS.get_or_init(|| {
            [
                include_str!("fuzzing/csv.toml"),
                include_str!("fuzzing/json.toml"),
                include_str!("fuzzing/lines.toml"),
                include_str!("fuzzing/log.toml"),
            ]
            .map(|text| Mapping::parse(text).expect("the mappings of the fuzz targets parse"))
        });
        count(Target::Mapping(&mappings[place], "birds/2004-12-25.txt"));
    };
    match name {
        "typedstream" => drop(crate::typedstream::attributed(bytes)),
        "mapping_csv" => mapped(0),
        "mapping_json" => mapped(1),
        "mapping_lines" => mapped(2),
        "mapping_log" => mapped(3),
        // Content decides which format it is; under a format's own name it is read as that.
        format if format::named(format).is_some() => {
            count(Target::Format(format, "birds/2004-12-25.txt"));
        }
        _ => count(Target::Any),
    }
}

/// What was found, in figures.
#[derive(Default, PartialEq, Eq, Debug)]
struct Count {
    items: u64,
    records: u64,
    anomalies: u64,
    members: u64,
}

impl Sink for &mut Count {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.items += 1;
        self.records += u64::from(item.record.is_some());
        self.anomalies += item.anomalies.len() as u64;
        Ok(())
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        self.members += 1;
        self.anomalies += end.anomalies.len() as u64;
        Ok(())
    }
}

/// Reads `bytes` in pieces of at most `piece_bytes_max` under tight limits, every promise of the
/// readers checked, and hands items on to `sink`.
pub fn read(target: Target<'_>, bytes: &[u8], piece_bytes_max: usize, sink: impl Sink) {
    let (format, mapping, name) = match target {
        Target::Any => (None, None, "birds/2004-12-25"),
        Target::Format(format, name) => {
            (Some(format::named(format).expect("a format's name")), None, name)
        }
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
    read_whole(
        whole,
        How { plan: &plan, limits: &limits, scratch: &scratch, format },
        &exhibit,
        &mut |_| {},
        &mut account,
        None,
    )
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
