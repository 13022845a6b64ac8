//! What the app signs for the authorization server: who it is, and what it asks.
//! Spec: RFC 7523 §2.2 and §3, OIDC Core §9 (`private_key_jwt`), FAPI 2.0 Security Profile §5.3.3.1

use jose::{SignJwtError, SigningKey, random_token, sign_jwt};
use model::Clock;
use serde_json::{Map, Value, json};

/// `client_assertion_type`.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// For how long what is signed may be used, in seconds.
const LIFETIME: i64 = 60;

/// A client assertion. `issuer`: the one audience that FAPI 2.0 takes, so that no other server can use it.
pub(super) fn sign(key: &SigningKey, client_id: &str, issuer: &str) -> Result<String, SignJwtError> {
    let mut claims = claims(client_id, issuer);
    claims.insert("sub".to_owned(), client_id.into());
    sign_jwt(key, "JWT", &claims)
}

/// What everything has that the app signs for the server: from whom, for whom, when, and once.
pub(super) fn claims(client_id: &str, issuer: &str) -> Map<String, Value> {
    let now = Clock::system().now();
    let claims = json!({
        "iss": client_id, "aud": issuer, "iat": now, "nbf": now, "exp": now + LIFETIME, "jti": random_token(),
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use jose::{KeySet, SigningAlg, UnverifiedJwt};

    use super::*;

    #[test]
    fn an_assertion_is_the_apps_own_for_one_server_and_one_minute() {
        let key = SigningKey::generate(SigningAlg::Es256).unwrap().0;
        let assertion = sign(&key, "pay-web", "https://id.example").unwrap();
        let keys = KeySet {
            keys: vec![key.public_jwk()],
        };
        let token = UnverifiedJwt::parse(&assertion).ok().unwrap();
        let claims = keys.verify(&token, &[SigningAlg::Es256]).unwrap().claims;
        assert_eq!(
            (claims["iss"].as_str(), claims["sub"].as_str()),
            (Some("pay-web"), Some("pay-web"))
        );
        assert_eq!(claims["aud"], "https://id.example");
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            LIFETIME
        );
    }
}
