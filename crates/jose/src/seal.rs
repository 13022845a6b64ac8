//! Sealing: what leaves the server and must come back unread and unchanged.
//! Spec: RFC 8452 (AES-256-GCM-SIV)
//!
//! A sealed value is version (1 byte) ‖ key id (4 bytes, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
//! The key id is in clear, so that keys can change daily and be found again. The associated data says for
//! which issuer and purpose a value was sealed: a value opens nowhere else.

use crate::aead::{AeadKey, OVERHEAD};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;

/// One of the sealing keys. It has no `Debug`, and cannot be read back.
pub struct SealingKey {
    /// Which key it is. In clear in everything that it seals.
    pub id: u32,
    key: AeadKey,
}

impl SealingKey {
    /// A key of 32 random bytes under its id.
    pub fn new(id: u32, key: [u8; 32]) -> Self {
        Self {
            id,
            key: AeadKey::new(key),
        }
    }

    /// Seals `plaintext` for what `associated` says (see [`associated_data`]).
    pub fn seal(&self, associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HEADER + plaintext.len() + OVERHEAD);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id.to_be_bytes());
        self.key.seal_onto(&mut sealed, associated, plaintext);
        sealed
    }

    /// Opens what this key sealed for the same `associated`; `None` for everything else, without a reason.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        if key_id_of(sealed)? != self.id {
            return None;
        }
        self.key.open(associated, sealed.get(HEADER..)?)
    }
}

/// The id of the key that sealed this, if it looks like a sealed value at all.
pub fn key_id_of(sealed: &[u8]) -> Option<u32> {
    let (header, rest) = sealed.split_first_chunk::<HEADER>()?;
    let [version, id @ ..] = *header;
    (version == VERSION && rest.len() >= OVERHEAD).then(|| u32::from_be_bytes(id))
}

/// What a value is sealed for: version ‖ length and bytes of the issuer ‖ length and bytes of the purpose.
/// Lengths are 8 bytes, big-endian; they keep `ab` + `c` apart from `a` + `bc`.
pub fn associated_data(issuer: &str, purpose: &str) -> Vec<u8> {
    let mut out = vec![VERSION];
    for part in [issuer, purpose] {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{SealingKey, associated_data, key_id_of};

    const ISSUER: &str = "https://id.example";

    fn flow() -> Vec<u8> {
        associated_data(ISSUER, "flow")
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_issuer_and_purpose() {
        let key = SealingKey::new(7, [1; 32]);
        for plaintext in [b"".as_slice(), b"x", &[0; 5000]] {
            let sealed = key.seal(&flow(), plaintext);
            assert_eq!(sealed.len(), 1 + 4 + 12 + plaintext.len() + 16);
            assert_eq!(key_id_of(&sealed), Some(7));
            assert_eq!(key.open(&flow(), &sealed).as_deref(), Some(plaintext));
        }
    }

    #[test]
    fn another_issuer_purpose_key_or_key_id_does_not_open() {
        let sealed = SealingKey::new(7, [1; 32]).seal(&flow(), b"x");
        let open = |id, key, issuer, purpose| SealingKey::new(id, key).open(&associated_data(issuer, purpose), &sealed);
        assert!(open(7, [1; 32], ISSUER, "flow").is_some());
        assert!(open(7, [1; 32], "https://id2.example", "flow").is_none());
        assert!(open(7, [1; 32], ISSUER, "token").is_none());
        assert!(open(7, [2; 32], ISSUER, "flow").is_none());
        assert!(open(8, [1; 32], ISSUER, "flow").is_none());
    }

    #[test]
    fn every_changed_byte_and_every_truncation_is_noticed() {
        let key = SealingKey::new(0x0102_0304, [1; 32]);
        let sealed = key.seal(&flow(), b"secret");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 0x10;
            assert!(key.open(&flow(), &changed).is_none(), "byte {at}");
            assert!(key.open(&flow(), &sealed[..at]).is_none(), "{at} bytes");
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert!(key.open(&flow(), &longer).is_none());
    }

    #[test]
    fn only_something_of_the_right_form_has_a_key_id() {
        assert_eq!(key_id_of(b""), None);
        assert_eq!(key_id_of(&[1; 32]), None);
        assert_eq!(key_id_of(&[1; 33]), Some(0x0101_0101));
        assert_eq!(key_id_of(&[2; 33]), None);
    }

    #[test]
    fn issuer_and_purpose_cannot_run_into_each_other() {
        assert_ne!(associated_data("ab", "c"), associated_data("a", "bc"));
        assert_ne!(associated_data("", "abc"), associated_data("abc", ""));
    }

    #[test]
    fn the_same_text_is_never_sealed_alike() {
        let key = SealingKey::new(1, [1; 32]);
        assert_ne!(key.seal(&flow(), b"x"), key.seal(&flow(), b"x"));
    }
}
