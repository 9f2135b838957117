//! The text of HTML: tags left out, breaks kept, the commonest entities read.

/// What a reader would see of `html`, roughly. Nothing is laid out and nothing is fetched.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        push(&mut out, &rest[..open]);
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(close) = rest.find('>') else {
            // A sign that opens no tag.
            push(&mut out, rest);
            rest = "";
            break;
        };
        let tag = &rest[1..close];
        rest = &rest[close + 1..];
        let name: String = tag
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .flat_map(char::to_lowercase)
            .take(12)
            .collect();
        match name.as_str() {
            "script" | "style" | "head" | "title" => rest = behind(rest, &name),
            "br" | "br/" | "/p" | "/div" | "/tr" | "/li" | "/h1" | "/h2" | "/h3" | "hr"
            | "/table" | "/blockquote" => out.push('\n'),
            "td" | "th" => push(&mut out, " "),
            _ => {}
        }
    }
    push(&mut out, rest);
    out.trim().to_owned()
}

/// What follows the end tag of `name`.
fn behind<'h>(html: &'h str, name: &str) -> &'h str {
    let bytes = html.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&bytes[from..], b"</") {
        let start = from + at + 2;
        let named = bytes.get(start..start + name.len());
        if named.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            let end = memchr::memchr(b'>', &bytes[start..]).map_or(html.len(), |at| start + at + 1);
            return &html[end..];
        }
        from = start;
    }
    ""
}

/// Adds text with its white space folded and entities read.
fn push(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = c.len_utf8();
        if c.is_whitespace() && c != '\u{a0}' {
            if !out.is_empty() && !out.ends_with([' ', '\n']) {
                out.push(' ');
            }
        } else if c == '&'
            && let Some((read, used)) = entity(rest)
        {
            out.push(read);
            rest = &rest[used..];
            continue;
        } else {
            out.push(c);
        }
        rest = &rest[length..];
    }
}

/// The character of the entity at the start, and its length in bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let head = text.as_bytes().get(1..12.min(text.len()))?;
    let end = head.iter().position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&head[..end]).ok()?;
    let read = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((read, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_breaks_stay() {
        let html = "<html><head><title>x</title><style>p { a: b }</style></head><body>\n\
            <p>Two &amp; a   half<br>eggs&#33;</p><!-- no --><div>a < b &unknown; c</div>";
        assert_eq!(text(html), "Two & a half\neggs!\na");
        assert_eq!(text("<p>x</p><script>y</SCRIPT>z"), "x\nz");
        assert_eq!(text("1 < 2"), "1 < 2");
        assert_eq!(text("<script>never closed"), "");
    }
}
