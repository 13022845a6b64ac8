//! What was permitted before is not asked again, with two exceptions.

use testkit::browser::Answer;

use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, signed_in},
};

// Conformance: SEED1-12
#[tokio::test]
async fn the_same_request_passes_without_a_page() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid email").walk(&bank, &browser, "alice").await;
    for scope in ["openid email", "email openid", "openid"] {
        let callback = Request::code(scope).open(&bank, &browser).await.callback();
        assert!(callback.get("code").is_some(), "{scope}");
    }
}

#[tokio::test]
async fn permission_is_remembered_beyond_the_session_and_the_browser() {
    let bank = Bank::start().await;
    Request::code("openid").walk(&bank, &bank.browser(), "alice").await;
    bank.clock.advance(13 * 3600);
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let answer = browser.sign_in(&page, "alice", "alice-password").await;
    assert!(answer.callback().get("code").is_some());
}

// Conformance: SEED1-12
#[tokio::test]
async fn a_new_scope_is_asked_for_and_the_old_ones_are_marked() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid email").walk(&bank, &browser, "alice").await;
    let page = Request::code("openid email accounts:read")
        .open(&bank, &browser)
        .await
        .page();
    assert!(page.has("scope-accounts:read") && page.has("scope-email"));
    assert_eq!(
        page.text().matches("Allowed before").count(),
        1,
        "openid is said to be always included"
    );
    browser.approve(&page).await.callback();
    let all = Request::code("openid email accounts:read")
        .open(&bank, &browser)
        .await
        .callback();
    assert!(all.get("code").is_some());
}

// Conformance: B34 OP-22
#[tokio::test]
async fn offline_access_is_remembered() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid offline_access")
        .walk(&bank, &browser, "alice")
        .await;
    let again = Request::code("openid offline_access");
    let callback = again.open(&bank, &browser).await.callback();
    assert!(again.redeem(&bank, &callback).await["refresh_token"].is_string());
}

// Conformance: NAT-06 BCP-03
#[tokio::test]
async fn an_app_that_anybody_can_claim_to_be_is_always_asked_for() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for _ in 0..2 {
        let page = Request::native("openid").open(&bank, &browser).await.page();
        let page = if page.has("sign-in") {
            browser.sign_in(&page, "alice", "alice-password").await.page()
        } else {
            page
        };
        browser.approve(&page).await.callback();
    }
    assert!(
        Request::native("openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

// Conformance: NAT-04
#[tokio::test]
async fn the_secret_of_a_native_app_does_not_prove_who_it_is() {
    let cash_desk = |application_type: &str| {
        format!(
            "[[client]]\nclient_id = \"cash-desk\"\nclient_secret = \"cash-desk-secret\"\nfirst_party = true\n\
             application_type = \"{application_type}\"\nredirect_uris = [\"http://127.0.0.1/callback\"]\n"
        )
    };
    for (application_type, is_asked) in [("native", true), ("web", false)] {
        let bank = Bank::with_realm(bank_and(&cash_desk(application_type))).await;
        let request = Request::code("openid")
            .with("client_id", "cash-desk")
            .with("redirect_uri", "http://127.0.0.1/callback");
        let browser = signed_in(&bank, "alice").await;
        let answer = request.open(&bank, &browser).await;
        assert_eq!(matches!(answer, Answer::Page(_)), is_asked, "{application_type}");
    }
}

#[tokio::test]
async fn what_one_user_permits_says_nothing_about_another() {
    let bank = Bank::start().await;
    Request::code("openid").walk(&bank, &bank.browser(), "alice").await;
    let browser = signed_in(&bank, "bob").await;
    assert!(
        Request::code("openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn what_one_app_may_do_says_nothing_about_another() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    assert!(
        Request::implicit("id_token", "openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn what_was_taken_back_is_asked_for_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let account = browser.open("/account").await.page();
    browser.press(&account, "revoke-web-app").await.page();
    assert!(
        Request::code("openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn permission_ends_by_itself_after_a_year() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    bank.clock.advance(365 * 24 * 3600);
    bank.running.realms.maintain_keys().await.unwrap();
    let browser = signed_in(&bank, "alice").await;
    assert!(
        Request::code("openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn using_a_permission_does_not_make_it_last_longer() {
    let bank = Bank::start().await;
    Request::code("openid").walk(&bank, &bank.browser(), "alice").await;
    let day = 24 * 3600;
    bank.clock.advance(300 * day);
    bank.running.realms.maintain_keys().await.unwrap();
    let browser = signed_in(&bank, "alice").await;
    let silent = Request::code("openid").open(&bank, &browser).await.callback();
    assert!(silent.get("code").is_some());
    bank.clock.advance(65 * day);
    bank.running.realms.maintain_keys().await.unwrap();
    let browser = signed_in(&bank, "alice").await;
    assert!(
        Request::code("openid")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn what_is_left_out_when_asked_again_is_taken_back_from_earlier_tokens_too() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access accounts:read payments:write");
    let callback = request.walk(&bank, &browser, "alice").await;
    let before = request.redeem(&bank, &callback).await;
    let token = before["access_token"].as_str().unwrap();
    assert!(
        bank.introspect(token).await["scope"]
            .as_str()
            .unwrap()
            .contains("payments:write")
    );

    let again = Request::code("openid accounts:read payments:write").with("prompt", "consent");
    let page = again.open(&bank, &browser).await.page();
    let form = page.form_with("approve").untick("scope-payments:write");
    browser.submit(&form, Some("approve")).await.callback();

    assert_eq!(
        bank.introspect(token).await["scope"],
        "accounts:read offline_access openid"
    );
    let refresh = before["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let after: serde_json::Value = bank.post_as("/token", "web-app", &form).await.json().await.unwrap();
    assert_eq!(after["scope"], "accounts:read offline_access openid");
    let account = browser.open("/account").await.page();
    assert!(!account.text().contains("Pay from your accounts"));
}
