//! Who has forgotten their password sets a new one by a link in a mail.
//!
//! Spec: NIST SP 800-63B §6.1.2.3 (a lost password is replaced by what is left, and an address of record), §5.1.1.2
//!
//! To ask for it: whom what was typed stands for, nobody learns ([`by_mail`]). The link hangs on the password so far, so that
//! any change of it ends all links; nothing of it is stored.
//!
//! To set it:
//! 1. The link was made here, its time is not over, and address and password are still those to which it was sent.
//! 2. Check the new password. This costs nothing and tells nothing.
//! 3. Take a place in the password pool. An account that has a second factor shows it: who reads the mail is not to get in by
//!    that alone. Its code is a guess like others.
//! 4. Hash.
//! 5. Commit at once: the password is still the one to which the link was sent, the new one takes its place, the code is used
//!    up, every session and every token of the user ends, and mail is owed. Factors stay.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{AuditKind, Authenticator, Secret, User};
use protocol::Method;
use realm::{RealmContext, RealmError, audit};
use storage::{Change, Outcome, StorageError, authorization, guess, outbox, session, user};

use crate::{
    by_mail::{self, Sending},
    factors::{self, FactorVerified},
    lane,
    link::{self, UnverifiedLink},
    notice::{self, Content},
    password::{Busy, PasswordPool},
    prove::{self, ProveRefusal},
    users,
    weak_password::Weakness,
};

/// For how many minutes a link is good.
pub const MINUTES: i64 = 30;
/// What the link is for.
const RESET: &str = "password reset";
/// The factors that are shown by typing something.
const TYPED: [Method; 3] = [Method::Totp, Method::Hotp, Method::RecoveryCode];

/// Why there is no new password.
#[derive(Debug, thiserror::Error)]
pub enum ResetRefusal {
    /// The link is none of ours, too old, or the password was changed since.
    #[error("the link was used, is too old, or is not whole")]
    Over,
    /// The account has a second factor that cannot be typed here.
    #[error("the account has a second factor that is no code: it is the way in")]
    NoCode,
    /// The new one is not good enough.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// The code is not one of the account's second factor.
    #[error("the code of the second factor is wrong, or was used before")]
    WrongCode,
    /// Too many mails or guesses: answer 429 with `Retry-After`.
    #[error("too many attempts: try again in {retry_after} seconds")]
    TooMany {
        /// After how many seconds.
        retry_after: i64,
    },
    /// The password pool is full: answer 503 with `Retry-After`.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database or a key does not work.
    #[error("the password was not reset: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for ResetRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Over | Self::NoCode => (&catalogue::RESET_LINK).into(),
            Self::Weak(_) => Explanation::from(&catalogue::SIGN_UP).found("the password"),
            Self::WrongCode => (&catalogue::WRONG_FACTOR).into(),
            Self::TooMany { .. } => (&catalogue::TOO_MANY_GUESSES).into(),
            Self::Busy(_) => (&catalogue::BUSY).into(),
            Self::Fault(_) => (&server::UNAVAILABLE).into(),
        }
    }
}

impl From<StorageError> for ResetRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ProveRefusal> for ResetRefusal {
    fn from(refusal: ProveRefusal) -> Self {
        match refusal {
            ProveRefusal::TooManyGuesses { retry_after } | ProveRefusal::TooManySent { retry_after } => {
                Self::TooMany { retry_after }
            }
            ProveRefusal::Fault(error) => Self::Fault(error),
            ProveRefusal::Wrong | ProveRefusal::Passkey(_) | ProveRefusal::Certificate(_) => Self::WrongCode,
        }
    }
}

/// Mails a link to whom `typed` stands for, a user name or a mail address. `from` is the network address of who asks,
/// `flow_id` where they are to go on afterwards.
pub async fn send_link(realm: &RealmContext, (flow_id, from): (&str, &str), typed: &str) -> Result<(), ResetRefusal> {
    let user = by_mail::find(realm, typed).await?;
    let expires_at = realm.now() + MINUTES * 60;
    // Of nobody, there is a link as well, which nobody is sent.
    let (id, relies_on) = user
        .as_ref()
        .map_or(("", ["", ""]), |user| (user.id.as_str(), relies_on(user)));
    let token = link::write(realm, (RESET, &relies_on), id, expires_at)?;
    let link = realm.url(&format!("/sign-in/reset?t={token}&flow={flow_id}"));
    let content = Content::ResetPassword { link, minutes: MINUTES };
    let mail = user
        .as_ref()
        .and_then(|user| notice::tell_until(realm, user, content, expires_at));
    let sending = Sending {
        typed,
        user: user.as_ref(),
        from,
        mail,
    };
    match by_mail::send(realm, sending).await? {
        Ok(()) => Ok(()),
        Err(retry_after) => Err(ResetRefusal::TooMany { retry_after }),
    }
}

/// What ends a link when it changes.
fn relies_on(user: &User) -> [&str; 2] {
    let password = user.password_hash.as_deref().unwrap_or_default();
    [notice::verified_email(user).unwrap_or_default(), password]
}

/// A link that is good now.
pub struct ResetLink {
    /// Whose password is set by it.
    pub user: User,
    /// Whether a code of a second factor must come with it.
    pub wants_code: bool,
    typed: Vec<Authenticator>,
}

/// What a link opens.
pub async fn open(realm: &RealmContext, token: &str) -> Result<ResetLink, ResetRefusal> {
    let link = UnverifiedLink::read(realm, token).ok_or(ResetRefusal::Over)?;
    let user = realm.store.find_user(realm.issuer(), &link.user_id).await?;
    let user = user
        .filter(|user| user.enabled && notice::verified_email(user).is_some())
        .filter(|user| link.is_for(realm, RESET, &relies_on(user)))
        .ok_or(ResetRefusal::Over)?;
    let mut active = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    active.retain(|one| one.is_active(realm.now()));
    let wants_code = active.iter().any(|one| one.method != Method::RecoveryCode);
    let typed: Vec<_> = active.into_iter().filter(|one| TYPED.contains(&one.method)).collect();
    if wants_code && typed.is_empty() {
        return Err(ResetRefusal::NoCode);
    }
    Ok(ResetLink {
        user,
        wants_code,
        typed,
    })
}

/// Sets a new password by a link, with a code of the account's second factor where there is one. Answers whose it is.
pub async fn reset(
    realm: &RealmContext,
    pool: &PasswordPool,
    token: &str,
    (new, code): (&Secret, &str),
) -> Result<User, ResetRefusal> {
    // Step 1
    let link = open(realm, token).await?;
    let user = &link.user;

    // Step 2
    users::check_new_password(realm, &user.username, &user.claims, new)?;

    // Step 3
    let place = pool.place()?;
    let verified = if link.wants_code {
        Some(verify(realm, &link, code).await?)
    } else {
        None
    };

    // Step 4
    let hash = pool.hash_in(place, new).await?;

    // Step 5
    let (issuer, now) = (realm.issuer(), realm.now());
    let still = match user.password_hash.as_deref() {
        Some(old) => user::still_has_password(issuer, &user.id, old),
        None => user::still_has_no_password(issuer, &user.id),
    };
    let mail = notice::tell(realm, user, Content::PasswordChanged { when: now });
    let event = audit::event(realm, AuditKind::UserPasswordChanged)
        .user(&user.id)
        .detail("by", "a link in a mail")
        .detail("second_factor", verified.is_some());
    let mut change = Change::new()
        .then(still)
        .then(user::set_password(issuer, &user.id, &hash, now))
        .then(guess::reset(issuer, &lane::of(realm, &user.username, Some(user), None)))
        .then(by_mail::reset(realm, user))
        .then_all(session::end_all_of_user(issuer, &user.id, now))
        .then(authorization::end_all_of_user(issuer, &user.id, now))
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)))
        .then(event);
    if let Some(FactorVerified { guards, .. }) = verified {
        change = change.then_all(guards).then_all(lane::reset_factors(realm, &user.id));
    }
    if realm.store.commit(change).await? == Outcome::Missed {
        return Err(ResetRefusal::Over);
    }
    tracing::info!(realm = issuer, user = user.id, "password reset by a link in a mail");
    Ok(link.user)
}

async fn verify(realm: &RealmContext, link: &ResetLink, code: &str) -> Result<FactorVerified, ResetRefusal> {
    let (user, method) = (&link.user, link.typed.first().map_or(Method::Totp, |one| one.method));
    prove::reserve(realm, user, method).await?;
    let verified = factors::verify_code(realm, &link.typed, &prove::as_typed(code))?;
    verified.ok_or_else(|| prove::wrong(realm, user, method).into())
}

#[cfg(test)]
mod tests;
