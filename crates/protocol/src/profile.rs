//! The security profiles as data: every rule that differs between them is a column, every profile a row.
//!
//! Spec: RFC 6749, OpenID Connect Core, RFC 9700
//!
//! Endpoints ask the columns; none asks which profile it is. A new profile is a new row.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{GrantType, ResponseMode, TokenEndpointAuthMethod, assertion::AssertionAudience};

/// When an authorization request for a code must carry a `code_challenge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceRule {
    /// It is checked when it was sent.
    IfSent,
    /// It must be sent (RFC 9700 §2.1.1, OAuth 2.1 §4.1.1).
    Always,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the columns of a table are independent yes-or-no rules"
)]
pub struct SecurityProfile {
    /// The name in files, metadata and pages.
    pub name: &'static str,
    /// Strictness: a minimum admits every profile of its rank or above.
    pub rank: u8,
    /// What the profile is, in one sentence.
    pub what: &'static str,
    /// When PKCE is demanded.
    pub pkce: PkceRule,
    /// The grant types that a client may register.
    pub grant_types: &'static [GrantType],
    /// The response types that a client may register, in their canonical spelling.
    pub response_types: &'static [&'static str],
    /// The response modes that a request may name.
    pub response_modes: &'static [ResponseMode],
    /// The client authentication methods that a client may register.
    pub client_auth_methods: &'static [TokenEndpointAuthMethod],
    /// For whom a client's assertion may be meant (RFC 7523 §3).
    pub client_assertion_audience: AssertionAudience,
    /// Whether clients without a secret are allowed (RFC 6749 §2.1).
    pub public_clients: bool,
    /// Whether a public client's refresh token is replaced at each use (RFC 9700 §4.14.2).
    pub rotate_public_refresh_tokens: bool,
    /// Whether loopback and private-use scheme redirect URIs are allowed (RFC 8252 §7).
    pub native_redirects: bool,
    /// Whether a loopback redirect URI must match with its port too; otherwise any port will do (RFC 8252 §7.3).
    pub exact_loopback: bool,
    /// Whether `redirect_uri` must be in every authorization request, OpenID Connect or not.
    pub redirect_uri_always_required: bool,
    /// Whether every token response says its scope, also where RFC 6749 §5.1 would let it out.
    pub scope_always_returned: bool,
    /// Whether authorization responses say who sends them (RFC 9207 §2).
    pub iss_in_responses: bool,
}

impl SecurityProfile {
    /// The profile of realms and clients that name none.
    pub const DEFAULT: &'static str = "baseline";

    /// The row with this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Whether something that demands this profile is content with a client of the other: its rank or above.
    pub const fn admits(&self, other: &Self) -> bool {
        other.rank >= self.rank
    }

    /// Whether a client may use the response type, given in its canonical spelling.
    pub fn allows_response_type(&self, response_type: &str) -> bool {
        self.response_types.contains(&response_type)
    }
}

const EVERY_METHOD: &[TokenEndpointAuthMethod] = &[
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::ClientSecretJwt,
    TokenEndpointAuthMethod::PrivateKeyJwt,
    TokenEndpointAuthMethod::None,
];

/// The table. `baseline` is OAuth 2.0 by today's best practice (RFC 9700); `openid-core` is what OpenID Connect
/// certification and browser-only apps of the implicit kind need.
pub const PROFILES: &[SecurityProfile] = &[
    SecurityProfile {
        name: "openid-core",
        rank: 0,
        what: "What RFC 6749 and OpenID Connect Core allow, for interoperability and apps that live in the browser alone",
        pkce: PkceRule::IfSent,
        grant_types: GrantType::ALL,
        response_types: &[
            "code",
            "id_token",
            "token",
            "id_token token",
            "code id_token",
            "code token",
            "code id_token token",
        ],
        response_modes: ResponseMode::ALL,
        client_auth_methods: EVERY_METHOD,
        client_assertion_audience: AssertionAudience::IssuerOrEndpoint,
        public_clients: true,
        rotate_public_refresh_tokens: true,
        native_redirects: true,
        exact_loopback: false,
        redirect_uri_always_required: false,
        scope_always_returned: true,
        iss_in_responses: true,
    },
    SecurityProfile {
        name: "baseline",
        rank: 1,
        what: "OAuth 2.0 by today's best practice (RFC 9700) and OpenID Connect: the code grant with PKCE, nothing implicit",
        pkce: PkceRule::Always,
        grant_types: &[
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            GrantType::DeviceCode,
            GrantType::TokenExchange,
            GrantType::JwtBearer,
        ],
        response_types: &["code"],
        response_modes: ResponseMode::ALL,
        client_auth_methods: EVERY_METHOD,
        client_assertion_audience: AssertionAudience::IssuerOrEndpoint,
        public_clients: true,
        rotate_public_refresh_tokens: true,
        native_redirects: true,
        exact_loopback: false,
        redirect_uri_always_required: false,
        scope_always_returned: true,
        iss_in_responses: true,
    },
];

/// A profile that was named in a file or a row: read and written by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileRef(pub &'static SecurityProfile);

impl Default for ProfileRef {
    /// The row of [`SecurityProfile::DEFAULT`].
    fn default() -> Self {
        const ROW: &SecurityProfile = match PROFILES {
            [_, baseline, ..] => baseline,
            _ => panic!("the table has the row baseline"),
        };
        Self(ROW)
    }
}

impl Deref for ProfileRef {
    type Target = SecurityProfile;

    fn deref(&self) -> &SecurityProfile {
        self.0
    }
}

impl Serialize for ProfileRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl<'de> Deserialize<'de> for ProfileRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        SecurityProfile::find(&name)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("unknown profile {name:?}, expected one of: {}", names())))
    }
}

/// The names of all profiles, for messages.
pub(crate) fn names() -> String {
    PROFILES
        .iter()
        .map(|profile| profile.name)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResponseType;

    #[test]
    fn every_row_is_found_by_its_name_and_named_once() {
        for profile in PROFILES {
            assert_eq!(SecurityProfile::find(profile.name), Some(profile));
            let json = serde_json::to_string(&ProfileRef(SecurityProfile::find(profile.name).unwrap())).unwrap();
            assert_eq!(serde_json::from_str::<ProfileRef>(&json).unwrap().name, profile.name);
        }
        assert_eq!(SecurityProfile::find("fapi9"), None);
        let error = serde_json::from_str::<ProfileRef>(r#""fapi9""#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("openid-core, baseline"), "{error}");
    }

    #[test]
    fn the_default_is_baseline() {
        assert_eq!(ProfileRef::default().name, SecurityProfile::DEFAULT);
        assert_eq!(SecurityProfile::DEFAULT, "baseline");
    }

    #[test]
    fn a_minimum_admits_its_own_rank_and_above() {
        let (core, baseline) = (
            SecurityProfile::find("openid-core").unwrap(),
            SecurityProfile::find("baseline").unwrap(),
        );
        assert!(core.admits(core) && core.admits(baseline) && baseline.admits(baseline));
        assert!(!baseline.admits(core));
    }

    #[test]
    fn response_types_are_written_canonically() {
        for profile in PROFILES {
            for text in profile.response_types {
                assert_eq!(ResponseType::parse(text).unwrap().to_string(), *text);
            }
        }
    }

    #[test]
    fn baseline_has_nothing_implicit_and_demands_pkce() {
        let baseline = SecurityProfile::find("baseline").unwrap();
        assert_eq!(
            (baseline.response_types, baseline.pkce),
            (["code"].as_slice(), PkceRule::Always)
        );
        assert!(!baseline.grant_types.contains(&GrantType::Implicit) && !baseline.allows_response_type("id_token"));
    }

    #[test]
    fn a_row_without_public_clients_lists_no_method_none() {
        for profile in PROFILES {
            assert_eq!(
                profile.public_clients,
                profile.client_auth_methods.contains(&TokenEndpointAuthMethod::None)
            );
        }
    }
}
