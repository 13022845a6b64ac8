//! Clients that prove a key with each request (RFC 9449), as their developers would write them.

use jose::{Signer as _, SigningAlg, SigningKey, b64, random_token, sha256};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// The key of a client. Each proof is for one request.
pub struct ProofKey {
    key: SigningKey,
}

impl ProofKey {
    pub fn new(alg: SigningAlg) -> Self {
        Self {
            key: SigningKey::generate(alg).unwrap().0,
        }
    }

    pub fn es256() -> Self {
        Self::new(SigningAlg::Es256)
    }

    /// The thumbprint: `dpop_jkt`, `cnf.jkt`.
    pub fn jkt(&self) -> String {
        self.key.public_jwk().thumbprint().unwrap()
    }

    /// The public key, as it stands in the header of a proof.
    pub fn jwk(&self) -> Value {
        let mut jwk = serde_json::to_value(self.key.public_jwk()).unwrap();
        let members = jwk.as_object_mut().unwrap();
        members.retain(|name, _| !["kid", "alg", "use"].contains(&name.as_str()));
        jwk
    }

    /// A proof for one request, made at `now`. What is not said otherwise is as it should be.
    pub fn proof(&self, method: &str, url: &str, now: i64) -> Proof<'_> {
        Proof {
            key: &self.key,
            header: json!({"typ": "dpop+jwt", "alg": self.key.alg(), "jwk": self.jwk()}),
            claims: json!({"jti": random_token(), "htm": method, "htu": url, "iat": now}),
        }
    }
}

/// A proof that is being made.
#[derive(Clone)]
pub struct Proof<'a> {
    key: &'a SigningKey,
    header: Value,
    claims: Value,
}

impl Proof<'_> {
    /// For a request that brings this access token.
    pub fn with_token(self, token: &str) -> Self {
        let hash = b64::encode(sha256(token.as_bytes()));
        self.claim("ath", hash)
    }

    /// With a nonce that the server gave out.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// With another member of the header; `null` leaves it out.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.header, name, value.into());
        self
    }

    /// With another claim; `null` leaves it out.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        put(&mut self.claims, name, value.into());
        self
    }

    /// The proof.
    pub fn sign(&self) -> String {
        let input = format!(
            "{}.{}",
            b64::encode(self.header.to_string()),
            b64::encode(self.claims.to_string())
        );
        let signature = b64::encode(self.key.sign(input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    }

    /// Sends a request with it. Who is refused and given a nonce sends it once more with the nonce, as clients do.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let again = request.try_clone().unwrap();
        let response = request.header("dpop", self.sign()).send().await.unwrap();
        match nonce_of(&response) {
            Some(nonce) if response.status().is_client_error() => {
                let proof = self.clone().nonce(&nonce).claim("jti", random_token());
                again.header("dpop", proof.sign()).send().await.unwrap()
            }
            _ => response,
        }
    }
}

fn put(members: &mut Value, name: &str, value: Value) {
    let members = members.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
}

/// The nonce in an answer.
pub fn nonce_of(response: &Response) -> Option<String> {
    let nonce = response.headers().get("dpop-nonce")?;
    Some(nonce.to_str().unwrap().to_owned())
}
