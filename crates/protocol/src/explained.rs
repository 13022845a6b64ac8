//! Why a JWT that others made is not believed, in the words of the catalogue of errors.

use explanation::{Reason, catalogue::keys};
use jose::{JweError, JwsError};

/// Why it does not verify.
pub fn of_jws(error: JwsError) -> &'static Reason {
    match error {
        JwsError::TooLong => &keys::TOO_LONG,
        JwsError::NotCompact | JwsError::BadHeader | JwsError::BadClaims => &keys::MALFORMED,
        JwsError::CriticalExtension => &keys::CRITICAL,
        JwsError::AlgNotAllowed => &keys::ALGORITHM,
        JwsError::UnknownKey => &keys::UNKNOWN_KEY,
        JwsError::UnfitKey => &keys::UNFIT_KEY,
        JwsError::BadSignature => &keys::BAD_SIGNATURE,
    }
}

/// Why it cannot be decrypted.
pub fn of_jwe(error: JweError) -> &'static Reason {
    match error {
        JweError::TooLong | JweError::NotCompact | JweError::BadHeader => &keys::JWE_MALFORMED,
        JweError::Extension => &keys::JWE_EXTENSION,
        JweError::AlgNotAllowed => &keys::JWE_ALGORITHM,
        JweError::UnfitKey | JweError::Undecryptable | JweError::Failed => &keys::JWE_UNDECRYPTABLE,
    }
}
