//! Where registration is offered, and what it leads to.

use reqwest::Method;
use serde_json::{Value, json};

use super::{REDIRECT_URI, as_the_suite_does, bank, code_request, open, own, redeem, refused, register, token};
use crate::{
    app::{claims, granted, text},
    bank::{Bank, NOON},
};

async fn metadata(bank: &Bank) -> Value {
    let url = bank.url("/.well-known/openid-configuration");
    granted(bank.http.get(url).send().await.unwrap()).await
}

// Conformance: A2.0-registration B126 B127 oidcc-server oidcc-idtoken-signature SEED1-19 OP-24 OP-26
#[tokio::test]
async fn a_client_registers_signs_a_user_in_and_ends_its_registration_as_the_conformance_suite_does() {
    let bank = open().await;
    let endpoint = metadata(&bank).await["registration_endpoint"].clone();
    assert_eq!(endpoint, bank.url("/register"));
    let client = register(&bank, &as_the_suite_does("oidcc-server")).await;

    let request = code_request(&client, "openid profile email address phone offline_access")
        .without("code_challenge")
        .without("code_challenge_method");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.url.as_str().starts_with(REDIRECT_URI));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
    ];
    let tokens = granted(token(&bank, &client, &form).await).await;
    let id_token = claims(&bank, text(&tokens, "id_token")).await;
    assert_eq!(id_token["aud"], client["client_id"]);
    let userinfo = |access_token: &str| bank.http.get(bank.url("/userinfo")).bearer_auth(access_token).send();
    let access_token = text(&tokens, "access_token");
    assert_eq!(
        granted(userinfo(access_token).await.unwrap()).await["sub"],
        id_token["sub"]
    );

    let ended = own(&bank, Method::DELETE, &client).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(userinfo(access_token).await.unwrap().status(), 401);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    assert_eq!(token(&bank, &client, &refresh).await.status(), 401);
}

// Conformance: B126
#[tokio::test]
async fn the_answer_says_all_that_is_registered_with_the_defaults_and_shows_the_secret_once() {
    let bank = open().await;
    let sent = as_the_suite_does("x");
    let client = register(&bank, &sent).await;
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&client[name], value, "{name}");
    }
    for (name, value) in [
        ("application_type", json!("web")),
        ("subject_type", json!("public")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("client_id_issued_at", json!(NOON)),
        ("client_secret_expires_at", json!(0)),
    ] {
        assert_eq!(client[name], value, "{name}");
    }
    assert_eq!(client.get("scope"), None);
    let id = text(&client, "client_id");
    assert_eq!(client["registration_client_uri"], bank.url(&format!("/register/{id}")));
    for secret in ["client_secret", "registration_access_token"] {
        assert_eq!(text(&client, secret).len(), 43, "256 bits: {secret}");
    }
    let stored = bank
        .running
        .realms
        .store
        .find_client(&bank.issuer, id)
        .await
        .unwrap()
        .unwrap();
    assert!(!format!("{stored:?}").contains(text(&client, "client_secret")));
    assert_eq!(stored.wrapped_secret, None);
}

#[tokio::test]
async fn a_client_that_says_little_gets_the_defaults_of_the_specifications() {
    let bank = bank("open", "baseline").await;
    let client = register(&bank, &json!({ "redirect_uris": [REDIRECT_URI] })).await;
    assert_eq!(client["grant_types"], json!(["authorization_code"]));
    assert_eq!(client["response_types"], json!(["code"]));
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(client.get("profile"), None);
    // The realm's profile is baseline, so PKCE is demanded.
    let request = code_request(&client, "openid");
    let error = request
        .clone()
        .without("code_challenge")
        .without("code_challenge_method")
        .error(&bank)
        .await;
    assert_eq!(error, "invalid_request");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    granted(redeem(&bank, &client, &request, &callback).await).await;
}

#[tokio::test]
async fn secrets_exist_only_for_methods_that_use_them() {
    let bank = open().await;
    let method = |method: &str| {
        let mut members = as_the_suite_does(method);
        members["token_endpoint_auth_method"] = json!(method);
        members
    };
    for name in ["none", "private_key_jwt"] {
        let client = register(&bank, &method(name)).await;
        assert_eq!(
            (client.get("client_secret"), client.get("client_secret_expires_at")),
            (None, None),
            "{name}"
        );
    }
    for name in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
        let client = register(&bank, &method(name)).await;
        let id = text(&client, "client_id");
        let stored = bank
            .running
            .realms
            .store
            .find_client(&bank.issuer, id)
            .await
            .unwrap()
            .unwrap();
        // A MAC is made with the secret itself, so that one is kept, wrapped.
        assert_eq!(stored.wrapped_secret.is_some(), name == "client_secret_jwt", "{name}");
        assert!(
            stored.secret_hash.is_some() && client["client_secret_expires_at"] == 0,
            "{name}"
        );
    }
}

#[tokio::test]
async fn where_it_is_off_nothing_is_offered_and_nothing_answers() {
    let bank = Bank::start().await;
    assert_eq!(metadata(&bank).await.get("registration_endpoint"), None);
    let response = super::post(&bank, &as_the_suite_does("x")).await;
    let why = refused(response, 403, "access_denied").await;
    assert!(why.contains("operator"), "{why}");
    for method in [Method::GET, Method::DELETE] {
        let request = bank
            .http
            .request(method, bank.url("/register/web-app"))
            .bearer_auth("x");
        refused(request.send().await.unwrap(), 403, "access_denied").await;
    }
}

/// OpenID Connect Discovery §3 and OpenID Connect Core §15.2, as the dynamic plans check them.
// Conformance: A2.0-discovery oidcc-discovery-endpoint-verification
// Conformance: META-05 OP-24
#[tokio::test]
async fn the_metadata_of_a_realm_with_open_registration_is_that_of_a_dynamic_provider() {
    let bank = open().await;
    let metadata = metadata(&bank).await;
    let has = |list: &str, value: &str| metadata[list].as_array().unwrap().contains(&json!(value));
    for value in ["code", "id_token", "id_token token"] {
        assert!(has("response_types_supported", value), "{value}");
    }
    for value in ["authorization_code", "implicit"] {
        assert!(has("grant_types_supported", value), "{value}");
    }
    assert!(has("id_token_signing_alg_values_supported", "RS256") && has("scopes_supported", "openid"));
    for endpoint in ["registration_endpoint", "userinfo_endpoint", "jwks_uri"] {
        assert!(text(&metadata, endpoint).starts_with(&bank.issuer), "{endpoint}");
    }
}

#[tokio::test]
async fn implicit_and_hybrid_clients_register_where_the_realms_profile_allows_them() {
    let implicit = |types: &[&str], grants: &[&str]| {
        let mut members = as_the_suite_does("implicit");
        members["response_types"] = json!(types);
        members["grant_types"] = json!(grants);
        members
    };
    let core = open().await;
    for (types, grants) in [
        (&["id_token"][..], &["implicit"][..]),
        (&["id_token token"], &["implicit"]),
        (&["code id_token"], &["authorization_code", "implicit"]),
        (
            &["code token", "code id_token token"],
            &["authorization_code", "implicit"],
        ),
    ] {
        let client = register(&core, &implicit(types, grants)).await;
        assert_eq!(client["response_types"], json!(types));
        assert_eq!(client["grant_types"], json!(grants));
    }
    let needs_implicit = implicit(&["id_token"], &["authorization_code"]);
    let why = refused(
        super::post(&core, &needs_implicit).await,
        400,
        "invalid_client_metadata",
    )
    .await;
    assert!(why.contains("needs the grant type implicit"), "{why}");

    let baseline = bank("open", "baseline").await;
    let response = super::post(&baseline, &implicit(&["id_token"], &["implicit"])).await;
    let why = refused(response, 400, "invalid_client_metadata").await;
    assert!(why.contains("not allowed by the profile baseline"), "{why}");
}

// Conformance: BCP-03
#[tokio::test]
async fn what_anybody_registers_is_never_skipped_at_consent() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let browser = crate::request::signed_in(&bank, "alice").await;
    let page = code_request(&client, "openid").open(&bank, &browser).await.page();
    assert!(page.has("approve"), "{}", page.text());
    assert!(page.text().contains("Conformance suite x"));
}
