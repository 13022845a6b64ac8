//! What a realm publishes about itself.
//!
//! Spec: OpenID Connect Discovery §3, RFC 8414 §2, RFC 8628 §4, RFC 8705 §3.3, §5, RFC 9126 §5, RFC 9207 §3,
//! RFC 9449 §5.1, RFC 9701 §7, CIBA §4, OpenID Connect RP-Initiated Logout §2.1,
//! OpenID Connect Session Management §3.3, OpenID Connect Front-Channel Logout §3, OpenID Connect Back-Channel Logout
//! §2.1
//!
//! Lists are the union of what the offered profiles allow, so that metadata can promise nothing that is not in the
//! table. Only endpoints that exist are named.

mod backchannel;

use std::collections::BTreeMap;

use jose::{JweAlg, JweEnc, SigningAlg};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::backchannel::BackchannelMetadata;
use crate::{
    Acr, GrantType, PromptValue, Scope, SecurityProfile, SubjectType, TokenEndpointAuthMethod, assertion,
    grant_management, pkce, prompt,
};

/// The metadata document, the same at both well-known addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the registered members are booleans")]
pub struct ServerMetadata {
    /// The issuer identifier.
    pub issuer: String,
    /// Where authorization requests go.
    pub authorization_endpoint: String,
    /// Where clients push authorization requests (RFC 9126 §5).
    pub pushed_authorization_request_endpoint: String,
    /// Whether they all must be pushed.
    pub require_pushed_authorization_requests: bool,
    /// Where tokens are issued.
    pub token_endpoint: String,
    /// Where devices without a browser begin (RFC 8628 §4); absent when no profile lets clients register the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<String>,
    /// Where and how clients have users asked who are not with them (CIBA §4).
    #[serde(flatten)]
    pub backchannel: BackchannelMetadata,
    /// Where tokens are revoked (RFC 7009).
    pub revocation_endpoint: String,
    /// Where APIs ask about tokens (RFC 7662).
    pub introspection_endpoint: String,
    /// Where APIs that keep the answers are told what was revoked (a member of our own).
    pub revocation_events_endpoint: String,
    /// Where clients ask about grants and revoke them (Grant Management §7.1).
    pub grant_management_endpoint: String,
    /// What clients can do with grants.
    pub grant_management_actions_supported: Vec<String>,
    /// Whether each authorization request must say what to do with a grant.
    pub grant_management_action_required: bool,
    /// Where clients ask about the user.
    pub userinfo_endpoint: String,
    /// Where apps send the browser to be signed out (RP-Initiated Logout §2.1).
    pub end_session_endpoint: String,
    /// What apps frame to ask whether the user is still signed in (Session Management §3.3).
    pub check_session_iframe: String,
    /// Whether apps are told of a log-out by the browser (Front-Channel Logout §3).
    pub frontchannel_logout_supported: bool,
    /// Whether they are told which session ended.
    pub frontchannel_logout_session_supported: bool,
    /// Whether apps are told of a log-out by this server (Back-Channel Logout §2.1).
    pub backchannel_logout_supported: bool,
    /// Whether they are told which session ended.
    pub backchannel_logout_session_supported: bool,
    /// Where the public keys are.
    pub jwks_uri: String,
    /// Where clients register themselves, where they may (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// The scopes that can be asked for.
    pub scopes_supported: Vec<String>,
    /// The types of authorization details that can be asked for (RFC 9396 §10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    /// The response types that can be registered.
    pub response_types_supported: Vec<String>,
    /// The response modes that can be asked for.
    pub response_modes_supported: Vec<String>,
    /// The grant types that can be registered.
    pub grant_types_supported: Vec<String>,
    /// How clients can authenticate at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// With which algorithms their assertions there can be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How clients can authenticate at the revocation endpoint.
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    /// With which algorithms their assertions there can be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// How APIs can authenticate at the introspection endpoint: never as `none` (RFC 7662 §2.1).
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    /// With which algorithms their assertions there can be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The PKCE methods.
    pub code_challenge_methods_supported: Vec<String>,
    /// The kinds of subject identifiers.
    pub subject_types_supported: Vec<String>,
    /// How ID Tokens can be signed.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// How the keys of encrypted ID Tokens can be encrypted.
    pub id_token_encryption_alg_values_supported: Vec<String>,
    /// How ID Tokens can be encrypted.
    pub id_token_encryption_enc_values_supported: Vec<String>,
    /// How UserInfo can be signed.
    pub userinfo_signing_alg_values_supported: Vec<String>,
    /// How the keys of encrypted UserInfo can be encrypted.
    pub userinfo_encryption_alg_values_supported: Vec<String>,
    /// How UserInfo can be encrypted.
    pub userinfo_encryption_enc_values_supported: Vec<String>,
    /// How introspection answers can be signed (RFC 9701 §7).
    pub introspection_signing_alg_values_supported: Vec<String>,
    /// How the keys of encrypted introspection answers can be encrypted.
    pub introspection_encryption_alg_values_supported: Vec<String>,
    /// How introspection answers can be encrypted.
    pub introspection_encryption_enc_values_supported: Vec<String>,
    /// The claims that may be known about a user.
    pub claims_supported: Vec<String>,
    /// The kinds of claims.
    pub claim_types_supported: Vec<String>,
    /// The languages of pages.
    pub ui_locales_supported: Vec<String>,
    /// The levels of assurance that a sign-in can reach, lowest first.
    pub acr_values_supported: Vec<String>,
    /// The values of `prompt`.
    pub prompt_values_supported: Vec<String>,
    /// The values of `display`.
    pub display_values_supported: Vec<String>,
    /// Whether the `claims` parameter is honoured.
    pub claims_parameter_supported: bool,
    /// Whether the `request` parameter is honoured.
    pub request_parameter_supported: bool,
    /// Whether the `request_uri` parameter is honoured; absent would mean yes.
    pub request_uri_parameter_supported: bool,
    /// Whether each `request_uri` must be registered.
    pub require_request_uri_registration: bool,
    /// How proofs of a key can be signed (RFC 9449 §5.1).
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// How request objects can be signed.
    pub request_object_signing_alg_values_supported: Vec<String>,
    /// How the keys of encrypted request objects can be encrypted.
    pub request_object_encryption_alg_values_supported: Vec<String>,
    /// How request objects can be encrypted.
    pub request_object_encryption_enc_values_supported: Vec<String>,
    /// Whether every request must come in a signed request object (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// How authorization responses can be signed (JARM §4).
    pub authorization_signing_alg_values_supported: Vec<String>,
    /// How the keys of encrypted authorization responses can be encrypted.
    pub authorization_encryption_alg_values_supported: Vec<String>,
    /// How authorization responses can be encrypted.
    pub authorization_encryption_enc_values_supported: Vec<String>,
    /// Whether authorization responses carry `iss` (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether access tokens can be bound to certificates (RFC 8705 §3.3); absent means no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether access tokens can be bound to keys of Token Binding (OAuth Token Binding §4.2); absent means no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_access_token_token_binding_supported: bool,
    /// Whether refresh tokens can be; absent means no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_refresh_token_token_binding_supported: bool,
    /// Where clients with certificates go instead, by the names of the endpoints (RFC 8705 §5).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mtls_endpoint_aliases: BTreeMap<String, String>,
}

/// The claims of every ID Token that are not about the user's attributes.
const PROTOCOL_CLAIMS: &[&str] = &["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid"];

impl ServerMetadata {
    /// The document of a realm.
    ///
    /// `profiles` are those that the realm offers, `scopes` all that can be asked for there, `claims` the users'
    /// attributes, `locales` the languages of pages, `algs` those that the realm has a key for.
    #[expect(clippy::too_many_lines, reason = "a line or two for each member of the document")]
    pub fn for_realm(
        issuer: &str,
        profiles: &[&SecurityProfile],
        scopes: &Scope,
        claims: &[&str],
        locales: &[String],
        algs: &[SigningAlg],
    ) -> Self {
        let endpoint = |path: &str| format!("{}/{path}", issuer.trim_end_matches('/'));
        let methods: Vec<TokenEndpointAuthMethod> =
            union(profiles.iter().flat_map(|profile| profile.client_auth_methods).copied());
        let method_names: Vec<String> = methods.iter().map(|method| method.as_str().to_owned()).collect();
        // What no profile allows is not offered, and nobody could use it.
        let is_allowed = |alg: &SigningAlg| profiles.iter().any(|profile| profile.signing_algs.contains(alg));
        let client_algs = SigningAlg::ALL
            .iter()
            .filter(|alg| is_allowed(alg))
            .map(|alg| alg.as_str());
        let is_of_profile = |alg: &str| SigningAlg::parse(alg).is_none_or(|alg| is_allowed(&alg));
        let uses_alg =
            |alg: &&&str| is_of_profile(alg) && methods.iter().any(|method| method.signing_algs().contains(alg));
        let assertion_algs = owned(assertion::SIGNING_ALGS.iter().filter(uses_alg).copied());
        let signing_algs = owned(algs.iter().filter(|alg| is_allowed(alg)).map(|alg| alg.as_str()));
        let encryption_algs = owned(JweAlg::ALL.iter().map(|alg| alg.as_str()));
        let encryption_encs = owned(JweEnc::ALL.iter().map(|enc| enc.as_str()));
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: endpoint("authorize"),
            pushed_authorization_request_endpoint: endpoint("par"),
            require_pushed_authorization_requests: profiles.iter().all(|profile| profile.pushed_requests),
            token_endpoint: endpoint("token"),
            device_authorization_endpoint: profiles
                .iter()
                .any(|profile| profile.grant_types.contains(&GrantType::DeviceCode))
                .then(|| endpoint("device_authorization")),
            backchannel: BackchannelMetadata::of(profiles, endpoint("bc-authorize")),
            revocation_endpoint: endpoint("revoke"),
            introspection_endpoint: endpoint("introspect"),
            revocation_events_endpoint: endpoint("revocations"),
            grant_management_endpoint: endpoint("grants"),
            grant_management_actions_supported: owned(grant_management::ACTIONS),
            grant_management_action_required: false,
            userinfo_endpoint: endpoint("userinfo"),
            end_session_endpoint: endpoint("logout"),
            check_session_iframe: endpoint("session"),
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            jwks_uri: endpoint("jwks"),
            registration_endpoint: None,
            scopes_supported: owned(scopes.iter()),
            authorization_details_types_supported: Vec::new(),
            response_types_supported: owned(profiles.iter().flat_map(|profile| profile.response_types).copied()),
            response_modes_supported: owned(
                profiles
                    .iter()
                    .flat_map(|profile| profile.response_modes)
                    .map(|mode| mode.as_str()),
            ),
            grant_types_supported: owned(
                profiles
                    .iter()
                    .flat_map(|profile| profile.grant_types)
                    .map(|grant_type| grant_type.as_str()),
            ),
            token_endpoint_auth_methods_supported: method_names.clone(),
            token_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
            revocation_endpoint_auth_methods_supported: method_names,
            revocation_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
            introspection_endpoint_auth_methods_supported: owned(
                methods
                    .iter()
                    .filter(|method| !method.is_public())
                    .map(|method| method.as_str()),
            ),
            introspection_endpoint_auth_signing_alg_values_supported: assertion_algs,
            code_challenge_methods_supported: owned([pkce::S256]),
            subject_types_supported: owned(SubjectType::ALL.iter().map(|known| known.as_str())),
            id_token_signing_alg_values_supported: signing_algs.clone(),
            id_token_encryption_alg_values_supported: encryption_algs.clone(),
            id_token_encryption_enc_values_supported: encryption_encs.clone(),
            userinfo_signing_alg_values_supported: signing_algs.clone(),
            userinfo_encryption_alg_values_supported: encryption_algs.clone(),
            userinfo_encryption_enc_values_supported: encryption_encs.clone(),
            introspection_signing_alg_values_supported: signing_algs.clone(),
            introspection_encryption_alg_values_supported: encryption_algs.clone(),
            introspection_encryption_enc_values_supported: encryption_encs.clone(),
            authorization_signing_alg_values_supported: signing_algs,
            authorization_encryption_alg_values_supported: encryption_algs.clone(),
            authorization_encryption_enc_values_supported: encryption_encs.clone(),
            request_object_encryption_alg_values_supported: encryption_algs,
            request_object_encryption_enc_values_supported: encryption_encs,
            claims_supported: owned(PROTOCOL_CLAIMS.iter().chain(claims).copied()),
            claim_types_supported: owned(["normal"]),
            ui_locales_supported: owned(locales.iter().map(String::as_str)),
            acr_values_supported: owned(Acr::REACHABLE.iter().map(|level| level.urn())),
            prompt_values_supported: owned(prompt::supported(false).map(PromptValue::as_str)),
            display_values_supported: owned(["page", "popup"]),
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            dpop_signing_alg_values_supported: owned(
                profiles
                    .iter()
                    .flat_map(|profile| profile.signing_algs)
                    .map(|alg| alg.as_str()),
            ),
            request_object_signing_alg_values_supported: owned(client_algs.clone()),
            require_signed_request_object: profiles.iter().all(|profile| profile.signed_requests),
            authorization_response_iss_parameter_supported: profiles.iter().all(|profile| profile.iss_in_responses),
            tls_client_certificate_bound_access_tokens: false,
            as_access_token_token_binding_supported: false,
            as_refresh_token_token_binding_supported: false,
            mtls_endpoint_aliases: BTreeMap::new(),
        }
    }

    /// Without a method by which nobody could authenticate.
    pub fn withdraw_auth_method(&mut self, method: TokenEndpointAuthMethod) {
        for methods in [
            &mut self.token_endpoint_auth_methods_supported,
            &mut self.revocation_endpoint_auth_methods_supported,
            &mut self.introspection_endpoint_auth_methods_supported,
        ] {
            methods.retain(|name| name != method.as_str());
        }
    }

    /// With aliases below `base` of every endpoint that programs call and that is there by now. Where browsers go, nobody
    /// asks for certificates.
    #[must_use]
    pub fn with_aliases(mut self, base: &str) -> Self {
        const FOR_BROWSERS: [&str; 2] = ["authorization_endpoint", "end_session_endpoint"];
        let issuer = self.issuer.trim_end_matches('/').to_owned();
        let alias = |(name, url): (String, Value)| {
            let path = url.as_str()?.strip_prefix(&issuer)?;
            let is_called = name.ends_with("_endpoint") && !FOR_BROWSERS.contains(&name.as_str());
            is_called.then(|| (name, format!("{base}{path}")))
        };
        if let Ok(Value::Object(members)) = serde_json::to_value(&self) {
            self.mtls_endpoint_aliases = members.into_iter().filter_map(alias).collect();
        }
        self
    }
}

/// Each item once, in the order of its first appearance.
fn union<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

fn owned<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    union(items).into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
