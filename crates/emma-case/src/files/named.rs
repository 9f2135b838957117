//! The files that a record names, out of its extra values.
//!
//! Readers and mappings spell them alike: `file` opens one, and what is known of it follows as
//! `file_bytes`, `file_type`, `file_sha256` and so on. A few applications' own words are kept
//! raw by their readers and understood here.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use emma_model::Digest;
use serde::de::IgnoredAny;

/// Words that open a file; what is known of it follows as `WORD_...`.
const OPENING: [&str; 4] = ["file", "photo", "thumbnail", "contact_vcard"];

/// Where a phone's report says that an attachment lies in its archive.
const EXTRACTED: &str = "attachment_extracted_path";

/// A file that a record names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    /// Its path or name as the record has it; empty where it has none.
    pub name: String,
    /// Another name of it (where it lies in an archive of a phone, say); empty where there is none.
    pub also: String,
    /// Its size, in bytes.
    pub bytes: Option<u64>,
    /// SHA-256 of its bytes.
    pub digest: Option<Digest>,
    /// True where the record says that it is not there.
    pub gone: bool,
    /// True where it was sent encrypted: then the digest is of what nobody can compare.
    pub sealed: bool,
}

/// The files that these extra values name, in their order.
pub fn named(extra: &[(String, String)]) -> Vec<Named> {
    let mut files: Vec<(&str, Named)> = Vec::new();
    for (key, value) in extra {
        if let Some(word) = OPENING.iter().find(|word| *word == key) {
            if !is_json(value) {
                files.push((word, opened(value)));
            }
        } else if key == "attachments" {
            files.extend(value.lines().filter_map(listed).map(|file| ("attachments", file)));
        } else if key == "file_missing" && files.is_empty() {
            files.push(("file", Named { gone: true, ..Named::default() }));
        } else if key == "Local Path" && !files.is_empty() {
            let (_, file) = files.last_mut().expect("not empty");
            file.also = value.clone();
        } else if let Some((model, field)) = attached(key) {
            if files.last().is_none_or(|(word, _)| *word != model) {
                files.push((model, Named::default()));
            }
            let (_, file) = files.last_mut().expect("not empty");
            match field {
                EXTRACTED => {
                    let path = value.replace('\\', "/");
                    file.also = std::mem::replace(&mut file.name, path);
                }
                _ if file.name.is_empty() => file.name = value.clone(),
                _ => file.also = value.clone(),
            }
        } else if let Some((word, file)) = files.last_mut()
            && let Some(what) = key.strip_prefix(&**word).and_then(|rest| rest.strip_prefix('_'))
        {
            file.learn(what, value);
        }
    }
    let files = files.into_iter().map(|(_, mut file)| {
        file.digest = file.digest.filter(|_| !file.sealed);
        file
    });
    files.filter(Named::says_anything).collect()
}

/// Of a phone's report: the model of an attachment, and its field that names the file. What is
/// attached to a message that another one quotes is that one's.
fn attached(key: &str) -> Option<(&str, &str)> {
    let (model, field) = key.split_once('.')?;
    let named = model.starts_with("Attachment") && ["Filename", EXTRACTED].contains(&field);
    named.then_some((model, field))
}

/// What a reader kept of an object or a list under one of the words is its text, not a name.
fn is_json(value: &str) -> bool {
    value.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(value).is_ok()
}

/// Telegram puts a sentence in parentheses where the file would stand.
fn opened(value: &str) -> Named {
    match value.starts_with("(File ") && value.ends_with(')') {
        true => Named { gone: true, ..Named::default() },
        false => Named { name: value.to_owned(), ..Named::default() },
    }
}

/// iMessage's list: path, type, bytes, the sender's name for it.
fn listed(line: &str) -> Option<Named> {
    let mut parts = line.splitn(4, '|');
    let (path, _) = (parts.next()?, parts.next()?);
    let bytes = parts.next()?.parse().ok().filter(|bytes| *bytes > 0);
    let also = parts.next()?.to_owned();
    let name = if path.is_empty() { also.clone() } else { path.to_owned() };
    Some(Named { name, also, bytes, ..Named::default() })
}

impl Named {
    fn learn(&mut self, what: &str, value: &str) {
        match what {
            "bytes" | "size" | "file_size" => self.bytes = value.trim().parse().ok(),
            "sha256" | "sha256_base64" => self.digest = digest(value),
            "missing" => self.gone |= value != "false",
            "key" | "iv" => self.sealed = true,
            "delivered" => self.gone |= matches!(value, "false" | "0"),
            "name" if self.name.is_empty() => self.name = value.to_owned(),
            "name" => self.also = value.to_owned(),
            _ => {}
        }
    }

    fn says_anything(&self) -> bool {
        !self.name.is_empty() || self.digest.is_some() || self.gone
    }
}

/// A SHA-256 in hex or in base64, with or without padding.
fn digest(value: &str) -> Option<Digest> {
    let value = value.trim();
    if let Some(digest) = Digest::from_hex(&value.to_ascii_lowercase()) {
        return Some(digest);
    }
    let bytes = STANDARD.decode(value).or_else(|_| STANDARD_NO_PAD.decode(value)).ok()?;
    Some(Digest(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(extra: &[(&str, &str)]) -> Vec<Named> {
        let extra: Vec<_> = extra.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        named(&extra)
    }

    #[test]
    fn what_follows_a_file_is_about_it() {
        let hex = Digest::of(b"x").hex();
        let files = of(&[
            ("file", "a/b.jpg"),
            ("file_bytes", "7"),
            ("width", "12"),
            ("file_sha256", &hex),
            ("file", "c.pdf"),
            ("file_name", "C.pdf"),
            ("thumbnail", "c_thumb.jpg"),
            ("thumbnail_file_size", "99"),
        ]);
        assert_eq!(files.len(), 3);
        assert_eq!((files[0].bytes, files[0].digest), (Some(7), Some(Digest::of(b"x"))));
        assert_eq!((files[1].also.as_str(), files[1].bytes), ("C.pdf", None));
        assert_eq!((files[2].name.as_str(), files[2].bytes), ("c_thumb.jpg", Some(99)));
    }

    #[test]
    fn files_that_are_not_there_are_said_to_be_missing() {
        let notice = "(File not included. Change data exporting settings to download.)";
        assert!(of(&[("file", notice)])[0].gone);
        assert_eq!(of(&[("file", notice), ("file_name", "x.mp4")])[0].name, "x.mp4");
        assert!(of(&[("file_missing", "true")])[0].gone);
        assert!(of(&[("photo", "p.jpg"), ("photo_delivered", "false")])[0].gone);
        assert!(of(&[("photo", "p.jpg"), ("photo_delivered", "0")])[0].gone);
        assert!(!of(&[("photo", "p.jpg"), ("photo_delivered", "true")])[0].gone);
        let hex = Digest::of(b"x").hex();
        let sealed = of(&[("file", "x"), ("file_iv", "q"), ("file_sha256", &hex)]);
        assert_eq!(sealed[0].digest, None, "a digest of what was encrypted");
        assert_eq!(of(&[("fileserver", "x"), ("file_id", "9")]), []);
    }

    #[test]
    fn digests_are_read_in_hex_and_in_base64() {
        let wanted = Some(Digest::of(b"x"));
        assert_eq!(digest(&Digest::of(b"x").hex().to_uppercase()), wanted);
        assert_eq!(digest(&STANDARD.encode(Digest::of(b"x").0)), wanted);
        assert_eq!(digest(&STANDARD_NO_PAD.encode(Digest::of(b"x").0)), wanted);
        assert_eq!(digest("not one"), None);
    }

    #[test]
    fn json_is_no_name_of_a_file() {
        let object = r#"{"_id":"f1","name":"a.jpg"}"#;
        let files =
            of(&[("file", "a.jpg"), ("file", object), ("file", "[]"), ("photo", "[1].jpg")]);
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.jpg", "[1].jpg"]);
    }

    #[test]
    fn attachments_of_a_report_lie_where_they_were_extracted() {
        let files = of(&[
            ("Attachments[0]@id", "a1"),
            ("Attachments[0].Filename", "IMG.jpg"),
            ("Attachments[0].ContentType", "image/jpeg"),
            ("Attachments[0].attachment_extracted_path", r"files\Image\IMG(1).jpg"),
            ("Attachments[1].Filename", "b.pdf"),
            ("Attachments[2].URL", "https://x.example/y"),
            ("Attachment.attachment_extracted_path", "files/c.png"),
            ("ReplyMessageData.Attachments[0].Filename", "theirs.jpg"),
        ]);
        let names: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.also.as_str())).collect();
        let want = [("files/Image/IMG(1).jpg", "IMG.jpg"), ("b.pdf", ""), ("files/c.png", "")];
        assert_eq!(names, want);
    }

    #[test]
    fn lists_of_attachments_are_read() {
        let files = of(&[("attachments", "~/x/IMG_1.HEIC|image/heic|120|IMG_1.HEIC\n|||note.txt")]);
        assert_eq!(files.len(), 2);
        assert_eq!((files[0].name.as_str(), files[0].bytes), ("~/x/IMG_1.HEIC", Some(120)));
        assert_eq!(files[1].name, "note.txt");
    }
}
