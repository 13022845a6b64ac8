//! A certificate authority, the certificates of clients, good and bad, and lists of those that were revoked.
//!
//! ```
//! use testkit::pki::{Authority, Subject};
//!
//! let ca = Authority::new("Partners CA");
//! let app = ca.issue(&Subject::named("app").dns("app.example.com"));
//! let (name, value) = app.client_cert(); // for a server that believes this machine's Client-Cert
//! let on_tls = app.identity(); // for a reqwest client
//! # let _ = (name, value, on_tls);
//! ```

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jose::{Signer as _, SigningAlg, SigningKey, b64, random_bytes, sha256};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DistinguishedName, DnValue,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, OtherNameValue, RevokedCertParams, SanType, SerialNumber,
};
pub use rcgen::{DnType, ExtendedKeyUsagePurpose as Usage};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// 2020-01-01 and 2060-01-01, 00:00 UTC: between them everything is valid that does not say otherwise.
const ALWAYS: (i64, i64) = (1_577_836_800, 2_840_140_800);

/// What a certificate says.
#[derive(Clone)]
pub struct Subject {
    params: CertificateParams,
}

impl Subject {
    /// A client's certificate with this common name, valid at all times of tests.
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![Usage::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        Self { params }.valid(ALWAYS.0, ALWAYS.1)
    }

    /// With one more attribute in its name, above those that are there: `named("App").also(O, "Example")` is
    /// `CN=App,O=Example`.
    #[must_use]
    pub fn also(mut self, kind: DnType, value: impl Into<DnValue>) -> Self {
        let below = std::mem::take(&mut self.params.distinguished_name);
        self.params.distinguished_name.push(kind, value);
        for (kind, value) in below.iter() {
            self.params.distinguished_name.push(kind.clone(), value.clone());
        }
        self
    }

    /// With an organisation.
    #[must_use]
    pub fn organization(self, name: &str) -> Self {
        self.also(DnType::OrganizationName, name)
    }

    /// With an alternative name of this kind.
    #[must_use]
    pub fn san(mut self, name: SanType) -> Self {
        self.params.subject_alt_names.push(name);
        self
    }

    /// With a host name.
    #[must_use]
    pub fn dns(self, name: &str) -> Self {
        self.san(SanType::DnsName(name.try_into().expect("a host name")))
    }

    /// With a URI.
    #[must_use]
    pub fn uri(self, uri: &str) -> Self {
        self.san(SanType::URI(uri.try_into().expect("a URI")))
    }

    /// With an address.
    #[must_use]
    pub fn ip(self, address: &str) -> Self {
        self.san(SanType::IpAddress(address.parse().expect("an IP address")))
    }

    /// With a mail address.
    #[must_use]
    pub fn email(self, address: &str) -> Self {
        self.san(SanType::Rfc822Name(address.try_into().expect("a mail address")))
    }

    /// With a user principal name.
    #[must_use]
    pub fn upn(self, name: &str) -> Self {
        let kind = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
        self.san(SanType::OtherName((kind, OtherNameValue::Utf8String(name.to_owned()))))
    }

    /// Issued under a policy.
    #[must_use]
    pub fn policy(mut self, policy: &[u64]) -> Self {
        let sequence = |content: Vec<u8>, tag: u8| [vec![tag, u8::try_from(content.len()).unwrap()], content].concat();
        let policies = sequence(sequence(sequence(oid(policy), 0x06), 0x30), 0x30);
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 32], policies);
        self.params.custom_extensions.push(extension);
        self
    }

    /// Valid from one moment to another, unix seconds.
    #[must_use]
    pub fn valid(mut self, from: i64, until: i64) -> Self {
        self.params.not_before = at(from);
        self.params.not_after = at(until);
        self
    }

    /// Of a model of authenticators (WebAuthn Level 3 §8.2.1), whose maker issues it.
    #[must_use]
    pub fn authenticator_model(mut self, maker: &str) -> Self {
        self.params.is_ca = IsCa::ExplicitNoCa;
        self.params.extended_key_usages = Vec::new();
        self.also(DnType::OrganizationalUnitName, "Authenticator Attestation")
            .also(DnType::OrganizationName, maker)
            .also(DnType::CountryName, "SE")
    }

    /// For something other than authenticating clients.
    #[must_use]
    pub fn for_usage(mut self, usage: Usage) -> Self {
        self.params.extended_key_usages = vec![usage];
        self
    }

    /// The certificate, signed by its own key.
    pub fn self_signed(&self) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = self.with_serial().0.self_signed(&key).expect("a certificate");
        Identity::new(certificate.der().to_vec(), Vec::new(), &key, Vec::new())
    }

    fn with_serial(&self) -> (CertificateParams, Vec<u8>) {
        let mut serial = random_bytes::<16>().to_vec();
        serial[0] = serial[0] & 0x3f | 0x40;
        let mut params = self.params.clone();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        (params, serial)
    }
}

/// Who issues certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    /// The certificates that lead from here to the root, this one first; none of a root.
    chain: Vec<Vec<u8>>,
}

impl Authority {
    /// A root. Two of one name are two roots.
    pub fn new(name: &str) -> Self {
        Self::valid(name, ALWAYS.0, ALWAYS.1)
    }

    /// A root that is valid from one moment to another, unix seconds.
    pub fn valid(name: &str, from: i64, until: i64) -> Self {
        let (mut params, key) = authority(name);
        params.not_before = at(from);
        params.not_after = at(until);
        let der = params.self_signed(&key).expect("a certificate").der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            der,
            chain: Vec::new(),
        }
    }

    /// One that this one vouches for.
    #[must_use]
    pub fn intermediate(&self, name: &str) -> Self {
        let (params, key) = authority(name);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let der = certificate.der().to_vec();
        let chain = std::iter::once(&der).chain(&self.chain).cloned().collect();
        Self {
            issuer: Issuer::new(params, key),
            der,
            chain,
        }
    }

    /// A certificate for a client.
    pub fn issue(&self, subject: &Subject) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let (params, serial) = subject.with_serial();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity::new(certificate.der().to_vec(), self.chain.clone(), &key, serial)
    }

    /// The list of the certificates that were revoked, in PEM, good from one moment to another.
    pub fn revocations(&self, revoked: &[&Identity], from: i64, until: i64) -> String {
        let entry = |identity: &&Identity| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&identity.serial),
            revocation_time: at(from),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: at(from),
            next_update: at(until),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).expect("a list");
        list.pem().expect("PEM")
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }
}

fn authority(name: &str) -> (CertificateParams, KeyPair) {
    let mut params = Subject::named(name).params;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.extended_key_usages = Vec::new();
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from(1_u64));
    (params, KeyPair::generate().expect("a key"))
}

/// A client's certificate with its key.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub der: Vec<u8>,
    /// Those between it and the root.
    pub intermediates: Vec<Vec<u8>>,
    key: String,
    point: Vec<u8>,
    serial: Vec<u8>,
}

impl Identity {
    fn new(der: Vec<u8>, intermediates: Vec<Vec<u8>>, key: &KeyPair, serial: Vec<u8>) -> Self {
        Self {
            der,
            intermediates,
            key: key.serialize_pem(),
            point: key.public_key_raw().to_vec(),
            serial,
        }
    }

    /// The header `Client-Cert` of a proxy to which this was shown (RFC 9440 §2.2).
    pub fn client_cert(&self) -> (&'static str, String) {
        ("client-cert", byte_sequence(&self.der))
    }

    /// The header `Client-Cert-Chain` of such a proxy (RFC 9440 §2.3).
    pub fn client_cert_chain(&self) -> (&'static str, String) {
        let chain: Vec<String> = self.intermediates.iter().map(|der| byte_sequence(der)).collect();
        ("client-cert-chain", chain.join(", "))
    }

    /// What a reqwest client shows on a TLS connection: `ClientBuilder::identity`.
    pub fn identity(&self) -> reqwest::Identity {
        let chain = std::iter::once(&self.der).chain(&self.intermediates);
        let certificates: String = chain.map(|der| pem("CERTIFICATE", der)).collect();
        reqwest::Identity::from_pem(format!("{certificates}{}", self.key).as_bytes()).expect("an identity")
    }

    /// `x5t#S256`.
    pub fn thumbprint(&self) -> String {
        b64::encode(sha256(&self.der))
    }

    /// Its public key as a JWK that holds the certificate (RFC 7517 §4.7).
    pub fn jwk(&self) -> Value {
        let (x, y) = (&self.point[1..33], &self.point[33..65]);
        json!({
            "kty": "EC", "crv": "P-256", "x": b64::encode(x), "y": b64::encode(y),
            "x5c": [STANDARD.encode(&self.der)],
        })
    }

    /// The same as a TOML value, for the `jwks` of a realm file: `jwks = { keys = [ … ] }`.
    pub fn jwk_toml(&self) -> String {
        let jwk = self.jwk();
        let text = |name: &str| jwk[name].to_string();
        format!(
            "{{ kty = \"EC\", crv = \"P-256\", x = {}, y = {}, x5c = {} }}",
            text("x"),
            text("y"),
            text("x5c")
        )
    }

    /// A signature by its key, `r ‖ s`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let lines = self.key.lines().filter(|line| !line.starts_with("-----"));
        let pkcs8 = STANDARD.decode(lines.collect::<String>()).expect("base64");
        let key = SigningKey::from_pkcs8(SigningAlg::Es256, &pkcs8).expect("a key");
        key.sign(message).expect("a signature")
    }

    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// The key in PEM (PKCS #8).
    pub fn key_pem(&self) -> &str {
        &self.key
    }
}

fn byte_sequence(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The content of an object identifier (X.690 §8.19).
fn oid(arcs: &[u64]) -> Vec<u8> {
    let first = arcs[0] * 40 + arcs[1];
    let digits = |mut arc: u64| {
        let mut digits = vec![u8::try_from(arc & 0x7f).unwrap()];
        while arc > 0x7f {
            arc >>= 7;
            digits.insert(0, u8::try_from(arc & 0x7f).unwrap() | 0x80);
        }
        digits
    };
    [first].iter().chain(&arcs[2..]).flat_map(|arc| digits(*arc)).collect()
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_can_be_shown() {
        let root = Authority::new("root");
        let app = root
            .intermediate("middle")
            .issue(&Subject::named("app").dns("app.example.com"));
        assert_eq!(app.intermediates.len(), 1);
        assert!(app.client_cert().1.starts_with(":MII"));
        assert!(!app.client_cert_chain().1.contains(','));
        let _ = app.identity();
        assert!(root.pem().starts_with("-----BEGIN CERTIFICATE-----\nMII"));
        assert!(root.revocations(&[&app], 1, 2).starts_with("-----BEGIN X509 CRL-----"));
        assert_eq!(app.jwk()["x5c"][0], STANDARD.encode(&app.der));
    }
}
