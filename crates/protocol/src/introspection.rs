//! What an API learns about a token that was presented to it.
//!
//! Spec: RFC 7662 §2.2, RFC 8693 §4, RFC 9396 §9.2, RFC 9470 §6.2, RFC 9701 §4, §5
//!
//! An inactive answer says nothing else: "the authorization server SHOULD NOT include any additional information about
//! an inactive token". Both writing and reading see to that.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Audience, AuthorizationDetails, Confirmation, Scope, actor::Actor};

/// The answer of the introspection endpoint. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct IntrospectionResponse {
    /// Whether the token is valid, and meant for the one who asks.
    pub active: bool,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// What it permits in detail, of the API that asks (RFC 9396 §9.2).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// The client that it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// How it must be presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Audience::is_empty")]
    pub aud: Audience,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The level of the authentication behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The methods of the authentication behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// When the user last authenticated actively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The session that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Who acts for its subject (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Who alone may act for its subject (RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<Actor>,
    /// The key that it is bound to (RFC 8705 §3.2, RFC 9449 §6.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// By what the stream of revocations calls it (a member of our own): an API that keeps this answer for a while listens
    /// for these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_tags: Vec<String>,
}

impl IntrospectionResponse {
    /// The answer for a token that is unknown, expired, revoked, or not meant for the one who asks.
    pub fn inactive() -> Self {
        Self::default()
    }
}

/// The `typ` of an answer that is a JWT, so that it is taken for nothing else (RFC 9701 §5).
pub const JWT_TYP: &str = "token-introspection+jwt";

/// The media type of an answer that is a JWT (RFC 9701 §10.3).
pub const JWT_MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The claims of an answer that is a JWT. It has neither `sub` nor `exp` of its own: who trusted those would take the
/// answer for an access token (RFC 9701 §8.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntrospectionJwtClaims {
    /// Who says it: the issuer.
    pub iss: String,
    /// Who asked.
    pub aud: Audience,
    /// When it was said.
    pub iat: i64,
    /// What is said.
    pub token_introspection: IntrospectionResponse,
}

/// Whether an `Accept` header asks for a JWT: by its name, since `*/*` means whatever is usual (RFC 9701 §4), and not
/// with `q=0` (RFC 9110 §12.4.2).
pub fn wants_jwt(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(JWT_MEDIA_TYPE));
        let is_refused = parts
            .filter_map(|parameter| parameter.split_once('='))
            .any(|(name, value)| name.eq_ignore_ascii_case("q") && value.parse::<f32>().is_ok_and(|q| q <= 0.0));
        is_named && !is_refused
    })
}

impl Serialize for IntrospectionResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.active {
            Self::serialize(self, serializer)
        } else {
            Self::serialize(&Self::inactive(), serializer)
        }
    }
}

impl<'de> Deserialize<'de> for IntrospectionResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let response = Self::deserialize(deserializer)?;
        Ok(if response.active { response } else { Self::inactive() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active() -> IntrospectionResponse {
        IntrospectionResponse {
            active: true,
            scope: Some(Scope::parse("accounts:read").unwrap()),
            client_id: Some("app".into()),
            exp: Some(1_700_000_600),
            sub: Some("alice".into()),
            aud: Audience::one("https://api.example"),
            ..IntrospectionResponse::default()
        }
    }

    #[test]
    fn an_active_answer_says_what_is_known_and_nothing_null() {
        assert_eq!(
            serde_json::to_string(&active()).unwrap(),
            r#"{"active":true,"scope":"accounts:read","client_id":"app","exp":1700000600,"sub":"alice","aud":"https://api.example"}"#
        );
        let again: IntrospectionResponse = serde_json::from_str(&serde_json::to_string(&active()).unwrap()).unwrap();
        assert_eq!(again, active());
    }

    // Conformance: INT-02
    #[test]
    fn an_inactive_answer_says_nothing_else() {
        let leaky = IntrospectionResponse {
            active: false,
            ..active()
        };
        assert_eq!(serde_json::to_string(&leaky).unwrap(), r#"{"active":false}"#);
        assert_eq!(
            serde_json::to_string(&IntrospectionResponse::inactive()).unwrap(),
            r#"{"active":false}"#
        );
        let read: IntrospectionResponse = serde_json::from_str(r#"{"active":false,"sub":"alice"}"#).unwrap();
        assert_eq!(read, IntrospectionResponse::inactive());
    }

    #[test]
    fn a_jwt_is_asked_for_by_its_name() {
        for accept in [
            "application/token-introspection+jwt",
            "Application/Token-Introspection+JWT",
            "application/json;q=0.5, application/token-introspection+jwt;q=0.9",
            "text/html , application/token-introspection+jwt ; q=1",
        ] {
            assert!(wants_jwt(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "application/jwt",
            "application/token-introspection+jwt;q=0",
            "application/token-introspection+jwt; Q=0.000",
        ] {
            assert!(!wants_jwt(accept), "{accept}");
        }
    }

    // Conformance: INT-07
    #[test]
    fn what_is_said_of_a_token_stands_apart_from_the_claims_of_the_jwt() {
        let claims = IntrospectionJwtClaims {
            iss: "https://id.example".into(),
            aud: Audience::one("api"),
            iat: 1_700_000_000,
            token_introspection: IntrospectionResponse::inactive(),
        };
        assert_eq!(
            serde_json::to_string(&claims).unwrap(),
            r#"{"iss":"https://id.example","aud":"api","iat":1700000000,"token_introspection":{"active":false}}"#
        );
    }

    #[test]
    fn an_answer_without_active_is_no_answer() {
        assert!(serde_json::from_str::<IntrospectionResponse>(r#"{"sub":"alice"}"#).is_err());
    }
}
