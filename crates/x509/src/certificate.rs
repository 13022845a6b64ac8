//! What a certificate says.
//!
//! Spec: RFC 5280 §4.1, §4.2.1.6, RFC 7517 §4.7

use std::collections::BTreeSet;

use jose::{Jwk, b64};
use protocol::{
    distinguished_name::{DistinguishedName, DnValue},
    tls_client_auth::{CertificateSubject, SubjectName},
};
use rustls_pki_types::{CertificateDer, ServerName};
use webpki::EndEntityCert;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer,
    public_key::PublicKey,
    x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name},
};

/// Bytes that are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be read")]
pub struct UnreadableCertificate;

/// From when until when a certificate is good, unix seconds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: i64,
    /// Not after.
    pub until: i64,
}

impl Validity {
    /// Whether it is good at this time.
    pub fn contains(self, now: i64) -> bool {
        (self.from..=self.until).contains(&now)
    }
}

/// A certificate that was read; nobody has vouched for it yet.
pub struct Certificate<'a>(pub(crate) X509Certificate<'a>);

impl<'a> Certificate<'a> {
    /// Reads DER, and nothing behind it.
    pub fn parse(der: &'a [u8]) -> Result<Self, UnreadableCertificate> {
        match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(Self(certificate)),
            _ => Err(UnreadableCertificate),
        }
    }

    /// When it is good.
    pub fn validity(&self) -> Validity {
        let validity = self.0.validity();
        Validity {
            from: validity.not_before.timestamp(),
            until: validity.not_after.timestamp(),
        }
    }

    /// Whether it may vouch for others.
    pub fn is_authority(&self) -> bool {
        self.0.is_ca()
    }

    /// Its subject.
    pub fn subject(&self) -> DistinguishedName {
        name(self.0.subject())
    }

    /// Who says that they issued it.
    pub fn issuer(&self) -> DistinguishedName {
        name(self.0.issuer())
    }

    /// Whether it names this subject: by its own name, or by one of its alternative names. One whose alternative names
    /// cannot be read names nobody by them.
    pub fn names(&self, subject: &CertificateSubject) -> bool {
        if matches!(subject, CertificateSubject::Dn(_)) {
            return subject.is(&SubjectName::Dn(&self.subject()));
        }
        let Ok(Some(names)) = self.0.subject_alternative_name() else {
            return false;
        };
        names.value.general_names.iter().any(|name| match name {
            GeneralName::DNSName(name) => subject.is(&SubjectName::Dns(name)),
            GeneralName::URI(uri) => subject.is(&SubjectName::Uri(uri)),
            GeneralName::IPAddress(bytes) => subject.is(&SubjectName::Ip(bytes)),
            GeneralName::RFC822Name(address) => subject.is(&SubjectName::Email(address)),
            _ => false,
        })
    }

    /// Whether its key is the one that a JWK says: "The key in the first certificate MUST match the public key represented
    /// by other members of the JWK" (RFC 7517 §4.7).
    pub fn has_key(&self, jwk: &Jwk) -> bool {
        let member = |value: &Option<String>| value.as_deref().and_then(b64::decode);
        let bits = self.0.public_key().subject_public_key.as_ref();
        match (jwk.kty.as_str(), self.0.public_key().parsed()) {
            ("RSA", Ok(PublicKey::RSA(key))) => {
                let plain = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
                member(&jwk.n) == Some(plain(key.modulus)) && member(&jwk.e) == Some(plain(key.exponent))
            }
            ("EC", Ok(PublicKey::EC(_))) => match (member(&jwk.x), member(&jwk.y)) {
                (Some(x), Some(y)) => bits == [&[4], x.as_slice(), y.as_slice()].concat(),
                _ => false,
            },
            ("OKP", _) => member(&jwk.x).is_some_and(|x| bits == x),
            _ => false,
        }
    }
}

/// Whether a server of this name or address may show the certificate, as browsers judge it.
pub fn is_for_host(der: &CertificateDer<'_>, host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let (Ok(name), Ok(certificate)) = (ServerName::try_from(bare), EndEntityCert::try_from(der)) else {
        return false;
    };
    certificate.verify_is_valid_for_subject_name(&name).is_ok()
}

/// A name as it is compared.
pub(crate) fn name(name: &X509Name<'_>) -> DistinguishedName {
    let attributes = |relative: &RelativeDistinguishedName<'_>| {
        let attribute =
            |attribute: &AttributeTypeAndValue<'_>| (attribute.attr_type().to_id_string(), value(attribute));
        relative.iter().map(attribute).collect::<BTreeSet<_>>()
    };
    DistinguishedName::new(name.iter_rdn().map(attributes).collect())
}

fn value(attribute: &AttributeTypeAndValue<'_>) -> DnValue {
    let value = attribute.attr_value();
    let tag = u8::try_from(value.tag().0).unwrap_or_default();
    DnValue::of_kind(tag, value.data)
}

#[cfg(test)]
mod tests {
    use protocol::ClientMetadata;
    use testkit::pki::{Authority, Identity, Subject};

    use super::*;

    fn registered(change: impl FnOnce(&mut ClientMetadata)) -> CertificateSubject {
        let mut client = ClientMetadata::default();
        change(&mut client);
        CertificateSubject::of(&client).unwrap()
    }

    // Conformance: MTLS-02 B122
    #[test]
    fn a_certificate_names_its_subject_in_five_ways() {
        let subject = Subject::named("App")
            .organization("Example")
            .dns("app.example.com")
            .uri("https://app.example.com/id")
            .ip("2001:db8::7")
            .email("app@example.com");
        let identity = Authority::new("CA").issue(&subject);
        let certificate = Certificate::parse(&identity.der).unwrap();
        let same = [
            registered(|client| client.tls_client_auth_subject_dn = Some("cn=app, o=EXAMPLE".into())),
            registered(|client| client.tls_client_auth_san_dns = Some("app.example.com".into())),
            registered(|client| client.tls_client_auth_san_uri = Some("https://app.example.com/id".into())),
            registered(|client| client.tls_client_auth_san_ip = Some("2001:db8:0::7".into())),
            registered(|client| client.tls_client_auth_san_email = Some("app@example.com".into())),
        ];
        assert!(same.iter().all(|subject| certificate.names(subject)));
        let other = [
            registered(|client| client.tls_client_auth_subject_dn = Some("cn=app".into())),
            registered(|client| client.tls_client_auth_subject_dn = Some("o=example,cn=app".into())),
            registered(|client| client.tls_client_auth_san_dns = Some("example.com".into())),
            registered(|client| client.tls_client_auth_san_uri = Some("https://app.example.com/".into())),
            registered(|client| client.tls_client_auth_san_ip = Some("2001:db8::8".into())),
            registered(|client| client.tls_client_auth_san_email = Some("other@example.com".into())),
        ];
        assert!(!other.iter().any(|subject| certificate.names(subject)));
    }

    // Conformance: MTLS-03
    #[test]
    fn a_key_is_the_one_of_the_certificate() {
        let (one, other) = (Subject::named("a").self_signed(), Subject::named("a").self_signed());
        let jwk = |identity: &Identity| serde_json::from_value::<Jwk>(identity.jwk()).unwrap();
        let certificate = Certificate::parse(&one.der).unwrap();
        assert!(certificate.has_key(&jwk(&one)) && !certificate.has_key(&jwk(&other)));
        assert!(!certificate.is_authority());
    }

    #[test]
    fn a_servers_certificate_is_for_the_hosts_that_it_names() {
        let subject = Subject::named("x")
            .dns("id.example.com")
            .dns("*.apps.example.com")
            .ip("192.0.2.1");
        let der = CertificateDer::from(subject.self_signed().der);
        for host in ["id.example.com", "ID.example.com", "a.apps.example.com", "192.0.2.1"] {
            assert!(is_for_host(&der, host), "{host}");
        }
        for host in ["x", "example.com", "a.b.apps.example.com", "192.0.2.2", "[::1]", ""] {
            assert!(!is_for_host(&der, host), "{host}");
        }
        assert!(!is_for_host(&CertificateDer::from(vec![1]), "id.example.com"));
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        let mut der = Subject::named("a").self_signed().der;
        assert!(Certificate::parse(&der[1..]).is_err());
        der.push(0);
        assert!(Certificate::parse(&der).is_err());
    }
}
