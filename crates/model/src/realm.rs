//! A realm: one issuer with its own users, clients, APIs, keys and branding.

use protocol::profile::ProfileRef;
use serde::{Deserialize, Serialize};

/// The settings of a realm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How long things live.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// Where mutual TLS is asked for, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls: Option<String>,
}

impl Realm {
    /// The path of the issuer without a trailing slash: `""` or `"/path"`.
    pub fn base_path(&self) -> &str {
        let rest = self.issuer.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/')
            .and_then(|at| rest.get(at..))
            .unwrap_or("")
            .trim_end_matches('/')
    }

    /// Host and port of the issuer, as a browser's `Host` header says it.
    pub fn authority(&self) -> &str {
        let rest = self.issuer.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or("")
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

/// Dynamic client registration (RFC 7591).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Nobody registers clients by themselves.
    #[default]
    Off,
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
    /// A session.
    pub session: i64,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realm(issuer: &str) -> Realm {
        let profile = ProfileRef::default();
        Realm {
            issuer: issuer.into(),
            display_name: "Bank".into(),
            locales: vec!["en".into()],
            profile,
            profiles: vec![profile],
            registration: Registration::Off,
            lifetimes: Lifetimes::default(),
            mtls: None,
        }
    }

    #[test]
    fn an_issuer_is_taken_apart() {
        let root = realm("https://id.example.com");
        assert_eq!(
            (root.base_path(), root.authority(), root.origin()),
            ("", "id.example.com", "https://id.example.com")
        );
        let path = realm("http://localhost:8080/bank/one");
        assert_eq!(
            (path.base_path(), path.authority(), path.origin()),
            ("/bank/one", "localhost:8080", "http://localhost:8080")
        );
        assert!(!path.is_https());
    }
}
