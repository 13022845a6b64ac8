//! An API that checks by itself, with the library.

use axum::{Router, body::Body, response::Response, routing::get};
use http::{Request, StatusCode};
use sekisho_resource_server::{ResourceServer, VerifiedToken, require_scope};
use tower::ServiceExt as _;

use super::{API, new_key, revoke};
use crate::bank::Bank;

fn api(bank: &Bank) -> Router {
    let server = ResourceServer::builder(&*bank.issuer, API)
        .introspection("bank-api", testkit::realm::secret("bank-api"))
        .build()
        .unwrap();
    let who = |VerifiedToken(permit): VerifiedToken| async move { format!("{} {}", permit.subject, permit.client_id) };
    Router::new()
        .route("/accounts", get(who).route_layer(require_scope("accounts:read")))
        .route("/payments", get(who).route_layer(require_scope("payments:write")))
        .layer(server.layer())
}

async fn call(api: &Router, path: &str, header: &str, value: &str) -> Response {
    let request = Request::get(path).header(header, value).body(Body::empty()).unwrap();
    api.clone().oneshot(request).await.unwrap()
}

async fn body(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_key_opens_what_its_scope_permits_by_either_header() {
    let bank = Bank::with_realm(testkit::realm::bank).await;
    let (id, key) = new_key(&bank).await;
    let api = api(&bank);
    let bearer = format!("Bearer {key}");
    for (header, value) in [("authorization", bearer.as_str()), ("x-api-key", &key)] {
        let answer = call(&api, "/accounts", header, value).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(body(answer).await, "robot robot");
        let answer = call(&api, "/payments", header, value).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    }
    revoke(&bank, &id).await;
    assert_eq!(
        call(&api, "/accounts", "x-api-key", &key).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_mistyped_key_is_told_without_asking_the_server() {
    let bank = Bank::with_realm(testkit::realm::bank).await;
    let (_, key) = new_key(&bank).await;
    let api = api(&bank);
    // Nobody is there who could be asked.
    bank.running.stop().await;
    let mistyped = format!("{}_", &key[..key.len() - 1]);
    let answer = call(&api, "/accounts", "x-api-key", &mistyped).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(body(answer).await.contains("checksum"));
    assert_eq!(
        call(&api, "/accounts", "x-api-key", &key).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}
