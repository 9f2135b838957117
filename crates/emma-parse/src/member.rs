//! What a parser is told about the bytes it reads.

use emma_model::MemberPath;

/// One member: where it is and what it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member<'a> {
    /// The way into containers; empty for the exhibit itself.
    pub path: &'a MemberPath,
    /// The exhibit's delivered path.
    pub delivered: &'a str,
    /// The member's name as found in its container, decoded for display; the delivered path for
    /// the exhibit itself. Only ever a name: nothing is opened or written under it.
    pub name: &'a str,
}

impl<'a> Member<'a> {
    /// The last component of the name.
    pub fn file_name(&self) -> &'a str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(self.name)
    }

    /// The file name without its last extension.
    pub fn file_stem(&self) -> &'a str {
        let name = self.file_name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[..dot],
            _ => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_the_file_name_without_its_last_extension() {
        let path = MemberPath::default();
        let stem = |name| Member { path: &path, delivered: name, name }.file_stem().to_owned();
        assert_eq!(stem("a/b.c/2004-12-25.train-c.raw.txt"), "2004-12-25.train-c.raw");
        assert_eq!(stem("a/.hidden"), ".hidden");
        assert_eq!(stem("..\\x.log"), "x");
        assert_eq!(stem(""), "");
    }
}
