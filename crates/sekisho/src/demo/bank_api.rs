//! The bank's API. It knows nothing of passwords, sessions, consent or tokens: the gateway before it checks each call by the
//! rules in `realm.toml`, and says in headers who calls. A client's own headers of these names do not get through the gateway.
//!
//! So it must be reached by the gateway alone. Here it listens on an address of this machine that nobody else is told; one of
//! your own has a network for that, or takes the gateway's certificate, or a signed token instead of the headers
//! (`docs/gateway.md`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::bank::{Bank, Payment};

/// For whom a call is made, as the gateway says.
enum Caller {
    /// A customer, through an app: the user's `sub`, which never changes.
    Customer(String),
    /// A program in its own name (`client_credentials`): it is the subject itself.
    Program,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let said = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        match (said("sekisho-subject"), said("sekisho-client")) {
            (Some(subject), Some(client)) if subject == client => Ok(Self::Program),
            (Some(subject), Some(_)) => Ok(Self::Customer(subject.to_owned())),
            _ => Err(problem(StatusCode::FORBIDDEN, "this call did not come by the gateway")),
        }
    }
}

/// The API's routes.
pub(super) fn router(bank: Arc<Bank>) -> Router {
    Router::new()
        .route("/accounts", get(accounts))
        .route("/payments", post(pay))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .route(
            "/",
            get("The API of Sekisho Bank: GET /accounts, POST /payments. Both want an access token.\n"),
        )
        .with_state(bank)
}

async fn accounts(State(bank): State<Arc<Bank>>, caller: Caller) -> Json<Value> {
    Json(match caller {
        Caller::Customer(sub) => json!({ "accounts": bank.accounts_of(&sub) }),
        Caller::Program => summary(&bank),
    })
}

/// What a program may know, which has nothing of any customer in it.
pub(super) fn summary(bank: &Bank) -> Value {
    let (accounts, total) = bank.summary();
    json!({ "summary": { "accounts": accounts, "total": total, "currency": "JPY" } })
}

async fn pay(State(bank): State<Arc<Bank>>, caller: Caller, body: Bytes) -> Response {
    let Caller::Customer(sub) = caller else {
        return problem(StatusCode::FORBIDDEN, "only a customer can pay");
    };
    let payment: Payment = match serde_json::from_slice(&body) {
        Ok(payment) => payment,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match bank.pay(&sub, &payment) {
        Ok(account) => (StatusCode::CREATED, Json(account)).into_response(),
        Err(error) => problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "title": "The call is not possible", "status": status.as_u16(), "detail": detail });
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::super::bank::ALICE;
    use super::*;

    async fn answer(request: Request<Body>) -> (StatusCode, String) {
        let answer = router(Arc::new(Bank::new())).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn accounts_for(said: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::get("/accounts");
        for (name, value) in said {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_customer_is_known_by_what_the_gateway_says() {
        let said = [("sekisho-subject", ALICE), ("sekisho-client", "budget-web")];
        let (status, body) = answer(accounts_for(&said)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("001-2041") && !body.contains("002-7310"), "{body}");
        let said = [
            ("sekisho-subject", "nightly-report"),
            ("sekisho-client", "nightly-report"),
        ];
        let (_, body) = answer(accounts_for(&said)).await;
        assert!(body.contains("summary") && !body.contains("001-2041"), "{body}");
    }

    #[tokio::test]
    async fn a_call_that_the_gateway_says_nothing_of_gets_nothing() {
        for said in [
            &[][..],
            &[("sekisho-subject", ALICE)],
            &[("authorization", "Bearer made-up")],
        ] {
            assert_eq!(answer(accounts_for(said)).await.0, StatusCode::FORBIDDEN);
        }
        let payment = Request::post("/payments").body(Body::from("{}")).unwrap();
        assert_eq!(answer(payment).await.0, StatusCode::FORBIDDEN);
    }
}
