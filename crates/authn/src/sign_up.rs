//! Sign-up: somebody makes an account for themselves, and is signed in.
//!
//! Spec: Initiating User Registration via OpenID Connect §4.1, NIST SP 800-63B §5.1.1.2
//!
//! 1. Check what can be seen from here: name, password, e-mail address. This costs nothing and tells nothing.
//! 2. A flow makes one account. Whoever comes back to its page after that is not asked again.
//! 3. Take a place in the password pool, then reserve an attempt in the lane of the network address. Attempts that fail
//!    count as well: each tells whether a name is taken, which a page that lets people choose names cannot hide.
//! 4. Hash the password. Whether the name is free is not looked up before, so both answers take the same work.
//! 5. Commit at once: the name is free, the flow made no account yet, the session begins, a former one of this browser
//!    ends. An e-mail address is what its owner says: it is not verified, nobody is written to, and no two accounts are
//!    compared by it.

use std::net::IpAddr;

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{Actor, AuditKind, Secret, Source, User, flow, new_subject};
use protocol::{Method, Proof};
use realm::{RealmContext, RealmError, audit};
use serde_json::{Map, Value};
use storage::{Change, Outcome, Statement, StorageError, session, user};

use crate::{
    device::Device,
    lane,
    password::{Busy, PasswordPool},
    session::CookieSecret,
    sign_in::{Browser, SignedIn, new_session},
    users::is_username,
    weak_password::{self, Weakness},
};

/// The longest e-mail address (RFC 5321 §4.5.3.1.3), in bytes.
const MAX_EMAIL: usize = 254;
/// The longest name of a person, in characters.
const MAX_NAME: usize = 200;
/// Letters that nobody sees.
const FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// What somebody typed who wants an account.
pub struct Application<'a> {
    /// The name to sign in with.
    pub username: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The e-mail address; empty: none.
    pub email: &'a str,
    /// What to be called; empty: nothing else.
    pub name: &'a str,
    /// Where they sit.
    pub browser: Browser<'a>,
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum SignUpRefusal {
    /// A name that nobody can choose.
    #[error("a user name that is chosen freely has letters, digits and . _ - + @ alone")]
    UnacceptableUsername,
    /// A password that is not good enough.
    #[error(transparent)]
    WeakPassword(#[from] Weakness),
    /// Not an e-mail address.
    #[error("that is not an e-mail address")]
    UnacceptableEmail,
    /// Not a name.
    #[error("a name has at most {MAX_NAME} characters, and no control characters")]
    UnacceptableName,
    /// Another user has this user name, perhaps in another spelling.
    #[error("the user name is taken")]
    UsernameTaken,
    /// An account was made in this flow before: go on with it.
    #[error("an account was made in this flow before")]
    FlowUsed,
    /// The lane is full: answer 429 with `Retry-After`.
    #[error("too many accounts were asked for from this network: try again in {retry_after} seconds")]
    TooMany {
        /// After how many seconds the lane is empty again.
        retry_after: i64,
    },
    /// The password pool is full: answer 503 with `Retry-After`. Nothing was counted.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database or a key does not work.
    #[error("sign-up failed: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for SignUpRefusal {
    fn explanation(&self) -> Explanation {
        let field = |name: &str| Explanation::from(&catalogue::SIGN_UP).found(name);
        match self {
            Self::UnacceptableUsername | Self::UsernameTaken => field("the user name"),
            Self::WeakPassword(_) => field("the password"),
            Self::UnacceptableEmail => field("the e-mail address"),
            Self::UnacceptableName => field("the name"),
            Self::FlowUsed => (&catalogue::FLOW_LOST).into(),
            Self::TooMany { .. } => (&catalogue::TOO_MANY_SIGN_UPS).into(),
            Self::Busy(_) => (&catalogue::BUSY).into(),
            Self::Fault(_) => (&server::UNAVAILABLE).into(),
        }
    }
}

impl From<StorageError> for SignUpRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Makes an account and signs its user in, or says why not.
pub async fn sign_up(
    realm: &RealmContext,
    pool: &PasswordPool,
    application: Application<'_>,
) -> Result<SignedIn, SignUpRefusal> {
    let browser = &application.browser;

    // Step 1
    check(realm, &application)?;

    // Step 2
    for id in [browser.flow_id, &used_by(browser.flow_id)] {
        if realm.store.is_flow_used(realm.issuer(), id).await? {
            return Err(SignUpRefusal::FlowUsed);
        }
    }

    // Step 3
    let place = pool.place()?;
    let lane = lane_of(browser.address);
    if !lane::reserve(realm, &lane).await? {
        tracing::info!(realm = realm.issuer(), "sign-up refused: too many from this network");
        audit::refused_anonymously(realm, AuditKind::SignUpFailed, "too many from this network");
        return Err(SignUpRefusal::TooMany {
            retry_after: lane::retry_after(realm, &lane).await?,
        });
    }

    // Step 4
    let password_hash = pool.hash_in(place, application.password).await?;
    let user = new_user(realm, &application, password_hash);

    // Step 5
    let secret = CookieSecret::new();
    let proof = Proof::of(Method::Password, realm.now());
    let session = new_session(realm, &user.id, browser, (&secret, proof));
    let device = Device::signing_in(realm, None, &user.id);
    let change = Change::new()
        .then(user::insert(realm.issuer(), &user)?)
        .then(session::use_flow(
            realm.issuer(),
            &used_by(browser.flow_id),
            realm.now() + flow::LIFETIME,
        ))
        .then_all(end_former(realm, browser))
        .then(session::insert(realm.issuer(), &session)?)
        .then_all(device.seen(realm, browser, true))
        .then(
            audit::event(realm, AuditKind::SignUpSucceeded)
                .by(Actor::User)
                .user(&user.id)
                .detail("session", session.id.as_str()),
        )
        .recognised_by(user::exists(realm.issuer(), &user.id));
    if realm.store.commit(change).await? == Outcome::Missed {
        let mark = used_by(browser.flow_id);
        return Err(if realm.store.is_flow_used(realm.issuer(), &mark).await? {
            SignUpRefusal::FlowUsed
        } else {
            audit::refused_anonymously(realm, AuditKind::SignUpFailed, "the user name is taken");
            SignUpRefusal::UsernameTaken
        });
    }
    tracing::info!(
        realm = realm.issuer(),
        user = user.id,
        session = session.id,
        "signed up"
    );
    Ok(SignedIn {
        cookie: secret.cookie(&session.id),
        device: device.cookie(realm)?,
        session,
        user,
    })
}

fn check(realm: &RealmContext, application: &Application<'_>) -> Result<(), SignUpRefusal> {
    let Application {
        username, email, name, ..
    } = *application;
    if !is_username(username) || !username.trim().chars().all(is_of_username) {
        return Err(SignUpRefusal::UnacceptableUsername);
    }
    let known = [
        username,
        email,
        name,
        &realm.realm.display_name,
        realm.realm.authority(),
    ];
    weak_password::check(application.password, &known)?;
    if !email.trim().is_empty() && !is_email(email.trim()) {
        return Err(SignUpRefusal::UnacceptableEmail);
    }
    if name.chars().any(char::is_control) || name.chars().count() > MAX_NAME {
        return Err(SignUpRefusal::UnacceptableName);
    }
    Ok(())
}

/// What names are made of that people choose for themselves: nothing that cannot be seen or that turns the direction of
/// writing, so that nobody is taken for somebody else.
fn is_of_username(character: char) -> bool {
    (character.is_alphanumeric() || ".-_+@".contains(character)) && !FILLERS.contains(&character)
}

/// Whether a text looks like an e-mail address. Only a mail that arrives shows that it is one.
fn is_email(text: &str) -> bool {
    let is_seen = |character: char| !character.is_whitespace() && !character.is_control();
    text.len() <= MAX_EMAIL
        && text.chars().all(is_seen)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.contains('@') && domain.split('.').all(|label| !label.is_empty())
        })
}

/// Accounts are counted by network: an address, or with IPv6 the 64 bits that one subscriber has at least.
fn lane_of(address: &str) -> String {
    let network = match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => "unknown".to_owned(),
    };
    format!("sign-up/{network}")
}

/// The mark that a flow made an account. It is not the flow's own: that is used up when the flow is answered.
fn used_by(flow_id: &str) -> String {
    format!("sign-up/{flow_id}")
}

fn new_user(realm: &RealmContext, application: &Application<'_>, password_hash: String) -> User {
    let now = realm.now();
    let mut claims = Map::new();
    let (email, name) = (application.email.trim(), application.name.trim());
    if !email.is_empty() {
        claims.insert("email".into(), email.into());
        claims.insert("email_verified".into(), Value::Bool(false));
    }
    if !name.is_empty() {
        claims.insert("name".into(), name.into());
    }
    User {
        id: new_subject(),
        username: application.username.trim().to_owned(),
        claims,
        groups: Vec::new(),
        password_hash: Some(password_hash),
        proofing: None,
        enabled: true,
        source: Source::Api,
        created_at: now,
        updated_at: now,
    }
}

/// The session that this browser had before, whosever: it ends if it has not ended by itself meanwhile.
fn end_former(realm: &RealmContext, browser: &Browser<'_>) -> Vec<Statement> {
    let Some(former) = browser.current else {
        return Vec::new();
    };
    let end = session::end(realm.issuer(), &former.user_id, &former.id, realm.now());
    end.into_iter()
        .map(|statement| Statement::new(statement.sql, statement.params))
        .collect()
}

#[cfg(test)]
mod tests;
