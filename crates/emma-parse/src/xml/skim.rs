//! The open elements inside one that is skimmed for its end.

use super::lex::{Kind, Name};

/// Names of open elements, as numbers. Deeper than the limit they are only counted.
pub(super) struct Stack {
    names: Vec<u64>,
    deeper: u64,
    depth_max: usize,
}

impl Stack {
    /// Inside the element `name`, or already after it, if it is empty.
    pub fn of(name: Name, empty: bool, depth_max: usize) -> Stack {
        let names = if empty { Vec::new() } else { vec![name.whole] };
        Stack { names, deeper: 0, depth_max: depth_max.max(1) }
    }

    /// True after the end.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many elements are open.
    pub fn depth(&self) -> u64 {
        self.names.len() as u64 + self.deeper
    }

    /// True where more are open than may be.
    pub fn is_too_deep(&self) -> bool {
        self.deeper > 0
    }

    /// True where an element of that name is open.
    pub fn holds(&self, name: Name) -> bool {
        self.deeper > 0 || self.names.contains(&name.whole)
    }

    /// One more piece. An end tag closes the innermost element of its name and all inside it.
    pub fn take(&mut self, kind: Kind, name: Name) {
        match kind {
            Kind::Start if self.names.len() >= self.depth_max => self.deeper += 1,
            Kind::Start => self.names.push(name.whole),
            Kind::End if self.deeper > 0 => self.deeper -= 1,
            Kind::End => {
                if let Some(found) = self.names.iter().rposition(|open| *open == name.whole) {
                    self.names.truncate(found);
                }
            }
            _ => {}
        }
    }
}
