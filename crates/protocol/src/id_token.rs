//! What an ID Token says.
//!
//! Spec: OpenID Connect Core §2, §3.2.2.10 and §3.3.2.11, CIBA §10.3.1

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Audience;

/// The claims of an ID Token. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who says it: the issuer.
    pub iss: String,
    /// Who the user is, never reassigned within the issuer.
    pub sub: String,
    /// Whom it is for: the client.
    pub aud: Audience,
    /// When it stops to be acceptable.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// When the user authenticated actively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The request's `nonce`, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The level of the authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The methods of the authentication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The client that it was issued to, where that is not the audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// The hash of the access token that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The hash of the code that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The backchannel request that it answers.
    #[serde(
        rename = "urn:openid:params:jwt:claim:auth_req_id",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub auth_req_id: Option<String>,
    /// The hash of the refresh token that came with it.
    #[serde(
        rename = "urn:openid:params:jwt:claim:rt_hash",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub rt_hash: Option<String>,
    /// The hash of the request's `state` (FAPI 1.0 Advanced §5.2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s_hash: Option<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Claims about the user that are in the ID Token itself.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_claims_are_left_out_and_extra_ones_stand_beside_the_others() {
        let mut claims = IdTokenClaims {
            iss: "https://id.example".into(),
            sub: "alice".into(),
            aud: Audience::one("app"),
            exp: 2,
            iat: 1,
            nonce: Some("n".into()),
            ..IdTokenClaims::default()
        };
        claims.extra.insert("email".into(), "a@example.com".into());
        let json = serde_json::to_string(&claims).unwrap();
        assert_eq!(
            json,
            r#"{"iss":"https://id.example","sub":"alice","aud":"app","exp":2,"iat":1,"nonce":"n","email":"a@example.com"}"#
        );
        assert_eq!(serde_json::from_str::<IdTokenClaims>(&json).unwrap(), claims);
    }

    /// OpenID Connect Core §2: iss, sub, aud, exp and iat are REQUIRED.
    #[test]
    fn the_required_claims_are_required() {
        assert!(serde_json::from_str::<IdTokenClaims>(r#"{"iss":"i","sub":"s","aud":"a","exp":2,"iat":1}"#).is_ok());
        for missing in ["iss", "sub", "aud", "exp", "iat"] {
            let mut claims = serde_json::json!({"iss": "i", "sub": "s", "aud": "a", "exp": 2, "iat": 1});
            claims.as_object_mut().unwrap().remove(missing);
            assert!(serde_json::from_value::<IdTokenClaims>(claims).is_err(), "{missing}");
        }
    }
}
