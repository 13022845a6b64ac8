//! What a certificate says of the person who holds it.
//!
//! Spec: RFC 5280 §4.1.2.6, §4.2.1.4, §4.2.1.6, RFC 4514 §3
//!
//! Names are answered as they stand there; whose they are is decided elsewhere. The user principal name is the alternative
//! name by which Windows domains, and the smart cards that are made for them, know a person.

use jose::{b64, sha256};
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::Certificate;

/// `id-ms-san-upn`.
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";
/// `uid` (RFC 4519 §2.39).
const UID: &str = "0.9.2342.19200300.100.1.1";
/// `[0] EXPLICIT`, and `UTF8String`.
const EXPLICIT: u8 = 0xa0;
const UTF8_STRING: u8 = 0x0c;

/// The SHA-256 of a certificate, base64url: which one it is.
pub fn thumbprint(der: &[u8]) -> String {
    b64::encode(sha256(der))
}

impl Certificate<'_> {
    /// The mail addresses of its alternative names.
    pub fn san_emails(&self) -> Vec<String> {
        self.alternative_names(|name| match name {
            GeneralName::RFC822Name(address) => Some((*address).to_owned()),
            _ => None,
        })
    }

    /// The user principal names of its alternative names.
    pub fn san_upns(&self) -> Vec<String> {
        self.alternative_names(|name| match name {
            GeneralName::OtherName(kind, value) if kind.to_id_string() == UPN => {
                let text = content(content(value, EXPLICIT)?, UTF8_STRING)?;
                std::str::from_utf8(text).ok().map(str::to_owned)
            }
            _ => None,
        })
    }

    /// The common names of its subject.
    pub fn subject_cns(&self) -> Vec<String> {
        let names = self.0.subject().iter_common_name();
        names.filter_map(|name| name.as_str().ok().map(str::to_owned)).collect()
    }

    /// The user ids of its subject.
    pub fn subject_uids(&self) -> Vec<String> {
        let attributes = self.0.subject().iter_attributes();
        let uids = attributes.filter(|attribute| attribute.attr_type().to_id_string() == UID);
        uids.filter_map(|uid| uid.as_str().ok().map(str::to_owned)).collect()
    }

    /// The policies under which it was issued, as object identifiers.
    pub fn policies(&self) -> Vec<String> {
        let extensions = self.0.extensions().iter();
        extensions
            .filter_map(|extension| match extension.parsed_extension() {
                ParsedExtension::CertificatePolicies(policies) => Some(policies),
                _ => None,
            })
            .flatten()
            .map(|policy| policy.policy_id.to_id_string())
            .collect()
    }

    /// One whose alternative names cannot be read has none.
    fn alternative_names(&self, pick: impl Fn(&GeneralName<'_>) -> Option<String>) -> Vec<String> {
        match self.0.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(pick).collect(),
            _ => Vec::new(),
        }
    }
}

/// What is in a DER value of this tag, and nothing behind it; as long as such names are.
fn content(der: &[u8], tag: u8) -> Option<&[u8]> {
    match der {
        [found, length, content @ ..] if *found == tag && *length < 0x80 && content.len() == usize::from(*length) => {
            Some(content)
        }
        [found, 0x81, length, content @ ..] if *found == tag && content.len() == usize::from(*length) => Some(content),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use testkit::pki::{Authority, DnType, Subject};

    use super::*;

    #[test]
    fn a_person_is_named_in_several_ways() {
        let subject = Subject::named("Alice Example")
            .also(DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1]), "alice")
            .email("alice@example.com")
            .email("a@example.org")
            .upn("alice@corp.example")
            .dns("app.example.com")
            .policy(&[2, 16, 840, 1, 101, 3, 2, 1, 3, 13]);
        let issued = Authority::new("CA").issue(&subject);
        let certificate = Certificate::parse(&issued.der).unwrap();
        assert_eq!(certificate.san_emails(), ["alice@example.com", "a@example.org"]);
        assert_eq!(certificate.san_upns(), ["alice@corp.example"]);
        assert_eq!(certificate.subject_cns(), ["Alice Example"]);
        assert_eq!(certificate.subject_uids(), ["alice"]);
        assert_eq!(certificate.policies(), ["2.16.840.1.101.3.2.1.3.13"]);
        assert_eq!(thumbprint(&issued.der).len(), 43);
    }

    #[test]
    fn one_that_names_nobody_has_no_names() {
        let issued = Authority::new("CA").issue(&Subject::named("app"));
        let certificate = Certificate::parse(&issued.der).unwrap();
        assert!(certificate.san_emails().is_empty() && certificate.san_upns().is_empty());
        assert!(certificate.subject_uids().is_empty() && certificate.policies().is_empty());
    }

    #[test]
    fn only_whole_values_are_read() {
        assert_eq!(content(&[0x0c, 1, b'a'], 0x0c), Some(b"a".as_slice()));
        assert_eq!(content(&[0x0c, 0x81, 1, b'a'], 0x0c), Some(b"a".as_slice()));
        for wrong in [&[0x0c, 2, b'a'][..], &[0x0c, 0, b'a'], &[0x13, 1, b'a'], &[0x0c], &[]] {
            assert_eq!(content(wrong, 0x0c), None, "{wrong:?}");
        }
    }
}
