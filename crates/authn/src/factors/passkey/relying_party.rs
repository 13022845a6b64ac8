//! Which origin a realm's passkeys are for.
//!
//! Spec: WebAuthn Level 3 §5.1.2, §5.4.3, §13.4.9, RFC 6454 §4
//!
//! The relying party is the issuer's host, the origin the issuer's. Realms on one host share a relying party: a browser
//! offers the passkeys of one at the other, where nobody knows them. What keeps them apart is that a credential is looked up
//! in its realm, and that the user handle follows from the issuer too.

use std::time::Duration;

use jose::sha256;
use model::{Realm, flow::LIFETIME};
use url::{Host, Url};
use webauthn_rs::prelude::{Uuid, Webauthn, WebauthnBuilder};

/// A realm as authenticators see it.
pub struct RelyingParty {
    pub(super) webauthn: Webauthn,
    issuer: String,
}

impl RelyingParty {
    /// The relying party of a realm; `None` where browsers know none: an address instead of a host name, or plain HTTP
    /// elsewhere than on this machine.
    pub fn of(realm: &Realm) -> Option<Self> {
        let issuer = Url::parse(&realm.issuer).ok()?;
        let host = match issuer.host()? {
            Host::Domain(host) => host.to_owned(),
            Host::Ipv4(_) | Host::Ipv6(_) => return None,
        };
        if issuer.scheme() != "https" && host != "localhost" {
            return None;
        }
        let origin = Url::parse(&issuer.origin().ascii_serialization()).ok()?;
        // Nobody is hurried: a page may be open for as long as its flow lives.
        let timeout = Duration::from_secs(LIFETIME.unsigned_abs());
        let builder = WebauthnBuilder::new(&host, &origin).ok()?;
        let webauthn = builder.rp_name(&realm.display_name).timeout(timeout).build().ok()?;
        Some(Self {
            webauthn,
            issuer: realm.issuer.clone(),
        })
    }

    /// What an authenticator keeps of a user: "The user handle MUST NOT contain personally identifying information"
    /// (§14.6.1). The same for all passkeys of a user, and another in each realm.
    pub fn user_handle(&self, user_id: &str) -> Uuid {
        let issuer = sha256(self.issuer.as_bytes());
        let hash = sha256(&[issuer.as_slice(), user_id.as_bytes()].concat());
        let mut first_half = [0; 16];
        for (byte, of_hash) in first_half.iter_mut().zip(hash) {
            *byte = of_hash;
        }
        Uuid::from_bytes(first_half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::settings;

    #[test]
    fn the_issuers_origin_is_the_relying_party() {
        for issuer in [
            "https://id.example.com",
            "https://id.example.com:8443/bank",
            "http://localhost:8080",
        ] {
            assert!(RelyingParty::of(&settings(issuer)).is_some(), "{issuer}");
        }
        for issuer in ["https://192.0.2.1", "https://[2001:db8::1]", "http://id.example.com"] {
            assert!(RelyingParty::of(&settings(issuer)).is_none(), "{issuer}");
        }
    }

    #[test]
    fn a_user_has_another_handle_in_each_realm_of_a_host() {
        let handle = |issuer: &str, user: &str| RelyingParty::of(&settings(issuer)).unwrap().user_handle(user);
        let (one, two) = ("https://id.example.com/one", "https://id.example.com/two");
        assert_eq!(handle(one, "alice"), handle(one, "alice"));
        assert_ne!(handle(one, "alice"), handle(two, "alice"));
        assert_ne!(handle(one, "alice"), handle(one, "bob"));
        assert!(!handle(one, "alice").to_string().contains("alice"));
    }
}
