//! What depends on the call: its details, and how the user was authenticated. RFC 9396 §9, RFC 9470.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::{get, post};
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::issuer::Issuer;
use super::{body, both, challenge, send};
use crate::clock::Clock;
use crate::{Caller, Denied, ResourceServer, StepUp, require_authentication};

const LOA3: &str = "urn:sekisho:acr:loa3";

#[derive(Deserialize)]
struct Payment {
    amount: i64,
    payee: String,
}

async fn pay(caller: Caller, text: String) -> Result<String, Denied> {
    let amount: i64 = text.parse().unwrap();
    if amount > 1000 {
        caller.require_authentication(&StepUp::within(60))?;
    }
    let payment: Payment = caller.require_detail("payment", |detail: &Payment| detail.amount == amount)?;
    Ok(format!("{} pays {}", caller.permit().subject, payment.payee))
}

fn app(server: &ResourceServer) -> Router {
    Router::new()
        .route("/payments", post(pay))
        .route(
            "/strong",
            get(|| async { "ok" }).route_layer(require_authentication(StepUp::acr([LOA3]).max_age(300))),
        )
        .layer(server.layer())
}

async fn call(app: &Router, request: http::request::Builder, token: &str, text: &str) -> Response {
    let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    send(app, request.body(Body::from(text.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_call_that_the_details_permit_is_made_and_no_other() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let (now, details) = (
        Clock::new().unix(),
        json!([{"type": "payment", "amount": 5, "payee": "bob"}, {"type": "payment", "amount": 5000, "payee": "carol"}]),
    );
    let changes = json!({"authorization_details": details, "auth_time": now - 120});
    issuer.issue_opaque("opaque", changes.clone());
    issuer.issue_opaque("plain", json!({}));
    let jwt = issuer.issue_jwt(&issuer.new_key(true), changes);
    for token in ["opaque", &jwt] {
        let response = call(&app, Request::post("/payments"), token, "5").await;
        let bytes = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(bytes, "alice pays bob", "{token}");
        let response = call(&app, Request::post("/payments"), token, "6").await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(challenge(&response).contains("error=\"insufficient_scope\""));
        // A large payment wants a user who was there a moment ago.
        let response = call(&app, Request::post("/payments"), token, "5000").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(challenge(&response).contains("error=\"insufficient_user_authentication\""));
        assert!(challenge(&response).contains("max_age=\"60\""));
    }
    let response = call(&app, Request::post("/payments"), "plain", "5").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_route_that_wants_more_says_what_would_do() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let now = Clock::new().unix();
    issuer.issue_opaque("strong", json!({"acr": LOA3, "auth_time": now}));
    issuer.issue_opaque("weak", json!({"acr": "urn:sekisho:acr:loa2", "auth_time": now}));
    issuer.issue_opaque("old", json!({"acr": LOA3, "auth_time": now - 400}));
    issuer.issue_opaque("silent", json!({}));
    assert_eq!(
        call(&app, Request::get("/strong"), "strong", "").await.status(),
        StatusCode::OK
    );
    for token in ["weak", "old", "silent"] {
        let response = call(&app, Request::get("/strong"), token, "").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        let told = challenge(&response).to_owned();
        assert!(
            told.starts_with("Bearer ") && told.contains("error=\"insufficient_user_authentication\""),
            "{told}"
        );
        assert!(
            told.contains(&format!("acr_values=\"{LOA3}\", max_age=\"300\"")),
            "{told}"
        );
        assert_eq!(body(response).await["error"], "insufficient_user_authentication");
    }
}
