//! Proofs that the app holds the key that its tokens are bound to.
//! Spec: RFC 9449 §4.2, §7.1, §8 and §9

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jose::{KeyError, SignJwtError, Signer as _, SigningAlg, SigningKey, b64, random_token, sha256};
use model::Clock;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::oidc_client::ClientError;
use super::answer::Answer;

/// The header of a proof, and that of a nonce.
const PROOF: &str = "DPoP";
const NONCE: &str = "DPoP-Nonce";

/// A key that tokens are bound to.
pub(super) struct DpopKey {
    key: SigningKey,
    /// What each server last wanted to see in a proof, by its origin.
    nonces: Mutex<HashMap<String, String>>,
}

/// What a proof says (§4.2): of which request it is, when it was made, with which token, by whose wish.
#[derive(Serialize)]
struct Claims<'a> {
    jti: String,
    htm: &'a str,
    htu: &'a str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl DpopKey {
    pub(super) fn generate() -> Result<Self, KeyError> {
        Ok(Self {
            key: SigningKey::generate(SigningAlg::Es256)?.0,
            nonces: Mutex::default(),
        })
    }

    /// A proof for one request. `access_token`: the token that is sent along, if there is one already.
    pub(super) fn proof(&self, method: &str, url: &str, access_token: Option<&str>) -> Result<String, SignJwtError> {
        let public = self.key.public_jwk();
        let header = json!({
            "typ": "dpop+jwt",
            "alg": self.key.alg().as_str(),
            "jwk": { "kty": public.kty, "crv": public.crv, "x": public.x, "y": public.y },
        });
        let claims = Claims {
            jti: random_token(),
            htm: method,
            htu: url,
            iat: Clock::system().now(),
            ath: access_token.map(|token| b64::encode(sha256(token.as_bytes()))),
            nonce: self.nonce(url),
        };
        self.sign(&header, &json!(claims))
    }

    /// Sends a request with its proof, and keeps the nonce that comes with the answer.
    pub(super) async fn answer(
        &self,
        url: &str,
        request: reqwest::RequestBuilder,
        proof: String,
    ) -> Result<Answer, ClientError> {
        let response = request.header(PROOF, proof).send().await?;
        if let Some(nonce) = response.headers().get(NONCE).and_then(|value| value.to_str().ok()) {
            self.nonces().insert(origin(url), nonce.to_owned());
        }
        Answer::of(response).await
    }

    /// `jose::sign_jwt` names a key by its `kid`; a proof carries the key itself.
    fn sign(&self, header: &Value, claims: &Value) -> Result<String, SignJwtError> {
        let input = format!(
            "{}.{}",
            b64::encode(header.to_string()),
            b64::encode(claims.to_string())
        );
        let signature = self.key.sign(input.as_bytes())?;
        Ok(format!("{input}.{}", b64::encode(signature)))
    }

    fn nonce(&self, url: &str) -> Option<String> {
        self.nonces().get(&origin(url)).cloned()
    }

    fn nonces(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scheme, host and port of a URL: a nonce is worth something at the server that it came from.
fn origin(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use jose::{KeySet, UnverifiedJwt};

    use super::*;

    fn claims(key: &DpopKey, proof: &str) -> serde_json::Map<String, Value> {
        let keys = KeySet {
            keys: vec![key.key.public_jwk()],
        };
        let token = UnverifiedJwt::parse(proof).ok().unwrap();
        assert_eq!(token.header().typ.as_deref(), Some("dpop+jwt"));
        keys.verify(&token, &[SigningAlg::Es256]).unwrap().claims
    }

    #[test]
    fn a_proof_is_for_one_request_and_one_token() {
        let key = DpopKey::generate().unwrap();
        let proof = key
            .proof("POST", "https://api.example/payments", Some("token"))
            .unwrap();
        let claims = claims(&key, &proof);
        assert_eq!(claims["htm"], "POST");
        assert_eq!(claims["htu"], "https://api.example/payments");
        assert_eq!(claims["ath"], b64::encode(sha256(b"token")));
        assert!(!claims.contains_key("nonce"));
    }

    #[test]
    fn a_proof_shows_the_public_half_of_its_key_and_no_more() {
        let key = DpopKey::generate().unwrap();
        let proof = key.proof("POST", "https://id.example/token", None).unwrap();
        let header = b64::decode(proof.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        let jwk = header["jwk"].as_object().unwrap();
        let mut members: Vec<_> = jwk.keys().collect();
        members.sort();
        assert_eq!(members, ["crv", "kty", "x", "y"]);
    }

    #[test]
    fn a_nonce_is_sent_to_the_server_that_it_came_from() {
        let key = DpopKey::generate().unwrap();
        key.nonces().insert(origin("https://id.example/token"), "n1".to_owned());
        let nonce = |url: &str| {
            claims(&key, &key.proof("POST", url, None).unwrap())
                .get("nonce")
                .cloned()
        };
        assert_eq!(nonce("https://id.example/par"), Some("n1".into()));
        assert_eq!(nonce("https://api.example/payments"), None);
    }
}
