//! The code that a user has agreed upon with this server, so that not everybody who knows their name can have them asked
//! in the background.
//!
//! Spec: CIBA §7.1.2 and §13, NIST SP 800-63B §5.1.1.2
//!
//! It is counted and hashed as a password is. Each client has a lane of its own, so that one that guesses does not lock
//! the others out. "A secret known to the user, but which is not the user's password".

use model::{AuditKind, Secret, User};
use realm::{RealmContext, audit};
use storage::{Change, Outcome, StorageError, backchannel_user_code, guess};

use crate::{
    lane,
    password::{Busy, PasswordPool},
};

/// The shortest code, in characters.
pub const SHORTEST: usize = 4;
/// The longest, in bytes.
pub const LONGEST: usize = 64;

/// Why a user is not asked.
#[derive(Debug, thiserror::Error)]
pub enum UserCodeRefusal {
    /// The user has a code, and none was sent.
    #[error("the user has a code, and none was sent")]
    Missing,
    /// It is another one.
    #[error("it is not the user's code")]
    Wrong,
    /// The client guessed too often.
    #[error("too many wrong codes: try again in {0} seconds")]
    TooManyGuesses(i64),
    /// The password pool is full: try again.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] StorageError),
}

/// Why a code was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetRefusal {
    /// It is too short or too long.
    #[error("a code has at least {SHORTEST} characters and at most {LONGEST} bytes")]
    Length,
    /// It is the password, which is nobody's business but this server's.
    #[error("the code is the user's password")]
    Password,
    /// The password pool is full: try again.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] StorageError),
}

/// Checks the code that a client sent. A user without a code is asked by everybody.
pub async fn check(
    realm: &RealmContext,
    pool: &PasswordPool,
    (client_id, user): (&str, &User),
    sent: Option<&str>,
) -> Result<(), UserCodeRefusal> {
    let issuer = realm.issuer();
    let Some(phc) = realm.store.find_backchannel_user_code(issuer, &user.id).await? else {
        return Ok(());
    };
    let sent = Secret::new(sent.ok_or(UserCodeRefusal::Missing)?);
    // A place first: who finds none has not guessed.
    let place = pool.place()?;
    let lane = format!("backchannel-user-code/{}/{client_id}", user.id);
    if !lane::reserve(realm, &lane).await? {
        return Err(UserCodeRefusal::TooManyGuesses(lane::retry_after(realm, &lane).await?));
    }
    if !pool.verify_in(place, Some(&phc), &sent).await? {
        return Err(UserCodeRefusal::Wrong);
    }
    let _ = realm
        .store
        .commit(Change::new().then(guess::reset(issuer, &lane)))
        .await?;
    Ok(())
}

/// Sets a user's code.
pub async fn set(realm: &RealmContext, pool: &PasswordPool, user: &User, code: &Secret) -> Result<(), SetRefusal> {
    let text = code.expose();
    if text.chars().count() < SHORTEST || text.len() > LONGEST {
        return Err(SetRefusal::Length);
    }
    if user.password_hash.is_some() && pool.verify(user.password_hash.as_deref(), code).await? {
        return Err(SetRefusal::Password);
    }
    let phc = pool.hash(code).await?;
    let put = backchannel_user_code::put(realm.issuer(), &user.id, &phc, realm.now());
    let event = changed(realm, user, true);
    let _: Outcome = realm.store.commit(Change::new().then(put).then(event)).await?;
    Ok(())
}

/// The user goes without a code.
pub async fn remove(realm: &RealmContext, user: &User) -> Result<(), StorageError> {
    let remove = backchannel_user_code::remove(realm.issuer(), &user.id);
    let event = changed(realm, user, false);
    let _: Outcome = realm.store.commit(Change::new().then(remove).then(event)).await?;
    Ok(())
}

fn changed(realm: &RealmContext, user: &User, is_set: bool) -> audit::Event {
    audit::event(realm, AuditKind::UserCodeChanged)
        .user(&user.id)
        .detail("is_set", is_set)
}

/// Whether a user has a code.
pub async fn is_set(realm: &RealmContext, user: &User) -> Result<bool, StorageError> {
    let phc = realm.store.find_backchannel_user_code(realm.issuer(), &user.id).await?;
    Ok(phc.is_some())
}
