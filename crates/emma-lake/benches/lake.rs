//! What the lake costs: CPU a message and bytes a message, over an invented seeded corpus.
//!
//! `cargo bench -p emma-lake`; rows by `EMMA_BENCH_ROWS` (1,000,000 unless set).

use emma_lake::draft::{DraftFile, DraftHead, DraftWriter};
use emma_lake::keys::KeysWriter;
use emma_lake::read::{Copies, Messages};
use emma_lake::totals::MessageTotals;
use emma_lake::write::{CopiesWriter, MessagesWriter};
use emma_lake::{CopyRow, Mask, MessageRow, State};
use emma_model::{
    Clock, Digest, ExhibitId, MemberPath, MessageId, NetworkId, Place, Record, RecordId,
    RecordKind, Time, Zone,
};
use std::hint::black_box;

/// CPU time of this thread, in nanoseconds.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn timed<T>(what: &str, per: u64, work: impl FnOnce() -> T) -> T {
    let start = cpu_ns();
    let result = work();
    report(what, per, cpu_ns() - start);
    result
}

fn report(what: &str, per: u64, ns: u64) {
    println!("{what:<44} {:>8.3} us CPU each ({per} times)", ns as f64 / 1000.0 / per as f64);
}

/// What the machine does at the moment: compare runs by it.
fn calibrate() {
    let block = [7u8; 264];
    timed("SHA-256 of 264 bytes, to compare machines", 1_000_000, || {
        for _ in 0..1_000_000 {
            black_box(Digest::of(black_box(&block)));
        }
    });
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A rank below `n`, the first ones most often (close to Zipf's law).
    fn rank(&mut self, n: u64) -> u64 {
        let unit = (self.roll() % (1 << 30)) as f64 / f64::from(1 << 30);
        ((n as f64).powf(unit) - 1.0) as u64 % n
    }
}

fn word(rank: u64, out: &mut String) {
    const LATIN: [&str; 16] = [
        "ba", "ko", "li", "men", "ra", "stu", "ve", "dor", "zi", "pa", "nu", "gra", "te", "ho",
        "sje", "un",
    ];
    const CYRILLIC: [&str; 16] = [
        "ба", "ко", "ли", "мен", "ра", "сту", "ве", "дор", "зи", "па", "ну", "гра", "те", "хо",
        "же", "ун",
    ];
    let letters = if rank.is_multiple_of(7) { &CYRILLIC } else { &LATIN };
    let mut rest = rank + 3;
    while rest > 0 {
        out.push_str(letters[(rest % 16) as usize]);
        rest /= 16;
    }
}

struct Corpus {
    dice: Dice,
    time: i64,
    offset: u64,
    line: u64,
    pair: (u64, u64),
    left: u64,
}

struct Made {
    id: String,
    from: String,
    to: String,
    conversation: String,
    text: String,
    time: i64,
    raw: String,
    offset: u64,
    length: u64,
    line: u64,
}

impl Corpus {
    fn new() -> Corpus {
        Corpus {
            dice: Dice(0x5eed),
            time: 1_585_000_000_000_000,
            offset: 0,
            line: 0,
            pair: (0, 1),
            left: 0,
        }
    }

    fn next(&mut self) -> Made {
        let dice = &mut self.dice;
        if self.left == 0 {
            self.left = 1 + dice.rank(30);
            let from = dice.rank(60_000);
            self.pair = (from, (from * 31 + dice.rank(40) + 1) % 60_000);
        }
        self.left -= 1;
        if dice.roll().is_multiple_of(2) {
            self.pair = (self.pair.1, self.pair.0);
        }
        let mut text = String::new();
        let length = 12 + dice.rank(200) as usize + (dice.roll() % 50) as usize;
        while text.len() < length {
            if !text.is_empty() {
                text.push(' ');
            }
            if dice.roll().is_multiple_of(12) {
                text.push_str(&format!("{}", dice.roll() % 10_000));
            } else {
                word(dice.rank(200_000), &mut text);
            }
        }
        self.time += (dice.roll() % 400_000) as i64;
        let millis = self.time / 1000;
        let length = 190 + text.len() as u64;
        let (a, b) = (self.pair.0.min(self.pair.1), self.pair.0.max(self.pair.1));
        let made = Made {
            id: format!("{:016x}", self.line * 7_919 + dice.roll() % 7_919),
            from: format!("handle{:05x}", self.pair.0 * 17 % 1_048_573),
            to: format!("handle{:05x}", self.pair.1 * 17 % 1_048_573),
            conversation: format!("c{a}-{b}"),
            text,
            time: millis * 1000,
            raw: millis.to_string(),
            offset: self.offset,
            length,
            line: self.line,
        };
        self.offset += length + 1;
        self.line += 1;
        made
    }
}

fn exhibit() -> ExhibitId {
    ExhibitId(Digest::of(b"bench"))
}

fn record(made: &Made) -> Record<'_> {
    let mut record = Record::new(RecordKind::Message, "bench");
    record.id = Some((&*made.id).into());
    record.from = Some((&*made.from).into());
    record.to = vec![(&*made.to).into()];
    record.conversation = Some((&*made.conversation).into());
    record.text = Some((&*made.text).into());
    record.time = Some(Time {
        raw: Some((&*made.raw).into()),
        lo: made.time,
        hi: made.time,
        zone: Zone::Declared,
        clock: Clock::Sent,
        inferred: false,
    });
    record
}

fn message(made: &Made) -> MessageRow {
    MessageRow {
        sort: Some(made.time),
        id: MessageId::Network(network_id(made)),
        version: 0,
        versions: 1,
        state: State::Single,
        kind: RecordKind::Message,
        network: "bench".to_owned(),
        from: Some(made.from.clone()),
        to: vec![made.to.clone()],
        conversation: Some(made.conversation.clone()),
        lo: Some(made.time),
        hi: Some(made.time),
        zone: Zone::Declared,
        clock: Clock::Sent,
        inferred: false,
        text: Some(made.text.clone()),
        territory: None,
        reply_to: None,
        records: vec![RecordId::span(exhibit(), MemberPath(vec![0]), made.offset, made.length)],
        sources: vec!["bench".to_owned()],
    }
}

fn network_id(made: &Made) -> NetworkId {
    NetworkId { network: "bench".to_owned(), conversation: None, id: made.id.clone() }
}

fn copy(made: &Made) -> CopyRow {
    CopyRow {
        record: RecordId::span(exhibit(), MemberPath(vec![0]), made.offset, made.length),
        message: MessageId::Network(network_id(made)),
        sort: Some(made.time),
        version: 0,
        source: "bench".to_owned(),
        parser: "mapping:bench/1".to_owned(),
        kind: RecordKind::Message,
        network_id: Some(network_id(made)),
        line: made.line,
        time_raw: Some(made.raw.clone()),
        zone: Zone::Declared,
        clock: Clock::Sent,
        inferred: false,
        extra: Vec::new(),
        borrowed: Vec::new(),
        anomalies: 0,
    }
}

fn main() {
    let rows: u64 =
        std::env::var("EMMA_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let case = scratch.path();
    let mut corpus = Corpus::new();
    let made: Vec<Made> = (0..rows).map(|_| corpus.next()).collect();
    let text: usize = made.iter().map(|made| made.text.len()).sum();
    println!("{rows} messages of {} B text", text as u64 / rows);
    calibrate();
    drafts(&made, case);
    lake(&made, case);
}

fn drafts(made: &[Made], case: &std::path::Path) {
    let rows = made.len() as u64;
    let head =
        DraftHead { exhibit: exhibit(), source: "bench".to_owned(), bytes: Digest::of(b"bytes") };
    let path = case.join("draft");
    let member = MemberPath(vec![0]);
    let records: Vec<Record<'_>> = made.iter().map(record).collect();
    timed("draft push", rows, || {
        let mut writer = DraftWriter::create(&path, head).unwrap();
        for (made, record) in made.iter().zip(&records) {
            let place = Place::Span { offset: made.offset, length: made.length };
            black_box(writer.push(&member, &place, made.line, record, 0).unwrap());
        }
        writer.finish().unwrap();
    });
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("{:<44} {:>8.1} B", "draft", bytes as f64 / rows as f64);
    let file = DraftFile::open(&path).unwrap();
    timed("draft get, in order", rows, || {
        for ordinal in 0..file.len() {
            black_box(file.get(ordinal).unwrap());
        }
    });
    timed("draft get, scattered", rows, || {
        for i in 0..rows {
            black_box(file.get((i * 7_919 % rows) as u32).unwrap());
        }
    });
}

fn lake(made: &[Made], case: &std::path::Path) {
    let rows = made.len() as u64;
    // Rows are made a page at a time just before they are written, as a pipeline does.
    let mut writer = MessagesWriter::new(case, "bench");
    let mut spent = 0;
    let mut at = made.len();
    let mut order: Vec<&Made> = made.iter().collect();
    order.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    while at > 0 {
        let from = at.saturating_sub(256);
        let page: Vec<MessageRow> =
            order[from..at].iter().rev().map(|made| message(made)).collect();
        at = from;
        let start = cpu_ns();
        for row in &page {
            writer.push(row).unwrap();
        }
        spent += cpu_ns() - start;
    }
    let start = cpu_ns();
    let messages = writer.finish().unwrap().unwrap();
    spent += cpu_ns() - start;
    report("write messages", rows, spent);
    let identities: Vec<_> = order
        .iter()
        .rev()
        .map(|made| emma_lake::draft::network_identity("bench", None, &made.id))
        .collect();
    let keys = timed("write keys", rows, || {
        let mut writer = KeysWriter::new();
        for (row, identity) in identities.iter().enumerate() {
            writer.add(identity, row as u32);
        }
        writer.finish(case, "bench").unwrap().unwrap()
    });
    let mut writer = CopiesWriter::new(case, "bench");
    let mut spent = 0;
    for page in made.chunks(256) {
        let page: Vec<CopyRow> = page.iter().map(copy).collect();
        let start = cpu_ns();
        for row in &page {
            writer.push(row).unwrap();
        }
        spent += cpu_ns() - start;
    }
    let start = cpu_ns();
    let copies = writer.finish().unwrap().unwrap();
    spent += cpu_ns() - start;
    report("write copies", rows, spent);
    for (name, bytes) in [
        ("messages", messages.file.bytes),
        ("copies", copies.file.bytes),
        ("keys", keys.bytes),
        ("together", messages.file.bytes + copies.file.bytes + keys.bytes),
    ] {
        println!("{name:<44} {:>8.1} B a message", bytes as f64 / rows as f64);
    }
    reads(case, rows, &messages.file, &copies.file, made);
    if std::env::var_os("EMMA_BENCH_COLUMNS").is_some() {
        columns(&case.join(&messages.file.path), rows);
        columns(&case.join(&copies.file.path), rows);
    }
}

fn reads(
    case: &std::path::Path,
    rows: u64,
    messages: &emma_lake::FileEntry,
    copies: &emma_lake::FileEntry,
    made: &[Made],
) {
    let file = timed("open messages", 1, || Messages::open(case, messages).unwrap());
    let scattered = |round: u64| -> Vec<u32> {
        (0..20).map(|i| ((i * rows / 20 + round * 104_729) % rows) as u32).collect()
    };
    timed("20 scattered rows, cold", 20, || {
        for round in 0..20 {
            let file = Messages::open_with(case, messages, 0).unwrap();
            black_box(file.rows(&scattered(round)).unwrap());
        }
    });
    timed("  of which open", 20, || {
        for _ in 0..20 {
            black_box(Messages::open_with(case, messages, 0).unwrap());
        }
    });
    let near: Vec<u32> = (0..20).map(|i| i * 37).collect();
    timed("20 near rows, cold", 20, || {
        for _ in 0..20 {
            let file = Messages::open_with(case, messages, 0).unwrap();
            black_box(file.rows(&near).unwrap());
        }
    });
    file.rows(&near).unwrap();
    timed("20 near rows, warm", 1000, || {
        for _ in 0..1000 {
            black_box(file.rows(&near).unwrap());
        }
    });
    timed("read all messages", rows, || {
        for row in file.range(0..file.len()) {
            black_box(row.unwrap());
        }
    });
    timed("totals", rows, || {
        let mut totals = MessageTotals::default();
        totals.add(&file, &Mask::NONE).unwrap();
        black_box(totals);
    });
    let file = Copies::open(case, copies).unwrap();
    timed("find a copy by record", 200, || {
        for i in 0..200 {
            let made = &made[(i * 7_919_333 % rows) as usize];
            assert!(file.find(&copy(made).record).unwrap().is_some());
        }
    });
}

fn columns(path: &std::path::Path, rows: u64) {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut sizes = std::collections::BTreeMap::new();
    for group in reader.metadata().row_groups() {
        for column in group.columns() {
            let sum: &mut i64 = sizes.entry(column.column_path().string()).or_default();
            *sum += column.compressed_size();
        }
    }
    for (name, bytes) in sizes {
        println!("    {name:<40} {:>8.2} B", bytes as f64 / rows as f64);
    }
}
