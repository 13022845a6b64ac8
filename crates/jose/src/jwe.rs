//! Encrypted JWTs in compact form.
//! Spec: RFC 7516 §3.1, §5.1, §5.2, §7.1; RFC 7519 §5.2, §5.3, §7; RFC 8725 §3.1
//!
//! Accepted: one recipient, the algorithms of [`JweAlg`] and [`JweEnc`]. Deliberately not: `zip` (the length of what was
//! compressed tells of its content), `crit`, the JSON serialisation, RSAES-PKCS1-v1_5, passwords, symmetric keys.
//!
//! Encrypting has two steps. [`Recipient::envelope`] makes a key for one message and encrypts that key: all that can be
//! wrong with the recipient's key is known then. [`Envelope::seal`] encrypts the message, and uses the envelope up.

mod agreement;
mod content;
mod decryption_key;
mod recipient;

use serde::Serialize;
use zeroize::Zeroizing;

use self::{agreement::EphemeralKey, content::Sealed};
pub use self::{
    decryption_key::{Addressee, Decrypted, DecryptionKey},
    recipient::Recipient,
};
use crate::{JweAlg, JweEnc, b64};

/// Why a token is not encrypted, or not decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Longer than what is looked at.
    #[error("the encrypted token is too long")]
    TooLong,
    /// Not five parts of base64url.
    #[error("the token is not a compact JWE")]
    NotCompact,
    /// The header is no JSON object, or a member is missing, repeated or of the wrong type.
    #[error("the header of the encrypted token is malformed")]
    BadHeader,
    /// The header has `crit` or `zip`.
    #[error("the header demands extensions or compression (`crit`, `zip`)")]
    Extension,
    /// `alg` or `enc` are not those of the key.
    #[error("the algorithm of the encryption is not allowed")]
    AlgNotAllowed,
    /// The key of the other side is malformed, or no point that may be used.
    #[error("the public key cannot be used")]
    UnfitKey,
    /// Whatever else is wrong: it is not told apart, since every difference helps who tries.
    #[error("the token cannot be decrypted")]
    Undecryptable,
    /// The library failed.
    #[error("encryption failed")]
    Failed,
}

/// What is encrypted.
pub enum Payload<'a> {
    /// A signed JWT, which makes the whole a nested one: "the value MUST be JWT" (RFC 7519 §5.2).
    Jwt(&'a str),
    /// The claims themselves, as JSON.
    Claims(&'a [u8]),
}

/// A key for one message, already encrypted for its recipient.
pub struct Envelope {
    alg: JweAlg,
    enc: JweEnc,
    kid: Option<String>,
    iss: Option<String>,
    epk: Option<EphemeralKey>,
    encrypted_key: Vec<u8>,
    content_key: Zeroizing<Vec<u8>>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: JweAlg,
    enc: JweEnc,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epk: Option<&'a EphemeralKey>,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
}

impl Envelope {
    /// Says in the header, too, whose it is, for recipients that must know before they decrypt (RFC 7519 §5.3).
    #[must_use]
    pub fn from_issuer(mut self, issuer: &str) -> Self {
        self.iss = Some(issuer.to_owned());
        self
    }

    /// Encrypts `payload` as a compact JWE with the header parameters `alg`, `enc`, `kid`, `epk`, `typ` and `cty`.
    pub fn seal(self, payload: &Payload<'_>) -> Result<String, JweError> {
        let (cty, plaintext) = match payload {
            Payload::Jwt(token) => (Some("JWT"), token.as_bytes()),
            Payload::Claims(claims) => (None, *claims),
        };
        let header = Header {
            alg: self.alg,
            enc: self.enc,
            kid: self.kid.as_deref(),
            epk: self.epk.as_ref(),
            typ: "JWT",
            cty,
            iss: self.iss.as_deref(),
        };
        let header = b64::encode(serde_json::to_vec(&header).map_err(|_| JweError::Failed)?);
        // RFC 7516 §5.1, step 14: the header is what else is protected.
        let Sealed { iv, ciphertext, tag } =
            content::seal(self.enc, &self.content_key, header.as_bytes(), plaintext).ok_or(JweError::Failed)?;
        let parts = [self.encrypted_key, iv, ciphertext, tag].map(b64::encode);
        Ok(format!("{header}.{}", parts.join(".")))
    }
}

#[cfg(test)]
mod tests;
