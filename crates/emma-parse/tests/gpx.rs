//! GPX, specimen by specimen.

use crate::collect::read;
use crate::xml::{python, rows};
use emma_model::record::Origin;

fn gpx(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<gpx version=\"1.1\" creator=\"made\" \
         xmlns=\"http://www.topografix.com/GPX/1/1\">{inside}</gpx>"
    )
}

#[test]
fn points_are_places_and_borrow_their_tracks_name() {
    let document = gpx("<metadata><name>Walk</name></metadata>\
         <wpt lat=\"51.5\" lon=\"-0.25\"><ele>9.5</ele><name>Nest</name><sym>Flag</sym></wpt>\
         <trk><name>Round the pond</name><trkseg>\
         <trkpt lat=\"1\" lon=\"2\"><time>1970-01-02T00:00:00Z</time></trkpt>\n\
         <trkpt lat=\"1\" lon=\"3\"/></trkseg></trk><rte><rtept lat=\"1\" lon=\"4\"/></rte>");
    assert_eq!(
        rows("a.gpx", document.as_bytes()),
        [
            "other gpx | element=metadata | name=Walk",
            "location gpx | type=wpt | latitude=51.5 | longitude=-0.25 | elevation=9.5 \
             | name=Nest | sym=Flag",
            "location gpx at=86400000000..86400999999:declared:captured | type=trkpt \
             | latitude=1 | longitude=2 | track=Round the pond",
            "location gpx | type=trkpt | latitude=1 | longitude=3 | track=Round the pond",
            "location gpx | type=rtept | latitude=1 | longitude=4",
        ]
    );
    let found = read("a.gpx", document.as_bytes());
    assert_eq!(found.anomalies(), []);
    let Origin::Leaf { offset, length } = found.records().nth(2).unwrap().borrowed[0].origin else {
        panic!("borrowed from the member");
    };
    let name = &document[offset as usize..(offset + length) as usize];
    assert_eq!(name, "<name>Round the pond</name>");
}

#[test]
fn faults_are_told_with_their_field() {
    let cases = [
        ("<wpt lon=\"2\"/>", "gpx.coordinate", "lat"),
        ("<wpt lat=\"91\" lon=\"2\"/>", "gpx.coordinate", "lat"),
        ("<wpt lat=\"1\" lon=\"x\"/>", "gpx.coordinate", "lon"),
        ("<wpt lat=\"1\" lon=\"2\"><time>noon</time></wpt>", "time.unreadable", "time"),
    ];
    for (inside, kind, field) in cases {
        let found = read("a.gpx", gpx(inside).as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{inside}");
        assert_eq!(found.records().count(), 1);
    }
    let cut =
        gpx("<trk><trkseg><trkpt lat=\"1\" lon=\"2\"><trkpt lat=\"1\" lon=\"3\"/></trkseg></trk>");
    let found = read("a.gpx", cut.as_bytes());
    assert_eq!(found.anomalies(), [("xml.unclosed", String::new())]);
    assert_eq!(found.records().count(), 1);
    for other in ["<gpx/>", "<svg><wpt/></svg>"] {
        assert_ne!(read("a.gpx", other.as_bytes()).end(&[]).parser, "gpx");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_points() {
    let points: String = (0..300)
        .map(|n| {
            format!(
                "<trkpt lat=\"{}.{n}\" lon=\"{n}.5e-1\"><ele>{n}</ele>\
                 <time>2020-01-01T00:{:02}:{:02}Z</time></trkpt>\n",
                n % 90,
                n / 60,
                n % 60
            )
        })
        .collect();
    let document = gpx(&format!("<trk><trkseg>{points}</trkseg></trk>"));
    let program = r#"
import sys, xml.etree.ElementTree as E
from datetime import datetime
N = '{http://www.topografix.com/GPX/1/1}'
for p in E.fromstring(sys.stdin.buffer.read()).iter(N + 'trkpt'):
    at = datetime.fromisoformat(p.find(N + 'time').text.replace('Z', '+00:00')).timestamp()
    print(int(at) * 1000000, p.get('lat'), p.get('lon'), p.find(N + 'ele').text, sep='|')
"#;
    let test = "python_reads_the_same_points";
    let Some(theirs) = python(test, program, document.as_bytes()) else { return };
    let found = read("a.gpx", document.as_bytes());
    let ours = found.records().map(|record| {
        let values: Vec<&str> = record.extra[1..].iter().map(|(_, v)| v.as_str()).collect();
        format!("{}|{}\n", record.time.unwrap().0, values.join("|"))
    });
    assert_eq!(ours.collect::<String>(), theirs);
}
