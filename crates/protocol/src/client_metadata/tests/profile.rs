//! What the profile of a client wants of it.

use super::*;

#[test]
fn the_profile_decides_what_may_be_registered() {
    let implicit = with(&serde_json::json!({"grant_types": ["implicit"], "response_types": ["id_token"]}));
    assert_eq!(members_in_trouble(&implicit, "openid-core"), Vec::<String>::new());
    assert_eq!(
        members_in_trouble(&implicit, "baseline"),
        ["grant_types", "response_types"]
    );
    // The client's own choice wins over the realm's default.
    let own = ClientMetadata {
        profile: Some("openid-core".into()),
        ..implicit
    };
    assert_eq!(members_in_trouble(&own, "baseline"), Vec::<String>::new());
    assert_eq!(own.profile_or(profile("baseline")).name, "openid-core");
    assert_trouble(&serde_json::json!({"profile": "fapi9"}), "profile");
}

// Conformance: SEED1-04 F1A-AS-11 F1A-AS-12 F2-AS-03 F2-AS-05
#[test]
fn at_financial_grade_clients_authenticate_by_keys() {
    let key = serde_json::json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"});
    for name in [
        "fapi1-baseline",
        "fapi1-advanced",
        "fapi2-security",
        "fapi2-message-signing",
    ] {
        for (method, is_allowed) in [
            ("private_key_jwt", true),
            ("client_secret_jwt", name == "fapi1-baseline"),
            ("none", name == "fapi1-baseline"),
            ("client_secret_basic", false),
            ("client_secret_post", false),
        ] {
            let mut members = serde_json::json!({"token_endpoint_auth_method": method});
            if method == "private_key_jwt" {
                members["jwks"] = serde_json::json!({ "keys": [key] });
            }
            let troubled = members_in_trouble(&with(&members), name);
            let is_refused = troubled.iter().any(|member| member == "token_endpoint_auth_method");
            assert_eq!(is_refused, !is_allowed, "{name} {method}: {troubled:?}");
        }
    }
}

#[test]
fn the_profile_decides_how_clients_authenticate() {
    let strict = SecurityProfile {
        client_auth_methods: &[TokenEndpointAuthMethod::ClientSecretPost],
        public_clients: false,
        ..*profile("baseline")
    };
    for (method, allowed) in [
        ("client_secret_post", true),
        ("client_secret_basic", false),
        ("none", false),
    ] {
        let problems = with(&serde_json::json!({"token_endpoint_auth_method": method})).validate(&strict);
        assert_eq!(problems.is_empty(), allowed, "{method}: {problems:?}");
    }
}

/// A client that follows FAPI 2.0 Security.
fn fapi2() -> ClientMetadata {
    ClientMetadata {
        client_id: "app".into(),
        redirect_uris: vec!["https://app.example.com/callback".into()],
        token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
        jwks_uri: Some("https://app.example.com/jwks".into()),
        profile: Some("fapi2-security".into()),
        ..ClientMetadata::default()
    }
}

fn members(problems: &[MetadataProblem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.member.as_str()).collect()
}

#[test]
fn what_a_profile_does_not_sign_with_cannot_be_registered() {
    assert_eq!(fapi2().validate(profile("baseline")), []);
    let all = |alg: SigningAlg| ClientMetadata {
        id_token_signed_response_alg: Some(alg),
        userinfo_signed_response_alg: Some(alg),
        introspection_signed_response_alg: Some(alg),
        authorization_signed_response_alg: Some(alg),
        request_object_signing_alg: Some(alg),
        token_endpoint_auth_signing_alg: Some(alg.as_str().to_owned()),
        ..fapi2()
    };
    assert_eq!(all(SigningAlg::Ps256).validate(profile("baseline")), []);
    let problems = all(SigningAlg::Rs256).validate(profile("baseline"));
    assert_eq!(problems.len(), 6, "{problems:?}");
    assert_eq!(
        problems[0].problem,
        "RS256 is not allowed by the profile fapi2-security"
    );
    assert_eq!(problems[0].remedy, "use one of: PS256, ES256, EdDSA, or leave it out");
    let edwards = ClientMetadata {
        profile: Some("fapi1-advanced".into()),
        ..all(SigningAlg::EdDsa)
    };
    assert_eq!(edwards.validate(profile("baseline")).len(), 6);
}

#[test]
fn what_must_be_signed_needs_keys_that_can() {
    let public = |kty: &str, more: &str| -> KeySet {
        serde_json::from_str(&format!(r#"{{"keys":[{{"kty":"{kty}",{more}}}]}}"#)).unwrap()
    };
    let with = |keys: KeySet| ClientMetadata {
        jwks: Some(keys),
        jwks_uri: None,
        ..fapi2()
    };
    let p256 = public("EC", r#""crv":"P-256","x":"AQ","y":"AQ""#);
    let p384 = public("EC", r#""crv":"P-384","x":"AQ","y":"AQ""#);
    assert_eq!(with(p256).validate(profile("baseline")), []);
    assert_eq!(members(&with(p384).validate(profile("baseline"))), ["jwks"]);
    let mutual_tls = |signed: bool| ClientMetadata {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretJwt,
        jwks_uri: None,
        profile: Some(
            if signed {
                "fapi2-message-signing"
            } else {
                "fapi2-security"
            }
            .into(),
        ),
        ..fapi2()
    };
    assert!(members(&mutual_tls(true).validate(profile("baseline"))).contains(&"jwks"));
    assert!(!members(&mutual_tls(false).validate(profile("baseline"))).contains(&"jwks"));
}

// Conformance: MTLS-09
#[test]
fn a_token_that_must_be_bound_does_not_come_by_the_browser() {
    let client = |bound: bool| ClientMetadata {
        client_id: "app".into(),
        redirect_uris: vec!["https://app.example.com/callback".into()],
        profile: Some("openid-core".into()),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::Implicit],
        response_types: ["code", "id_token", "id_token token"]
            .map(|text| ResponseType::parse(text).unwrap())
            .into(),
        dpop_bound_access_tokens: bound,
        ..ClientMetadata::default()
    };
    assert_eq!(client(false).validate(profile("baseline")), []);
    let problems = client(true).validate(profile("baseline"));
    assert_eq!(members(&problems), ["response_types"]);
    assert!(
        problems[0]
            .problem
            .contains("id_token token gives an access token that is bound to no key")
    );
}

#[test]
fn encryption_of_what_is_said_needs_an_algorithm() {
    let client = ClientMetadata {
        authorization_encrypted_response_enc: Some(JweEnc::A256Gcm),
        request_object_encryption_enc: Some(JweEnc::A256Gcm),
        ..fapi2()
    };
    assert_eq!(
        members(&client.validate(profile("baseline"))),
        ["authorization_encrypted_response_enc", "request_object_encryption_enc"]
    );
}

#[test]
fn what_is_missing_for_a_profile_is_what_its_own_rules_say() {
    let client = ClientMetadata {
        client_id: "app".into(),
        redirect_uris: vec!["https://app.example.com/callback".into()],
        id_token_signed_response_alg: Some(SigningAlg::Rs256),
        ..ClientMetadata::default()
    };
    assert_eq!(client.missing_for(profile("baseline")), []);
    let missing = client.missing_for(profile("fapi2-security"));
    assert_eq!(
        members(&missing),
        ["token_endpoint_auth_method", "id_token_signed_response_alg"]
    );
    let standing = client.standing(crate::PROFILES.iter());
    assert_eq!(standing.meets, ["openid-core", "baseline"]);
    assert_eq!(standing.missing[0].profile, "fapi1-baseline");
    let standing = fapi2().standing(crate::PROFILES.iter());
    assert!(
        standing.meets.contains(&"fapi2-message-signing".to_owned()),
        "{:?}",
        standing.missing
    );
}
