//! `tls_client_auth`: a certificate that an authority of the realm vouches for, and that names the client's subject.
//!
//! Spec: RFC 8705 §2.1
//!
//! Accepted: a path to one of the realm's `client_ca`, at this time, for authenticating clients; where the realm has
//! revocation lists, one on which nothing of the path stands.

use model::Client;
use protocol::tls_client_auth::CertificateSubject;
use realm::RealmContext;
use x509::Certificate;

use super::CertificateRefusal;
use crate::EndpointRequest;

/// Checks who vouches for the certificate, and whom it names.
pub(super) fn verify(
    realm: &RealmContext,
    client: &Client,
    request: &EndpointRequest<'_>,
) -> Result<(), CertificateRefusal> {
    let shown = request.certificate.ok_or(CertificateRefusal::Missing)?;
    let subject = CertificateSubject::of(&client.metadata).map_err(|_| CertificateRefusal::NoSubject)?;
    realm.authorities.verify(shown, realm.now())?;
    if Certificate::parse(&shown.der)?.names(&subject) {
        Ok(())
    } else {
        Err(CertificateRefusal::OtherSubject)
    }
}
