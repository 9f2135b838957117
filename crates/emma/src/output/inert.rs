//! Text of others, made harmless for a terminal.
//!
//! Messages may hold escape sequences that repaint a terminal, and marks that make text run
//! backwards. On the way to a person they are written out instead of obeyed. JSON and CSV keep
//! the text as it is.

use std::fmt::Write as _;

/// `text` on one line: line ends and tabs as visible arrows, other controls as `\u{..}`.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            _ if is_active(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out
}

/// True for characters a terminal may act on or that change the direction of what follows.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Bytes as a hex dump: offset from `start`, sixteen bytes, printable ASCII. At most
/// `bytes_max` bytes are shown, and what is left out is said.
pub fn hex_dump(raw: &[u8], start: u64, bytes_max: usize) -> String {
    let mut out = String::new();
    for (row, chunk) in raw.iter().take(bytes_max).collect::<Vec<_>>().chunks(16).enumerate() {
        let _ = write!(out, "{:>10}  ", start + row as u64 * 16);
        for column in 0..16 {
            match chunk.get(column) {
                Some(byte) => {
                    let _ = write!(out, "{byte:02x} ");
                }
                None => out.push_str("   "),
            }
        }
        out.push(' ');
        for byte in chunk {
            out.push(if (0x20..0x7f).contains(*byte) { **byte as char } else { '.' });
        }
        out.push('\n');
    }
    if raw.len() > bytes_max {
        let _ = writeln!(out, "            … {} more bytes", raw.len() - bytes_max);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_are_written_out() {
        assert_eq!(line("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(line("exe\u{202e}gpj"), "exe\\u{202e}gpj");
        assert_eq!(line("one\ntwo\tthree"), "one⏎two three");
        assert_eq!(line("größe 日本 עברית"), "größe 日本 עברית");
    }

    #[test]
    fn a_dump_says_what_it_leaves_out() {
        let dump = hex_dump(b"0123456789abcdefXYZ\n", 100, 18);
        assert_eq!(dump.lines().count(), 3);
        assert!(dump.starts_with("       100  30 31"), "{dump}");
        assert!(dump.contains("0123456789abcdef"));
        assert!(dump.ends_with("… 2 more bytes\n"));
    }
}
