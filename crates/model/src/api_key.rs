//! An API key: with it a client calls one API for itself, without a token. Operators make it; the key itself is not kept.

use protocol::scope::Scope;

/// What is kept of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id by which operators know it.
    pub id: String,
    /// The hash of the key, see [`crate::api_key_hash`].
    pub key_hash: Vec<u8>,
    /// The client that it belongs to.
    pub client_id: String,
    /// The identifier of the API that it opens.
    pub api: String,
    /// The most that it permits there; what its client is registered for now may be less.
    pub scope: Scope,
    /// What the operator calls it.
    pub name: String,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When it ends, unix seconds.
    pub expires_at: i64,
    /// When it was revoked, unix seconds.
    pub revoked_at: Option<i64>,
    /// The id of the key that takes its place.
    pub replaced_by: Option<String>,
    /// When it was used last, to the hour, unix seconds.
    pub last_used_at: Option<i64>,
}

/// Whether a key is good for anything, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyState {
    /// It opens its API.
    Good,
    /// It has a successor, and opens its API for the rest of the overlap.
    Replaced,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl ApiKeyState {
    /// As shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// What the key is good for at this time.
    pub const fn state(&self, now: i64) -> ApiKeyState {
        if self.revoked_at.is_some() {
            ApiKeyState::Revoked
        } else if now >= self.expires_at {
            ApiKeyState::Expired
        } else if self.replaced_by.is_some() {
            ApiKeyState::Replaced
        } else {
            ApiKeyState::Good
        }
    }

    /// Whether it opens its API at this time.
    pub const fn is_good(&self, now: i64) -> bool {
        matches!(self.state(now), ApiKeyState::Good | ApiKeyState::Replaced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_until_it_ends_or_is_taken_back() {
        let key = ApiKey {
            id: "k".into(),
            key_hash: vec![1],
            client_id: "app".into(),
            api: "https://api.example".into(),
            scope: Scope::default(),
            name: String::new(),
            created_at: 0,
            expires_at: 100,
            revoked_at: None,
            replaced_by: None,
            last_used_at: None,
        };
        assert_eq!(
            (key.state(99), key.state(100)),
            (ApiKeyState::Good, ApiKeyState::Expired)
        );
        let replaced = ApiKey {
            replaced_by: Some("l".into()),
            ..key.clone()
        };
        assert!(replaced.state(99) == ApiKeyState::Replaced && replaced.is_good(99) && !replaced.is_good(100));
        let revoked = ApiKey {
            revoked_at: Some(50),
            ..replaced
        };
        assert!(revoked.state(49) == ApiKeyState::Revoked && !revoked.is_good(49));
    }
}
