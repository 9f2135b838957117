//! The first pass: what only the whole file tells.

use super::header::Header;
use super::order::{Order, Orders, Reading};
use super::{line_at, parsed, words};
use crate::limits::Limits;
use crate::member::Member;
use crate::text;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// What the whole file says, before any message is read for good.
pub(super) struct Survey {
    pub mark_bytes: usize,
    pub order: Order,
    /// The name under which the app speaks (iOS: that of the group), if it has one.
    pub voice: Option<String>,
    /// The chat, as the file's name has it.
    pub conversation: String,
}

impl Survey {
    /// What is odd about the file as a whole.
    pub fn anomalies(&self) -> Vec<Anomaly> {
        match self.order {
            Order::One(_) => Vec::new(),
            Order::DayOrMonth => {
                let note = "whether day or month comes first cannot be told; times span both";
                vec![Anomaly::field("time.date_order", "time", note)]
            }
        }
    }

    /// The readings of a header's date.
    pub fn readings(&self, header: &Header<'_>) -> (Reading, Option<Reading>) {
        match self.order {
            _ if header.digits[0] == 4 => (Reading::Year, None),
            Order::One(reading) => (reading, None),
            Order::DayOrMonth => (Reading::Day, Some(Reading::Month)),
        }
    }
}

/// Goes through the file once.
pub(super) fn survey(
    window: &mut Window<'_>,
    member: &Member<'_>,
    limits: &Limits,
) -> io::Result<Survey> {
    window.fill(text::HEAD_BYTES)?;
    let head = &window.bytes()[..window.bytes().len().min(text::HEAD_BYTES)];
    let mark_bytes = usize::from(head.starts_with(b"\xef\xbb\xbf")) * 3;
    window.consume(mark_bytes);
    let mut orders = Orders::default();
    let mut voice = Voice::Unheard;
    while let Some((length, cut)) = line_at(window, 0, limits.record_bytes_max)? {
        if !cut && let Some(header) = parsed(&window.bytes()[..length]) {
            orders.take(&header);
            voice.take(&header);
        }
        window.consume(length);
    }
    let stem = match member.file_stem() {
        // iOS calls every export so, in a zip that is named after the chat.
        "_chat" => Member { name: member.delivered, ..*member }.file_stem(),
        stem => stem,
    };
    Ok(Survey {
        mark_bytes,
        order: orders.decide(),
        voice: match voice {
            Voice::Only(name) => Some(name),
            _ => None,
        },
        conversation: words::chat_name(stem).to_owned(),
    })
}

/// Finds out whether the first name speaks only words of the app.
enum Voice {
    Unheard,
    Only(String),
    None,
}

impl Voice {
    fn take(&mut self, header: &Header<'_>) {
        let (Some(sender), said) = header.said() else { return };
        let app = words::parts(said.trim_end_matches(['\r', '\n'])).app_words;
        match self {
            Voice::Unheard if app && header.bracket => *self = Voice::Only(sender.to_owned()),
            Voice::Unheard => *self = Voice::None,
            Voice::Only(name) if name == sender && !app => *self = Voice::None,
            _ => {}
        }
    }
}
