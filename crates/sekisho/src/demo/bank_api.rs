//! The bank's API. It knows nothing of passwords, sessions or consent: only what a token permits.
//!
//! `ResourceServer` checks each call's token by asking the authorization server, so that a permission that was
//! taken back ends with the next call. Handlers get the verified token as an argument.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sekisho_resource_server::{BuildError, Permit, ResourceServer, VerifiedToken, require_scope};
use serde_json::{Value, json};

use super::bank::{Bank, Payment};

/// For whom a call is made.
enum Caller<'a> {
    /// A customer, through an app. A bank of your own would look its customer up by `permit.subject`, which never
    /// changes; the demo has no register of customers and takes the user name.
    Customer(&'a str),
    /// A program in its own name (`client_credentials`).
    Program,
}

impl<'a> Caller<'a> {
    fn of(permit: &'a Permit) -> Self {
        let username = permit.claims.get("username").and_then(Value::as_str);
        username.map_or(Self::Program, Self::Customer)
    }
}

/// The API's routes. `http` asks the issuer about tokens.
pub(super) fn router(
    issuer: &str,
    identifier: &str,
    http: reqwest::Client,
    bank: Arc<Bank>,
) -> Result<Router, BuildError> {
    let guard = ResourceServer::builder(issuer, identifier)
        .introspection("bank-api", "bank-api-secret")
        .scopes_supported(["accounts:read", "payments:write"])
        .http_client(http)
        .build()?;
    Ok(Router::new()
        .route("/accounts", get(accounts).route_layer(require_scope("accounts:read")))
        .route("/payments", post(pay).route_layer(require_scope("payments:write")))
        .layer(DefaultBodyLimit::max(16 * 1024))
        // What stands above needs a valid token; what stands below does not.
        .layer(guard.layer())
        .route(
            "/",
            get("The API of Sekisho Bank: GET /accounts, POST /payments. Both want an access token.\n"),
        )
        .with_state(bank)
        .merge(guard.metadata_router()))
}

async fn accounts(State(bank): State<Arc<Bank>>, VerifiedToken(permit): VerifiedToken) -> Json<Value> {
    Json(match Caller::of(&permit) {
        Caller::Customer(name) => json!({ "accounts": bank.accounts_of(name) }),
        Caller::Program => summary(&bank),
    })
}

/// What a program may know, which has nothing of any customer in it.
pub(super) fn summary(bank: &Bank) -> Value {
    let (accounts, total) = bank.summary();
    json!({ "summary": { "accounts": accounts, "total": total, "currency": "JPY" } })
}

async fn pay(State(bank): State<Arc<Bank>>, VerifiedToken(permit): VerifiedToken, body: Bytes) -> Response {
    let Caller::Customer(name) = Caller::of(&permit) else {
        return problem(StatusCode::FORBIDDEN, "only a customer can pay");
    };
    let payment: Payment = match serde_json::from_slice(&body) {
        Ok(payment) => payment,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match bank.pay(name, &payment) {
        Ok(account) => (StatusCode::CREATED, Json(account)).into_response(),
        Err(error) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "title": "The payment is not possible", "status": status.as_u16(), "detail": detail });
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

    async fn status(request: Request<Body>) -> StatusCode {
        let bank = Arc::new(Bank::new());
        let api = router("http://localhost:1", "http://localhost:3", http().unwrap(), bank).unwrap();
        api.oneshot(request).await.unwrap().status()
    }

    fn get(path: &str) -> Request<Body> {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn nothing_but_the_description_is_open_without_a_token() {
        assert_eq!(status(get("/")).await, StatusCode::OK);
        let metadata = status(get("/.well-known/oauth-protected-resource")).await;
        assert_eq!(metadata, StatusCode::OK);
        assert_eq!(status(get("/accounts")).await, StatusCode::UNAUTHORIZED);
        let payment = Request::post("/payments").body(Body::from("{}")).unwrap();
        assert_eq!(status(payment).await, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_checked_opens_nothing() {
        let mut request = get("/accounts");
        let header = "Bearer made-up".parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, header);
        assert_eq!(status(request).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
