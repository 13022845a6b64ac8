//! Wrapping: secrets at rest, under the one key that is not in the database.
//! Spec: RFC 8452 (AES-256-GCM-SIV)
//!
//! A wrapped secret is version (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The label (what the secret is
//! and to which row it belongs) is authenticated with it, so that nobody with access to the database can
//! exchange two secrets.

use crate::aead::AeadKey;

const VERSION: u8 = 1;

/// The key that wraps. It has no `Debug`, and cannot be read back.
pub struct WrapKey(AeadKey);

/// Not wrapped by this key under this label, or changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret was not wrapped by this key for this purpose, or was damaged")]
pub struct UnwrapError;

impl WrapKey {
    /// A key of 32 random bytes.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        Self(AeadKey::new(key))
    }

    /// Wraps `secret` under `label`.
    pub fn wrap(&self, label: &str, secret: &[u8]) -> Vec<u8> {
        let mut wrapped = vec![VERSION];
        self.0.seal_onto(&mut wrapped, &associated(label), secret);
        wrapped
    }

    /// The secret that was wrapped under the same `label`.
    pub fn unwrap(&self, label: &str, wrapped: &[u8]) -> Result<Vec<u8>, UnwrapError> {
        match wrapped.split_first() {
            Some((&VERSION, sealed)) => self.0.open(&associated(label), sealed).ok_or(UnwrapError),
            _ => Err(UnwrapError),
        }
    }
}

/// Begins with other bytes than a sealed value's, so that one key used for both would still keep them apart.
fn associated(label: &str) -> Vec<u8> {
    [b"wrap", [VERSION].as_slice(), label.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::{UnwrapError, WrapKey};

    #[test]
    fn a_secret_comes_back_under_its_label_alone() {
        let key = WrapKey::from_bytes([9; 32]);
        let wrapped = key.wrap("signing_key:1", b"secret");
        assert_eq!(key.unwrap("signing_key:1", &wrapped).unwrap(), b"secret");
        assert_eq!(key.unwrap("signing_key:2", &wrapped), Err(UnwrapError));
        let other = WrapKey::from_bytes([8; 32]);
        assert_eq!(other.unwrap("signing_key:1", &wrapped), Err(UnwrapError));
    }

    #[test]
    fn damage_and_truncation_are_noticed() {
        let key = WrapKey::from_bytes([9; 32]);
        let wrapped = key.wrap("l", b"secret");
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert_eq!(key.unwrap("l", &changed), Err(UnwrapError), "byte {at}");
            assert_eq!(key.unwrap("l", &wrapped[..at]), Err(UnwrapError));
        }
    }

    #[test]
    fn keys_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<WrapKey>();
        shared::<crate::SealingKey>();
    }
}
