//! What a client registered about itself, by the registered names, and what contradicts itself in it.
//!
//! Spec: RFC 7591 §2, OpenID Connect Registration §2, RFC 8252 §8.4, RFC 8705 §2.1.2 and §3.4, RFC 9101 §10.5, RFC 9126 §6,
//! RFC 9396 §10, RFC 9449 §5.2, JARM §3, FAPI 2.0 Message Signing §5.3.3, CIBA §4
//!
//! Accepted: the members below, and human-readable ones in several languages (`client_name#ja`). Unknown members are
//! ignored: "the authorization server MUST ignore any client metadata sent by the client that it does not understand".

mod application_type;
mod subject_type;
mod validation;

use std::collections::BTreeMap;

use jose::{JweAlg, JweEnc, KeySet, SigningAlg};
use serde::{Deserialize, Deserializer, Serialize};

pub use self::{application_type::ApplicationType, subject_type::SubjectType, validation::MetadataProblem};
use crate::{
    GrantType, ResponseMode, ResponseType, Scope, SecurityProfile, TokenDeliveryMode, TokenEndpointAuthMethod,
};

/// The members that may be given in several languages (RFC 7591 §2.2).
pub const LOCALIZED_MEMBERS: &[&str] = &["client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri"];

/// A client's registration. Absent members have the defaults of the specifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the registered members are booleans")]
pub struct ClientMetadata {
    /// The client identifier; empty until the server has chosen one.
    #[serde(default)]
    pub client_id: String,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Where authorization responses may go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// What it may do at the token endpoint; by default the authorization code grant.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// What it may ask of the authorization endpoint; by default a code.
    #[serde(default = "default_response_types")]
    pub response_types: Vec<ResponseType>,
    /// The response modes that it may use (FAPI 2.0 Message Signing §5.3.3); empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_modes: Vec<ResponseMode>,
    /// How it authenticates; by default with its secret in the `Authorization` header.
    #[serde(default = "default_auth_method")]
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where it runs; by default on the web.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// The most that it may ask for; absent: the scopes of OpenID Connect only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whom to write to, usually e-mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Its logo, shown on the consent page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// How it treats personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<KeySet>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How its ID Tokens are signed; absent: see [`id_token_alg`](Self::id_token_alg).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<SigningAlg>,
    /// How old a sign-in may be when a request does not say, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Whether its ID Tokens must say when the user signed in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_auth_time: bool,
    /// Where the browser may be sent after a log-out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where others may start a sign-in to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// With which algorithm it signs its assertions; absent: any that its method allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// Whether it knows users by subject identifiers of its own.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// Where the redirect URIs of its sector are listed (OpenID Connect Core §8.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// How the key of its encrypted ID Tokens is encrypted; absent: they are not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<JweAlg>,
    /// How its encrypted ID Tokens are encrypted; absent with `alg`: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<JweEnc>,
    /// How UserInfo is signed for it; absent: plain JSON, unless it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// How the key of encrypted UserInfo is encrypted; absent: it is not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<JweAlg>,
    /// How encrypted UserInfo is encrypted; absent with `alg`: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<JweEnc>,
    /// How introspection answers are signed for it when it asks for a JWT (RFC 9701 §6); absent: `RS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<SigningAlg>,
    /// How the key of encrypted introspection answers is encrypted; absent: they are not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_alg: Option<JweAlg>,
    /// How encrypted introspection answers are encrypted; absent with `alg`: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_enc: Option<JweEnc>,
    /// How its request objects must be signed; absent: any algorithm that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<SigningAlg>,
    /// Whether its authorization requests must come in a signed request object (RFC 9101 §10.5).
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// How the keys of its request objects may be encrypted; it can use another way, or none (OpenID Connect Registration
    /// §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_alg: Option<JweAlg>,
    /// How its request objects may be encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_enc: Option<JweEnc>,
    /// Whether its authorization requests must be pushed (RFC 9126 §6).
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// How its authorization responses are signed when they are JWTs (JARM §3); absent: `RS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<SigningAlg>,
    /// How the keys of such responses are encrypted; absent: they are not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_alg: Option<JweAlg>,
    /// How such responses are encrypted; absent with `alg`: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_enc: Option<JweEnc>,
    /// The types of `authorization_details` that it may ask for (RFC 9396 §10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types: Vec<String>,
    /// The subject of its certificate, as a distinguished name (RFC 8705 §2.1.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A host name in its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI in its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An IP address in its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// A mail address in its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// Whether its access tokens must be bound to its certificate (RFC 8705 §3.4).
    #[serde(default, skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether it uses the addresses of `mtls_endpoint_aliases` (FAPI 2.0 Security Profile §5.2.2.1).
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_mtls_endpoint_aliases: bool,
    /// Whether its access tokens must be bound to a key of which it brings proofs (RFC 9449 §5.2).
    #[serde(default, skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
    /// Whether its access tokens can be bound to a Token Binding ID (OAuth Token Binding §4.2).
    #[serde(default, skip_serializing_if = "is_false")]
    pub client_access_token_token_binding_supported: bool,
    /// Whether its refresh tokens can be.
    #[serde(default, skip_serializing_if = "is_false")]
    pub client_refresh_token_token_binding_supported: bool,
    /// How it learns that the user has answered (CIBA §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<TokenDeliveryMode>,
    /// Where it is told (CIBA §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// How it signs its authentication requests (CIBA §4); absent: it may send them unsigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg: Option<SigningAlg>,
    /// Whether it sends the code that its users agreed upon (CIBA §4).
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel_user_code_parameter: bool,
    /// Where its request objects are (OpenID Connect Registration §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// The levels of authentication that it asks for when a request does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Where the server tells it that a session ended (Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it must be told which session.
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,
    /// What the browser loads when a session ended (Front-Channel Logout §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it must be told which session.
    #[serde(default, skip_serializing_if = "is_false")]
    pub frontchannel_logout_session_required: bool,
    /// What software it is, the same for all its installations (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// What vouched for this registration (RFC 7591 §2.3), as it was sent. Its claims are among the other members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<String>,
    /// Which security profile it follows; absent: the realm's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Who answers for it in the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it is the organisation's own, so that consent is not asked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub first_party: bool,
    /// The web origins from which its scripts call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Members in other languages, as `client_name#ja`.
    #[serde(flatten, deserialize_with = "only_localized")]
    pub localized: BTreeMap<String, String>,
}

impl Default for ClientMetadata {
    /// A registration that says nothing.
    fn default() -> Self {
        Self {
            client_id: String::new(),
            client_name: None,
            redirect_uris: Vec::new(),
            grant_types: default_grant_types(),
            response_types: default_response_types(),
            response_modes: Vec::new(),
            token_endpoint_auth_method: default_auth_method(),
            application_type: ApplicationType::default(),
            scope: None,
            contacts: Vec::new(),
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            jwks: None,
            jwks_uri: None,
            id_token_signed_response_alg: None,
            default_max_age: None,
            require_auth_time: false,
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            token_endpoint_auth_signing_alg: None,
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            id_token_encrypted_response_alg: None,
            id_token_encrypted_response_enc: None,
            userinfo_signed_response_alg: None,
            userinfo_encrypted_response_alg: None,
            userinfo_encrypted_response_enc: None,
            introspection_signed_response_alg: None,
            introspection_encrypted_response_alg: None,
            introspection_encrypted_response_enc: None,
            request_object_signing_alg: None,
            require_signed_request_object: false,
            request_object_encryption_alg: None,
            request_object_encryption_enc: None,
            require_pushed_authorization_requests: false,
            authorization_signed_response_alg: None,
            authorization_encrypted_response_alg: None,
            authorization_encrypted_response_enc: None,
            authorization_details_types: Vec::new(),
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            tls_client_certificate_bound_access_tokens: false,
            use_mtls_endpoint_aliases: false,
            dpop_bound_access_tokens: false,
            client_access_token_token_binding_supported: false,
            client_refresh_token_token_binding_supported: false,
            backchannel_token_delivery_mode: None,
            backchannel_client_notification_endpoint: None,
            backchannel_authentication_request_signing_alg: None,
            backchannel_user_code_parameter: false,
            request_uris: Vec::new(),
            default_acr_values: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            software_id: None,
            software_version: None,
            software_statement: None,
            profile: None,
            owner: None,
            first_party: false,
            origins: Vec::new(),
            localized: BTreeMap::new(),
        }
    }
}

/// How far a client is, profile by profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The profiles that it could follow.
    pub meets: Vec<String>,
    /// The others.
    pub missing: Vec<Missing>,
}

/// What keeps a client from following a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The profile.
    pub profile: String,
    /// What is wrong by its rules.
    pub problems: Vec<MetadataProblem>,
}

impl ClientMetadata {
    /// Every contradiction at once; empty when the registration is sound. `default_profile` is the realm's.
    pub fn validate(&self, default_profile: &SecurityProfile) -> Vec<MetadataProblem> {
        validation::validate(self, default_profile)
    }

    /// The profile that it follows: the one it names, else the realm's default. An unknown name, which
    /// [`validate`](Self::validate) reports, counts as the default.
    pub fn profile_or<'a>(&self, default_profile: &'a SecurityProfile) -> &'a SecurityProfile {
        self.profile
            .as_deref()
            .and_then(SecurityProfile::find)
            .unwrap_or(default_profile)
    }

    /// What keeps it from following a profile, by the same rules as those of its own; empty: it could follow it as it is.
    pub fn missing_for(&self, profile: &SecurityProfile) -> Vec<MetadataProblem> {
        let as_if = Self {
            profile: Some(profile.name.to_owned()),
            ..self.clone()
        };
        as_if.validate(profile)
    }

    /// Which of these profiles it could follow as it is registered, and what is missing for the others.
    pub fn standing<'p>(&self, profiles: impl Iterator<Item = &'p SecurityProfile>) -> Standing {
        let mut standing = Standing::default();
        for profile in profiles {
            let problems = self.missing_for(profile);
            if problems.is_empty() {
                standing.meets.push(profile.name.to_owned());
            } else {
                standing.missing.push(Missing {
                    profile: profile.name.to_owned(),
                    problems,
                });
            }
        }
        standing
    }

    /// How its ID Tokens are signed: as it registered, else by the default of its profile. That is RS256 (OpenID Connect
    /// Registration §2), except where the profile forbids it.
    pub fn id_token_alg(&self, default_profile: &SecurityProfile) -> SigningAlg {
        let profile = self.profile_or(default_profile);
        self.id_token_signed_response_alg
            .unwrap_or(profile.default_signing_alg())
    }

    /// Whether it has no secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method.is_public()
    }

    /// Whether the grant type is registered.
    pub fn allows_grant_type(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether the response type is registered, together with the grant types that it needs.
    pub fn allows_response_type(&self, response_type: ResponseType) -> bool {
        self.response_types.contains(&response_type)
            && grant_types_of(response_type).all(|grant_type| self.allows_grant_type(grant_type))
    }

    /// A human-readable member in a language (RFC 5646 tag): the exact tag, else one of the same primary language,
    /// else the member without a tag.
    pub fn localized(&self, member: &str, locale: &str) -> Option<&str> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let tagged = || {
            self.localized
                .iter()
                .filter_map(|(key, value)| Some((key.split_once('#')?, value.as_str())))
        };
        let of_member = || tagged().filter(|((base, _), _)| *base == member);
        let exact = of_member().find(|((_, tag), _)| tag.eq_ignore_ascii_case(locale));
        let same_language = || of_member().find(|((_, tag), _)| primary(tag) == primary(locale));
        exact
            .or_else(same_language)
            .map(|(_, value)| value)
            .or_else(|| self.member(member))
    }

    /// Every URI with its member.
    pub(crate) fn uris(&self) -> impl Iterator<Item = (String, &str)> {
        let lists = [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("request_uris", &self.request_uris),
        ];
        let singles = [
            ("jwks_uri", &self.jwks_uri),
            ("sector_identifier_uri", &self.sector_identifier_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
            (
                "backchannel_client_notification_endpoint",
                &self.backchannel_client_notification_endpoint,
            ),
        ];
        let listed = lists
            .into_iter()
            .flat_map(|(member, uris)| uris.iter().map(move |uri| (member.to_owned(), uri.as_str())));
        let single = singles
            .into_iter()
            .filter_map(|(member, uri)| Some((member.to_owned(), uri.as_deref()?)));
        listed.chain(single).chain(self.pages())
    }

    /// The URIs of pages and pictures for people, in every language, with their members.
    fn pages(&self) -> impl Iterator<Item = (String, &str)> {
        let plain = LOCALIZED_MEMBERS
            .iter()
            .filter_map(|member| Some(((*member).to_owned(), self.member(member)?)));
        let tagged = self
            .localized
            .iter()
            .map(|(member, uri)| (member.clone(), uri.as_str()));
        plain
            .chain(tagged)
            .filter(|(member, _)| !member.starts_with("client_name"))
    }

    /// The URIs that the server itself calls, with their members.
    pub fn called_uris(&self) -> impl Iterator<Item = (String, &str)> {
        const CALLED: &[&str] = &[
            "jwks_uri",
            "sector_identifier_uri",
            "request_uris",
            "backchannel_logout_uri",
            "backchannel_client_notification_endpoint",
        ];
        self.uris().filter(|(member, _)| CALLED.contains(&member.as_str()))
    }

    /// Its name for people in a language; its identifier when it has none.
    pub fn name_in(&self, locale: &str) -> &str {
        self.localized("client_name", locale).unwrap_or(&self.client_id)
    }

    /// The member of [`LOCALIZED_MEMBERS`] that has no language tag.
    fn member(&self, member: &str) -> Option<&str> {
        match member {
            "client_name" => self.client_name.as_deref(),
            "client_uri" => self.client_uri.as_deref(),
            "logo_uri" => self.logo_uri.as_deref(),
            "tos_uri" => self.tos_uri.as_deref(),
            "policy_uri" => self.policy_uri.as_deref(),
            _ => None,
        }
    }
}

/// The grant types that a response type needs (OpenID Connect Registration §2, `grant_types`).
fn grant_types_of(response_type: ResponseType) -> impl Iterator<Item = GrantType> {
    let code = response_type.has_code().then_some(GrantType::AuthorizationCode);
    let implicit = response_type.is_implicit_or_hybrid().then_some(GrantType::Implicit);
    code.into_iter().chain(implicit)
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn default_response_types() -> Vec<ResponseType> {
    vec![ResponseType::CODE]
}

const fn default_auth_method() -> TokenEndpointAuthMethod {
    TokenEndpointAuthMethod::ClientSecretBasic
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Keeps the members with a language tag of what the struct has no field for.
fn only_localized<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let others = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    let is_localized = |key: &str| {
        key.split_once('#')
            .is_some_and(|(member, tag)| LOCALIZED_MEMBERS.contains(&member) && !tag.is_empty())
    };
    let text = |(key, value): (String, serde_json::Value)| match value {
        serde_json::Value::String(text) if is_localized(&key) => Some((key, text)),
        _ => None,
    };
    Ok(others.into_iter().filter_map(text).collect())
}

#[cfg(test)]
mod tests;
