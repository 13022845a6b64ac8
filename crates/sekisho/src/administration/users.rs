//! `sekisho user …`

use authn::{invitation, password::PasswordPool, users::NewUser};
use model::{AuditKind, Secret, Source, User, username_key};
use protocol::Acr;
use realm::{RealmContext, audit};
use serde_json::{Map, Value, json};
use storage::{Change, Outcome, outbox};

use super::AdminError;

/// Users shown at once, at most.
const MOST: i64 = 1000;

fn view(user: &User) -> Value {
    json!({
        "username": user.username,
        "sub": user.id,
        "enabled": user.enabled,
        "owner": user.source,
        "groups": user.groups,
        "proofing": user.proofing.map(Acr::short),
        "claims": user.claims,
        "has_password": user.password_hash.is_some(),
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    })
}

/// The user of this name, else of this subject identifier.
pub(super) async fn find(realm: &RealmContext, name: &str) -> Result<User, AdminError> {
    let issuer = realm.issuer();
    if let Some(user) = realm.store.find_user_by_name(issuer, name).await? {
        return Ok(user);
    }
    let by_id = realm.store.find_user(issuer, name).await?;
    by_id.ok_or_else(|| AdminError::not_found(format!("there is no user {name}"), "look at: sekisho user list"))
}

pub(super) async fn list(realm: &RealmContext, after: &str, limit: i64) -> Result<Value, AdminError> {
    let limit = limit.clamp(1, MOST);
    let mut users = realm
        .store
        .users(realm.issuer(), &username_key(after), limit + 1)
        .await?;
    let has_more = i64::try_from(users.len()).is_ok_and(|found| found > limit);
    if has_more {
        users.pop();
    }
    let next = users.last().filter(|_| has_more).map(|user| user.username.clone());
    Ok(json!({ "users": users.iter().map(view).collect::<Vec<_>>(), "next": next }))
}

pub(super) async fn show(realm: &RealmContext, name: &str) -> Result<Value, AdminError> {
    Ok(view(&find(realm, name).await?))
}

pub(super) async fn add(
    realm: &RealmContext,
    pool: &PasswordPool,
    username: String,
    (password, password_hash): (Option<Secret>, Option<Secret>),
    (claims, groups): (Map<String, Value>, Vec<String>),
) -> Result<Value, AdminError> {
    for (name, value) in &claims {
        protocol::claims::check(name, value)
            .map_err(|error| AdminError::invalid(format!("{name} {}", error.problem), error.remedy))?;
    }
    if let Some(password) = &password {
        authn::users::check_new_password(realm, &username, &claims, password)?;
    }
    let new = NewUser {
        username,
        password,
        password_hash: password_hash.map(|hash| hash.expose().to_owned()),
        claims,
        groups,
        source: Source::Api,
    };
    Ok(view(&authn::users::create(realm, pool, new).await?))
}

/// Whether a user is enabled is not owned by a file: whoever finds an account misused must be able to stop it at once,
/// and the next `apply` must not bring it back.
pub(super) async fn set_enabled(realm: &RealmContext, name: &str, enabled: bool) -> Result<Value, AdminError> {
    let user = find(realm, name).await?;
    let now = realm.now();
    // Who is off is signed out everywhere, and apps that want to know are told.
    let end = if enabled {
        Vec::new()
    } else {
        storage::session::end_all_of_user(realm.issuer(), &user.id, now)
    };
    let kind = if enabled {
        AuditKind::UserEnabled
    } else {
        AuditKind::UserDisabled
    };
    // The revision rises, so that an `apply` that is being planned looks again.
    let change = Change::new()
        .then(storage::user::set_enabled(realm.issuer(), &user.id, enabled, now))
        .then_all(end)
        .then(audit::event(realm, kind).user(&user.id))
        .then(storage::realm::raise_revision());
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(view(&User {
            enabled,
            updated_at: now,
            ..user
        })),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

/// The password belongs to the user, whoever owns the rest.
pub(super) async fn set_password(
    realm: &RealmContext,
    pool: &PasswordPool,
    name: &str,
    password: &Secret,
) -> Result<Value, AdminError> {
    let user = find(realm, name).await?;
    authn::users::set_password(realm, pool, &user.id, password).await?;
    show(realm, &user.id).await
}

/// The longest time for which an invitation is good, in seconds.
const LONGEST_INVITATION: i64 = 30 * 24 * 3600;

/// An invitation: by mail, or to be handed over, shown once. Another one takes nothing from those before.
pub(super) async fn invite(realm: &RealmContext, name: &str, lifetime: i64, mail: bool) -> Result<Value, AdminError> {
    if !(1..=LONGEST_INVITATION).contains(&lifetime) {
        return Err(AdminError::invalid(
            "an invitation is good for 30 days at most",
            "use a shorter --for",
        ));
    }
    let user = find(realm, name).await?;
    if !user.enabled {
        return Err(AdminError::invalid(
            "the user is disabled",
            "run: sekisho user enable NAME",
        ));
    }
    let invitation = invitation::write(realm, &user, lifetime)?;
    let letter = if mail {
        let letter = invitation::mail(realm, &user, &invitation);
        let remedy = "leave --mail out and hand the link over, or confirm the address first";
        Some(letter.ok_or_else(|| AdminError::invalid("no mail reaches the user: no address is verified", remedy))?)
    } else {
        None
    };
    let mailed_to = letter.as_ref().map(|letter| letter.destination.clone());
    let event = audit::event(realm, AuditKind::UserInvited)
        .user(&user.id)
        .detail("expires_at", invitation.until)
        .detail("by_mail", mail);
    let change = Change::new()
        .then_all(letter.map(|letter| outbox::enqueue(letter, realm.now())))
        .then(event);
    match (realm.store.commit(change).await?, mailed_to) {
        (Outcome::Missed, _) => Err(AdminError::changed_meanwhile()),
        (Outcome::Applied, Some(to)) => Ok(json!({ "mailed_to": to, "expires_at": invitation.until })),
        (Outcome::Applied, None) => Ok(json!({ "link": invitation.link, "expires_at": invitation.until })),
    }
}
