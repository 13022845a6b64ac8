//! An authorization server as small as it can be, on a port of its own.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use futures_util::stream;
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, LOCATION};
use jose::{Jwk, SigningAlg, SigningKey, sign_jwt};
use protocol::revocation_events::{Event, MEDIA_TYPE};
use protocol::{BasicCredentials, Form};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::API;
use crate::clock::Clock;

pub(super) const CLIENT_ID: &str = "bank-api";
/// With characters that must be form-encoded.
pub(super) const CLIENT_SECRET: &str = "a:b %+é";

#[derive(Clone)]
pub(super) struct Issuer(Arc<Shared>);

pub(super) struct Shared {
    pub(super) url: String,
    /// What the metadata says, so that it can be made wrong.
    pub(super) metadata: Mutex<Value>,
    pub(super) keys: Mutex<Vec<Jwk>>,
    pub(super) cache_control: Mutex<&'static str>,
    answers: Mutex<HashMap<String, Value>>,
    pub(super) metadata_fetches: AtomicU32,
    pub(super) jwks_fetches: AtomicU32,
    pub(super) introspections: AtomicU32,
    /// What every endpoint answers with.
    status: AtomicU16,
    /// Whether the metadata is only where OpenID Connect Discovery wants it.
    pub(super) openid_only: AtomicBool,
    /// Those who listen to revocations.
    streams: Mutex<Vec<mpsc::UnboundedSender<String>>>,
    /// Whether nothing is said to them by itself.
    pub(super) is_silent: AtomicBool,
}

impl std::ops::Deref for Issuer {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Issuer {
    pub(super) async fn start() -> Self {
        Self::start_at("").await
    }

    /// An issuer with a path.
    pub(super) async fn start_at(path: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": url,
            "introspection_endpoint": format!("{url}/introspect"),
            "jwks_uri": format!("{url}/jwks"),
            "revocation_events_endpoint": format!("{url}/revocations"),
        });
        let this = Self(Arc::new(Shared {
            url,
            metadata: Mutex::new(metadata),
            keys: Mutex::default(),
            cache_control: Mutex::new("max-age=600"),
            answers: Mutex::default(),
            metadata_fetches: AtomicU32::new(0),
            jwks_fetches: AtomicU32::new(0),
            introspections: AtomicU32::new(0),
            status: AtomicU16::new(200),
            openid_only: AtomicBool::new(false),
            streams: Mutex::default(),
            is_silent: AtomicBool::new(false),
        }));
        let router = Router::new()
            .route(
                &format!("/.well-known/oauth-authorization-server{path}"),
                get(oauth_metadata),
            )
            .route(
                &format!("{path}/.well-known/openid-configuration"),
                get(metadata_document),
            )
            .route(&format!("{path}/elsewhere"), any(elsewhere))
            .route(&format!("{path}/jwks"), get(jwks))
            .route(&format!("{path}/introspect"), post(introspect))
            .route(&format!("{path}/revocations"), post(revocations))
            .with_state(this.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        this
    }

    /// Makes an opaque token that is good for everything, with changes.
    pub(super) fn issue_opaque(&self, token: &str, changes: Value) {
        let answer = changed(
            json!({
                "active": true, "iss": self.url, "aud": [API, self.url], "sub": "alice", "client_id": "app",
                "token_type": "Bearer", "scope": "accounts:read openid", "exp": Clock::new().unix() + 600
            }),
            changes,
        );
        self.answers.lock().unwrap().insert(token.to_owned(), answer);
    }

    pub(super) fn revoke(&self, token: &str) {
        self.answers.lock().unwrap().remove(token);
    }

    /// Makes a key, published or not.
    pub(super) fn new_key(&self, published: bool) -> SigningKey {
        let (key, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
        if published {
            self.keys.lock().unwrap().push(key.public_jwk());
        }
        key
    }

    /// Makes a JWT access token that is good for everything, with changes.
    pub(super) fn issue_jwt(&self, key: &SigningKey, changes: Value) -> String {
        let now = Clock::new().unix();
        let claims = changed(
            json!({
                "iss": self.url, "aud": API, "sub": "alice", "client_id": "app", "jti": "1", "iat": now,
                "exp": now + 100_000, "scope": "accounts:read"
            }),
            changes,
        );
        sign_jwt(key, "at+jwt", &claims).unwrap()
    }

    /// Says something to those who listen to revocations; answers how many there are.
    pub(super) fn say(&self, event: &Event) -> usize {
        let mut streams = self.streams.lock().unwrap();
        streams.retain(|stream| stream.send(event.to_string()).is_ok());
        streams.len()
    }

    /// Ends all streams.
    pub(super) fn hang_up(&self) {
        self.streams.lock().unwrap().clear();
    }

    /// From now on every endpoint answers with this status.
    pub(super) fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn broken(&self) -> Option<Response> {
        let status = StatusCode::from_u16(self.status.load(Ordering::SeqCst)).unwrap();
        let elsewhere = [(LOCATION, format!("{}/elsewhere", self.url))];
        (status != StatusCode::OK).then(|| (status, elsewhere).into_response())
    }
}

fn changed(mut claims: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { return claims };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims
}

async fn oauth_metadata(issuer: State<Issuer>) -> Response {
    if issuer.openid_only.load(Ordering::SeqCst) {
        return StatusCode::NOT_FOUND.into_response();
    }
    metadata_document(issuer).await
}

/// Where redirects lead: everything is fine here.
async fn elsewhere(State(issuer): State<Issuer>) -> Response {
    let answer = issuer.answers.lock().unwrap()["good"].clone();
    Json(answer).into_response()
}

async fn metadata_document(State(issuer): State<Issuer>) -> Response {
    issuer.metadata_fetches.fetch_add(1, Ordering::SeqCst);
    let document = issuer.metadata.lock().unwrap().clone();
    issuer.broken().unwrap_or_else(|| Json(document).into_response())
}

async fn jwks(State(issuer): State<Issuer>) -> Response {
    issuer.jwks_fetches.fetch_add(1, Ordering::SeqCst);
    let keys = Json(json!({"keys": *issuer.keys.lock().unwrap()}));
    let headers = [(CACHE_CONTROL, *issuer.cache_control.lock().unwrap())];
    issuer.broken().unwrap_or_else(|| (headers, keys).into_response())
}

async fn revocations(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    let credentials = BasicCredentials::from_authorization(headers[AUTHORIZATION].to_str().unwrap())
        .ok()
        .unwrap();
    assert_eq!(
        (&*credentials.client_id, &*credentials.client_secret),
        (CLIENT_ID, CLIENT_SECRET)
    );
    let (stream, said) = mpsc::unbounded_channel::<String>();
    issuer.streams.lock().unwrap().push(stream);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if !issuer.is_silent.load(Ordering::SeqCst) && issuer.say(&Event::Alive) == 0 {
                return;
            }
        }
    });
    let said = stream::unfold(said, |mut said| async {
        let event = said.recv().await?;
        Some((Ok::<_, Infallible>(event), said))
    });
    ([(CONTENT_TYPE, MEDIA_TYPE)], Body::from_stream(said)).into_response()
}

async fn introspect(State(issuer): State<Issuer>, headers: HeaderMap, body: Bytes) -> Response {
    issuer.introspections.fetch_add(1, Ordering::SeqCst);
    if let Some(broken) = issuer.broken() {
        return broken;
    }
    let authorization = headers[AUTHORIZATION].to_str().unwrap();
    let credentials = BasicCredentials::from_authorization(authorization).ok().unwrap();
    if credentials.client_id != CLIENT_ID || credentials.client_secret != CLIENT_SECRET {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let form = Form::parse(&body).ok().unwrap();
    assert_eq!(form.first("token_type_hint"), Some("access_token"));
    let token = form.first("token").unwrap();
    let answer = issuer.answers.lock().unwrap().get(token).cloned();
    Json(answer.unwrap_or(json!({"active": false}))).into_response()
}
