//! Certificates with which users prove who they are: on a card, in a browser's store, on a device.
//!
//! Spec: RFC 5280 §6, RFC 8446 §4.4.2 (the holder signs the handshake), NIST SP 800-63B §5.1.7–9
//!
//! Where certificates are asked for may be another host than the issuer's, which has no cookies of ours. So it happens in
//! two steps:
//! 1. There, [`show`] looks at the certificate of the connection and seals what it found into a [`Voucher`], for one flow.
//! 2. Here, in the browser that has the flow, the voucher is redeemed, once and within two minutes.
//!
//! Accepted: what an authority of the realm's `client_ca` vouches for, now, for authenticating clients, and no `crl` names;
//! if it names a user by a rule of `certificate_mapping`, or its owner enrolled that very certificate. Deliberately not:
//! one that names several users, self-signed ones.

use explanation::{
    Explain, Explanation,
    catalogue::{certificate as of_client, client_certificate as catalogue, server},
};
use jose::{b64, sha256};
use model::{Authenticator, CertificateMapping, CertificateName, MappedUser, Session, User, new_id};
use protocol::{ClientCertificate, Method, Proof, distinguished_name::DistinguishedName};
use realm::{Purpose, RealmContext, RealmError};
use serde::{Deserialize, Serialize};
use storage::{Change, Outcome, Statement, StorageError, authenticator, used_assertion};
use x509::{Certificate, PathError, UnreadableCertificate, thumbprint};

use super::{FactorVerified, without_secret};
use crate::enrolment::{self, Counts, EnrolRefusal};

/// For how long a voucher is good, in seconds: a redirect takes no longer.
const LIFETIME: i64 = 120;
/// A used voucher is remembered for longer than it lives by this, in seconds: clocks of nodes differ a little.
const SLACK: i64 = 60;
/// The member of `data` that says that its policy vouches for a card.
const IS_SMART_CARD: &str = "is_smart_card";

/// Why a certificate is not taken. Users are told softly; what exactly it was is for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateRefusal {
    /// The browser showed none.
    #[error("the browser showed no certificate")]
    Missing,
    /// Bytes that are none.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// Its time is over.
    #[error("the certificate, or one between it and its authority, has expired")]
    Expired,
    /// Its time has not come.
    #[error("the certificate, or one between it and its authority, is not valid yet")]
    NotYetValid,
    /// It was taken back.
    #[error("the certificate was revoked")]
    Revoked,
    /// It was made for something else.
    #[error("the certificate is not for authenticating clients (its extended key usage)")]
    WrongUsage,
    /// Nobody who is believed vouches for it, or whether it was revoked is not known.
    #[error("nobody vouches for the certificate: {0}")]
    NotVouched(String),
    /// It is no user's, or several users'; or the user is disabled.
    #[error("the certificate names no user who could sign in")]
    NoUser,
    /// The voucher is none of ours, of another flow, over, or was redeemed before.
    #[error("what the certificate proved is over, or belongs to another page")]
    Over,
    /// The database or a key does not work.
    #[error("certificates failed: {0}")]
    #[serde(skip)]
    Fault(String),
}

impl From<UnreadableCertificate> for CertificateRefusal {
    fn from(_: UnreadableCertificate) -> Self {
        Self::Unreadable
    }
}

impl From<PathError> for CertificateRefusal {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Expired => Self::Expired,
            PathError::NotYetValid => Self::NotYetValid,
            PathError::Revoked => Self::Revoked,
            PathError::WrongUsage => Self::WrongUsage,
            other => Self::NotVouched(other.to_string()),
        }
    }
}

impl From<StorageError> for CertificateRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<RealmError> for CertificateRefusal {
    fn from(error: RealmError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl Explain for CertificateRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing => &catalogue::NOT_SHOWN,
            Self::Unreadable => &of_client::UNREADABLE,
            Self::Expired => &of_client::EXPIRED,
            Self::NotYetValid => &of_client::NOT_YET_VALID,
            Self::Revoked => &of_client::REVOKED,
            Self::WrongUsage => &of_client::WRONG_USAGE,
            Self::NotVouched(_) => &catalogue::NOT_VOUCHED,
            Self::NoUser => &catalogue::NO_USER,
            Self::Over => &catalogue::OVER,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

/// What a connection proved, for one flow.
#[derive(Debug, Serialize, Deserialize)]
pub struct Voucher {
    id: String,
    flow_id: String,
    made_at: i64,
    found: Result<Found, CertificateRefusal>,
}

/// A certificate that somebody vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    thumbprint: String,
    /// Its subject, so that its owner knows it again.
    subject: String,
    is_smart_card: bool,
    /// Whom a rule says that it names.
    mapped: Option<String>,
}

/// Whether users of this realm can show certificates.
pub fn is_offered(realm: &RealmContext) -> bool {
    realm.sees.certificates && !realm.authorities.is_empty() && !realm.realm.certificate_mapping.is_empty()
}

/// Looks at the certificate of a connection, for a flow. The answer is a voucher in any case: what is wrong is said where
/// the flow is.
pub async fn show(
    realm: &RealmContext,
    flow_id: &str,
    certificate: Option<&ClientCertificate>,
) -> Result<String, RealmError> {
    let found = match certificate {
        Some(certificate) => look_at(realm, certificate).await,
        None => Err(CertificateRefusal::Missing),
    };
    if let Err(CertificateRefusal::Fault(error)) = &found {
        return Err(RealmError::Key(error.clone()));
    }
    if let Err(refusal) = &found {
        tracing::info!(realm = realm.issuer(), %refusal, "a user's certificate is refused");
    }
    let voucher = Voucher {
        id: new_id(),
        flow_id: flow_id.to_owned(),
        made_at: realm.now(),
        found,
    };
    realm.seal(Purpose::Flow, &voucher).map(b64::encode)
}

async fn look_at(realm: &RealmContext, shown: &ClientCertificate) -> Result<Found, CertificateRefusal> {
    realm.authorities.verify(shown, realm.now())?;
    let certificate = Certificate::parse(&shown.der)?;
    let policies = certificate.policies();
    let vouches_for_card = |policy: &String| realm.realm.smart_card_policies.contains(policy);
    Ok(Found {
        thumbprint: thumbprint(&shown.der),
        subject: certificate.subject().to_string(),
        is_smart_card: policies.iter().any(vouches_for_card),
        mapped: mapped(realm, &certificate).await?.map(|user| user.id),
    })
}

/// Whom the rules say that a certificate names; nobody, when they say that of several.
async fn mapped(realm: &RealmContext, certificate: &Certificate<'_>) -> Result<Option<User>, StorageError> {
    let mut named: Option<User> = None;
    for rule in &realm.realm.certificate_mapping {
        for name in names(rule, certificate) {
            let issuer = realm.issuer();
            let user = match rule.user {
                MappedUser::Username => realm.store.find_user_by_name(issuer, &name).await?,
                MappedUser::Email => realm.store.find_user_by_verified_email(issuer, &name).await?,
            };
            match (&named, user) {
                (Some(before), Some(user)) if before.id != user.id => return Ok(None),
                (_, Some(user)) => named = Some(user),
                (_, None) => {}
            }
        }
    }
    Ok(named)
}

/// What a certificate calls its holder by a rule.
fn names(rule: &CertificateMapping, certificate: &Certificate<'_>) -> Vec<String> {
    let is_of_issuer = rule
        .issuer
        .as_deref()
        .is_none_or(|wanted| DistinguishedName::parse(wanted).is_ok_and(|wanted| wanted == certificate.issuer()));
    match rule.from {
        _ if !is_of_issuer => Vec::new(),
        CertificateName::SanEmail => certificate.san_emails(),
        CertificateName::SanUpn => certificate.san_upns(),
        CertificateName::SubjectCn => certificate.subject_cns(),
        CertificateName::SubjectUid => certificate.subject_uids(),
    }
}

/// Opens a voucher in the flow that it is for.
fn open(realm: &RealmContext, flow_id: &str, carried: &str) -> Result<(Found, Vec<Statement>), CertificateRefusal> {
    let sealed = b64::decode(carried).ok_or(CertificateRefusal::Over)?;
    let voucher: Voucher = realm.open(Purpose::Flow, &sealed).ok_or(CertificateRefusal::Over)?;
    if voucher.flow_id != flow_id || realm.now() >= voucher.made_at + LIFETIME {
        return Err(CertificateRefusal::Over);
    }
    let id = sha256(format!("client certificate/{}", voucher.id).as_bytes());
    let used = used_assertion::use_once(realm.issuer(), id, voucher.made_at + LIFETIME + SLACK);
    Ok((voucher.found?, used.guarded))
}

/// Whose certificate it was, and what that proves. What was enrolled goes before what is mapped.
pub(crate) async fn redeem(
    realm: &RealmContext,
    flow_id: &str,
    carried: &str,
) -> Result<(User, FactorVerified), CertificateRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let (found, mut guards) = open(realm, flow_id, carried)?;
    let enrolled = realm
        .store
        .find_authenticator_by_lookup(issuer, Method::ClientCertificate, &found.thumbprint)
        .await?;
    let enrolled = enrolled.filter(|row| row.is_active(now));
    let user_id = enrolled.as_ref().map(|row| row.user_id.clone()).or(found.mapped);
    let user = match user_id {
        Some(user_id) => realm.store.find_user(issuer, &user_id).await?,
        None => None,
    };
    let user = user.filter(|user| user.enabled).ok_or(CertificateRefusal::NoUser)?;
    if let Some(row) = &enrolled {
        guards.push(authenticator::replace(issuer, row, row.counter, now)?);
    }
    let verified = FactorVerified {
        proof: Proof::client_certificate(now, found.is_smart_card),
        guards,
    };
    Ok((user, verified))
}

/// Whose certificate it is that a voucher for this session is about, in its own words.
pub fn subject_of(realm: &RealmContext, session_id: &str, carried: &str) -> Result<String, CertificateRefusal> {
    open(realm, session_id, carried).map(|(found, _)| found.subject)
}

/// Enrols the certificate of a voucher for this session. One that a rule says is somebody else's is not its user's.
pub async fn enrol(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    carried: &str,
) -> Result<Counts, EnrolRefusal> {
    let (found, use_up) = open(realm, &session.id, carried).map_err(EnrolRefusal::Certificate)?;
    if found.mapped.as_ref().is_some_and(|owner| *owner != user.id) {
        return Err(EnrolRefusal::Certificate(CertificateRefusal::NoUser));
    }
    if realm.store.commit(Change::new().then_all(use_up)).await? == Outcome::Missed {
        return Err(EnrolRefusal::Certificate(CertificateRefusal::Over));
    }
    let mut row = without_secret(new_id(), &user.id, Method::ClientCertificate);
    row.lookup = Some(found.thumbprint);
    row.name = enrolment::cleaned(&found.subject);
    row.data.insert(IS_SMART_CARD.to_owned(), found.is_smart_card.into());
    enrolment::add(realm, (session, user), row).await
}

/// What an enrolled certificate proves, shown now.
pub(crate) fn would_prove(row: &Authenticator, now: i64) -> Proof {
    let is_smart_card = row.data.get(IS_SMART_CARD).and_then(serde_json::Value::as_bool);
    Proof::client_certificate(now, is_smart_card == Some(true))
}
