//! Proofs of single copies, for `emma-verify`.
//!
//! A proof discloses the record's bytes, the leaves its values borrow from, and the path from
//! there to a signed checkpoint. For each value it says which bytes it stands in and how it is
//! read from them, where that is in the verifier's closed list; else who read it.

use crate::case::Case;
use crate::error::{CaseError, Result};
use crate::present::MessageLine;
use crate::raw;
use crate::show::{Shown, ShownCopy};
use crate::state::State;
use emma_evidence::Bundle;
use emma_evidence::bundle::{Disclosure, Origin, ProofOf, Value};
use emma_evidence::normal::{self, Normalisation};
use emma_model::{MemberPath, Place, RecordId};

/// Makes the proof of one copy of a shown message: the first one, unless `record` names another.
///
/// # Errors
/// A usage error where the copy's receipt is not under a checkpoint yet.
pub fn of_copy(
    case: &Case,
    state: &State,
    message: &Shown,
    record: Option<&RecordId>,
) -> Result<Bundle> {
    let named = message.copies.iter().find(|copy| record.is_none_or(|id| copy.id == *id));
    let copy = named.ok_or_else(|| CaseError::NotFound {
        what: "copy",
        id: record.map(RecordId::to_string).unwrap_or_default(),
    })?;
    let version = message.versions.iter().find(|line| line.version == copy.version);
    let version = version.ok_or_else(|| CaseError::Corrupt {
        object: format!("record {}", copy.record),
        what: "it witnesses a version that its message has not".to_owned(),
    })?;
    let reading = state.reading(&copy.exhibit.id)?.ok_or_else(|| CaseError::Corrupt {
        object: format!("exhibit {}", copy.exhibit.id),
        what: "no receipt says how it was read".to_owned(),
    })?;
    if case.log.latest_checkpoint()?.is_none_or(|point| point.size <= reading.receipt) {
        return Err(CaseError::usage(
            format!("log entry {} is not yet under a checkpoint", reading.receipt),
            "ask the custodian of the log key for `emma log checkpoint`",
        ));
    }
    let leaves = leaves(case, copy)?;
    let values = values(version, copy, &leaves);
    let what = ProofOf {
        receipt: reading.receipt,
        exhibit: copy.exhibit.id.clone(),
        leaves,
        values,
        since: None,
    };
    Ok(Bundle::build(&case.root.join("evidence"), &case.log, what)?)
}

/// The record's leaf, then those its values borrow from, each once.
fn leaves(case: &Case, copy: &ShownCopy) -> Result<Vec<Disclosure>> {
    let RecordId::Sealed { member, place, .. } = &copy.id else {
        return Err(CaseError::usage("a live record has no proof yet", "wait for its segment"));
    };
    let own = Disclosure { member: member.clone(), place: place.clone(), raw: copy.bytes.clone() };
    let mut leaves = vec![own];
    let digest = crate::case::digest(&copy.exhibit.digest)?;
    for leaf in copy.borrowed.iter().filter_map(|one| one.place.clone()) {
        if leaves.iter().any(|known| known.place == leaf) {
            continue;
        }
        let Place::Span { offset, length } = leaf else {
            continue;
        };
        let raw = raw::read(case, digest, member, offset, length)?;
        leaves.push(Disclosure { member: MemberPath::clone(member), place: leaf, raw });
    }
    Ok(leaves)
}

/// Every value that was read, with where it stands.
fn values(version: &MessageLine, copy: &ShownCopy, leaves: &[Disclosure]) -> Vec<Value> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut put = |field, value: &Option<String>| fields.extend(value.clone().map(|v| (field, v)));
    put("from", &version.from);
    put("conversation", &version.conversation);
    put("time", &copy.time_raw);
    put("text", &version.text);
    put("reply_to", &version.reply_to);
    put("territory", &version.territory);
    fields.extend(version.to.iter().map(|handle| ("to", handle.clone())));
    if let Some(Ok(id)) = copy.network_id.as_ref().map(|id| id.parse::<emma_model::NetworkId>()) {
        fields.push(("id", id.id));
    }
    let extra = copy.extra.iter().map(|(name, value)| (name.as_str(), value.clone()));
    fields.extend(extra);
    if let Some(time) = &version.time {
        fields.push(("earliest", time.earliest.clone()));
        fields.push(("latest", time.latest.clone()));
    }
    fields.into_iter().map(|(field, value)| value_of(field, value, copy, leaves)).collect()
}

fn value_of(field: &str, value: String, copy: &ShownCopy, leaves: &[Disclosure]) -> Value {
    let parser = || copy.parser.clone();
    // The characters of a time stand in the record; its day may come from elsewhere.
    let of = match field {
        "earliest" | "latest" => "time",
        "time" if located(0, &leaves[0].raw, &value).is_some() => "",
        other => other,
    };
    let borrowed = copy.borrowed.iter().find(|borrowed| borrowed.field == of);
    let origin = match borrowed {
        Some(borrowed) => match borrowed.place.clone() {
            Some(place) => {
                let at = leaves.iter().position(|leaf| leaf.place == place);
                at.and_then(|leaf| located(leaf, &leaves[leaf].raw, &value))
                    .unwrap_or_else(|| Origin::Parser { parser: parser() })
            }
            None if borrowed.origin == "path" => Origin::Path { parser: parser() },
            None => Origin::Parser { parser: parser() },
        },
        None => located(0, &leaves[0].raw, &value)
            .unwrap_or_else(|| Origin::Parser { parser: parser() }),
    };
    Value { field: field.to_owned(), value, origin }
}

/// Where in a leaf's bytes a value stands: a whole token where there is one, else a stretch that
/// does not begin or end within a word, else any.
fn located(leaf: usize, raw: &[u8], value: &str) -> Option<Origin> {
    const TOKENS_FIRST: [Normalisation; 7] = [
        Normalisation::JsonString,
        Normalisation::Utf8,
        Normalisation::CsvField,
        Normalisation::XmlText,
        Normalisation::Utf16Le,
        Normalisation::Utf16Be,
        Normalisation::Latin1,
    ];
    /// Occurrences looked at for one that is no part of a word.
    const OCCURRENCES_MAX: usize = 64;
    if value.is_empty() {
        return None;
    }
    let (way, first) = normal::locate(raw, value, &TOKENS_FIRST, 0)?;
    let mut span = first.clone();
    if way == Normalisation::Utf8 {
        let next = |from: usize| normal::locate(raw, value, &[Normalisation::Utf8], from);
        let mut candidate = Some((way, first));
        for _ in 0..OCCURRENCES_MAX {
            let Some((_, found)) = candidate else { break };
            if !cuts_a_word(raw, &found) {
                span = found;
                break;
            }
            candidate = next(found.start + 1);
        }
    }
    Some(Origin::Bytes {
        leaf,
        offset: span.start as u64,
        length: (span.end - span.start) as u64,
        reading: way.name().to_owned(),
    })
}

fn cuts_a_word(raw: &[u8], span: &std::ops::Range<usize>) -> bool {
    let word = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let before = span.start.checked_sub(1).and_then(|at| raw.get(at));
    (word(before) && word(raw.get(span.start)))
        || (word(raw.get(span.end)) && word(raw.get(span.end.saturating_sub(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(raw: &str, value: &str) -> Option<(u64, String)> {
        match located(0, raw.as_bytes(), value)? {
            Origin::Bytes { offset, reading, .. } => Some((offset, reading)),
            _ => None,
        }
    }

    #[test]
    fn values_are_found_as_whole_words_or_tokens() {
        let line = "[10:01] <a> a bad a1 day";
        assert_eq!(place(line, "a"), Some((9, "utf-8".to_owned())));
        assert_eq!(place(line, "ad"), Some((15, "utf-8".to_owned())), "only inside a word");
        let json = r#"{"from":"a","text":"say \"a\"\n"}"#;
        assert_eq!(place(json, "a"), Some((8, "json-string".to_owned())));
        assert_eq!(place(json, "say \"a\"\n"), Some((19, "json-string".to_owned())));
        assert_eq!(place(json, "absent"), None);
    }
}
