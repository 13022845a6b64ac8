//! Sign-in with user name and password.
//!
//! Spec: OIDC Core §3.1.2.3, NIST SP 800-63B §5.2.2, RFC 9700 §4.7
//!
//! 1. Find the user.
//! 2. Choose the lane in which the guess is counted, and that of the network, unless the browser is recognised.
//! 3. Take a place in the password pool, then reserve the guess. A place first: a busy server must not use up the
//!    guesses of the people whom it turns away.
//! 4. Verify the password. Unknown names, disabled users and users without a password take the same steps and the
//!    same time, and get the same answer as a wrong password.
//! 5. Commit at once: the password is still the same, a hash of it that was made elsewhere is replaced, the lane is
//!    forgotten, the session begins with a new secret, a former one of somebody else ends, and mail about a browser that
//!    was not recognised is owed.

mod by_certificate;
mod by_email_code;
mod by_passkey;
pub(crate) mod without_password;

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{Actor, AuditKind, Secret, Session, User, new_id};
use protocol::{Method, Proof, assurance};
use realm::{RealmContext, RealmError, audit, trail};
use storage::{Change, Outcome, Statement, StorageError, guess, outbox};

use crate::{
    device::Device,
    lane,
    not_me::NotMe,
    notice,
    password::{self, Busy, PasswordPool},
    session::CookieSecret,
    users::is_username,
};

pub use self::{
    by_certificate::sign_in_by_certificate,
    by_email_code::{EmailCodeRefusal, send_email_code, sign_in_by_email_code},
    by_passkey::sign_in_by_passkey,
};

/// How much of a `User-Agent` is kept, in bytes.
const MAX_USER_AGENT: usize = 256;
/// How much of a network address is kept, in bytes.
const MAX_ADDRESS: usize = 64;

/// What a browser sent to the sign-in page.
pub struct Attempt<'a> {
    /// The user name, as typed.
    pub username: &'a str,
    /// The password, as typed.
    pub password: &'a Secret,
    /// Where they were typed.
    pub browser: Browser<'a>,
}

/// The browser in which somebody signs in or up.
pub struct Browser<'a> {
    /// The flow in which this happens; the session remembers it.
    pub flow_id: &'a str,
    /// The living session of this browser, if any.
    pub current: Option<&'a Session>,
    /// The value of the device cookie, if any.
    pub device: Option<&'a str>,
    /// The browser's `User-Agent`.
    pub user_agent: &'a str,
    /// The browser's network address.
    pub address: &'a str,
    /// Whether the user wants to stay signed in when it is closed.
    pub is_remembered: bool,
}

/// A user who signed in.
pub struct SignedIn {
    /// The session, new or renewed.
    pub session: Session,
    /// The value for the session cookie.
    pub cookie: String,
    /// The value for the device cookie.
    pub device: String,
    /// The user.
    pub user: User,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// The user name or the password is wrong, or the account cannot be used: nobody is told which.
    #[error("user name or password is wrong")]
    WrongCredentials,
    /// The lane is full: answer 429 with `Retry-After`.
    #[error("too many guesses: try again in {retry_after} seconds")]
    TooManyGuesses {
        /// After how many seconds the lane is empty again.
        retry_after: i64,
    },
    /// The password pool is full: answer 503 with `Retry-After`. No guess was counted.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database or a key does not work.
    #[error("sign-in failed: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for SignInRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::WrongCredentials => &catalogue::WRONG_CREDENTIALS,
            Self::TooManyGuesses { .. } => &catalogue::TOO_MANY_GUESSES,
            Self::Busy(_) => &catalogue::BUSY,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

impl From<StorageError> for SignInRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Signs a user in, or says why not.
pub async fn sign_in(
    realm: &RealmContext,
    pool: &PasswordPool,
    attempt: Attempt<'_>,
) -> Result<SignedIn, SignInRefusal> {
    // Step 1. A name that nobody can have is not even looked up.
    let user = if is_username(attempt.username) {
        realm.store.find_user_by_name(realm.issuer(), attempt.username).await?
    } else {
        None
    };

    // Step 2
    let device = match user.as_ref().zip(attempt.browser.device) {
        Some((user, cookie)) => Device::recognise(realm, cookie, &user.id).await?,
        None => None,
    };
    let lane = lane::of(realm, attempt.username, user.as_ref(), device.as_ref());
    let network = lane::of_network(attempt.browser.address).filter(|_| device.is_none());

    // Step 3
    let place = pool.place()?;
    if let Err(full) = lane::reserve_both(realm, &lane, network.as_deref()).await? {
        tracing::info!(realm = realm.issuer(), "sign-in refused: too many guesses");
        if full == lane {
            refused(realm, user.as_ref(), "too many guesses");
        } else {
            audit::refused_anonymously(realm, AuditKind::SignInFailed, "too many guesses from this network");
        }
        return Err(SignInRefusal::TooManyGuesses {
            retry_after: lane::retry_after(realm, full).await?,
        });
    }

    // Step 4
    let enabled = user.as_ref().filter(|user| user.enabled);
    let phc = enabled.and_then(|user| user.password_hash.as_deref());
    let is_right = pool.verify_in(place, phc, attempt.password).await?;
    let Some(user) = enabled.filter(|_| is_right).cloned() else {
        tracing::info!(realm = realm.issuer(), "sign-in refused: wrong credentials");
        refused(realm, user.as_ref(), "wrong credentials");
        return Err(SignInRefusal::WrongCredentials);
    };

    // Step 5
    let browser = &attempt.browser;
    let is_told = is_told_of_new_browser(realm, &user, device.as_ref(), browser).await?;
    let is_new = device.is_none();
    let device = Device::signing_in(realm, device, &user.id);
    trail::device_is(&device.id);
    let rehashed = rehashed(pool, &user, attempt.password).await;
    let rehash = rehashed
        .zip(phc)
        .map(|(new, old)| storage::user::rehash(realm.issuer(), &user.id, old, &new));
    let give_back = network.map(|network| guess::give_back(realm.issuer(), &network));
    let always = always(realm, &lane, &user)
        .then_all(give_back)
        .then_all(rehash)
        .then_all(device.seen(realm, browser, is_new));
    let proof = Proof::of(Method::Password, realm.now());
    let established = establish(realm, always, &user, (browser, proof), is_told.then_some(&device)).await?;
    let Some((session, cookie)) = established else {
        tracing::info!(
            realm = realm.issuer(),
            "sign-in refused: the password was changed meanwhile"
        );
        refused(realm, Some(&user), "the password was changed meanwhile");
        return Err(SignInRefusal::WrongCredentials);
    };
    tracing::info!(
        realm = realm.issuer(),
        user = user.id,
        session = session.id,
        "signed in"
    );
    Ok(SignedIn {
        session,
        cookie,
        device: device.cookie(realm)?,
        user,
    })
}

/// Tells that somebody did not get in. It is told from memory, so that an account takes no longer than a name that is
/// nobody's: of an account each by itself, which the lane limits; names are counted, and not kept, since people type
/// passwords there.
fn refused(realm: &RealmContext, user: Option<&User>, reason: &str) {
    match user {
        Some(user) => audit::event(realm, AuditKind::SignInFailed)
            .by(Actor::Anonymous)
            .user(&user.id)
            .detail("reason", reason)
            .soon(realm),
        None => audit::refused_anonymously(realm, AuditKind::SignInFailed, reason),
    }
}

/// A hash made here of a password that was just found right, when the stored one is of another kind or weaker. When the
/// pool is full, the next sign-in does it.
async fn rehashed(pool: &PasswordPool, user: &User, password: &Secret) -> Option<String> {
    let is_outdated = user.password_hash.as_deref().is_some_and(password::is_outdated);
    if !is_outdated {
        return None;
    }
    pool.hash(password).await.ok()
}

/// Whether mail is owed, since nothing about the browser is known: no recognised device of this user, no living session
/// of theirs. Somebody who signs in for the first time knows that without mail.
async fn is_told_of_new_browser(
    realm: &RealmContext,
    user: &User,
    device: Option<&Device>,
    browser: &Browser<'_>,
) -> Result<bool, StorageError> {
    let is_theirs = |session: &Session| session.user_id == user.id && session.is_alive(realm.now());
    if device.is_some() || browser.current.is_some_and(is_theirs) || notice::verified_email(user).is_none() {
        return Ok(false);
    }
    realm.store.has_signed_in_before(realm.issuer(), &user.id).await
}

/// What a right password means in any case. It is still the password, and its user is still enabled: verifying took
/// its time, and a session must not begin after all were ended.
fn always(realm: &RealmContext, lane: &str, user: &User) -> Change {
    let issuer = realm.issuer();
    let phc = user.password_hash.as_deref().unwrap_or_default();
    Change::new()
        .then(storage::user::still_has_password(issuer, &user.id, phc))
        .then(guess::reset(issuer, lane))
}

/// The mail about a new browser, with the link that ends the session and forgets the device.
fn mail(
    realm: &RealmContext,
    user: &User,
    browser: &Browser<'_>,
    (session, device): (&Session, &Device),
) -> Option<Statement> {
    let link = NotMe::of(realm, &user.id, &session.id, &device.id).link(realm);
    let link = link
        .inspect_err(|error| tracing::error!(%error, "a link for mail cannot be made"))
        .unwrap_or_else(|_| realm.url("/account"));
    let mail = notice::new_sign_in(realm, user, (browser.address, browser.user_agent), link)?;
    Some(outbox::enqueue(mail, realm.now()))
}

/// Commits the session with what goes with it, and answers it with the value of its cookie. `None`: something that
/// `always` relies on is no longer so. `told_of`: a device that the user gets mail about.
pub(crate) async fn establish(
    realm: &RealmContext,
    always: Change,
    user: &User,
    (browser, proof): (&Browser<'_>, Proof),
    told_of: Option<&Device>,
) -> Result<Option<(Session, String)>, StorageError> {
    let secret = CookieSecret::new();
    let fresh = new_session(realm, &user.id, browser, (&secret, proof));
    let mail = told_of.and_then(|device| mail(realm, user, browser, (&fresh, device)));
    let always = always.then_all(mail);
    let issuer = realm.issuer();
    let event = audit::event(realm, AuditKind::SignInSucceeded)
        .by(Actor::User)
        .user(&user.id)
        .detail("method", fresh.proofs.first().map_or("", |proof| proof.method.as_str()));

    if let Some(current) = browser.current.filter(|current| current.is_alive(realm.now())) {
        let (session, change) = if current.user_id == user.id {
            let event = event.clone().detail("session", current.id.as_str());
            let renewed = renewed(current, &fresh);
            let renew = storage::session::renew(issuer, &renewed)?;
            (renewed, always.clone().then_all(renew).then(event))
        } else {
            let end = storage::session::end(issuer, &current.user_id, &current.id, realm.now());
            let insert = storage::session::insert(issuer, &fresh)?;
            let event = event.clone().detail("ended_session", current.id.as_str());
            let event = event.detail("session", fresh.id.as_str());
            (fresh.clone(), always.clone().then_all(end).then(insert).then(event))
        };
        if realm.store.commit(change).await? == Outcome::Applied {
            let cookie = secret.cookie(&session.id);
            return Ok(Some((session, cookie)));
        }
        // The former session was ended in this very moment: what follows is the sign-in of a browser without one.
        // Or the password was changed: then that misses too.
    }

    let insert = storage::session::insert(issuer, &fresh)?;
    let event = event.detail("session", fresh.id.as_str());
    let outcome = realm.store.commit(always.then(insert).then(event)).await?;
    Ok((outcome == Outcome::Applied).then(|| {
        let cookie = secret.cookie(&fresh.id);
        (fresh, cookie)
    }))
}

/// The session of a user who has proved something in this browser just now.
pub(crate) fn new_session(
    realm: &RealmContext,
    user_id: &str,
    browser: &Browser<'_>,
    (secret, proof): (&CookieSecret, Proof),
) -> Session {
    let now = realm.now();
    Session {
        id: new_id(),
        user_id: user_id.to_owned(),
        secret_hash: secret.hash(),
        flow_id: browser.flow_id.to_owned(),
        auth_time: now,
        proofs: vec![proof],
        user_agent: cut(browser.user_agent, MAX_USER_AGENT),
        address: cut(browser.address, MAX_ADDRESS),
        created_at: now,
        seen_at: now,
        is_remembered: browser.is_remembered && realm.realm.remember_me,
        expires_at: now + realm.realm.lifetimes.session,
        ended_at: None,
    }
}

/// The same session with the new authentication: its id, beginning and browser stay, and so does what else was proved.
fn renewed(current: &Session, fresh: &Session) -> Session {
    let proofs = fresh.proofs.iter().cloned();
    Session {
        id: current.id.clone(),
        proofs: proofs.fold(current.proofs.clone(), |known, new| assurance::with(&known, new)),
        user_agent: current.user_agent.clone(),
        address: current.address.clone(),
        created_at: current.created_at,
        ..fresh.clone()
    }
}

/// At most this many bytes of a text from outside, without control characters.
fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    text.get(..end)
        .unwrap_or_default()
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}

#[cfg(test)]
mod tests;
