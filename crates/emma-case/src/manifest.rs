//! The manifest that a sender hands over with its files: what was sent, with digests, signed
//! (`docs/formats/delivery.md`).
//!
//! It is compared with what was sealed, so that a file that is missing, changed or added is told
//! on the day it arrives. The key stands in the manifest itself: a good signature says that the
//! manifest is whole, not who sent it.

use crate::case::Case;
use crate::error::{Result, at};
use crate::seal::SealedFile;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read as _;

/// What a manifest is called.
pub const NAME: &str = "manifest.ndjson";
/// A longer manifest is not compared.
const BYTES_MAX: u64 = 64 << 20;
/// Manifests compared in one delivery: each is held against all its files.
const MANIFESTS_MAX: usize = 16;
/// Paths named in a report.
const NAMED_MAX: usize = 20;

/// How a manifest's signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// It is of these bytes by the key that the manifest names.
    Good,
    /// It is not.
    Bad,
    /// It has no signature or names no key.
    Absent,
}

/// A manifest beside what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its delivered path.
    pub path: String,
    /// Its signature.
    pub signature: Signature,
    /// Files it lists.
    pub listed: u64,
    /// Listed files that are here with the same bytes.
    pub equal: u64,
    /// Listed files that are here with other bytes.
    pub differing: u64,
    /// Listed files that are not here.
    pub missing: u64,
    /// Files of the delivery that it does not list.
    pub unlisted: u64,
    /// Differing and unlisted files, the first of them.
    pub named: Vec<String>,
    /// Lines that are neither head nor file.
    pub not_understood: u64,
}

impl Compared {
    /// Whether what is here is what was listed. Files left out are no fault: a manifest of all
    /// may come with a part.
    pub fn holds(&self) -> bool {
        self.signature != Signature::Bad && self.differing == 0 && self.unlisted == 0
    }
}

#[derive(Deserialize)]
#[serde(tag = "schema")]
enum Line {
    #[serde(rename = "manifest/1")]
    Head { key: Option<String> },
    #[serde(rename = "file/1")]
    File { path: String, sha256: String },
    /// The last line: Ed25519 over all bytes before it, base64.
    #[serde(rename = "signature/1")]
    Signature { ed25519: String },
}

/// Compares the manifests among sealed files with the files beside them.
pub fn compare(case: &Case, sealed: &[SealedFile]) -> Result<Vec<Compared>> {
    let named = |file: &SealedFile| String::from_utf8_lossy(&file.path).into_owned();
    let mut all = Vec::new();
    for file in sealed {
        let path = named(file);
        let Some(folder) = path.strip_suffix(NAME) else { continue };
        let own = folder.is_empty() || folder.ends_with('/');
        if !own || file.bytes > BYTES_MAX || all.len() == MANIFESTS_MAX {
            continue;
        }
        let bytes = whole(case, file)?;
        let others = sealed.iter().filter(|other| {
            let other = named(other);
            other.starts_with(folder) && other != path
        });
        all.extend(one(&path, folder, &bytes, others));
    }
    Ok(all)
}

fn one<'s>(
    path: &str,
    folder: &str,
    bytes: &[u8],
    beside: impl Iterator<Item = &'s SealedFile>,
) -> Option<Compared> {
    let (mut key, mut headed) = (None, false);
    let mut listed: BTreeMap<String, String> = BTreeMap::new();
    let (mut signature, mut signed, mut at) = (None, 0, 0);
    let mut not_understood = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(Line::Head { key: named }) => (key, headed) = (named, true),
            Ok(Line::Signature { ed25519 }) => {
                signature = Some(ed25519);
                signed = at - line.len();
            }
            Ok(Line::File { path, sha256 }) => {
                listed.insert(path, sha256);
            }
            Err(_) => not_understood += 1,
        }
    }
    // Others call files so, too: without its head it is no manifest of ours, and says nothing.
    if !headed {
        return None;
    }
    let mut compared = Compared {
        path: path.to_owned(),
        signature: judge(key.as_deref(), &bytes[..signed], signature.as_deref()),
        listed: listed.len() as u64,
        equal: 0,
        differing: 0,
        missing: 0,
        unlisted: 0,
        named: Vec::new(),
        not_understood,
    };
    for file in beside {
        let name = String::from_utf8_lossy(&file.path);
        let name = name.strip_prefix(folder).unwrap_or(&name).to_owned();
        let count = match listed.remove(&name) {
            Some(digest) if digest.eq_ignore_ascii_case(&file.digest.hex()) => {
                compared.equal += 1;
                continue;
            }
            Some(_) => &mut compared.differing,
            None => &mut compared.unlisted,
        };
        *count += 1;
        if compared.named.len() < NAMED_MAX {
            compared.named.push(name);
        }
    }
    compared.missing = listed.len() as u64;
    Some(compared)
}

fn judge(key: Option<&str>, bytes: &[u8], signature: Option<&str>) -> Signature {
    let decoded = |text: &str| BASE64.decode(text).ok();
    let (Some(key), Some(signature)) = (key, signature) else { return Signature::Absent };
    let key: Option<[u8; 32]> = decoded(key).and_then(|key| key.try_into().ok());
    let signature: Option<[u8; 64]> = decoded(signature).and_then(|sig| sig.try_into().ok());
    let good = key.zip(signature).is_some_and(|(key, signature)| {
        emma_evidence::key::verify_detached(&key, bytes, &signature)
    });
    if good { Signature::Good } else { Signature::Bad }
}

fn whole(case: &Case, file: &SealedFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = case.exhibits().file(&file.digest)?;
    at("read a manifest", opened.take(BYTES_MAX).read_to_end(&mut bytes))?;
    Ok(bytes)
}
