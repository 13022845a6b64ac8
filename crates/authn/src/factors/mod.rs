//! What users prove who they are with, besides the password: a file for each method.
//!
//! Spec: NIST SP 800-63B §5.1
//!
//! Each file knows how its authenticators are made, and how what a user shows is verified. Verifying answers a
//! [`FactorVerified`]: what was proved, and the guards by which it counts once. They belong into the very change by which
//! the session learns of it ([`crate::prove`], [`crate::sign_in`]).

pub mod client_certificate;
pub(crate) mod email_code;
pub mod hotp;
pub mod passkey;
pub mod recovery_code;
pub mod totp;

use jose::WrapKey;
use model::{Authenticator, Session, new_id};
use protocol::{Method, Proof};
use realm::{Purpose, RealmContext, RealmError};
use serde::{Deserialize, Serialize};
use storage::Statement;

/// What a user proved just now. Made only where it is verified.
#[must_use]
pub struct FactorVerified {
    pub(crate) proof: Proof,
    pub(crate) guards: Vec<Statement>,
}

/// An authenticator in words that may be shown. Times are unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Described {
    /// Its id.
    pub id: String,
    /// What it is good for.
    pub method: Method,
    /// What its user calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: i64,
    /// From when on it counts; none: its user, or somebody for them, must say so first.
    pub active_at: Option<i64>,
    /// When it was used last.
    pub last_used_at: Option<i64>,
}

impl From<&Authenticator> for Described {
    fn from(of: &Authenticator) -> Self {
        Self {
            id: of.id.clone(),
            method: of.method,
            name: of.name.clone(),
            created_at: of.created_at,
            active_at: of.active_at,
            last_used_at: of.last_used_at,
        }
    }
}

/// What an authenticator would prove if it were used now (unix seconds).
pub(crate) fn would_prove(authenticator: &Authenticator, now: i64) -> Proof {
    match authenticator.method {
        Method::Passkey => passkey::would_prove(authenticator, now),
        Method::ClientCertificate => client_certificate::would_prove(authenticator, now),
        method => Proof::of(method, now),
    }
}

/// Verifies a code by the first of these authenticators that it is of. `None`: it is of none, or was used before.
pub(crate) fn verify_code(
    realm: &RealmContext,
    authenticators: &[Authenticator],
    code: &str,
) -> Result<Option<FactorVerified>, RealmError> {
    for authenticator in authenticators {
        let verified = match authenticator.method {
            Method::Totp => totp::verify(realm, authenticator, code)?,
            Method::Hotp => hotp::verify(realm, authenticator, code)?,
            Method::RecoveryCode => recovery_code::verify(realm, authenticator, code)?,
            _ => None,
        };
        if verified.is_some() {
            return Ok(verified);
        }
    }
    Ok(None)
}

/// A new authenticator with a secret that this server must be able to read. It does not count yet.
fn with_secret(wrap: &WrapKey, issuer: &str, user_id: &str, method: Method, secret: &[u8]) -> Authenticator {
    let id = new_id();
    Authenticator {
        wrapped_secret: Some(wrap.wrap(&label(issuer, &id), secret)),
        ..without_secret(id, user_id, method)
    }
}

fn without_secret(id: String, user_id: &str, method: Method) -> Authenticator {
    Authenticator {
        id,
        user_id: user_id.to_owned(),
        method,
        name: String::new(),
        wrapped_secret: None,
        data: serde_json::Map::new(),
        lookup: None,
        counter: 0,
        confirmation_hash: None,
        created_at: 0,
        active_at: None,
        last_used_at: None,
    }
}

/// For how long the form of an enrolment is good, in seconds.
const OFFER_LIFETIME: i64 = 30 * 60;

/// What a user was shown to enroll, sealed into the form that comes back: it costs no row, and is good for the session in
/// which it was shown.
#[derive(Serialize, Deserialize)]
struct Offered {
    to_session: String,
    method: Method,
    secret: Vec<u8>,
    shown_at: i64,
}

impl Offered {
    fn seal(realm: &RealmContext, session: &Session, method: Method, secret: &[u8]) -> Result<String, RealmError> {
        let offered = Self {
            to_session: session.id.clone(),
            method,
            secret: secret.to_vec(),
            shown_at: realm.now(),
        };
        realm.seal(Purpose::Flow, &offered).map(jose::b64::encode)
    }

    /// `None`: it is not ours, of another session or method, or too old.
    fn open(realm: &RealmContext, session: &Session, method: Method, sealed: &str) -> Option<Self> {
        let offered: Self = realm.open(Purpose::Flow, &jose::b64::decode(sealed)?)?;
        let is_theirs = offered.to_session == session.id && offered.method == method;
        (is_theirs && realm.now() < offered.shown_at + OFFER_LIFETIME).then_some(offered)
    }
}

/// The secret of an authenticator.
fn secret_of(realm: &RealmContext, authenticator: &Authenticator) -> Result<Vec<u8>, RealmError> {
    let wrapped = authenticator.wrapped_secret.as_deref().unwrap_or_default();
    let secret = realm.wrap.unwrap(&label(realm.issuer(), &authenticator.id), wrapped);
    secret.map_err(|error| RealmError::Key(error.to_string()))
}

/// Binds a wrapped secret to its row.
fn label(issuer: &str, id: &str) -> String {
    format!("authenticator {id} {issuer}")
}
