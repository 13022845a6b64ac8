//! `POST /device_authorization`: RFC 8628 §3.1 and §3.2.

use serde_json::json;

use crate::{
    app::{App, KIOSK, Method, ROBOT, TV, WEB_APP, granted, header, names, refused, text},
    bank::Bank,
    request::REPORTS_API,
};

// Conformance: B145
#[tokio::test]
async fn a_device_gets_its_codes() {
    let bank = Bank::start().await;
    let response = TV
        .post(&bank, "/device_authorization", &[("scope", "openid accounts:read")])
        .await;
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "access-control-allow-origin"), "");
    let device = granted(response).await;
    assert_eq!(
        names(&device),
        [
            "device_code",
            "expires_in",
            "interval",
            "user_code",
            "verification_uri",
            "verification_uri_complete"
        ]
    );
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!(600), &json!(5)));
    assert_eq!(device["verification_uri"], bank.url("/device"));
    let user_code = text(&device, "user_code");
    let complete = bank.url(&format!("/device?user_code={user_code}"));
    assert_eq!(device["verification_uri_complete"], complete);
    assert_eq!(jose::b64::decode(text(&device, "device_code")).unwrap().len(), 32);
    let letters: Vec<char> = user_code.chars().collect();
    assert_eq!((letters.len(), letters[4]), (9, '-'));
    assert!(
        letters
            .iter()
            .all(|letter| *letter == '-' || "BCDFGHJKLMNPQRSTVWXZ".contains(*letter))
    );
}

// Conformance: B145
#[tokio::test]
async fn no_two_devices_get_the_same_codes() {
    let bank = Bank::start().await;
    let mut codes = Vec::new();
    for _ in 0..20 {
        let device = TV.device(&bank, "openid").await;
        codes.extend(["device_code", "user_code"].map(|name| text(&device, name).to_owned()));
    }
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

#[tokio::test]
async fn a_confidential_client_must_authenticate() {
    let bank = Bank::start().await;
    KIOSK.device(&bank, "openid").await;
    let unproven = App {
        method: Method::None,
        ..KIOSK
    };
    let response = unproven.post(&bank, "/device_authorization", &[]).await;
    refused(response, "invalid_client").await;
    let nobody = bank.post("/device_authorization", &[("scope", "openid")]).await;
    refused(nobody, "invalid_client").await;
}

#[tokio::test]
async fn a_client_that_did_not_register_the_grant_is_refused() {
    let bank = Bank::start().await;
    for app in [WEB_APP, ROBOT] {
        let description = refused(
            app.post(&bank, "/device_authorization", &[]).await,
            "unauthorized_client",
        )
        .await;
        assert!(description.contains("device_code"), "{description}");
    }
}

#[tokio::test]
async fn scope_and_resource_are_held_to_the_rules_for_users() {
    let bank = Bank::start().await;
    for (app, form, error) in [
        (TV, vec![("scope", "openid payments:write")], "invalid_scope"),
        (TV, vec![("scope", "nothing:known")], "invalid_scope"),
        (TV, vec![("scope", "openid\t")], "invalid_scope"),
        (TV, vec![("resource", "https://elsewhere.example")], "invalid_target"),
        (TV, vec![("resource", "no uri")], "invalid_target"),
        (KIOSK, vec![("scope", "accounts:read reports:read")], "invalid_target"),
        (
            KIOSK,
            vec![("scope", "accounts:read"), ("resource", REPORTS_API)],
            "invalid_scope",
        ),
    ] {
        let response = app.post(&bank, "/device_authorization", &form).await;
        refused(response, error).await;
    }
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let bank = Bank::start().await;
    let form = [("scope", "openid"), ("scope", "openid")];
    refused(TV.post(&bank, "/device_authorization", &form).await, "invalid_request").await;
}

#[tokio::test]
async fn only_so_many_requests_of_a_client_wait_at_once() {
    let bank = Bank::start().await;
    let now = bank.clock.now();
    // What 10000 devices have left behind.
    let rows = (0..10_000).map(|n: i64| {
        storage::Statement::new(
            "INSERT INTO device_request (realm, id, device_code_hash, user_code, client_id, details, state, \
             poll_interval, polled_at, change_id, created_at, expires_at) \
             VALUES ($1, $2, $3, $2, 'tv', '{}', 'pending', 5, 0, '', $4, $5)",
            vec![
                (&bank.issuer).into(),
                n.to_string().into(),
                n.to_be_bytes().to_vec().into(),
                now.into(),
                (now + 60).into(),
            ],
        )
    });
    bank.change(storage::Change::new().then_all(rows)).await;
    let response = TV.post(&bank, "/device_authorization", &[]).await;
    assert_eq!(response.status(), 503);
    assert_eq!(header(&response, "retry-after"), "1");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    assert!(text(&body, "error_description").contains("too many requests of this client wait"));
    KIOSK.device(&bank, "openid").await;
    bank.clock.advance(60);
    TV.device(&bank, "openid").await;
}
