//! A device polls until its user has answered. RFC 8628 §3.4 and §3.5.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::{BANK_API, KIOSK, Server, TV, WEB_APP, claims, granted, names, refused, text},
    bank::{Bank, NOON},
    device::approve,
    request::BANK_API as API,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

// Conformance: B145
#[tokio::test]
async fn a_device_gets_its_tokens_when_the_user_has_approved() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid email offline_access accounts:read").await;
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
    approve(&bank.browser(), &device).await;
    bank.clock.advance(5);
    let tokens = granted(TV.poll(&bank, &device).await).await;
    assert_eq!(
        names(&tokens),
        [
            "access_token",
            "expires_in",
            "id_token",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(tokens["scope"], "accounts:read email offline_access openid");
    let id_token = claims(&bank, text(&tokens, "id_token")).await;
    assert_eq!((&id_token["aud"], &id_token["auth_time"]), (&json!("tv"), &json!(NOON)));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");
    assert!(id_token["at_hash"].is_string() && id_token.get("nonce").is_none());

    let live = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!((&live["active"], &live["client_id"]), (&json!(true), &json!("tv")));
    let next = granted(TV.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    assert_ne!(next["refresh_token"], tokens["refresh_token"]);
    assert!(BANK_API.sees(&bank, text(&next, "access_token")).await);
}

#[tokio::test]
async fn without_offline_access_an_openid_device_gets_no_refresh_token() {
    let bank = Bank::start().await;
    for (app, scope, refreshes) in [
        (TV, "openid accounts:read", false),
        (TV, "accounts:read", true),
        (KIOSK, "accounts:read", false),
    ] {
        let device = app.device(&bank, scope).await;
        approve(&bank.browser(), &device).await;
        let tokens = granted(app.poll(&bank, &device).await).await;
        assert_eq!(tokens["refresh_token"].is_string(), refreshes, "{scope}");
    }
}

// Conformance: B145
#[tokio::test]
async fn polling_too_often_makes_the_interval_longer_for_good() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    let poll = || async { TV.poll(&bank, &device).await };
    refused(poll().await, "authorization_pending").await;
    bank.clock.advance(4);
    let description = refused(poll().await, "slow_down").await;
    assert!(description.contains("wait 10 seconds"), "{description}");
    bank.clock.advance(9);
    let description = refused(poll().await, "slow_down").await;
    assert!(description.contains("wait 15 seconds"), "{description}");
    bank.clock.advance(15);
    refused(poll().await, "authorization_pending").await;
    bank.clock.advance(14);
    refused(poll().await, "slow_down").await;
    // What the user has permitted is not held back.
    approve(&bank.browser(), &device).await;
    granted(poll().await).await;
}

#[tokio::test]
async fn who_polls_as_told_is_never_told_to_slow_down() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    for _ in 0..5 {
        bank.clock.advance(5);
        refused(TV.poll(&bank, &device).await, "authorization_pending").await;
    }
}

#[tokio::test]
async fn of_two_polls_at_once_one_is_too_early() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    let answers = join_all([TV.poll(&bank, &device), TV.poll(&bank, &device)]).await;
    let mut errors = Vec::new();
    for answer in answers {
        errors.push(
            answer.json::<Value>().await.unwrap()["error"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    errors.sort_unstable();
    assert_eq!(errors, ["authorization_pending", "slow_down"]);
}

// Conformance: B145
#[tokio::test]
async fn a_code_that_nobody_answered_expires_after_ten_minutes() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    bank.clock.advance(599);
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
    bank.clock.advance(1);
    refused(TV.poll(&bank, &device).await, "expired_token").await;
    // Rows are deleted soon, but not so soon that the device does not learn why.
    bank.clock.advance(60);
    bank.running.realms.store.purge(bank.clock.now(), 500).await.unwrap();
    refused(TV.poll(&bank, &device).await, "expired_token").await;
    bank.clock.advance(600);
    bank.running.realms.store.purge(bank.clock.now(), 500).await.unwrap();
    refused(TV.poll(&bank, &device).await, "invalid_grant").await;
}

#[tokio::test]
async fn an_approval_that_is_not_fetched_in_time_expires() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    approve(&bank.browser(), &device).await;
    bank.clock.advance(600);
    refused(TV.poll(&bank, &device).await, "expired_token").await;
}

#[tokio::test]
async fn an_unknown_code_or_none_is_refused() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    approve(&bank.browser(), &device).await;
    let code = text(&device, "device_code");
    refused(
        TV.post(&bank, "/token", &[("grant_type", GRANT)]).await,
        "invalid_request",
    )
    .await;
    for unknown in [&code[1..], &format!("{code}A"), text(&device, "user_code"), "x"] {
        let form = [("grant_type", GRANT), ("device_code", unknown)];
        refused(TV.post(&bank, "/token", &form).await, "invalid_grant").await;
    }
    granted(TV.poll(&bank, &device).await).await;
}

#[tokio::test]
async fn the_code_of_another_client_is_refused_and_stays_good_for_its_own() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid accounts:read").await;
    refused(KIOSK.poll(&bank, &device).await, "invalid_grant").await;
    approve(&bank.browser(), &device).await;
    refused(KIOSK.poll(&bank, &device).await, "invalid_grant").await;
    refused(WEB_APP.poll(&bank, &device).await, "unauthorized_client").await;
    granted(TV.poll(&bank, &device).await).await;
}

#[tokio::test]
async fn a_code_is_good_once_and_a_second_use_ends_nothing() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "accounts:read").await;
    approve(&bank.browser(), &device).await;
    let tokens = granted(TV.poll(&bank, &device).await).await;
    refused(TV.poll(&bank, &device).await, "invalid_grant").await;
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    granted(TV.refresh(&bank, text(&tokens, "refresh_token")).await).await;
}

/// How many of the answers are tokens; all others are `invalid_grant`.
async fn winners(answers: Vec<reqwest::Response>) -> Vec<Value> {
    let mut winners = Vec::new();
    for answer in answers {
        if answer.status() == 200 {
            winners.push(granted(answer).await);
        } else {
            refused(answer, "invalid_grant").await;
        }
    }
    winners
}

async fn of_sixty_four_pollers_one_wins(bank: &Bank) {
    let device = TV.device(bank, "accounts:read").await;
    approve(&bank.browser(), &device).await;
    let answers = join_all((0..64).map(|_| TV.poll(bank, &device))).await;
    let winners = winners(answers).await;
    assert_eq!(winners.len(), 1);
    assert!(BANK_API.sees(bank, text(&winners[0], "access_token")).await);
    granted(TV.refresh(bank, text(&winners[0], "refresh_token")).await).await;
}

#[tokio::test]
async fn of_sixty_four_pollers_at_once_one_wins_on_sqlite() {
    of_sixty_four_pollers_one_wins(&Bank::start().await).await;
}

#[tokio::test]
async fn of_sixty_four_pollers_at_once_one_wins_on_postgresql() {
    of_sixty_four_pollers_one_wins(&Bank::on_postgres().await).await;
}

#[tokio::test]
async fn of_pollers_at_two_nodes_one_wins() {
    let (one, two) = crate::nodes::two_nodes().await;
    let device = TV.device(&one, "accounts:read").await;
    refused(TV.poll(&two, &device).await, "authorization_pending").await;
    refused(TV.poll(&one, &device).await, "slow_down").await;
    approve(&two.browser(), &device).await;
    let answers = join_all((0..64).map(|n| TV.poll(if n % 2 == 0 { &one } else { &two }, &device))).await;
    let winners = winners(answers).await;
    assert_eq!(winners.len(), 1);
    assert!(BANK_API.sees(&two, text(&winners[0], "access_token")).await);
}

#[tokio::test]
async fn a_device_outlives_the_browser_session_only_with_a_refresh_token() {
    let bank = Bank::start().await;
    for (app, outlives) in [(TV, true), (KIOSK, false)] {
        let browser = bank.browser();
        let before = app.device(&bank, "accounts:read").await;
        approve(&browser, &before).await;
        let tokens = granted(app.poll(&bank, &before).await).await;
        let waiting = app.device(&bank, "accounts:read").await;
        approve(&browser, &waiting).await;
        let page = browser.open("/account").await.page();
        browser.press(&page, "sign-out").await;
        let page = browser.open("/logout").await.page();
        if page.has("sign-out") {
            browser.press(&page, "sign-out").await;
        }
        let token = text(&tokens, "access_token");
        assert_eq!(BANK_API.sees(&bank, token).await, outlives, "{}", app.client_id);
        assert_eq!(app.poll(&bank, &waiting).await.status() == 200, outlives);
    }
}

#[tokio::test]
async fn a_disabled_user_gives_no_tokens() {
    let bank = Bank::start().await;
    let device = TV.device(&bank, "openid").await;
    approve(&bank.browser(), &device).await;
    bank.disable_user("alice").await;
    refused(TV.poll(&bank, &device).await, "invalid_grant").await;
}

#[tokio::test]
async fn a_resource_narrows_what_was_permitted() {
    let bank = Bank::start().await;
    let form = [
        ("scope", "openid accounts:read"),
        ("resource", API),
        ("resource", &*bank.issuer),
    ];
    let device = granted(TV.post(&bank, "/device_authorization", &form).await).await;
    approve(&bank.browser(), &device).await;
    let form = [
        ("grant_type", GRANT),
        ("device_code", text(&device, "device_code")),
        ("resource", API),
    ];
    let tokens = granted(TV.post(&bank, "/token", &form).await).await;
    let live = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!(live["aud"], API);
    let user = bank
        .http()
        .get(bank.at("/userinfo"))
        .bearer_auth(text(&tokens, "access_token"));
    assert_eq!(user.send().await.unwrap().status(), 401);
}
