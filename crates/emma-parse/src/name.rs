//! Names of members: shown and matched, never opened.

use emma_model::Anomaly;

/// Adds what is odd about a name.
pub(crate) fn inspect(name: &str, anomalies: &mut Vec<Anomaly>) {
    let climbs = name.split(['/', '\\']).any(|part| part == "..");
    let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    if climbs || absolute {
        let note = "the name points outside its folder; it is only a name here";
        anomalies.push(Anomaly::field("name.traversal", "name", note));
    }
    if name.chars().any(char::is_control) {
        anomalies.push(Anomaly::field("name.control", "name", "the name holds control characters"));
    }
    if name.chars().any(is_bidi_control) {
        let note = "the name holds characters that change the direction of writing";
        anomalies.push(Anomaly::field("name.bidi", "name", note));
    }
}

/// Characters that reorder what is shown.
pub(crate) fn is_bidi_control(character: char) -> bool {
    matches!(character,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Decodes a name as found; bytes that are not UTF-8 are read as windows-1252 and told.
pub(crate) fn decode(bytes: &[u8], anomalies: &mut Vec<Anomaly>) -> String {
    match std::str::from_utf8(bytes) {
        Ok(name) => name.to_owned(),
        Err(_) => {
            let note = "the name is not UTF-8; shown as windows-1252";
            anomalies.push(Anomaly::field("name.not_utf8", "name", note));
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
        }
    }
}

/// Cuts a name for display at a character border.
pub(crate) fn cut(mut name: String, bytes_max: usize) -> String {
    if name.len() > bytes_max {
        let mut end = bytes_max;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(name: &str) -> Vec<&'static str> {
        let mut anomalies = Vec::new();
        inspect(name, &mut anomalies);
        anomalies.iter().map(|anomaly| anomaly.kind.0).collect()
    }

    #[test]
    fn odd_names_are_told() {
        assert_eq!(kinds("a/b..c.txt"), [""; 0]);
        assert_eq!(kinds("../../etc/passwd"), ["name.traversal"]);
        assert_eq!(kinds("C:\\x"), ["name.traversal"]);
        assert_eq!(kinds("a\nb"), ["name.control"]);
        assert_eq!(kinds("photo\u{202e}gpj.exe"), ["name.bidi"]);
        assert_eq!(cut("aé".to_owned(), 2), "a");
    }
}
