//! Goes through the items of a file: messages by id, each followed by those within it.

use super::entry::{Entry, Values};
use super::files::{self, File};
use super::folders::{Folders, Home, kind};
use super::kinds;
use super::named::{self, Named};
use super::pages::Node;
use super::properties::{Held, Object};
use super::store::Store;
use crate::limits::{Limits, PST_NESTED_MAX};
use crate::rows::{Row, VisitDocument};
use emma_model::{Anomaly, Record};
use std::io;

/// Types of nodes that are items.
const MESSAGE: u32 = 0x04;
const ASSOCIATED: u32 = 0x08;

/// Is shown items: their rows, their records and what is odd about them.
type VisitItem<'v> = &'v mut dyn FnMut(Row<'_>, Record<'_>, Vec<Anomaly>) -> io::Result<()>;

/// Is shown what is found.
pub(super) struct Visit<'v> {
    pub item: VisitItem<'v>,
    /// The attached files. Without it they are not read.
    pub file: Option<VisitDocument<'v>>,
}

/// Goes through `store`; returns what is odd about the file as a whole.
pub(super) fn each(store: &Store, limits: &Limits, visit: Visit<'_>) -> io::Result<Vec<Anomaly>> {
    let nodes = store.nodes()?;
    let named = Named::open(store, super::properties::within(&nodes, named::NODE))?;
    let folders = Folders::open(store, &nodes)?;
    let mut anomalies = store.notes();
    let mut reading = Reading { store, limits, named, folders, visit };
    let mut associated = 0;
    for node in &nodes {
        match kind(node.id) {
            MESSAGE => reading.message(node)?,
            ASSOCIATED => associated += 1,
            _ => {}
        }
    }
    if associated > 0 {
        let note = "views, rules and settings of folders are counted, not read";
        let field = format!("{associated} items");
        anomalies.push(Anomaly::field("pst.associated_unread", field, note));
    }
    let free = store.header.free;
    if free > 0 {
        let note = "bytes no longer in use may hold deleted messages; they are not read";
        anomalies.push(Anomaly::field("pst.free", format!("{free} bytes"), note));
    }
    Ok(anomalies)
}

struct Reading<'r, 'v> {
    store: &'r Store,
    limits: &'r Limits,
    named: Named,
    folders: Folders,
    visit: Visit<'v>,
}

/// The item that another is in.
struct Around<'a> {
    table: &'a str,
    home: &'a Home,
    /// The data of the items around, so that none is within itself.
    blocks: Vec<u64>,
}

impl Reading<'_, '_> {
    fn message(&mut self, node: &Node) -> io::Result<()> {
        let home = self.folders.home(self.store, node.parent);
        let mut findings = Vec::new();
        if !self.folders.lists(node.id) {
            let note = "no folder lists the message; it may have been deleted";
            findings.push(Anomaly::new("pst.orphan", note));
        }
        let around = Around { table: "message", home: &home, blocks: vec![node.data] };
        self.item(node, &around, findings)
    }

    /// An item, then the files in it, then the items in it.
    fn item(&mut self, node: &Node, around: &Around<'_>, findings: Vec<Anomaly>) -> io::Result<()> {
        let store = self.store;
        let object = match node.data {
            0 => None,
            _ => Object::open(store, node)?,
        };
        let Some(object) = object else {
            return self.unreadable(node, around, findings);
        };
        let values = Values::new(store, &object);
        let files = files::read(&values)?;
        let mut entry = kinds::entry(&values, self.limits)?;
        place(&mut entry, node, around.home);
        kinds::fill(&mut entry, &values, &self.named)?;
        for (at, file) in files.iter().enumerate() {
            file.tell(&mut entry, at + 1, around.table, node.id);
        }
        kinds::texts(&mut entry, &values)?;
        entry.row_number("properties_unread", values.unread() as i64);
        entry.anomalies.extend(findings);
        let (raw, record, mut anomalies) = entry.end();
        anomalies.extend(store.notes());
        // What is within may be deep: nothing of this item is held meanwhile.
        drop(values);
        drop(object);
        let row = Row { table: around.table, row: node.id.into(), raw: &raw };
        (self.visit.item)(row, record, anomalies)?;
        drop(raw);
        for file in &files {
            self.inside(file, node, around)?;
        }
        Ok(())
    }

    /// What an attached file holds.
    fn inside(&mut self, file: &File, item: &Node, around: &Around<'_>) -> io::Result<()> {
        let store = self.store;
        match &file.item {
            Some(node) => {
                let table = files::table(around.table, item.id, file.node.id);
                let mut blocks = around.blocks.clone();
                if blocks.contains(&node.data) || blocks.len() > PST_NESTED_MAX {
                    let note = "messages are nested too deep or within themselves";
                    let findings = vec![Anomaly::new("pst.nested_too_deep", note)];
                    let around = Around { table: &table, home: around.home, blocks };
                    return self.unreadable(node, &around, findings);
                }
                blocks.push(node.data);
                self.item(node, &Around { table: &table, home: around.home, blocks }, Vec::new())
            }
            None => {
                let Some(visit) = &mut self.visit.file else {
                    return Ok(());
                };
                match files::held(store, &file.node)? {
                    Some(Held::Bytes(bytes)) => visit(&file.name, &mut bytes.as_slice()),
                    Some(Held::Block(block)) => visit(&file.name, &mut store.stream(block)?),
                    None => Ok(()),
                }
            }
        }
    }

    /// An item of which nothing can be read but that it is there.
    fn unreadable(
        &mut self,
        node: &Node,
        around: &Around<'_>,
        mut findings: Vec<Anomaly>,
    ) -> io::Result<()> {
        let mut entry = Entry::new(emma_model::RecordKind::Other, self.limits);
        place(&mut entry, node, around.home);
        let note = "the properties of an item cannot be read";
        findings.push(Anomaly::new("pst.item_unreadable", note));
        let (raw, record, _) = entry.end();
        findings.extend(self.store.notes());
        let row = Row { table: around.table, row: node.id.into(), raw: &raw };
        (self.visit.item)(row, record, findings)
    }
}

/// Where an item is.
fn place(entry: &mut Entry, node: &Node, home: &Home) {
    entry.row_number("node", node.id.into());
    entry.both("folder", &home.path);
    if home.deleted {
        entry.both("folder_deleted", "yes");
    }
}
