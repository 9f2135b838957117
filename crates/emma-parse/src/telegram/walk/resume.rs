//! Going on after a fault: bytes are given up until something looks like a message or a chat.

use super::{Role, Walk};
use crate::json::structure::Level;
use crate::limits::Limits;
use crate::telegram::recognise;
use emma_model::Anomaly;
use std::io;

impl Walk<'_, '_, '_, '_> {
    /// Gives bytes up as an anomaly until something looks like a message or a chat again.
    pub(super) fn resynchronise(&mut self, anomaly: &Anomaly) -> io::Result<()> {
        let limits = self.structure.limits;
        // What follows the export may be another one; any other byte is known to be broken.
        let skip = usize::from(!self.structure.stack.is_empty());
        let found = self.structure.give_up(anomaly, skip, |window, mut at, region| {
            while let Some(brace) = memchr::memchr(b'{', &window.bytes()[at..region]) {
                at += brace;
                window.fill(at + limits.record_bytes_max)?;
                if let Some(role) = looks_like(window.bytes(), at, limits) {
                    return Ok(Some((at, role)));
                }
                at += 1;
            }
            Ok(None)
        })?;
        if let Some(role) = found {
            self.stand_in(role);
        }
        Ok(())
    }

    /// Goes on as if in `role`, keeping as much of the levels above it as there is.
    fn stand_in(&mut self, role: Role) {
        if role == Role::Messages {
            let note = "read after a fault; its chat is the one before the fault";
            self.structure.odd.push(Anomaly::field("telegram.resumed", "conversation", note));
        }
        let level =
            |role: Role| Level::new(matches!(role, Role::Root | Role::Chats | Role::Chat), role);
        let stack = &mut self.structure.stack;
        match stack.iter().rposition(|level| level.role == role) {
            Some(at) => stack.truncate(at + 1),
            None => {
                let above = |level: &Level<Vec<u8>, Role>| match role {
                    Role::Messages => matches!(level.role, Role::Root | Role::Chat),
                    _ => matches!(level.role, Role::Root | Role::Chats),
                };
                let keep = stack.iter().rposition(above).map_or(0, |at| at + 1);
                stack.truncate(keep);
                if stack.is_empty() {
                    stack.push(level(Role::Root));
                }
                if role == Role::ChatList && stack.len() == 1 {
                    stack.push(level(Role::Chats));
                }
                stack.push(level(role));
            }
        }
        for level in stack {
            level.key = None;
            level.after_value = false;
            level.after_comma = false;
        }
        self.ended = false;
    }
}

fn looks_like(bytes: &[u8], at: usize, limits: &Limits) -> Option<Role> {
    let rest = &bytes[at..bytes.len().min(at + limits.record_bytes_max)];
    if recognise::is_message(rest, limits.json_depth_max) {
        return Some(Role::Messages);
    }
    recognise::chat_start(rest).map(|_| Role::ChatList)
}
