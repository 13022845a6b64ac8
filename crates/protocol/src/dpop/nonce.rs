//! Nonces that a server gives out for proofs, without remembering any.
//!
//! Spec: RFC 9449 §8, §8.1, §9 and §11.2
//!
//! A nonce is a time and a MAC over it, by a key that one process made and that no other has. So it names who gave it
//! out and when: another node does not take it, and neither does the same one after a restart. That is on purpose, since
//! each process remembers only the proofs that it took itself.

use jose::{b64, constant_time_eq, hmac_sha256};

/// For how long a nonce is taken, in seconds.
pub const NONCE_LIFETIME: i64 = 300;

const TIME: usize = 8;
const MAC: usize = 32;

/// Who is to get a nonce back: "the nonces provided by an authorization server and a resource server are different"
/// (§9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceUse {
    /// The endpoints that give tokens.
    AuthorizationServer,
    /// The endpoints that take them.
    ResourceServer,
}

/// The key of one process's nonces. It has no `Debug`.
pub struct NonceKey([u8; 32]);

impl NonceKey {
    /// A key of 32 random bytes, which nobody else gets.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A nonce that `owner` (an issuer, an API) gives out at `now`. 256 of its bits cannot be predicted.
    pub fn give(&self, owner: &str, what_for: NonceUse, now: i64) -> String {
        let time = now.to_be_bytes();
        let mut nonce = time.to_vec();
        nonce.extend(self.mac(owner, what_for, time));
        b64::encode(nonce)
    }

    /// Whether `nonce` was given out by this process for this use, not long ago.
    pub fn is_mine(&self, owner: &str, what_for: NonceUse, nonce: &str, now: i64) -> bool {
        let Some(bytes) = b64::decode(nonce) else {
            return false;
        };
        let Some((time, mac)) = bytes.split_first_chunk::<TIME>() else {
            return false;
        };
        let age = now.saturating_sub(i64::from_be_bytes(*time));
        constant_time_eq(mac, &self.mac(owner, what_for, *time)) && (0..NONCE_LIFETIME).contains(&age)
    }

    fn mac(&self, owner: &str, what_for: NonceUse, time: [u8; TIME]) -> [u8; MAC] {
        let mut input = time.to_vec();
        input.push(match what_for {
            NonceUse::AuthorizationServer => 1,
            NonceUse::ResourceServer => 2,
        });
        input.extend_from_slice(owner.as_bytes());
        hmac_sha256(&self.0, &input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";
    const NOW: i64 = 1_800_000_000;
    const SERVER: NonceUse = NonceUse::AuthorizationServer;

    // Conformance: B120 DPOP-13 DPOP-RS-04
    #[test]
    fn a_nonce_is_good_for_a_while_where_it_was_given_out_and_nowhere_else() {
        let key = NonceKey::new([1; 32]);
        let nonce = key.give(ISSUER, SERVER, NOW);
        assert!(key.is_mine(ISSUER, SERVER, &nonce, NOW));
        assert!(key.is_mine(ISSUER, SERVER, &nonce, NOW + NONCE_LIFETIME - 1));
        assert!(!key.is_mine(ISSUER, SERVER, &nonce, NOW + NONCE_LIFETIME));
        assert!(!key.is_mine(ISSUER, SERVER, &nonce, NOW - 1));
        assert!(!key.is_mine(ISSUER, NonceUse::ResourceServer, &nonce, NOW));
        assert!(!key.is_mine("https://other.example", SERVER, &nonce, NOW));
        assert!(!NonceKey::new([2; 32]).is_mine(ISSUER, SERVER, &nonce, NOW));
    }

    #[test]
    fn a_nonce_that_was_changed_or_made_up_is_refused() {
        let key = NonceKey::new([1; 32]);
        let nonce = b64::decode(key.give(ISSUER, SERVER, NOW)).unwrap();
        for at in 0..nonce.len() {
            let mut changed = nonce.clone();
            changed[at] ^= 1;
            assert!(!key.is_mine(ISSUER, SERVER, &b64::encode(&changed), NOW), "{at}");
            assert!(!key.is_mine(ISSUER, SERVER, &b64::encode(&nonce[..at]), NOW), "{at}");
        }
        for text in ["", "nonce", "=", "eyJ7S_zG.eyJH0-Z.HX4w-7v"] {
            assert!(!key.is_mine(ISSUER, SERVER, text, NOW), "{text}");
        }
    }

    /// §8.1: nonce = 1*NQCHAR.
    #[test]
    fn a_nonce_has_the_characters_that_it_may_have() {
        let nonce = NonceKey::new([255; 32]).give(ISSUER, SERVER, i64::MAX);
        assert!(
            !nonce.is_empty()
                && nonce
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
        );
    }
}
