//! What is put into a mailbox.

/// A property's value.
#[derive(Clone)]
pub enum Val {
    Text(String),
    Short(i16),
    Long(i32),
    Bool(bool),
    /// Units of 100 nanoseconds since 1601.
    Time(u64),
    Binary(Vec<u8>),
    Object(u32, u32),
    /// Bytes that are already in a block, or a list of blocks.
    Stored(u64),
}

pub fn text(value: &str) -> Val {
    Val::Text(value.to_owned())
}

/// Seconds since 1970 as a time.
pub fn at(seconds: u64) -> Val {
    Val::Time(116_444_736_000_000_000 + seconds * 10_000_000)
}

/// An item: its properties, recipients (kind, name, address) and files.
#[derive(Clone, Default)]
pub struct Item {
    pub values: Vec<(u16, Val)>,
    pub to: Vec<(i32, &'static str, &'static str)>,
    pub files: Vec<Attached>,
}

/// What is attached.
#[derive(Clone)]
pub enum Attached {
    Bytes(&'static str, &'static str, Vec<u8>),
    Item(&'static str, Item),
}
