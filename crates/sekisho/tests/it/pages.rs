//! What every page has in common (RFC 9700 §4.2.4, §4.12, §4.16; Content Security Policy Level 3).

use reqwest::{Method, Response, header::HeaderMap};

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page, post, sign_in, signed_in},
};

fn assert_protected(headers: &HeaderMap, what: &str) {
    let value = |name: &str| {
        headers
            .get(name)
            .unwrap_or_else(|| panic!("{what}: no {name}"))
            .to_str()
            .unwrap()
    };
    assert_eq!(value("cache-control"), "no-store", "{what}");
    assert!(
        ["same-origin", "no-referrer"].contains(&value("referrer-policy")),
        "{what}"
    );
    assert_eq!(value("x-frame-options"), "DENY", "{what}");
    assert_eq!(value("x-content-type-options"), "nosniff", "{what}");
    assert!(
        !headers.keys().any(|name| name.as_str().starts_with("access-control-")),
        "{what}: CORS"
    );
}

fn assert_page(headers: &HeaderMap, what: &str) {
    assert_protected(headers, what);
    assert_eq!(headers["referrer-policy"], "same-origin", "{what}");
    assert_eq!(headers["content-type"], "text/html; charset=utf-8", "{what}");
    let policy = headers["content-security-policy"].to_str().unwrap();
    for directive in [
        "default-src 'none'",
        "style-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(directive), "{what}: {policy}");
    }
    assert!(
        policy.contains("form-action") && !policy.contains("unsafe") && !policy.contains('*'),
        "{what}: {policy}"
    );
}

// Conformance: B147 B39 BCP-24 BCP-29 OP-10
#[tokio::test]
async fn every_page_is_protected() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let first = request.open(&bank, &browser).await.page();
    assert_page(&first.headers, "sign-in");
    let wrong = browser.sign_in(&first, "alice", "wrong").await.page();
    assert_page(&wrong.headers, "a wrong password");
    let consent = sign_in(&browser, &wrong, "alice").await;
    assert_page(&consent.headers, "consent");
    for path in [
        "/account",
        "/logout",
        "/device",
        "/device?done=approved",
        "/consent?flow=x",
        "/authorize",
        "/no/such/page",
    ] {
        assert_page(&browser.open(path).await.page().headers, path);
    }
    let posted = request.with("response_mode", "form_post").with("prompt", "none");
    assert_page(&posted.open(&bank, &bank.browser()).await.page().headers, "form_post");
}

// Conformance: F2-NET-06 BCP-22
#[tokio::test]
async fn an_origin_that_asks_gets_no_leave_to_read_pages() {
    let bank = Bank::start().await;
    for path in ["/sign-in", "/consent", "/device", "/account", "/logout", "/authorize"] {
        let preflight = bank
            .http
            .request(Method::OPTIONS, bank.url(path))
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST");
        for request in [
            preflight,
            bank.http.get(bank.url(path)).header("origin", "https://evil.example"),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.headers().get("access-control-allow-origin"), None, "{path}");
        }
    }
}

/// The rule for every answer to a form: what was posted is not posted again to where the browser goes.
fn assert_see_other(response: &Response, to: &str) {
    assert_eq!(response.status(), 303, "{}", response.url());
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(to), "{location}");
    assert_protected(response.headers(), to);
}

// Conformance: F2-AZ-08 BCP-27
#[tokio::test]
async fn every_form_that_is_taken_is_answered_with_see_other() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let response = bank
        .http
        .post(bank.url("/authorize"))
        .form(&request.parameters())
        .send()
        .await
        .unwrap();
    assert_see_other(&response, "/authorize?");

    let first = request.open(&bank, &browser).await.page();
    let form = first
        .form_with("password")
        .fill("username", "alice")
        .fill("password", "alice-password");
    assert_see_other(
        &post(&bank, &browser, &form, "sign-in").send().await.unwrap(),
        "/consent?flow=",
    );

    let consent = sign_in(&browser, &first, "alice").await;
    for (button, to) in [
        ("deny", "https://app.example.com/callback?error="),
        ("approve", "https://app.example.com/callback?code="),
    ] {
        let response = post(&bank, &browser, &consent.form_with(button), button)
            .send()
            .await
            .unwrap();
        assert_see_other(&response, to);
    }

    let account = browser.open("/account").await.page();
    let end = account
        .ids()
        .into_iter()
        .find(|id| id.starts_with("end-session-"))
        .unwrap();
    for (button, to) in [("revoke-web-app", "/account?done=revoked"), (&end, "/logout")] {
        let response = post(&bank, &browser, &account.form_with(button), button)
            .send()
            .await
            .unwrap();
        assert_see_other(&response, to);
    }
    let browser = signed_in(&bank, "alice").await;
    let form = browser.open("/logout").await.page().form_with("sign-out");
    assert_see_other(
        &post(&bank, &browser, &form, "sign-out").send().await.unwrap(),
        "/logout",
    );
}

#[tokio::test]
async fn a_sign_in_page_may_lead_to_the_app_and_the_account_may_not() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let policy = |headers: &HeaderMap| headers["content-security-policy"].to_str().unwrap().to_owned();
    let web = Request::code("openid").open(&bank, &browser).await.page();
    assert!(policy(&web.headers).ends_with("form-action 'self' https:"));
    let native = Request::native("openid").open(&bank, &browser).await.page();
    assert!(policy(&native.headers).ends_with("form-action 'self' http: https:"));
    let account = browser.open("/account").await.page();
    assert!(policy(&account.headers).ends_with("form-action 'self'"));
}

#[tokio::test]
async fn an_address_that_does_not_exist_has_a_page() {
    let bank = Bank::start().await;
    for path in ["/no/such/page", "/sign-in/x", "/<script>", "/%FF"] {
        let response = bank.http.get(bank.url(path)).send().await.unwrap();
        assert_error_page(&page(response).await, 404, "invalid_request");
    }
}

#[tokio::test]
async fn a_method_that_a_page_does_not_take_has_a_page() {
    let bank = Bank::start().await;
    for path in ["/authorize", "/sign-in", "/consent", "/account", "/logout"] {
        let response = bank.http.delete(bank.url(path)).send().await.unwrap();
        assert!(response.headers().contains_key("allow"));
        assert_error_page(&page(response).await, 405, "invalid_request");
    }
}

#[tokio::test]
async fn every_refusal_has_an_id_of_its_own() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let (one, two) = (
        browser.open("/authorize").await.page(),
        browser.open("/authorize").await.page(),
    );
    assert_ne!(one.explain_id(), two.explain_id());
    assert!(one.explain_id().unwrap().len() >= 12);
}
