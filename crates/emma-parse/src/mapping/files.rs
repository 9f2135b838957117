//! File name patterns: which files a mapping is for, and values taken from their paths.

use super::error::Problem;
use regex::Regex;
use std::ops::Range;

/// A compiled `files` entry.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    regex: Regex,
}

impl Glob {
    /// Compiles `*` (within a component), `**` (across components), `?` and `{a,b}`.
    ///
    /// A pattern may match the whole path or any tail of it that starts at a component.
    pub fn compile(pattern: &str, span: Range<usize>) -> Result<Glob, Problem> {
        if pattern.is_empty() {
            return Err(Problem::new(span, "a file pattern is empty")
                .suggest("leave `files` out to match no file by name"));
        }
        let mut regex = String::from("(?s)^(?:.*/)?");
        let mut rest = pattern.trim_start_matches('/').chars().peekable();
        let mut braces = 0usize;
        while let Some(c) = rest.next() {
            match c {
                '*' if rest.peek() == Some(&'*') => {
                    rest.next();
                    if rest.peek() == Some(&'/') {
                        rest.next();
                        regex.push_str("(?:.*/)?");
                    } else {
                        regex.push_str(".*");
                    }
                }
                '*' => regex.push_str("[^/]*"),
                '?' => regex.push_str("[^/]"),
                '{' => {
                    braces += 1;
                    regex.push_str("(?:");
                }
                '}' if braces > 0 => {
                    braces -= 1;
                    regex.push(')');
                }
                ',' if braces > 0 => regex.push('|'),
                other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
        if braces > 0 {
            return Err(Problem::new(span, "a `{` in a file pattern is not closed")
                .suggest("write {raw,txt} for either of two words"));
        }
        regex.push('$');
        let compiled = Regex::new(&regex)
            .map_err(|_| Problem::new(span, "the file pattern is too long or too complex"))?;
        Ok(Glob { regex: compiled })
    }

    /// True where `path` or a tail of it matches.
    pub fn matches(&self, path: &str) -> bool {
        self.regex.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::compile(pattern, 0..0).unwrap().matches(path)
    }

    #[test]
    fn patterns_match_tails_that_start_at_a_component() {
        assert!(matches("*.raw.txt", "train/2004.raw.txt"));
        assert!(!matches("*.raw.txt", "train/2004.raw.txt.gz"));
        assert!(matches("logs/*.txt", "a/logs/x.txt"));
        assert!(!matches("logs/*.txt", "a/xlogs/x.txt"));
        assert!(!matches("logs/*.txt", "logs/b/x.txt"));
        assert!(matches("logs/**/*.txt", "logs/b/c/x.txt"));
        assert!(matches("logs/**/*.txt", "logs/x.txt"));
        assert!(matches("chat?.{csv,tsv}", "chat1.tsv"));
        assert!(!matches("chat?.{csv,tsv}", "chat12.tsv"));
        assert!(matches("a+b (1).txt", "a+b (1).txt"));
    }
}
