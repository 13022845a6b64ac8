//! Rules about what was before: devices, networks, failures.

use super::{HOME, OFFICE, amr, at, bank_with, sign_in};
use crate::{
    factors::{code, enter},
    request::Request,
};

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_network_is_known_for_ninety_days_by_what_was_done_there_and_not_by_a_password() {
    let rule = "[[policy]]\nname = \"elsewhere\"\nunusual = [\"new-network\"]\nrequire = [\"otp\"]\n";
    let bank = bank_with(rule).await;
    let first = at(&bank, HOME);
    // A password alone makes nothing known, however often.
    for _ in 0..2 {
        let page = sign_in(&bank, &at(&bank, HOME), &Request::code("openid"), "carol")
            .await
            .page();
        assert!(page.has("code"), "{}", page.text());
    }
    let request = Request::code("openid");
    let page = sign_in(&bank, &first, &request, "carol").await.page();
    let answer = enter(&first, &page, &code(&bank)).await;
    let _ = amr(&bank, &first, &request, answer).await;

    bank.clock.advance(80 * DAY);
    let request = Request::code("openid");
    let neighbour = at(&bank, "198.51.100.99");
    let answer = sign_in(&bank, &neighbour, &request, "carol").await;
    assert_eq!(amr(&bank, &neighbour, &request, answer).await, "pwd");
    let elsewhere = sign_in(&bank, &at(&bank, OFFICE), &Request::code("openid"), "carol").await;
    assert!(elsewhere.page().has("code"));
    bank.clock.advance(91 * DAY);
    let late = sign_in(&bank, &at(&bank, HOME), &Request::code("openid"), "carol").await;
    assert!(late.page().has("code"));
}

#[tokio::test]
async fn a_device_is_recognised_when_its_user_used_an_app_there_until_they_have_it_forgotten() {
    let rule = "[[policy]]\nname = \"new\"\ndevice = \"new\"\nrequire = [\"otp\"]\n";
    let bank = bank_with(rule).await;
    let browser = at(&bank, HOME);
    let request = Request::code("openid");
    let page = sign_in(&bank, &browser, &request, "carol").await.page();
    assert!(page.has("code"), "{}", page.text());
    // Signing in once more by the password does not make it known.
    browser.forget_cookies_like("sekisho-session");
    let page = sign_in(&bank, &browser, &request, "carol").await.page();
    assert!(page.has("code"), "{}", page.text());
    let answer = enter(&browser, &page, &code(&bank)).await;
    let _ = amr(&bank, &browser, &request, answer).await;

    bank.clock.advance(2 * DAY);
    let request = Request::code("openid");
    let answer = sign_in(&bank, &browser, &request, "carol").await;
    assert_eq!(amr(&bank, &browser, &request, answer).await, "pwd");
    let stranger = sign_in(&bank, &at(&bank, HOME), &Request::code("openid"), "carol").await;
    assert!(stranger.page().has("code"));
}

#[tokio::test]
async fn failures_of_a_day_ask_for_more() {
    let rule = "[[policy]]\nname = \"attacked\"\nfailures = 3\nrequire = [\"otp\"]\n";
    let bank = bank_with(rule).await;
    let request = Request::code("openid");
    let before = at(&bank, HOME);
    for _ in 0..3 {
        let page = request.open(&bank, &before).await.page();
        let _ = before.sign_in(&page, "carol", "wrong").await;
    }
    let _ = crate::audit::of_kind(&bank, "sign_in.failed").await;
    let page = sign_in(&bank, &before, &request, "carol").await.page();
    assert!(page.has("code"), "{}", page.text());
    bank.clock.advance(2 * DAY);
    let fresh = at(&bank, HOME);
    let answer = sign_in(&bank, &fresh, &request, "carol").await;
    assert_eq!(amr(&bank, &fresh, &request, answer).await, "pwd");
}
