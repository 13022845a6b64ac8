//! `id_token_hint`: an ID token of this issuer that an app sends back.
//!
//! Spec: OpenID Connect Core §3.1.2.1, OpenID Connect RP-Initiated Logout §2
//!
//! Accepted: ID tokens that have expired, as long as the key that signed them is published. Not accepted: other tokens
//! of this issuer, whatever they say; unsigned, changed and foreign ones; encrypted ones, which only their app can read.

use jose::{SigningAlg, UnverifiedJwt};
use protocol::IdTokenClaims;
use realm::RealmContext;
use serde_json::Value;

/// What an ID token says of the sign-in that it was issued for. Made only by [`IdTokenHint::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The user, as the client knows them.
    pub sub: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// The session.
    pub sid: Option<String>,
}

impl IdTokenHint {
    /// Reads a hint; `None` for anything that is not an ID token of this issuer.
    pub fn verify(realm: &RealmContext, hint: &str) -> Option<Self> {
        let unverified = UnverifiedJwt::parse(hint).ok()?;
        // Tokens of other kinds have a type of their own (RFC 8725 §3.11), or lack a claim that every ID token has.
        if unverified.header().typ.as_deref() != Some("JWT") {
            return None;
        }
        let verified = realm.keys.published().verify(&unverified, &SigningAlg::ALL).ok()?;
        let claims: IdTokenClaims = serde_json::from_value(Value::Object(verified.claims)).ok()?;
        let [client_id] = claims.aud.0.as_slice() else {
            return None;
        };
        (claims.iss == realm.issuer()).then(|| Self {
            client_id: client_id.clone(),
            sub: claims.sub,
            sid: claims.sid,
        })
    }
}
