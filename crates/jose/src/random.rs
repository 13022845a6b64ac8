//! Randomness from the operating system, by way of the cryptography library.

use crate::b64;

/// `N` random bytes.
///
/// # Panics
/// When the system has no randomness to give. Nothing safe can be done without it.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    assert!(
        aws_lc_rs::rand::fill(&mut bytes).is_ok(),
        "the system's random number generator failed"
    );
    bytes
}

/// 256 random bits as 43 characters of base64url: for tokens, codes and identifiers that nobody may guess.
///
/// # Panics
/// As [`random_bytes`].
pub fn random_token() -> String {
    b64::encode(random_bytes::<32>())
}

#[cfg(test)]
mod tests {
    use super::{random_bytes, random_token};

    #[test]
    fn two_draws_differ() {
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
        assert_ne!(random_token(), random_token());
    }

    #[test]
    fn a_token_is_32_bytes_in_base64url() {
        let token = random_token();
        assert_eq!(token.len(), 43);
        assert_eq!(crate::b64::decode(&token).map(|bytes| bytes.len()), Some(32));
    }
}
