//! Enrolment: a user gets a further authenticator, calls it something, and gives it up again.
//!
//! Spec: NIST SP 800-63B §6.1.2 ("binding … additional authenticators") and §6.1.2.3
//!
//! A stolen password must not be enough to give oneself the second factor. What is enrolled in a session that was proved
//! by a password alone counts only when its user has confirmed it by mail, and a delay has passed; or when the operator
//! says so. In a session that was proved by two factors, by a recovery code, or by an invitation of the operator's, it counts
//! at once. The user is told by mail in any case, with a link that ends it.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use jose::{b64, random_token, sha256};
use model::{AuditKind, Authenticator, Session, User};
use protocol::{
    Demand, Method,
    acr::Acr,
    assurance::{TOGETHER, reached},
};
use realm::{RealmContext, RealmError, audit};
use storage::{Change, Outcome, StorageError, authenticator, outbox, session};

use crate::{
    factors::{client_certificate::CertificateRefusal, passkey::PasskeyRefusal},
    next_step::reachable,
    notice::{self, Content},
};

/// How long ago somebody may have proved who they are who changes how they do, in seconds.
pub(crate) const RECENT: i64 = 15 * 60;
/// How many authenticators a user has at most.
const MOST: usize = 20;
/// The longest name of an authenticator, in characters.
const LONGEST_NAME: usize = 60;

/// What is in the way of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// The user signed in too long ago.
    SignInAgain,
    /// More must be proved than in this session so far.
    ProveMore,
}

/// When a new authenticator counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// From now on.
    AtOnce,
    /// When the user has confirmed it by mail, and this time (unix seconds) has come.
    WhenConfirmed(i64),
    /// When the operator says so: no mail reaches the user.
    WhenApproved,
}

/// Why nothing was enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolRefusal {
    /// The code is not the one that the secret makes.
    #[error("the code is not one of this secret")]
    WrongCode,
    /// It was enrolled before, in this form or in this account.
    #[error("it was enrolled before")]
    Again,
    /// The passkey is not taken.
    #[error(transparent)]
    Passkey(PasskeyRefusal),
    /// The certificate is not taken.
    #[error(transparent)]
    Certificate(CertificateRefusal),
    /// There are enough.
    #[error("an account has {MOST} authenticators at most")]
    TooMany,
    /// What was shown is not of this session, or too old; or the session ended.
    #[error("what was shown is not of this session, or too old")]
    SignedOut,
    /// The database or a key does not work.
    #[error("it cannot be enrolled: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for EnrolRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::WrongCode | Self::Again | Self::TooMany => &catalogue::NOT_ENROLLED,
            Self::Passkey(refusal) => return refusal.explanation(),
            Self::Certificate(refusal) => return refusal.explanation(),
            Self::SignedOut => &catalogue::FLOW_LOST,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

impl From<StorageError> for EnrolRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What must be proved of whoever changes an account's authenticators: as much as it has, up to two factors.
pub async fn demand(realm: &RealmContext, (session, user): (&Session, &User)) -> Result<Demand, StorageError> {
    let now = realm.now();
    if has_recovered(session, now) {
        return Ok(Demand::default());
    }
    let all = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    Ok(Demand::at_least(reachable(user, &all, now).min(Acr::Loa3)))
}

/// What is in the way of changing an account's authenticators, in this session and now.
pub async fn hindrance(
    realm: &RealmContext,
    (session, user): (&Session, &User),
) -> Result<Option<Hindrance>, StorageError> {
    let now = realm.now();
    if now - session.auth_time > RECENT {
        return Ok(Some(Hindrance::SignInAgain));
    }
    let demand = demand(realm, (session, user)).await?;
    let is_met = !demand.exceeds(session.assurance(user, now).acr);
    Ok((!is_met).then_some(Hindrance::ProveMore))
}

/// Whether recovery codes may be made: not by a password, nor by another recovery code.
pub fn can_make_recovery_codes(session: &Session, now: i64) -> bool {
    reached(&session.proofs, now).acr >= Acr::Loa3
}

/// Whether what is enrolled in this session counts at once.
fn is_more_than_a_password(session: &Session, now: i64) -> bool {
    reached(&session.proofs, now).acr >= Acr::Loa3 || has_recovered(session, now)
}

/// By a recovery code, or because the operator lets them.
fn has_recovered(session: &Session, now: i64) -> bool {
    let lets = |method| matches!(method, Method::RecoveryCode | Method::Invitation);
    let mut proofs = session.proofs.iter();
    proofs.any(|proof| lets(proof.method) && now - proof.at <= TOGETHER)
}

/// Enrolls what the user has just shown that they have.
pub async fn add(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    new: Authenticator,
) -> Result<Counts, EnrolRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let known = realm.store.authenticators_of_user(issuer, &user.id).await?;
    if known.len() >= MOST {
        return Err(EnrolRefusal::TooMany);
    }
    let counts = if is_more_than_a_password(session, now) {
        Counts::AtOnce
    } else if notice::verified_email(user).is_some() {
        Counts::WhenConfirmed(now + realm.realm.enrolment_delay)
    } else {
        Counts::WhenApproved
    };
    let token = matches!(counts, Counts::WhenConfirmed(_)).then(random_token);
    let new = Authenticator {
        created_at: now,
        active_at: (counts == Counts::AtOnce).then_some(now),
        confirmation_hash: token.as_ref().map(|token| sha256(token.as_bytes()).to_vec()),
        ..new
    };
    // Another set of recovery codes takes the place of the one before.
    let is_former = |one: &&Authenticator| new.method == Method::RecoveryCode && one.method == new.method;
    let former = known.iter().filter(is_former);
    let mail = notice::tell(realm, user, told(realm, &new, counts, token.as_deref()));
    let event = audit::event(realm, AuditKind::AuthenticatorEnrolled)
        .user(&user.id)
        .detail("authenticator", new.id.as_str())
        .detail("method", new.method.as_str())
        .detail("counts_at_once", counts == Counts::AtOnce);
    let change = Change::new()
        .then(session::still_alive(issuer, &session.id))
        .then_all(former.map(|one| authenticator::remove(issuer, &user.id, &one.id)))
        .then(authenticator::insert(issuer, &new)?)
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)))
        .then(event);
    if realm.store.commit(change).await? == Outcome::Applied {
        tracing::info!(realm = issuer, user = user.id, method = new.method.as_str(), "enrolled");
        return Ok(counts);
    }
    let session = realm.store.find_session(issuer, &session.id).await?;
    let is_alive = session.is_some_and(|session| session.is_alive(now));
    Err(if is_alive {
        EnrolRefusal::Again
    } else {
        EnrolRefusal::SignedOut
    })
}

/// What the user is told of a new one. Where no mail can be confirmed, none is sent.
fn told(realm: &RealmContext, new: &Authenticator, counts: Counts, token: Option<&str>) -> Content {
    let (factor, when) = (new.method.as_str().to_owned(), new.created_at);
    match (counts, token) {
        (Counts::WhenConfirmed(counts_from), Some(token)) => Content::ConfirmFactor {
            factor,
            when,
            counts_from,
            link: realm.url(&format!("/account/factors/confirm?token={token}")),
        },
        _ => Content::FactorAdded { factor, when },
    }
}

/// What a link in a mail is about, if it is still to be confirmed.
pub async fn to_confirm(realm: &RealmContext, token: &str) -> Result<Option<(Authenticator, User)>, StorageError> {
    let issuer = realm.issuer();
    let hash = sha256(token.as_bytes());
    let Some(found) = realm.store.find_authenticator_to_confirm(issuer, &hash).await? else {
        return Ok(None);
    };
    let user = realm.store.find_user(issuer, &found.user_id).await?;
    Ok(user.filter(|user| user.enabled).map(|user| (found, user)))
}

/// The user confirms by the link in the mail: from when on it counts. `None`: somebody was faster.
pub async fn confirm(realm: &RealmContext, found: &Authenticator) -> Result<Option<i64>, StorageError> {
    let at = realm.now().max(found.created_at + realm.realm.enrolment_delay);
    Ok(activate(realm, found, at).await?.then_some(at))
}

/// The operator says that it counts, from now on. `false`: it counts already.
pub async fn approve(realm: &RealmContext, found: &Authenticator) -> Result<bool, StorageError> {
    activate(realm, found, realm.now()).await
}

async fn activate(realm: &RealmContext, found: &Authenticator, at: i64) -> Result<bool, StorageError> {
    let event = audit::event(realm, AuditKind::AuthenticatorActivated)
        .user(&found.user_id)
        .detail("authenticator", found.id.as_str())
        .detail("method", found.method.as_str())
        .detail("active_at", at);
    let change = Change::new()
        .then(authenticator::activate(realm.issuer(), &found.id, at))
        .then(event);
    Ok(realm.store.commit(change).await? == Outcome::Applied)
}

/// The user says by the link in the mail that it was not them: it goes, and so does every session, since somebody knows
/// the password.
pub async fn disown(realm: &RealmContext, (found, user): (&Authenticator, &User)) -> Result<bool, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let change = Change::new()
        .then(authenticator::remove(issuer, &user.id, &found.id))
        .then_all(session::end_all_of_user(issuer, &user.id, now))
        .then(removed(realm, found).detail("reason", "disowned by mail"));
    Ok(realm.store.commit(change).await? == Outcome::Applied)
}

/// A name as it is kept.
pub(crate) fn cleaned(name: &str) -> String {
    let letters = name.trim().chars().filter(|letter| !letter.is_control());
    letters.take(LONGEST_NAME).collect()
}

/// The user calls one of theirs something else. `false`: it is gone.
pub async fn rename(realm: &RealmContext, user: &User, id: &str, name: &str) -> Result<bool, StorageError> {
    let rename = authenticator::rename(realm.issuer(), &user.id, id, &cleaned(name));
    Ok(realm.store.commit(Change::new().then(rename)).await? == Outcome::Applied)
}

/// The user, or the operator for them, gives one up. `false`: it is gone already.
pub async fn remove(realm: &RealmContext, user: &User, found: &Authenticator) -> Result<bool, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let factor = found.method.as_str().to_owned();
    let mail = notice::tell(realm, user, Content::FactorRemoved { factor, when: now });
    let change = Change::new()
        .then(authenticator::remove(issuer, &user.id, &found.id))
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)))
        .then(removed(realm, found));
    Ok(realm.store.commit(change).await? == Outcome::Applied)
}

fn removed(realm: &RealmContext, found: &Authenticator) -> audit::Event {
    audit::event(realm, AuditKind::AuthenticatorRemoved)
        .user(&found.user_id)
        .detail("authenticator", found.id.as_str())
        .detail("method", found.method.as_str())
}

/// By what an authenticator is found when the same form comes again.
pub(crate) fn once(secret: &[u8]) -> String {
    b64::encode(sha256(secret))
}

#[cfg(test)]
mod tests;
