//! AES-256-GCM-SIV with a random nonce in front.
//! Spec: RFC 8452
//!
//! GCM-SIV, because nonces are random and many processes may hold one key: should a nonce ever repeat, that
//! tells only whether two plaintexts are equal.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroize as _;

use crate::random_bytes;

/// What the nonce and the tag add to a plaintext, in bytes.
pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;

/// An expanded key.
pub(crate) struct AeadKey(LessSafeKey);

impl AeadKey {
    /// Takes the key; the bytes that were passed are wiped.
    #[expect(
        clippy::expect_used,
        reason = "the only cause of failure is a key of another length, which the type rules out"
    )]
    pub(crate) fn new(mut bytes: [u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, &bytes).expect("the key has 32 bytes");
        bytes.zeroize();
        Self(LessSafeKey::new(key))
    }

    /// Appends nonce ‖ ciphertext ‖ tag to `out`.
    #[expect(
        clippy::expect_used,
        reason = "the only cause of failure is a plaintext of more than 2^36 bytes"
    )]
    pub(crate) fn seal_onto(&self, out: &mut Vec<u8>, associated: &[u8], plaintext: &[u8]) {
        let nonce = random_bytes::<NONCE_LEN>();
        out.reserve(plaintext.len() + OVERHEAD);
        out.extend_from_slice(&nonce);
        let mut text = plaintext.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut text)
            .expect("the plaintext is short enough");
        out.extend_from_slice(&text);
    }

    /// Opens nonce ‖ ciphertext ‖ tag.
    pub(crate) fn open(&self, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let length = self
            .0
            .open_in_place(Nonce::from(nonce), Aad::from(associated), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}
