//! Which readers a reading may use, and the name under which its result is kept.

use crate::format::{FORMATS, OTHER_READERS};
use crate::mapping::{self, Mapping};
use emma_model::Digest;

/// Name and version of every built-in reader, sorted.
fn readers() -> Vec<(&'static str, u32)> {
    let formats = FORMATS.iter().map(|format| (format.name, format.version));
    let mut all: Vec<_> = formats.chain(OTHER_READERS).collect();
    all.sort_unstable();
    all
}

/// A choice of readers: a mapping given for the delivery, then shipped mappings, then built-ins.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) given: Option<Mapping>,
    pub(crate) shipped: Vec<Mapping>,
}

impl Plan {
    /// A plan with the mapping that was given, if any, and the shipped ones if wanted.
    pub fn new(mapping: Option<Mapping>, shipped: bool) -> Plan {
        let shipped = if shipped { mapping::shipped() } else { Vec::new() };
        Plan { given: mapping, shipped }
    }

    /// A plan of exactly these mappings, tried in this order, then the built-in readers.
    pub fn of(mappings: Vec<Mapping>) -> Plan {
        Plan { given: None, shipped: mappings }
    }

    /// Its mappings, in the order in which they are tried.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.given.iter().chain(&self.shipped)
    }

    /// The digest of everything that decides what a reading finds: readers with their versions
    /// and the mappings' digests, in order.
    pub fn id(&self) -> Digest {
        let mut text = String::from("emma/plan/v1\n");
        for line in self.describe() {
            text.push_str(&line);
            text.push('\n');
        }
        Digest::of(text.as_bytes())
    }

    /// The name of a reader with its version, `irc/1` or `mapping:NAME/3`; the bare name where
    /// this plan does not know it.
    pub fn versioned(&self, name: &str) -> String {
        let built_in = readers().into_iter().find(|(known, _)| *known == name);
        let mapping = name.strip_prefix("mapping:");
        let mapping = self.mappings().find(|known| Some(known.name()) == mapping);
        let version = built_in.map(|(_, version)| version).or(mapping.map(Mapping::version));
        version.map_or_else(|| name.to_owned(), |version| format!("{name}/{version}"))
    }

    /// One line a reader: `mapping NAME VERSION DIGEST` or `NAME VERSION`, mappings first in the
    /// order in which they are tried.
    pub fn describe(&self) -> Vec<String> {
        let mappings = self.given.iter().chain(&self.shipped);
        let mut lines: Vec<String> = mappings
            .map(|mapping| {
                format!("mapping {} {} {}", mapping.name(), mapping.version(), mapping.digest())
            })
            .collect();
        lines.extend(readers().into_iter().map(|(name, version)| format!("{name} {version}")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_named_by_its_readers() {
        assert_eq!(Plan::new(None, false).id(), Plan::new(None, false).id());
        assert!(readers().is_sorted());
        assert!(Plan::new(None, false).describe().contains(&"irc 1".to_owned()));
    }
}
