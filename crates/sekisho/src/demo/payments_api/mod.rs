//! The bank's payments API: it pays what a customer has consented to, that, and once.
//! Spec: RFC 9396 §2, §9.1 and §9.2; RFC 9449 §7.1
//!
//! `ResourceServer` checks that the token is live and that its key was proven; [`payments`] compares the call with the
//! `authorization_details` that stand behind the token. Scopes play no part.

mod order;
mod payments;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sekisho_resource_server::{BuildError, ResourceServer, VerifiedToken};
use serde_json::json;

pub(super) use self::order::Order;
use self::payments::{Consent, OrderRefusal, Payments};
use super::bank::Bank;

/// Which details there may be of its type; the authorization server holds apps to it.
pub(super) const SCHEMA: &str = include_str!("payment.schema.json");

/// The API's routes. `http` asks the issuer about tokens.
pub(super) fn router(
    issuer: &str,
    identifier: &str,
    http: reqwest::Client,
    bank: Arc<Bank>,
) -> Result<Router, BuildError> {
    let guard = ResourceServer::builder(issuer, identifier)
        .introspection("bank-api", "bank-api-secret")
        // A token that anybody could use moves no money; a proof that was made long ago, neither.
        .bound_tokens_only()
        .dpop_nonces()
        .http_client(http)
        .build()?;
    Ok(Router::new()
        .route("/payments", post(pay))
        .layer(DefaultBodyLimit::max(16 * 1024))
        // What stands above needs a valid token and the proof of its key; what stands below does not.
        .layer(guard.layer())
        .route(
            "/",
            get(
                "The payments API of Sekisho Bank: POST /payments. It wants a token for one payment, bound to a key.\n",
            ),
        )
        .with_state(Arc::new(Payments::new(bank)))
        .merge(guard.metadata_router()))
}

async fn pay(State(payments): State<Arc<Payments>>, VerifiedToken(permit): VerifiedToken, body: Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let consent = Consent::of(&permit);
    match payments.execute(&consent, &order) {
        // No word about the account: whoever may start a payment need not know what the customer has.
        Ok(()) => (StatusCode::CREATED, Json(order)).into_response(),
        Err(refusal) => problem(status(&refusal), &refusal.to_string()),
    }
}

fn status(refusal: &OrderRefusal) -> StatusCode {
    match refusal {
        OrderRefusal::NoCustomer | OrderRefusal::NoConsent | OrderRefusal::Differs { .. } => StatusCode::FORBIDDEN,
        OrderRefusal::Executed => StatusCode::CONFLICT,
        OrderRefusal::Bank(_) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "title": "The payment is not made", "status": status.as_u16(), "detail": detail });
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::demo::oidc_client::http;

    async fn answer(request: Request<Body>) -> Response {
        let bank = Arc::new(Bank::new());
        let api = router("http://localhost:1", "http://localhost:5", http().unwrap(), bank).unwrap();
        api.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn nothing_but_the_description_is_open_without_a_token() {
        let open = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(answer(open("/")).await.status(), StatusCode::OK);
        let metadata = answer(open("/.well-known/oauth-protected-resource")).await;
        assert_eq!(metadata.status(), StatusCode::OK);
        let payment = Request::post("/payments").body(Body::from("{}")).unwrap();
        assert_eq!(answer(payment).await.status(), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn each_refusal_has_its_status() {
        assert_eq!(status(&OrderRefusal::Executed), StatusCode::CONFLICT);
        assert_eq!(status(&OrderRefusal::NoConsent), StatusCode::FORBIDDEN);
    }
}
