//! What a valid access token permits.

use protocol::{Confirmation, Scope};
use serde_json::{Map, Value};

use crate::{Refusal, limit::Caller};

/// The claim with the id of the API key by which a permit came.
const API_KEY_ID: &str = "api_key_id";

/// A valid access token's content. [`CheckedToken`](crate::CheckedToken) gives one away, or
/// the issuer in its own process ([`Permit::of_issuer`]).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Permit {
    /// For whom: the user's `sub`, or the client's own identifier when no user is involved.
    pub subject: String,
    /// Which app holds the token.
    pub client_id: String,
    /// What it may do.
    pub scope: Scope,
    /// Which APIs it is meant for. This one is among them.
    pub audience: Vec<String>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// How well the user was authenticated (`acr`), if the issuer says so.
    pub acr: Option<String>,
    /// When the user was authenticated, in seconds since 1970, if the issuer says so.
    pub auth_time: Option<i64>,
    /// The keys that the token is bound to, all of which the request proved.
    pub confirmation: Confirmation,
    /// Every other claim of the token, unchecked by this crate: `authorization_details`, `groups`, …
    pub claims: Map<String, Value>,
}

impl Permit {
    /// What the issuer itself says of a token, in its own process: that it is valid, whom it is for, and that the call proved
    /// every key that it is bound to. For nobody else: a token of which this is said is not checked again.
    pub fn of_issuer(subject: String, client_id: String, scope: Scope, audience: Vec<String>, expires_at: i64) -> Self {
        Self {
            subject,
            client_id,
            scope,
            audience,
            expires_at,
            acr: None,
            auth_time: None,
            confirmation: Confirmation::default(),
            claims: Map::new(),
        }
    }

    /// Who calls, as limits count it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        let is_user = self.subject != self.client_id;
        Caller {
            client: Some(&self.client_id),
            user: is_user.then_some(self.subject.as_str()),
            key: self.claims.get(API_KEY_ID).and_then(Value::as_str),
        }
    }

    /// With the id of the API key by which it came.
    #[must_use]
    pub fn by_key(mut self, id: &str) -> Self {
        self.claims.insert(API_KEY_ID.to_owned(), id.into());
        self
    }

    /// Demands every scope-token of `needed`.
    pub fn require_scope(&self, needed: &Scope) -> Result<(), Refusal> {
        if needed.is_subset_of(&self.scope) {
            Ok(())
        } else {
            Err(Refusal::InsufficientScope(needed.clone()))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use protocol::{Confirmation, Scope};
    use serde_json::Map;

    use super::Permit;
    use crate::Refusal;

    pub(crate) fn permit(scope: &str) -> Permit {
        Permit {
            subject: "alice".to_owned(),
            client_id: "app".to_owned(),
            scope: Scope::parse(scope).unwrap(),
            audience: vec!["https://api.example".to_owned()],
            expires_at: 1,
            acr: None,
            auth_time: None,
            confirmation: Confirmation::default(),
            claims: Map::new(),
        }
    }

    // Conformance: F1B-RS-05 F2-RS-03
    #[test]
    fn every_scope_token_that_is_needed_must_be_there() {
        let scope = |text: &str| Scope::parse(text).unwrap();
        let permit = permit("accounts:read payments:read");
        for granted in ["", "accounts:read", "payments:read accounts:read"] {
            assert_eq!(permit.require_scope(&scope(granted)), Ok(()), "{granted}");
        }
        for missing in [
            "payments:write",
            "accounts:read payments:write",
            "accounts",
            "Accounts:read",
        ] {
            assert_eq!(
                permit.require_scope(&scope(missing)),
                Err(Refusal::InsufficientScope(scope(missing))),
                "{missing}"
            );
        }
    }
}
