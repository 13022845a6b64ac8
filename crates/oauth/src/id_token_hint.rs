//! `id_token_hint`: an ID token of this issuer that an app sends back.
//!
//! Spec: OpenID Connect Core §3.1.2.1, OpenID Connect RP-Initiated Logout §2
//!
//! Accepted: ID tokens that have expired, as long as the key that signed them is published. Not accepted: other tokens
//! of this issuer, whatever they say; unsigned, changed and foreign ones; encrypted ones, which only their app can read.

use jose::{JwsError, SigningAlg, UnverifiedJwt};
use protocol::IdTokenClaims;
use realm::RealmContext;
use serde_json::Value;

/// What an ID token says of the sign-in that it was issued for. Made only here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The user, as the client knows them.
    pub sub: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// The session.
    pub sid: Option<String>,
    /// When it expires, unix seconds: whoever cares must look.
    pub expires_at: i64,
}

impl IdTokenHint {
    /// Reads a hint; `None` for anything that is not an ID token of this issuer.
    pub fn verify(realm: &RealmContext, hint: &str) -> Option<Self> {
        let (hint, is_proven) = Self::read(realm, hint)?;
        is_proven.then_some(hint)
    }

    /// Reads a hint whose key may have been forgotten since; whether a published key proves it is said beside it.
    pub fn read(realm: &RealmContext, hint: &str) -> Option<(Self, bool)> {
        let unverified = UnverifiedJwt::parse(hint).ok()?;
        // Tokens of other kinds have a type of their own (RFC 8725 §3.11), or lack a claim that every ID token has.
        if unverified.header().typ.as_deref() != Some("JWT") {
            return None;
        }
        let (claims, is_proven) = match realm.keys.published().verify(&unverified, &SigningAlg::ALL) {
            Ok(verified) => (verified.claims, true),
            Err(JwsError::UnknownKey) => (unverified.claims_unverified().clone(), false),
            Err(_) => return None,
        };
        let claims: IdTokenClaims = serde_json::from_value(Value::Object(claims)).ok()?;
        let [client_id] = claims.aud.0.as_slice() else {
            return None;
        };
        let this = Self {
            client_id: client_id.clone(),
            sub: claims.sub,
            sid: claims.sid,
            expires_at: claims.exp,
        };
        (claims.iss == realm.issuer()).then_some((this, is_proven))
    }
}
