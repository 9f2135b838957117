//! NSKeyedArchiver: objects that refer to `$objects` by number, with a class each.

use super::object::{List, Object};

/// The `$objects` of an archive, by their numbers in the list.
pub(super) struct Archive {
    objects: Vec<usize>,
    /// Names and numbers of what the archive holds.
    pub top: Vec<(String, usize)>,
}

/// What an archived object is.
pub(super) enum Archived {
    /// The one that it stands for.
    Same(usize),
    Pairs(Vec<(usize, usize)>),
    Items(Vec<usize>),
    /// Seconds since 2001.
    Date(usize),
    /// Its class's name and its fields.
    Fields(Option<String>, Vec<(usize, usize)>),
}

impl Archive {
    /// The archive that a list is, if it is one.
    pub fn of(list: &dyn List) -> Option<Archive> {
        let Object::Dictionary(root) = list.object(list.root())? else { return None };
        let field = |name: &str| field(list, &root, name);
        let Object::Text(archiver) = list.object(field("$archiver")?)? else { return None };
        let Object::Array(objects) = list.object(field("$objects")?)? else { return None };
        let Object::Dictionary(top) = list.object(field("$top")?)? else { return None };
        let known = matches!(&*archiver, "NSKeyedArchiver" | "NRKeyedArchiver");
        let named = |(key, value): (usize, usize)| match list.object(key)? {
            Object::Text(name) => Some((name.into_owned(), value)),
            _ => None,
        };
        known.then(|| Archive { objects, top: top.into_iter().filter_map(named).collect() })
    }

    /// The number in the list of an object of the archive; 0 is nothing.
    pub fn resolve(&self, uid: u64) -> Option<usize> {
        match uid {
            0 => None,
            uid => self.objects.get(usize::try_from(uid).ok()?).copied(),
        }
    }

    /// What the dictionary of an archived object tells. `work` grows with the objects read.
    pub fn archived(
        &self,
        list: &dyn List,
        fields: &[(usize, usize)],
        work: &mut usize,
    ) -> Option<Archived> {
        let class = field(list, fields, "$class")?;
        let class = self.class(list, class);
        let mut many = |name: &str| match list.object(field(list, fields, name)?)? {
            Object::Array(items) => {
                *work += items.len();
                Some(items)
            }
            _ => None,
        };
        let same = ["NS.string", "NS.data", "NS.relative", "NS.uuidbytes", "NS.bytes"];
        Some(match class.as_deref() {
            Some("NSDictionary" | "NSMutableDictionary") => {
                Archived::Pairs(many("NS.keys")?.into_iter().zip(many("NS.objects")?).collect())
            }
            Some(
                "NSArray"
                | "NSMutableArray"
                | "NSSet"
                | "NSMutableSet"
                | "NSOrderedSet"
                | "NSMutableOrderedSet",
            ) => Archived::Items(many("NS.objects")?),
            Some("NSDate") => Archived::Date(field(list, fields, "NS.time")?),
            Some(
                "NSString" | "NSMutableString" | "NSData" | "NSMutableData" | "NSURL" | "NSUUID",
            ) => Archived::Same(same.into_iter().find_map(|name| field(list, fields, name))?),
            _ => {
                let own = |(key, _): &&(usize, usize)| !list.is_text(*key, "$class");
                Archived::Fields(class, fields.iter().filter(own).copied().collect())
            }
        })
    }

    fn class(&self, list: &dyn List, number: usize) -> Option<String> {
        let Object::Uid(uid) = list.object(number)? else { return None };
        let Object::Dictionary(fields) = list.object(self.resolve(uid)?)? else { return None };
        match list.object(field(list, &fields, "$classname")?)? {
            Object::Text(name) => Some(name.into_owned()),
            _ => None,
        }
    }
}

/// The value of a key of a dictionary.
fn field(list: &dyn List, fields: &[(usize, usize)], name: &str) -> Option<usize> {
    // Fields that name a class are few; a dictionary of many keys is no archived object.
    const LOOK_MAX: usize = 512;
    let found = fields.iter().take(LOOK_MAX).find(|(key, _)| list.is_text(*key, name));
    found.map(|(_, value)| *value)
}
