//! The Token Binding message: proof that a client holds a key, by a signature over what is unique to its TLS connection.
//!
//! Spec: RFC 8471 §3, §4.2, RFC 8473 §2
//!
//! Accepted: the three registered kinds of keys; further bindings and extensions of types that nobody knows are ignored.
//! Not accepted: a message with any wrong signature, without exactly one provided binding, or with two referred ones.
//! Historic: no browser and no library for TLS negotiates it any more. What a connection exported is handed in, so that
//! whoever terminates TLS can verify messages by this.

use jose::{Jwk, SigningAlg, b64, sha256};

/// The header.
pub const SEC_TOKEN_BINDING: &str = "sec-token-binding";
/// The header by which a proxy, having verified the message, passes the provided key on (draft-ietf-tokbind-ttrp §2).
pub const SEC_PROVIDED_ID: &str = "sec-provided-token-binding-id";
/// Likewise for the referred one.
pub const SEC_REFERRED_ID: &str = "sec-referred-token-binding-id";
/// How many bytes a connection exports under the label `EXPORTER-Token-Binding` (RFC 8471 §3.3).
pub const EKM_BYTES: usize = 32;
/// The longest message, in bytes.
const LONGEST: usize = 8 * 1024;

/// Why a message proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenBindingError {
    /// "If the server receives more than one Sec-Token-Binding header field in an HTTP request, then the server MUST reject
    /// the message with a 400" (RFC 8473 §2).
    #[error("Sec-Token-Binding came more than once")]
    Twice,
    /// Not base64url without padding.
    #[error("Sec-Token-Binding is not base64url without padding")]
    NotBase64url,
    /// Not what RFC 8471 §3 describes.
    #[error("the Token Binding message is malformed")]
    Malformed,
    /// A key that is not what its parameters say.
    #[error("the Token Binding message has a key that is not of its kind")]
    BadKey,
    /// A signature that its key did not make over this connection.
    #[error("a signature in the Token Binding message is wrong")]
    BadSignature,
    /// None, or several.
    #[error("the Token Binding message does not have exactly one provided and at most one referred binding")]
    Count,
}

/// The identifier of a key: its parameters and the key, as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBindingId(Vec<u8>);

impl TokenBindingId {
    /// Reads an identifier, as `Sec-Provided-Token-Binding-ID` and `code_verifier` have it.
    pub fn parse(text: &str) -> Result<Self, TokenBindingError> {
        let bytes = b64::decode(text)
            .filter(|bytes| bytes.len() <= LONGEST)
            .ok_or(TokenBindingError::NotBase64url)?;
        let mut reader = Reader(&bytes);
        let id = reader.id()?;
        if reader.0.is_empty() {
            Ok(id)
        } else {
            Err(TokenBindingError::Malformed)
        }
    }

    /// `tbh`: "the base64url encoding of the SHA-256 hash of the Token Binding ID" (OAuth Token Binding §3.4).
    pub fn hash(&self) -> String {
        b64::encode(sha256(&self.0))
    }

    /// Base64url of the identifier.
    pub fn encoded(&self) -> String {
        b64::encode(&self.0)
    }

    /// The key, and how it signs. `None`: parameters that nobody knows.
    fn key(&self) -> Result<Option<(Jwk, SigningAlg)>, TokenBindingError> {
        let mut reader = Reader(&self.0);
        let parameters = reader.byte()?;
        let mut key = Reader(reader.vector(2)?);
        let read = match parameters {
            RSA2048_PKCS1_5 | RSA2048_PSS => {
                let (n, e) = (key.vector(2)?, key.vector(1)?);
                if n.len() != 2048 / 8 || n.first().is_none_or(|first| *first < 0x80) {
                    return Err(TokenBindingError::BadKey);
                }
                let alg = if parameters == RSA2048_PSS {
                    SigningAlg::Ps256
                } else {
                    SigningAlg::Rs256
                };
                (Jwk::rsa(n, e), alg)
            }
            ECDSAP256 => {
                let point = key.vector(1)?;
                let coordinates = point.split_at_checked(32).filter(|(_, y)| y.len() == 32);
                let (x, y) = coordinates.ok_or(TokenBindingError::BadKey)?;
                (Jwk::p256(x, y), SigningAlg::Es256)
            }
            _ => return Ok(None),
        };
        if key.0.is_empty() {
            Ok(Some(read))
        } else {
            Err(TokenBindingError::BadKey)
        }
    }
}

const RSA2048_PKCS1_5: u8 = 0;
const RSA2048_PSS: u8 = 1;
const ECDSAP256: u8 = 2;

const PROVIDED: u8 = 0;
const REFERRED: u8 = 1;

/// What a connection proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBindings {
    /// The key that the client uses with this server.
    pub provided: TokenBindingId,
    /// The key that it uses with another, for which it asks.
    pub referred: Option<TokenBindingId>,
}

impl TokenBindings {
    /// What a proxy says that it has verified, given as the values of all lines of its two headers.
    pub fn from_proxy<'a>(
        provided: impl Iterator<Item = &'a [u8]>,
        referred: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, TokenBindingError> {
        match (one_id(provided)?, one_id(referred)?) {
            (Some(provided), referred) => Ok(Some(Self { provided, referred })),
            (None, Some(_)) => Err(TokenBindingError::Count),
            (None, None) => Ok(None),
        }
    }

    /// Verifies the message in a request's headers, given as the values of all lines, against what its connection
    /// exported. `None`: there is no header.
    pub fn verify<'a>(
        mut header: impl Iterator<Item = &'a [u8]>,
        ekm: &[u8; EKM_BYTES],
    ) -> Result<Option<Self>, TokenBindingError> {
        let Some(message) = header.next() else { return Ok(None) };
        if header.next().is_some() {
            return Err(TokenBindingError::Twice);
        }
        let message = b64::decode(message)
            .filter(|bytes| bytes.len() <= LONGEST)
            .ok_or(TokenBindingError::NotBase64url)?;
        let mut outer = Reader(&message);
        let mut inner = Reader(outer.vector(2)?);
        if !outer.0.is_empty() {
            return Err(TokenBindingError::Malformed);
        }
        let (mut provided, mut referred) = (Vec::new(), Vec::new());
        while !inner.0.is_empty() {
            let (kind, id) = inner.binding(ekm)?;
            match kind {
                PROVIDED => provided.extend(id),
                REFERRED => referred.extend(id),
                // "An implementation MUST ignore any unknown Token Binding types" (RFC 8471 §3.1).
                _ => {}
            }
        }
        let (provided, referred) = (provided.as_slice(), referred.as_slice());
        match (provided, referred) {
            ([provided], [] | [_]) => Ok(Some(Self {
                provided: provided.clone(),
                referred: referred.first().cloned(),
            })),
            _ => Err(TokenBindingError::Count),
        }
    }
}

fn one_id<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<Option<TokenBindingId>, TokenBindingError> {
    let (first, second) = (lines.next(), lines.next());
    if second.is_some() {
        return Err(TokenBindingError::Twice);
    }
    let text = |line: &'a [u8]| std::str::from_utf8(line).map_err(|_| TokenBindingError::NotBase64url);
    first.map(|line| TokenBindingId::parse(text(line)?)).transpose()
}

/// What is still to be read (RFC 5246 §4).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], TokenBindingError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(TokenBindingError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, TokenBindingError> {
        self.take(1)?.first().copied().ok_or(TokenBindingError::Malformed)
    }

    /// A vector whose length is written in so many bytes.
    fn vector(&mut self, bytes: usize) -> Result<&'a [u8], TokenBindingError> {
        let length = self.take(bytes)?.iter();
        self.take(length.fold(0, |length, byte| length << 8 | usize::from(*byte)))
    }

    fn id(&mut self) -> Result<TokenBindingId, TokenBindingError> {
        let all = self.0;
        self.byte()?;
        self.vector(2)?;
        let length = all.len() - self.0.len();
        let id = TokenBindingId(all.get(..length).unwrap_or_default().to_vec());
        id.key()?;
        Ok(id)
    }

    /// One binding: its type, and its key if that is of a kind that is known, whose signature was then checked.
    fn binding(&mut self, ekm: &[u8; EKM_BYTES]) -> Result<(u8, Option<TokenBindingId>), TokenBindingError> {
        let kind = self.byte()?;
        let id = self.id()?;
        let signature = self.vector(2)?;
        // "Servers MUST ignore any unknown extensions" (RFC 8471 §4.2); none is known.
        self.vector(2)?;
        let Some((key, alg)) = id.key()? else {
            return Ok((kind, None));
        };
        if kind != PROVIDED && kind != REFERRED {
            return Ok((kind, None));
        }
        let parameters = id.0.first().copied().unwrap_or_default();
        let signed = [&[kind, parameters], ekm.as_slice()].concat();
        key.verify(alg, &signed, signature)
            .map_err(|_| TokenBindingError::BadSignature)?;
        Ok((kind, Some(id)))
    }
}

#[cfg(test)]
mod tests;
