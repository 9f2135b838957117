//! What a record costs that is read by a mapping. Run with `cargo bench -p emma-parse`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emma_model::record::MemberEnd;
use emma_model::{Item, MemberPath, Sink};
use emma_parse::emit::Emitter;
use emma_parse::window::Window;
use emma_parse::{Limits, Mapping, Member};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io;

const RECORDS: usize = 20_000;

const HEAD: &str = "mapping = 1\nname = \"bench\"\nversion = 1\nnetwork = \"n\"\n";

const FIELDS: &str = r#"
keep = ["imei", "dir"]
[fields]
id = "id"
from = "from"
to = "to"
conversation = "conv"
text = "text"
[time]
column = "ts"
format = "rfc3339"
clock = "sent"
"#;

/// Records of about 265 bytes with 70 bytes of text.
fn ndjson() -> String {
    let mut out = String::new();
    for i in 0..RECORDS {
        let (second, minute) = (i % 60, i / 60 % 60);
        let _ = writeln!(
            out,
            "{{\"id\":\"m{i:012}\",\"imei\":\"35209900176148{}\",\"dir\":\"out\",\
             \"conv\":\"c{:08}\",\"from\":\"quietfalcon{:04}\",\"to\":\"greyheron{:05}\",\
             \"ts\":\"2020-04-03T10:{minute:02}:{second:02}.{:03}Z\",\
             \"text\":\"tell them the second boat is late again and nobody answers, ok? {:07}\"}}",
            i % 10,
            i % 997,
            i % 3_001,
            i % 7_919,
            i % 1_000,
            i,
        );
    }
    out
}

fn csv() -> String {
    let mut out = String::from("id,imei,dir,conv,from,to,ts,text\n");
    for i in 0..RECORDS {
        let _ = writeln!(
            out,
            "m{i:012},352099001761481,out,c{:08},quietfalcon{:04},greyheron{:05},\
             2020-04-03T10:11:12Z,\"tell them the second boat is late, nobody answers {:07}\"",
            i % 997,
            i % 3_001,
            i % 7_919,
            i,
        );
    }
    out
}

/// Counts, so that nothing is optimised away.
struct Count(u64);

impl Sink for Count {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        self.0 += black_box(&item).record.is_some() as u64;
        Ok(())
    }

    fn member_end(&mut self, _: MemberEnd) -> io::Result<()> {
        Ok(())
    }
}

fn read(mapping: &Mapping, bytes: &[u8]) -> u64 {
    let path = MemberPath::default();
    let member = Member { path: &path, delivered: "a", name: "a" };
    let limits = Limits::default();
    let mut sink = Count(0);
    let mut window = Window::with_hash(bytes, false);
    let mut emitter = Emitter::new(&mut sink, &path, limits.record_bytes_max);
    mapping.read(&member, &mut window, &mut emitter, &limits).expect("memory does not fail");
    sink.0
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mapping");
    group.throughput(Throughput::Elements(RECORDS as u64));
    for (name, layout, text) in [("ndjson", "ndjson", ndjson()), ("csv", "delimited", csv())] {
        let mapping = format!("{HEAD}layout = \"{layout}\"\n{FIELDS}");
        let mapping = Mapping::parse(&mapping).expect("the mapping is good");
        assert_eq!(read(&mapping, text.as_bytes()), RECORDS as u64);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(read(&mapping, text.as_bytes())));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
