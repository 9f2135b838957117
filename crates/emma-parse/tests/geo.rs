//! GPX and KML, specimen by specimen.

use crate::collect::{read, read_with};
use crate::xml::{python, rows};
use emma_model::record::Origin;
use emma_parse::Limits;

const GPX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Heron" xmlns="http://www.topografix.com/GPX/1/1">
 <metadata><name>Walks</name><time>1970-01-02T00:00:00Z</time></metadata>
 <wpt lat="52.5" lon="13.25"><ele>34.5</ele><time>1970-01-01T00:00:01Z</time>
  <name>Nest &amp; reeds</name><desc>two eggs</desc><sym>Flag</sym></wpt>
 <rte><name>There</name><rtept lat="1" lon="2"/></rte>
 <trk><name>Back</name><type>walk</type>
  <trkseg>
   <trkpt lat="-1.5" lon="-180"><time>1970-01-01T00:00:02</time>
    <extensions><g:hr xmlns:g="urn:g">61</g:hr></extensions></trkpt>
   <trkpt lat="3" lon="4"/>
  </trkseg>
  <trkseg><trkpt lat="5" lon="6"/></trkseg>
 </trk>
 <trk><trkseg><trkpt lat="7" lon="8"/></trkseg></trk>
</gpx>"#;

#[test]
fn points_know_the_track_around_them() {
    let found = read("walk.gpx", GPX.as_bytes());
    assert_eq!(found.end(&[]).parser, "gpx");
    assert_eq!(found.anomalies(), []);
    assert_eq!(
        rows("walk.gpx", GPX.as_bytes()),
        [
            "other geo | element=gpx | version=1.1 | creator=Heron \
             | xmlns=http://www.topografix.com/GPX/1/1 | metadata.name=Walks \
             | metadata.time=1970-01-02T00:00:00Z",
            "location geo at=1000000..1999999:declared:unstated | point=waypoint | latitude=52.5 \
             | longitude=13.25 | elevation=34.5 | name=Nest & reeds | description=two eggs \
             | sym=Flag",
            "other geo | element=rte | name=There",
            "location geo | point=route | latitude=1 | longitude=2 | track=There",
            "other geo | element=trk | name=Back | type=walk",
            "location geo at=-50398000000..43202999999:unknown:unstated | point=track \
             | latitude=-1.5 | longitude=-180 | extensions.hr@xmlns:g=urn:g | extensions.hr=61 \
             | track=Back",
            "location geo | point=track | latitude=3 | longitude=4 | track=Back",
            "location geo | point=track | latitude=5 | longitude=6 | track=Back",
            "other geo | element=trk",
            "location geo | point=track | latitude=7 | longitude=8",
        ]
    );
    let track = GPX.find("<trk><name>Back").unwrap() as u64;
    let borrowed = &found.records().nth(5).unwrap().borrowed;
    assert_eq!(borrowed[0].field, "track");
    assert!(matches!(borrowed[0].origin, Origin::Leaf { offset, .. } if offset == track));
}

fn kml(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\" \
         xmlns:gx=\"http://www.google.com/kml/ext/2.2\"><Document><name>Map</name>\
         <Style id=\"s\"><IconStyle/></Style>{inside}</Document></kml>"
    )
}

#[test]
fn placemarks_are_positions_where_they_hold_a_point() {
    let document = kml("<Folder><name>Birds</name><Placemark id=\"p1\"><name> Nest </name>\
         <description><![CDATA[<b>two</b>]]></description>\
         <TimeStamp><when>1970-01-02</when></TimeStamp>\
         <ExtendedData><Data name=\"ring\"><value>7</value></Data></ExtendedData>\
         <Point><coordinates>13.25,52.5,34\n</coordinates></Point></Placemark></Folder>\
         <Placemark><name>Way</name><TimeSpan><begin>1970-01-01T00:00:00Z</begin>\
         <end>1970-01-01T00:00:09Z</end></TimeSpan>\
         <LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>\
         <Placemark><name>Both</name><MultiGeometry><Point><coordinates>1,2</coordinates></Point>\
         <LineString><coordinates>1,2 3,4</coordinates></LineString></MultiGeometry></Placemark>");
    assert_eq!(read("a.kml", document.as_bytes()).anomalies(), []);
    assert_eq!(read("a.kml", document.as_bytes()).end(&[]).parser, "kml");
    assert_eq!(
        rows("a.kml", document.as_bytes()),
        [
            "location geo at=36000000000..215999999999:unknown:unstated | point=placemark \
             | latitude=52.5 | longitude=13.25 | elevation=34 | id=p1 | name=Nest \
             | description=<b>two</b> | ExtendedData.Data@name=ring | ExtendedData.Data.value=7 \
             | folder=Birds",
            "other geo at=0..999999:declared:unstated | element=Placemark | name=Way \
             | end=1970-01-01T00:00:09Z | LineString.coordinates=1,2 3,4",
            "other geo | element=Placemark | name=Both",
            "location geo | point=placemark | latitude=2 | longitude=1 | track=Both | folder=Map",
            "other geo | element=LineString | coordinates=1,2 3,4 | track=Both",
        ]
    );
}

const WHEN: [&str; 3] = [
    "<when>1970-01-01T00:00:01Z</when>",
    "<when>1970-01-01T00:00:02Z</when>",
    "<when>1970-01-01T00:00:03Z</when>",
];
const COORD: [&str; 3] =
    ["<gx:coord>1 2 3</gx:coord>", "<gx:coord>4 5</gx:coord>", "<gx:coord>6 7 0</gx:coord>"];

#[test]
fn positions_of_a_track_take_times_in_their_order() {
    let apart = [WHEN.concat(), COORD.concat()].concat();
    let in_turn: String =
        WHEN.iter().zip(COORD).map(|(when, coord)| format!("{when}{coord}")).collect();
    for inside in [apart, in_turn] {
        let document = kml(&format!(
            "<Placemark><name>Flight</name><gx:MultiTrack><gx:Track>{inside}</gx:Track>\
             </gx:MultiTrack></Placemark>"
        ));
        let at = |n: u32| format!("location geo at={n}000000..{n}999999:declared:unstated");
        assert_eq!(
            rows("a.kml", document.as_bytes()),
            [
                "other geo | element=Placemark | name=Flight".to_owned(),
                format!(
                    "{} | point=track | latitude=2 | longitude=1 | elevation=3 | track=Flight \
                     | folder=Map",
                    at(1)
                ),
                format!(
                    "{} | point=track | latitude=5 | longitude=4 | track=Flight | folder=Map",
                    at(2)
                ),
                format!(
                    "{} | point=track | latitude=7 | longitude=6 | elevation=0 | track=Flight \
                     | folder=Map",
                    at(3)
                ),
            ]
        );
        let found = read("a.kml", document.as_bytes());
        assert_eq!(found.anomalies(), []);
        let when = document.find(WHEN[1]).unwrap() as u64;
        let second = found.records().nth(2).unwrap();
        let origin = &second.borrowed.iter().find(|b| b.field == "time").unwrap().origin;
        assert_eq!(*origin, Origin::Leaf { offset: when, length: WHEN[1].len() as u64 });
    }
}

#[test]
fn a_lost_time_or_position_does_not_shift_the_others() {
    let long = format!("<when>{}</when>", " ".repeat(600));
    let wide = format!("<gx:coord>{}</gx:coord>", " ".repeat(600));
    let document = kml(&format!(
        "<Placemark><gx:Track>{}{long}{}{}{}{wide}</gx:Track></Placemark>",
        WHEN[0], WHEN[1], COORD[0], COORD[1]
    ));
    let limits = Limits { record_bytes_max: 512, ..Limits::default() };
    let found = read_with("a.kml", document.as_bytes(), &limits);
    let times: Vec<_> = found.records().skip(1).map(|r| r.time.map(|time| time.0)).collect();
    // The last is cut: it has a time and no coordinates.
    assert_eq!(times, [Some(1_000_000), None, Some(2_000_000)]);
    let mut kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    kinds.retain(|kind| *kind != "xml.too_long");
    let missing = "geo.coordinate_missing";
    assert_eq!(kinds, ["time.unreadable", "xml.cut", missing, missing]);
}

#[test]
fn tracks_that_do_not_add_up_say_so() {
    let document =
        |inside: &str| kml(&format!("<Placemark><gx:Track>{inside}</gx:Track></Placemark>"));
    let more = document(&[WHEN.concat().as_str(), COORD[0]].concat());
    let found = read("a.kml", more.as_bytes());
    assert_eq!((found.anomalies(), found.end_anomalies(&[])), (vec![], vec!["kml.times_left"]));
    let fewer = document(&[WHEN[0], COORD.concat().as_str()].concat());
    let missing = ("kml.time_missing", "when".to_owned());
    assert_eq!(read("a.kml", fewer.as_bytes()).anomalies(), [missing.clone(), missing]);
    let broken = document(&["<when>soon</when>", COORD[0]].concat());
    let found = read("a.kml", broken.as_bytes());
    assert_eq!(found.anomalies(), [("time.unreadable", "when".to_owned())]);
}

#[test]
fn very_long_tracks_cost_little_and_never_pair_wrongly() {
    let mut inside = String::new();
    for n in 0..100_002 {
        inside.push_str(&format!("<when>{}</when>", 1970 + n % 7));
    }
    inside.push_str(&"<gx:coord>1 2</gx:coord>".repeat(100_002));
    let found = read(
        "a.kml",
        kml(&format!("<Placemark><gx:Track>{inside}</gx:Track></Placemark>")).as_bytes(),
    );
    let positions: Vec<_> =
        found.records().filter(|r| r.extra.contains(&("point".into(), "track".into()))).collect();
    assert_eq!(positions.len(), 100_002);
    assert_eq!(positions.iter().filter(|r| r.time.is_none()).count(), 2);
    assert!(positions[100_000].time.is_none() && positions[100_001].time.is_none());
    let kinds: Vec<_> = found.anomalies().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[..2], ["kml.track_too_long"; 2]);
}

#[test]
fn times_may_be_a_day_a_month_or_a_year() {
    let cases = [
        ("1970-01-02", 86_400_000_000i64, 172_799_999_999i64),
        ("1970-12", 334 * 86_400_000_000, 365 * 86_400_000_000 - 1),
        ("1971", 365 * 86_400_000_000, 730 * 86_400_000_000 - 1),
    ];
    for (written, lo, hi) in cases {
        let document = kml(&format!(
            "<Placemark><TimeStamp><when>{written}</when></TimeStamp>\
             <Point><coordinates>1,2</coordinates></Point></Placemark>"
        ));
        let found = read("a.kml", document.as_bytes());
        let (got_lo, got_hi, ..) = found.records().next().unwrap().time.unwrap();
        assert_eq!(
            (got_lo + 14 * 3_600_000_000, got_hi - 12 * 3_600_000_000),
            (lo, hi),
            "{written}"
        );
    }
}

#[test]
fn odd_coordinates_are_kept_and_told() {
    let cases = [
        ("lat=\"91\" lon=\"0\"", "geo.coordinate_range", "latitude"),
        ("lat=\"0\" lon=\"-180.1\"", "geo.coordinate_range", "longitude"),
        ("lat=\"north\" lon=\"0\"", "geo.coordinate_unreadable", "latitude"),
        ("lat=\"0\"", "geo.coordinate_missing", "longitude"),
        ("lat=\"NaN\" lon=\"0\"", "geo.coordinate_unreadable", "latitude"),
    ];
    for (attributes, kind, field) in cases {
        let document = format!("<gpx version=\"1.0\"><wpt {attributes}/></gpx>");
        let found = read("a.gpx", document.as_bytes());
        assert_eq!(found.anomalies(), [(kind, field.to_owned())], "{attributes}");
        assert_eq!(found.records().count(), 2);
    }
}

#[test]
fn a_coordinate_that_is_no_number_is_kept_under_a_name_of_its_own() {
    let gpx = "<gpx version=\"1.0\"><wpt lat=\"52,2\" lon=\"4.4\"/></gpx>";
    let found = read("a.gpx", gpx.as_bytes());
    assert_eq!(found.anomalies(), [("geo.coordinate_unreadable", "latitude".to_owned())]);
    let record = found.records().nth(1).unwrap();
    assert_eq!(record.extra("latitude"), [""; 0]);
    assert_eq!(record.extra("latitude_unreadable"), ["52,2"]);
    assert_eq!(record.extra("longitude"), ["4.4"]);
}

#[test]
fn other_xml_is_no_map() {
    for other in [
        "<gpx/>",
        "<gpx xmlns='urn:other'><trk/></gpx>",
        "<kml/>",
        "<kml xmlns='urn:other'><Document/></kml>",
        "<html><kml xmlns='http://www.opengis.net/kml/2.2'/></html>",
        "<smses count='1'><gpx/></smses>",
        "gpx <gpx version='1.1'/>",
    ] {
        let parser = read("walk.gpx", other.as_bytes()).end(&[]).parser.clone();
        assert!(parser != "gpx" && parser != "kml", "{other}");
    }
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_reads_the_same_positions() {
    let mut points = String::new();
    for n in 0..300 {
        points.push_str(&format!(
            "<trkpt lat='{}.{n}' lon='-{n}.5'><ele>{n}</ele><time>1970-01-01T00:{:02}:{:02}Z</time>\
             <name>n&#228;me &lt;{n}&gt;</name></trkpt>\n",
            n % 90,
            n / 60,
            n % 60
        ));
    }
    let document =
        GPX.replace("<trkseg><trkpt lat=\"7\"", &format!("<trkseg>{points}<trkpt lat=\"7\""));
    let program = r#"
import sys, datetime, xml.etree.ElementTree as E
N = '{http://www.topografix.com/GPX/1/1}'
root = E.fromstring(sys.stdin.buffer.read())
named = {}
for t in list(root.iter(N + 'trk')) + list(root.iter(N + 'rte')):
    for p in t.iter():
        named[p] = t.findtext(N + 'name') or ''
for p in root.iter():
    if p.tag in (N + 'wpt', N + 'rtept', N + 'trkpt'):
        t = p.findtext(N + 'time')
        if t and t.endswith('Z'):
            t = int(datetime.datetime.fromisoformat(t.replace('Z', '+00:00')).timestamp())
        else:
            t = ''
        print(p.get('lat'), p.get('lon'), p.findtext(N + 'ele') or '', t,
              p.findtext(N + 'name') or '', named.get(p, ''), sep='|')
"#;
    let Some(theirs) = python("python_reads_the_same_positions", program, document.as_bytes())
    else {
        return;
    };
    let found = read("walk.gpx", document.as_bytes());
    let mut ours = String::new();
    for record in found.records().filter(|r| r.extra[0].0 == "point") {
        let extra = |name: &str| {
            record.extra.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
        };
        let time = record.time.filter(|time| time.2 == emma_model::Zone::Declared);
        let time = time.map_or(String::new(), |time| (time.0 / 1_000_000).to_string());
        ours.push_str(&format!(
            "{}|{}|{}|{time}|{}|{}\n",
            extra("latitude"),
            extra("longitude"),
            extra("elevation"),
            extra("name"),
            extra("track")
        ));
    }
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().count(), 306);
}

/// Oracle: `xml.etree.ElementTree` of the Python at hand (3.11 when this was written).
#[test]
fn python_pairs_the_same_times() {
    let mut inside = String::new();
    for n in 0..50 {
        let whens: String =
            (0..n % 4).map(|m| format!("<when>1970-01-01T00:{n:02}:{m:02}Z</when>\n")).collect();
        let coords: String = (0..n % 4).map(|m| format!("<gx:coord>{n} {m}</gx:coord>")).collect();
        inside.push_str(&format!(
            "<Placemark><name>t{n}</name><gx:Track>{whens}{coords}</gx:Track></Placemark>"
        ));
    }
    let document = kml(&inside);
    let program = r#"
import sys, datetime, xml.etree.ElementTree as E
N, G = '{http://www.opengis.net/kml/2.2}', '{http://www.google.com/kml/ext/2.2}'
for p in E.fromstring(sys.stdin.buffer.read()).iter(N + 'Placemark'):
    for t in p.iter(G + 'Track'):
        for w, c in zip(t.findall(N + 'when'), t.findall(G + 'coord')):
            at = datetime.datetime.fromisoformat(w.text.replace('Z', '+00:00')).timestamp()
            print(p.findtext(N + 'name'), int(at), *c.text.split())
"#;
    let Some(theirs) = python("python_pairs_the_same_times", program, document.as_bytes()) else {
        return;
    };
    let found = read("a.kml", document.as_bytes());
    let mut ours = String::new();
    for record in found.records().filter(|r| r.extra[0].0 == "point") {
        let extra = |name: &str| &record.extra.iter().find(|(key, _)| key == name).unwrap().1;
        let (name, latitude, longitude) = (extra("track"), extra("latitude"), extra("longitude"));
        let at = record.time.unwrap().0 / 1_000_000;
        ours.push_str(&format!("{name} {at} {longitude} {latitude}\n"));
    }
    assert_eq!(ours, theirs);
    assert!(ours.lines().count() > 60);
}
