//! Budget, a web application with a server: a confidential client, in one small file per concern.
//!
//! `connect` sends the user to the authorization server, `callback` takes the answer, `accounts` and `pay` call the
//! bank's API, `disconnect` gives the permission back. Tokens stay on this server; the browser holds a session
//! cookie and nothing else.

mod pages;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use self::pages::Shown;
use self::session::Session;
use super::bank::Payment;
use super::bank_client::BankClient;
use super::connection::Connection;
use super::frame::{self, App as Name, Lang};
use super::oidc_client::authorization::Pending;
use super::oidc_client::{ClientError, OidcClient};
use super::own_forms::{field, only_own_forms};
use super::problem;
use super::sessions::Sessions;

/// Everything that Budget would like to do. The user may leave parts out.
const SCOPE: &str = "openid profile email offline_access accounts:read payments:write";

/// The running app.
struct App {
    oidc: OidcClient,
    bank: BankClient,
    sessions: Sessions<Session>,
    /// For the link to the user's own pages.
    issuer: String,
}

/// The app's routes.
pub(super) fn router(oidc: OidcClient, bank: BankClient, origin: &str, issuer: &str) -> Router {
    let app = App {
        oidc,
        bank,
        sessions: Sessions::new("budget-session"),
        issuer: issuer.to_owned(),
    };
    let routes = Router::new()
        .route("/", get(home))
        .route("/connect", post(connect))
        .route("/callback", get(callback))
        .route("/accounts", get(accounts))
        .route("/pay", post(pay))
        .route("/disconnect", post(disconnect))
        .with_state(Arc::new(app));
    frame::with_frame(only_own_forms(routes, origin), issuer)
}

async fn home(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let shown = Shown {
        notice: session.notice.take(),
        connection: session.connection.as_ref(),
        outcome: None,
        payment: None,
    };
    pages::budget(lang, &app.issuer, &shown)
}

/// Sends the user to the authorization server.
async fn connect(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let pending = Pending::new();
    // After a refusal for want of scope the user has to be asked again.
    let prompt = field(&form, "again").map(|_| "consent");
    let url = match app.oidc.authorization_url(&pending, SCOPE, Some(lang.tag()), prompt) {
        Ok(url) => url,
        Err(error) => return problem::page(lang, Name::Budget, &error),
    };
    // The answer is only taken in the browser that asked: the session remembers what was asked.
    let (cookie, session) = app.sessions.find_or_create(&headers);
    session.lock().await.pending.remember(pending, ());
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

/// The user is back.
async fn callback(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let pending = app.sessions.find(&headers).lock().await.pending.take(&query);
    match connection(&app, pending, &query).await {
        Ok(connection) => {
            // A new session id, since the user is now somebody: an id that was planted before is worth nothing.
            // What other tabs asked meanwhile is kept.
            let before = app.sessions.find(&headers);
            let session = before.lock().await.connected(connection);
            let cookie = app.sessions.replace(&headers, session);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/accounts")).into_response()
        }
        Err(error) => problem::page(lang, Name::Budget, &error),
    }
}

async fn connection(app: &App, pending: Option<(Pending, ())>, query: &str) -> Result<Connection, ClientError> {
    let (pending, ()) = pending.ok_or(ClientError::ForeignResponse("nothing was asked in this browser"))?;
    Connection::open(&app.oidc, &pending, query).await
}

/// Calls the API, and shows what it says.
async fn accounts(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let notice = session.notice.take();
    let Some(connection) = &mut session.connection else {
        return Redirect::to("/").into_response();
    };
    let outcome = connection.accounts(&app.oidc, &app.bank).await;
    let shown = Shown {
        connection: Some(connection),
        outcome: Some(outcome),
        payment: None,
        notice,
    };
    pages::budget(lang, &app.issuer, &shown)
}

async fn pay(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let Some(connection) = &mut session.connection else {
        return Redirect::to("/").into_response();
    };
    let payment = Payment {
        from: field(&form, "from").unwrap_or_default(),
        payee: field(&form, "payee").unwrap_or_default(),
        // What is no number is refused by the API, which has to check it anyway.
        amount: field(&form, "amount").and_then(|text| text.parse().ok()).unwrap_or(0),
    };
    let Err(error) = connection.pay(&app.oidc, &app.bank, &payment).await else {
        session.notice = Some(pages::paid(lang, &payment));
        return Redirect::to("/accounts").into_response();
    };
    let shown = Shown {
        connection: Some(connection),
        outcome: Some(Err(error)),
        payment: Some(&payment),
        notice: None,
    };
    pages::budget(lang, &app.issuer, &shown)
}

/// Gives the permission back, and forgets the user.
async fn disconnect(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    if let Some(connection) = session.lock().await.connection.take() {
        // The user leaves either way; what cannot be revoked now ends by itself, or at the user's own pages.
        if let Err(error) = app.oidc.revoke(&connection.tokens).await {
            tracing::warn!(%error, "the token was not revoked");
        }
    }
    let cookie = app.sessions.replace(&headers, Session::with_notice(pages::gone(lang)));
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::request::Builder;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::super::oidc_client::{http, test_client};
    use super::*;

    const ORIGIN: &str = "http://localhost:8081";

    fn app() -> Router {
        let bank = BankClient::new(http().unwrap(), "http://localhost:1");
        router(test_client(), bank, ORIGIN, "https://id.example")
    }

    async fn send(app: &Router, request: Builder) -> Response {
        let request = request.body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap()
    }

    fn header_of(response: &Response, name: header::HeaderName) -> String {
        response.headers()[name].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn forms_of_other_pages_are_refused() {
        let app = app();
        let post = || Request::post("/disconnect");
        for foreign in [
            post(),
            post().header("origin", "http://localhost:8080"),
            post().header("origin", "null"),
            post().header("origin", ORIGIN).header("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(send(&app, foreign).await.status(), StatusCode::FORBIDDEN);
        }
        for own in [
            post().header("origin", ORIGIN),
            post().header("sec-fetch-site", "same-origin"),
        ] {
            assert_eq!(send(&app, own).await.status(), StatusCode::SEE_OTHER);
        }
    }

    #[tokio::test]
    async fn connecting_leads_to_the_authorization_server_and_only_its_answer_is_taken() {
        let app = app();
        let connect = Request::post("/connect").header("sec-fetch-site", "same-origin");
        let connect = send(&app, connect).await;
        let location = header_of(&connect, header::LOCATION);
        assert!(
            location.starts_with("https://id.example/authorize?response_type=code&"),
            "{location}"
        );
        let cookie = header_of(&connect, header::SET_COOKIE);
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );

        let callback = Request::get("/callback?code=c&state=guessed&iss=https://id.example");
        let callback = callback.header(header::COOKIE, cookie.split(';').next().unwrap_or_default());
        assert_eq!(send(&app, callback).await.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_refusal_of_the_user_is_a_friendly_page() {
        let app = app();
        let connect = Request::post("/connect").header("sec-fetch-site", "same-origin");
        let connect = send(&app, connect).await;
        let location = header_of(&connect, header::LOCATION);
        let (_, state) = location.split_once("&state=").unwrap();
        let state = state.split('&').next().unwrap();
        let cookie = header_of(&connect, header::SET_COOKIE);
        let cookie = cookie.split(';').next().unwrap();
        let callback = format!("/callback?error=access_denied&state={state}&iss=https://id.example");
        let answer = || {
            Request::get(&callback)
                .header(header::COOKIE, cookie)
                .header("accept-language", "ja")
        };
        let page = send(&app, answer()).await;
        assert_eq!(page.status(), StatusCode::OK);
        let page = to_bytes(page.into_body(), 100_000).await.unwrap();
        assert!(String::from_utf8_lossy(&page).contains("許可されませんでした"));
        // Each request is answered once.
        assert_eq!(send(&app, answer()).await.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn who_is_not_connected_is_sent_to_the_start() {
        let response = send(&app(), Request::get("/accounts")).await;
        assert_eq!(header_of(&response, header::LOCATION), "/");
    }

    #[tokio::test]
    async fn pages_forbid_scripts_and_foreign_content() {
        let response = send(&app(), Request::get("/")).await;
        let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        assert!(policy.contains("form-action 'self' https://id.example;"), "{policy}");
    }
}
