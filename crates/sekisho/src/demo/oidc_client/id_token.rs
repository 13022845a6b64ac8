//! The check of an ID token: who signed in, said by the right server, to this app, in answer to this request.
//! Spec: OIDC Core §3.1.3.7 and §3.1.3.8
//!
//! Accepted: RS256, which is what a client gets that registers nothing else. Deliberately not: further audiences.

use jose::{KeySet, SigningAlg, UnverifiedJwt, left_half_hash};
use serde_json::{Map, Value};

use super::ClientError;

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 30;

/// The user who signed in. Only [`check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct SignedIn {
    /// `sub`: who it is, for this app.
    pub subject: String,
}

/// What the ID token must say.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub access_token: &'a str,
    /// In unix seconds.
    pub now: i64,
}

/// Checks signature and claims.
pub(super) fn check(id_token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<SignedIn, ClientError> {
    let token = UnverifiedJwt::parse(id_token).map_err(|_| ClientError::IdToken("it is not a signed JWT"))?;
    let verified = keys
        .verify(&token, &[SigningAlg::Rs256])
        .map_err(|_| ClientError::IdToken("its signature does not hold"))?;
    check_claims(&verified.claims, expected)
}

fn check_claims(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<SignedIn, ClientError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let rule = |holds: bool, problem: &'static str| holds.then_some(()).ok_or(ClientError::IdToken(problem));

    rule(text("iss") == Some(expected.issuer), "`iss` is another server")?;
    rule(is_for(claims, expected.client_id), "`aud` is another app")?;
    let ends = number("exp").unwrap_or_default();
    rule(expected.now < ends.saturating_add(LEEWAY), "it has expired")?;
    let issued = number("iat").unwrap_or(i64::MAX);
    rule(issued <= expected.now.saturating_add(LEEWAY), "it is from the future")?;
    rule(text("nonce") == Some(expected.nonce), "`nonce` is of another request")?;
    if let Some(at_hash) = text("at_hash") {
        let hash = left_half_hash(SigningAlg::Rs256, expected.access_token);
        rule(at_hash == hash, "`at_hash` is of another access token")?;
    }
    let subject = text("sub").filter(|sub| !sub.is_empty());
    let subject = subject.ok_or(ClientError::IdToken("it does not say who"))?;
    Ok(SignedIn {
        subject: subject.to_owned(),
    })
}

/// `aud` is a string or an array; nobody but this app may be in it.
fn is_for(claims: &Map<String, Value>, client_id: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == client_id,
        Some(Value::Array(audiences)) => matches!(audiences.as_slice(), [Value::String(one)] if one == client_id),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn expected() -> Expected<'static> {
        Expected {
            issuer: "https://id.example",
            client_id: "budget-web",
            nonce: "n",
            access_token: "at",
            now: NOW,
        }
    }

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "iss": "https://id.example", "sub": "u1", "aud": "budget-web", "exp": NOW + 300, "iat": NOW, "nonce": "n",
            "at_hash": left_half_hash(SigningAlg::Rs256, "at"),
        });
        claims.as_object().unwrap().clone()
    }

    fn with(name: &str, value: Value) -> Result<SignedIn, ClientError> {
        let mut claims = claims();
        claims.insert(name.to_owned(), value);
        check_claims(&claims, &expected())
    }

    #[test]
    fn the_right_claims_say_who_signed_in() {
        assert_eq!(check_claims(&claims(), &expected()).unwrap().subject, "u1");
        assert!(with("aud", json!(["budget-web"])).is_ok());
        assert!(with("exp", json!(NOW - LEEWAY + 1)).is_ok());
    }

    #[test]
    fn each_wrong_claim_is_refused() {
        for (name, value) in [
            ("iss", json!("https://id.example/")),
            ("sub", json!("")),
            ("aud", json!("other")),
            ("aud", json!(["budget-web", "other"])),
            ("aud", json!([])),
            ("exp", json!(NOW - LEEWAY)),
            ("exp", json!("tomorrow")),
            ("iat", json!(NOW + LEEWAY + 1)),
            ("nonce", json!("m")),
            ("at_hash", json!("AAAA")),
        ] {
            assert!(with(name, value.clone()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn each_missing_claim_but_at_hash_is_refused() {
        for name in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
            let mut claims = claims();
            claims.remove(name);
            assert!(check_claims(&claims, &expected()).is_err(), "{name}");
        }
        let mut without_at_hash = claims();
        without_at_hash.remove("at_hash");
        assert!(check_claims(&without_at_hash, &expected()).is_ok());
    }

    #[test]
    fn a_token_that_nobody_or_somebody_else_signed_is_refused() {
        let key = jose::SigningKey::generate(SigningAlg::Rs256).unwrap().0;
        let token = jose::sign_jwt(&key, "JWT", &claims()).unwrap();
        let keys = KeySet {
            keys: vec![key.public_jwk()],
        };
        assert!(check(&token, &keys, &expected()).is_ok());
        assert!(check(&token, &KeySet::default(), &expected()).is_err());
        let unsigned = format!(
            "{}.{}.",
            jose::b64::encode(r#"{"alg":"none"}"#),
            token.split('.').nth(1).unwrap()
        );
        assert!(check(&unsigned, &keys, &expected()).is_err());
    }
}
