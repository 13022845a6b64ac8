//! Why a client is not registered, and why its registration is not shown or changed.
//!
//! Spec: RFC 7591 §3.2.2, RFC 7592 §2, RFC 6750 §3.1

use explanation::{Explain, Explanation, catalogue::registration};
use protocol::{MetadataProblem, error_code::ErrorCode};
use storage::StorageError;

use super::StatementRefusal;
use crate::Fault;

/// Why nothing was registered, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationRefusal {
    /// Nobody registers by themselves here.
    #[error("this server registers no clients by itself: ask its operator to register yours")]
    Off,
    /// A token is needed, and there is none: answered without an error code (RFC 6750 §3.1).
    #[error("no access token")]
    TokenMissing,
    /// Unknown, used up, expired, of another client, or of one that is gone or disabled: nobody is told which.
    #[error("the token is not good for this: it is unknown, used up, expired or for another client")]
    InvalidToken,
    /// Too many requests from one address, or of one client.
    #[error("too many registration requests: try again in {retry_after} seconds")]
    TooMany {
        /// After how many seconds.
        retry_after: i64,
    },
    /// As many clients as there may be have registered themselves.
    #[error("no more clients can register by themselves here: ask the operator for an initial access token")]
    Full,
    /// The metadata cannot be; the first problem.
    #[error("{} {}: {}", .0.member, .0.problem, .0.remedy)]
    Metadata(MetadataProblem),
    /// The software statement does not count.
    #[error("software_statement {0}")]
    Statement(#[from] StatementRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl RegistrationRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Off | Self::TooMany { .. } | Self::Full => ErrorCode::AccessDenied,
            Self::TokenMissing | Self::InvalidToken => ErrorCode::InvalidToken,
            Self::Metadata(problem) => problem.error_code(),
            Self::Statement(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for RegistrationRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Off => &registration::OFF,
            Self::TokenMissing => &registration::TOKEN_MISSING,
            Self::InvalidToken => &registration::INVALID_TOKEN,
            Self::TooMany { .. } => &registration::TOO_MANY,
            Self::Full => &registration::FULL,
            Self::Metadata(problem) => {
                let found = format!("{} {}", problem.member, problem.problem);
                return Explanation::from(&registration::METADATA_PROBLEM).with(&problem.remedy, found);
            }
            Self::Statement(refusal) => return refusal.explanation(),
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<MetadataProblem> for RegistrationRefusal {
    fn from(problem: MetadataProblem) -> Self {
        Self::Metadata(problem)
    }
}

impl From<StorageError> for RegistrationRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}
