//! Forms that did not come from a page of this browser (RFC 9700 §4.7, login CSRF included).

use testkit::{Form, Page};

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page, post, sign_in, signed_in},
};

fn filled(page: &Page, username: &str) -> Form {
    let password = testkit::realm::password(username);
    page.form_with("password")
        .fill("username", username)
        .fill("password", &password)
}

/// Who sends a form: what browsers say of it.
const FOREIGN: [(&str, &str); 5] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "https://evil.example"),
    ("origin", "null"),
    ("origin", "http://localhost.evil.example"),
];

// Conformance: B147 OP-10
#[tokio::test]
async fn a_wrong_csrf_value_signs_nobody_in_and_begins_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    let other = Request::code("openid").open(&bank, &browser).await.page();
    let of_another_flow = other.form_with("password").value("csrf").unwrap().to_owned();
    for wrong in ["", "x", &of_another_flow] {
        let form = filled(&first, "alice").tamper("csrf", wrong);
        let page = browser.submit(&form, Some("sign-in")).await.page();
        assert!(page.has("sign-in") && page.status == 200);
        assert!(browser.open("/account").await.page().has("sign-in"));
    }
}

// Conformance: B147
#[tokio::test]
async fn a_wrong_csrf_value_permits_nothing_and_asks_again() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let whole = page.form_with("approve").value("csrf").unwrap().to_owned();
    let of_flow = whole.split('.').next().unwrap();
    for wrong in ["", "x", of_flow, &format!("{whole}x")] {
        let form = page.form_with("approve").tamper("csrf", wrong);
        assert!(
            browser.submit(&form, Some("approve")).await.page().has("approve"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_flow_that_was_changed_gets_an_error_page() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let flow = page.form_with("password").value("flow").unwrap().to_owned();
    let (head, tail) = flow.split_at(flow.len() / 2);
    let swapped = if tail.starts_with('A') { "B" } else { "A" };
    let flipped = format!("{head}{swapped}{}", &tail[1..]);
    for wrong in ["", "x", head, &flipped, &format!("{flow}AAAA"), "row.x"] {
        let form = filled(&page, "alice").tamper("flow", wrong);
        let answer = browser.submit(&form, Some("sign-in")).await.page();
        assert_error_page(&answer, 400, "invalid_request");
        let answer = browser.open("/consent").await.page();
        assert_error_page(&answer, 400, "invalid_request");
    }
}

// Conformance: B147
#[tokio::test]
async fn the_form_of_another_browser_signs_nobody_in_as_its_owner() {
    let bank = Bank::start().await;
    let attackers = Request::code("openid").open(&bank, &bank.browser()).await.page();
    let victim = bank.browser();
    let page = victim.submit(&filled(&attackers, "bob"), Some("sign-in")).await.page();
    assert!(page.has("sign-in") && page.status == 200);
    assert!(
        !victim
            .cookie_names()
            .iter()
            .any(|name| name.starts_with("sekisho-session-"))
    );
}

// Conformance: B147
#[tokio::test]
async fn the_consent_form_of_another_browser_permits_nothing() {
    let bank = Bank::start().await;
    let attacker = signed_in(&bank, "bob").await;
    let attackers = Request::code("openid").open(&bank, &attacker).await.page();
    let victim = signed_in(&bank, "alice").await;
    let page = victim.approve(&attackers).await.page();
    assert!(page.has("approve") && page.text().contains("Signed in as Alice"));
    assert!(!victim.open("/account").await.page().has("revoke-web-app"));
}

// Conformance: B147
#[tokio::test]
async fn a_sign_in_that_another_site_sends_begins_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    for (name, value) in FOREIGN {
        let request = post(&bank, &browser, &filled(&first, "alice"), "sign-in").header(name, value);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
        assert!(
            response.headers()["location"]
                .to_str()
                .unwrap()
                .starts_with("/authorize?")
        );
        assert_eq!(response.headers().get("set-cookie"), None, "{name}: {value}");
    }
}

// Conformance: B147 OP-10
#[tokio::test]
async fn an_answer_that_another_site_sends_permits_nothing() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let consent = Request::code("openid").open(&bank, &browser).await.page();
    for (name, value) in FOREIGN {
        let form = consent.form_with("approve");
        let response = post(&bank, &browser, &form, "approve")
            .header(name, value)
            .send()
            .await
            .unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(
            response.status() == 303 && location.starts_with("/authorize?"),
            "{name}: {value}"
        );
    }
    assert!(browser.open(consent.url.as_str()).await.page().has("approve"));
}

#[tokio::test]
async fn a_link_cannot_sign_in_or_permit() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    let page = browser
        .open(&format!("{}&username=alice&password=alice-password", first.url))
        .await
        .page();
    assert!(page.has("sign-in"));
    let consent = sign_in(&browser, &page, "alice").await;
    let page = browser
        .open(&format!("{}&decision=approve&scope=openid", consent.url))
        .await
        .page();
    assert!(page.has("approve"));
}

#[tokio::test]
async fn a_form_without_its_cookie_and_origin_is_judged_by_what_it_has() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    // Old browsers say nothing about where a form comes from: cookie and csrf value decide.
    let response = post(&bank, &browser, &filled(&first, "alice"), "sign-in")
        .send()
        .await
        .unwrap();
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("/consent?")
    );
    let without_cookie = bank
        .http
        .post(bank.url("/sign-in"))
        .form(&filled(&first, "alice").entries(None));
    let response = without_cookie.send().await.unwrap();
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("/authorize?")
    );
}

#[tokio::test]
async fn a_form_of_no_flow_gets_an_error_page() {
    let bank = Bank::start().await;
    for path in ["/sign-in", "/consent"] {
        let response = bank.http.post(bank.url(path)).form(&[("x", "y")]).send().await.unwrap();
        assert_error_page(&page(response).await, 400, "invalid_request");
    }
}
