//! `sekisho grant …` and `sekisho session …`: what can be ended.

use model::{AuditKind, Grant, Session};
use protocol::{Acr, assurance::reached};
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome, Statement};

use super::{AdminError, users};

async fn commit(realm: &RealmContext, statements: Vec<Statement>, event: audit::Event) -> Result<(), AdminError> {
    match realm
        .store
        .commit(Change::new().then_all(statements).then(event))
        .await?
    {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

fn grant_view(grant: &Grant, now: i64) -> Value {
    json!({
        "id": grant.id,
        "sub": grant.user_id,
        "client_id": grant.client_id,
        "scope": grant.scope,
        "claims": grant.claims,
        "managed": grant.managed,
        "alive": grant.is_alive(now),
        "created_at": grant.created_at,
        "updated_at": grant.updated_at,
        "expires_at": grant.expires_at,
        "ended_at": grant.ended_at,
    })
}

pub(super) async fn list(realm: &RealmContext, user: &str) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let grants = realm
        .store
        .grants_of_user(realm.issuer(), &user.id, realm.now())
        .await?;
    let views: Vec<Value> = grants.iter().map(|grant| grant_view(grant, realm.now())).collect();
    Ok(json!({ "grants": views }))
}

async fn find(realm: &RealmContext, id: &str) -> Result<Grant, AdminError> {
    let grant = realm.store.find_grant_by_id(realm.issuer(), id).await?;
    grant.ok_or_else(|| {
        AdminError::not_found(
            format!("there is no grant {id}"),
            "look at: sekisho grant list --user NAME",
        )
    })
}

pub(super) async fn show(realm: &RealmContext, id: &str) -> Result<Value, AdminError> {
    Ok(grant_view(&find(realm, id).await?, realm.now()))
}

/// A grant that ended already stays as it is: what was asked for is so.
pub(super) async fn revoke(realm: &RealmContext, id: &str) -> Result<Value, AdminError> {
    let grant = find(realm, id).await?;
    if grant.ended_at.is_none() {
        let end = storage::grant::end(realm.issuer(), &grant.user_id, id, realm.now());
        let event = audit::event(realm, AuditKind::ConsentRevoked)
            .user(&grant.user_id)
            .client(&grant.client_id)
            .detail("grant", id);
        commit(realm, end, event).await?;
    }
    show(realm, id).await
}

fn session_view(session: &Session, proofing: Option<Acr>, now: i64) -> Value {
    let assurance = reached(&session.proofs, now).capped(proofing);
    json!({
        "id": session.id,
        "sub": session.user_id,
        "acr": assurance.acr.published(),
        "amr": assurance.amr,
        "user_agent": session.user_agent,
        "address": session.address,
        "alive": session.is_alive(now),
        "auth_time": session.auth_time,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "ended_at": session.ended_at,
    })
}

pub(super) async fn list_sessions(realm: &RealmContext, user: &str) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let sessions = realm
        .store
        .sessions_of_user(realm.issuer(), &user.id, realm.now())
        .await?;
    let views: Vec<Value> = sessions
        .iter()
        .map(|session| session_view(session, user.proofing, realm.now()))
        .collect();
    Ok(json!({ "sessions": views }))
}

pub(super) async fn end_session(realm: &RealmContext, id: &str) -> Result<Value, AdminError> {
    let find = || async {
        let session = realm.store.find_session(realm.issuer(), id).await?;
        session.ok_or_else(|| {
            AdminError::not_found(
                format!("there is no session {id}"),
                "look at: sekisho session list --user NAME",
            )
        })
    };
    let session = find().await?;
    if session.ended_at.is_none() {
        let end = storage::session::end(realm.issuer(), &session.user_id, id, realm.now());
        let event = audit::event(realm, AuditKind::SessionEnded)
            .user(&session.user_id)
            .detail("session", id);
        commit(realm, end, event).await?;
    }
    let user = realm.store.find_user(realm.issuer(), &session.user_id).await?;
    let proofing = user.and_then(|user| user.proofing);
    Ok(session_view(&find().await?, proofing, realm.now()))
}
