//! `/authorize` with a pushed `request_uri`: visited in time, any number of times; answered once.

use model::{PushedRequest, PushedRequestDetails};
use protocol::Confirmation;
use serde_json::json;
use storage::Change;
use testkit::{Answer, Page, pkce};

use crate::{
    app::{CLI, WEB_APP, header},
    bank::Bank,
    fapi::{FAPI2_OTHER, FAPI2_SECURITY, Fapi, Pushed, pushed},
    request::{assert_error_page, error, sign_in, signed_in, with_cookies},
};

/// The page that says that a reference is good for nothing.
fn assert_not_good(answer: Answer) -> Page {
    let page = answer.page();
    assert_error_page(&page, 400, "invalid_request_uri");
    page
}

// Conformance: B105 F2-AZ-12 fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
// Conformance: fapi1-advanced-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
#[tokio::test]
async fn a_reference_can_be_visited_many_times_until_it_is_answered() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let preloading = fapi.bank.browser();
    for browser in [&preloading, &fapi.bank.browser(), &preloading] {
        assert!(fapi.open(browser, &request).await.page().has("sign-in"));
    }
    let callback = fapi.walk_in(&preloading, &request).await;
    assert!(!callback.code().is_empty());
}

// Conformance: PAR-08 F2-AZ-07 fapi2-security-profile-final-par-attempt-reuse-request_uri fapi1-advanced-final-par-attempt-reuse-request_uri
// Conformance: B105
#[tokio::test]
async fn a_reference_that_was_answered_is_good_for_nothing() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    // Two tabs got as far as the question.
    let (one, other) = (
        signed_in(&fapi.bank, "alice").await,
        signed_in(&fapi.bank, "alice").await,
    );
    let (asked, asked_too) = (
        fapi.open(&one, &request).await.page(),
        fapi.open(&other, &request).await.page(),
    );
    assert!(!one.approve(&asked).await.callback().code().is_empty());
    assert_not_good(other.approve(&asked_too).await);
    assert_not_good(one.approve(&asked).await);
    assert_not_good(fapi.open(&one, &request).await);
    // The permission is remembered: another request is answered without a question, and this one is still not.
    let again = fapi.push(FAPI2_SECURITY, &json!({})).await;
    assert!(!fapi.open(&one, &again).await.callback().code().is_empty());
    assert_not_good(fapi.open(&one, &again).await);
    assert_not_good(fapi.open(&fapi.bank.browser(), &request).await);
}

// Conformance: fapi2-security-profile-final-user-rejects-authentication
#[tokio::test]
async fn a_refusal_is_an_answer_too() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let browser = signed_in(&fapi.bank, "alice").await;
    let page = fapi.open(&browser, &request).await.page();
    let callback = browser.deny(&page).await.callback();
    assert_eq!(error(&callback), "access_denied");
    assert_eq!(callback.get("state"), Some("the state"));
    assert_eq!(callback.get("iss"), Some(fapi.bank.issuer.as_str()));
    assert_not_good(fapi.open(&browser, &request).await);
    assert_not_good(browser.approve(&page).await);
}

// Conformance: B104 PAR-08 F2-AZ-09 fapi2-security-profile-final-par-attempt-to-use-expired-request_uri
// Conformance: fapi1-advanced-final-par-attempt-to-use-expired-request_uri
#[tokio::test]
async fn the_time_of_a_reference_bounds_the_visit_and_not_the_sign_in() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let browser = fapi.bank.browser();
    fapi.bank.clock.advance(59);
    let page = fapi.open(&browser, &request).await.page();
    fapi.bank.clock.advance(1);
    assert_not_good(fapi.open(&fapi.bank.browser(), &request).await);
    // Whoever came in time signs in slowly.
    fapi.bank.clock.advance(20 * 60);
    let page = sign_in(&browser, &page, "alice").await;
    fapi.bank.clock.advance(5 * 60);
    let callback = browser.approve(&page).await.callback();
    assert!(!callback.code().is_empty());
    // The flow ends after half an hour; beginning again is too late by then.
    let request = fapi.push(FAPI2_SECURITY, &json!({"prompt": "consent"})).await;
    let page = fapi.open(&browser, &request).await.page();
    fapi.bank.clock.advance(30 * 60);
    assert_not_good(browser.approve(&page).await);
}

// Conformance: B103 PAR-04 fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client
// Conformance: fapi1-advanced-final-par-attempt-to-use-request_uri-for-different-client
// Conformance: B104
#[tokio::test]
async fn a_reference_is_good_for_its_client_alone() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let browser = fapi.bank.browser();
    let stolen = Pushed {
        app: FAPI2_OTHER,
        ..fapi.push(FAPI2_SECURITY, &json!({})).await
    };
    assert_not_good(fapi.open(&browser, &stolen).await);
    for unknown in [
        "urn:ietf:params:oauth:request_uri:",
        "urn:ietf:params:oauth:request_uri:AAAA",
    ] {
        let url = fapi
            .bank
            .authorize_url(&[("client_id", "fapi2-app"), ("request_uri", unknown)]);
        assert_not_good(browser.open(&url).await);
    }
    let nameless = fapi.bank.authorize_url(&[("request_uri", &request.request_uri)]);
    assert_error_page(&browser.open(&nameless).await.page(), 400, "invalid_request");
    for other in [("request", "e30.e30.e30"), ("request_uri", "https://app.example.com/r")] {
        let both = [
            ("client_id", "fapi2-app"),
            ("request_uri", request.request_uri.as_str()),
            other,
        ];
        let page = browser.open(&fapi.bank.authorize_url(&both)).await.page();
        assert_error_page(&page, 400, "invalid_request");
    }
    assert!(
        !fapi.walk(&request).await.code().is_empty(),
        "nothing of that used it up"
    );
}

// Conformance: B106 JAR-04 fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object
// Conformance: fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object
// Conformance: fapi2-security-profile-final-state-only-outside-request-object-not-used
#[tokio::test]
async fn what_the_browser_brings_beside_does_not_count() {
    let fapi = Fapi::start().await;
    for (changes, state) in [(json!({}), Some("the state")), (json!({"state": null}), None)] {
        let request = fapi.push(FAPI2_SECURITY, &changes).await;
        let url = fapi.bank.authorize_url(&[
            ("client_id", "fapi2-app"),
            ("request_uri", &request.request_uri),
            ("state", "other"),
            ("nonce", "other"),
            ("scope", "openid payments:write"),
            ("redirect_uri", "https://evil.example.com/"),
            ("response_mode", "fragment"),
            ("prompt", "none"),
        ]);
        let callback = fapi.bank.browser().authorize(&url, "alice", "alice-password").await;
        assert!(
            callback
                .url
                .as_str()
                .starts_with("https://fapi2-app.example.com/callback?")
        );
        assert_eq!(callback.get("state"), state);
    }
}

// Conformance: PAR-08 F1B-AS-03 F2-AZ-12
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_completions_at_once_one_gets_a_code() {
    for bank in [Bank::start().await, Bank::on_postgres().await] {
        let app = WEB_APP;
        let sent = app.request("openid", &pkce());
        let form: Vec<_> = sent
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        // The permission is remembered, so that a visit is a completion.
        let browser = signed_in(&bank, "alice").await;
        let first = bank.authorize_url(&form);
        let page = browser.open(&first).await.page();
        browser.approve(&page).await.callback();

        let request_uri = pushed(app.push(&bank, &sent).await).await;
        let url = bank.authorize_url(&[("client_id", app.client_id), ("request_uri", &request_uri)]);
        let visits = (0..64).map(|_| {
            let request = with_cookies(bank.http.get(&url), &browser);
            tokio::spawn(async move { request.send().await.unwrap() })
        });
        let mut codes = 0;
        for visit in visits.collect::<Vec<_>>() {
            let response = visit.await.unwrap();
            codes += usize::from(header(&response, "location").contains("code="));
        }
        assert_eq!(codes, 1);
    }
}

// Conformance: PAR-05
#[tokio::test]
async fn only_so_many_requests_of_a_client_wait() {
    let bank = Bank::start().await;
    let now = bank.clock.now();
    let details = PushedRequestDetails {
        parameters: Vec::new(),
        is_signed: false,
        bound_to: Confirmation::default(),
    };
    let waiting = |n: u32| PushedRequest {
        id: n.to_be_bytes().to_vec(),
        client_id: CLI.client_id.into(),
        details: details.clone(),
        answered_at: None,
        created_at: now,
        visit_until: now + 60,
        expires_at: now + 60,
    };
    let inserts = (0..10_000).map(|n| storage::pushed_request::insert(&bank.issuer, &waiting(n)).unwrap());
    bank.change(Change::new().then_all(inserts)).await;
    let sent = CLI.request("openid", &pkce());
    let response = CLI.push(&bank, &sent).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "cache-control")),
        (429, "no-store")
    );
    bank.clock.advance(60);
    pushed(CLI.push(&bank, &sent).await).await;
}
