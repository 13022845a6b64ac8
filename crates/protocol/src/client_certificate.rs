//! The certificate that a client showed when it connected.
//!
//! Spec: RFC 8705 §3.1, RFC 9440 §2
//!
//! That it is here says that whoever connected holds its key, and nothing else: neither who issued it nor what it is good
//! for.

use jose::{b64, sha256};

/// A certificate, with those that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate itself, in DER.
    pub der: Vec<u8>,
    /// Those that came with it, to find the way to an authority; in DER.
    pub intermediates: Vec<Vec<u8>>,
}

impl ClientCertificate {
    /// `x5t#S256`: "the base64url-encoded SHA-256 digest […] of the DER encoding of the X.509 certificate" (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        b64::encode(sha256(&self.der))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_of_the_certificate_alone() {
        let mut certificate = ClientCertificate {
            der: b"abc".to_vec(),
            intermediates: Vec::new(),
        };
        // SHA-256 of "abc" (FIPS 180-4, example B.1), base64url.
        assert_eq!(certificate.thumbprint(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        certificate.intermediates.push(vec![1]);
        assert_eq!(certificate.thumbprint(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
