//! What can go wrong while a token is checked, besides the token.

use enforcement::Refusal;
use enforcement::gate::Failure;

/// The authorization server could not be asked. Nothing passes then.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the authorization server is not available: {reason}")]
pub struct Unavailable {
    reason: String,
}

impl Unavailable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    /// With everything that led to it; the outermost error alone says little.
    pub(crate) fn caused_by(error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason.push_str(": ");
            reason.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { reason }
    }
}

/// Why there is no permit.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckError {
    /// The token is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The authorization server could not be asked.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// More proofs came in the last minutes than can be remembered. Nothing passes that brings one.
    #[error("more DPoP proofs came in the last minutes than can be remembered")]
    TooManyProofs,
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Refused(refusal) => Self::Refused(refusal),
            CheckError::Unavailable(unavailable) => Self::Unavailable(unavailable.to_string()),
            CheckError::TooManyProofs => Self::TooManyProofs,
        }
    }
}
