//! KML, specimen by specimen.

use crate::collect::read;
use crate::xml::{python, rows};

fn kml(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\" \
         xmlns:gx=\"http://www.google.com/kml/ext/2.2\"><Document>{inside}</Document></kml>"
    )
}

#[test]
fn placemarks_are_places_with_their_times() {
    let document = kml("<name>Birds</name><Style id=\"s\"><IconStyle/></Style><Folder>\
         <Placemark id=\"p\"><name>Nest</name><TimeStamp><when>1970-01-02T00:00:00Z</when>\
         </TimeStamp><Point><coordinates> 4.5,51.25,3 </coordinates></Point></Placemark>\
         <Placemark><TimeSpan><begin>1970-01-02T00:00:00Z</begin>\
         <end>1970-01-03T00:00:00Z</end></TimeSpan><LineString>\
         <coordinates>1,2 3,4</coordinates></LineString></Placemark></Folder>");
    assert_eq!(
        rows("a.kml", document.as_bytes()),
        [
            "other kml | element=name | text=Birds",
            "location kml at=86400000000..86400999999:declared:captured | type=Placemark | id=p \
             | name=Nest | longitude=4.5 | latitude=51.25 | elevation=3",
            "other kml at=86400000000..172800999999:declared:captured | type=Placemark \
             | TimeSpan.begin=1970-01-02T00:00:00Z | TimeSpan.end=1970-01-03T00:00:00Z \
             | LineString.coordinates=1,2 3,4",
        ]
    );
    assert_eq!(read("a.kml", document.as_bytes()).anomalies(), []);
}

#[test]
fn each_point_of_a_track_is_a_place_with_the_time_of_its_when() {
    let when = |second: u32| format!("<when>1970-01-02T00:00:0{second}Z</when>");
    let coord = |at: u32| format!("<gx:coord>4.{at} 51 0</gx:coord>");
    let row = |n: u32| {
        format!(
            "location kml at=8640{n}000000..8640{n}999999:declared:captured | type=coord \
             | longitude=4.{n} | latitude=51 | elevation=0 | track=Walk"
        )
    };
    let together = [when(0), coord(0), when(1), coord(1)].concat();
    let apart = [when(0), when(1), coord(0), coord(1)].concat();
    for points in [together, apart] {
        for wrap in ["", "gx:MultiTrack"] {
            let (open, close) = match wrap {
                "" => (String::new(), String::new()),
                wrap => (format!("<{wrap}>"), format!("</{wrap}>")),
            };
            let document = kml(&format!(
                "<Placemark><name>Walk</name>{open}<gx:Track>{points}</gx:Track>{close}</Placemark>"
            ));
            let expected = ["other kml | type=Placemark | name=Walk".to_owned(), row(0), row(1)];
            assert_eq!(rows("a.kml", document.as_bytes()), expected);
            assert_eq!(read("a.kml", document.as_bytes()).anomalies(), []);
        }
    }
}

#[test]
fn faults_are_told_with_their_field() {
    let point = |text: &str| {
        format!("<Placemark><Point><coordinates>{text}</coordinates></Point></Placemark>")
    };
    let cases = [
        (point("1"), "kml.coordinate", "coordinates"),
        (point("1,91"), "kml.coordinate", "coordinates"),
        (point("1,2,3,4"), "kml.coordinate", "coordinates"),
        (
            "<Placemark><TimeStamp><when>noon</when></TimeStamp></Placemark>".to_owned(),
            "time.unreadable",
            "when",
        ),
        (
            "<Placemark><gx:Track><gx:coord>1 2 3</gx:coord></gx:Track></Placemark>".to_owned(),
            "kml.time_missing",
            "when",
        ),
    ];
    for (inside, kind, field) in cases {
        let found = read("a.kml", kml(&inside).as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{inside}");
    }
    for other in ["<kml/>", "<x><kml xmlns='http://www.opengis.net/kml/2.2'/></x>"] {
        assert_ne!(read("a.kml", other.as_bytes()).end(&[]).parser, "kml");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_placemarks() {
    let marks: String = (0..180)
        .map(|n| {
            format!(
                "<Placemark><name>n{n} &amp;</name><Point><coordinates>{n}.5,{},{n}</coordinates>\
                 </Point></Placemark>\n",
                n % 90
            )
        })
        .collect();
    let program = r#"
import sys, xml.etree.ElementTree as E
N = '{http://www.opengis.net/kml/2.2}'
for p in E.fromstring(sys.stdin.buffer.read()).iter(N + 'Placemark'):
    print(p.find(N + 'name').text, *next(p.iter(N + 'coordinates')).text.split(','), sep='|')
"#;
    let document = kml(&marks);
    let test = "python_reads_the_same_placemarks";
    let Some(theirs) = python(test, program, document.as_bytes()) else { return };
    let found = read("a.kml", document.as_bytes());
    let ours = found.records().map(|record| {
        let values: Vec<&str> = record.extra[1..].iter().map(|(_, v)| v.as_str()).collect();
        format!("{}\n", values.join("|"))
    });
    assert_eq!(ours.collect::<String>(), theirs);
}
