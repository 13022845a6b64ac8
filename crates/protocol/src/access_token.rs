//! What an access token in the form of a JWT says.
//!
//! Spec: RFC 9068 §2.2

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Audience, Confirmation, Scope};

/// The `typ` of such a token (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// The claim that names the authorization which can end it.
pub const AUTHORIZATION_ID: &str = "authorization_id";

/// The claim that names the client of that authorization, if it is another.
pub const OWNER: &str = "authorized_client_id";

/// The claims of a JWT access token. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// When it ends.
    pub exp: i64,
    /// Whom it is for: the APIs.
    pub aud: Audience,
    /// Whose it is: the user, or the client itself where no user took part (RFC 9068 §2.2).
    pub sub: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// When it was issued.
    pub iat: i64,
    /// Its identifier.
    pub jti: String,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// When the user last authenticated actively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The level of the authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The methods of the authentication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The key that it is bound to (RFC 7800 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Whatever else is in it.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{"iss":"i","exp":2,"aud":["a","b"],"sub":"s","client_id":"c","iat":1,"jti":"j","scope":"a b","auth_time":1,"acr":"x","amr":["pwd"]}"#;

    #[test]
    fn every_claim_reads_back() {
        let claims: AccessTokenClaims = serde_json::from_str(ALL).unwrap();
        assert!(claims.scope.contains("b") && claims.aud.contains("b") && claims.extra.is_empty());
        assert_eq!(serde_json::to_string(&claims).unwrap(), ALL);
    }

    /// RFC 9068 §2.2: iss, exp, aud, sub, `client_id`, iat and jti are REQUIRED.
    #[test]
    fn the_required_claims_are_required() {
        for missing in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
            let mut claims: Map<String, Value> = serde_json::from_str(ALL).unwrap();
            claims.remove(missing);
            assert!(
                serde_json::from_value::<AccessTokenClaims>(Value::Object(claims)).is_err(),
                "{missing}"
            );
        }
    }
}
