//! `sekisho user authenticators|add-token|approve|remove-authenticator`: what operators do for who lost a device, or who
//! cannot be reached by mail.

use authn::{
    enrolment,
    factors::{Described, hotp::HotpToken, recovery_code},
};
use model::{AuditKind, Authenticator, Secret};
use protocol::Method;
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome};

use super::{AdminError, users, with};

fn view(of: &Authenticator, now: i64) -> Value {
    let view = with(json!(Described::from(of)), "active", json!(of.is_active(now)));
    if of.method == Method::RecoveryCode {
        with(view, "left", json!(recovery_code::left(of)))
    } else {
        view
    }
}

pub(super) async fn list(realm: &RealmContext, user: &str) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let all = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    let views: Vec<Value> = all.iter().map(|one| view(one, realm.now())).collect();
    Ok(json!({ "authenticators": views }))
}

async fn find(realm: &RealmContext, user_id: &str, id: &str) -> Result<Authenticator, AdminError> {
    let all = realm.store.authenticators_of_user(realm.issuer(), user_id).await?;
    all.into_iter().find(|one| one.id == id).ok_or_else(|| {
        AdminError::not_found(
            format!("the user has no authenticator {id}"),
            "look at: sekisho user authenticators NAME",
        )
    })
}

/// A token comes with its secret from a factory; whoever hands it out vouches for it, so it counts at once.
pub(super) async fn add_token(
    realm: &RealmContext,
    user: &str,
    (secret, digits, next): (&Secret, u32, i64),
    name: String,
) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let Some(token) = HotpToken::new(secret.expose(), digits) else {
        return Err(AdminError::invalid(
            "that is not the secret of a token",
            "type it in base32, of 16 bytes (26 letters) or more; --digits is 6, 7 or 8",
        ));
    };
    let (issuer, now) = (realm.issuer(), realm.now());
    let new = Authenticator {
        name,
        created_at: now,
        active_at: Some(now),
        ..token.authenticator(&realm.wrap, issuer, &user.id, next)
    };
    let event = audit::event(realm, AuditKind::AuthenticatorEnrolled)
        .user(&user.id)
        .detail("authenticator", new.id.as_str())
        .detail("method", new.method.as_str());
    let change = Change::new()
        .then(storage::authenticator::insert(issuer, &new)?)
        .then(event);
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(view(&new, now)),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

/// What counts already stays as it is: what was asked for is so.
pub(super) async fn approve(realm: &RealmContext, user: &str, id: &str) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let found = find(realm, &user.id, id).await?;
    if !found.is_active(realm.now()) {
        enrolment::approve(realm, &found).await?;
    }
    Ok(view(&find(realm, &user.id, id).await?, realm.now()))
}

pub(super) async fn remove(realm: &RealmContext, user: &str, id: &str) -> Result<Value, AdminError> {
    let user = users::find(realm, user).await?;
    let found = find(realm, &user.id, id).await?;
    enrolment::remove(realm, &user, &found).await?;
    Ok(with(view(&found, realm.now()), "removed", json!(true)))
}
