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

/// The members that are understood besides `client_id`, as [`ClientMetadata`] has them.
pub(super) const MEMBERS: &[(&str, Kind)] = &[
    ("client_name", Kind::Text),
    ("redirect_uris", Kind::Texts),
    (
        "grant_types",
        Kind::ListOfWords(&["authorization_code", "refresh_token", "client_credentials", "implicit"]),
    ),
    ("response_types", Kind::Texts),
    (
        "token_endpoint_auth_method",
        Kind::Words(&["none", "client_secret_basic", "client_secret_post"]),
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
    (
        "id_token_signed_response_alg",
        Kind::Words(&["RS256", "PS256", "ES256", "EdDSA"]),
    ),
    ("default_max_age", Kind::Seconds),
    ("require_auth_time", Kind::Flag),
    ("post_logout_redirect_uris", Kind::Texts),
    ("initiate_login_uri", Kind::Text),
    ("profile", Kind::Text),
    ("owner", Kind::Text),
    ("first_party", Kind::Flag),
    ("origins", Kind::Texts),
];

/// Registered, but not built: as members, as grant types and as authentication methods.
pub(super) const LATER: &[&str] = &[
    "token_endpoint_auth_signing_alg",
    "subject_type",
    "sector_identifier_uri",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_signing_alg",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "request_uris",
    "default_acr_values",
    "software_id",
    "software_version",
    "software_statement",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
    "authorization_details_types",
    "authorization_signed_response_alg",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter",
    "use_mtls_endpoint_aliases",
    // Grant types.
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:openid:params:grant-type:ciba",
    // Authentication methods.
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];

#[cfg(test)]
mod tests {
    use jose::SigningAlg;
    use protocol::{ApplicationType, ClientMetadata, GrantType, Scope, TokenEndpointAuthMethod};

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
        let types = [ApplicationType::Web, ApplicationType::Native].map(ApplicationType::as_str);
        assert_eq!(words("application_type"), types);
        assert_eq!(
            words("id_token_signed_response_alg"),
            SigningAlg::ALL.map(SigningAlg::as_str)
        );
    }

    #[test]
    fn every_member_of_the_metadata_can_be_written_in_a_file() {
        let mut metadata = ClientMetadata {
            client_id: "x".into(),
            ..ClientMetadata::default()
        };
        metadata.default_max_age = Some(1);
        metadata.require_auth_time = true;
        metadata.first_party = true;
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
        metadata.owner = text();
        metadata.scope = Some(Scope::default());
        for list in [
            &mut metadata.redirect_uris,
            &mut metadata.contacts,
            &mut metadata.post_logout_redirect_uris,
            &mut metadata.origins,
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
