//! Pay, a web application at financial grade: it starts payments, and each is consented to at the bank.
//!
//! `pay` pushes the request and sends the user to the bank, `callback` takes the answer and pays, `attempt` tries what a
//! thief would try. Tokens and keys stay on this server; the browser holds a session cookie and nothing else.

mod attempt;
mod pages;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use self::attempt::Attempt;
use self::session::{Consented, Session};
use super::Places;
use super::fapi_client::FapiClient;
use super::fapi_client::payments::Presentation;
use super::frame::{self, Lang};
use super::oidc_client::ClientError;
use super::oidc_client::authorization::{Pending, check_response};
use super::own_forms::{field, only_own_forms};
use super::payments_api::Order;
use super::sessions::Sessions;

/// The running app.
struct App {
    fapi: FapiClient,
    /// The bank's payments API.
    api: String,
    sessions: Sessions<Session>,
}

/// The app's routes.
pub(super) fn router(fapi: FapiClient, places: &Places) -> Router {
    let issuer = fapi.issuer().to_owned();
    let app = App {
        fapi,
        api: places.payments_api(),
        sessions: Sessions::new("pay-session"),
    };
    let routes = Router::new()
        .route("/", get(home))
        .route("/pay", post(pay))
        .route("/callback", get(callback))
        .route("/payment", get(payment))
        .route("/attempt", post(attempt))
        .with_state(Arc::new(app));
    frame::with_frame(only_own_forms(routes, &places.pay()), &issuer)
}

async fn home(State(app): State<Arc<App>>, lang: Lang) -> Response {
    pages::form(lang, app.fapi.issuer(), None)
}

/// Pushes the request, and sends the user to the bank.
async fn pay(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let text = |name| field(&form, name).unwrap_or_default().trim().to_owned();
    let order = Order::new(&text("creditor"), text("amount").parse().unwrap_or(0));
    let pending = Pending::new();
    let url = match app.fapi.push(&pending, &order.details(), lang.tag()).await {
        Ok(url) => url,
        // What is no payment is refused by the authorization server, which has to check it anyway.
        Err(ClientError::Refused { error, .. }) if error == "invalid_authorization_details" => {
            return pages::form(lang, app.fapi.issuer(), Some(&order));
        }
        Err(error) => return pages::problem(lang, &error),
    };
    // The answer is only taken in the browser that asked: the session remembers what was asked.
    let (cookie, session) = app.sessions.find_or_create(&headers);
    session.lock().await.pending.remember(pending, order);
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

/// The user is back. What they consented to is paid at once.
async fn callback(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = app.sessions.find(&headers).lock().await.pending.take(&query);
    match paid(&app, asked, &query).await {
        Ok(consented) => {
            // A new session id, so that one that was planted before leads nowhere near the token.
            let before = app.sessions.find(&headers);
            let session = before.lock().await.with(consented);
            let cookie = app.sessions.replace(&headers, session);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/payment")).into_response()
        }
        Err(error) => pages::problem(lang, &error),
    }
}

async fn paid(app: &App, asked: Option<(Pending, Order)>, query: &str) -> Result<Consented, ClientError> {
    let (pending, order) = asked.ok_or(ClientError::ForeignResponse("nothing was asked in this browser"))?;
    let code = check_response(app.fapi.issuer(), &pending, query)?;
    let token = app.fapi.redeem(&pending, &code, &order.details()).await?;
    let answer = app.fapi.pay(&app.api, &token, &order, Presentation::Proven).await?;
    Ok(Consented {
        order,
        token,
        answer,
        attempt: None,
    })
}

/// The payment, and what became of it.
async fn payment(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap) -> Response {
    let session = app.sessions.find(&headers);
    let session = session.lock().await;
    match &session.consented {
        Some(consented) => pages::payment(lang, app.fapi.issuer(), consented),
        None => Redirect::to("/").into_response(),
    }
}

/// Calls the API once more, in a way that it must refuse.
async fn attempt(State(app): State<Arc<App>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let session = app.sessions.find(&headers);
    let mut session = session.lock().await;
    let chosen = field(&form, "attempt").and_then(|name| Attempt::find(&name));
    let (Some(consented), Some(chosen)) = (&mut session.consented, chosen) else {
        return Redirect::to("/").into_response();
    };
    let order = chosen.order(&consented.order);
    match app
        .fapi
        .pay(&app.api, &consented.token, &order, chosen.presentation())
        .await
    {
        Ok(answer) => {
            consented.attempt = Some((chosen, answer));
            Redirect::to("/payment").into_response()
        }
        Err(error) => pages::problem(lang, &error),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::super::fapi_client::test_fapi_client;
    use super::*;

    fn app() -> Router {
        router(test_fapi_client("pay-web"), &Places::at(8080).unwrap())
    }

    async fn answer(request: Request<Body>) -> (StatusCode, String) {
        let response = app().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn an_answer_to_nothing_that_was_asked_is_refused() {
        let callback = Request::get("/callback?code=c&state=guessed&iss=https://id.example");
        let (status, html) = answer(callback.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(html.contains("nothing was asked in this browser"), "{html}");
    }

    #[tokio::test]
    async fn forms_of_other_pages_pay_nothing() {
        for path in ["/pay", "/attempt"] {
            let foreign = Request::post(path).header("origin", "http://localhost:8080");
            let (status, _) = answer(foreign.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
    }

    #[tokio::test]
    async fn who_has_consented_to_nothing_is_sent_to_the_start() {
        let (status, _) = answer(Request::get("/payment").body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let own = Request::post("/attempt").header("sec-fetch-site", "same-origin");
        let (status, _) = answer(own.body(Body::from("attempt=again")).unwrap()).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
}
