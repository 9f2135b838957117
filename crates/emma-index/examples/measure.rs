//! Measures building and searching splits on an invented, seeded corpus.
//!
//! `cargo run --release -p emma-index --example measure -- [ROWS_A_SPLIT] [SPLITS] [THREADS]`
//! prints CPU a message (of the building thread, the generator's own subtracted), bytes a
//! message, peak memory, and latencies of newest-20 and exact totals by kind of query. Words are
//! drawn from texts, so that frequent ones weigh in.

use emma_index::{Query, Searcher, Splits};
use emma_lake::engine::SplitBuilder;
use emma_lake::row::{MessageRow, State};
use emma_lake::snapshot::{Segment, SegmentView, Snapshot};
use emma_lake::view::View;
use emma_model::{Clock, Digest, ExhibitId, MemberPath, MessageId, RecordId, RecordKind, Zone};
use std::fs;
use std::time::Instant;

const VOCABULARY: usize = 400_000;
const HANDLES: u64 = 60_000;
const PAIRS: u64 = 500_000;
const NEWEST: i64 = 1_600_000_000_000_000;
/// Two years of messages, whatever their number.
const SPAN_MICROS: i64 = 63_072_000_000_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// 0..n with probability falling as 1/(rank + 3).
    fn zipf(&mut self, n: u64) -> u64 {
        let uniform = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let (low, high) = (3f64.ln(), (n as f64 + 3.0).ln());
        (((low + uniform * (high - low)).exp() - 3.0) as u64).min(n - 1)
    }
}

/// An invented word by rank: short for frequent ones, in three scripts.
fn word(rank: u64) -> String {
    const SETS: [(&[&str], &[&str]); 3] = [
        (&["b", "d", "k", "l", "m", "n", "r", "s", "t", "v"], &["a", "e", "i", "o", "u", "ee"]),
        (&["б", "д", "к", "л", "м", "н", "р", "с", "т", "в"], &["а", "е", "и", "о", "у", "ы"]),
        (&["β", "δ", "κ", "λ", "μ", "ν", "ρ", "σ", "τ", "π"], &["α", "ε", "ι", "ο", "υ", "η"]),
    ];
    let set = match rank % 10 {
        0..=7 => &SETS[0],
        8 => &SETS[1],
        _ => &SETS[2],
    };
    let mut left = rank;
    let mut out = String::new();
    loop {
        out.push_str(set.0[(left % 10) as usize]);
        out.push_str(set.1[(left / 10 % 6) as usize]);
        left /= 60;
        if left == 0 {
            return out;
        }
    }
}

struct Corpus {
    words: Vec<String>,
    exhibit: ExhibitId,
}

impl Corpus {
    fn rows(&self, split: u64, splits: u64, rows: u64) -> impl Iterator<Item = MessageRow> + '_ {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (split + 1));
        (0..rows).map(move |n| {
            let place = split * rows + n;
            let step = SPAN_MICROS / (rows * splits) as i64;
            let sort = (NEWEST - place as i64 * step) / 1_000_000 * 1_000_000;
            let pair = random.zipf(PAIRS);
            let (a, b) = (pair.wrapping_mul(7919) % HANDLES, pair.wrapping_mul(104_729) % HANDLES);
            let (from, to) = if random.below(2) == 0 { (a, b) } else { (b, a) };
            let mut text = String::with_capacity(100);
            for n in 0..3 + random.below(17) {
                if n > 0 {
                    text.push(' ');
                }
                match random.below(60) {
                    0 => text.push_str(&random.below(1_000_000).to_string()),
                    1 => text.push_str(&word(random.below(1 << 40))),
                    _ => text.push_str(&self.words[random.zipf(VOCABULARY as u64) as usize]),
                }
            }
            let record = RecordId::span(self.exhibit, MemberPath::default(), u64::MAX - place, 70);
            MessageRow {
                sort: Some(sort),
                id: MessageId::Record(record.clone()),
                version: 0,
                versions: 1,
                state: State::Single,
                kind: RecordKind::Message,
                network: "chat".to_owned(),
                from: Some(format!("handle{from}")),
                to: vec![format!("handle{to}")],
                conversation: Some(format!("c{pair}")),
                lo: Some(sort),
                hi: Some(sort),
                zone: Zone::Declared,
                clock: Clock::Sent,
                inferred: false,
                text: Some(text),
                territory: None,
                reply_to: None,
                records: vec![record],
                sources: vec!["feed".to_owned()],
            }
        })
    }
}

/// CPU time of this thread in nanoseconds.
fn cpu() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn peak_mib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(2_000_000);
    let splits = numbers.next().unwrap_or(2);
    let threads = numbers.next().unwrap_or(2) as usize;
    let case = std::env::temp_dir().join(format!("emma-index-measure-{}", std::process::id()));
    fs::create_dir_all(&case).expect("a temporary folder");
    let words = (0..VOCABULARY as u64).map(word).collect();
    let corpus = Corpus { words, exhibit: ExhibitId(Digest::of(b"measure")) };
    let (snapshot, sample) = build(&corpus, &case, rows, splits);
    let begin = Instant::now();
    let searcher = Searcher::open(&case, &snapshot).expect("splits open").with_threads(threads);
    println!("open: {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    measure(&searcher, &sample);
    println!("peak memory after searching: {} MiB", peak_mib());
    let _ = fs::remove_dir_all(&case);
}

fn build(
    corpus: &Corpus,
    case: &std::path::Path,
    rows: u64,
    splits: u64,
) -> (Snapshot, Vec<MessageRow>) {
    let begin = cpu();
    let texts: usize = corpus.rows(0, splits, rows).map(|r| r.text.map_or(0, |t| t.len())).sum();
    let generating = (cpu() - begin) as f64 / rows as f64;
    println!("corpus: {rows} rows a split, {splits} splits, {} B of text", texts as u64 / rows);
    let mut snapshot = Snapshot { number: 1, ..Snapshot::default() };
    let mut sample = Vec::new();
    for split in 0..splits {
        let every = (rows * splits / 1000).max(1);
        let mut all = corpus.rows(split, splits, rows).enumerate().map(|(n, row)| {
            if (n as u64 + split * rows).is_multiple_of(every) {
                sample.push(row.clone());
            }
            Ok(row)
        });
        let begin = cpu();
        let entry = Splits.build(case, &mut all).expect("a split");
        let building = (cpu() - begin) as f64 / rows as f64 - generating;
        println!(
            "split {split}: {building:.0} ns CPU a message, {:.1} B a message, peak {} MiB",
            entry.bytes as f64 / rows as f64,
            peak_mib()
        );
        let segment =
            Segment { number: split as u32 + 1, split: Some(entry), ..Segment::default() };
        snapshot.segments.push(SegmentView { segment, ..SegmentView::default() });
    }
    (snapshot, sample)
}

fn measure(searcher: &Searcher, sample: &[MessageRow]) {
    let mut random = Random(42);
    for kind in ["term", "and", "phrase", "phrase3", "prefix", "fuzzy"] {
        for filter in ["", "time", "from", "from+time"] {
            if matches!(kind, "phrase3" | "prefix" | "fuzzy") && !filter.is_empty() {
                continue;
            }
            let mut queries = Vec::new();
            for row in sample {
                queries.extend(query(row, kind, filter, &mut random));
            }
            report(searcher, kind, filter, &queries);
        }
    }
}

fn query(row: &MessageRow, kind: &str, filter: &str, random: &mut Random) -> Option<String> {
    let words: Vec<&str> = row.text.as_deref()?.split(' ').collect();
    let n = random.below(words.len() as u64 - 2) as usize;
    let mut query = match kind {
        "term" => words[n].to_owned(),
        "and" => format!("{} {}", words[n], words[n + 2]),
        "phrase" => format!("\"{} {}\"", words[n], words[n + 1]),
        "phrase3" => format!("\"{} {} {}\"", words[n], words[n + 1], words[n + 2]),
        "prefix" => format!("{}*", words[n].chars().take(4).collect::<String>()),
        _ => format!("{}~", words[n]),
    };
    if filter.contains("from") {
        query.push_str(&format!(" from:{}", row.from.as_deref()?));
    }
    if filter.contains("time") {
        let day = row.sort? / 86_400_000_000;
        let date = |day: i64| civil(day);
        query.push_str(&format!(" after:{} before:{}", date(day - 15), date(day + 15)));
    }
    Some(query)
}

/// The date of a day counted from 1970.
fn civil(day: i64) -> String {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (d, m) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let y = yoe + era * 400 + i64::from(m <= 2);
    format!("{y:04}-{m:02}-{d:02}")
}

fn report(searcher: &Searcher, kind: &str, filter: &str, queries: &[String]) {
    let view = View::default();
    let (mut newest, mut total, mut hits) = (Vec::new(), Vec::new(), 0);
    for text in queries {
        let query = Query::parse(text).expect("a query");
        let begin = Instant::now();
        searcher.newest(&query, &view, 20).expect("hits");
        newest.push(begin.elapsed().as_secs_f64() * 1e6);
        let begin = Instant::now();
        hits += searcher.count(&query, &view).expect("a total").messages;
        total.push((begin.elapsed().as_secs_f64() * 1e6, text));
    }
    newest.sort_by(f64::total_cmp);
    total.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |p: usize| (queries.len() * p / 100).min(queries.len() - 1);
    println!(
        "{kind:8} {filter:10} newest-20 p50 {:8.0} p99 {:8.0} us   \
         total p50 {:8.0} p99 {:8.0} us   mean hits {}",
        newest[at(50)],
        newest[at(99)],
        total[at(50)].0,
        total[at(99)].0,
        hits / queries.len() as u64,
    );
}
