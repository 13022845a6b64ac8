//! What a PEM file holds.
//!
//! Spec: RFC 7468 §5, §6
//!
//! Accepted: several of a kind in one file. Not accepted: a file that has none, since it was meant to have some.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, pem::PemObject};

/// Why a file is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// Not PEM.
    #[error("is not PEM: {0}")]
    Syntax(String),
    /// PEM of something else.
    #[error("has no {0} in it")]
    Nothing(&'static str),
}

/// The certificates in a text.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    all(text, "CERTIFICATE")
}

/// The revocation lists in a text.
pub fn revocation_lists(text: &str) -> Result<Vec<CertificateRevocationListDer<'static>>, PemError> {
    all(text, "X509 CRL")
}

/// DER as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (at, letter) in STANDARD.encode(der).chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

fn all<T: PemObject>(text: &str, label: &'static str) -> Result<Vec<T>, PemError> {
    let found = T::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<T>, _>>();
    match found {
        Err(error) => Err(PemError::Syntax(error.to_string())),
        Ok(found) if found.is_empty() => Err(PemError::Nothing(label)),
        Ok(found) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use testkit::pki::Authority;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let ca = Authority::new("CA").pem();
        let two = certificates(&format!("# a comment\n{ca}\n{ca}")).unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(pem("CERTIFICATE", &two[0]), ca);
    }
}
