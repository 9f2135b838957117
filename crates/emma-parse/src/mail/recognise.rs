//! Tells mail from other text that starts with names and colons.

/// Bytes of a message's head that are looked at.
const LOOK_BYTES_MAX: usize = 32 << 10;

/// True where `bytes` start with the header of a mail: `From` with one more of the fields that
/// only mails have, or `Received` with one.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(LOOK_BYTES_MAX)];
    let (mut from, mut received, mut others, mut fields) = (false, false, 0, 0);
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.contains(&0) {
            break;
        }
        if line[0] == b' ' || line[0] == b'\t' {
            if fields == 0 {
                return false;
            }
            continue;
        }
        let Some(name) = field_name(line) else {
            // The last line of a head may be cut.
            break;
        };
        fields += 1;
        match name.to_ascii_lowercase().as_slice() {
            b"from" => from = true,
            b"received" => received = true,
            b"date" | b"subject" | b"message-id" | b"to" | b"cc" | b"bcc" | b"mime-version"
            | b"return-path" | b"delivered-to" | b"reply-to" | b"in-reply-to" => others += 1,
            // A saved web page wears a mail's header.
            b"snapshot-content-location" => return false,
            _ => {}
        }
    }
    from && others >= 2 || received && others + u32::from(from) >= 1
}

/// Longest line that starts a message, in bytes; longer ones are of a text.
pub(super) const FROM_LINE_BYTES_MAX: usize = 1_000;

/// The name of a header field (RFC 5322, 2.2), if the line is one.
pub(super) fn field_name(line: &[u8]) -> Option<&[u8]> {
    /// Longest name, in bytes.
    const NAME_BYTES_MAX: usize = 76;
    let head = &line[..line.len().min(NAME_BYTES_MAX)];
    let colon = head.iter().position(|byte| *byte == b':')?;
    let name = head[..colon].trim_ascii_end();
    let plain = !name.is_empty() && name.iter().all(|byte| (33..=126).contains(byte));
    plain.then_some(name)
}

/// True for a line that starts a message of a mailbox (RFC 4155): `From `, whoever sent it, and
/// a date with a time of day and a year of four digits.
pub(super) fn is_from_line(line: &[u8]) -> bool {
    if !line.starts_with(b"From ") || line.len() > FROM_LINE_BYTES_MAX {
        return false;
    }
    let words = || line[5..].split(|byte| byte.is_ascii_whitespace()).filter(|w| !w.is_empty());
    let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    let is_clock = |word: &[u8]| {
        let parts: Vec<&[u8]> = word.split(|byte| *byte == b':').collect();
        let sized = |part: &&[u8]| (1..=2).contains(&part.len()) && digits(part);
        (2..=3).contains(&parts.len()) && parts.iter().all(sized)
    };
    let is_year = |word: &[u8]| word.len() == 4 && digits(word);
    words().any(is_clock) && words().skip(1).any(is_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mails_are_mails() {
        let mail: [&[u8]; 3] = [
            b"From: a@example.org\r\nTo: b@example.org\r\nSubject: hi\r\n\r\nx",
            b"Received: from x\n by y\nDate: now\n\n",
            b"X-A: b\nfrom: a\ndate: c\nmessage-id: d\n\n",
        ];
        for head in mail {
            assert!(is_message(head));
        }
        let other: [&[u8]; 6] = [
            b"Date: now\r\nServer: x\r\nMIME-Version: 1.0\r\n\r\n",
            b"From: a\nand then: b\n",
            b"Heron: hi\nOwl: from here\n",
            b"From: <Saved>\nSnapshot-Content-Location: x\nSubject: y\nDate: z\n\n",
            b"BEGIN:VCARD\nFN:x\n",
            b" From: a\nTo: b\nSubject: c\n",
        ];
        for head in other {
            assert!(!is_message(head));
        }
    }

    #[test]
    fn lines_that_start_a_message_have_a_date() {
        assert!(is_from_line(b"From heron@example.org Sat Jan  3 01:05:34 1996\n"));
        assert!(is_from_line(b"From - Sat Jan  3 01:05 1996\n"));
        assert!(is_from_line(b"From 17@xxx Thu Jan 02 15:04:05 +0000 2020\r\n"));
        assert!(!is_from_line(b"From here we went to the lake in 1996\n"));
        assert!(!is_from_line(b"From 10:00 on it rained\n"));
        assert!(!is_from_line(b">From heron Sat Jan  3 01:05:34 1996\n"));
    }
}
