//! The security profiles as data: every rule that differs between them is a column, every profile a row.
//!
//! Spec: RFC 6749, OpenID Connect Core, RFC 9700, FAPI 1.0 Baseline §5.2.2, FAPI 1.0 Advanced §5.2.2 and §8.6, FAPI 2.0 Security
//! Profile §5.3.2 and §5.4, FAPI 2.0 Message Signing §5.3 and §5.4, FAPI-CIBA §5.2.2
//!
//! Endpoints ask the columns; none asks which profile it is. A new profile is a new row.

use std::ops::Deref;

use jose::SigningAlg;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{GrantType, ResponseMode, TokenDeliveryMode, TokenEndpointAuthMethod, assertion::AssertionAudience};

/// When an authorization request for a code must carry a `code_challenge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceRule {
    /// It is checked when it was sent.
    IfSent,
    /// It must be sent (RFC 9700 §2.1.1, OAuth 2.1 §4.1.1).
    Always,
    /// It must be sent where the request is pushed, since nothing else binds it to whoever pushed it (FAPI 1.0 Advanced
    /// §5.2.2-18); otherwise it is checked when it was sent.
    IfPushed,
}

/// How access tokens must be bound to a key of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderConstraint {
    /// They are bound when the client asks for it or brings a proof.
    IfAsked,
    /// To its certificate (RFC 8705 §3).
    Certificate,
    /// To its certificate, or to a key of which it brings proofs (RFC 8705 §3, RFC 9449 §5).
    CertificateOrDpop,
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
    /// The algorithms with which the client and this server sign what they tell each other.
    pub signing_algs: &'static [SigningAlg],
    /// How access tokens are bound to their client.
    pub sender_constraint: SenderConstraint,
    /// Whether authorization requests must be pushed by a client that authenticates (RFC 9126).
    pub pushed_requests: bool,
    /// Whether authorization requests must be signed (RFC 9101), so that nothing outside of the signature counts.
    pub signed_requests: bool,
    /// For how long, in seconds, a request object may be valid; it must then say so by `nbf` and `exp`.
    pub request_object_lifetime: Option<i64>,
    /// Whether a response that is a code alone may come unsigned; otherwise it must be a JWT (JARM).
    pub unsigned_code_responses: bool,
    /// Whether a request must carry what tells its answer from others: `nonce` in OpenID Connect, else `state` (FAPI 1.0
    /// Baseline §5.2.2.2, §5.2.2.3).
    pub nonce_or_state_required: bool,
    /// Whether an ID token from the authorization endpoint is a signature over `state` too, by `s_hash` (FAPI 1.0
    /// Advanced §5.2.2.1).
    pub state_hash: bool,
    /// How a client may be told what became of a backchannel request (CIBA §5).
    pub token_delivery_modes: &'static [TokenDeliveryMode],
    /// Whether a backchannel request must carry what tells it from others: a `binding_message`, or
    /// `authorization_details` (FAPI-CIBA §5.2.2-2).
    pub authorization_context_required: bool,
    /// Whether an ID token that comes with a code says of the user what was asked for by name (FAPI 1.0 Advanced
    /// §5.2.2.1-6); otherwise that is said only where nobody else can read it.
    pub identity_in_front_channel: bool,
    /// Whether a code may be bound to a key of Token Binding in the place of a secret (OAuth Token Binding §5).
    pub token_bound_codes: bool,
    /// The longest life of a code, in seconds, whatever the realm says.
    pub longest_code_lifetime: i64,
    /// The longest life, in seconds, of an access token that is bound to no key, whatever the realm says.
    pub longest_bearer_lifetime: i64,
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

    /// With what this server signs for a client that registered nothing: the first of the algorithms, which is RS256 unless
    /// the profile forbids that.
    pub fn default_signing_alg(&self) -> SigningAlg {
        self.signing_algs.first().copied().unwrap_or(SigningAlg::Ps256)
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
    TokenEndpointAuthMethod::TlsClientAuth,
    TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
    TokenEndpointAuthMethod::None,
];

/// Those by which a client never shows what it proves itself with.
const ASYMMETRIC_METHODS: &[TokenEndpointAuthMethod] = &[
    TokenEndpointAuthMethod::PrivateKeyJwt,
    TokenEndpointAuthMethod::TlsClientAuth,
    TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
];

/// What the two profiles of FAPI 2.0 have in common: that of security.
const FAPI2: SecurityProfile = SecurityProfile {
    name: "fapi2-security",
    rank: 3,
    what: "FAPI 2.0 Security: clients of APIs of high risk; pushed requests, tokens bound to a key",
    pkce: PkceRule::Always,
    // "For example the client credentials grant or the CIBA grant" (FAPI 2.0 Security Profile §5.3.2.1, note 2).
    grant_types: &[
        GrantType::AuthorizationCode,
        GrantType::RefreshToken,
        GrantType::ClientCredentials,
        GrantType::Ciba,
    ],
    response_types: &["code"],
    response_modes: ResponseMode::ALL,
    client_auth_methods: ASYMMETRIC_METHODS,
    client_assertion_audience: AssertionAudience::IssuerAlone,
    public_clients: false,
    rotate_public_refresh_tokens: false,
    native_redirects: true,
    exact_loopback: false,
    redirect_uri_always_required: true,
    scope_always_returned: true,
    iss_in_responses: true,
    signing_algs: &[SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa],
    sender_constraint: SenderConstraint::CertificateOrDpop,
    pushed_requests: true,
    signed_requests: false,
    request_object_lifetime: Some(3600),
    unsigned_code_responses: true,
    nonce_or_state_required: false,
    state_hash: false,
    // As FAPI-CIBA has it (§5.2.2-2 to -5).
    token_delivery_modes: &[TokenDeliveryMode::Poll, TokenDeliveryMode::Ping],
    authorization_context_required: true,
    identity_in_front_channel: true,
    token_bound_codes: false,
    // §5.3.2.1-11.
    longest_code_lifetime: 60,
    longest_bearer_lifetime: i64::MAX,
};

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
        signing_algs: &SigningAlg::ALL,
        sender_constraint: SenderConstraint::IfAsked,
        pushed_requests: false,
        signed_requests: false,
        request_object_lifetime: None,
        unsigned_code_responses: true,
        nonce_or_state_required: false,
        state_hash: false,
        token_delivery_modes: TokenDeliveryMode::ALL,
        authorization_context_required: false,
        identity_in_front_channel: true,
        token_bound_codes: true,
        longest_code_lifetime: i64::MAX,
        longest_bearer_lifetime: i64::MAX,
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
            GrantType::Ciba,
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
        signing_algs: &SigningAlg::ALL,
        sender_constraint: SenderConstraint::IfAsked,
        pushed_requests: false,
        signed_requests: false,
        request_object_lifetime: None,
        unsigned_code_responses: true,
        nonce_or_state_required: false,
        state_hash: false,
        token_delivery_modes: TokenDeliveryMode::ALL,
        authorization_context_required: false,
        identity_in_front_channel: true,
        token_bound_codes: true,
        longest_code_lifetime: i64::MAX,
        longest_bearer_lifetime: i64::MAX,
    },
    SecurityProfile {
        name: "fapi1-baseline",
        rank: 2,
        what: "FAPI 1.0 Baseline: clients of APIs of moderate risk, which read",
        pkce: PkceRule::Always,
        // Part 1 names no more.
        grant_types: &[
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ],
        response_types: &["code"],
        response_modes: ResponseMode::ALL,
        client_auth_methods: &[
            TokenEndpointAuthMethod::ClientSecretJwt,
            TokenEndpointAuthMethod::PrivateKeyJwt,
            TokenEndpointAuthMethod::TlsClientAuth,
            TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
            TokenEndpointAuthMethod::None,
        ],
        client_assertion_audience: AssertionAudience::IssuerOrEndpoint,
        public_clients: true,
        rotate_public_refresh_tokens: true,
        native_redirects: false,
        exact_loopback: true,
        redirect_uri_always_required: true,
        scope_always_returned: true,
        iss_in_responses: true,
        signing_algs: &SigningAlg::ALL,
        sender_constraint: SenderConstraint::IfAsked,
        pushed_requests: false,
        signed_requests: false,
        request_object_lifetime: None,
        unsigned_code_responses: true,
        nonce_or_state_required: true,
        state_hash: false,
        token_delivery_modes: &[],
        authorization_context_required: false,
        identity_in_front_channel: true,
        token_bound_codes: false,
        longest_code_lifetime: i64::MAX,
        // "less than 10 minutes unless the tokens are sender-constrained" (§5.2.2-21).
        longest_bearer_lifetime: 599,
    },
    SecurityProfile {
        name: "fapi1-advanced",
        rank: 3,
        what: "FAPI 1.0 Advanced: clients of APIs of high risk, which write; signed requests and answers, tokens bound to certificates",
        pkce: PkceRule::IfPushed,
        // OpenID Connect Registration §2 counts `code id_token` among what needs `implicit`; no response type here is
        // implicit alone.
        grant_types: &[
            GrantType::AuthorizationCode,
            GrantType::Implicit,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            // FAPI-CIBA applies to its clients.
            GrantType::Ciba,
        ],
        response_types: &["code", "code id_token"],
        response_modes: &[
            ResponseMode::Fragment,
            ResponseMode::FormPost,
            ResponseMode::Jwt,
            ResponseMode::QueryJwt,
            ResponseMode::FragmentJwt,
            ResponseMode::FormPostJwt,
        ],
        client_auth_methods: ASYMMETRIC_METHODS,
        client_assertion_audience: AssertionAudience::IssuerOrEndpoint,
        public_clients: false,
        rotate_public_refresh_tokens: true,
        native_redirects: false,
        exact_loopback: true,
        redirect_uri_always_required: true,
        scope_always_returned: true,
        iss_in_responses: true,
        signing_algs: &[SigningAlg::Ps256, SigningAlg::Es256],
        sender_constraint: SenderConstraint::Certificate,
        pushed_requests: false,
        signed_requests: true,
        request_object_lifetime: Some(3600),
        unsigned_code_responses: false,
        nonce_or_state_required: true,
        state_hash: true,
        token_delivery_modes: &[TokenDeliveryMode::Poll, TokenDeliveryMode::Ping],
        authorization_context_required: true,
        identity_in_front_channel: false,
        token_bound_codes: false,
        longest_code_lifetime: i64::MAX,
        longest_bearer_lifetime: i64::MAX,
    },
    SecurityProfile {
        name: "fapi2-security",
        ..FAPI2
    },
    SecurityProfile {
        name: "fapi2-message-signing",
        rank: 4,
        what: "FAPI 2.0 Message Signing: as FAPI 2.0 Security, and what the two say to each other through the browser is signed",
        response_modes: ResponseMode::JWT,
        signed_requests: true,
        unsigned_code_responses: false,
        ..FAPI2
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
        // The two generations of financial grade are as good as each other.
        let named = |name: &str| SecurityProfile::find(name).unwrap();
        let (first, second) = (named("fapi1-advanced"), named("fapi2-security"));
        assert!(first.admits(second) && second.admits(first) && !second.admits(named("fapi1-baseline")));
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
    fn who_may_ask_users_in_the_background_is_told_of_their_answer() {
        for profile in PROFILES {
            assert_eq!(
                profile.grant_types.contains(&GrantType::Ciba),
                !profile.token_delivery_modes.is_empty(),
                "{}",
                profile.name
            );
        }
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
