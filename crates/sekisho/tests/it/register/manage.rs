//! `/register/{client_id}`. RFC 7592.

use reqwest::{Method, Response};
use sekisho::administration::Action;
use serde_json::{Value, json};

use super::{REDIRECT_URI, as_the_suite_does, code_request, open, own, post, redeem, refused, register, token, with};
use crate::{
    app::{granted, header, text},
    bank::Bank,
    request::administer,
};

async fn read(bank: &Bank, client: &Value) -> Response {
    own(bank, Method::GET, client).send().await.unwrap()
}

async fn put(bank: &Bank, client: &Value, members: &Value) -> Response {
    own(bank, Method::PUT, client).json(members).send().await.unwrap()
}

/// What a client sends to replace its registration: everything that it may send, with changes.
fn replacement(client: &Value, changes: &Value) -> Value {
    let mut members = client.as_object().unwrap().clone();
    for chosen in [
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
    ] {
        members.remove(chosen);
    }
    members.extend(changes.as_object().unwrap().clone());
    Value::Object(members)
}

// Conformance: B127
#[tokio::test]
async fn a_client_reads_its_registration_without_its_secret() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let response = read(&bank, &client).await;
    assert_eq!(header(&response, "cache-control"), "no-store");
    let mut expected = client.clone();
    for only_once in ["client_secret", "client_secret_expires_at"] {
        expected.as_object_mut().unwrap().remove(only_once);
    }
    // RFC 7592 §3: registration_access_token and registration_client_uri are in every answer.
    assert_eq!(granted(response).await, expected);
}

// Conformance: B127
#[tokio::test]
async fn an_update_replaces_everything_and_rotates_nothing() {
    let bank = open().await;
    let client = register(
        &bank,
        &with(&json!({ "client_name": "Before", "tos_uri": "https://app.example.com/tos" })),
    )
    .await;
    let members = json!({
        "client_id": client["client_id"], "client_secret": client["client_secret"],
        "redirect_uris": [REDIRECT_URI], "client_name": "After"
    });
    let updated = granted(put(&bank, &client, &members).await).await;
    assert_eq!(
        (&updated["client_name"], updated.get("tos_uri")),
        (&json!("After"), None)
    );
    assert_eq!(updated.get("client_secret"), None);
    for same in [
        "client_id",
        "client_id_issued_at",
        "registration_access_token",
        "registration_client_uri",
    ] {
        assert_eq!(updated[same], client[same], "{same}");
    }
    assert_eq!(granted(read(&bank, &client).await).await, updated);
    let request = code_request(&client, "openid");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    granted(redeem(&bank, &client, &request, &callback).await).await;
}

#[tokio::test]
async fn an_update_that_is_wrong_changes_nothing() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let before = granted(read(&bank, &client).await).await;
    for (changes, member) in [
        (json!({ "client_id": null }), "client_id"),
        (json!({ "client_id": "web-app" }), "client_id"),
        (json!({ "client_secret": "mine" }), "client_secret"),
        (json!({ "client_secret": 7 }), "client_secret"),
        (
            json!({ "registration_access_token": client["registration_access_token"] }),
            "registration_access_token",
        ),
        (
            json!({ "registration_client_uri": client["registration_client_uri"] }),
            "registration_client_uri",
        ),
        (json!({ "client_id_issued_at": 0 }), "client_id_issued_at"),
        (json!({ "client_secret_expires_at": 0 }), "client_secret_expires_at"),
        (json!({ "first_party": true }), "first_party"),
        (json!({ "scope": "openid accounts:read" }), "scope"),
        (json!({ "jwks_uri": "https://10.0.0.1/" , "jwks": null }), "jwks_uri"),
        (json!({ "logo_uri": "javascript:alert(1)" }), "logo_uri"),
        (
            json!({ "grant_types": ["authorization_code", "client_credentials"] }),
            "grant_types",
        ),
    ] {
        let response = put(&bank, &client, &replacement(&client, &changes)).await;
        let why = refused(response, 400, "invalid_client_metadata").await;
        assert!(why.starts_with(&format!("{member} ")), "{changes}: {why}");
    }
    let fragment = replacement(&client, &json!({ "redirect_uris": ["https://app.example.com/#x"] }));
    refused(put(&bank, &client, &fragment).await, 400, "invalid_redirect_uri").await;
    assert_eq!(granted(read(&bank, &client).await).await, before);
}

#[tokio::test]
async fn a_new_secret_is_made_only_when_the_method_needs_another() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let to = |method: &str| {
        replacement(
            &client,
            &json!({ "token_endpoint_auth_method": method, "client_secret": null }),
        )
    };
    let secret_after = async |method: &str| {
        let mut members = to(method);
        members.as_object_mut().unwrap().remove("client_secret");
        let updated = granted(put(&bank, &client, &members).await).await;
        updated
            .get("client_secret")
            .map(|secret| secret.as_str().unwrap().to_owned())
    };
    assert_eq!(secret_after("client_secret_post").await, None);
    // A MAC needs the secret itself, of which only a hash is kept.
    let for_mac = secret_after("client_secret_jwt").await.unwrap();
    assert_ne!(for_mac, text(&client, "client_secret"));
    assert_eq!(secret_after("client_secret_basic").await, None);
    assert_eq!(secret_after("none").await, None);
    let after_none = secret_after("client_secret_basic").await.unwrap();
    assert_ne!(after_none, for_mac);
    for (secret, error) in [(for_mac, "invalid_client"), (after_none, "invalid_grant")] {
        let with_secret = json!({ "client_id": client["client_id"], "client_secret": secret });
        let form = [
            ("grant_type", "authorization_code"),
            ("code", "x"),
            ("redirect_uri", REDIRECT_URI),
        ];
        let response = token(&bank, &with_secret, &form).await;
        assert_eq!(response.json::<Value>().await.unwrap()["error"], error);
    }
}

// Conformance: B127
#[tokio::test]
async fn every_wrong_token_is_answered_alike() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("one")).await;
    let other = register(&bank, &as_the_suite_does("other")).await;
    let gone = register(&bank, &as_the_suite_does("gone")).await;
    assert_eq!(own(&bank, Method::DELETE, &gone).send().await.unwrap().status(), 204);
    let disabled = register(&bank, &as_the_suite_does("disabled")).await;
    bank.disable_client(text(&disabled, "client_id")).await;
    let of = |client: &Value| text(client, "client_id").to_owned();
    let token = |client: &Value| text(client, "registration_access_token").to_owned();
    let mut answers = Vec::new();
    for (id, token) in [
        (of(&client), "wrong".to_owned()),
        (of(&client), token(&other)),
        (of(&client), text(&client, "client_secret").to_owned()),
        (of(&gone), token(&gone)),
        (of(&disabled), token(&disabled)),
        ("web-app".to_owned(), token(&client)),
        ("nobody".to_owned(), token(&client)),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let url = bank.url(&format!("/register/{id}"));
            let mut request = bank.http.request(method.clone(), url).bearer_auth(&token);
            if method == Method::PUT {
                request = request.json(&with(&json!({ "client_id": id })));
            }
            let response = request.send().await.unwrap();
            let challenge = header(&response, "www-authenticate").to_owned();
            assert!(challenge.starts_with("Bearer realm=") && challenge.contains("error=\"invalid_token\""));
            answers.push((challenge, refused(response, 401, "invalid_token").await));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let without = bank
        .http
        .get(text(&client, "registration_client_uri"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            without.status().as_u16(),
            header(&without, "www-authenticate").contains("error")
        ),
        (401, false)
    );
    assert_eq!(read(&bank, &client).await.status(), 200);
}

#[tokio::test]
async fn an_operator_removes_and_disables_what_registered_itself() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let client_id = text(&client, "client_id").to_owned();
    let set = |enabled| Action::ClientSetEnabled {
        client_id: client_id.clone(),
        enabled,
    };
    administer(&bank, set(false)).await;
    assert_eq!(read(&bank, &client).await.status(), 401);
    administer(&bank, set(true)).await;
    assert_eq!(read(&bank, &client).await.status(), 200);
    administer(&bank, Action::ClientRemove { client_id }).await;
    assert_eq!(read(&bank, &client).await.status(), 401);
}

#[tokio::test]
async fn a_registration_ends_once() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    let end = || own(&bank, Method::DELETE, &client).send();
    let ended = end().await.unwrap();
    assert_eq!(
        (ended.status().as_u16(), header(&ended, "cache-control")),
        (204, "no-store")
    );
    assert_eq!(ended.text().await.unwrap(), "");
    refused(end().await.unwrap(), 401, "invalid_token").await;
    let page = code_request(&client, "openid")
        .open(&bank, &bank.browser())
        .await
        .page();
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn what_a_client_gives_up_it_cannot_take_back() {
    let bank = super::bank("token", "baseline").await;
    let action = Action::ClientTokenAdd {
        uses: 1,
        lifetime: 60,
        note: String::new(),
        scope: Some("accounts:read".parse().unwrap()),
    };
    let command = sekisho::administration::Command { realm: None, action };
    let made = sekisho::administration::execute(&bank.running.realms, &bank.running.passwords, command)
        .await
        .unwrap();
    let members = with(&json!({ "scope": "openid accounts:read" }));
    let request = bank
        .http
        .post(bank.url("/register"))
        .bearer_auth(text(&made, "initial_access_token"));
    let client = super::registered(request.json(&members).send().await.unwrap()).await;
    // Kept as long as it is named.
    let same = replacement(&client, &json!({ "client_name": "Renamed" }));
    assert_eq!(
        granted(put(&bank, &client, &same).await).await["scope"],
        "accounts:read openid"
    );
    let less = replacement(&client, &json!({ "scope": "openid" }));
    granted(put(&bank, &client, &less).await).await;
    refused(put(&bank, &client, &same).await, 400, "invalid_client_metadata").await;
}

#[tokio::test]
async fn other_methods_are_not_known() {
    let bank = open().await;
    let client = register(&bank, &as_the_suite_does("x")).await;
    for method in [Method::POST, Method::PATCH] {
        assert_eq!(own(&bank, method, &client).send().await.unwrap().status(), 405);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let response = bank.http.request(method, bank.url("/register")).send().await.unwrap();
        assert_eq!(response.status(), 405);
    }
    assert_eq!(post(&bank, &as_the_suite_does("x")).await.status(), 201);
}
