//! Entities and their state machines; ids, clock, secrets. No I/O, no async.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod clock;
mod id;
mod secret;

pub mod api;
pub mod api_key;
pub mod audit_event;
pub mod authenticator;
pub mod authorization;
pub mod certificate_mapping;
pub mod ciba_request;
pub mod client;
pub mod consent_sentence;
pub mod device;
pub mod device_request;
pub mod flow;
pub mod grant;
pub mod initial_access_token;
pub mod policy;
pub mod polled_request;
pub mod pushed_request;
pub mod realm;
pub mod refresh_token;
pub mod session;
pub mod signing_key;
pub mod user;

pub use api::{Api, ApiScope, DetailsType, TokenFormat};
pub use api_key::{ApiKey, ApiKeyState};
pub use audit_event::{Actor, AuditEvent, AuditKind, AuditResult};
pub use authenticator::Authenticator;
pub use authorization::{Authorization, AuthorizationContext};
pub use certificate_mapping::{CertificateMapping, CertificateName, MappedUser};
pub use ciba_request::{CibaRequest, CibaRequestDetails};
pub use client::Client;
pub use clock::Clock;
pub use device::RecognisedDevice;
pub use device_request::{DeviceRequest, DeviceRequestDetails};
pub use flow::{Flow, Goal};
pub use grant::Grant;
pub use id::{new_id, new_subject};
pub use initial_access_token::InitialAccessToken;
pub use policy::{Message, Network, Policies, Policy};
pub use polled_request::{PolledRequest, PolledState};
pub use pushed_request::{PushedRequest, PushedRequestDetails};
pub use realm::{AuditSettings, Lifetimes, Realm, Registration, SubjectClaim, TrustedFor, TrustedIssuer};
pub use refresh_token::RefreshFamily;
pub use secret::{Secret, api_key_hash, client_secret_hash, initial_token_hash, registration_token_hash};
pub use session::Session;
pub use signing_key::{KeyState, SigningKeyRow};
pub use user::{User, username_key};

use serde::{Deserialize, Serialize};

/// Who made an object, and so who may change it: a file (`apply`) or the administration (commands, API).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A realm file.
    File,
    /// A realm file named it once and no longer does: it is off, and nobody's until somebody takes it up again.
    Removed,
    /// A command or the admin API.
    Api,
    /// The client itself, at the registration endpoint.
    Registration,
}

impl Source {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Removed => "removed",
            Self::Api => "api",
            Self::Registration => "registration",
        }
    }

    /// From the stored form; anything unknown counts as made by the administration, which `apply` leaves alone.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "file" => Self::File,
            "removed" => Self::Removed,
            "registration" => Self::Registration,
            _ => Self::Api,
        }
    }
}

/// A text in several languages: locale → text.
pub type Localized = std::collections::BTreeMap<String, String>;

/// The text for a locale, else English, else any.
pub fn localized<'a>(texts: &'a Localized, locale: &str) -> Option<&'a str> {
    texts
        .get(locale)
        .or_else(|| texts.get("en"))
        .or_else(|| texts.values().next())
        .map(String::as_str)
}
