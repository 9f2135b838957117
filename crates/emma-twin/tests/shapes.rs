//! Workbooks and databases: the rows of the tables beside them, marked, the same bytes every time.

use calamine::{Data, Reader, Xlsx, open_workbook};
use emma_twin::generate::{Made, generate};
use emma_twin::scenario::Scenario;
use emma_twin::shapes::workbook::COLUMNS;
use std::path::Path;

fn scenario() -> Scenario {
    let mut scenario = Scenario::preset("tiny").unwrap();
    scenario.network.messages = 4_000;
    scenario.deliveries.part_messages = 1_000;
    scenario
}

fn make(scenario: &Scenario, threads: usize, root: &Path) -> Made {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| generate(scenario, 7, root, None)).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_partner_sends_the_same_rows_as_a_workbook() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(&scenario(), 2, folder.path());
    let books: Vec<_> = made.files.iter().filter(|file| file.path.ends_with(".xlsx")).collect();
    let mut compared = 0;
    for file in &books {
        let table = std::fs::read(folder.path().join(file.path.replace(".xlsx", ".csv"))).unwrap();
        let mut book: Xlsx<_> = open_workbook(folder.path().join(&file.path)).unwrap();
        let sheet = book.worksheet_range("Sheet1").unwrap();
        let mut rows = sheet.rows();
        assert_eq!(rows.next().unwrap(), COLUMNS.map(|name| Data::String(name.into())));
        // The twin's texts have no line feed, so a line is a row; quotes are dropped to compare.
        let mut lines = text(&table).split("\r\n").skip(1).filter(|line| !line.is_empty());
        let mut many = 0;
        for row in rows {
            let cell = |column: usize| match &row[column] {
                Data::String(text) => text.clone(),
                Data::DateTime(at) => {
                    let (y, mo, d, h, mi, s, ms) = at.to_ymd_hms_milli();
                    assert_eq!(ms, 0);
                    format!("{y:04}-{mo:02}-{d:02};{h:02}:{mi:02}:{s:02}")
                }
                other => other.to_string(),
            };
            assert_eq!(cell(0), "SYNTHETIC");
            let cells: Vec<String> = (0..7).map(cell).collect();
            let plain = |text: &str| text.replace('"', "");
            assert_eq!(plain(&cells.join(";")), plain(lines.next().unwrap()));
            many += 1;
        }
        assert_eq!((lines.next(), many), (None, file.records));
        compared += many;
    }
    assert!(books.len() > 1 && compared > 50, "{} {compared}", books.len());
    let mut without = scenario();
    without.deliveries.partner_xlsx = false;
    let root = folder.path().join("without");
    let made = make(&without, 2, &root);
    assert!(made.files.iter().all(|file| !file.path.ends_with(".xlsx")));
}

#[test]
fn the_sim_server_is_a_database_with_the_rows_of_its_table() {
    let folder = tempfile::tempdir().unwrap();
    make(&scenario(), 2, folder.path());
    let servers = folder.path().join("deliveries/servers");
    let database = rusqlite::Connection::open(servers.join("sim-monitoring.sqlite")).unwrap();
    let one = |query: &str| database.query_row(query, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(one("PRAGMA integrity_check"), "ok");
    assert_eq!(one("SELECT value FROM meta WHERE key = 'synthetic'"), "true");
    assert_eq!(one("SELECT sum(synthetic = 0) || '' FROM assignment"), "0");
    let mut query = database
        .prepare(
            "SELECT strftime('%Y-%m-%dT%H:%M:%S', assigned / 1000, 'unixepoch'), imsi, iccid, imei
             FROM assignment JOIN sim ON sim.id = assignment.sim ORDER BY assignment.id",
        )
        .unwrap();
    let rows = query.query_map([], |row| {
        let cell = |column| row.get::<_, String>(column);
        Ok([cell(0)?, cell(1)?, cell(2)?, cell(3)?])
    });
    let rows: Vec<[String; 4]> = rows.unwrap().map(Result::unwrap).collect();
    let table = std::fs::read(servers.join("sim-assignments.csv")).unwrap();
    let lines: Vec<Vec<&str>> =
        text(&table).lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(lines) {
        assert!(line[1].starts_with(&row[0]), "{row:?} {line:?}");
        assert_eq!(row[1..], line[2..5]);
        assert!(row[1].starts_with("00101") && row[3].starts_with("0010"));
    }
}
