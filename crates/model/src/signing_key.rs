//! A signing key of a realm: next → active → retired.

use jose::{Jwk, SigningAlg};

/// A key as stored: the private part is wrapped.
#[derive(Debug, Clone)]
pub struct SigningKeyRow {
    /// The key id (RFC 7638 thumbprint).
    pub kid: String,
    /// The algorithm.
    pub alg: SigningAlg,
    /// Where it is in its life.
    pub state: KeyState,
    /// PKCS #8, wrapped.
    pub private_key: Vec<u8>,
    /// What is published.
    pub public_jwk: Jwk,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// From when on it signs: published long enough before, so that every cached JWKS knows it.
    pub activates_at: i64,
    /// When it stopped signing.
    pub retired_at: Option<i64>,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Active,
    /// Published for those who hold something signed by it; signs no more.
    Retired,
}

impl KeyState {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    /// From the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retired]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}
