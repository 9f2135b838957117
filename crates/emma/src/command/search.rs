//! `emma search`.

use super::log::{begin_new_file, refuse_existing};
use super::{Opened, open_for_reading, print_withheld, withheld_by_name};
use crate::args::{ExportArg, OrderArg, SearchArgs};
use crate::engine::{Engine, parse};
use crate::fail::{Done, Failure, Result};
use crate::output::{Output, counted, grouped, inert};
use emma_case::access::{Access, Withheld};
use emma_case::export;
use emma_case::present::MessageLine;
use emma_case::show::snapshot_of;
use emma_index::query::Query;
use emma_index::{Hit, Order, highlight};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

#[derive(Serialize)]
struct Found {
    query: String,
    explained: String,
    order: &'static str,
    total: u64,
    offset: usize,
    hits: Vec<HitLine>,
    withheld: BTreeMap<&'static str, u64>,
    expansions: Vec<ExpansionLine>,
    snapshot: u64,
    authority: String,
    #[serde(skip)]
    withheld_rows: Withheld,
    #[serde(skip)]
    count_only: bool,
}

#[derive(Serialize)]
struct HitLine {
    #[serde(flatten)]
    message: MessageLine,
    score: Option<f32>,
    /// Byte spans of `text` that match.
    highlights: Vec<(usize, usize)>,
}

#[derive(Serialize)]
struct ExpansionLine {
    at: usize,
    words: u64,
}

#[derive(Serialize)]
struct Explained {
    query: String,
    explained: String,
}

pub fn run(args: &SearchArgs, output: &Output) -> Result<Done> {
    let query = parse(&args.query)?;
    if args.explain {
        let explained = query.explain();
        let line = Explained { query: args.query.clone(), explained };
        output
            .print("emma/explained/v1", &line, |line, out| writeln!(out, "{}", line.explained))?;
        return Ok(Done::Ok);
    }
    let mut opened = open_for_reading(&args.case, &args.acting)?;
    match args.export {
        Some(form) => export(args, &query, form, &mut opened),
        None => list(args, &query, &mut opened, output),
    }
}

/// Prints a page of hits, or the total alone.
fn list(args: &SearchArgs, query: &Query, opened: &mut Opened, output: &Output) -> Result<Done> {
    let Opened { case, state, session } = opened;
    let snapshot = snapshot_of(case, session)?;
    let engine = Engine::open(&case.root, &snapshot, session, state)?;
    let (order, order_name) = match args.order {
        OrderArg::Newest => (Order::Newest, "newest"),
        OrderArg::Best => (Order::Best, "best"),
    };
    let (total, hits) = match args.count {
        true => (engine.searcher().count(query, engine.view())?, Vec::new()),
        false => {
            let (offset, limit) = (args.offset, args.limit);
            let found = engine.searcher().search(query, engine.view(), order, offset, limit)?;
            (found.total, found.hits)
        }
    };
    let mut lines = Vec::new();
    for hit in &hits {
        let score = (order == Order::Best).then_some(hit.score);
        lines.extend(hit_lines(&engine, hit, query, score)?);
    }
    let expansions = total.expansions.iter();
    let found = Found {
        query: args.query.clone(),
        explained: query.explain(),
        order: order_name,
        total: total.messages,
        offset: args.offset,
        hits: lines,
        withheld: withheld_by_name(&total.withheld),
        expansions: expansions.map(|one| ExpansionLine { at: one.at, words: one.words }).collect(),
        snapshot: snapshot.number,
        authority: session.authority().id.clone(),
        withheld_rows: total.withheld,
        count_only: args.count,
    };
    let access = Access {
        command: "search",
        query: Some(args.query.clone()),
        shown: hits.len() as u64,
        withheld: found.withheld_rows.clone(),
    };
    session.record(&mut case.log, &access, &mut emma_evidence::system_random)?;
    output.print("emma/search/v1", &found, human)?;
    Ok(Done::Ok)
}

fn hit_lines(
    engine: &Engine<'_>,
    hit: &Hit,
    query: &Query,
    score: Option<f32>,
) -> Result<Vec<HitLine>> {
    let rows = engine.rows(hit)?;
    let line = |row| {
        let message = MessageLine::from(row);
        let text = message.text.as_deref().unwrap_or_default();
        let spans = highlight(text, query).into_iter().map(|span| (span.start, span.end));
        HitLine { highlights: spans.collect(), message, score }
    };
    Ok(rows.iter().map(line).collect())
}

fn human(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    if !found.count_only {
        writeln!(out, "{}", inert::line(&found.explained))?;
    }
    let marks = if io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("«", "»") };
    for hit in &found.hits {
        human_hit(hit, marks, out)?;
    }
    let shown = if found.count_only || found.total <= found.hits.len() as u64 {
        String::new()
    } else {
        let last = found.offset + found.hits.len();
        format!(", {} to {} shown", grouped(found.offset as u64 + 1), grouped(last as u64))
    };
    let snapshot = found.snapshot;
    writeln!(out, "{}{shown} (snapshot {snapshot})", counted(found.total, "message"))?;
    for expansion in found.expansions.iter().filter(|one| one.words > 1) {
        let before = found.query.get(..expansion.at).unwrap_or_default();
        let (at, words) = (before.chars().count() + 1, counted(expansion.words, "word"));
        writeln!(out, "the pattern at character {at} stood for {words}")?;
    }
    print_withheld(out, &found.withheld_rows, &found.authority)
}

fn human_hit(hit: &HitLine, marks: (&str, &str), out: &mut dyn Write) -> io::Result<()> {
    let message = &hit.message;
    writeln!(out, "{}", super::show::heading(message))?;
    if let Some(text) = &message.text {
        writeln!(out, "    {}", marked(text, &hit.highlights, marks))?;
    }
    writeln!(out, "    {}", message.id)
}

/// The text on one line, harmless, with what matched marked.
fn marked(text: &str, spans: &[(usize, usize)], marks: (&str, &str)) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for (start, end) in spans {
        let (Some(plain), Some(hit)) = (text.get(done..*start), text.get(*start..*end)) else {
            continue;
        };
        out.push_str(&inert::line(plain));
        out.push_str(marks.0);
        out.push_str(&inert::line(hit));
        out.push_str(marks.1);
        done = *end;
    }
    out.push_str(&inert::line(text.get(done..).unwrap_or_default()));
    out
}

/// Streams every hit. The access entry is opened before the first row and closed after the last.
fn export(args: &SearchArgs, query: &Query, form: ExportArg, opened: &mut Opened) -> Result<Done> {
    let Opened { case, state, session } = opened;
    let snapshot = snapshot_of(case, session)?;
    let engine = Engine::open(&case.root, &snapshot, session, state)?;
    if let Some(path) = &args.output {
        refuse_existing(path)?;
    }
    let total = engine.searcher().count(query, engine.view())?;
    let mut access = Access {
        command: "search --export",
        query: Some(args.query.clone()),
        shown: 0,
        withheld: total.withheld,
    };
    let random = &mut emma_evidence::system_random;
    let entry = session.open_export(&mut case.log, &access, random)?;
    let written = match &args.output {
        Some(path) => to_file(path, &engine, query, form, &mut access.shown),
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            stream(&engine, query, form, &mut out, &mut access.shown)
        }
    };
    // An export that stops early is closed with what it had shown by then.
    session.close_export(&mut case.log, entry, &access, random)?;
    written?;
    let mut told = io::stderr().lock();
    writeln!(told, "{} exported", counted(access.shown, "message"))?;
    print_withheld(&mut told, &access.withheld, &session.authority().id)?;
    Ok(Done::Ok)
}

fn to_file(
    path: &Path,
    engine: &Engine<'_>,
    query: &Query,
    form: ExportArg,
    shown: &mut u64,
) -> Result<()> {
    let mut file = begin_new_file(path)?;
    let mut out = io::BufWriter::new(&mut file);
    stream(engine, query, form, &mut out, shown)?;
    drop(out);
    Ok(file.commit(path)?)
}

fn stream(
    engine: &Engine<'_>,
    query: &Query,
    form: ExportArg,
    out: &mut dyn Write,
    shown: &mut u64,
) -> Result<()> {
    if form == ExportArg::Csv {
        export::csv_header(out)?;
    }
    let mut failure: Option<Failure> = None;
    let streamed = engine.searcher().for_each(query, engine.view(), &mut |hit| {
        let rows = match engine.rows(&hit) {
            Ok(rows) => rows,
            Err(error) => {
                failure = Some(error.into());
                return Err(io::Error::other("a row cannot be read"));
            }
        };
        *shown += 1;
        for row in &rows {
            let line = MessageLine::from(row);
            match form {
                ExportArg::Csv => export::csv_message(out, &line)?,
                ExportArg::Ndjson => export::ndjson_message(out, &line)?,
            }
        }
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    streamed?;
    Ok(out.flush()?)
}
