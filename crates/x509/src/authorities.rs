//! Who is believed when they vouch for clients, and what they have taken back.
//!
//! Spec: RFC 5280 §6, RFC 8705 §2.1, §7.4
//!
//! Accepted: a path to one of the authorities, of certificates that are valid now and good for authenticating clients.
//! Where there are revocation lists, every certificate of the path must be on the good side of one that is not past its
//! `nextUpdate`: what cannot be known is refused. Deliberately not: OCSP, and lists that would have to be fetched.

use std::time::Duration;

use protocol::ClientCertificate;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage,
    OwnedCertRevocationList, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
    anchor_from_trusted_cert,
};

use crate::pem::{PemError, certificates, revocation_lists};

/// Why nobody vouches for a certificate. The texts are for the client's developer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No authority is believed at all.
    #[error("this server believes no certificate authority")]
    NoAuthorities,
    /// Nobody known issued it.
    #[error("no certificate authority that this server believes has issued the certificate")]
    UnknownIssuer,
    /// Its time is over.
    #[error("the certificate, or one between it and its authority, has expired")]
    Expired,
    /// Its time has not come.
    #[error("the certificate, or one between it and its authority, is not valid yet")]
    NotYetValid,
    /// It was made for something else.
    #[error("the certificate is not for authenticating clients (its extended key usage)")]
    WrongUsage,
    /// It was taken back.
    #[error("the certificate was revoked")]
    Revoked,
    /// Nobody can say whether it was taken back.
    #[error("whether the certificate was revoked is not known at present")]
    UnknownStatus(String),
    /// Something else.
    #[error("the certificate does not verify")]
    Invalid(String),
}

impl From<Error> for PathError {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownIssuer => Self::UnknownIssuer,
            Error::CertExpired { .. } => Self::Expired,
            Error::CertNotValidYet { .. } => Self::NotYetValid,
            Error::RequiredEkuNotFoundContext(_) => Self::WrongUsage,
            Error::CertRevoked => Self::Revoked,
            Error::CrlExpired { .. } => Self::UnknownStatus("a revocation list is past its nextUpdate".into()),
            Error::UnknownRevocationStatus => {
                Self::UnknownStatus("an authority of the path has no revocation list here".into())
            }
            other => Self::Invalid(other.to_string()),
        }
    }
}

/// The authorities of a realm.
#[derive(Default)]
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    lists: Vec<CertRevocationList<'static>>,
}

impl Authorities {
    /// Reads them from PEM.
    pub fn parse(client_ca: &[String], crl: &[String]) -> Result<Self, PemError> {
        let mut authorities = Self::default();
        for text in client_ca {
            for der in certificates(text)? {
                let anchor = anchor_from_trusted_cert(&der).map_err(|error| PemError::Syntax(error.to_string()))?;
                authorities.anchors.push(anchor.to_owned());
            }
        }
        for text in crl {
            for der in revocation_lists(text)? {
                let list = OwnedCertRevocationList::from_der(&der);
                let list = list.map_err(|error| PemError::Syntax(error.to_string()))?;
                authorities.lists.push(list.into());
            }
        }
        Ok(authorities)
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Whether one of them vouches for a certificate, for authenticating a client at this time, unix seconds.
    pub fn verify(&self, certificate: &ClientCertificate, now: i64) -> Result<(), PathError> {
        if self.is_empty() {
            return Err(PathError::NoAuthorities);
        }
        let der = CertificateDer::from(certificate.der.as_slice());
        let intermediates: Vec<CertificateDer<'_>> = certificate
            .intermediates
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        let lists: Vec<&CertRevocationList<'_>> = self.lists.iter().collect();
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build()
        });
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or_default()));
        let usage = KeyUsage::client_auth();
        let end = EndEntityCert::try_from(&der)?;
        end.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &self.anchors,
            &intermediates,
            now,
            usage,
            revocation,
            None,
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use testkit::pki::{Authority, Identity, Subject, Usage};

    use super::*;

    const NOW: i64 = 1_795_435_200;
    const DAY: i64 = 86_400;

    fn shown(identity: &Identity) -> ClientCertificate {
        ClientCertificate {
            der: identity.der.clone(),
            intermediates: identity.intermediates.clone(),
        }
    }

    fn believing(roots: &[&Authority], crl: &[String]) -> Authorities {
        let pem: Vec<String> = roots.iter().map(|root| root.pem()).collect();
        Authorities::parse(&pem, crl).unwrap()
    }

    // Conformance: MTLS-12 B122
    #[test]
    fn only_who_is_believed_vouches_even_under_the_same_name() {
        let (ca, twin) = (Authority::new("CA"), Authority::new("CA"));
        let app = Subject::named("app");
        assert_eq!(believing(&[&ca], &[]).verify(&shown(&ca.issue(&app)), NOW), Ok(()));
        assert!(believing(&[&ca], &[]).verify(&shown(&twin.issue(&app)), NOW).is_err());
        let own = app.self_signed();
        assert!(believing(&[&ca], &[]).verify(&shown(&own), NOW).is_err());
        let nobody = Authorities::default().verify(&shown(&ca.issue(&app)), NOW);
        assert_eq!(nobody, Err(PathError::NoAuthorities));
    }

    #[test]
    fn a_path_is_found_by_what_came_with_the_certificate() {
        let root = Authority::new("root");
        let app = root.intermediate("middle").issue(&Subject::named("app"));
        let authorities = believing(&[&root], &[]);
        assert_eq!(authorities.verify(&shown(&app), NOW), Ok(()));
        let mut alone = shown(&app);
        alone.intermediates.clear();
        assert_eq!(authorities.verify(&alone, NOW), Err(PathError::UnknownIssuer));
    }

    #[test]
    fn a_certificate_is_good_in_its_time_and_for_its_purpose() {
        let ca = Authority::new("CA");
        let authorities = believing(&[&ca], &[]);
        let app = ca.issue(&Subject::named("app").valid(NOW, NOW + DAY));
        let verify = |identity: &Identity, at| authorities.verify(&shown(identity), at);
        assert_eq!(verify(&app, NOW), Ok(()));
        assert_eq!(verify(&app, NOW - 1), Err(PathError::NotYetValid));
        assert_eq!(verify(&app, NOW + DAY + 1), Err(PathError::Expired));
        let server = ca.issue(&Subject::named("app").for_usage(Usage::ServerAuth));
        assert_eq!(verify(&server, NOW), Err(PathError::WrongUsage));
    }

    #[test]
    fn what_was_revoked_or_may_have_been_is_refused() {
        let ca = Authority::new("CA");
        let (good, bad) = (ca.issue(&Subject::named("good")), ca.issue(&Subject::named("bad")));
        let authorities = believing(&[&ca], &[ca.revocations(&[&bad], NOW, NOW + DAY)]);
        assert_eq!(authorities.verify(&shown(&good), NOW), Ok(()));
        assert_eq!(authorities.verify(&shown(&bad), NOW), Err(PathError::Revoked));
        // The list is too old to say anything.
        let late = authorities.verify(&shown(&good), NOW + DAY + 1);
        assert!(matches!(late, Err(PathError::UnknownStatus(why)) if why.contains("nextUpdate")));
        // Another authority has no list.
        let other = Authority::new("other");
        let both = believing(&[&ca, &other], &[ca.revocations(&[], NOW, NOW + DAY)]);
        let unknown = both.verify(&shown(&other.issue(&Subject::named("app"))), NOW);
        assert!(matches!(unknown, Err(PathError::UnknownStatus(_))), "{unknown:?}");
        // A list that somebody else signed under its name says nothing.
        let forged = Authority::new("CA").revocations(&[], NOW, NOW + DAY);
        let refused = believing(&[&ca], &[forged]).verify(&shown(&good), NOW);
        assert!(matches!(refused, Err(PathError::Invalid(_))), "{refused:?}");
    }

    #[test]
    fn files_without_what_they_should_have_are_refused() {
        let ca = Authority::new("CA");
        let list = ca.revocations(&[], 1, 2);
        assert!(matches!(
            Authorities::parse(&["nothing".into()], &[]),
            Err(PemError::Nothing(_))
        ));
        assert!(matches!(
            Authorities::parse(&[list], &[]),
            Err(PemError::Nothing("CERTIFICATE"))
        ));
        assert!(matches!(
            Authorities::parse(&[], &[ca.pem()]),
            Err(PemError::Nothing("X509 CRL"))
        ));
        let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            Authorities::parse(&[broken.into()], &[]),
            Err(PemError::Syntax(_))
        ));
    }
}
