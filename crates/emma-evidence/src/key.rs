//! Ed25519 keys: an actor's, which signs log entries, and a case's, which signs checkpoints.
//!
//! Private keys are PKCS#8 PEM files of mode 0600, outside the case. A public key is written as
//! a C2SP verifier key, `NAME+HASH+KEY`. Key names say nothing about a person: an actor's is made
//! of its public key's digest, a case's of the case id.

use crate::Random;
use crate::error::{EvidenceError, Result, io_at};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use emma_model::digest::{Digest, hex};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The signature type byte of Ed25519 in C2SP notes.
const ALGORITHM_ED25519: u8 = 1;

/// The id of a case: 16 random bytes, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(pub [u8; 16]);

impl CaseId {
    /// Draws a new id.
    pub fn draw(random: &mut Random<'_>) -> CaseId {
        let mut bytes = [0; 16];
        random(&mut bytes);
        CaseId(bytes)
    }

    /// The log's origin, which is also the name of the case's log key.
    pub fn origin(&self) -> String {
        format!("emma-case-{}", hex(&self.0[..8]))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CaseId {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<CaseId> {
        from_hex(text)
            .map(CaseId)
            .ok_or(EvidenceError::format("a case id", "expected 32 hexadecimal digits"))
    }
}

/// Reads exactly `2 * N` lower-case hexadecimal digits.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(out)
}

/// A private key that signs notes under a name.
pub struct Signer {
    key: SigningKey,
    verifier: VerifierKey,
}

impl Signer {
    /// The key with this 32-byte secret, under an actor's name.
    pub fn actor_from_secret(secret: [u8; 32]) -> Signer {
        let key = SigningKey::from_bytes(&secret);
        let name = VerifierKey::actor_name(&key.verifying_key());
        Signer::named(name, key)
    }

    /// The key with this 32-byte secret, as the log key of `case`.
    pub fn log_from_secret(case: CaseId, secret: [u8; 32]) -> Signer {
        Signer::named(case.origin(), SigningKey::from_bytes(&secret))
    }

    /// Draws a new actor's key.
    pub fn draw_actor(random: &mut Random<'_>) -> Signer {
        let mut secret = [0; 32];
        random(&mut secret);
        Signer::actor_from_secret(secret)
    }

    /// Draws a new log key for `case`.
    pub fn draw_log(case: CaseId, random: &mut Random<'_>) -> Signer {
        let mut secret = [0; 32];
        random(&mut secret);
        Signer::log_from_secret(case, secret)
    }

    fn named(name: String, key: SigningKey) -> Signer {
        let verifier = VerifierKey::new(name, key.verifying_key());
        Signer { key, verifier }
    }

    /// Loads an actor's key from a PEM file.
    pub fn load_actor(path: &Path) -> Result<Signer> {
        let key = load_pem(path)?;
        Ok(Signer::named(VerifierKey::actor_name(&key.verifying_key()), key))
    }

    /// Loads the log key of `case` from a PEM file.
    pub fn load_log(path: &Path, case: CaseId) -> Result<Signer> {
        Ok(Signer::named(case.origin(), load_pem(path)?))
    }

    /// Writes the private key as PKCS#8 PEM, readable by its owner alone. The folder must exist.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(emma_store::write_private(path, self.to_pem()?.as_bytes())?)
    }

    /// The private key as PKCS#8 (version 1) PEM.
    pub fn to_pem(&self) -> Result<String> {
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        let pem = pair
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| EvidenceError::format("a private key", "it does not encode"))?;
        Ok(pem.to_string())
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The key's name, as it stands in signatures.
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    /// Signs `text` and returns 64 bytes.
    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.key.sign(text).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier.name)
    }
}

fn load_pem(path: &Path) -> Result<SigningKey> {
    let text = io_at("read a private key", std::fs::read_to_string(path))?;
    SigningKey::from_pkcs8_pem(&text)
        .map_err(|_| EvidenceError::format("a private key", "expected PKCS#8 PEM with Ed25519"))
}

/// A public key with its name: what signatures are checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: String, key: VerifyingKey) -> VerifierKey {
        let id = key_id(&name, key.as_bytes());
        VerifierKey { name, id, key }
    }

    fn actor_name(key: &VerifyingKey) -> String {
        format!("emma-actor-{}", hex(&Digest::of(key.as_bytes()).0[..8]))
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that stand before a signature: SHA-256 over name, newline, 1, key.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the public key.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// True where the name is the one an actor's key must have.
    pub fn is_actor(&self) -> bool {
        self.name == VerifierKey::actor_name(&self.key)
    }

    /// True where `signature` over `text` holds. Strict: no malleable or weak-key signatures.
    pub(crate) fn verify(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(text, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = [0; 33];
        body[0] = ALGORITHM_ED25519;
        body[1..].copy_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(&self.id), BASE64.encode(body))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<VerifierKey> {
        let wrong = |what| EvidenceError::format("a public key", what);
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("expected NAME+HASH+KEY"));
        };
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c == '+') {
            return Err(wrong("the name is empty or holds spaces"));
        }
        let id: [u8; 4] = from_hex(id).ok_or(wrong("the hash is not 8 hexadecimal digits"))?;
        let body = BASE64.decode(body).map_err(|_| wrong("the key is not base64"))?;
        let [ALGORITHM_ED25519, key @ ..] = &body[..] else {
            return Err(wrong("the key is not an Ed25519 key"));
        };
        let key: [u8; 32] = key.try_into().map_err(|_| wrong("the key is not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong("the key is no point"))?;
        let verifier = VerifierKey::new(name.to_owned(), key);
        if verifier.id != id {
            return Err(wrong("the hash is not that of the name and key"));
        }
        Ok(verifier)
    }
}

/// The C2SP key id of an Ed25519 key.
fn key_id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let digest = Digest::of_parts(&[name.as_bytes(), b"\n", &[ALGORITHM_ED25519], key]);
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

/// Whether `signature` is the Ed25519 signature (RFC 8032, strict) of `message` by `key`: for
/// files that others signed.
pub fn verify_detached(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file_and_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pem");
        let signer = Signer::actor_from_secret([7; 32]);
        signer.save(&path).unwrap();
        let again = Signer::load_actor(&path).unwrap();
        assert_eq!(signer.verifier(), again.verifier());
        assert!(signer.verifier().is_actor());
        let text = signer.verifier().to_string();
        assert_eq!(&text.parse::<VerifierKey>().unwrap(), signer.verifier());
    }

    #[test]
    fn texts_that_are_no_key_are_refused() {
        let good = Signer::log_from_secret(CaseId([1; 16]), [9; 32]).verifier().to_string();
        for (bad, why) in [
            ("", "empty"),
            ("a+b", "two parts"),
            (&good.replace("emma-case", "emma-cafe"), "another name under the same hash"),
            (&good[..good.len() - 4], "short"),
            (&good.replacen("+", " +", 1), "a space in the name"),
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{why}");
        }
        assert!(good.parse::<VerifierKey>().is_ok());
    }
}
