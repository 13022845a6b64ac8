//! An access token that is a JWT.
//! Spec: RFC 9068 §2.2 and §4, RFC 8725 §3
//!
//! Accepted: `typ` `at+jwt` or `application/at+jwt`, and every claim that RFC 9068 demands. Deliberately not:
//! other JWTs of the same issuer (an ID token is no access token), encrypted ones.

use jose::{KeySet, UnverifiedJwt};
use protocol::AccessTokenClaims;
use serde_json::Value;

use crate::token_check::Times;
use crate::{CheckedToken, Permit, Refusal, TokenCheck};

impl TokenCheck {
    /// Checks a JWT access token with the issuer's keys.
    ///
    /// `now`: seconds since 1970. [`Refusal::Signature`] with [`JwsError::UnknownKey`](jose::JwsError::UnknownKey)
    /// means that the keys may be out of date.
    pub fn check_jwt(&self, token: &str, keys: &KeySet, now: i64) -> Result<CheckedToken, Refusal> {
        let verified = keys.verify(&UnverifiedJwt::parse(token)?, &self.algs)?;

        // RFC 9068 §4: "The resource server MUST verify that the "typ" header value is "at+jwt" or
        // "application/at+jwt" and reject tokens carrying any other value."
        let typ = verified.header.typ.as_deref().unwrap_or_default();
        if !["at+jwt", "application/at+jwt"]
            .iter()
            .any(|known| typ.eq_ignore_ascii_case(known))
        {
            return Err(Refusal::WrongType);
        }

        let mut token: AccessTokenClaims =
            serde_json::from_value(Value::Object(verified.claims)).map_err(|_| Refusal::Claims)?;
        self.check_issuer(&token.iss)?;
        self.check_audience(&token.aud)?;
        let not_before = match token.extra.get("nbf") {
            None => None,
            Some(value) => Some(value.as_i64().ok_or(Refusal::Claims)?),
        };
        let times = Times {
            expires_at: token.exp,
            issued_at: Some(token.iat),
            not_before,
        };
        self.check_times(&times, now)?;
        if token.sub.is_empty() || token.client_id.is_empty() {
            return Err(Refusal::Claims);
        }

        let mut claims = std::mem::take(&mut token.extra);
        claims.insert("jti".to_owned(), token.jti.into());
        claims.insert("iat".to_owned(), token.iat.into());
        if !token.amr.is_empty() {
            claims.insert("amr".to_owned(), token.amr.into());
        }
        Ok(CheckedToken::new(Permit {
            subject: token.sub,
            client_id: token.client_id,
            scope: token.scope,
            audience: token.aud.0,
            expires_at: token.exp,
            acr: token.acr,
            auth_time: token.auth_time,
            confirmation: token.cnf.unwrap_or_default(),
            claims,
        }))
    }
}

#[cfg(test)]
mod tests {
    use jose::{JwsError, KeySet, SigningAlg, SigningKey, sign_jwt};
    use serde_json::{Value, json};

    use crate::{Permit, Refusal, TokenCheck};

    const NOW: i64 = 1_700_000_000;
    const ISSUER: &str = "https://id.example";
    const API: &str = "https://api.example";

    struct Issuer {
        key: SigningKey,
        keys: KeySet,
    }

    impl Issuer {
        fn new() -> Self {
            let (key, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
            let keys = KeySet {
                keys: vec![key.public_jwk()],
            };
            Self { key, keys }
        }

        fn check(&self, typ: &str, claims: &Value) -> Result<Permit, Refusal> {
            let token = sign_jwt(&self.key, typ, claims).unwrap();
            let checked = TokenCheck::new(ISSUER, API).check_jwt(&token, &self.keys, NOW)?;
            checked.presented_alone()
        }
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "aud": [API, ISSUER], "sub": "alice", "client_id": "app", "jti": "1",
            "iat": NOW - 5, "exp": NOW + 600, "scope": "accounts:read openid", "acr": "urn:sekisho:acr:loa2",
            "auth_time": NOW - 60, "amr": ["pwd"], "groups": ["retail"]
        })
    }

    #[test]
    fn a_token_of_rfc_9068_gives_a_permit() {
        let permit = Issuer::new().check("at+jwt", &claims()).unwrap();
        assert_eq!(permit.subject, "alice");
        assert_eq!(permit.client_id, "app");
        assert!(permit.scope.contains("accounts:read"));
        assert_eq!(permit.audience, [API, ISSUER]);
        assert_eq!(permit.expires_at, NOW + 600);
        assert_eq!(permit.acr.as_deref(), Some("urn:sekisho:acr:loa2"));
        assert_eq!(permit.auth_time, Some(NOW - 60));
        assert_eq!(permit.claims["groups"], json!(["retail"]));
        assert_eq!(permit.claims["amr"], json!(["pwd"]));
        assert!(!permit.claims.contains_key("exp"));
    }

    #[test]
    fn only_the_types_of_access_tokens_are_taken() {
        let issuer = Issuer::new();
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            assert!(issuer.check(typ, &claims()).is_ok(), "{typ}");
        }
        for typ in ["JWT", "", "at+jwt ", "logout+jwt", "dpop+jwt"] {
            assert_eq!(issuer.check(typ, &claims()), Err(Refusal::WrongType), "{typ}");
        }
    }

    #[test]
    fn every_required_claim_is_required() {
        let issuer = Issuer::new();
        for name in ["iss", "aud", "sub", "client_id", "jti", "iat", "exp"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(issuer.check("at+jwt", &claims), Err(Refusal::Claims), "{name}");
        }
    }

    #[test]
    fn claims_that_do_not_fit_are_refused() {
        let issuer = Issuer::new();
        for (name, value, refusal) in [
            ("iss", json!("https://id.example/"), Refusal::WrongIssuer),
            ("iss", json!([ISSUER]), Refusal::Claims),
            ("aud", json!("https://api.example/v2"), Refusal::WrongAudience),
            ("aud", json!([]), Refusal::WrongAudience),
            ("aud", json!(ISSUER), Refusal::WrongAudience),
            ("exp", json!(NOW - 60), Refusal::Expired),
            ("exp", json!("tomorrow"), Refusal::Claims),
            ("nbf", json!(NOW + 60), Refusal::NotYetValid),
            ("nbf", json!("now"), Refusal::Claims),
            ("iat", json!(NOW + 60), Refusal::NotYetValid),
            ("sub", json!(""), Refusal::Claims),
            ("scope", json!(["a"]), Refusal::Claims),
            ("cnf", json!({"jkt": "x"}), Refusal::UnprovenBinding),
            ("cnf", json!({"jwk": {"kty": "EC"}}), Refusal::Claims),
        ] {
            let mut claims = claims();
            claims[name] = value;
            assert_eq!(
                issuer.check("at+jwt", &claims),
                Err(refusal),
                "{name}: {}",
                claims[name]
            );
        }
    }

    #[test]
    fn one_audience_may_be_a_string_and_scope_may_be_missing() {
        let mut claims = claims();
        claims["aud"] = json!(API);
        claims.as_object_mut().unwrap().remove("scope");
        let permit = Issuer::new().check("at+jwt", &claims).unwrap();
        assert_eq!(permit.audience, [API]);
        assert!(permit.scope.is_empty());
    }

    #[test]
    fn another_issuers_signature_and_algorithms_that_are_not_listed_are_refused() {
        let (issuer, other) = (Issuer::new(), Issuer::new());
        let token = sign_jwt(&other.key, "at+jwt", &claims()).unwrap();
        let mut check = TokenCheck::new(ISSUER, API);
        assert_eq!(
            check.check_jwt(&token, &issuer.keys, NOW),
            Err(Refusal::Signature(JwsError::UnknownKey))
        );
        check.algs = vec![SigningAlg::Rs256];
        assert_eq!(
            check.check_jwt(&token, &other.keys, NOW),
            Err(Refusal::Signature(JwsError::AlgNotAllowed))
        );
        assert_eq!(
            check.check_jwt("opaque", &other.keys, NOW),
            Err(Refusal::Signature(JwsError::NotCompact))
        );
    }
}
