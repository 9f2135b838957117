//! `emma table`: calls, places, devices, SIMs and so on under common columns.

use super::log::{begin_new_file, refuse_existing};
use super::{Opened, open_for_reading, print_withheld, withheld_by_name};
use crate::args::{TableArgs, TableFormat};
use crate::engine::{Engine, parse};
use crate::fail::{Done, Failure, Result};
use crate::output::{Output, counted, inert, table};
use emma_case::access::Access;
use emma_case::error::CaseError;
use emma_case::export::csv_row;
use emma_case::held::Held;
use emma_case::kinds::{self, KindTable, Laid};
use emma_case::show::snapshot_of;
use emma_lake::MessageRow;
use emma_model::RecordId;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Copies looked up at once.
const LOOKED_UP_MAX: usize = 65_536;
/// Characters of a value that people see in a row; the other forms have it whole.
const CELL_CHARS_MAX: usize = 40;

pub fn run(args: &TableArgs, output: &Output) -> Result<Done> {
    let name = args.table.name();
    let table = kinds::table(name).expect("the arguments name only tables that there are");
    parse(&args.query)?;
    let query = match args.query.trim() {
        "" => format!("kind:{}", table.kind.name()),
        asked => format!("({asked}) kind:{}", table.kind.name()),
    };
    let query = parse(&query)?;
    if let Some(path) = &args.output {
        refuse_existing(path)?;
    }
    let format = if output.json { TableFormat::Json } else { args.format };
    let Opened { mut case, state, session } = open_for_reading(&args.case, &args.acting)?;
    let snapshot = snapshot_of(&case, &session)?;
    let engine = Engine::open(&case.root, &snapshot, &session, &state)?;
    let total = engine.searcher().count(&query, engine.view())?;
    let mut access = Access {
        command: "table",
        query: Some(format!("{name} {}", args.query).trim().to_owned()),
        shown: 0,
        withheld: total.withheld.clone(),
    };
    let random = &mut emma_evidence::system_random;
    let entry = session.open_export(&mut case.log, &access, random)?;
    let written = (|| -> Result<()> {
        let mut file = args.output.as_deref().map(begin_new_file).transpose()?;
        {
            let out: Box<dyn Write + '_> = match &mut file {
                Some(file) => Box::new(io::BufWriter::new(file)),
                None => Box::new(io::BufWriter::new(io::stdout().lock())),
            };
            let mut page = Page { table, format, limit: args.limit, out, rows: 0, people: vec![] };
            page.begin()?;
            let held = Held::new(&case.root, &snapshot);
            let all = each(&engine, &query, &held, &mut |laid| page.row(&laid), table);
            // What was shown before it broke off was shown, too.
            access.shown = page.rows;
            all?;
            page.end(&withheld_by_name(&total.withheld), &session.authority().id)?;
            if format == TableFormat::Text {
                print_withheld(&mut page.out, &total.withheld, &session.authority().id)?;
            }
            page.out.flush()?;
        }
        match (file, &args.output) {
            (Some(file), Some(path)) => Ok(file.commit(path)?),
            _ => Ok(()),
        }
    })();
    session.close_export(&mut case.log, entry, &access, random)?;
    written?;
    if args.output.is_some() {
        let mut told = io::stderr().lock();
        writeln!(told, "{} written", counted(access.shown, "row"))?;
        print_withheld(&mut told, &access.withheld, &session.authority().id)?;
    }
    Ok(Done::Ok)
}

/// Hands over every copy of every hit, laid out, in the order of the hits.
fn each(
    engine: &Engine<'_>,
    query: &emma_index::Query,
    held: &Held<'_>,
    hand: &mut dyn FnMut(Laid) -> io::Result<()>,
    table: &KindTable,
) -> Result<()> {
    let mut failure: Option<Failure> = None;
    let mut waiting: Vec<(MessageRow, RecordId)> = Vec::new();
    let mut lay = |waiting: &mut Vec<(MessageRow, RecordId)>| lay(waiting, held, table, hand);
    let streamed = engine.searcher().for_each(query, engine.view(), &mut |hit| {
        let taken = engine.rows(&hit).and_then(|rows| {
            // Versions of another kind are other tables' rows.
            for row in rows.into_iter().filter(|row| row.kind == table.kind) {
                let (mut row, mut records) = (row, Vec::new());
                std::mem::swap(&mut row.records, &mut records);
                for record in records {
                    waiting.push((row.clone(), record));
                }
            }
            if waiting.len() < LOOKED_UP_MAX { Ok(()) } else { lay(&mut waiting) }
        });
        taken.map_err(|error| {
            failure = Some(error.into());
            io::Error::other("a row cannot be laid out")
        })
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    streamed?;
    Ok(lay(&mut waiting)?)
}

/// Looks the copies up together and hands them over in the order of the hits.
fn lay(
    waiting: &mut Vec<(MessageRow, RecordId)>,
    held: &Held<'_>,
    table: &KindTable,
    hand: &mut dyn FnMut(Laid) -> io::Result<()>,
) -> std::result::Result<(), CaseError> {
    let records: Vec<&RecordId> = waiting.iter().map(|(_, record)| record).collect();
    for ((row, record), copy) in waiting.iter().zip(held.copies_of(&records)?) {
        let copy = copy.ok_or_else(|| CaseError::Corrupt {
            object: format!("record {record}"),
            what: "a message names it and no copy has it".to_owned(),
        })?;
        let written = hand(table.lay(row, &copy));
        written.map_err(|source| CaseError::Io { operation: "write the results", source })?;
    }
    waiting.clear();
    Ok(())
}

struct Page<'a> {
    table: &'static KindTable,
    format: TableFormat,
    limit: u64,
    out: Box<dyn Write + 'a>,
    rows: u64,
    /// Rows for people, until the table is drawn.
    people: Vec<Vec<String>>,
}

/// Columns before and behind the table's own.
const BEFORE: [&str; 7] = ["earliest", "latest", "zone", "from", "to", "conversation", "text"];
const BEHIND: [&str; 5] = ["more", "network", "source", "record", "message"];

impl Page<'_> {
    fn names(&self) -> Vec<&'static str> {
        let own = self.table.columns.iter().map(|column| column.name);
        BEFORE.into_iter().chain(own).chain(BEHIND).collect()
    }

    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            TableFormat::Text | TableFormat::Ndjson => Ok(()),
            TableFormat::Csv => {
                self.out.write_all("\u{feff}".as_bytes())?;
                let names: Vec<String> = self.names().into_iter().map(str::to_owned).collect();
                csv_row(&mut self.out, &names)
            }
            TableFormat::Json => {
                let columns: Vec<&str> = self.table.columns.iter().map(|one| one.name).collect();
                let (name, columns) = (self.table.name, json!(columns));
                write!(
                    self.out,
                    "{{\"schema\":\"emma/table/v1\",\n\"table\":\"{name}\",\"columns\":{columns},\n\
                     \"rows\":["
                )
            }
        }
    }

    fn row(&mut self, laid: &Laid) -> io::Result<()> {
        self.rows += 1;
        match self.format {
            TableFormat::Text if self.rows <= self.limit => self.people.push(self.cells(laid)),
            TableFormat::Text => {}
            TableFormat::Csv => {
                let cells = self.cells(laid);
                csv_row(&mut self.out, &cells)?;
            }
            TableFormat::Ndjson => {
                let object = self.object(laid);
                serde_json::to_writer(&mut self.out, &object)?;
                self.out.write_all(b"\n")?;
            }
            TableFormat::Json => {
                let comma = if self.rows > 1 { "," } else { "" };
                let object = self.object(laid);
                writeln!(self.out, "{comma}")?;
                serde_json::to_writer(&mut self.out, &object)?;
            }
        }
        Ok(())
    }

    fn object(&self, laid: &Laid) -> Value {
        let mut object = Map::new();
        object.insert("time".into(), json!(laid.time));
        object.insert("from".into(), json!(laid.from));
        object.insert("to".into(), json!(laid.to));
        object.insert("conversation".into(), json!(laid.conversation));
        object.insert("text".into(), json!(laid.text));
        for (column, value) in self.table.columns.iter().zip(&laid.values) {
            object.insert(column.name.into(), value.clone());
        }
        object.insert("more".into(), json!(laid.more));
        object.insert("network".into(), json!(laid.network));
        object.insert("source".into(), json!(laid.source));
        object.insert("record".into(), json!(laid.record));
        object.insert("message".into(), json!(laid.message));
        Value::Object(object)
    }

    fn cells(&self, laid: &Laid) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (earliest, latest, zone) = match &laid.time {
            Some(time) => (time.earliest.clone(), time.latest.clone(), time.zone.to_owned()),
            None => Default::default(),
        };
        let mut cells = vec![earliest, latest, zone, text(&laid.from), laid.to.join("\n")];
        cells.extend([text(&laid.conversation), text(&laid.text)]);
        cells.extend(laid.values.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }));
        let more = laid.more.iter().map(|(name, value)| format!("{name}={value}"));
        cells.push(more.collect::<Vec<_>>().join("; "));
        cells.extend([&laid.network, &laid.source, &laid.record, &laid.message].map(Clone::clone));
        cells
    }

    fn end(
        &mut self,
        withheld: &std::collections::BTreeMap<&'static str, u64>,
        authority: &str,
    ) -> io::Result<()> {
        match self.format {
            TableFormat::Csv | TableFormat::Ndjson => Ok(()),
            TableFormat::Json => {
                let withheld = json!(withheld);
                writeln!(self.out, "],\n\"withheld\":{withheld},\"authority\":\"{authority}\"}}")
            }
            TableFormat::Text => self.draw(),
        }
    }

    /// Draws the rows kept for people, without columns that are empty in all of them.
    fn draw(&mut self) -> io::Result<()> {
        let names = self.names();
        let shown: Vec<usize> = (0..names.len())
            .filter(|at| !["latest", "zone", "message", "source"].contains(&names[*at]))
            .filter(|at| self.people.iter().any(|row| !row[*at].is_empty()))
            .collect();
        let short = |cell: &String| {
            let line = inert::line(cell);
            match line.char_indices().nth(CELL_CHARS_MAX) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line,
            }
        };
        if !self.people.is_empty() {
            let header: Vec<&str> = shown.iter().map(|at| names[*at]).collect();
            let rows = self.people.iter().map(|row| {
                let whole = |at: &usize| match names[*at] {
                    "record" => row[*at].clone(),
                    _ => short(&row[*at]),
                };
                shown.iter().map(whole).collect()
            });
            write!(self.out, "{}", table::wide(&header, rows))?;
        }
        let all = counted(self.rows, "row");
        match self.rows > self.limit {
            true => {
                writeln!(self.out, "{all}, the first {} shown: --limit, --format csv", self.limit)
            }
            false => writeln!(self.out, "{all}"),
        }
    }
}
