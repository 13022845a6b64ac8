//! Sessions: which one a browser's cookie stands for, and what ties a form to it.
//!
//! Spec: OIDC Core §3.1.2.3, RFC 6265 §5, RFC 9700 §4.7
//!
//! The cookie is `id.secret`. The id is no secret (ID tokens carry it as `sid`); of the secret only the SHA-256 is
//! stored. Every sign-in makes a new secret, so a value planted in a browser before is worth nothing afterwards.

mod cookie_name;

use model::{AuditKind, Session, User};
use realm::{RealmContext, audit};
use storage::{Change, Outcome, StorageError};

pub use self::cookie_name::{cookie_name, device_cookie_name, flow_cookie_name, state_cookie_name};

/// Longer values were not made here.
const MAX_COOKIE: usize = 256;
/// How often at most (seconds) it is written down that a browser was heard of.
const SEEN_EVERY: i64 = 60;

/// The living session that a cookie stands for, and its user. `None` for anything else: another secret, a session that
/// ended or expired, a user who was disabled or is gone.
pub async fn find(realm: &RealmContext, cookie: &str) -> Result<Option<(Session, User)>, StorageError> {
    let session = of_this_browser(realm, cookie).await?;
    let Some(session) = session.filter(|session| session.is_alive(realm.now()) && !is_idle(realm, session)) else {
        return Ok(None);
    };
    let user = realm.store.find_user(realm.issuer(), &session.user_id).await?;
    let Some(user) = user.filter(|user| user.enabled) else {
        return Ok(None);
    };
    seen(realm, &session).await?;
    Ok(Some((session, user)))
}

/// Whether nothing has happened in a session for too long, where the realm sets a limit (NIST SP 800-63B §7.2).
pub fn is_idle(realm: &RealmContext, session: &Session) -> bool {
    let last = session.seen_at.max(session.auth_time);
    let limit = realm.realm.lifetimes.session_idle;
    limit.is_some_and(|limit| realm.now() >= last + limit)
}

/// Writes down that the browser was heard of, where that matters: once in a while, so that a page costs no write.
async fn seen(realm: &RealmContext, session: &Session) -> Result<(), StorageError> {
    let Some(limit) = realm.realm.lifetimes.session_idle else {
        return Ok(());
    };
    let now = realm.now();
    if now - session.seen_at >= (limit / 10).min(SEEN_EVERY) {
        let seen = storage::session::seen(realm.issuer(), &session.id, now);
        let _ = realm.store.commit(Change::new().then(seen)).await?;
    }
    Ok(())
}

/// The session of this browser when it was ended, here or elsewhere: apps are to be told by the browser too.
pub async fn find_ended(realm: &RealmContext, cookie: &str) -> Result<Option<Session>, StorageError> {
    let session = of_this_browser(realm, cookie).await?;
    Ok(session.filter(|session| session.ended_at.is_some()))
}

async fn of_this_browser(realm: &RealmContext, cookie: &str) -> Result<Option<Session>, StorageError> {
    let Some((id, secret)) = split(cookie) else {
        return Ok(None);
    };
    let session = realm.store.find_session(realm.issuer(), id).await?;
    Ok(session.filter(|session| jose::constant_time_eq(&secret_hash(secret), &session.secret_hash)))
}

/// Ends a session of this user with the authorizations made in it that hold no refresh token. `false` when there was
/// none to end: not this user's, or over already.
pub async fn end(realm: &RealmContext, user_id: &str, id: &str) -> Result<bool, StorageError> {
    let statements = storage::session::end(realm.issuer(), user_id, id, realm.now());
    let event = audit::event(realm, AuditKind::SessionEnded)
        .user(user_id)
        .detail("session", id);
    let outcome = realm
        .store
        .commit(Change::new().then_all(statements).then(event))
        .await?;
    Ok(outcome == Outcome::Applied)
}

/// What scripts of this server may know of a sign-in (Session Management §3.2): it changes with each one, and tells
/// neither the user nor the secret of the cookie that it follows from.
pub fn browser_state(cookie: &str) -> String {
    let secret = split(cookie).map_or(cookie, |(_, secret)| secret);
    jose::b64::encode(jose::hmac_sha256(secret.as_bytes(), b"state of a browser"))
}

/// What every form of a signed-in user must bring back. It follows from the secret of the cookie and does not tell it.
pub fn csrf(cookie: &str) -> String {
    let secret = split(cookie).map_or(cookie, |(_, secret)| secret);
    jose::b64::encode(jose::hmac_sha256(secret.as_bytes(), b"form of a session"))
}

/// Whether a form brought the value that belongs to the cookie; compared in constant time.
pub fn is_csrf(cookie: &str, presented: &str) -> bool {
    split(cookie).is_some() && jose::constant_time_eq(csrf(cookie).as_bytes(), presented.as_bytes())
}

/// The secret of a cookie, made at each sign-in.
pub(crate) struct CookieSecret(String);

impl CookieSecret {
    pub(crate) fn new() -> Self {
        Self(jose::random_token())
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        secret_hash(&self.0).to_vec()
    }

    /// The value of the cookie.
    pub(crate) fn cookie(&self, session_id: &str) -> String {
        format!("{session_id}.{}", self.0)
    }
}

fn split(cookie: &str) -> Option<(&str, &str)> {
    let (id, secret) = cookie.split_once('.')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_secret = jose::b64::decode(secret).is_some_and(|bytes| bytes.len() == 32);
    (cookie.len() <= MAX_COOKIE && is_id && is_secret).then_some((id, secret))
}

fn secret_hash(secret: &str) -> [u8; 32] {
    jose::sha256(secret.as_bytes())
}

#[cfg(test)]
mod tests;
