//! `emma files sheet`: a page of thumbnails for people who would rather look than read.
//!
//! The page holds everything itself and can load nothing: it may be handed on, and looks the
//! same in ten years. Text of others is escaped, and its invisible marks written out.

use super::super::log::{begin_new_file, refuse_existing};
use super::super::{Opened, open_for_reading, withheld_by_name};
use super::meaning;
use crate::args::ActingArgs;
use crate::fail::{Done, Failure, Result};
use crate::output::progress::Shower;
use crate::output::{Output, bytes, counted, grouped, inert};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use emma_case::access::{Access, Session};
use emma_case::case::Case;
use emma_case::clock::format_instant;
use emma_case::files::{self, Picture, Pictures};
use emma_case::present::MessageLine;
use emma_case::show::snapshot_of;
use emma_case::thumbs::{Thumbnail, Thumbs};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Characters of a message that stand under its picture.
const TEXT_CHARS_MAX: usize = 160;

#[derive(Serialize)]
struct SheetLine {
    pictures: u64,
    undecoded: u64,
    left_out: u64,
    withheld: BTreeMap<&'static str, u64>,
    snapshot: u64,
    authority: String,
}

pub fn run(
    root: &Path,
    file: &Path,
    limit: usize,
    acting: &ActingArgs,
    output: &Output,
) -> Result<Done> {
    refuse_existing(file)?;
    let program = std::env::current_exe()?.with_file_name("emma-thumb");
    if !program.exists() {
        let help = "build it beside emma: cargo build --release -p emma-thumb";
        return Err(Failure::usage("emma-thumb is not beside this program", help));
    }
    let Opened { mut case, state, session } = open_for_reading(root, acting)?;
    let snapshot = snapshot_of(&case, &session)?;
    let progress = Shower::new(output);
    let thumbs = Thumbs::by(program);
    let pictures = files::pictures(&case, &state, &session, &snapshot, limit, &thumbs, &progress);
    progress.finish();
    let pictures = pictures?;
    let undecoded = pictures.shown.iter().filter(|one| matches!(one.thumbnail, Thumbnail::None(_)));
    let line = SheetLine {
        pictures: pictures.shown.len() as u64,
        undecoded: undecoded.count() as u64,
        left_out: pictures.left_out,
        withheld: withheld_by_name(&pictures.withheld),
        snapshot: snapshot.number,
        authority: session.authority().id.clone(),
    };
    let access = Access {
        command: "files sheet",
        query: None,
        shown: line.pictures,
        withheld: pictures.withheld.clone(),
    };
    session.record(&mut case.log, &access, &mut emma_evidence::system_random)?;
    let mut out = begin_new_file(file)?;
    let mut page = io::BufWriter::new(&mut out);
    write_page(&case, &session, snapshot.number, &pictures, &mut page)?;
    page.flush()?;
    drop(page);
    out.commit(file)?;
    output.print("emma/files-sheet/v1", &line, |line, out| {
        writeln!(out, "{} on the page", counted(line.pictures, "picture"))?;
        if line.undecoded > 0 {
            writeln!(out, "{} of them without a thumbnail: the page says why", line.undecoded)?;
        }
        if line.left_out > 0 {
            writeln!(out, "{} more left out: --limit", grouped(line.left_out))?;
        }
        super::print_withheld(out, &pictures.withheld, &line.authority)
    })?;
    Ok(Done::Ok)
}

const HEAD: &str = include_str!("sheet.html");

fn write_page(
    case: &Case,
    session: &Session,
    snapshot: u64,
    pictures: &Pictures,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    if case.meta.kind == emma_case::authority::CaseKind::Synthetic {
        writeln!(out, "<p class=\"synthetic\">SYNTHETIC: invented data, no real person</p>")?;
    }
    let shown = pictures.shown.len() as u64;
    writeln!(out, "<h1>{}</h1>", counted(shown, "picture"))?;
    writeln!(out, "<dl>")?;
    let mut rows = vec![
        ("case", case.meta.id.to_string()),
        ("snapshot", snapshot.to_string()),
        ("authority", session.authority().id.clone()),
        ("made by", session.actor().signer.name().to_owned()),
        ("reason", session.reason().to_owned()),
        ("made", format_instant(session.at())),
    ];
    if pictures.left_out > 0 {
        rows.push(("left out", format!("{} more (--limit)", grouped(pictures.left_out))));
    }
    let withheld: u64 = pictures.withheld.values().sum();
    rows.push(("withheld", format!("{} files under this authority", grouped(withheld))));
    for (state, count) in &pictures.totals.by_state {
        rows.push((state.name(), format!("{}: {}", grouped(*count), meaning(*state))));
    }
    for (name, value) in rows {
        writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value))?;
    }
    writeln!(out, "</dl>\n<div class=\"grid\">")?;
    for picture in &pictures.shown {
        write_picture(picture, out)?;
    }
    writeln!(out, "</div></body></html>")
}

fn write_picture(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let file = &picture.file;
    let name = if file.member.is_empty() { &file.path } else { &file.member };
    let size = match &picture.thumbnail {
        Thumbnail::Made { size, jpeg } => {
            write!(out, "<figure><div class=\"frame\"><img alt=\"\" loading=\"lazy\" ")?;
            writeln!(out, "src=\"data:image/jpeg;base64,{}\"></div>", BASE64.encode(jpeg))?;
            format!("{} × {}, ", size.0, size.1)
        }
        Thumbnail::None(why) => {
            let media = escaped(&file.media);
            writeln!(
                out,
                "<figure><div class=\"frame\"><p>{media}<br>no thumbnail: {why}</p></div>"
            )?;
            String::new()
        }
    };
    writeln!(out, "<figcaption>")?;
    for message in &picture.messages {
        write_message(message, out)?;
    }
    let more = picture.named.saturating_sub(picture.messages.len() as u64);
    let named = match (picture.named, more) {
        (0, _) => "named by no record".to_owned(),
        (named, _) => format!("named by {}", counted(named, "record")),
    };
    let (bytes, media) = (bytes(file.bytes), escaped(&file.media));
    writeln!(out, "<p>{}<br>{size}{bytes}, {media}, {named}</p>", escaped(name))?;
    writeln!(out, "<code>sha-256 {}<br>{}</code>", file.digest, escaped(&file.place))?;
    writeln!(out, "</figcaption></figure>")
}

fn write_message(message: &MessageLine, out: &mut dyn Write) -> io::Result<()> {
    let when = message.time.as_ref().map_or("undated", |time| &time.earliest);
    let from = escaped(message.from.as_deref().unwrap_or("?"));
    let to = escaped(&message.to.join(", "));
    let arrow = if to.is_empty() { "" } else { " → " };
    writeln!(out, "<p><span class=\"when\">{when}</span><br>{from}{arrow}{to}</p>")?;
    if let Some(text) = &message.text {
        let mut short: String = text.chars().take(TEXT_CHARS_MAX).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        writeln!(out, "<p class=\"text\">{}</p>", escaped(&short))?;
    }
    Ok(())
}

/// Text of others as HTML: it is shown and does nothing.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inert::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_of_others_does_nothing_on_the_page() {
        assert_eq!(escaped("<b>\"&'"), "&lt;b&gt;&quot;&amp;&#39;");
        assert_eq!(escaped("a\u{202e}b"), "a\\u{202e}b");
    }
}
