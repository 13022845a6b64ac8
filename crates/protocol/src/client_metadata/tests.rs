mod keys;
mod profile;

use super::*;
use crate::ProfileRef;

fn profile(name: &str) -> &'static SecurityProfile {
    SecurityProfile::find(name).unwrap()
}

fn client(json: &serde_json::Value) -> ClientMetadata {
    serde_json::from_value(json.clone()).unwrap()
}

/// A sound registration with some members replaced.
fn with(changes: &serde_json::Value) -> ClientMetadata {
    let mut members = serde_json::json!({"client_id": "app", "redirect_uris": ["https://app.example.com/cb"]});
    members
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    client(&members)
}

fn members_in_trouble(client: &ClientMetadata, profile_name: &str) -> Vec<String> {
    client
        .validate(profile(profile_name))
        .into_iter()
        .map(|problem| problem.member)
        .collect()
}

#[track_caller]
fn assert_sound(changes: &serde_json::Value) {
    let client = with(changes);
    assert_eq!(client.validate(&ProfileRef::default()), []);
}

#[track_caller]
fn assert_trouble(changes: &serde_json::Value, member: &str) {
    let found = members_in_trouble(&with(changes), "baseline");
    assert_eq!(found, [member]);
}

#[test]
fn absent_members_have_the_defaults_of_the_specifications() {
    let client = client(&serde_json::json!({}));
    assert_eq!(client, ClientMetadata::default());
    assert_eq!(client.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(client.response_types, [ResponseType::CODE]);
    assert_eq!(
        client.token_endpoint_auth_method,
        TokenEndpointAuthMethod::ClientSecretBasic
    );
    assert_eq!(client.application_type, ApplicationType::Web);
    assert_eq!(client.id_token_signed_response_alg, None);
    let default = |name: &str| client.id_token_alg(SecurityProfile::find(name).unwrap());
    assert_eq!(default("baseline"), SigningAlg::Rs256);
    assert_eq!(default("fapi2-security"), SigningAlg::Ps256);
    assert!(client.scope.is_none() && !client.first_party && !client.require_auth_time);
}

#[test]
fn it_reads_back_what_it_writes() {
    let client = with(&serde_json::json!({
        "client_name": "Budget", "client_name#ja": "家計簿", "scope": "openid accounts:read", "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none", "contacts": ["a@example.com"],
        "default_max_age": 60, "require_auth_time": true, "first_party": true, "origins": ["https://app.example.com"],
        "jwks": {"keys": []}, "profile": "openid-core", "owner": "team", "id_token_signed_response_alg": "ES256"
    }));
    let json = serde_json::to_value(&client).unwrap();
    assert_eq!(json["client_name#ja"], "家計簿");
    assert_eq!(serde_json::from_value::<ClientMetadata>(json).unwrap(), client);
}

#[test]
fn unknown_members_are_ignored_and_localized_ones_kept() {
    let client = with(&serde_json::json!({
        "software_id": "x", "unknown#ja": "x", "client_name#": "x", "client_name#fr": 1, "policy_uri#ja": "https://a.example/ja"
    }));
    assert_eq!(client.localized.keys().collect::<Vec<_>>(), ["policy_uri#ja"]);
}

#[test]
fn a_name_is_found_in_the_best_language() {
    let client = with(
        &serde_json::json!({"client_name": "Budget", "client_name#ja": "家計簿", "client_name#fr-CA": "Budget CA"}),
    );
    assert_eq!(client.name_in("ja"), "家計簿");
    assert_eq!(client.name_in("JA-jp"), "家計簿");
    assert_eq!(client.name_in("fr"), "Budget CA");
    assert_eq!(client.name_in("de"), "Budget");
    assert_eq!(client.localized("logo_uri", "ja"), None);
    assert_eq!(with(&serde_json::json!({})).name_in("ja"), "app");
}

#[test]
fn sound_registrations_have_no_problem() {
    assert_sound(&serde_json::json!({}));
    assert_sound(
        &serde_json::json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none"}),
    );
    assert_sound(&serde_json::json!({"grant_types": ["client_credentials"], "redirect_uris": []}));
    assert_sound(
        &serde_json::json!({"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []}),
    );
    assert_sound(
        &serde_json::json!({"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "com.example:/cb"]}),
    );
    assert_sound(&serde_json::json!({
        "profile": "openid-core", "grant_types": ["authorization_code", "implicit"],
        "response_types": ["code", "token id_token", "code id_token"]
    }));
}

#[test]
fn response_types_and_grant_types_need_each_other() {
    assert_trouble(
        &serde_json::json!({"profile": "openid-core", "response_types": ["code", "id_token"]}),
        "response_types",
    );
    assert_trouble(
        &serde_json::json!({"profile": "openid-core", "grant_types": ["authorization_code", "implicit"]}),
        "grant_types",
    );
    assert_trouble(&serde_json::json!({"response_types": []}), "grant_types");
    // Neither grant type of the hybrid type is there, so both are missing.
    let hybrid = with(&serde_json::json!({
        "profile": "openid-core", "grant_types": ["client_credentials"], "response_types": ["code id_token"]
    }));
    assert_eq!(
        members_in_trouble(&hybrid, "baseline"),
        ["response_types", "response_types"]
    );
    assert_trouble(
        &serde_json::json!({"grant_types": [], "response_types": []}),
        "grant_types",
    );
}

#[test]
fn a_client_for_devices_alone_has_refresh_tokens_and_no_redirect_uris() {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    assert_sound(&serde_json::json!({
        "grant_types": [device, "refresh_token"], "redirect_uris": [], "token_endpoint_auth_method": "none"
    }));
}

#[test]
fn a_refresh_token_must_come_from_somewhere() {
    assert_trouble(
        &serde_json::json!({"grant_types": ["refresh_token", "client_credentials"]}),
        "grant_types",
    );
}

#[test]
fn a_response_type_can_be_used_only_with_its_grant_types() {
    let client = with(&serde_json::json!({"response_types": ["code", "id_token"]}));
    assert!(client.allows_response_type(ResponseType::CODE));
    assert!(
        !client.allows_response_type(ResponseType::ID_TOKEN),
        "implicit is not registered"
    );
    assert!(!client.allows_response_type(ResponseType::TOKEN));
    let machine = with(&serde_json::json!({"grant_types": ["client_credentials"]}));
    assert!(
        !machine.allows_response_type(ResponseType::CODE),
        "the default response type is no permission"
    );
}

#[test]
fn a_client_without_a_secret_cannot_act_on_its_own() {
    assert_trouble(
        &serde_json::json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}),
        "token_endpoint_auth_method",
    );
}

#[test]
fn redirect_uris_are_needed_and_checked() {
    assert_trouble(&serde_json::json!({"redirect_uris": []}), "redirect_uris");
    assert_trouble(
        &serde_json::json!({"redirect_uris": ["https://a.example/cb#x"]}),
        "redirect_uris",
    );
    assert_trouble(
        &serde_json::json!({"redirect_uris": ["com.example:/cb"]}),
        "redirect_uris",
    );
    assert_trouble(
        &serde_json::json!({"post_logout_redirect_uris": ["http://a.example"]}),
        "post_logout_redirect_uris",
    );
    let problem = with(&serde_json::json!({"redirect_uris": ["http://a.example"]}))
        .validate(&ProfileRef::default())
        .remove(0);
    assert_eq!(problem.error_code(), crate::ErrorCode::InvalidRedirectUri);
    assert!(problem.problem.contains("http://a.example") && !problem.remedy.is_empty());
}

// Conformance: B128 oidcc-3rd_party-init-login-nohttps BC-01
#[test]
fn addresses_for_log_out_are_web_addresses_without_a_fragment() {
    for member in ["backchannel_logout_uri", "frontchannel_logout_uri"] {
        assert_sound(&serde_json::json!({member: "https://app.example.com/bye?x=y"}));
        for bad in [
            "https://app.example.com/bye#now",
            "http://app.example.com/bye",
            "/bye",
            "javascript:alert(1)",
        ] {
            assert!(
                members_in_trouble(&with(&serde_json::json!({member: bad})), "baseline").contains(&member.to_owned()),
                "{bad}"
            );
        }
    }
    assert_sound(&serde_json::json!({"backchannel_logout_uri": "http://127.0.0.1:8081/bye"}));
    assert_sound(&serde_json::json!({"backchannel_logout_uri": "https://elsewhere.example/bye"}));
}

// Conformance: FC-01
/// Front-Channel Logout §2: "The domain, port, and scheme of this URL MUST be the same as that of a registered
/// Redirection URI value."
#[test]
fn what_browsers_load_after_a_log_out_is_of_the_app_itself() {
    for other in [
        "https://other.example.com/bye",
        "https://app.example.com:8443/bye",
        "http://127.0.0.1/bye",
    ] {
        assert_trouble(
            &serde_json::json!({"frontchannel_logout_uri": other}),
            "frontchannel_logout_uri",
        );
    }
    assert_sound(&serde_json::json!({
        "redirect_uris": ["https://app.example.com/cb", "http://localhost:8081/cb"],
        "frontchannel_logout_uri": "http://localhost:8081/bye",
    }));
}

#[test]
fn addresses_are_web_addresses() {
    for member in [
        "logo_uri",
        "client_uri",
        "policy_uri",
        "tos_uri",
        "tos_uri#ja",
        "logo_uri#ja",
    ] {
        assert_sound(&serde_json::json!({member: "https://a.example/x"}));
        assert_sound(&serde_json::json!({member: "http://127.0.0.1:8081/x"}));
        assert_sound(&serde_json::json!({member: "https://xn--pple-43d.example/"}));
        for hostile in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            "data:image/svg+xml,<svg/onload=alert(1)>",
            "http://a.example/x",
            "ftp://a.example/x",
            "//a.example/x",
            "https://bank@a.example/",
            "https://bank:secret@a.example/",
            "https://a.example/\u{7}",
            "https://a.example/ x",
            "https://a.example/\u{202e}",
            "https://\u{430}pple.example/",
            "https:///x",
            "",
            &format!("https://a.example/{}", "x".repeat(2048)),
        ] {
            assert_trouble(&serde_json::json!({member: hostile}), member);
        }
    }
    for member in ["initiate_login_uri", "jwks_uri"] {
        assert_sound(&serde_json::json!({member: "https://a.example/x"}));
        for bad in ["http://a.example/x", "https://u@a.example/", "a.example", ""] {
            assert_trouble(&serde_json::json!({member: bad}), member);
        }
    }
    assert_sound(&serde_json::json!({"jwks_uri": "http://localhost:8081/x"}));
    assert_trouble(
        &serde_json::json!({"initiate_login_uri": "http://localhost/x"}),
        "initiate_login_uri",
    );
}

#[test]
fn a_name_is_one_line_of_text() {
    for member in ["client_name", "client_name#ja"] {
        assert_sound(&serde_json::json!({member: "家計簿 🏦 Budget"}));
        for bad in ["Bud\nget", "Budget\0", &"x".repeat(10_240)] {
            assert_trouble(&serde_json::json!({member: bad}), member);
        }
    }
}

// Conformance: JAR-07 JAR-09
#[test]
fn request_objects_are_at_safe_addresses_and_signed_by_keys_that_are_known() {
    let uris = |uri: &str| serde_json::json!({"request_uris": [uri]});
    assert_sound(&uris("https://a.example/request#hash"));
    assert_sound(&uris("http://127.0.0.1:8081/request"));
    for bad in ["http://a.example/request", "urn:example:request", "a.example"] {
        assert_trouble(&uris(bad), "request_uris");
    }
    assert_trouble(&uris(&format!("https://a.example/{}", "x".repeat(500))), "request_uris");
    let must = "require_signed_request_object";
    assert_trouble(&serde_json::json!({ must: true }), must);
    assert_sound(&serde_json::json!({must: true, "jwks_uri": "https://a.example/jwks"}));
}

// Conformance: oidcc-registration-sector-bad
#[test]
fn a_pairwise_client_is_of_one_sector() {
    let two_hosts = serde_json::json!(["https://a.example/cb", "https://b.example/cb"]);
    let pairwise = |more: serde_json::Value| {
        let mut members = serde_json::json!({"subject_type": "pairwise"});
        members
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        members
    };
    assert_sound(&pairwise(serde_json::json!({})));
    assert_sound(&serde_json::json!({"redirect_uris": two_hosts}));
    assert_trouble(
        &pairwise(serde_json::json!({"redirect_uris": two_hosts})),
        "sector_identifier_uri",
    );
    assert_sound(&pairwise(
        serde_json::json!({"redirect_uris": two_hosts, "sector_identifier_uri": "https://sector.example/uris.json"}),
    ));
    let native = serde_json::json!({"application_type": "native", "redirect_uris": ["com.example:/cb"]});
    assert_trouble(&pairwise(native), "sector_identifier_uri");
    assert_trouble(
        &pairwise(serde_json::json!({"sector_identifier_uri": "http://sector.example/uris.json"})),
        "sector_identifier_uri",
    );
}

#[test]
fn origins_are_scheme_host_and_port() {
    assert_sound(
        &serde_json::json!({"origins": ["https://app.example.com", "https://a.example:8443", "http://localhost:3000"]}),
    );
    for bad in [
        "https://a.example/",
        "https://a.example/x",
        "http://a.example",
        "null",
        "*",
        "https://*.example",
        "a.example",
    ] {
        assert_trouble(&serde_json::json!({"origins": [bad]}), "origins");
    }
}

#[test]
fn values_that_cannot_be_are_reported() {
    assert_sound(&serde_json::json!({"default_max_age": 0}));
    assert_trouble(&serde_json::json!({"default_max_age": -1}), "default_max_age");
    assert_trouble(&serde_json::json!({"client_id": "アプリ"}), "client_id");
    assert!(serde_json::from_value::<ClientMetadata>(serde_json::json!({"grant_types": ["password"]})).is_err());
}

#[test]
fn every_contradiction_is_reported_at_once() {
    let client = with(&serde_json::json!({
        "grant_types": ["implicit", "client_credentials"], "response_types": ["code"], "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://a.example/#"], "profile": "fapi9", "jwks_uri": "http://a.example"
    }));
    let mut found = members_in_trouble(&client, "baseline");
    found.dedup();
    assert_eq!(
        found,
        [
            "profile",
            "response_types",
            "grant_types",
            "token_endpoint_auth_method",
            "redirect_uris",
            "jwks_uri"
        ]
    );
}
