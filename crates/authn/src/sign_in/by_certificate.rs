//! Sign-in with a certificate: nobody types anything.
//!
//! Spec: RFC 5280 §6, NIST SP 800-63B §5.1.7
//!
//! The certificate was looked at where it was shown ([`client_certificate::show`]); here its voucher is redeemed, and the
//! session begins in the same change. Nothing is counted: nobody guesses a signature of a handshake.

use model::AuditKind;
use realm::{RealmContext, audit};

use super::{Browser, SignedIn, without_password};
use crate::factors::client_certificate::{self, CertificateRefusal};

/// Signs in whose certificate it was.
pub async fn sign_in_by_certificate(
    realm: &RealmContext,
    browser: &Browser<'_>,
    voucher: &str,
) -> Result<SignedIn, CertificateRefusal> {
    let (user, verified) = match client_certificate::redeem(realm, browser.flow_id, voucher).await {
        Ok(redeemed) => redeemed,
        Err(refusal) => {
            audit::refused_anonymously(realm, AuditKind::SignInFailed, &refusal.to_string());
            return Err(refusal);
        }
    };
    let signed_in = without_password::begin(realm, (browser, user), verified, None).await?;
    signed_in.ok_or_else(|| {
        audit::refused_anonymously(
            realm,
            AuditKind::SignInFailed,
            "the certificate's proof was used before",
        );
        CertificateRefusal::Over
    })
}
