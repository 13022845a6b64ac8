//! What a revocation list says of itself; what it says of certificates is asked by [`Authorities`](crate::Authorities).
//!
//! Spec: RFC 5280 §5.1

use protocol::distinguished_name::DistinguishedName;
use x509_parser::{prelude::FromDer, revocation_list::CertificateRevocationList};

use crate::certificate::{UnreadableCertificate, name};

/// A list, as far as people are told about it.
pub struct RevocationList {
    /// Whose it is.
    pub issuer: DistinguishedName,
    /// When there must be a newer one, unix seconds.
    pub next_update: Option<i64>,
}

impl RevocationList {
    /// Reads DER.
    pub fn parse(der: &[u8]) -> Result<Self, UnreadableCertificate> {
        let (_, list) = CertificateRevocationList::from_der(der).map_err(|_| UnreadableCertificate)?;
        Ok(Self {
            issuer: name(list.issuer()),
            next_update: list.next_update().map(|time| time.timestamp()),
        })
    }
}
