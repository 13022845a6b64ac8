//! `POST /test/ciba?token={auth_req_id}&type=allow|deny`, on the operations listener: a test answers in its user's place.
//!
//! Only where `[operations] ciba_approval = true`. It makes a session for the user, with the level of a password, and
//! permits everything that was asked. Conformance tests that have no users need it; nobody else does.

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::post,
};
use model::{Session, User, new_id};
use oauth::{
    Fault,
    authorize::Person,
    ciba::{self, WaitingForUser},
    elsewhere::Answered,
};
use protocol::{Form, Method, Proof};
use realm::{RealmContext, Realms};
use storage::Change;

/// The one route.
pub(super) fn router(realms: Arc<Realms>) -> Router {
    Router::new().route("/test/ciba", post(answer)).with_state(realms)
}

async fn answer(State(realms): State<Arc<Realms>>, RawQuery(query): RawQuery) -> (StatusCode, &'static str) {
    let query = Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let is_allowed = match query.first("type") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return (StatusCode::BAD_REQUEST, "type is allow or deny\n"),
    };
    match decide(&realms, query.first("token").unwrap_or_default(), is_allowed).await {
        Ok(Some(Answered::Taken)) => (StatusCode::OK, "answered\n"),
        Ok(_) => (StatusCode::NOT_FOUND, "no such request waits\n"),
        Err(error) => {
            tracing::error!(%error, "a request cannot be answered");
            (StatusCode::SERVICE_UNAVAILABLE, "try again\n")
        }
    }
}

async fn decide(realms: &Realms, token: &str, is_allowed: bool) -> Result<Option<Answered>, Fault> {
    for issuer in realms.issuers() {
        let Some(realm) = realms.by_issuer(&issuer).await? else {
            continue;
        };
        let Some((waiting, user)) = ciba::find(&realm, token).await? else {
            continue;
        };
        let answered = if is_allowed {
            allow(&realm, &waiting, user).await?
        } else {
            ciba::deny(&realm, &waiting).await?
        };
        return Ok(Some(answered));
    }
    Ok(None)
}

async fn allow(realm: &RealmContext, waiting: &WaitingForUser, user: User) -> Result<Answered, Fault> {
    let now = realm.now();
    let session = Session {
        id: new_id(),
        user_id: user.id.clone(),
        // Nobody knows its secret.
        secret_hash: jose::random_bytes::<32>().to_vec(),
        flow_id: new_id(),
        auth_time: now,
        proofs: vec![Proof::of(Method::Password, now)],
        user_agent: "test".to_owned(),
        address: String::new(),
        created_at: now,
        seen_at: 0,
        is_remembered: false,
        expires_at: now + realm.realm.lifetimes.session,
        ended_at: None,
    };
    let insert = storage::session::insert(realm.issuer(), &session)?;
    let _ = realm.store.commit(Change::new().then(insert)).await?;
    let person = Person {
        session,
        user,
        browser_state: String::new(),
    };
    ciba::approve(realm, waiting, &person, &waiting.request.asked()).await
}
