//! Client identifier and secret in the `Authorization` header (`client_secret_basic`).
//!
//! Spec: RFC 6749 §2.3.1, RFC 7617 §2
//!
//! Accepted: the scheme in any case, base64 with or without padding. Identifier and secret are form-encoded before
//! they are joined, as RFC 6749 says; a bare `%` in either is therefore refused.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::form;

/// Why a header yields no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasicError {
    /// The credentials are for another scheme.
    #[error("the Authorization header does not use the scheme Basic")]
    OtherScheme,
    /// Not base64, no colon, no identifier, or not form-encoded.
    #[error("the client credentials in the Authorization header are malformed")]
    Malformed,
}

/// What a client sent. Holds a secret: no `Debug`, no `Display`.
#[derive(Clone)]
pub struct BasicCredentials {
    /// The client identifier; never empty.
    pub client_id: String,
    /// The secret, in clear; may be empty.
    pub client_secret: String,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl BasicCredentials {
    /// Reads the value of an `Authorization` header.
    pub fn from_authorization(header: &str) -> Result<Self, BasicError> {
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err(BasicError::OtherScheme);
        }
        let joined = BASE64
            .decode(rest.trim_matches(' '))
            .map_err(|_| BasicError::Malformed)?;
        let colon = joined
            .iter()
            .position(|byte| *byte == b':')
            .ok_or(BasicError::Malformed)?;
        let (client_id, client_secret) = joined.split_at(colon);
        // RFC 6749 §2.3.1: "The client identifier is encoded using the "application/x-www-form-urlencoded" encoding
        // algorithm per Appendix B, and the encoded value is used as the username; the client password is encoded
        // using the same algorithm and used as the password."
        let decode = |part: &[u8]| form::decode(part).map_err(|_| BasicError::Malformed);
        let credentials = Self {
            client_id: decode(client_id)?,
            client_secret: decode(client_secret.get(1..).unwrap_or_default())?,
        };
        if credentials.client_id.is_empty() {
            Err(BasicError::Malformed)
        } else {
            Ok(credentials)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<(String, String), BasicError> {
        BasicCredentials::from_authorization(header).map(|found| (found.client_id, found.client_secret))
    }

    fn of(joined: &[u8]) -> Result<(String, String), BasicError> {
        read(&format!("Basic {}", BASE64.encode(joined)))
    }

    fn pair(id: &str, secret: &str) -> (String, String) {
        (id.into(), secret.into())
    }

    /// RFC 6749 §2.3.1, the example.
    #[test]
    fn rfc6749_section_2_3_1() {
        assert_eq!(
            read("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
            Ok(pair("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"))
        );
    }

    #[test]
    fn both_parts_are_form_decoded() {
        assert_eq!(of(b"a%3Ab:c%25d+e%3A"), Ok(pair("a:b", "c%d e:")));
        assert_eq!(of(b"id:s:t"), Ok(pair("id", "s:t")));
        assert_eq!(of(b"id:"), Ok(pair("id", "")));
    }

    #[test]
    fn scheme_and_padding_are_taken_easily() {
        assert_eq!(read("bASIC aWQ6cw=="), Ok(pair("id", "s")));
        assert_eq!(read("Basic  aWQ6cw"), Ok(pair("id", "s")));
    }

    #[test]
    fn malformed_credentials_are_refused() {
        for bad in [b"id".as_slice(), b":secret", b"id:%", b"id:%zz", b"id:\xFF", b"%00:s"] {
            assert_eq!(of(bad), Err(BasicError::Malformed), "{bad:?}");
        }
        for bad in ["Basic", "Basic ", "Basic aWQ6cw==x", "Basic aW Q6cw"] {
            assert_eq!(read(bad), Err(BasicError::Malformed), "{bad:?}");
        }
        for other in ["Bearer aWQ6cw==", "", "BasicaWQ6cw=="] {
            assert_eq!(read(other), Err(BasicError::OtherScheme), "{other:?}");
        }
    }
}
