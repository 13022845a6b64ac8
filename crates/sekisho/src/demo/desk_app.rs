//! Desk, the server of the command-line app: a native app with a back end.
//!
//! Spec: RFC 6749 §4.1, RFC 7636 §4, RFC 8252 §7.3 and §8.6
//!
//! 1. The program says on which port it waits for the browser; Desk answers a session and the address to open.
//! 2. The browser brings its answer to the program, which hands it on unread.
//! 3. Desk checks it, and changes the code into tokens by its own secret and the `code_verifier` that never left it.
//! 4. From then on the program shows its session, and Desk calls the bank.
//!
//! The program holds no secret of Desk's, and no token. A code that somebody reads on its way is worth nothing without
//! Desk; an answer is only taken in the session that asked for it. Since any program on the user's machine can ask Desk,
//! it is registered as `native`, and the user is asked each time (RFC 8252 §8.6).

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::back_end::{nobody, refusal, refused, user};
use super::bank::Payment;
use super::bank_client::BankClient;
use super::connection::Connection;
use super::oidc_client::authorization::Pending;
use super::oidc_client::{ClientError, OidcClient};
use super::sessions::{Sessions, Shared};

const SCOPE: &str = "openid profile offline_access accounts:read payments:write";

/// The header with the program's session. A page in a browser cannot send it here: it would have to ask first, and
/// nothing here answers that.
pub(super) const SESSION: &str = "desk-session";

/// The running server.
struct Desk {
    oidc: OidcClient,
    bank: BankClient,
    sessions: Sessions<Session>,
}

/// One program.
#[derive(Default)]
struct Session {
    /// The user is at the authorization server, and comes back to this program.
    asked: Option<(OidcClient, Pending)>,
    /// The user is signed in.
    connection: Option<Connection>,
}

/// The server's routes.
pub(super) fn router(oidc: OidcClient, bank: BankClient) -> Router {
    let desk = Desk {
        oidc,
        bank,
        sessions: Sessions::new("desk-session"),
    };
    Router::new()
        .route("/sign-ins", post(begin))
        .route("/sign-ins/answer", post(answer))
        .route("/accounts", get(accounts))
        .route("/payments", post(pay))
        .route("/session", delete(sign_out))
        .route(
            "/",
            get("The server of the command-line app: sekisho demo cli --server\n"),
        )
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(Arc::new(desk))
}

/// The session that the program shows.
struct Known {
    id: String,
    session: Shared<Session>,
}

impl FromRequestParts<Arc<Desk>> for Known {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let id = parts.headers.get(SESSION).and_then(|id| id.to_str().ok());
        let known = id.and_then(|id| {
            Some(Self {
                id: id.to_owned(),
                session: desk.sessions.get(id)?,
            })
        });
        known.ok_or_else(nobody)
    }
}

/// Where the program waits.
#[derive(Deserialize)]
struct Waiting {
    port: u16,
}

async fn begin(State(desk): State<Arc<Desk>>, Json(program): Json<Waiting>) -> Response {
    let asked = Pending::new();
    // The program chooses the port alone: no answer is ever sent to another machine.
    let oidc = desk
        .oidc
        .with_redirect_uri(format!("http://127.0.0.1:{}/callback", program.port));
    let open = match oidc.authorization_url(&asked, SCOPE, None, None) {
        Ok(url) => url,
        Err(error) => return refusal(StatusCode::BAD_GATEWAY, &error.to_string()),
    };
    let session = desk.sessions.start(Session {
        asked: Some((oidc, asked)),
        connection: None,
    });
    let body = json!({ "session": session, "open": open.as_str() });
    (StatusCode::CREATED, Json(body)).into_response()
}

/// What the browser brought to the program.
#[derive(Deserialize)]
struct Brought {
    query: String,
}

async fn answer(known: Known, Json(brought): Json<Brought>) -> Response {
    let mut session = known.session.lock().await;
    // An answer to somebody else's question changes nothing: the real one may still come.
    let asked = session.asked.take_if(|(_, asked)| asked.is_answered_by(&brought.query));
    let Some((oidc, asked)) = asked else {
        return refusal(StatusCode::CONFLICT, "this is no answer to what this program asked");
    };
    match Connection::open(&oidc, &asked, &brought.query).await {
        Ok(connection) => {
            let response = user(&connection);
            session.connection = Some(connection);
            response
        }
        Err(error @ ClientError::Refused { .. }) => refusal(StatusCode::FORBIDDEN, &error.to_string()),
        Err(error) => refusal(StatusCode::BAD_GATEWAY, &error.to_string()),
    }
}

async fn accounts(State(desk): State<Arc<Desk>>, known: Known) -> Response {
    let mut session = known.session.lock().await;
    let Some(connection) = &mut session.connection else {
        return nobody();
    };
    match connection.accounts(&desk.oidc, &desk.bank).await {
        Ok(accounts) => Json(accounts).into_response(),
        Err(error) => refused(&error),
    }
}

async fn pay(State(desk): State<Arc<Desk>>, known: Known, Json(payment): Json<Payment>) -> Response {
    let mut session = known.session.lock().await;
    let Some(connection) = &mut session.connection else {
        return nobody();
    };
    match connection.pay(&desk.oidc, &desk.bank, &payment).await {
        Ok(account) => Json(account).into_response(),
        Err(error) => refused(&error),
    }
}

/// The program ends: its tokens become void, and its session with them.
async fn sign_out(State(desk): State<Arc<Desk>>, known: Known) -> StatusCode {
    desk.sessions.end(&known.id);
    if let Some(connection) = known.session.lock().await.connection.take()
        && let Err(error) = desk.oidc.revoke(&connection.tokens).await
    {
        tracing::warn!(%error, "the token was not revoked");
    }
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, header};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::super::oidc_client::{http, test_client};
    use super::*;

    fn desk() -> Router {
        router(test_client(), BankClient::new(http().unwrap(), "http://localhost:1"))
    }

    async fn post(desk: &Router, path: &str, session: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(session) = session {
            request = request.header(SESSION, session);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = desk.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn begin(desk: &Router) -> (String, String) {
        let (status, body) = post(desk, "/sign-ins", None, &json!({ "port": 4321 })).await;
        assert_eq!(status, 201);
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("session"), text("open"))
    }

    #[tokio::test]
    async fn the_browser_comes_back_to_this_machine_and_the_verifier_stays_at_the_server() {
        let (_, open) = begin(&desk()).await;
        assert!(
            open.starts_with("https://id.example/authorize?response_type=code&"),
            "{open}"
        );
        assert!(
            open.contains("&redirect_uri=http%3A%2F%2F127.0.0.1%3A4321%2Fcallback&"),
            "{open}"
        );
        assert!(
            open.contains("&code_challenge=") && !open.contains("verifier"),
            "{open}"
        );
    }

    #[tokio::test]
    async fn an_answer_is_taken_in_the_session_that_asked_and_once() {
        let desk = desk();
        let (mine, open) = begin(&desk).await;
        let (another, _) = begin(&desk).await;
        let (_, state) = open.split_once("&state=").unwrap();
        let state = state.split('&').next().unwrap();
        let query = format!("error=access_denied&state={state}&iss=https://id.example");
        let answer = json!({ "query": query });
        assert_eq!(post(&desk, "/sign-ins/answer", None, &answer).await.0, 401);
        assert_eq!(post(&desk, "/sign-ins/answer", Some("guessed"), &answer).await.0, 401);
        assert_eq!(post(&desk, "/sign-ins/answer", Some(&another), &answer).await.0, 409);
        let (status, body) = post(&desk, "/sign-ins/answer", Some(&mine), &answer).await;
        assert_eq!(status, 403);
        assert!(body["error"].as_str().unwrap().starts_with("access_denied"), "{body}");
        assert_eq!(post(&desk, "/sign-ins/answer", Some(&mine), &answer).await.0, 409);
    }

    #[tokio::test]
    async fn a_session_in_which_nobody_signed_in_opens_nothing() {
        let desk = desk();
        let (session, _) = begin(&desk).await;
        let payment = json!({ "from": "001-2041", "payee": "Shop", "amount": 1 });
        assert_eq!(post(&desk, "/payments", Some(&session), &payment).await.0, 401);
        assert_eq!(post(&desk, "/payments", None, &payment).await.0, 401);
    }
}
