//! Mail: mailboxes (`mbox`) and single messages (`eml`); `docs/formats/inputs/mail.md`.
//!
//! [`mbox`] cuts a mailbox into messages, [`eml`] takes a member as one. [`values`] makes a
//! record of a message that `mail-parser` took apart. A message longer than a record may be is
//! read as far as it goes; the rest of its bytes are anomalies.

mod closed;
mod date;
mod eml;
mod mbox;
mod recognise;
mod values;

pub(crate) use eml::FORMAT as EML;
pub(crate) use mbox::FORMAT as MBOX;

use emma_model::Anomaly;

/// What is told of a message that goes on beyond its record.
fn cut() -> Anomaly {
    let note = "the message is longer than a record may be; it is read as far as the record goes";
    Anomaly::new("mail.cut", note)
}

/// What is told of the bytes beyond it.
fn too_long() -> Anomaly {
    Anomaly::new("mail.too_long", "the rest of a message longer than a record may be")
}
