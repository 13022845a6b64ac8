//! A realm: one issuer with its own users, clients, APIs, keys and branding.

use jose::KeySet;
use protocol::{acr::Acr, profile::ProfileRef};
use serde::{Deserialize, Serialize};

use crate::{CertificateMapping, Policies};

/// The settings of a realm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Realm {
    /// The issuer identifier: a URL without query and fragment, perhaps with a path, without a trailing slash.
    pub issuer: String,
    /// The organisation's name, shown on pages.
    pub display_name: String,
    /// The languages offered, first is the default.
    pub locales: Vec<String>,
    /// The profile of clients that name none.
    pub profile: ProfileRef,
    /// The profiles that this realm offers.
    pub profiles: Vec<ProfileRef>,
    /// Dynamic client registration.
    #[serde(default)]
    pub registration: Registration,
    /// Whether people may make their own accounts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sign_up: bool,
    /// Whether every proof of a key must hold a nonce (RFC 9449 §8), also where this node could do without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dpop_nonces: bool,
    /// Other issuers whose assertions are believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// How long things live.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// Where mutual TLS is asked for, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls: Option<String>,
    /// Who vouches for the certificates of clients: one certificate each, in PEM.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_ca: Vec<String>,
    /// What they have revoked: one list each, in PEM.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crl: Vec<String>,
    /// Whose certificate it is that a user shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate_mapping: Vec<CertificateMapping>,
    /// The policies (object identifiers) of certificates on smart cards that ask for a PIN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub smart_card_policies: Vec<String>,
    /// Whether tokens are bound to keys of Token Binding, for clients that can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub token_binding: bool,
    /// Whether users may stay signed in when their browser is closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remember_me: bool,
    /// Whether users sign in by a code that is sent to their verified mail address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub email_code: bool,
    /// Whether who has forgotten their password sets a new one by a link in a mail.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub password_reset: bool,
    /// Whose authenticators are known to keep their keys in hardware: one certificate of a maker each, in PEM.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passkey_ca: Vec<String>,
    /// How long a further factor waits that was enrolled with a password alone, in seconds.
    #[serde(default = "a_day")]
    pub enrolment_delay: i64,
    /// What is kept of what happened.
    #[serde(default)]
    pub audit: AuditSettings,
    /// Who may sign in, and with which factors.
    #[serde(default, skip_serializing_if = "Policies::is_empty", with = "crate::policy::stored")]
    pub policies: Policies,
}

const fn yes() -> bool {
    true
}

/// What a realm that says nothing waits.
const fn a_day() -> i64 {
    24 * 3600
}

impl Realm {
    /// A realm in which nothing is set.
    pub fn new(issuer: &str) -> Self {
        let profile = ProfileRef::default();
        Self {
            issuer: issuer.into(),
            display_name: "Sekisho".into(),
            locales: vec!["en".into()],
            profile,
            profiles: vec![profile],
            registration: Registration::Off,
            sign_up: false,
            dpop_nonces: false,
            trusted_issuers: Vec::new(),
            lifetimes: Lifetimes::default(),
            mtls: None,
            client_ca: Vec::new(),
            crl: Vec::new(),
            certificate_mapping: Vec::new(),
            smart_card_policies: Vec::new(),
            token_binding: false,
            remember_me: false,
            email_code: false,
            password_reset: true,
            passkey_ca: Vec::new(),
            enrolment_delay: 24 * 3600,
            audit: AuditSettings::default(),
            policies: Policies::default(),
        }
    }

    /// The levels that sign-ins of this realm can reach, as its metadata says them.
    pub fn reachable_acr(&self) -> &'static [Acr] {
        if self.knows_hardware() {
            Acr::REACHABLE_IN_HARDWARE
        } else {
            Acr::REACHABLE
        }
    }

    /// The highest level that a sign-in of this realm can reach, those included that are only asked for by name.
    pub fn highest_acr(&self) -> Acr {
        if self.knows_hardware() { Acr::Loa4 } else { Acr::Phr }
    }

    /// Whether somebody is known who vouches that keys of users stay in hardware.
    fn knows_hardware(&self) -> bool {
        !self.passkey_ca.is_empty() || !self.smart_card_policies.is_empty()
    }

    /// The path of the issuer without a trailing slash: `""` or `"/path"`.
    pub fn base_path(&self) -> &str {
        authority_and_path(&self.issuer).1
    }

    /// Host and port of the issuer, as a browser's `Host` header says it.
    pub fn authority(&self) -> &str {
        authority_and_path(&self.issuer).0
    }

    /// Host and port, and the path, of where mutual TLS is asked for, if that is elsewhere.
    pub fn mtls_place(&self) -> Option<(&str, &str)> {
        self.mtls.as_deref().map(authority_and_path)
    }

    /// Whether browsers reach this issuer by https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// The origin (scheme, host, port) of the issuer, as in an `Origin` header.
    pub fn origin(&self) -> &str {
        let end = self.issuer.len() - self.issuer.split_once("://").map_or(0, |(_, rest)| rest.len())
            + self.authority().len();
        self.issuer.get(..end).unwrap_or(&self.issuer)
    }
}

/// Host and port of a URL, and its path without a trailing slash: `""` or `"/path"`.
fn authority_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (authority, path.trim_end_matches('/'))
}

/// Dynamic client registration (RFC 7591).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Nobody registers clients by themselves.
    #[default]
    Off,
    /// Who has an initial access token registers clients (RFC 7591 §3).
    Token,
    /// Anybody registers clients.
    Open,
}

impl Registration {
    /// Whether there is a registration endpoint.
    pub const fn is_offered(self) -> bool {
        !matches!(self, Self::Off)
    }
}

/// Another issuer, whose assertions are believed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrustedIssuer {
    /// Its identifier: the `iss` of its assertions.
    pub issuer: String,
    /// Its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<KeySet>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// For what it is believed.
    pub purposes: Vec<TrustedFor>,
    /// Which claim of this server's users its `sub` is: `sub`, `username` or `email`.
    #[serde(default)]
    pub subject: SubjectClaim,
}

/// What an assertion of a trusted issuer can be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrustedFor {
    /// Access tokens for its subject (RFC 7523 §2.1).
    #[serde(rename = "jwt-bearer")]
    JwtBearer,
    /// Its tokens are exchanged for tokens of this server (RFC 8693).
    #[serde(rename = "token-exchange")]
    TokenExchange,
    /// It vouches for client metadata (RFC 7591 §2.3).
    #[serde(rename = "software-statement")]
    SoftwareStatement,
    /// It says who is to be asked in the background (CIBA §7.1, `login_hint_token`).
    #[serde(rename = "login-hint")]
    LoginHint,
}

/// Which claim of a user another issuer's `sub` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectClaim {
    /// The subject identifier.
    #[default]
    Sub,
    /// The name to sign in with.
    Username,
    /// The verified mail address.
    Email,
}

/// How long things live, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifetimes {
    /// An authorization code: single use, so short.
    pub authorization_code: i64,
    /// An access token.
    pub access_token: i64,
    /// A refresh token that is not used.
    pub refresh_token: i64,
    /// A grant, whatever happens.
    pub grant: i64,
    /// A session, whatever happens.
    pub session: i64,
    /// A session in which nothing happens; none: as long as any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_idle: Option<i64>,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: i64 = 24 * 3600;
        Self {
            authorization_code: 60,
            access_token: 600,
            refresh_token: 30 * DAY,
            grant: 365 * DAY,
            session: DAY / 2,
            session_idle: None,
        }
    }
}

/// What is kept of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditSettings {
    /// For how long, in seconds.
    pub retain: i64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            retain: 365 * 24 * 3600,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_taken_apart() {
        let root = Realm::new("https://id.example.com");
        assert_eq!(
            (root.base_path(), root.authority(), root.origin()),
            ("", "id.example.com", "https://id.example.com")
        );
        let path = Realm::new("http://localhost:8080/bank/one");
        assert_eq!(
            (path.base_path(), path.authority(), path.origin()),
            ("/bank/one", "localhost:8080", "http://localhost:8080")
        );
        assert!(!path.is_https());
        assert_eq!(path.highest_acr(), Acr::Phr);
        let hardware = Realm {
            passkey_ca: vec!["PEM".into()],
            ..path.clone()
        };
        assert_eq!(hardware.reachable_acr().last(), Some(&hardware.highest_acr()));
        assert_eq!(path.mtls_place(), None);
        let elsewhere = Realm {
            mtls: Some("https://mtls.example.com:8443/bank".into()),
            ..path
        };
        assert_eq!(elsewhere.mtls_place(), Some(("mtls.example.com:8443", "/bank")));
    }
}
