//! Going on after a fault: bytes are given up until something looks like a message or a chat.

use super::{Level, Role, Walk};
use crate::telegram::recognise;
use emma_model::Anomaly;
use std::io;

impl Walk<'_, '_, '_, '_> {
    /// Gives bytes up as an anomaly until something looks like a message or a chat again, looking
    /// from byte `skip` on: what is known to be broken is not looked at again.
    pub(super) fn resynchronise(&mut self, anomaly: Anomaly, skip: usize) -> io::Result<()> {
        self.flush()?;
        let mut skip = skip;
        let limit = self.limits.record_bytes_max;
        loop {
            self.window.fill(limit)?;
            let region = self.window.bytes().len().min(limit);
            if region == 0 {
                return Ok(());
            }
            let found = self.search(skip.min(region), region)?;
            let end = found.as_ref().map_or(region, |(at, _)| *at);
            self.odd.push(anomaly.clone());
            if end > 0 {
                let odd = std::mem::take(&mut self.odd);
                let raw = &self.window.bytes()[..end];
                self.emitter.anomalies(raw, self.window.line(), odd)?;
                self.window.consume(end);
            }
            if let Some((_, role)) = found {
                self.stand_in(role);
                return Ok(());
            }
            skip = 0;
        }
    }

    /// The first `{` from `at` up to `region` that something to go on with starts at.
    fn search(&mut self, at: usize, region: usize) -> io::Result<Option<(usize, Role)>> {
        let mut at = at;
        while let Some(brace) = memchr::memchr(b'{', &self.window.bytes()[at..region]) {
            at += brace;
            self.window.fill(at + self.limits.record_bytes_max)?;
            if let Some(role) = self.looks_like(at) {
                return Ok(Some((at, role)));
            }
            at += 1;
        }
        Ok(None)
    }

    fn looks_like(&self, at: usize) -> Option<Role> {
        let bytes = self.window.bytes();
        let rest = &bytes[at..bytes.len().min(at + self.limits.record_bytes_max)];
        if recognise::is_message(rest, self.limits.json_depth_max) {
            return Some(Role::Messages);
        }
        recognise::chat_start(rest).map(|_| Role::ChatList)
    }

    /// Goes on as if in `role`, keeping as much of the levels above it as there is.
    fn stand_in(&mut self, role: Role) {
        if role == Role::Messages {
            let note = "read after a fault; its chat is the one before the fault";
            self.odd.push(Anomaly::field("telegram.resumed", "conversation", note));
        }
        let level = |role: Role| Level {
            object: matches!(role, Role::Root | Role::Chats | Role::Chat),
            role,
            key: None,
            after_value: false,
            after_comma: false,
        };
        match self.stack.iter().rposition(|level| level.role == role) {
            Some(at) => self.stack.truncate(at + 1),
            None => {
                let above = |level: &Level| match role {
                    Role::Messages => matches!(level.role, Role::Root | Role::Chat),
                    _ => matches!(level.role, Role::Root | Role::Chats),
                };
                let keep = self.stack.iter().rposition(above).map_or(0, |at| at + 1);
                self.stack.truncate(keep);
                if self.stack.is_empty() {
                    self.stack.push(level(Role::Root));
                }
                if role == Role::ChatList && self.stack.len() == 1 {
                    self.stack.push(level(Role::Chats));
                }
                self.stack.push(level(role));
            }
        }
        for level in &mut self.stack {
            level.key = None;
            level.after_value = false;
            level.after_comma = false;
        }
        self.ended = false;
    }
}
