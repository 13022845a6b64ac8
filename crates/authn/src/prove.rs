//! Something more is proved in a session: the factor that was missing.
//!
//! Spec: NIST SP 800-63B §5.1.4.2 and §5.2.2, RFC 9470 §5
//!
//! 1. Reserve a guess in the account's lanes, before anything is looked at.
//! 2. Verify what the user shows by what the account has, as far as it counts.
//! 3. Commit at once: a code is used up, the lanes are forgotten, the session learns of the proof and gets a new secret.
//!    User, id and end of the session stay, and so does the flow in which the user signed in: whoever was to sign in
//!    again has not done so by this.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{Actor, AuditKind, Authenticator, Session, User};
use protocol::{Method, assurance};
use realm::{RealmContext, RealmError, audit};
use storage::{Change, Outcome, StorageError};

use crate::{
    factors::{
        self, FactorVerified,
        client_certificate::{self, CertificateRefusal},
        email_code,
        passkey::{self, PasskeyRefusal},
    },
    lane,
    session::CookieSecret,
};

/// A session of which more is proved now.
pub struct Proved {
    /// The session.
    pub session: Session,
    /// The value for its cookie: a new one.
    pub cookie: String,
}

/// Why it is not.
#[derive(Debug, thiserror::Error)]
pub enum ProveRefusal {
    /// It is not what the account has, it was used before, or the session changed meanwhile: nobody is told which.
    #[error("the code is wrong, or was used before")]
    Wrong,
    /// The passkey is not taken.
    #[error(transparent)]
    Passkey(PasskeyRefusal),
    /// The certificate is not taken.
    #[error(transparent)]
    Certificate(CertificateRefusal),
    /// The lane is full: answer 429 with `Retry-After`.
    #[error("too many guesses: try again in {retry_after} seconds")]
    TooManyGuesses {
        /// After how many seconds the lane is empty again.
        retry_after: i64,
    },
    /// Too many codes were mailed: answer 429 with `Retry-After`.
    #[error("too many codes were sent: try again in {retry_after} seconds")]
    TooManySent {
        /// After how many seconds another one may be sent.
        retry_after: i64,
    },
    /// The database or a key does not work.
    #[error("it cannot be verified: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for ProveRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Wrong => &catalogue::WRONG_FACTOR,
            Self::Passkey(refusal) => return refusal.explanation(),
            Self::Certificate(refusal) => return refusal.explanation(),
            Self::TooManyGuesses { .. } | Self::TooManySent { .. } => &catalogue::TOO_MANY_GUESSES,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

impl From<StorageError> for ProveRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Sends the code that [`by_code`] takes for a code by mail.
pub async fn send_code(realm: &RealmContext, whose: (&Session, &User)) -> Result<(), ProveRefusal> {
    let sent = email_code::send(realm, whose).await?;
    sent.map_err(|retry_after| ProveRefusal::TooManySent { retry_after })
}

/// Proves more by a code that its user typed.
pub async fn by_code(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    method: Method,
    code: &str,
) -> Result<Proved, ProveRefusal> {
    // Step 1
    reserve(realm, user, method).await?;

    // Step 2
    let verified = if method == Method::EmailCode {
        email_code::verify(realm, (session, user), code)
    } else {
        let usable = usable(realm, user, method).await?;
        factors::verify_code(realm, &usable, &as_typed(code))?
    };

    // Step 3
    match verified {
        Some(verified) => add(realm, (session, user), verified).await,
        None => Err(wrong(realm, user, method)),
    }
}

/// A code without the white space that people type in it, and no longer than any code.
pub(crate) fn as_typed(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).take(64).collect()
}

/// Proves more by a passkey: by the answer that a form brought in this flow.
pub async fn by_passkey(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    (flow_id, form): (&str, (&str, &str)),
) -> Result<Proved, ProveRefusal> {
    reserve(realm, user, Method::Passkey).await?;
    let refusal = match passkey::verify(realm, flow_id, form).await {
        Ok((owner, verified)) if owner.id == user.id => return add(realm, (session, user), verified).await,
        Ok(_) => PasskeyRefusal::Unknown,
        Err(PasskeyRefusal::Fault(error)) => return Err(error.into()),
        Err(refusal) => refusal,
    };
    failed(realm, user, (Method::Passkey, &refusal.to_string()));
    Err(ProveRefusal::Passkey(refusal))
}

/// Proves more by a certificate, whose voucher is for this flow. Nobody guesses the signature of a handshake.
pub async fn by_certificate(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    (flow_id, voucher): (&str, &str),
) -> Result<Proved, ProveRefusal> {
    let refusal = match client_certificate::redeem(realm, flow_id, voucher).await {
        Ok((owner, verified)) if owner.id == user.id => return add(realm, (session, user), verified).await,
        Ok(_) => CertificateRefusal::NoUser,
        Err(refusal) => refusal,
    };
    failed(realm, user, (Method::ClientCertificate, &refusal.to_string()));
    Err(ProveRefusal::Certificate(refusal))
}

/// Step 1, for what is no code as well.
pub(crate) async fn reserve(realm: &RealmContext, user: &User, method: Method) -> Result<(), ProveRefusal> {
    if let Err(retry_after) = lane::reserve_for_factor(realm, &guesser(user, method)).await? {
        failed(realm, user, (method, "too many guesses"));
        return Err(ProveRefusal::TooManyGuesses { retry_after });
    }
    Ok(())
}

/// For whom guesses are counted. A code by mail has lanes of its own: to whoever reads the mail, taking one would give back
/// the guesses at everything else.
fn guesser(user: &User, method: Method) -> String {
    match method {
        Method::EmailCode => format!("{}/mail", user.id),
        _ => user.id.clone(),
    }
}

/// What counts of a user's authenticators of a method.
pub(crate) async fn usable(
    realm: &RealmContext,
    user: &User,
    method: Method,
) -> Result<Vec<Authenticator>, StorageError> {
    let mut all = realm.store.authenticators_of_user(realm.issuer(), &user.id).await?;
    all.retain(|one| one.method == method && one.is_active(realm.now()));
    Ok(all)
}

/// Step 3: the session learns what was verified.
pub(crate) async fn add(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    verified: FactorVerified,
) -> Result<Proved, ProveRefusal> {
    let FactorVerified { proof, guards } = verified;
    let (secret, method) = (CookieSecret::new(), proof.method);
    let proved = Session {
        secret_hash: secret.hash(),
        auth_time: proof.at,
        proofs: assurance::with(&session.proofs, proof),
        ..session.clone()
    };
    // What is no factor makes neither device nor network known.
    let kind = match method {
        Method::EmailCode => AuditKind::CodeByMailProved,
        _ => AuditKind::FactorProved,
    };
    let event = audit::event(realm, kind)
        .by(Actor::User)
        .user(&user.id)
        .detail("method", method.as_str())
        .detail("session", session.id.as_str());
    let change = Change::new()
        .then_all(guards)
        .then(storage::session::prove(realm.issuer(), &proved, &session.secret_hash)?)
        .then_all(lane::reset_factors(realm, &guesser(user, method)))
        .then(event);
    if realm.store.commit(change).await? == Outcome::Missed {
        return Err(wrong(realm, user, method));
    }
    tracing::info!(
        realm = realm.issuer(),
        user = user.id,
        method = method.as_str(),
        "proved a further factor"
    );
    Ok(Proved {
        cookie: secret.cookie(&session.id),
        session: proved,
    })
}

/// What was shown is not what the account has.
pub(crate) fn wrong(realm: &RealmContext, user: &User, method: Method) -> ProveRefusal {
    tracing::info!(
        realm = realm.issuer(),
        user = user.id,
        method = method.as_str(),
        "a factor is wrong"
    );
    failed(realm, user, (method, "wrong or used before"));
    ProveRefusal::Wrong
}

fn failed(realm: &RealmContext, user: &User, (method, reason): (Method, &str)) {
    audit::event(realm, AuditKind::FactorFailed)
        .by(Actor::User)
        .user(&user.id)
        .detail("method", method.as_str())
        .detail("reason", reason)
        .soon(realm);
}

#[cfg(test)]
mod tests;
