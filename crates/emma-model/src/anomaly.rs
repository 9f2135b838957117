//! Bytes that did not parse, or parsed oddly.

/// What kind of oddity. The code is stable: it appears in ledgers, reports and JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AnomalyKind(
    /// Dotted lower-case code such as `json.syntax`, `line.too_long`, `time.unreadable`.
    pub &'static str,
);

/// One oddity, attached to the item whose bytes show it.
///
/// It never repeats content: the locator of its item says where to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anomaly {
    /// What kind.
    pub kind: AnomalyKind,
    /// The field it concerns, as the format names it.
    pub field: Option<String>,
    /// A short explanation in words, without content.
    pub note: &'static str,
}

impl Anomaly {
    /// An anomaly that concerns the whole item.
    pub fn new(kind: &'static str, note: &'static str) -> Anomaly {
        Anomaly { kind: AnomalyKind(kind), field: None, note }
    }

    /// An anomaly of one field.
    pub fn field(kind: &'static str, field: impl Into<String>, note: &'static str) -> Anomaly {
        Anomaly { kind: AnomalyKind(kind), field: Some(field.into()), note }
    }
}
