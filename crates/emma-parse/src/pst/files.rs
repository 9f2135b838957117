//! What is attached to an item (MS-PST 2.4.6; MS-OXCMSG 2.2.2).

use super::entry::{Entry, Values};
use super::folders::kind;
use super::pages::Node;
use super::properties::{Held, Object};
use super::store::Store;
use crate::limits::PST_FILES_MAX;
use crate::media;
use crate::window::{Window, WindowReader};
use emma_model::Digest;
use std::io::{self, Read};

/// The type of nodes that are attachments.
const ATTACHMENT: u32 = 0x05;
/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: usize = 8 << 10;

/// Properties.
const DATA: u16 = 0x3701;
const SHORT_NAME: u16 = 0x3704;
const METHOD: u16 = 0x3705;
const NAME: u16 = 0x3707;
const SHORT_PATH: u16 = 0x3708;
const PATH: u16 = 0x370D;
const TYPE: u16 = 0x370E;
const CONTENT_ID: u16 = 0x3712;
const TITLE: u16 = 0x3001;
/// A message within, by [`METHOD`].
const EMBEDDED: i64 = 5;

/// An attachment.
pub(super) struct File {
    /// The attachment's node.
    pub node: Node,
    pub name: String,
    kind: String,
    /// Where the file is that is only referred to.
    path: Option<String>,
    content_id: Option<String>,
    /// Length and digest of its bytes, where it has some.
    sum: Option<(u64, Digest)>,
    /// The item it is, where it is one.
    pub item: Option<Node>,
}

/// The attachments of an item, by their nodes' ids.
pub(super) fn read(values: &Values<'_>) -> io::Result<Vec<File>> {
    let store = values.store;
    let nodes = values.object.nodes.iter().filter(|node| kind(node.id) == ATTACHMENT);
    let mut files = Vec::new();
    for node in nodes {
        if files.len() == PST_FILES_MAX {
            store.note("pst.limit", "an item has more attachments than are read");
            break;
        }
        if let Some(object) = Object::open(store, node)? {
            files.push(file(store, node, &object)?);
        }
    }
    Ok(files)
}

fn file(store: &Store, node: &Node, object: &Object) -> io::Result<File> {
    let mut name = None;
    for id in [NAME, SHORT_NAME, TITLE] {
        name = match name {
            None => object.text(store, id)?,
            found => found,
        };
    }
    let item = match object.number(store, METHOD)? {
        Some(EMBEDDED) => object.object(store, DATA)?.copied(),
        _ => None,
    };
    let held = match item {
        Some(_) => None,
        None => data(store, object)?,
    };
    let (sum, found) = match &held {
        Some(Held::Bytes(bytes)) => {
            let sum = (bytes.len() as u64, Digest::of(bytes));
            (Some(sum), media::of(&bytes[..bytes.len().min(HEAD_BYTES)]))
        }
        Some(Held::Block(block)) => {
            let (sum, found) = sum(&mut store.stream(*block)?)?;
            (Some(sum), found)
        }
        None => (None, ""),
    };
    let said = object.text(store, TYPE)?.map(|kind| kind.to_lowercase());
    let path = match object.text(store, PATH)? {
        None => object.text(store, SHORT_PATH)?,
        path => path,
    };
    Ok(File {
        node: *node,
        name: name.unwrap_or_default(),
        kind: said.unwrap_or_else(|| found.to_owned()),
        path,
        content_id: object.text(store, CONTENT_ID)?,
        sum,
        item,
    })
}

/// Where the bytes of an attachment are.
fn data(store: &Store, object: &Object) -> io::Result<Option<Held>> {
    Ok(match object.object(store, DATA)? {
        // An object that is no message (a drawing of another program) is a node of its own.
        Some(node) => Some(Held::Block(node.data)),
        None => object.held(store, DATA)?.map(|(_, held)| held),
    })
}

/// The same of an attachment that was read before.
pub(super) fn held(store: &Store, node: &Node) -> io::Result<Option<Held>> {
    match Object::open(store, node)? {
        Some(object) => data(store, &object),
        None => Ok(None),
    }
}

/// Length, digest and media type of what can be read.
fn sum(bytes: &mut dyn Read) -> io::Result<((u64, Digest), &'static str)> {
    let mut window = Window::new(bytes);
    window.fill(HEAD_BYTES)?;
    let found = media::of(&window.bytes()[..window.bytes().len().min(HEAD_BYTES)]);
    io::copy(&mut WindowReader(&mut window), &mut io::sink())?;
    let (length, digest) = window.finish();
    Ok(((length, digest.expect("the window hashes")), found))
}

/// The table of the item in an attachment: the way to it by nodes.
pub(super) fn table(around: &str, item: u32, attachment: u32) -> String {
    format!("{around}/{item}/{attachment}")
}

impl File {
    /// Tells of the attachment, the `number`th of the item with this id.
    pub fn tell(&self, entry: &mut Entry, number: usize, around: &str, item: u32) {
        let column = |what: &str| format!("file.{number}.{what}");
        entry.row_text(&column("name"), &self.name);
        entry.extra("file", &self.name);
        entry.inspect("file", &self.name);
        if !self.kind.is_empty() {
            entry.row_text(&column("type"), &self.kind);
            entry.extra("file_type", &self.kind);
        }
        if let Some(id) = &self.content_id {
            entry.row_text(&column("content_id"), id);
        }
        if let Some(path) = &self.path {
            entry.row_text(&column("path"), path);
            entry.extra("file_path", path);
        }
        if let Some(inner) = &self.item {
            let table = table(around, item, self.node.id);
            entry.row_text(&column("item"), &format!("{table}/{}", inner.id));
            entry.extra("file_item", &format!("{table}/{}", inner.id));
        }
        if let Some((length, digest)) = &self.sum {
            let digest = digest.to_string();
            entry.row_number(&column("bytes"), *length as i64);
            entry.row_text(&column("sha256"), &digest);
            entry.extra("file_bytes", &length.to_string());
            entry.extra("file_sha256", &digest);
        }
    }
}
