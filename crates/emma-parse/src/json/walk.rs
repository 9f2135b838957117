//! Walks a JSON document of any length and hands over the objects that are records.
//!
//! A format says under which paths its records stand ([`Records::RECORDS`]) and which plain
//! values before them they borrow ([`Records::HEADS`]). A path is keys and `[]` joined by `/`:
//! `messages/[]` is each element of a top list called `messages`, the empty path a value at the
//! top, of which there may be many (one a line, or one after another). `*` is any key.
//!
//! 1. Brackets, commas, keys and plain values around records are framing ([`Structure`]).
//! 2. An object under a record's path, or that is a record by its content, is read whole by the
//!    format; any other object is kept as a record of its raw values.
//! 3. After a fault that is no small one bytes are anomalies up to the next object that is a
//!    record by its content ([`resume`](self)).

use super::object::Object;
use super::structure::{Level, Step, Stepped, Stop, Structure};
use super::{Kind, Value, decode, value_at};
use crate::emit::Emitter;
use crate::limits::Limits;
use crate::window::Window;
use emma_model::{Anomaly, Record, RecordKind};
use std::io;

mod path;
mod resume;

pub(crate) use path::{Head, Heads};
use path::{Place, steps};

/// Longest key kept, in bytes: longer ones are no key anybody asks for.
const KEY_BYTES_MAX: usize = 512;

/// A format made of JSON objects.
pub(crate) trait Records {
    /// What the network is called.
    const NETWORK: &'static str;
    /// Kind of the anomaly of a record that was read after a fault.
    const RESUMED: &'static str;
    /// Paths of records.
    const RECORDS: &'static [&'static str];
    /// Paths of plain values that records borrow. One that ends in `*` is the key itself.
    const HEADS: &'static [&'static str];

    /// Whether a whole object is a record by its content.
    fn is_record(&self, object: &[u8], depth_max: usize) -> bool;

    /// Reads a record. Every member of the object that is not used must end up in its extra values.
    fn read<'a>(&'a mut self, found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a>;
}

/// A record's object and what is known around it.
pub(crate) struct Found<'a> {
    /// Its members.
    pub object: Object<'a>,
    /// The key under which it, or the list that holds it, stands; empty at the top.
    pub section: &'a str,
    /// What was read before it.
    pub heads: &'a Heads,
    /// Its first byte in the member.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// One walk.
struct Walk<'a, 'w, 'r, 's, R> {
    reader: &'a mut R,
    structure: Structure<'a, 'w, 'r, 's, Heads>,
    records: Vec<Vec<&'static str>>,
    /// The levels around the last record: reading goes on there after a fault.
    home: Option<Vec<Level<String, ()>>>,
    home_is_old: bool,
    /// Bytes that were looked at in vain after faults, in total.
    wasted: u64,
}

/// Reads a member to its end.
pub(crate) fn read<R: Records>(
    reader: &mut R,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let mut walk = Walk {
        reader,
        structure: Structure::begin(window, emitter, limits, Heads::default())?,
        records: R::RECORDS.iter().map(|path| steps(path)).collect(),
        home: None,
        home_is_old: true,
        wasted: 0,
    };
    while walk.step()? {}
    walk.structure.finish()
}

impl<R: Records> Walk<'_, '_, '_, '_, R> {
    /// Takes the next step; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        let mut taken = self.take();
        loop {
            match taken {
                Ok(more) => return Ok(more),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Broken { anomaly, skip }) => {
                    taken = self.resynchronise(&anomaly, skip).map(|()| true);
                }
            }
        }
    }

    fn take(&mut self) -> Stepped<bool> {
        match self.structure.step()? {
            Step::End => return Ok(false),
            Step::Top(byte @ (b'{' | b'[')) => {
                self.structure.around = Heads::default();
                self.value(byte)?;
            }
            Step::Top(b',') => self.structure.pass_byte(),
            Step::Top(_) => {
                let anomaly = Anomaly::new("json.syntax", "expected an object");
                return Err(Stop::Broken { anomaly, skip: 1 });
            }
            Step::Key => {
                self.home_is_old = true;
                self.name_by_key();
            }
            Step::Closed => self.home_is_old = true,
            Step::Value(byte) => self.value(byte)?,
        }
        Ok(true)
    }

    fn value(&mut self, byte: u8) -> Stepped<()> {
        match byte {
            b'[' => self.open(false),
            b'{' => {
                let place = self.place();
                match place {
                    Place { record: true, leads: false } => self.unit(true),
                    Place { record: true, leads: true } => match self.whole()? {
                        Some(true) => self.unit(true),
                        _ if self.is_envelope() => self.open(true),
                        _ => self.unit(true),
                    },
                    Place { leads: true, .. } => self.open(true),
                    _ => match self.whole()? {
                        // A list under a key nobody knows may still hold records.
                        Some(record) => self.unit(record),
                        None => self.open(true),
                    },
                }
            }
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Stepped<()> {
        let length = self.structure.token()?;
        let is_value = |path: &&str| !path.ends_with('*') && self.stands_at(&steps(path));
        let wanted = R::HEADS.iter().copied().find(is_value);
        if let Some(path) = wanted
            && let Ok(value) = value_at(&self.structure.rest()[..length], 0, 1)
            && value.kind != Kind::Null
        {
            let text = plain(value);
            self.structure.around.remember(path, text);
        }
        self.structure.pass(length)?;
        Ok(())
    }

    /// Looks at the object after the framing: `None` where it is broken or too long to be read
    /// at once, else whether it is a record by its content.
    fn whole(&mut self) -> io::Result<Option<bool>> {
        let limit = self.structure.limits.record_bytes_max;
        let depth_max = self.structure.limits.json_depth_max;
        self.structure.fill(limit + 1)?;
        Ok(match value_at(self.structure.rest(), 0, depth_max) {
            Ok(value) if value.bytes.len() <= limit => {
                Some(self.reader.is_record(value.bytes, depth_max))
            }
            _ => None,
        })
    }

    /// Hands over the object that starts after the framing as a record of its own.
    fn unit(&mut self, by_path: bool) -> Stepped<()> {
        let structure = &mut self.structure;
        let length = structure.item()?;
        if by_path && self.home_is_old {
            self.home = Some(structure.stack.clone());
            self.home_is_old = false;
        }
        let section = structure.stack.iter().rev().find_map(|level| level.key.as_deref());
        let section = section.unwrap_or_default();
        let raw = &structure.window.bytes()[..length];
        let mut anomalies = std::mem::take(&mut structure.odd);
        let object = Object::new(raw, structure.limits.json_depth_max, &mut anomalies);
        let record = match by_path {
            true => {
                let (offset, length) = (structure.emitter.offset(), length as u64);
                let found = Found { object, section, heads: &structure.around, offset, length };
                self.reader.read(found, &mut anomalies)
            }
            false => other(R::NETWORK, section, object),
        };
        structure.emitter.record(raw, structure.window.line(), record, anomalies)?;
        structure.taken(length);
        Ok(())
    }

    fn open(&mut self, object: bool) -> Stepped<()> {
        self.structure.may_open()?;
        self.structure.open(object, ());
        self.home_is_old = true;
        Ok(())
    }
}

/// A string's text; anything else as it stands.
fn plain(value: Value<'_>) -> String {
    match value.string() {
        Some(inside) => decode(inside).text.into_owned(),
        None => String::from_utf8_lossy(value.bytes).into_owned(),
    }
}

/// An object that no path leads to: its values, raw.
fn other<'a>(network: &'static str, section: &'a str, object: Object<'a>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, network);
    if !section.is_empty() {
        record.extra.push(("section".into(), section.into()));
    }
    object.leave(&mut record);
    record
}
