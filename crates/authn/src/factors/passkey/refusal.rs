//! Why a passkey is not taken.

use explanation::{
    Explain, Explanation,
    catalogue::{passkey as catalogue, server, sign_in},
};
use realm::RealmError;
use storage::StorageError;
use webauthn_rs::prelude::WebauthnError;

use super::UnreadableCredential;

/// Why a passkey is not taken. Who looks at the page learns of [`Self::Unknown`] and [`Self::Wrong`] the same.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyRefusal {
    /// The issuer is no origin for which browsers make passkeys.
    #[error("passkeys need an issuer with a host name, on https or localhost")]
    NoRelyingParty,
    /// The challenge is none of ours, of another flow or session, or over.
    #[error("the challenge belongs to another page, or is over")]
    Over,
    /// The challenge was answered before.
    #[error("the challenge was answered before")]
    Used,
    /// What the browser sent is no answer.
    #[error("what the browser sent for the passkey cannot be read")]
    Unreadable,
    /// Nobody enrolled it, or somebody else, or it was removed.
    #[error("the passkey is not known here")]
    Unknown,
    /// It does not verify: another origin, another relying party, another challenge, a signature of another key.
    #[error("the passkey does not verify: {0}")]
    Wrong(WebauthnError),
    /// It was only touched, where who touched it matters.
    #[error("the authenticator did not verify its user")]
    NotVerified,
    /// It signed less often than it had before: there are two of it.
    #[error("the passkey's counter went back: there is a copy of it")]
    Cloned,
    /// It is enrolled already.
    #[error("the passkey is enrolled already")]
    Enrolled,
    /// The network tries too often: answer 429 with `Retry-After`.
    #[error("too many guesses: try again in {retry_after} seconds")]
    TooManyGuesses {
        /// After how many seconds it may try again.
        retry_after: i64,
    },
    /// The library failed.
    #[error("the ceremony cannot begin: {0}")]
    Library(WebauthnError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Stored(#[from] UnreadableCredential),
    /// The database or a key does not work.
    #[error("passkeys failed: {0}")]
    Fault(#[from] RealmError),
}

impl PasskeyRefusal {
    /// Whether somebody may have tried something: what counts as a guess.
    pub fn is_suspicious(&self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Wrong(_) | Self::NotVerified | Self::Cloned | Self::Used
        )
    }
}

impl Explain for PasskeyRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::NoRelyingParty => &catalogue::NO_RELYING_PARTY,
            Self::Over => &catalogue::OVER,
            Self::Used => &catalogue::USED,
            Self::Unreadable => &catalogue::UNREADABLE,
            // Nobody learns which: an explanation is shown to whoever has its id.
            Self::Unknown | Self::Wrong(_) => &catalogue::WRONG,
            Self::NotVerified => &catalogue::NOT_VERIFIED,
            Self::Cloned => &catalogue::CLONED,
            Self::Enrolled => &catalogue::ENROLLED,
            Self::TooManyGuesses { .. } => &sign_in::TOO_MANY_GUESSES,
            Self::Library(_) | Self::Stored(_) => &server::DEFECT,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

impl From<StorageError> for PasskeyRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What the library found wrong.
impl From<WebauthnError> for PasskeyRefusal {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::UserNotVerified => Self::NotVerified,
            WebauthnError::CredentialPossibleCompromise => Self::Cloned,
            WebauthnError::CredentialNotFound => Self::Unknown,
            other => Self::Wrong(other),
        }
    }
}
