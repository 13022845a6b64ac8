use super::*;
use crate::PROFILES;

fn document(profiles: &[&SecurityProfile]) -> ServerMetadata {
    let scopes = Scope::parse("openid email accounts:read").unwrap();
    let locales = ["ja".to_owned(), "en".to_owned()];
    let algs = [SigningAlg::Rs256, SigningAlg::Es256];
    ServerMetadata::for_realm(
        "https://id.example/bank",
        profiles,
        &scopes,
        &["email", "name"],
        &locales,
        &algs,
    )
}

fn profile(name: &str) -> &'static SecurityProfile {
    SecurityProfile::find(name).unwrap()
}

#[test]
fn endpoints_are_at_the_issuers_path() {
    let document = document(&[profile("baseline")]);
    assert_eq!(document.issuer, "https://id.example/bank");
    for (endpoint, path) in [
        (&document.authorization_endpoint, "authorize"),
        (&document.token_endpoint, "token"),
        (&document.revocation_endpoint, "revoke"),
        (&document.introspection_endpoint, "introspect"),
        (&document.revocation_events_endpoint, "revocations"),
        (&document.userinfo_endpoint, "userinfo"),
        (&document.end_session_endpoint, "logout"),
        (&document.check_session_iframe, "session"),
        (&document.grant_management_endpoint, "grants"),
        (&document.jwks_uri, "jwks"),
    ] {
        assert_eq!(*endpoint, format!("https://id.example/bank/{path}"));
    }
    let device = document.device_authorization_endpoint.as_deref();
    assert_eq!(device, Some("https://id.example/bank/device_authorization"));
}

#[test]
fn lists_are_the_union_of_the_profiles() {
    let baseline = document(&[profile("baseline")]);
    assert_eq!(baseline.response_types_supported, ["code"]);
    assert_eq!(
        baseline.grant_types_supported,
        [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:openid:params:grant-type:ciba"
        ]
    );
    let both = document(&PROFILES.iter().collect::<Vec<_>>());
    for response_type in ["code", "id_token", "id_token token"] {
        assert_eq!(
            both.response_types_supported
                .iter()
                .filter(|known| *known == response_type)
                .count(),
            1
        );
    }
    assert!(both.grant_types_supported.contains(&"implicit".to_owned()));
    assert_eq!(
        both.response_modes_supported,
        [
            "query",
            "fragment",
            "form_post",
            "jwt",
            "query.jwt",
            "fragment.jwt",
            "form_post.jwt"
        ]
    );
    assert_eq!(
        both.dpop_signing_alg_values_supported,
        ["RS256", "PS256", "ES256", "EdDSA"]
    );
    let strict = document(&[profile("fapi2-security")]);
    assert_eq!(strict.dpop_signing_alg_values_supported, ["PS256", "ES256", "EdDSA"]);
}

#[test]
fn what_is_given_is_listed() {
    let document = document(&[profile("baseline")]);
    assert_eq!(document.scopes_supported, ["accounts:read", "email", "openid"]);
    assert_eq!(document.ui_locales_supported, ["ja", "en"]);
    for signing in [
        &document.id_token_signing_alg_values_supported,
        &document.userinfo_signing_alg_values_supported,
        &document.introspection_signing_alg_values_supported,
    ] {
        assert_eq!(*signing, ["RS256", "ES256"]);
    }
    for algs in [
        &document.id_token_encryption_alg_values_supported,
        &document.userinfo_encryption_alg_values_supported,
        &document.introspection_encryption_alg_values_supported,
    ] {
        assert_eq!(*algs, ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]);
    }
    for encs in [
        &document.id_token_encryption_enc_values_supported,
        &document.userinfo_encryption_enc_values_supported,
        &document.introspection_encryption_enc_values_supported,
    ] {
        assert_eq!(*encs, ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]);
    }
    assert!(
        ["sub", "acr", "email", "name"]
            .iter()
            .all(|claim| document.claims_supported.iter().any(|known| known == claim))
    );
}

// Conformance: META-06
#[test]
fn the_algorithms_of_assertions_are_those_of_the_methods() {
    let of_baseline = document(&[profile("baseline")]);
    let every = ["RS256", "PS256", "ES256", "EdDSA", "HS256"];
    assert_eq!(of_baseline.token_endpoint_auth_signing_alg_values_supported, every);
    assert_eq!(of_baseline.revocation_endpoint_auth_signing_alg_values_supported, every);
    assert_eq!(
        of_baseline.introspection_endpoint_auth_signing_alg_values_supported,
        every
    );
    let only = |methods: &'static [TokenEndpointAuthMethod]| {
        let strict = SecurityProfile {
            client_auth_methods: methods,
            ..*profile("baseline")
        };
        let document = document(&[&strict]);
        serde_json::to_value(document).unwrap()["token_endpoint_auth_signing_alg_values_supported"].clone()
    };
    assert_eq!(only(&[TokenEndpointAuthMethod::ClientSecretBasic]), Value::Null);
    assert_eq!(
        only(&[TokenEndpointAuthMethod::ClientSecretJwt]),
        serde_json::json!(["HS256"])
    );
}

// Conformance: META-08
#[test]
fn nothing_is_promised_that_is_refused() {
    let document = document(&PROFILES.iter().collect::<Vec<_>>());
    assert_eq!(document.code_challenge_methods_supported, ["S256"]);
    assert!(!document.prompt_values_supported.contains(&"create".to_owned()));
    assert!(
        !document
            .introspection_endpoint_auth_methods_supported
            .contains(&"none".to_owned())
    );
    assert!(
        document
            .token_endpoint_auth_methods_supported
            .contains(&"none".to_owned())
    );
    assert!(
        !document
            .id_token_signing_alg_values_supported
            .contains(&"none".to_owned())
    );
    assert!(document.authorization_response_iss_parameter_supported);
    let json = serde_json::to_value(&document).unwrap();
    for member in [
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "claims_parameter_supported",
    ] {
        assert_eq!(json[member], true, "{member}");
    }
    assert_eq!(
        json["request_object_signing_alg_values_supported"],
        serde_json::json!(["RS256", "PS256", "ES256", "EdDSA"])
    );
    assert!(json.get("registration_endpoint").is_none());
    assert_eq!(serde_json::from_value::<ServerMetadata>(json).unwrap(), document);
}

// Conformance: CIBA-01 FCIBA-03
#[test]
fn backchannel_authentication_is_offered_where_a_profile_has_it() {
    let fapi = document(&[profile("fapi1-advanced")]);
    let endpoint = fapi.backchannel.backchannel_authentication_endpoint.as_deref();
    assert_eq!(endpoint, Some("https://id.example/bank/bc-authorize"));
    assert_eq!(
        fapi.backchannel.backchannel_token_delivery_modes_supported,
        ["poll", "ping"]
    );
    assert_eq!(
        fapi.backchannel
            .backchannel_authentication_request_signing_alg_values_supported,
        ["PS256", "ES256"]
    );
    let baseline = document(&[profile("baseline")]);
    assert_eq!(
        baseline.backchannel.backchannel_token_delivery_modes_supported,
        ["poll", "ping", "push"]
    );
    let json = serde_json::to_value(document(&[profile("fapi1-baseline")])).unwrap();
    let named = json.as_object().unwrap().keys();
    assert_eq!(
        named.filter(|name| name.starts_with("backchannel_")).count(),
        2,
        "log-outs alone"
    );
}
