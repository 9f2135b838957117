//! The patterns of a log mapping, with handles and path values filled in for one member.

use super::compile_log::{Continuation, LinePattern, LogRule};
use super::reader::Reader;
use emma_model::{Anomaly, RecordKind};
use regex::Regex;

/// The patterns of one member, with handles and path values filled in.
pub(super) struct Patterns {
    pub headers: Vec<(Vec<Regex>, Option<RecordKind>)>,
    pub separator: Option<Regex>,
    pub continuation: Option<Regex>,
    pub framing: Vec<Regex>,
    pub context: Vec<Regex>,
}

impl Patterns {
    /// Fills in and compiles the patterns of `rule`.
    pub fn new(reader: &mut Reader<'_>, rule: &LogRule, path: &str) -> Patterns {
        let mut handles = reader.mapping.known_handles.clone();
        // Longer handles first, so that none hides another that begins like it.
        handles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let handles: Vec<String> = handles.iter().map(|handle| regex::escape(handle)).collect();
        let handles = format!("(?:{})", handles.join("|"));
        let mut failed = false;
        let mut make = |pattern: &LinePattern| {
            let made = pattern.for_member(|name| match name.strip_prefix("path:") {
                Some(group) => {
                    let value = reader.path_value(path, group).unwrap_or_default();
                    Some(format!("(?:{})", regex::escape(&value)))
                }
                None => Some(handles.clone()),
            });
            failed |= made.is_none();
            // A pattern that fits nothing: the lines it is for stay anomalies.
            made.unwrap_or_else(|| Regex::new(r"\z\A.").expect("a valid pattern"))
        };
        let mut headers = Vec::new();
        for header in &rule.headers {
            headers.push((header.lines.iter().map(&mut make).collect(), header.kind));
        }
        let continuation = match &rule.continuation {
            Continuation::Pattern(pattern) => Some(make(pattern)),
            _ => None,
        };
        let made = Patterns {
            headers,
            separator: rule.separator.as_ref().map(&mut make),
            continuation,
            framing: rule.framing.iter().map(&mut make).collect(),
            context: rule.context.iter().map(&mut make).collect(),
        };
        if failed {
            let note = "with handles and path filled in a pattern became too large";
            reader.anomalies.push(Anomaly::new("mapping.pattern", note));
        }
        made
    }
}
