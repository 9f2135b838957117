//! What a newcomer has at hand: files of unknown layout. Each must be read right by the first
//! guess, as far as a first guess can.

use super::super::guess::guess_bytes;
use super::super::preview::preview_bytes;
use super::*;

/// A file, how many records it holds, and what the first of them is.
struct Specimen {
    path: &'static str,
    data: &'static str,
    records: u64,
    /// `name=value`, separated by ` / `.
    first: &'static str,
}

const SPECIMENS: [Specimen; 43] = [
    Specimen {
        path: "pairs.log",
        data: "ts=2020-04-03T10:11:12Z level=info from=anna to=bo msg=\"hi you\" id=1\n\
            ts=2020-04-03T10:12:12Z level=info from=bo to=anna msg=\"yo\" id=2\n",
        records: 2,
        first: "id=1 / time=2020-04-03T10:11:12Z / from=anna / to=bo / text=hi you",
    },
    Specimen {
        path: "afternoon.log",
        data: "04/01/2020 11:58:00 PM | anna -> bo | hi\n\
            04/02/2020 12:20:20 AM | bo -> anna | yo\n04/03/2020 01:00:00 PM | bo -> anna | ok\n",
        records: 3,
        first: "time=2020-04-01T09:58:00Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "brackets.log",
        data: "2020-04-03 10:11:12 [anna] to [bo] : hi\n2020-04-03 10:12:12 [bo] to [anna] : yo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "months.log",
        data: "Apr 03 2020 10:11:12 anna > bo: hi\nApr 03 2020 10:12:12 bo > anna: yo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "short.jsonl",
        data: "{\"i\":1,\"t\":1585908672,\"f\":\"anna\",\"r\":\"bo\",\"m\":\"see you there\"}\n\
            {\"i\":2,\"t\":1585908673,\"f\":\"bo\",\"r\":\"anna\",\"m\":\"on my way\"}\n\
            {\"i\":3,\"t\":1585908674,\"f\":\"anna\",\"r\":\"bo\",\"m\":\"bring it\"}\n",
        records: 3,
        first: "time=2020-04-03T10:11:12Z / from=anna / to=bo / text=see you there",
    },
    Specimen {
        path: "nameless.csv",
        data: "c1;c2;c3;c4\n2020-04-03 10:11:12;anna;bo;see you there\n\
            2020-04-03 10:11:13;bo;anna;on my way\n2020-04-03 10:11:14;anna;bo;bring it\n",
        records: 3,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=see you there",
    },
    Specimen {
        path: "chat-latin1.csv",
        data: "Nr;Absender;Empfänger;Datum;Nachricht\r\n\
            1;Jürgen;Anna;13.04.2020 10:11;schöne Grüße\r\n2;Anna;Jürgen;13.04.2020 10:12;ja\r\n",
        records: 2,
        first: "kind=message / id=1 / time=2020-04-12T20:11:00Z / from=Jürgen / to=Anna / \
            text=schöne Grüße",
    },
    Specimen {
        path: "chat.tsv",
        data: "msg_id\troom\tuser\tts\ttext\n7\tboat\tanna\t1585908672\thi\n\
            8\tboat\tbo\t1585908673\tyo\n",
        records: 2,
        first: "id=7 / time=2020-04-03T10:11:12Z / from=anna / conversation=boat / text=hi",
    },
    Specimen {
        path: "quoted.csv",
        data: "sender,recipient,sent_at,body\n\
            anna,bo,2020-04-03T10:11:12Z,\"two lines,\n\"\"quoted\"\"\nand a third\"\n\
            bo,anna,2020-04-03T10:12:12Z,ok\nbo,anna,2020-04-03T10:13:12Z,\"a\nb\"\n",
        records: 3,
        first: "time=2020-04-03T10:11:12Z / from=anna / to=bo / \
            text=two lines,\n\"quoted\"\nand a third",
    },
    Specimen {
        path: "millis.csv",
        data: "id,author,created_at,content\n9,anna,1585908672123,hi\n10,bo,1585908673123,yo\n",
        records: 2,
        first: "id=9 / time=2020-04-03T10:11:12.123Z / from=anna / text=hi",
    },
    Specimen {
        path: "two-columns.csv",
        data: "Date,Time,From,To,Message\n14/04/2020,10:11:12,anna,bo,hi\n\
            03/04/2020,10:12:12,bo,anna,yo\n",
        records: 2,
        first: "time=2020-04-13T20:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "array.json",
        data: "[{\"messageId\":\"a1\",\"sender\":\"anna\",\"recipients\":[{\"name\":\"bo\"}],\
            \"sentAt\":\"2020-04-03T10:11:12+02:00\",\"body\":\"hi\"},\n\
            {\"messageId\":\"a2\",\"sender\":\"bo\",\"recipients\":[{\"name\":\"anna\"}],\
            \"sentAt\":\"2020-04-03T10:11:13+02:00\",\"body\":\"yo\"}]",
        records: 2,
        first: "id=a1 / time=2020-04-03T08:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "nested.json",
        data: "{\"version\":2,\"export\":{\"chats\":[{\"title\":\"boat\",\"messages\":[\
            {\"id\":1,\"from\":\"anna\",\"date\":\"2020-04-03T10:11:12Z\",\"text\":\"hi\"},\
            {\"id\":2,\"from\":\"bo\",\"date\":\"2020-04-03T10:11:13Z\",\"text\":\"yo\"}]}]}}",
        records: 2,
        first: "id=1 / time=2020-04-03T10:11:12Z / from=anna / text=hi",
    },
    Specimen {
        path: "rooms.json",
        data: "{\"boat\":[{\"at\":\"2020-04-03T10:11:12Z\",\"by\":1,\"user\":\"anna\",\
            \"msg\":\"hi\"}],\"van\":[{\"at\":\"2020-04-03T10:11:13Z\",\"by\":1,\"user\":\"bo\",\
            \"msg\":\"yo\"}]}",
        records: 2,
        first: "time=2020-04-03T10:11:12Z / from=anna / text=hi",
    },
    Specimen {
        path: "events.ndjson",
        data: "{\"event_id\":\"$1\",\"sender\":{\"user\":{\"id\":\"u1\",\"age\":3}},\
            \"room\":{\"id\":\"r1\"},\"content\":{\"body\":\"hi\"},\
            \"origin_server_ts\":1585908672000}\n\
            {\"event_id\":\"$2\",\"sender\":{\"user\":{\"id\":\"u2\",\"age\":4}},\
            \"room\":{\"id\":\"r1\"},\"content\":{\"body\":\"yo\"},\
            \"origin_server_ts\":1585908673000}\n",
        records: 2,
        first: "id=$1 / time=2020-04-03T10:11:12Z / from=u1 / conversation=r1 / text=hi",
    },
    Specimen {
        path: "brackets.log",
        data: "[2020-04-03 10:11:12] <anna> hi, all\n[2020-04-03 10:11:13] <bo> yo\nthere\n",
        records: 2,
        first: "kind=message / time=2020-04-02T20:11:12Z / from=anna / text=hi, all",
    },
    Specimen {
        path: "pipes.log",
        data: "2020-04-03 10:11:12 | anna | hi | there\n2020-04-03 10:11:13 | bo | yo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / text=hi | there",
    },
    Specimen {
        path: "iso.log",
        data: "2020-04-03T10:11:12+02:00 anna: hi\n2020-04-03T10:11:13+02:00 bo: yo\n",
        records: 2,
        first: "time=2020-04-03T08:11:12Z / from=anna / text=hi",
    },
    Specimen {
        path: "calls.csv",
        data: "A_NUMBER;B_NUMBER;START_DATE;START_TIME;DURATION;CELL_ID\n\
            447700900123;447700900456;20200403;10:11:12;65;234-10-1-2\n\
            447700900456;447700900123;20200403;10:15:12;3;234-10-1-3\n",
        records: 2,
        first: "kind=call / time=2020-04-02T20:11:12Z / from=447700900123 / to=447700900456 / \
            extra.DURATION=65",
    },
    Specimen {
        path: "plates.csv",
        data: "Read ID,Plate,Camera,Timestamp,Latitude,Longitude,Confidence\n\
            1,AB12 CDE,C-7,2020-04-03T10:11:12Z,52.1,4.3,0.98\n\
            2,XY34 ZZZ,C-8,2020-04-03T10:12:12Z,52.2,4.4,0.91\n",
        records: 2,
        first: "kind=location / id=1 / time=2020-04-03T10:11:12Z / from=AB12 CDE / \
            conversation=C-7 / extra.Latitude=52.1",
    },
    Specimen {
        path: "sims.csv",
        data: "ICCID,IMSI,MSISDN,Subscriber,Activated\n\
            8944100000000000001,234100000000001,447700900123,A Heron,03/04/2020\n\
            8944100000000000002,234100000000002,447700900456,B Owl,13/04/2020\n",
        records: 2,
        first: "kind=sim / time=2020-04-02T10:00:00Z / from=447700900123 / \
            extra.IMSI=234100000000001",
    },
    Specimen {
        path: "logins.csv",
        data: "event_id,timestamp,username,action,ip_address\n\
            e1,2020-04-03T10:11:12Z,anna,login,192.0.2.1\n\
            e2,2020-04-03T10:12:12Z,bo,logout,192.0.2.2\n",
        records: 2,
        first: "kind=event / id=e1 / time=2020-04-03T10:11:12Z / from=anna / text=login",
    },
    Specimen {
        path: "server.log",
        data: "2020-04-03 10:11:12,345 - INFO - auth[12]: anna logged in\n\
            2020-04-03 10:11:13,345 - ERROR - mail: no\n  at line 3\n",
        records: 2,
        first: "kind=event / time=2020-04-02T20:11:12.345Z / from=auth / text=anna logged in",
    },
    Specimen {
        path: "access.log",
        data: "192.0.2.1 - anna [03/Apr/2020:10:11:12 +0200] \"GET /boat HTTP/1.1\" 200 512 \"-\"\n\
            192.0.2.2 - - [03/Apr/2020:10:11:13 +0200] \"GET /van HTTP/1.1\" 404 0 \"-\"\n",
        records: 2,
        first: "kind=event / time=2020-04-03T08:11:12Z / text=GET /boat HTTP/1.1",
    },
    Specimen {
        path: "report.csv",
        data: "Report of messages\nProduced for case 7\n\nDate;From;To;Text\n\
            03.04.2020 10:11:12;anna;bo;hi\n03.04.2020 10:11:13;bo;anna;yo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "headless.csv",
        data: "2020-04-03 10:11:12,anna,bo,good evening to you\n\
            2020-04-03 10:11:13,bo,anna,yes it is\n2020-04-03 10:11:14,bo,anna,bring seeds\n",
        records: 3,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=good evening to you",
    },
    Specimen {
        path: "messages-fr.csv",
        data: "Expéditeur;Destinataire;Date d'envoi;Contenu\nanna;bo;03/04/2020 10:11;salut\n\
            bo;anna;13/04/2020 10:12;oui\n",
        records: 2,
        first: "time=2020-04-02T20:11:00Z / from=anna / to=bo / text=salut",
    },
    Specimen {
        path: "api.json",
        data: "{\"data\":{\"items\":[{\"type\":\"m\",\"attributes\":\
            {\"from\":{\"phone\":\"+4477\"},\
            \"body\":\"hi\",\"createdAt\":\"2020-04-03T10:11:12Z\"}},{\"type\":\"m\",\
            \"attributes\":{\"from\":{\"phone\":\"+4478\"},\"body\":\"yo\",\
            \"createdAt\":\"2020-04-03T10:11:13Z\"}}]}}",
        records: 2,
        first: "time=2020-04-03T10:11:12Z / from=+4477 / text=hi",
    },
    Specimen {
        path: "cdr.csv",
        data: "Calling Party,Called Party,Call Date,Call Time,Call Duration (s),\
            Call Type,First Cell\n\
            07700900123,07700900456,03-Apr-2020,10:11:12,65,VOICE,234-10-1\n\
            07700900456,07700900123,04-Apr-2020,10:12:12,0,SMS,234-10-2\n",
        records: 2,
        first: "kind=call / time=2020-04-02T20:11:12Z / from=07700900123 / to=07700900456",
    },
    Specimen {
        path: "tower.txt",
        data: "TIMESTAMP|IMSI|IMEI|CELL_ID|LAC|MSISDN|DIRECTION\n\
            2020-04-03 10:11:12|234100000000001|490154203237518|1234|77|447700900123|OUT\n\
            2020-04-03 10:11:13|234100000000002|490154203237519|1234|77|447700900456|IN\n",
        records: 2,
        first: "kind=location / time=2020-04-02T20:11:12Z / from=447700900123 / conversation=1234",
    },
    Specimen {
        path: "american.csv",
        data: "Participant,Direction,Sent,Message Text\n\
            anna,Incoming,12/31/2020 3:04 PM,hi\nanna,Outgoing,12/31/2020 3:05 PM,yo\n",
        records: 2,
        first: "time=2020-12-31T01:04:00Z / from=anna / text=hi",
    },
    Specimen {
        path: "dated.log",
        data: "03.04.2020 10:11:12 - anna: hi\n03.04.2020 10:11:13 - bo: yo\nmore\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / text=hi",
    },
    Specimen {
        path: "arrow.log",
        data: "2020-04-03 10:11:12 anna -> bo: hi\n2020-04-03 10:11:13 bo -> anna: yo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / to=bo / text=hi",
    },
    Specimen {
        path: "gps.csv",
        data: "device_id,utc_time,lat,lon,speed\nd-1,2020-04-03T10:11:12Z,52.1,4.3,12\n\
            d-1,2020-04-03T10:11:22Z,52.2,4.3,13\n",
        records: 2,
        first: "kind=location / time=2020-04-03T10:11:12Z / from=d-1",
    },
    Specimen {
        path: "slack-like.json",
        data: "[{\"type\":\"message\",\"user\":\"U1\",\"text\":\"hi\",\"ts\":\"1585908672.000100\",\
            \"reactions\":[{\"name\":\"x\",\"users\":[\"U2\"]}]},\
            {\"type\":\"message\",\"user\":\"U2\",\"text\":\"yo\",\"ts\":\"1585908673.000100\"}]",
        records: 2,
        first: "time=2020-04-03T10:11:12.0001Z / from=U1 / text=hi",
    },
    Specimen {
        path: "sms-export.csv",
        data: "\"Phone Number\",\"Type\",\"Date & Time\",\"Body\"\n\
            \"+447700900123\",\"Received\",\"3 April 2020 10:11\",\"hi, there\"\n\
            \"+447700900456\",\"Sent\",\"3 April 2020 10:12\",\"yo\"\n",
        records: 2,
        first: "time=2020-04-02T20:11:00Z / from=+447700900123 / text=hi, there",
    },
    Specimen {
        path: "forum.tsv",
        data: "post_id\tthread_id\tauthor_name\tposted_at\tcontent\treply_to\n\
            5\t2\tanna\t2020-04-03 10:11:12+02:00\thi\t\n\
            6\t2\tbo\t2020-04-03 10:12:12+02:00\tyo\t5\n",
        records: 2,
        first: "id=5 / time=2020-04-03T08:11:12Z / from=anna / conversation=2 / text=hi",
    },
    Specimen {
        path: "bot.ndjson",
        data: "{\"message\":{\"message_id\":3,\"from\":{\"id\":77,\"is_bot\":false},\
            \"chat\":{\"id\":42,\"title\":\"boat\"},\"date\":1585908672,\"text\":\"hi\"}}\n\
            {\"message\":{\"message_id\":4,\"from\":{\"id\":78,\"is_bot\":false},\
            \"chat\":{\"id\":42,\"title\":\"boat\"},\"date\":1585908673,\"text\":\"yo\"}}\n",
        records: 2,
        first: "id=3 / time=2020-04-03T10:11:12Z / from=77 / conversation=42 / text=hi",
    },
    Specimen {
        path: "lac.csv",
        data: "Target;Other;Event Start;Event Duration;Site Name;Lat;Long\n\
            491701234567;491709876543;03.04.2020 10:11:12;12;Kirche;52,1;4,3\n\
            491701234567;491709876544;03.04.2020 10:12:12;0;Markt;52,2;4,4\n",
        records: 2,
        first: "kind=location / time=2020-04-02T20:11:12Z / conversation=Kirche",
    },
    Specimen {
        path: "nginx.json",
        data: "{\"time\":\"2020-04-03T10:11:12+00:00\",\"remote_addr\":\"192.0.2.1\",\
            \"user\":\"anna\",\"action\":\"GET /\",\"status\":200}\n\
            {\"time\":\"2020-04-03T10:11:13+00:00\",\"remote_addr\":\"192.0.2.2\",\
            \"user\":\"bo\",\"action\":\"GET /x\",\"status\":404}\n",
        records: 2,
        first: "kind=event / time=2020-04-03T10:11:12Z / from=anna / text=GET /",
    },
    Specimen {
        path: "bracketed.txt",
        data: "[03/04/2020 10:11] [anna] hi\n[03/04/2020 10:12] [bo] yo\n\
            [13/04/2020 10:12] [bo] yes\n",
        records: 3,
        first: "time=2020-04-02T20:11:00Z / from=anna / text=hi",
    },
    Specimen {
        path: "german-calls.csv",
        data: "Rufnummer A;Rufnummer B;Datum;Uhrzeit;Dauer (s)\n\
            0170123;0171456;03.04.2020;10:11:12;65\n0170123;0171457;04.04.2020;09:00:00;5\n",
        records: 2,
        first: "kind=call / time=2020-04-02T20:11:12Z / from=0170123 / to=0171456",
    },
    Specimen {
        path: "irc-like.log",
        data: "Apr 03 2020 10:11:12 <anna>\thi\nApr 03 2020 10:11:13 <bo>\tyo\n",
        records: 2,
        first: "time=2020-04-02T20:11:12Z / from=anna / text=hi",
    },
];

/// What is wrong with the first guess about a specimen.
fn wrong(specimen: &Specimen) -> Option<String> {
    let bytes = match specimen.path.contains("latin1") {
        true => specimen.data.chars().map(|c| u8::try_from(c).unwrap()).collect(),
        false => specimen.data.as_bytes().to_vec(),
    };
    let guess = guess_bytes(&bytes, specimen.path);
    let mapping = match Mapping::parse(&guess.toml) {
        Ok(mapping) => mapping,
        Err(error) => return Some(format!("{error}\n{}", guess.toml)),
    };
    let preview = preview_bytes(&bytes, false, specimen.path, &mapping, 1);
    let values = preview.rows.first().map(|row| row.values.as_slice()).unwrap_or_default();
    let missing: Vec<&str> = specimen
        .first
        .split(" / ")
        .filter(|wanted| !values.iter().any(|(name, value)| *wanted == format!("{name}={value}")))
        .collect();
    let right = preview.records == specimen.records && preview.anomaly_bytes == 0;
    (!right || !missing.is_empty()).then(|| {
        let records = preview.records;
        format!("{records} records, missing {missing:?}\n{values:?}\n{}", guess.toml)
    })
}

#[test]
fn the_first_guess_about_an_unknown_file_is_right() {
    let found: Vec<String> = SPECIMENS
        .iter()
        .filter_map(|specimen| Some(format!("{}: {}", specimen.path, wrong(specimen)?)))
        .collect();
    assert!(found.is_empty(), "{} wrong\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn titles_and_quotes_before_rows_do_not_mislead() {
    for (data, records) in [
        (
            "\n\nReport, of sorts\n\nDate;From;To;Text\n03.04.2020 10:11:12;a;b;hi\n\
            03.04.2020 10:11:13;b;a;yo\n",
            2,
        ),
        ("\"sender\nname\",text,date\nanna,hi,2020-04-03\nbo,yo,2020-04-04\n", 2),
        ("sep=;\nDate;From;Text\n03.04.2020 10:11:12;a;hi\n03.04.2020 10:11:13;b;yo\n", 2),
    ] {
        let guess = guess_bytes(data.as_bytes(), "a.csv");
        let mapping = Mapping::parse(&guess.toml).unwrap();
        let preview = preview_bytes(data.as_bytes(), false, "a.csv", &mapping, 1);
        assert_eq!((preview.records, preview.anomaly_bytes), (records, 0), "{}", guess.toml);
    }
}

#[test]
fn numbers_that_look_like_times_are_none() {
    let data = "caller_id,called,text\n1585908672,1585908673,hi\n1585908674,1585908675,yo\n";
    let guess = guess_bytes(data.as_bytes(), "a.csv");
    assert!(guess.toml.contains("# [time]"), "{}", guess.toml);
}

#[test]
fn what_was_not_told_by_names_is_not_said_to_be_sure() {
    use super::super::guess::Confidence;
    let of = |name: &str| {
        let specimen = SPECIMENS.iter().find(|specimen| specimen.path == name).unwrap();
        guess_bytes(specimen.data.as_bytes(), specimen.path)
    };
    assert_eq!(of("pairs.log").confidence, Confidence::High);
    let nameless = of("nameless.csv");
    assert_eq!(nameless.confidence, Confidence::Medium);
    assert!(nameless.toml.contains("told by its values: anna, bo"), "{}", nameless.toml);
    let american = of("afternoon.log");
    assert_eq!(american.confidence, Confidence::Medium);
    assert!(american.toml.contains("a guess; else \"%d/%m/%Y %I:%M:%S %p\""), "{}", american.toml);
}

#[test]
fn days_and_months_are_told_apart_by_what_follows_what() {
    let month_first = "when,who,what\n04/01/2020 10:00,anna,see you\n04/02/2020 10:00,bo,ok then\n\
        04/03/2020 10:00,anna,all right\n";
    let guess = guess_bytes(month_first.as_bytes(), "a.csv");
    assert!(guess.toml.contains("format = \"%m/%d/%Y %H:%M\""), "{}", guess.toml);
    let day_first = month_first.replace("04/01", "01/04").replace("04/02", "02/04");
    let guess = guess_bytes(day_first.replace("04/03", "03/04").as_bytes(), "a.csv");
    assert!(guess.toml.contains("format = \"%d/%m/%Y %H:%M\""), "{}", guess.toml);
}

#[test]
fn a_preview_says_how_often_each_field_was_read() {
    let data = "From,To,Text,At\nanna,,hi,1585908672\nbo,,yo,1585908673\n";
    let guess = guess_bytes(data.as_bytes(), "a.csv");
    let mapping = Mapping::parse(&guess.toml).unwrap();
    let preview = preview_bytes(data.as_bytes(), false, "a.csv", &mapping, 10);
    let told: Vec<_> = preview
        .filled
        .iter()
        .map(|one| (one.field, one.records, one.different, one.in_vain))
        .collect();
    let two = |field| (field, 2, 2, false);
    assert_eq!(told, [two("time"), two("from"), ("to", 0, 0, true), two("text")]);
}
