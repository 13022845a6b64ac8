//! Making users and setting their passwords, for the administration and for realm files.
//!
//! Spec: NIST SP 800-63B §5.1.1.2 (length counts, composition rules do not)

use model::{AuditKind, Secret, Source, User, new_subject};
use realm::{RealmContext, audit};
use serde_json::{Map, Value};
use storage::{Change, Outcome, StorageError, guess};

use crate::{
    lane,
    password::{self, Busy, PasswordPool},
    weak_password::{self, Weakness},
};

/// The longest user name, in characters.
pub const MAX_USERNAME: usize = 255;
/// The shortest new password, in characters.
pub const MIN_PASSWORD: usize = 8;

/// A user to be made.
pub struct NewUser {
    /// The name to sign in with. Space around it is dropped.
    pub username: String,
    /// The password, if any; not together with `password_hash`.
    pub password: Option<Secret>,
    /// A hash made elsewhere, of a kind that [`password::is_usable`] knows.
    pub password_hash: Option<String>,
    /// Standard claims (OIDC Core §5.1), without `sub`.
    pub claims: Map<String, Value>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Who owns the user.
    pub source: Source,
}

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// It is too short.
    #[error("the password has fewer than {MIN_PASSWORD} characters: choose a longer one")]
    TooShort,
    /// It is too long.
    #[error("the password has more than {} bytes: choose a shorter one", password::MAX_BYTES)]
    TooLong,
}

/// Why a user was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Another user has this name, perhaps in another spelling.
    #[error("the user name is taken")]
    NameTaken,
    /// The name is not acceptable.
    #[error("a user name has 1 to {MAX_USERNAME} characters and no control characters")]
    UnacceptableName,
    /// The password is not acceptable.
    #[error(transparent)]
    UnacceptablePassword(#[from] PasswordProblem),
    /// Both a password and a hash were given.
    #[error("give either a password or a password hash, not both")]
    PasswordTwice,
    /// The hash cannot be checked here.
    #[error("the password hash is of no kind that can be checked here, or costs too much: see docs/passwords.md")]
    UnusableHash,
    /// The password pool is full: try again.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The password is not acceptable.
    #[error(transparent)]
    UnacceptablePassword(#[from] PasswordProblem),
    /// The password is too easily guessed.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The password pool is full: try again.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Whether a user can have this name.
pub fn is_username(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && !name.chars().any(char::is_control) && name.chars().count() <= MAX_USERNAME
}

/// Whether a new password is acceptable.
pub fn check_password(password: &Secret) -> Result<(), PasswordProblem> {
    let text = password.expose();
    if text.len() > password::MAX_BYTES {
        Err(PasswordProblem::TooLong)
    } else if password::normalized(text).chars().count() < MIN_PASSWORD {
        Err(PasswordProblem::TooShort)
    } else {
        Ok(())
    }
}

/// Whether somebody of this realm can have a new password, with what everybody knows of them.
pub fn check_new_password(
    realm: &RealmContext,
    username: &str,
    claims: &Map<String, Value>,
    password: &Secret,
) -> Result<(), Weakness> {
    let of_claims = [
        "email",
        "name",
        "given_name",
        "family_name",
        "nickname",
        "phone_number",
        "birthdate",
    ];
    let of_claims = of_claims.into_iter().filter_map(|claim| claims.get(claim)?.as_str());
    let of_realm = [realm.realm.display_name.as_str(), realm.realm.authority()];
    let known: Vec<&str> = of_claims.chain(of_realm).chain([username]).collect();
    weak_password::check(password, &known)
}

/// A user with a new subject identifier and a hashed password, not stored yet: for those who put several things into
/// one change with [`storage::user::insert`]. `now` is in unix seconds.
pub async fn new_user(pool: &PasswordPool, new: NewUser, now: i64) -> Result<User, CreateUserError> {
    if !is_username(&new.username) {
        return Err(CreateUserError::UnacceptableName);
    }
    let password_hash = match (new.password, new.password_hash) {
        (Some(_), Some(_)) => return Err(CreateUserError::PasswordTwice),
        (Some(password), None) => {
            check_password(&password)?;
            Some(pool.hash(&password).await?)
        }
        (None, Some(phc)) if !password::is_usable(&phc) => return Err(CreateUserError::UnusableHash),
        (None, phc) => phc,
    };
    Ok(User {
        id: new_subject(),
        username: new.username.trim().to_owned(),
        claims: new.claims,
        groups: new.groups,
        password_hash,
        proofing: None,
        enabled: true,
        source: new.source,
        created_at: now,
        updated_at: now,
    })
}

/// Makes a user.
pub async fn create(realm: &RealmContext, pool: &PasswordPool, new: NewUser) -> Result<User, CreateUserError> {
    let user = new_user(pool, new, realm.now()).await?;
    let insert = storage::user::insert(realm.issuer(), &user)?;
    let event = audit::event(realm, AuditKind::UserCreated).user(&user.id);
    match realm.store.commit(Change::new().then(insert).then(event)).await? {
        Outcome::Applied => Ok(user),
        Outcome::Missed => Err(CreateUserError::NameTaken),
    }
}

/// Sets a user's password.
///
/// All sessions end, with the authorizations that hold no refresh token: whoever got in by the old password is out.
/// Those who have no recognised device may guess again: the owner may have been locked out.
pub async fn set_password(
    realm: &RealmContext,
    pool: &PasswordPool,
    user_id: &str,
    password: &Secret,
) -> Result<(), SetPasswordError> {
    check_password(password)?;
    let Some(user) = realm.store.find_user(realm.issuer(), user_id).await? else {
        return Err(SetPasswordError::UnknownUser);
    };
    check_new_password(realm, &user.username, &user.claims, password)?;
    let phc = pool.hash(password).await?;
    let lane = lane::of(realm, &user.username, Some(&user), None);
    let (issuer, now) = (realm.issuer(), realm.now());
    let change = Change::new()
        .then(storage::user::set_password(issuer, user_id, &phc, now))
        .then(guess::reset(issuer, &lane))
        .then_all(lane::reset_factors(realm, user_id))
        .then_all(storage::session::end_all_of_user(issuer, user_id, now))
        .then(audit::event(realm, AuditKind::UserPasswordChanged).user(user_id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(SetPasswordError::UnknownUser),
    }
}

#[cfg(test)]
mod tests;
