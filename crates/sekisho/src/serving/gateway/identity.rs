//! What an API is told of who calls: in headers, or as a signed token in the place of the client's own.
//! Spec: RFC 7519 §4.1, RFC 8725 §3.11
//!
//! The token is a JWT of a type of its own, for one API and one minute: opaque outside, readable inside. No server takes
//! it for an access token, so that an API that keeps it cannot call another with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use enforcement::{Permit, gate::Permitted};
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use jose::{SigningAlg, sign_jwt};
use model::api::Identity;
use realm::Realms;
use serde_json::{Map, Value, json};

use super::refused::Refused;

/// What kind of token it is.
const TYP: &str = "call+jwt";
/// For how long it is good, in seconds.
const LIFETIME: i64 = 60;
/// For how long it is handed out again, so that not every call costs a signature.
const FRESH: i64 = 10;
/// Tokens that are kept at once.
const MOST: usize = 10_000;

/// What is said of callers.
pub(super) struct Identities {
    realms: Option<Arc<Realms>>,
    /// By what they say: who is permitted less a moment later is another.
    signed: Mutex<HashMap<String, Signed>>,
}

struct Signed {
    token: HeaderValue,
    at: i64,
}

impl Identities {
    /// Tokens are signed by the keys of these realms.
    pub fn signed_by(realms: Arc<Realms>) -> Self {
        Self {
            realms: Some(realms),
            signed: Mutex::default(),
        }
    }

    /// There is nobody who signs.
    pub fn unsigned() -> Self {
        Self {
            realms: None,
            signed: Mutex::default(),
        }
    }

    /// What the API is told of this call.
    pub async fn of(&self, permitted: &Permitted, form: Identity) -> Result<Vec<(HeaderName, HeaderValue)>, Refused> {
        match (form, &permitted.permit) {
            (Identity::Jwt, Some(permit)) => {
                let token = self.token(permitted, permit).await?;
                Ok(vec![(AUTHORIZATION, token)])
            }
            _ => Ok(permitted.identity()),
        }
    }

    async fn token(&self, permitted: &Permitted, permit: &Permit) -> Result<HeaderValue, Refused> {
        let api = &permitted.api;
        let realms = self.realms.as_ref();
        let realms = realms.ok_or_else(|| Refused::unavailable("nobody signs here".to_owned()))?;
        let realm = realms.by_issuer(&api.issuer).await;
        let realm = realm.map_err(|error| Refused::unavailable(error.to_string()))?;
        let realm = realm.ok_or_else(|| Refused::unavailable("the realm is gone".to_owned()))?;
        let mut claims = claims(permit, &api.issuer, &api.identifier);
        let (key, now) = (Value::Object(claims.clone()).to_string(), realm.now());
        if let Some(token) = self.kept(&key, now) {
            return Ok(token);
        }
        claims.insert("iat".to_owned(), now.into());
        claims.insert("exp".to_owned(), (now + LIFETIME).min(permit.expires_at).into());
        let signer = realm.keys.signer(SigningAlg::Es256);
        let signer = signer.ok_or_else(|| Refused::unavailable("no key signs yet".to_owned()))?;
        let token = sign_jwt(signer, TYP, &claims).map_err(|error| Refused::unavailable(error.to_string()))?;
        let token = HeaderValue::from_maybe_shared(format!("Bearer {token}"));
        let mut token = token.map_err(|error| Refused::unavailable(error.to_string()))?;
        token.set_sensitive(true);
        self.keep(key, &token, now);
        Ok(token)
    }

    fn kept(&self, key: &str, now: i64) -> Option<HeaderValue> {
        let signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |signed: &&Signed| (signed.at..signed.at + FRESH).contains(&now);
        signed.get(key).filter(is_fresh).map(|signed| signed.token.clone())
    }

    fn keep(&self, key: String, token: &HeaderValue, now: i64) {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if signed.len() >= MOST {
            signed.retain(|_, signed| now < signed.at + FRESH);
            if signed.len() >= MOST {
                signed.clear();
            }
        }
        let token = token.clone();
        signed.insert(key, Signed { token, at: now });
    }
}

/// Everything but the times.
fn claims(permit: &Permit, issuer: &str, audience: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(issuer)),
        ("aud", json!(audience)),
        ("sub", json!(permit.subject)),
        ("client_id", json!(permit.client_id)),
        ("scope", json!(permit.scope.to_string())),
        ("acr", json!(permit.acr)),
        ("auth_time", json!(permit.auth_time)),
        (
            "authorization_details",
            permit.claims.get("authorization_details").cloned().unwrap_or_default(),
        ),
    ] {
        if !value.is_null() && value != "" {
            claims.insert(name.to_owned(), value);
        }
    }
    claims
}
