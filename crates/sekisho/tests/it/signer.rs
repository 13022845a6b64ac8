//! Those who sign: clients that prove who they are by assertions, and issuers that are trusted.

use jose::{SigningAlg, SigningKey, b64, hmac_sha256, random_token, sign_jwt};
use reqwest::Response;
use serde_json::{Value, json};

use crate::app::Server;

/// `client_assertion_type`.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Somebody with a key.
pub struct Signer {
    key: SigningKey,
}

impl Signer {
    pub fn new(alg: SigningAlg) -> Self {
        Self {
            key: SigningKey::generate(alg).unwrap().0,
        }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        serde_json::to_value(self.key.public_jwk()).unwrap()
    }

    /// The public key set, for a realm file.
    pub fn jwks(&self) -> String {
        jwks(&[self])
    }

    /// The claims as a JWT.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as("JWT", claims)
    }

    /// The claims as a JWT of some kind.
    pub fn sign_as(&self, typ: &str, claims: &Value) -> String {
        sign_jwt(&self.key, typ, claims).unwrap()
    }
}

/// The public keys of several as a TOML value.
pub fn jwks(signers: &[&Signer]) -> String {
    let key = |signer: &&Signer| {
        let members = signer.jwk();
        let members = members.as_object().unwrap().iter();
        let members: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
        format!("{{ {} }}", members.join(", "))
    };
    format!(
        "{{ keys = [{}] }}",
        signers.iter().map(key).collect::<Vec<_>>().join(", ")
    )
}

/// A JWT with any header and a MAC by this secret.
pub fn mac(secret: &str, header: &Value, claims: &Value) -> String {
    let input = format!(
        "{}.{}",
        b64::encode(header.to_string()),
        b64::encode(claims.to_string())
    );
    let mac = hmac_sha256(secret.as_bytes(), input.as_bytes());
    format!("{input}.{}", b64::encode(mac))
}

/// What a client says of itself, good for a minute from `now`.
pub fn assertion(server: &impl Server, client_id: &str, now: i64) -> Value {
    json!({
        "iss": client_id, "sub": client_id, "aud": server.issuer(),
        "iat": now, "exp": now + 60, "jti": random_token(),
    })
}

/// The same claims, some of them replaced; `null` removes one.
pub fn changed(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.as_object().unwrap().clone();
    claims.extend(changes.as_object().unwrap().clone());
    claims.retain(|_, value| !value.is_null());
    Value::Object(claims)
}

/// Posts a form with a client assertion.
pub async fn post(server: &impl Server, path: &str, assertion: &str, form: &[(&str, &str)]) -> Response {
    let credentials = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    let form = [form, &credentials].concat();
    server.http().post(server.at(path)).form(&form).send().await.unwrap()
}
