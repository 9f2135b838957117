//! C2SP signed notes: a text, an empty line, and signature lines.
//!
//! ```text
//! TEXT\n
//! \n
//! — NAME BASE64(key id (4 bytes) ‖ Ed25519 signature (64 bytes) over TEXT\n)\n
//! ```

use crate::error::{EvidenceError, Result};
use crate::key::{Signer, VerifierKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

/// A note has at most this many signatures.
pub const SIGNATURES_MAX: usize = 16;

/// A note has at most this many bytes: those of a log entry.
pub const NOTE_BYTES_MAX: usize = 65_535;

/// One signature line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
    /// What follows the id; 64 bytes for Ed25519.
    pub bytes: Vec<u8>,
}

/// A note taken apart. Nothing is verified yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note<'a> {
    /// The signed text, with its last newline.
    pub text: &'a str,
    /// The signature lines, in order.
    pub signatures: Vec<NoteSignature>,
}

/// Signs `text`, which must end in a newline, with each of `signers`, and returns the note.
pub fn sign(text: &str, signers: &[&Signer]) -> String {
    assert!(text.ends_with('\n'), "a note's text ends in a newline");
    let mut note = String::with_capacity(text.len() + 128 * signers.len());
    note.push_str(text);
    note.push('\n');
    for signer in signers {
        note.push_str(&signature_line(text, signer));
    }
    note
}

/// The signature line of `signer` over `text`, to be added to an existing note.
pub fn signature_line(text: &str, signer: &Signer) -> String {
    let mut body = [0; 68];
    body[..4].copy_from_slice(&signer.verifier().id());
    body[4..].copy_from_slice(&signer.sign(text.as_bytes()));
    format!("— {} {}\n", signer.name(), BASE64.encode(body))
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    pub fn parse(bytes: &'a [u8]) -> Result<Note<'a>> {
        let wrong = |what| EvidenceError::format("a signed note", what);
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(wrong("it is too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        if note.chars().any(|c| (c < ' ' && c != '\n') || c == '\u{7f}') {
            return Err(wrong("it holds control characters"));
        }
        let split = note.rfind("\n\n").ok_or(wrong("it has no signatures"))?;
        let (text, rest) = (&note[..split + 1], &note[split + 2..]);
        let lines = rest.strip_suffix('\n').ok_or(wrong("its last line has no end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            let line = line.strip_prefix("— ").ok_or(wrong("a signature line is malformed"))?;
            let (name, body) = line.split_once(' ').ok_or(wrong("a signature has no body"))?;
            let body = BASE64.decode(body).map_err(|_| wrong("a signature is not base64"))?;
            let (id, bytes) =
                body.split_first_chunk::<4>().ok_or(wrong("a signature is too short"))?;
            if name.is_empty() || name.contains('+') || bytes.is_empty() {
                return Err(wrong("a signature line is malformed"));
            }
            signatures.push(NoteSignature {
                name: name.to_owned(),
                key_id: *id,
                bytes: bytes.to_vec(),
            });
        }
        if signatures.len() > SIGNATURES_MAX {
            return Err(wrong("it has too many signatures"));
        }
        Ok(Note { text, signatures })
    }

    /// Whether `key` signed this text: `None` where no line names the key.
    ///
    /// A line that names the key and does not hold makes it `Some(false)`.
    pub fn signed_by(&self, key: &VerifierKey) -> Option<bool> {
        let mut lines = self
            .signatures
            .iter()
            .filter(|line| line.name == key.name() && line.key_id == key.id())
            .peekable();
        lines.peek()?;
        Some(lines.all(|line| {
            <&[u8; 64]>::try_from(&line.bytes[..])
                .is_ok_and(|signature| key.verify(self.text.as_bytes(), signature))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_verifies_under_its_signers_and_no_other() {
        let (a, b, c) = (
            Signer::actor_from_secret([1; 32]),
            Signer::actor_from_secret([2; 32]),
            Signer::actor_from_secret([3; 32]),
        );
        let text = "one\n\ntwo\n";
        let bytes = sign(text, &[&a, &b]);
        let note = Note::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.text, text);
        assert_eq!(note.signed_by(a.verifier()), Some(true));
        assert_eq!(note.signed_by(b.verifier()), Some(true));
        assert_eq!(note.signed_by(c.verifier()), None);
        let changed = bytes.replacen("one", "onE", 1);
        assert_eq!(Note::parse(changed.as_bytes()).unwrap().signed_by(a.verifier()), Some(false));
    }

    #[test]
    fn malformed_notes_are_refused() {
        let good = sign("x\n", &[&Signer::actor_from_secret([1; 32])]);
        for (bad, why) in [
            ("x\n".to_owned(), "no signatures"),
            (good.replace("— ", "- "), "a plain dash"),
            (good.trim_end().to_owned(), "no last newline"),
            (format!("\u{1}{good}"), "a control character"),
            (format!("{good}\n"), "an empty line at the end"),
        ] {
            assert!(Note::parse(bad.as_bytes()).is_err(), "{why}");
        }
    }
}
