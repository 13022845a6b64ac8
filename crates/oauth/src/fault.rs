//! What went wrong here, not at the caller: never a protocol state.

use explanation::{Explain, Explanation, catalogue::server};
use jose::JweError;
use protocol::SectorError;
use realm::RealmError;
use storage::StorageError;

/// A failure of this server.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Keys.
    #[error(transparent)]
    Realm(#[from] RealmError),
    /// A key that is still being made (RSA, in the first second of a realm): try again.
    #[error("the key for {0} is still being made")]
    NotReady(&'static str),
    /// A pairwise client without a sector: its registration was never sound.
    #[error("the pairwise client {0} has no sector: {1}")]
    Sector(String, SectorError),
    /// Signing failed.
    #[error("signing failed: {0}")]
    Signing(String),
    /// Encryption failed, with a key that had been checked.
    #[error("encryption failed: {0}")]
    Encryption(JweError),
    /// Others were faster, several times in a row: try again.
    #[error("the rows behind this request kept changing")]
    Contended,
}

impl Fault {
    /// Whether the same request may succeed in a moment (503), or this is a defect (500).
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Storage(error) | Self::Realm(RealmError::Storage(error)) => {
                !matches!(error, StorageError::Corrupt(_) | StorageError::TooNew { .. })
            }
            Self::NotReady(_) | Self::Contended => true,
            Self::Realm(_) | Self::Sector(..) | Self::Signing(_) | Self::Encryption(_) => false,
        }
    }
}

impl Explain for Fault {
    fn explanation(&self) -> Explanation {
        let reason = if self.is_temporary() {
            &server::UNAVAILABLE
        } else {
            &server::DEFECT
        };
        reason.into()
    }
}
