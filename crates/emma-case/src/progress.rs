//! How long work tells what it is doing.

/// Told of the stages of long work. Implementations are called from several threads.
pub trait Progress: Sync {
    /// A stage begins; `total` is how much there is to do, where that is known.
    fn stage(&self, name: &'static str, total: Option<u64>);
    /// So much more of the current stage is done (records, rows or files).
    fn advance(&self, count: u64);
    /// So many more bytes of delivered data were read.
    fn bytes(&self, count: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &'static str, _total: Option<u64>) {}
    fn advance(&self, _count: u64) {}
    fn bytes(&self, _count: u64) {}
}
