//! The registered metadata names of `[[client]]`, and what their values look like.
//!
//! Spec: RFC 7591 §2, OpenID Connect Registration §2, RFC 8705 §3.4, RFC 9126 §6, RFC 9449 §5.2

/// What a member's value looks like.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// With an example.
    Text(&'static str),
    /// With an example.
    Texts(&'static str),
    Flag,
    Seconds,
    Table,
    Words(&'static [&'static str]),
    ListOfWords(&'static [&'static str]),
}

const SIGNING_ALGS: Kind = Kind::Words(&["RS256", "PS256", "ES256", "EdDSA"]);
const JWE_ALGS: Kind = Kind::Words(&["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]);
const JWE_ENCS: Kind = Kind::Words(&["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]);

/// The members that are understood besides `client_id`, as [`ClientMetadata`] has them: the name, what the value looks like,
/// what it means.
pub(super) const MEMBERS: &[(&str, Kind, &str)] = &[
    (
        "client_name",
        Kind::Text("\"Budget\""),
        "Its name, for people; in other languages `\"client_name#ja\"`.",
    ),
    (
        "redirect_uris",
        Kind::Texts("[\"https://app.example.com/callback\"]"),
        "Where authorization responses may go: exactly these. https; `http` on loopback, for native apps on any port.",
    ),
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
        "What it may do at the token endpoint; absent: `authorization_code`.",
    ),
    (
        "response_types",
        Kind::Texts("[\"code\"]"),
        "What it may ask of the authorization endpoint; absent: `code`.",
    ),
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
        "The response modes that it may use; absent: any that its profile allows.",
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
        "How it authenticates; absent: `client_secret_basic`. `none`: it cannot keep a secret. See [client-authentication.md](client-authentication.md).",
    ),
    (
        "token_endpoint_auth_signing_alg",
        Kind::Words(protocol::assertion::SIGNING_ALGS),
        "With which algorithm it signs its assertions; absent: any that its method allows.",
    ),
    (
        "application_type",
        Kind::Words(&["web", "native"]),
        "`web` (default) or `native`.",
    ),
    (
        "scope",
        Kind::Text("\"openid accounts:read\""),
        "The most that it may ask for, in one text; absent: the scopes of OpenID Connect alone.",
    ),
    ("contacts", Kind::Texts("[\"team@example.com\"]"), "Whom to write to."),
    (
        "logo_uri",
        Kind::Text("\"https://app.example.com/logo.png\""),
        "Its logo, on the consent page.",
    ),
    (
        "client_uri",
        Kind::Text("\"https://app.example.com/\""),
        "Its home page.",
    ),
    (
        "policy_uri",
        Kind::Text("\"https://app.example.com/privacy\""),
        "How it treats personal data.",
    ),
    (
        "tos_uri",
        Kind::Text("\"https://app.example.com/terms\""),
        "Its terms of service.",
    ),
    ("jwks", Kind::Table, "Its public keys."),
    (
        "jwks_uri",
        Kind::Text("\"https://app.example.com/jwks\""),
        "Where its public keys are.",
    ),
    (
        "subject_type",
        Kind::Words(&["public", "pairwise"]),
        "`public` (default), or `pairwise`: it knows users by identifiers of its own. See [subjects.md](subjects.md).",
    ),
    (
        "sector_identifier_uri",
        Kind::Text("\"https://app.example.com/sector.json\""),
        "Where the redirect URIs of its sector are listed.",
    ),
    (
        "id_token_signed_response_alg",
        SIGNING_ALGS,
        "How its ID tokens are signed; absent: `RS256`, or what its profile allows.",
    ),
    (
        "id_token_encrypted_response_alg",
        JWE_ALGS,
        "How the key of its encrypted ID tokens is encrypted; absent: they are not. See [encryption.md](encryption.md).",
    ),
    (
        "id_token_encrypted_response_enc",
        JWE_ENCS,
        "How they are encrypted; absent: `A128CBC-HS256`.",
    ),
    (
        "userinfo_signed_response_alg",
        SIGNING_ALGS,
        "How UserInfo is signed for it; absent: plain JSON.",
    ),
    (
        "userinfo_encrypted_response_alg",
        JWE_ALGS,
        "How the key of encrypted UserInfo is encrypted; absent: it is not.",
    ),
    (
        "userinfo_encrypted_response_enc",
        JWE_ENCS,
        "How it is encrypted; absent: `A128CBC-HS256`.",
    ),
    (
        "introspection_signed_response_alg",
        SIGNING_ALGS,
        "How introspection answers are signed for it when it asks for a JWT; absent: `RS256`.",
    ),
    (
        "introspection_encrypted_response_alg",
        JWE_ALGS,
        "How the key of encrypted introspection answers is encrypted; absent: they are not.",
    ),
    (
        "introspection_encrypted_response_enc",
        JWE_ENCS,
        "How they are encrypted; absent: `A128CBC-HS256`.",
    ),
    (
        "request_object_signing_alg",
        SIGNING_ALGS,
        "How its request objects must be signed; absent: any algorithm that is offered. See [authorization-requests.md](authorization-requests.md).",
    ),
    (
        "require_signed_request_object",
        Kind::Flag,
        "Whether its requests must be signed.",
    ),
    (
        "request_object_encryption_alg",
        JWE_ALGS,
        "How the keys of its request objects may be encrypted.",
    ),
    (
        "request_object_encryption_enc",
        JWE_ENCS,
        "How its request objects may be encrypted.",
    ),
    (
        "require_pushed_authorization_requests",
        Kind::Flag,
        "Whether its requests must be pushed. See [pushed-requests.md](pushed-requests.md).",
    ),
    (
        "authorization_signed_response_alg",
        SIGNING_ALGS,
        "How its authorization responses are signed when they are JWTs (JARM); absent: `RS256`.",
    ),
    (
        "authorization_encrypted_response_alg",
        JWE_ALGS,
        "How the keys of such responses are encrypted; absent: they are not.",
    ),
    (
        "authorization_encrypted_response_enc",
        JWE_ENCS,
        "How they are encrypted; absent: `A128CBC-HS256`.",
    ),
    (
        "authorization_details_types",
        Kind::Texts("[\"payment\"]"),
        "The types of `authorization_details` that it may ask for.",
    ),
    (
        "tls_client_auth_subject_dn",
        Kind::Text("\"CN=app,O=Example,C=JP\""),
        "The subject of its certificate, as `CN=app,O=Example,C=JP`. One of the five; see [mutual-tls.md](mutual-tls.md).",
    ),
    (
        "tls_client_auth_san_dns",
        Kind::Text("\"app.example.com\""),
        "Or a host name in it.",
    ),
    (
        "tls_client_auth_san_uri",
        Kind::Text("\"https://app.example.com/id\""),
        "Or a URI in it.",
    ),
    (
        "tls_client_auth_san_ip",
        Kind::Text("\"192.0.2.7\""),
        "Or an IP address in it.",
    ),
    (
        "tls_client_auth_san_email",
        Kind::Text("\"app@example.com\""),
        "Or a mail address in it.",
    ),
    (
        "tls_client_certificate_bound_access_tokens",
        Kind::Flag,
        "Whether its access tokens are bound to its certificate.",
    ),
    (
        "use_mtls_endpoint_aliases",
        Kind::Flag,
        "Whether it uses the addresses of `mtls_endpoint_aliases`.",
    ),
    (
        "dpop_bound_access_tokens",
        Kind::Flag,
        "Whether its access tokens must be bound to a key of which it brings proofs. See [dpop.md](dpop.md).",
    ),
    (
        "client_access_token_token_binding_supported",
        Kind::Flag,
        "Whether its access tokens can be bound by Token Binding. See [token-binding.md](token-binding.md).",
    ),
    (
        "client_refresh_token_token_binding_supported",
        Kind::Flag,
        "Whether its refresh tokens can be.",
    ),
    (
        "backchannel_token_delivery_mode",
        Kind::Words(&["poll", "ping", "push"]),
        "How it learns that the user has answered: `poll`, `ping` or `push`. See [ciba.md](ciba.md).",
    ),
    (
        "backchannel_client_notification_endpoint",
        Kind::Text("\"https://app.example.com/ciba\""),
        "Where it is told.",
    ),
    (
        "backchannel_authentication_request_signing_alg",
        SIGNING_ALGS,
        "How it signs its backchannel requests; absent: it may send them unsigned.",
    ),
    (
        "backchannel_user_code_parameter",
        Kind::Flag,
        "Whether it sends the code that its users agreed upon.",
    ),
    (
        "request_uris",
        Kind::Texts("[\"https://app.example.com/request.jwt\"]"),
        "Where its request objects are.",
    ),
    (
        "default_acr_values",
        Kind::Texts("[\"urn:sekisho:acr:loa2\"]"),
        "The levels of authentication that it asks for when a request does not say.",
    ),
    (
        "backchannel_logout_uri",
        Kind::Text("\"https://app.example.com/logged-out\""),
        "Where the server tells it that a session ended. See [logout.md](logout.md).",
    ),
    (
        "backchannel_logout_session_required",
        Kind::Flag,
        "Whether it must be told which session.",
    ),
    (
        "frontchannel_logout_uri",
        Kind::Text("\"https://app.example.com/forget\""),
        "What the browser loads when a session ended.",
    ),
    (
        "frontchannel_logout_session_required",
        Kind::Flag,
        "Whether it must be told which session.",
    ),
    (
        "software_id",
        Kind::Text("\"4NRB1-0XZABZI9E6-5SM3R\""),
        "What software it is, the same for all its installations.",
    ),
    ("software_version", Kind::Text("\"2.1\""), "Which version of it."),
    (
        "default_max_age",
        Kind::Seconds,
        "How old a sign-in may be when a request does not say.",
    ),
    (
        "require_auth_time",
        Kind::Flag,
        "Whether its ID tokens must say when the user signed in.",
    ),
    (
        "post_logout_redirect_uris",
        Kind::Texts("[\"https://app.example.com/\"]"),
        "Where the browser may be sent after a log-out.",
    ),
    (
        "initiate_login_uri",
        Kind::Text("\"https://app.example.com/login\""),
        "Where others may start a sign-in to it.",
    ),
    (
        "profile",
        Kind::Text("\"fapi2-security\""),
        "The security profile that it follows; absent: the realm's.",
    ),
    (
        "owner",
        Kind::Text("\"payments team\""),
        "Who answers for it in the organisation.",
    ),
    (
        "first_party",
        Kind::Flag,
        "Whether it is the organisation's own, so that consent is not asked.",
    ),
    (
        "origins",
        Kind::Texts("[\"https://app.example.com\"]"),
        "The web origins from which its scripts call.",
    ),
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
            let (_, kind, _) = MEMBERS.iter().find(|(member, ..)| *member == name).unwrap();
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
        let mut known: Vec<&str> = MEMBERS.iter().map(|(name, ..)| *name).collect();
        known.push("client_id");
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }
}
