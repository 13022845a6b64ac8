//! What `tls_client_auth` and `self_signed_tls_client_auth` share: why a certificate is not believed.
//!
//! Spec: RFC 8705 §2

use explanation::{Explain, Explanation, Reason, catalogue::certificate};
use protocol::TokenEndpointAuthMethod;
use realm::RealmContext;
use x509::{PathError, UnreadableCertificate};

use crate::client_keys::ClientKeysError;

/// Why a certificate does not do. The texts tell the client's developer what to do.
#[derive(Debug, thiserror::Error)]
pub enum CertificateRefusal {
    /// The client connected without one.
    #[error("this client authenticates by its certificate: connect with it (mutual TLS)")]
    Missing,
    /// Bytes that are none.
    #[error(transparent)]
    Unreadable(#[from] UnreadableCertificate),
    /// Nobody vouches for it.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The client's registration names no subject, or several.
    #[error("the client has not registered exactly one subject of its certificate")]
    NoSubject,
    /// It names somebody else.
    #[error("the certificate does not name the subject that the client registered")]
    OtherSubject,
    /// It is none of those that are registered.
    #[error("the certificate is none of those in x5c of the client's registered keys")]
    NotRegistered,
    /// It is registered, and its own time is over or has not come.
    #[error("the certificate has expired or is not valid yet")]
    OutOfTime,
    /// The registered ones cannot be had.
    #[error("the client's certificates cannot be had: {0}")]
    Keys(#[from] ClientKeysError),
}

impl Explain for CertificateRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing => &certificate::MISSING,
            Self::Unreadable(_) => &certificate::UNREADABLE,
            Self::Path(error) => of_path(error),
            Self::NoSubject => &certificate::NO_SUBJECT,
            Self::OtherSubject => &certificate::OTHER_SUBJECT,
            Self::NotRegistered => &certificate::NOT_REGISTERED,
            Self::OutOfTime => &certificate::OUT_OF_TIME,
            Self::Keys(error) => return error.explanation(),
        };
        reason.into()
    }
}

fn of_path(error: &PathError) -> &'static Reason {
    match error {
        PathError::NoAuthorities => &certificate::NO_AUTHORITIES,
        PathError::UnknownIssuer => &certificate::UNKNOWN_ISSUER,
        PathError::Expired => &certificate::EXPIRED,
        PathError::NotYetValid => &certificate::NOT_YET_VALID,
        PathError::WrongUsage => &certificate::WRONG_USAGE,
        PathError::Revoked => &certificate::REVOKED,
        PathError::UnknownStatus(_) => &certificate::UNKNOWN_STATUS,
        PathError::Invalid(_) => &certificate::INVALID,
    }
}

/// Whether a client of this realm could authenticate so: certificates are seen here, and for the subjects of one kind
/// somebody must vouch.
pub fn is_possible(realm: &RealmContext, method: TokenEndpointAuthMethod) -> bool {
    match method {
        TokenEndpointAuthMethod::TlsClientAuth => realm.sees.certificates && !realm.authorities.is_empty(),
        TokenEndpointAuthMethod::SelfSignedTlsClientAuth => realm.sees.certificates,
        _ => true,
    }
}
