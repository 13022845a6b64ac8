//! Secrets in memory: they cannot be printed, and are compared in constant time.

use serde::{Deserialize, Deserializer};

/// A secret text. It has no `Debug` of its content, no `Display` and no `==`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: call it only where the secret is used.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// What is stored of a client secret: a hash bound to realm and client.
///
/// Client secrets are machine credentials with at least 128 bits of entropy (`check` warns of shorter ones), so a
/// fast hash is right: there is nothing to guess, and a slow one would let anybody keep the server busy.
pub fn client_secret_hash(issuer: &str, client_id: &str, secret: &str) -> [u8; 32] {
    bound_hash(&[issuer, client_id, secret])
}

/// What is stored of a registration access token (RFC 7592 §3): it is good for this client's registration alone.
pub fn registration_token_hash(issuer: &str, client_id: &str, token: &str) -> [u8; 32] {
    bound_hash(&["registration_access_token", issuer, client_id, token])
}

/// What is stored of an initial access token (RFC 7591 §3).
pub fn initial_token_hash(issuer: &str, token: &str) -> [u8; 32] {
    bound_hash(&["initial_access_token", issuer, token])
}

/// What is stored of an API key: 256 random bits, so that a fast hash is right.
pub fn api_key_hash(issuer: &str, key: &str) -> [u8; 32] {
    bound_hash(&["api_key", issuer, key])
}

fn bound_hash(parts: &[&str]) -> [u8; 32] {
    jose::sha256_of_parts(parts.iter().map(|part| part.as_bytes()))
}
