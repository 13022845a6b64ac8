//! What can be asked, and what the client learns of it. CIBA §7.1, §7.3 and §13.

use serde_json::json;

use super::{CALL_CENTER, CIBA, TILL, approve, requests};
use crate::{
    app::{App, KIOSK, Method, TV, WEB_APP, granted, header, names, refused, text},
    bank::Bank,
    request::signed_in,
};

// Conformance: B140 CIBA-13
#[tokio::test]
async fn a_client_is_told_how_its_request_is_called_and_how_long_it_waits() {
    let bank = Bank::start().await;
    let response = TILL.try_to_ask(&bank, "openid", &[]).await;
    assert_eq!(header(&response, "cache-control"), "no-store");
    let asked = granted(response).await;
    assert_eq!(names(&asked), ["auth_req_id", "expires_in", "interval"]);
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(300), &json!(5)));
    let id = text(&asked, "auth_req_id");
    assert_eq!(id.len(), 43, "256 bits");
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    let another = TILL.ask(&bank, "openid").await;
    assert_ne!(text(&another, "auth_req_id"), id);
    let longer = TILL.try_to_ask(&bank, "openid", &[("requested_expiry", "600")]).await;
    assert_eq!(granted(longer).await["expires_in"], 600);
    let bad = TILL.try_to_ask(&bank, "openid", &[("requested_expiry", "soon")]).await;
    refused(bad, "invalid_request").await;
}

// Conformance: CIBA-03
#[tokio::test]
async fn only_who_authenticates_and_is_registered_for_it_may_ask() {
    let bank = Bank::start().await;
    let form = [("scope", "openid"), ("login_hint", "alice"), ("client_id", "till")];
    refused(bank.post("/bc-authorize", &form).await, "invalid_client").await;
    let wrong = [&form[..], &[("client_secret", "wrong")]].concat();
    refused(bank.post("/bc-authorize", &wrong).await, "invalid_client").await;
    refused(TV.try_to_ask(&bank, "openid", &[]).await, "invalid_client").await;
    for app in [WEB_APP, KIOSK] {
        refused(app.try_to_ask(&bank, "openid", &[]).await, "unauthorized_client").await;
    }
    let get = bank.http.get(bank.url("/bc-authorize")).send().await.unwrap();
    assert_eq!(get.status(), 405);
}

// Conformance: CIBA-04 CIBA-05 CIBA-12
#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_code() {
    let bank = Bank::start().await;
    let ask = |scope: &'static str, other: &'static [(&str, &str)]| {
        let bank = &bank;
        async move { TILL.try_to_ask(bank, scope, other).await }
    };
    refused(ask("-", &[]).await, "invalid_scope").await;
    refused(ask("accounts:read", &[]).await, "invalid_scope").await;
    refused(
        CALL_CENTER.try_to_ask(&bank, "openid payments:write", &[]).await,
        "invalid_scope",
    )
    .await;
    refused(ask("openid accounts:read reports:read", &[]).await, "invalid_target").await;
    refused(ask("openid", &[("login_hint", "-")]).await, "invalid_request").await;
    refused(ask("openid", &[("id_token_hint", "x")]).await, "invalid_request").await;
    refused(
        ask("openid", &[("scope", "openid"), ("scope", "openid")]).await,
        "invalid_request",
    )
    .await;
    refused(
        ask("openid", &[("binding_message", "12\n34")]).await,
        "invalid_binding_message",
    )
    .await;
    granted(ask("openid", &[("extra", "1"), ("binding_message", "1234")]).await).await;
}

// Conformance: fapi-ciba-id1-ensure-other-scope-order-succeeds
#[tokio::test]
async fn the_order_of_scopes_does_not_matter() {
    let bank = Bank::start().await;
    granted(TILL.try_to_ask(&bank, "accounts:read openid", &[]).await).await;
}

#[tokio::test]
async fn a_user_is_not_flooded_whoever_asks() {
    let bank = Bank::start().await;
    for _ in 0..10 {
        TILL.ask(&bank, "openid").await;
    }
    let response = TILL.try_to_ask(&bank, "openid", &[]).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "retry-after")),
        (503, "1")
    );
    granted(TILL.try_to_ask(&bank, "openid", &[("login_hint", "bob")]).await).await;
    let browser = signed_in(&bank, "alice").await;
    let page = requests(&browser).await;
    assert!(page.text().contains("9 more requests wait"), "{}", page.text());
    approve(&browser).await;
    TILL.ask(&bank, "openid").await;
}

#[tokio::test]
async fn a_user_gets_mail_at_most_once_a_minute() {
    let bank = Bank::start().await;
    let mails = || async {
        let entries = bank.running.realms.store.outbox_of_realm(&bank.issuer, None, 100).await;
        let entries = entries.unwrap();
        entries
            .iter()
            .filter(|entry| entry.destination == "alice@example.com")
            .count()
    };
    TILL.ask(&bank, "openid").await;
    TILL.ask(&bank, "openid").await;
    assert_eq!(mails().await, 1);
    bank.clock.advance(60);
    TILL.ask(&bank, "openid").await;
    assert_eq!(mails().await, 2);
}

// Conformance: FCIBA-01
#[tokio::test]
async fn a_client_without_credentials_cannot_be_registered_for_it() {
    let public = format!(
        "issuer = \"http://localhost\"\n[[client]]\nclient_id = \"x\"\ngrant_types = [\"{CIBA}\"]\nresponse_types = []\n\
         token_endpoint_auth_method = \"none\"\nbackchannel_token_delivery_mode = \"poll\"\n"
    );
    let problems = sekisho::config::from_text("x.toml".as_ref(), &public)
        .unwrap_err()
        .to_string();
    assert!(problems.contains("a client without a secret cannot use"), "{problems}");
    let app = App {
        client_id: "nobody",
        redirect_uri: "",
        method: Method::None,
    };
    refused(
        app.try_to_ask(&Bank::start().await, "openid", &[]).await,
        "invalid_client",
    )
    .await;
}
