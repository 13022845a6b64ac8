use serde_json::json;

use super::*;
use crate::{ErrorCode, profile::PROFILES};

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

/// A sound request with some members replaced.
fn with(changes: Value) -> Map<String, Value> {
    let mut request = members(json!({"redirect_uris": ["https://app.example.com/cb"]}));
    request.extend(members(changes));
    request
}

/// The members in trouble, in a realm with this default profile that offers all.
fn trouble_in(default: &str, changes: Value) -> Vec<String> {
    let offered: Vec<_> = PROFILES.iter().collect();
    match parse(with(changes)) {
        Err(problem) => vec![problem.member],
        Ok(client) => check(&client, SecurityProfile::find(default).unwrap(), &offered)
            .into_iter()
            .map(|problem| problem.member)
            .collect(),
    }
}

fn trouble(changes: Value) -> Vec<String> {
    trouble_in("openid-core", changes)
}

#[track_caller]
fn assert_trouble(changes: &Value, member: &str) {
    let mut found = trouble(changes.clone());
    found.dedup();
    assert_eq!(found, [member], "{changes}");
}

#[test]
fn what_is_not_understood_and_what_is_null_is_ignored() {
    let client = parse(with(
        json!({"x": {"deep": [1]}, "client_name": null, "scope": null, "logo_uri#ja": null}),
    ))
    .unwrap();
    let plain = parse(with(json!({}))).unwrap();
    assert_eq!(client, plain);
}

#[test]
fn what_the_server_chooses_is_not_taken() {
    let client = parse(with(json!({
        "client_id": "admin", "client_secret": "x", "client_id_issued_at": "x", "registration_access_token": 7
    })))
    .unwrap();
    assert_eq!(client.client_id, "");
}

#[test]
fn members_of_the_operator_are_refused() {
    for (name, value) in [
        ("first_party", json!(true)),
        ("owner", json!("team")),
        ("origins", json!(["https://app.example.com"])),
    ] {
        assert_trouble(&json!({name: value}), name);
    }
    assert_eq!(trouble(json!({"first_party": null})), Vec::<String>::new());
}

#[test]
fn a_member_that_cannot_be_read_is_named() {
    for (name, value) in [
        ("redirect_uris", json!("https://app.example.com/cb")),
        ("redirect_uris", json!([7])),
        ("grant_types", json!(["password"])),
        ("response_types", json!(["code", "x"])),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_encrypted_response_alg", json!("RSA1_5")),
        ("default_max_age", json!("soon")),
        ("jwks", json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})),
        ("jwks", json!([])),
        ("application_type", json!("desktop")),
        ("subject_type", json!("opaque")),
        ("scope", json!("a\"b")),
        ("contacts", json!({"mail": "a@example.com"})),
    ] {
        assert_trouble(&json!({name: value}), name);
    }
    let problem = parse(with(json!({"redirect_uris": "x"}))).unwrap_err();
    assert_eq!(problem.error_code(), ErrorCode::InvalidRedirectUri);
}

#[test]
fn values_that_no_honest_client_has_are_refused() {
    let long = "x".repeat(MAX_TEXT);
    assert_trouble(&json!({"software_id": format!("{long}x")}), "software_id");
    assert_eq!(trouble(json!({"software_id": long})), Vec::<String>::new());
    assert_trouble(
        &json!({"client_uri": format!("https://a.example/{long}")}),
        "client_uri",
    );
    assert_trouble(
        &json!({"redirect_uris": vec!["https://app.example.com/cb"; MAX_LIST + 1]}),
        "redirect_uris",
    );
    assert_trouble(&json!({"contacts": vec!["a@example.com"; MAX_LIST + 1]}), "contacts");
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    assert_trouble(&json!({"jwks": {"keys": vec![key; MAX_LIST + 1]}}), "jwks");
    for name in ["Bank\u{202E}gro", "Bank\n", "B\u{200B}ank", "\u{7}"] {
        assert_trouble(&json!({"client_name": name}), "client_name");
    }
}

#[test]
fn addresses_that_deceive_are_refused() {
    for uri in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://bank.example@evil.example/",
        "https://bank.example\\@evil.example/",
        "https://b%61nk.example/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://bаnk.example/",
        "https://[0:0:0:0:0:0:0:1]/",
        "//evil.example/",
    ] {
        for member in [
            "logo_uri",
            "policy_uri",
            "tos_uri",
            "client_uri",
            "initiate_login_uri",
            "jwks_uri",
        ] {
            let found = trouble(json!({member: uri}));
            assert!(
                !found.is_empty() && found.iter().all(|name| name == member),
                "{member} {uri}: {found:?}"
            );
        }
        let found = trouble(json!({"redirect_uris": [uri]}));
        assert!(
            !found.is_empty() && found.iter().all(|name| name == "redirect_uris"),
            "{uri}"
        );
    }
    assert_eq!(
        trouble(
            json!({"logo_uri": "https://xn--bnk-5cd.example:8443/", "client_uri": "http://[::1]:5000/", "policy_uri": "https://A.Example/"})
        ),
        Vec::<String>::new()
    );
}

// Conformance: B128 oidcc-3rd_party-init-login-nohttps F1A-SEC-02 F2-CRY-03
#[test]
fn what_the_server_calls_and_what_starts_a_sign_in_uses_https() {
    assert_trouble(
        &json!({"initiate_login_uri": "http://localhost/x"}),
        "initiate_login_uri",
    );
    for member in [
        "jwks_uri",
        "initiate_login_uri",
        "sector_identifier_uri",
        "backchannel_logout_uri",
    ] {
        assert_trouble(&json!({member: "http://app.example.com/x"}), member);
    }
    assert_trouble(&json!({"request_uris": ["http://app.example.com/x"]}), "request_uris");
}

#[test]
fn only_request_uris_have_fragments() {
    assert_eq!(
        trouble(json!({"request_uris": ["https://app.example.com/request#hash"]})),
        Vec::<String>::new()
    );
    for member in [
        "jwks_uri",
        "sector_identifier_uri",
        "backchannel_logout_uri",
        "initiate_login_uri",
    ] {
        assert_trouble(&json!({member: "https://app.example.com/x#y"}), member);
    }
    assert_trouble(
        &json!({"redirect_uris": ["https://app.example.com/cb#x"]}),
        "redirect_uris",
    );
}

#[test]
fn a_profile_below_the_realms_is_not_open() {
    assert_eq!(
        trouble_in("baseline", json!({"profile": "baseline"})),
        Vec::<String>::new()
    );
    assert_eq!(
        trouble_in("openid-core", json!({"profile": "baseline"})),
        Vec::<String>::new()
    );
    assert_eq!(trouble_in("baseline", json!({"profile": "openid-core"})), ["profile"]);
    let found = trouble_in("baseline", json!({"profile": "fapi9"}));
    assert!(found.contains(&"profile".to_owned()), "{found:?}");
    let client = parse(with(json!({"profile": "openid-core"}))).unwrap();
    let core = SecurityProfile::find("openid-core").unwrap();
    let baseline = SecurityProfile::find("baseline").unwrap();
    assert_eq!(
        check(&client, core, &[baseline])[0].member,
        "profile",
        "the realm does not offer it"
    );
}

/// OpenID Connect Registration §2, `application_type`.
#[test]
fn a_web_client_gets_no_tokens_on_the_users_machine() {
    let implicit = |uri: &str| json!({"grant_types": ["implicit", "authorization_code"], "response_types": ["code", "id_token"], "redirect_uris": [uri]});
    for uri in [
        "http://localhost/cb",
        "http://127.0.0.1:5000/cb",
        "https://localhost/cb",
    ] {
        assert_trouble(&implicit(uri), "redirect_uris");
    }
    assert_eq!(trouble(implicit("https://app.example.com/cb")), Vec::<String>::new());
    let mut native = implicit("http://localhost/cb");
    native["application_type"] = json!("native");
    assert_eq!(trouble(native), Vec::<String>::new());
    assert_eq!(
        trouble(json!({"redirect_uris": ["http://localhost/cb"]})),
        Vec::<String>::new()
    );
}

// Conformance: B130 SEED1-05 F1B-AS-01
#[test]
fn keys_are_given_once_and_large_enough() {
    assert_trouble(
        &json!({"jwks": {"keys": []}, "jwks_uri": "https://app.example.com/jwks"}),
        "jwks",
    );
    let rsa = |bytes: usize| json!({"jwks": {"keys": [{"kty": "RSA", "e": "AQAB", "n": jose::b64::encode(vec![0xff; bytes])}]}});
    assert_trouble(&rsa(128), "jwks");
    assert_eq!(trouble(rsa(256)), Vec::<String>::new());
}

#[test]
fn how_content_is_encrypted_needs_how_its_key_is() {
    for kind in ["id_token", "userinfo", "introspection"] {
        let enc = format!("{kind}_encrypted_response_enc");
        assert_trouble(&json!({&enc: "A256GCM"}), &enc);
    }
}
