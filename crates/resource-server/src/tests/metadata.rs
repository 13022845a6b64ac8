//! The API's metadata, for everybody.

use axum::body::Body;
use http::{Request, StatusCode};

use super::{app, body, send};
use crate::ResourceServer;

#[tokio::test]
async fn anybody_may_read_it_at_the_inserted_place() {
    let server = ResourceServer::builder("https://id.example", "https://api.example/bank")
        .jwks()
        .scopes_supported(["accounts:read"])
        .build()
        .unwrap();
    let app = app(&server);
    let place = "/.well-known/oauth-protected-resource/bank";
    let response = send(&app, Request::get(place).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let document = body(response).await;
    assert_eq!(document["resource"], "https://api.example/bank");
    assert_eq!(document["authorization_servers"][0], "https://id.example");
}
