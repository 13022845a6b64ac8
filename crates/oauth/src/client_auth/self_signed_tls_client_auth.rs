//! `self_signed_tls_client_auth`: one of the certificates that the client registered with its keys.
//!
//! Spec: RFC 8705 §2.2, RFC 7517 §4.7
//!
//! Accepted: a certificate that is, byte for byte, the first of an `x5c`, whoever issued it: "the client's certificate
//! chain is not validated". Not accepted: one outside the time that it gives itself; and one whose JWK says another key.

use model::Client;
use realm::RealmContext;
use x509::Certificate;

use super::CertificateRefusal;
use crate::{EndpointRequest, client_keys};

/// Looks for the certificate among the client's keys.
pub(super) async fn verify(
    realm: &RealmContext,
    client: &Client,
    request: &EndpointRequest<'_>,
) -> Result<(), CertificateRefusal> {
    let shown = request.certificate.ok_or(CertificateRefusal::Missing)?;
    let certificate = Certificate::parse(&shown.der)?;
    let thumbprint = shown.thumbprint();
    // One that is not among the known keys may be new: they are asked for again, as for a kid that is not known.
    for kid in [None, Some(thumbprint.as_str())] {
        let keys = client_keys::key_set(realm, &client.metadata, kid).await?;
        let mut keys = keys.keys.iter();
        if keys.any(|key| key.certificate().as_ref() == Some(&shown.der) && certificate.has_key(key)) {
            return if certificate.validity().contains(realm.now()) {
                Ok(())
            } else {
                Err(CertificateRefusal::OutOfTime)
            };
        }
    }
    Err(CertificateRefusal::NotRegistered)
}
