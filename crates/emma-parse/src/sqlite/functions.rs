//! Functions that a mapping's query may call on values that SQL cannot look into.
//!
//! | function | gives |
//! | --- | --- |
//! | `plist_json(BLOB)` | a property list as JSON, archives resolved; null where it is none |
//! | `typedstream_text(BLOB)` | the text of an attributed string; null where it is none |
//! | `plain_text(TEXT)` | markup without tags, entities undone, breaks as line feeds |

use crate::{html, typedstream};
use plist::Value as Plist;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use serde_json::{Map, Value};
use std::io::Cursor;

/// Deepest nesting of an archive that is resolved.
const DEPTH_MAX: usize = 64;
/// Values that one archive may resolve to: references may be shared, and multiply.
const VALUES_MAX: usize = 100_000;

/// Adds the functions to a connection.
pub(super) fn add(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("plist_json", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => plist_json(bytes),
            _ => None,
        })
    })?;
    connection.create_scalar_function("typedstream_text", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Blob(bytes) => typedstream::text(bytes),
            _ => None,
        })
    })?;
    connection.create_scalar_function("plain_text", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(bytes) => Some(html::text(&String::from_utf8_lossy(bytes))),
            _ => None,
        })
    })
}

/// A property list as JSON.
fn plist_json(bytes: &[u8]) -> Option<String> {
    let value = Plist::from_reader(Cursor::new(bytes)).ok()?;
    let mut left = VALUES_MAX;
    let archive = value.as_dictionary().and_then(|dictionary| {
        let objects = dictionary.get("$objects")?.as_array()?;
        let top = dictionary.get("$top")?.as_dictionary()?;
        let root = top.get("root").or_else(|| top.values().next())?;
        Some((root, objects))
    });
    let json = match archive {
        Some((root, objects)) => resolve(root, objects, 0, &mut left)?,
        None => resolve(&value, &[], 0, &mut left)?,
    };
    serde_json::to_string(&json).ok()
}

fn resolve(value: &Plist, objects: &[Plist], depth: usize, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    if depth > DEPTH_MAX {
        return None;
    }
    let mut inner = |value: &Plist| resolve(value, objects, depth + 1, left);
    Some(match value {
        Plist::Uid(uid) => match objects.get(usize::try_from(uid.get()).ok()?)? {
            Plist::String(null) if null == "$null" => Value::Null,
            object => inner(object)?,
        },
        Plist::Array(values) => Value::Array(values.iter().map(inner).collect::<Option<_>>()?),
        Plist::Dictionary(dictionary) => {
            let list = |key: &str| dictionary.get(key).and_then(Plist::as_array);
            if let (Some(keys), Some(values)) = (list("NS.keys"), list("NS.objects")) {
                let mut map = Map::new();
                for (key, value) in keys.iter().zip(values) {
                    let key = match inner(key)? {
                        Value::String(key) => key,
                        other => other.to_string(),
                    };
                    map.insert(key, inner(value)?);
                }
                return Some(Value::Object(map));
            }
            if let Some(values) = list("NS.objects") {
                return Some(Value::Array(values.iter().map(inner).collect::<Option<_>>()?));
            }
            for single in ["NS.string", "NS.time", "NS.data"] {
                if let Some(value) = dictionary.get(single) {
                    return inner(value);
                }
            }
            let mut map = Map::new();
            for (key, value) in dictionary.iter().filter(|(key, _)| *key != "$class") {
                map.insert(key.clone(), inner(value)?);
            }
            Value::Object(map)
        }
        Plist::Boolean(truth) => Value::Bool(*truth),
        Plist::Integer(number) => match (number.as_signed(), number.as_unsigned()) {
            (Some(signed), _) => signed.into(),
            (None, unsigned) => unsigned?.into(),
        },
        Plist::Real(real) => serde_json::Number::from_f64(*real)
            .map_or_else(|| Value::String(real.to_string()), Value::Number),
        Plist::String(text) => Value::String(text.clone()),
        Plist::Date(date) => Value::String(date.to_xml_format()),
        Plist::Data(bytes) => Value::String(hex(bytes)),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_resolved_and_loops_end() {
        let plist = |xml: &str| {
            let head = "<?xml version=\"1.0\"?><plist version=\"1.0\">";
            plist_json(format!("{head}{xml}</plist>").as_bytes())
        };
        let list = plist("<dict><key>a</key><array><integer>1</integer><true/></array></dict>");
        assert_eq!(list.as_deref(), Some(r#"{"a":[1,true]}"#));
        assert_eq!(plist_json(b"bplist00 and no more"), None);
        // $top.root = UID 1 = {NS.keys: [UID 2], NS.objects: [UID 1]}: it holds itself.
        let mut inner = plist::Dictionary::new();
        let uid = |n| Plist::Uid(plist::Uid::new(n));
        inner.insert("NS.keys".into(), Plist::Array(vec![uid(2)]));
        inner.insert("NS.objects".into(), Plist::Array(vec![uid(1)]));
        let objects = vec![
            Plist::String("$null".into()),
            Plist::Dictionary(inner),
            Plist::String("k".into()),
        ];
        let mut left = 1_000;
        assert_eq!(resolve(&uid(1), &objects, 0, &mut left), None);
    }
}
