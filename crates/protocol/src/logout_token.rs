//! What a logout token says.
//!
//! Spec: OpenID Connect Back-Channel Logout §2.4, §4.1
//!
//! There is no `nonce`, and the type is its own: no logout token can be taken for an ID token.

use serde::{Deserialize, Serialize};

use crate::Audience;

/// The `typ` of a logout token.
pub const TYP: &str = "logout+jwt";
/// The event that makes a token a logout token.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutTokenClaims {
    /// Who says it: the issuer.
    pub iss: String,
    /// The user, as the client knows them.
    pub sub: String,
    /// Whom it is for: the client.
    pub aud: Audience,
    /// When it was issued.
    pub iat: i64,
    /// When it stops to be acceptable.
    pub exp: i64,
    /// What tells it from all others.
    pub jti: String,
    /// The session that ended.
    pub sid: String,
    /// That it is a logout token.
    pub events: Events,
}

/// The event of a logout token: an object that "SHOULD be the empty JSON object".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Empty,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    // Conformance: BC-03
    #[test]
    fn it_says_who_was_signed_out_of_which_session_and_nothing_of_a_nonce() {
        let claims = LogoutTokenClaims {
            iss: "https://id.example".into(),
            sub: "alice".into(),
            aud: Audience::one("app"),
            iat: 1,
            exp: 2,
            jti: "j".into(),
            sid: "s".into(),
            events: Events::default(),
        };
        let json = serde_json::json!({
            "iss": "https://id.example", "sub": "alice", "aud": "app", "iat": 1, "exp": 2, "jti": "j", "sid": "s",
            "events": { EVENT: {} },
        });
        assert_eq!(serde_json::to_value(&claims).unwrap(), json);
        assert_eq!(serde_json::from_value::<LogoutTokenClaims>(json).unwrap(), claims);
    }
}
