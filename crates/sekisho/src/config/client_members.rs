//! The registered metadata names of `[[client]]`, and what their values look like.
//!
//! Spec: RFC 7591 §2, OpenID Connect Registration §2, RFC 8705 §3.4, RFC 9126 §6, RFC 9449 §5.2

/// What a member's value looks like.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Texts,
    Flag,
    Seconds,
    Table,
    Words(&'static [&'static str]),
    ListOfWords(&'static [&'static str]),
}

const SIGNING_ALGS: Kind = Kind::Words(&["RS256", "PS256", "ES256", "EdDSA"]);
const JWE_ALGS: Kind = Kind::Words(&["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]);
const JWE_ENCS: Kind = Kind::Words(&["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]);

/// The members that are understood besides `client_id`, as [`ClientMetadata`] has them.
pub(super) const MEMBERS: &[(&str, Kind)] = &[
    ("client_name", Kind::Text),
    ("redirect_uris", Kind::Texts),
    (
        "grant_types",
        Kind::ListOfWords(&[
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "implicit",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:openid:params:grant-type:ciba",
        ]),
    ),
    ("response_types", Kind::Texts),
    (
        "response_modes",
        Kind::ListOfWords(&[
            "query",
            "fragment",
            "form_post",
            "jwt",
            "query.jwt",
            "fragment.jwt",
            "form_post.jwt",
        ]),
    ),
    (
        "token_endpoint_auth_method",
        Kind::Words(&[
            "none",
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
            "private_key_jwt",
            "tls_client_auth",
            "self_signed_tls_client_auth",
        ]),
    ),
    (
        "token_endpoint_auth_signing_alg",
        Kind::Words(protocol::assertion::SIGNING_ALGS),
    ),
    ("application_type", Kind::Words(&["web", "native"])),
    ("scope", Kind::Text),
    ("contacts", Kind::Texts),
    ("logo_uri", Kind::Text),
    ("client_uri", Kind::Text),
    ("policy_uri", Kind::Text),
    ("tos_uri", Kind::Text),
    ("jwks", Kind::Table),
    ("jwks_uri", Kind::Text),
    ("subject_type", Kind::Words(&["public", "pairwise"])),
    ("sector_identifier_uri", Kind::Text),
    ("id_token_signed_response_alg", SIGNING_ALGS),
    ("id_token_encrypted_response_alg", JWE_ALGS),
    ("id_token_encrypted_response_enc", JWE_ENCS),
    ("userinfo_signed_response_alg", SIGNING_ALGS),
    ("userinfo_encrypted_response_alg", JWE_ALGS),
    ("userinfo_encrypted_response_enc", JWE_ENCS),
    ("introspection_signed_response_alg", SIGNING_ALGS),
    ("introspection_encrypted_response_alg", JWE_ALGS),
    ("introspection_encrypted_response_enc", JWE_ENCS),
    ("request_object_signing_alg", SIGNING_ALGS),
    ("require_signed_request_object", Kind::Flag),
    ("request_object_encryption_alg", JWE_ALGS),
    ("request_object_encryption_enc", JWE_ENCS),
    ("require_pushed_authorization_requests", Kind::Flag),
    ("authorization_signed_response_alg", SIGNING_ALGS),
    ("authorization_encrypted_response_alg", JWE_ALGS),
    ("authorization_encrypted_response_enc", JWE_ENCS),
    ("authorization_details_types", Kind::Texts),
    ("tls_client_auth_subject_dn", Kind::Text),
    ("tls_client_auth_san_dns", Kind::Text),
    ("tls_client_auth_san_uri", Kind::Text),
    ("tls_client_auth_san_ip", Kind::Text),
    ("tls_client_auth_san_email", Kind::Text),
    ("tls_client_certificate_bound_access_tokens", Kind::Flag),
    ("use_mtls_endpoint_aliases", Kind::Flag),
    ("dpop_bound_access_tokens", Kind::Flag),
    ("client_access_token_token_binding_supported", Kind::Flag),
    ("client_refresh_token_token_binding_supported", Kind::Flag),
    (
        "backchannel_token_delivery_mode",
        Kind::Words(&["poll", "ping", "push"]),
    ),
    ("backchannel_client_notification_endpoint", Kind::Text),
    ("backchannel_authentication_request_signing_alg", SIGNING_ALGS),
    ("backchannel_user_code_parameter", Kind::Flag),
    ("request_uris", Kind::Texts),
    ("default_acr_values", Kind::Texts),
    ("backchannel_logout_uri", Kind::Text),
    ("backchannel_logout_session_required", Kind::Flag),
    ("frontchannel_logout_uri", Kind::Text),
    ("frontchannel_logout_session_required", Kind::Flag),
    ("software_id", Kind::Text),
    ("software_version", Kind::Text),
    ("default_max_age", Kind::Seconds),
    ("require_auth_time", Kind::Flag),
    ("post_logout_redirect_uris", Kind::Texts),
    ("initiate_login_uri", Kind::Text),
    ("profile", Kind::Text),
    ("owner", Kind::Text),
    ("first_party", Kind::Flag),
    ("origins", Kind::Texts),
];

/// Registered, but not built, as grant types.
pub(super) const LATER: &[&str] = &[
    "password",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:openid:params:grant-type:ciba",
];

#[cfg(test)]
mod tests {
    use jose::{JweAlg, JweEnc, SigningAlg};
    use protocol::{
        ApplicationType, ClientMetadata, GrantType, ResponseMode, Scope, SubjectType, TokenDeliveryMode,
        TokenEndpointAuthMethod,
    };

    use super::*;

    #[test]
    fn the_words_are_those_of_the_protocol() {
        let words = |name: &str| {
            let (_, kind) = MEMBERS.iter().find(|(member, _)| *member == name).unwrap();
            match kind {
                Kind::Words(words) | Kind::ListOfWords(words) => *words,
                _ => panic!("{name} has words"),
            }
        };
        let grant_types: Vec<_> = GrantType::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(words("grant_types"), grant_types);
        let methods: Vec<_> = TokenEndpointAuthMethod::ALL
            .iter()
            .map(|known| known.as_str())
            .collect();
        assert_eq!(words("token_endpoint_auth_method"), methods);
        let modes: Vec<_> = ResponseMode::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(words("response_modes"), modes);
        let types = [ApplicationType::Web, ApplicationType::Native].map(ApplicationType::as_str);
        assert_eq!(words("application_type"), types);
        assert_eq!(
            words("id_token_signed_response_alg"),
            SigningAlg::ALL.map(SigningAlg::as_str)
        );
        assert_eq!(
            words("id_token_encrypted_response_alg"),
            JweAlg::ALL.map(JweAlg::as_str)
        );
        assert_eq!(
            words("id_token_encrypted_response_enc"),
            JweEnc::ALL.map(JweEnc::as_str)
        );
        let modes: Vec<_> = TokenDeliveryMode::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(words("backchannel_token_delivery_mode"), modes);
        assert_eq!(words("subject_type"), SubjectType::ALL.map(SubjectType::as_str));
    }

    #[test]
    fn every_member_of_the_metadata_can_be_written_in_a_file() {
        let mut metadata = ClientMetadata {
            client_id: "x".into(),
            ..ClientMetadata::default()
        };
        metadata.response_modes = vec![ResponseMode::Jwt];
        metadata.default_max_age = Some(1);
        metadata.require_auth_time = true;
        metadata.first_party = true;
        metadata.require_signed_request_object = true;
        metadata.backchannel_logout_session_required = true;
        metadata.frontchannel_logout_session_required = true;
        metadata.id_token_encrypted_response_alg = Some(JweAlg::EcdhEs);
        metadata.id_token_encrypted_response_enc = Some(JweEnc::A256Gcm);
        metadata.id_token_signed_response_alg = Some(SigningAlg::Rs256);
        metadata.userinfo_signed_response_alg = Some(SigningAlg::Rs256);
        metadata.userinfo_encrypted_response_alg = Some(JweAlg::EcdhEs);
        metadata.userinfo_encrypted_response_enc = Some(JweEnc::A256Gcm);
        metadata.introspection_signed_response_alg = Some(SigningAlg::Rs256);
        metadata.introspection_encrypted_response_alg = Some(JweAlg::EcdhEs);
        metadata.introspection_encrypted_response_enc = Some(JweEnc::A256Gcm);
        metadata.request_object_signing_alg = Some(SigningAlg::Rs256);
        metadata.request_object_encryption_alg = Some(JweAlg::EcdhEs);
        metadata.request_object_encryption_enc = Some(JweEnc::A256Gcm);
        metadata.require_pushed_authorization_requests = true;
        metadata.authorization_signed_response_alg = Some(SigningAlg::Rs256);
        metadata.authorization_encrypted_response_alg = Some(JweAlg::EcdhEs);
        metadata.authorization_encrypted_response_enc = Some(JweEnc::A256Gcm);
        metadata.tls_client_certificate_bound_access_tokens = true;
        metadata.use_mtls_endpoint_aliases = true;
        metadata.dpop_bound_access_tokens = true;
        metadata.client_access_token_token_binding_supported = true;
        metadata.client_refresh_token_token_binding_supported = true;
        metadata.backchannel_authentication_request_signing_alg = Some(SigningAlg::Rs256);
        metadata.backchannel_user_code_parameter = true;
        metadata.jwks = Some(jose::KeySet { keys: Vec::new() });
        let text = || Some("x".to_owned());
        metadata.client_name = text();
        metadata.logo_uri = text();
        metadata.client_uri = text();
        metadata.policy_uri = text();
        metadata.tos_uri = text();
        metadata.jwks_uri = text();
        metadata.initiate_login_uri = text();
        metadata.profile = text();
        metadata.token_endpoint_auth_signing_alg = text();
        metadata.sector_identifier_uri = text();
        metadata.backchannel_logout_uri = text();
        metadata.frontchannel_logout_uri = text();
        metadata.tls_client_auth_subject_dn = text();
        metadata.tls_client_auth_san_dns = text();
        metadata.tls_client_auth_san_uri = text();
        metadata.tls_client_auth_san_ip = text();
        metadata.tls_client_auth_san_email = text();
        metadata.backchannel_token_delivery_mode = Some(TokenDeliveryMode::Poll);
        metadata.backchannel_client_notification_endpoint = text();
        metadata.software_id = text();
        metadata.software_version = text();
        metadata.owner = text();
        metadata.scope = Some(Scope::default());
        for list in [
            &mut metadata.redirect_uris,
            &mut metadata.contacts,
            &mut metadata.post_logout_redirect_uris,
            &mut metadata.origins,
            &mut metadata.request_uris,
            &mut metadata.default_acr_values,
            &mut metadata.authorization_details_types,
        ] {
            list.push("x".into());
        }
        let json = serde_json::to_value(metadata).unwrap();
        let mut written: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known: Vec<&str> = MEMBERS.iter().map(|(name, _)| *name).collect();
        known.push("client_id");
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }
}
