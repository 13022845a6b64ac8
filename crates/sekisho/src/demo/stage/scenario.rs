//! The stage's own app: a confidential client, by which a visitor walks through the code flow and breaks it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::Clock;

use super::super::frame::Lang;
use super::super::oidc_client::ClientError;
use super::super::oidc_client::authorization::{Pending, check_response};
use super::super::own_forms::field;
use super::Running;
use super::act::{Act, Fresh};
use super::session::Session;

/// A code that is older is not used: it lasts a minute (`[lifetimes]`).
const LASTS: i64 = 55;

/// Where the visitor sees what came of it.
const OUTCOME: &str = "/stage#scenario";

/// Sends the visitor to the authorization server, for a code to go on with.
pub(super) async fn start(State(running): State<Arc<Running>>, lang: Lang, headers: HeaderMap) -> Response {
    ask(&running, lang, &headers, None).await
}

/// Plays an act with the code, or with a new one when that is too old.
pub(super) async fn act(State(running): State<Arc<Running>>, lang: Lang, headers: HeaderMap, form: Bytes) -> Response {
    let Some(act) = field(&form, "act").and_then(|name| Act::find(&name)) else {
        return Redirect::to(OUTCOME).into_response();
    };
    let session = running.sessions.find(&headers);
    let fresh = session.lock().await.fresh.take();
    match fresh.filter(|fresh| fresh.at + LASTS > Clock::system().now()) {
        Some(fresh) => {
            play(&running, &mut *session.lock().await, act, &fresh).await;
            Redirect::to(OUTCOME).into_response()
        }
        None => ask(&running, lang, &headers, Some(act)).await,
    }
}

async fn ask(running: &Running, lang: Lang, headers: &HeaderMap, then: Option<Act>) -> Response {
    let pending = Pending::new();
    let (cookie, session) = running.sessions.find_or_create(headers);
    let mut session = session.lock().await;
    let to = match running.stage.wire.authorization_url(&pending, lang.tag()).await {
        Ok(url) => {
            session.pending.remember(pending, then);
            url
        }
        Err(error) => {
            session.problem = Some(error.to_string());
            OUTCOME.to_owned()
        }
    };
    ([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response()
}

/// The visitor is back with a code.
pub(super) async fn callback(
    State(running): State<Arc<Running>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let session = running.sessions.find(&headers);
    let mut session = session.lock().await;
    let asked = session.pending.take(&query);
    match code(&running, asked, &query) {
        Ok((fresh, Some(act))) => play(&running, &mut session, act, &fresh).await,
        Ok((fresh, None)) => {
            session.fresh = Some(fresh);
            session.played = None;
        }
        Err(error) => session.problem = Some(error.to_string()),
    }
    Redirect::to(OUTCOME).into_response()
}

fn code(
    running: &Running,
    asked: Option<(Pending, Option<Act>)>,
    query: &str,
) -> Result<(Fresh, Option<Act>), ClientError> {
    let (pending, act) = asked.ok_or(ClientError::ForeignResponse("nothing was asked in this browser"))?;
    let code = check_response(&running.stage.wire.issuer, &pending, query)?;
    let fresh = Fresh {
        code: code.0,
        code_verifier: pending.code_verifier,
        at: Clock::system().now(),
    };
    Ok((fresh, act))
}

async fn play(running: &Running, session: &mut Session, act: Act, fresh: &Fresh) {
    match act.play(&running.stage.wire, fresh).await {
        Ok(scenes) => session.played = Some((act, scenes)),
        Err(error) => session.problem = Some(error.to_string()),
    }
}
