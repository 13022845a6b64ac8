//! An app sends the browser to `/logout` (OpenID Connect RP-Initiated Logout).

use jose::{SigningAlg, SigningKey, sign_jwt};
use reqwest::header::{LOCATION, SET_COOKIE};
use testkit::{Answer, Browser, Page};

use super::apps::{register, sid, sign_in_to};
use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page, signed_in, text, with_cookies},
};

const SIGNED_OUT: &str = "https://app.example.com/signed-out";

/// The URL of a log-out request.
pub fn url(bank: &Bank, parameters: &[(&str, &str)]) -> String {
    url::Url::parse_with_params(&bank.url("/logout"), parameters)
        .unwrap()
        .into()
}

/// Signs a user in to `web-app` and answers the ID token.
async fn id_token(bank: &Bank, browser: &Browser, username: &str) -> String {
    let request = Request::code("openid");
    let callback = request.walk(bank, browser, username).await;
    text(&request.redeem(bank, &callback).await, "id_token").to_owned()
}

/// A browser in which alice is signed in to `web-app`, and the ID token.
async fn alice(bank: &Bank) -> (Browser, String) {
    let browser = bank.browser();
    let hint = id_token(bank, &browser, "alice").await;
    (browser, hint)
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.open("/account").await.page().has("sign-out")
}

async fn assert_signed_out(bank: &Bank, browser: &Browser) {
    let silent = Request::code("openid").with("prompt", "none");
    let callback = silent.open(bank, browser).await.callback();
    assert_eq!(callback.get("error"), Some("login_required"));
}

fn says_signed_out(answer: Answer) -> bool {
    let page = answer.page();
    page.status == 200 && page.text().contains("You are signed out")
}

// Conformance: B131 oidcc-rp-initiated-logout LO-01 LO-05 LO-07
#[tokio::test]
async fn an_app_with_its_id_token_signs_out_without_a_question_and_gets_the_browser_back_with_state_alone() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    let state = "s+ /?&=%ü".repeat(16);
    let request = url(
        &bank,
        &[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", &state),
        ],
    );
    let callback = browser.open(&request).await.callback();
    assert_eq!(callback.parameters, [("state".to_owned(), state)]);
    assert_eq!(callback.url.as_str().split('?').next(), Some(SIGNED_OUT));
    assert_signed_out(&bank, &browser).await;
    assert!(!is_signed_in(&browser).await);
}

// Conformance: oidcc-rp-initiated-logout-no-state
// Conformance: LO-05 LO-07
#[tokio::test]
async fn without_state_the_browser_goes_to_the_very_uri_that_was_registered() {
    let bank = Bank::start().await;
    for uri in [SIGNED_OUT, "https://app.example.com/bye?from=bank"] {
        let (browser, hint) = alice(&bank).await;
        let request = url(&bank, &[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]);
        assert_eq!(browser.open(&request).await.callback().url.as_str(), uri);
        assert_signed_out(&bank, &browser).await;
    }
}

// Conformance: B132 oidcc-rp-initiated-logout-bad-post-logout-redirect-uri oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
// Conformance: LO-05 LO-08 F2-AS-06
#[tokio::test]
async fn a_uri_that_is_not_registered_to_the_letter_is_a_page_and_ends_nothing() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    for uri in [
        "https://app.example.com/signed-out?more=1",
        "https://app.example.com/signed-out/",
        "https://app.example.com/SIGNED-OUT",
        "https://app.example.com/callback",
        "https://evil.example/signed-out",
        "http://127.0.0.1:4000/signed-out",
        "https://app.example.com/bye",
    ] {
        let request = url(&bank, &[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)]);
        assert_error_page(&browser.open(&request).await.page(), 400, "invalid_request");
        assert!(is_signed_in(&browser).await, "{uri}");
    }
}

/// An ID token that says the same as this one, signed by other means.
fn forged(hint: &str, alg: SigningAlg) -> String {
    let (key, _) = SigningKey::generate(alg).unwrap();
    sign_jwt(&key, "JWT", &crate::request::claims(hint)).unwrap()
}

// Conformance: B132 oidcc-rp-initiated-logout-modified-id-token-hint oidcc-rp-initiated-logout-bad-id-token-hint
// Conformance: LO-03 LO-08
#[tokio::test]
async fn a_hint_that_was_changed_or_signed_by_others_is_a_page_and_ends_nothing() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    let parts: Vec<&str> = hint.split('.').collect();
    let unsigned = format!("{}.{}.", jose::b64::encode(r#"{"alg":"none","typ":"JWT"}"#), parts[1]);
    let kept = format!("{}.{}.{}", jose::b64::encode(r#"{"alg":"none"}"#), parts[1], parts[2]);
    let elsewhere = Bank::with_realm(testkit::realm::bank).await;
    let (_, foreign) = alice(&elsewhere).await;
    for bad in ["x", &unsigned, &kept, &forged(&hint, SigningAlg::Es256), &foreign] {
        let request = url(
            &bank,
            &[
                ("id_token_hint", bad),
                ("post_logout_redirect_uri", SIGNED_OUT),
                ("state", "s"),
            ],
        );
        assert_error_page(&browser.open(&request).await.page(), 400, "invalid_request");
        assert!(is_signed_in(&browser).await, "{bad}");
    }
}

#[tokio::test]
async fn an_access_token_is_no_hint() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid reports:read").with("resource", "https://reports.example.com");
    let callback = request.walk(&bank, &browser, "alice").await;
    let tokens = request.redeem(&bank, &callback).await;
    let request = url(&bank, &[("id_token_hint", text(&tokens, "access_token"))]);
    assert_error_page(&browser.open(&request).await.page(), 400, "invalid_request");
    assert!(is_signed_in(&browser).await);
}

// Conformance: B132 oidcc-rp-initiated-logout-no-id-token-hint LO-02 LO-06
#[tokio::test]
async fn without_a_hint_the_user_is_asked_and_stays_here() {
    let bank = Bank::start().await;
    let (browser, _) = alice(&bank).await;
    let request = url(
        &bank,
        &[
            ("client_id", "web-app"),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", "s"),
        ],
    );
    let page = browser.open(&request).await.page();
    assert!(page.has("sign-out") && !page.text().contains("Web App"));
    assert!(is_signed_in(&browser).await);
    assert!(says_signed_out(browser.press(&page, "sign-out").await));
    assert_signed_out(&bank, &browser).await;
    assert!(
        says_signed_out(bank.browser().open(&request).await),
        "nobody is signed in"
    );
}

// Conformance: B133 oidcc-rp-initiated-logout-no-params oidcc-rp-initiated-logout-only-state
#[tokio::test]
async fn a_bare_request_asks_and_then_says_that_the_user_is_signed_out() {
    let bank = Bank::start().await;
    for parameters in [
        &[][..],
        &[("state", "s")],
        &[("logout_hint", "alice"), ("ui_locales", "tlh en")],
    ] {
        let (browser, _) = alice(&bank).await;
        let page = browser.open(&url(&bank, parameters)).await.page();
        assert!(page.has("sign-out") && is_signed_in(&browser).await);
        assert!(says_signed_out(browser.press(&page, "sign-out").await));
        assert_signed_out(&bank, &browser).await;
    }
}

// Conformance: B133 oidcc-rp-initiated-logout-no-post-logout-redirect-uri
#[tokio::test]
async fn a_hint_without_a_uri_ends_at_a_page() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    let request = url(&bank, &[("id_token_hint", &hint), ("state", "s")]);
    assert!(says_signed_out(browser.open(&request).await));
    assert_signed_out(&bank, &browser).await;
}

// Conformance: B134 LO-03
#[tokio::test]
async fn a_hint_that_has_expired_is_as_good() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    bank.clock.advance(6 * 3600);
    let request = url(
        &bank,
        &[("id_token_hint", &hint), ("post_logout_redirect_uri", SIGNED_OUT)],
    );
    assert_eq!(browser.open(&request).await.callback().url.as_str(), SIGNED_OUT);
    assert_signed_out(&bank, &browser).await;
}

#[tokio::test]
async fn who_is_not_signed_in_any_more_goes_on_at_once() {
    let bank = Bank::start().await;
    let (_, hint) = alice(&bank).await;
    bank.clock.advance(13 * 3600);
    let request = url(
        &bank,
        &[("id_token_hint", &hint), ("post_logout_redirect_uri", SIGNED_OUT)],
    );
    assert_eq!(bank.browser().open(&request).await.callback().url.as_str(), SIGNED_OUT);
}

/// Asks, and goes on to the app only after the answer.
async fn is_asked(bank: &Bank, browser: &Browser, hint: &str) -> Page {
    let request = url(
        bank,
        &[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", SIGNED_OUT),
            ("state", "a&b"),
        ],
    );
    let page = browser.open(&request).await.page();
    assert!(page.has("sign-out") && page.text().contains("Web App"));
    assert!(is_signed_in(browser).await);
    page
}

#[tokio::test]
async fn a_pairwise_app_signs_out_without_a_question_and_by_its_own_id_token_alone() {
    let bank = Bank::start().await;
    let pairwise = serde_json::json!({ "subject_type": "pairwise" });
    register(&bank, "diary", pairwise.clone()).await;
    register(&bank, "mail", pairwise).await;
    let browser = bank.browser();
    let hint = sign_in_to(&bank, &browser, "diary").await;
    assert_ne!(sid(&hint), sid(&sign_in_to(&bank, &browser, "mail").await));
    assert_eq!(
        sid(&hint),
        sid(&sign_in_to(&bank, &browser, "diary").await),
        "it stays the same"
    );
    let elsewhere = sign_in_to(&bank, &bank.browser(), "diary").await;
    let log_out = async |hint: &str| browser.open(&url(&bank, &[("id_token_hint", hint)])).await;
    assert!(log_out(&elsewhere).await.page().has("sign-out"), "of another session");
    assert!(says_signed_out(log_out(&hint).await));
    assert_signed_out(&bank, &browser).await;
}

// Conformance: LO-02
#[tokio::test]
async fn another_user_than_the_hinted_one_is_asked_first() {
    let bank = Bank::start().await;
    let (_, hint) = alice(&bank).await;
    let browser = signed_in(&bank, "bob").await;
    let page = is_asked(&bank, &browser, &hint).await;
    assert!(page.text().contains("You are signed in as Bob"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("form-action 'self' https:"), "{policy}");
    let callback = browser.press(&page, "sign-out").await.callback();
    assert_eq!(callback.url.as_str(), "https://app.example.com/signed-out?state=a%26b");
    assert_signed_out(&bank, &browser).await;
}

#[tokio::test]
async fn the_same_user_in_another_session_is_asked_first() {
    let bank = Bank::start().await;
    let (there, hint) = alice(&bank).await;
    let here = signed_in(&bank, "alice").await;
    is_asked(&bank, &here, &hint).await;
    assert!(is_signed_in(&there).await);
}

// Conformance: LO-04
#[tokio::test]
async fn a_client_id_that_is_not_the_hints_is_a_page() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    for (client_id, is_fine) in [("post-app", false), ("nobody", false), ("web-app", true)] {
        let request = url(&bank, &[("id_token_hint", &hint), ("client_id", client_id)]);
        let page = browser.open(&request).await.page();
        if is_fine {
            assert_eq!(page.status, 200);
        } else {
            assert_error_page(&page, 400, "invalid_request");
        }
        assert_eq!(is_signed_in(&browser).await, !is_fine, "{client_id}");
    }
}

#[tokio::test]
async fn an_app_that_is_gone_gets_no_browser_back() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    bank.disable_client("web-app").await;
    let request = url(
        &bank,
        &[("id_token_hint", &hint), ("post_logout_redirect_uri", SIGNED_OUT)],
    );
    assert_error_page(&browser.open(&request).await.page(), 400, "unauthorized_client");
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn what_is_sent_twice_is_a_page() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    for (name, value) in [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "s"),
        ("client_id", "web-app"),
    ] {
        let twice = [("id_token_hint", hint.as_str()), (name, value), (name, value)];
        assert_error_page(&browser.open(&url(&bank, &twice)).await.page(), 400, "invalid_request");
    }
    assert_error_page(&browser.open("/logout?state=%zz").await.page(), 400, "invalid_request");
    assert!(is_signed_in(&browser).await);
}

// Conformance: LO-01
#[tokio::test]
async fn a_request_by_post_from_another_site_is_turned_into_a_get() {
    let bank = Bank::start().await;
    let (browser, hint) = alice(&bank).await;
    let form = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", SIGNED_OUT),
        ("state", "s"),
    ];
    let post = bank.http.post(bank.url("/logout")).form(&form);
    let response = post.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert!(response.headers().get(SET_COOKIE).is_none());
    let location = response.headers()[LOCATION].to_str().unwrap();
    let callback = browser.open(location).await.callback();
    assert_eq!(callback.url.as_str(), "https://app.example.com/signed-out?state=s");
    assert_signed_out(&bank, &browser).await;
}

#[tokio::test]
async fn a_post_with_cookies_alone_signs_nobody_out() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    for form in [vec![("state", "s")], vec![("csrf", "x"), ("state", "s")]] {
        let post = with_cookies(bank.http.post(bank.url("/logout")).form(&form), &browser);
        let _ = page(post.send().await.unwrap()).await;
        assert!(is_signed_in(&browser).await);
    }
}

// Conformance: LO-09
#[tokio::test]
async fn the_page_speaks_the_language_that_the_app_asks_for() {
    let bank = Bank::start().await;
    let (browser, _) = alice(&bank).await;
    let page = browser.open("/logout?ui_locales=ja&state=s").await.page();
    assert!(page.text().contains("サインアウトしますか"));
    let page = browser.press(&page, "sign-out").await.page();
    assert!(page.text().contains("サインアウトしました"));
}

// Conformance: oidcc-rp-initiated-logout-discovery-endpoint-verification
// Conformance: LO-01
#[tokio::test]
async fn the_endpoint_is_in_the_metadata() {
    let bank = Bank::start().await;
    let url = bank.url("/.well-known/openid-configuration");
    let metadata: serde_json::Value = bank.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["end_session_endpoint"], bank.url("/logout"));
}
