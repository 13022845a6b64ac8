//! The layer in front of a small API, against an authorization server that is spoken to over real HTTP.

mod caller;
mod certificate;
mod dpop;
mod fapi;
mod issuer;
mod jwt;
mod metadata;
mod misuse;
mod opaque;
mod requests;
mod revocations;
mod unavailable;

use axum::body::Body;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{Builder, ResourceServer, VerifiedToken, require_scope};

/// The API's identifier.
const API: &str = "https://api.example";

/// An API that checks both kinds of tokens.
fn both(issuer: &str) -> Builder {
    ResourceServer::builder(issuer, API)
        .introspection(issuer::CLIENT_ID, issuer::CLIENT_SECRET)
        .jwks()
}

fn app(server: &ResourceServer) -> Router {
    let accounts = |VerifiedToken(permit): VerifiedToken| async move {
        Json(json!({"sub": permit.subject, "client_id": permit.client_id, "scope": permit.scope}))
    };
    Router::new()
        .route("/accounts", get(accounts).route_layer(require_scope("accounts:read")))
        .route(
            "/payments",
            post(|| async { "paid" }).route_layer(require_scope("accounts:read payments:write")),
        )
        .route(
            "/me",
            get(|VerifiedToken(permit): VerifiedToken| async { permit.subject }),
        )
        .layer(server.layer())
        .merge(server.metadata_router())
}

async fn send(app: &Router, request: Request<Body>) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

async fn get_with(app: &Router, path: &str, token: &str) -> Response {
    let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"));
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn status(app: &Router, token: &str) -> StatusCode {
    get_with(app, "/accounts", token).await.status()
}

fn challenge(response: &Response) -> &str {
    response.headers()[WWW_AUTHENTICATE].to_str().unwrap()
}

async fn body(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
