//! Whom the certificate of a `tls_client_auth` client must name.
//!
//! Spec: RFC 8705 §2.1.2, RFC 5280 §7.2 to §7.5
//!
//! Accepted: one subject of the five kinds. Host names are compared without regard to case, mail addresses so behind
//! their `@` alone, addresses by their bytes, URIs as they are. A wildcard in a certificate names nobody.

use std::net::IpAddr;

use crate::{ClientMetadata, MetadataProblem, distinguished_name::DistinguishedName};

/// The subject that a client registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSubject {
    /// `tls_client_auth_subject_dn`.
    Dn(DistinguishedName),
    /// `tls_client_auth_san_dns`.
    Dns(String),
    /// `tls_client_auth_san_uri`.
    Uri(String),
    /// `tls_client_auth_san_ip`.
    Ip(IpAddr),
    /// `tls_client_auth_san_email`.
    Email(String),
}

const REMEDY: &str = "give exactly one of: tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, \
                      tls_client_auth_san_ip, tls_client_auth_san_email";

impl CertificateSubject {
    /// The members by which it is registered, with their values.
    pub fn members(client: &ClientMetadata) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("tls_client_auth_subject_dn", &client.tls_client_auth_subject_dn),
            ("tls_client_auth_san_dns", &client.tls_client_auth_san_dns),
            ("tls_client_auth_san_uri", &client.tls_client_auth_san_uri),
            ("tls_client_auth_san_ip", &client.tls_client_auth_san_ip),
            ("tls_client_auth_san_email", &client.tls_client_auth_san_email),
        ]
        .into_iter()
        .filter_map(|(member, value)| Some((member, value.as_deref()?)))
    }

    /// The subject of a client. "A client using the `tls_client_auth` authentication method MUST use exactly one of the
    /// below metadata parameters" (§2.1.2).
    pub fn of(client: &ClientMetadata) -> Result<Self, MetadataProblem> {
        let mut members = Self::members(client);
        let (first, second) = (members.next(), members.next());
        let Some((member, value)) = first else {
            let problem = "tls_client_auth needs the subject of the client's certificate";
            return Err(MetadataProblem::new("token_endpoint_auth_method", problem, REMEDY));
        };
        if let Some((second, _)) = second {
            return Err(MetadataProblem::new(
                second,
                format!("is given beside {member}"),
                REMEDY,
            ));
        }
        let bad = |problem: String, remedy: &str| MetadataProblem::new(member, problem, remedy);
        match member {
            "tls_client_auth_subject_dn" => DistinguishedName::parse(value)
                .map(Self::Dn)
                .map_err(|error| bad(error.to_string(), "write it by RFC 4514: CN=app,O=Example,C=JP")),
            "tls_client_auth_san_dns" if is_host_name(value) => Ok(Self::Dns(value.to_owned())),
            "tls_client_auth_san_dns" => Err(bad(format!("{value} is not a host name"), "write app.example.com")),
            "tls_client_auth_san_uri" if url::Url::parse(value).is_ok() => Ok(Self::Uri(value.to_owned())),
            "tls_client_auth_san_uri" => Err(bad(format!("{value} is not a URI"), "write https://app.example.com/id")),
            "tls_client_auth_san_ip" => value.parse().map(Self::Ip).map_err(|_| {
                bad(
                    format!("{value} is not an IP address"),
                    "write 192.0.2.7 or 2001:db8::7",
                )
            }),
            _ if value
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && is_host_name(host)) =>
            {
                Ok(Self::Email(value.to_owned()))
            }
            _ => Err(bad(format!("{value} is not a mail address"), "write app@example.com")),
        }
    }

    /// Whether a name in a certificate is this one.
    pub fn is(&self, name: &SubjectName<'_>) -> bool {
        match (self, name) {
            (Self::Dn(own), SubjectName::Dn(found)) => own == *found,
            (Self::Dns(own), SubjectName::Dns(found)) => own.eq_ignore_ascii_case(found),
            (Self::Uri(own), SubjectName::Uri(found)) => own == found,
            (Self::Ip(own), SubjectName::Ip(found)) => match own {
                IpAddr::V4(own) => own.octets() == *found,
                IpAddr::V6(own) => own.octets() == *found,
            },
            (Self::Email(own), SubjectName::Email(found)) => match (own.split_once('@'), found.split_once('@')) {
                (Some((name, host)), Some((other, place))) => name == other && host.eq_ignore_ascii_case(place),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A name that a certificate has for its subject.
pub enum SubjectName<'a> {
    /// Its subject.
    Dn(&'a DistinguishedName),
    /// `dNSName`.
    Dns(&'a str),
    /// `uniformResourceIdentifier`.
    Uri(&'a str),
    /// `iPAddress`, in network byte order.
    Ip(&'a [u8]),
    /// `rfc822Name`.
    Email(&'a str),
}

/// Letters, digits and hyphens between dots.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.len() < 64 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() < 254 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(dn: Option<&str>, dns: Option<&str>, ip: Option<&str>, email: Option<&str>) -> ClientMetadata {
        ClientMetadata {
            tls_client_auth_subject_dn: dn.map(str::to_owned),
            tls_client_auth_san_dns: dns.map(str::to_owned),
            tls_client_auth_san_ip: ip.map(str::to_owned),
            tls_client_auth_san_email: email.map(str::to_owned),
            ..ClientMetadata::default()
        }
    }

    // Conformance: MTLS-02
    #[test]
    fn exactly_one_subject_is_registered_and_it_can_be_one() {
        let problem = |client: &ClientMetadata| CertificateSubject::of(client).unwrap_err().member;
        assert_eq!(problem(&client(None, None, None, None)), "token_endpoint_auth_method");
        assert_eq!(
            problem(&client(Some("CN=a"), Some("a.example"), None, None)),
            "tls_client_auth_san_dns"
        );
        assert_eq!(
            problem(&client(Some("a"), None, None, None)),
            "tls_client_auth_subject_dn"
        );
        for dns in ["*.example.com", "a..b", "", "a b"] {
            assert_eq!(
                problem(&client(None, Some(dns), None, None)),
                "tls_client_auth_san_dns",
                "{dns}"
            );
        }
        assert_eq!(
            problem(&client(None, None, Some("192.0.2"), None)),
            "tls_client_auth_san_ip"
        );
        assert_eq!(
            problem(&client(None, None, None, Some("@example.com"))),
            "tls_client_auth_san_email"
        );
        let uri = ClientMetadata {
            tls_client_auth_san_uri: Some("nothing".into()),
            ..ClientMetadata::default()
        };
        assert_eq!(problem(&uri), "tls_client_auth_san_uri");
    }

    #[test]
    fn names_are_compared_as_their_kind_wants() {
        let dns = CertificateSubject::Dns("app.example.com".into());
        assert!(dns.is(&SubjectName::Dns("APP.example.com")) && !dns.is(&SubjectName::Dns("*.example.com")));
        assert!(!dns.is(&SubjectName::Email("app.example.com")) && !dns.is(&SubjectName::Uri("app.example.com")));
        let ip = CertificateSubject::Ip("2001:DB8::7".parse().unwrap());
        let bytes = "2001:db8:0::7".parse::<std::net::Ipv6Addr>().unwrap().octets();
        assert!(ip.is(&SubjectName::Ip(&bytes)) && !ip.is(&SubjectName::Ip(&[192, 0, 2, 7])));
        let email = CertificateSubject::Email("App@Example.com".into());
        assert!(email.is(&SubjectName::Email("App@example.com")) && !email.is(&SubjectName::Email("app@example.com")));
        let uri = CertificateSubject::Uri("https://a.example/x".into());
        assert!(uri.is(&SubjectName::Uri("https://a.example/x")) && !uri.is(&SubjectName::Uri("https://a.example/X")));
        let name = DistinguishedName::parse("CN=a").unwrap();
        assert!(CertificateSubject::Dn(name.clone()).is(&SubjectName::Dn(&name)));
    }
}
