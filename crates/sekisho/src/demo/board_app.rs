//! Board, a browser app with a back end: JavaScript in the browser, and a server of its own that holds the tokens.
//!
//! Spec: RFC 6749 §4.1 and §10.12, RFC 7636 §4, RFC 6265bis §5.2
//!
//! The page is `pages/board.html` with `pages/board.js`. The script calls `/api/…` here, never the bank and never the
//! authorization server: a script that somebody slips into the page can misuse the session while the page is open, but
//! finds no token that it could carry away. The browser knows a session cookie that scripts cannot read.
//!
//! Against requests of other sites: the cookie is `SameSite`; calls must bear a header that only the own page can send;
//! what changes something must also come from the own origin.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use minijinja::context;

use super::back_end::{nobody, refused, user};
use super::bank::Payment;
use super::bank_client::BankClient;
use super::connection::Connection;
use super::frame::{self, App as Name, Lang, render};
use super::oidc_client::authorization::Pending;
use super::oidc_client::{ClientError, OidcClient};
use super::own_forms::{field, only_own_calls, only_own_forms};
use super::problem;
use super::sessions::{PendingRequests, Sessions};

const SCOPE: &str = "openid profile offline_access accounts:read payments:write";

/// The running app.
struct App {
    oidc: OidcClient,
    bank: BankClient,
    sessions: Sessions<Session>,
}

/// One browser.
#[derive(Default)]
struct Session {
    /// The user is at the authorization server, in as many tabs.
    pending: PendingRequests<()>,
    /// The user is signed in.
    connection: Option<Connection>,
}

/// The app's routes.
pub(super) fn router(oidc: OidcClient, bank: BankClient, origin: &str) -> Router {
    let issuer = oidc.issuer().to_owned();
    let app = App {
        oidc,
        bank,
        sessions: Sessions::new("board-session"),
    };
    let calls = Router::new()
        .route("/api/user", get(signed_in))
        .route("/api/accounts", get(accounts))
        .route("/api/payments", post(pay))
        .route("/api/session", delete(sign_out));
    let routes = Router::new()
        .route("/", get(home))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .merge(only_own_calls(calls))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(Arc::new(app));
    let scripts = [
        ("/board.js", include_str!("pages/board.js")),
        ("/bank_view.js", include_str!("pages/bank_view.js")),
    ];
    // Its scripts ask this server and nobody else; its one form ends at the authorization server.
    let policy = format!("connect-src 'self'; form-action 'self' {issuer}");
    frame::with_scripts(only_own_forms(routes, origin), &scripts, &policy)
}

async fn home(State(app): State<Arc<App>>, lang: Lang) -> Response {
    let page = context! { here => "/", issuer => app.oidc.issuer() };
    render(StatusCode::OK, lang, "board.html", page)
}

/// Sends the user to the authorization server.
async fn connect(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let pending = Pending::new();
    // After a refusal for want of scope the user has to be asked again.
    let prompt = field(&form, "again").map(|_| "consent");
    let url = match app.oidc.authorization_url(&pending, SCOPE, Some(lang.tag()), prompt) {
        Ok(url) => url,
        Err(error) => return problem::page(lang, Name::Board, &error),
    };
    let (cookie, session) = app.sessions.find_or_create(&headers);
    session.lock().await.pending.remember(pending, ());
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

/// The user is back. The code is changed into tokens here, by this server's secret; the browser gets a new session.
async fn callback(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let before = app.sessions.find(&headers);
    let asked = before.lock().await.pending.take(&query);
    let Some((asked, ())) = asked else {
        let error = ClientError::ForeignResponse("nothing was asked in this browser");
        return problem::page(lang, Name::Board, &error);
    };
    match Connection::open(&app.oidc, &asked, &query).await {
        Ok(connection) => {
            let session = Session {
                pending: std::mem::take(&mut before.lock().await.pending),
                connection: Some(connection),
            };
            let cookie = app.sessions.replace(&headers, session);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(error) => problem::page(lang, Name::Board, &error),
    }
}

async fn signed_in(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    let session = session.lock().await;
    session.connection.as_ref().map_or_else(nobody, user)
}

async fn accounts(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let Some(connection) = &mut session.connection else {
        return nobody();
    };
    match connection.accounts(&app.oidc, &app.bank).await {
        Ok(accounts) => Json(accounts).into_response(),
        Err(error) => refused(&error),
    }
}

async fn pay(State(app): State<Arc<App>>, headers: HeaderMap, Json(payment): Json<Payment>) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let Some(connection) = &mut session.connection else {
        return nobody();
    };
    match connection.pay(&app.oidc, &app.bank, &payment).await {
        Ok(account) => Json(account).into_response(),
        Err(error) => refused(&error),
    }
}

/// Makes the tokens void, and forgets the user.
async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    if let Some(connection) = session.lock().await.connection.take()
        && let Err(error) = app.oidc.revoke(&connection.tokens).await
    {
        tracing::warn!(%error, "the token was not revoked");
    }
    let cookie = app.sessions.replace(&headers, Session::default());
    ([(header::SET_COOKIE, cookie)], StatusCode::NO_CONTENT).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::request::Builder;
    use tower::ServiceExt as _;

    use super::super::oidc_client::token::test_tokens;
    use super::super::oidc_client::{http, test_client};
    use super::super::own_forms::OWN_CALL;
    use super::*;

    const ORIGIN: &str = "http://localhost:8086";

    fn app() -> Router {
        router(
            test_client(),
            BankClient::new(http().unwrap(), "http://localhost:1"),
            ORIGIN,
        )
    }

    async fn send(request: Builder) -> Response {
        app().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn calls_without_the_header_of_the_own_page_are_refused() {
        let call = || Request::get("/api/user");
        assert_eq!(send(call()).await.status(), StatusCode::FORBIDDEN);
        // Taken, and nobody is signed in.
        assert_eq!(
            send(call().header(OWN_CALL, "1")).await.status(),
            StatusCode::UNAUTHORIZED
        );
    }

    #[tokio::test]
    async fn no_other_page_is_allowed_to_send_that_header() {
        let preflight = Request::builder()
            .method("OPTIONS")
            .uri("/api/accounts")
            .header("origin", "http://localhost:8080")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", OWN_CALL);
        let answer = send(preflight).await;
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }

    #[tokio::test]
    async fn what_changes_something_comes_from_the_own_origin_too() {
        let call = |site: &str| {
            Request::delete("/api/session")
                .header(OWN_CALL, "1")
                .header("sec-fetch-site", site)
        };
        // The demo's apps are of one site.
        assert_eq!(send(call("same-site")).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(send(call("cross-site")).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(send(call("same-origin")).await.status(), StatusCode::NO_CONTENT);
    }

    #[tokio::test]
    async fn scripts_may_ask_this_server_alone() {
        let page = send(Request::get("/")).await;
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(policy.contains("script-src 'self'; connect-src 'self';"), "{policy}");
        let script = send(Request::get("/board.js")).await;
        let script = to_bytes(script.into_body(), 100_000).await.unwrap();
        assert!(String::from_utf8_lossy(&script).contains(OWN_CALL));
    }

    #[tokio::test]
    async fn the_session_is_hidden_from_scripts_and_the_answer_has_to_be_to_what_it_asked() {
        let connect = send(Request::post("/connect").header("sec-fetch-site", "same-origin")).await;
        assert_eq!(connect.status(), StatusCode::SEE_OTHER);
        let cookie = connect.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        let callback = send(Request::get("/callback?code=c&state=guessed&iss=https://id.example")).await;
        assert_eq!(callback.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn the_browser_is_told_who_signed_in_and_no_token() {
        let app = App {
            oidc: test_client(),
            bank: BankClient::new(http().unwrap(), "http://localhost:1"),
            sessions: Sessions::new("board-session"),
        };
        let mut tokens = test_tokens("openid");
        tokens.access_token = "the-access-token".to_owned();
        let cookie = app.sessions.replace(
            &HeaderMap::new(),
            Session {
                pending: PendingRequests::default(),
                connection: Some(Connection {
                    user_name: "Alice".to_owned(),
                    tokens,
                }),
            },
        );
        assert!(!cookie.contains("the-access-token"));
        let pair = cookie.split(';').next().unwrap().parse().unwrap();
        let headers = HeaderMap::from_iter([(header::COOKIE, pair)]);
        let answer = signed_in(State(Arc::new(app)), headers).await;
        let body = to_bytes(answer.into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, serde_json::json!({"scope": ["openid"], "user_name": "Alice"}));
    }
}
