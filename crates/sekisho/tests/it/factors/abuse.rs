//! Codes that are wrong, late or used; flows that are opened twice, replayed, or resumed elsewhere.

use futures_util::future::join_all;

use super::{bank, code, code_in, enter};
use crate::request::{Request, post, sign_in, signed_in};

fn demanding() -> Request {
    Request::code("openid").with("acr_values", "urn:sekisho:acr:loa3")
}

#[tokio::test]
async fn wrong_late_and_used_codes_are_refused_and_say_so_alike() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    for wrong in ["000000", "", "12345", &code_in(&bank, -60), &code_in(&bank, 60)] {
        let again = enter(&browser, &page, wrong).await.page();
        assert_eq!(again.status, 401, "{wrong}");
        assert!(again.has("code") && again.text().contains("wrong, or it was used before"));
    }
    let early = code_in(&bank, 30);
    assert!(enter(&browser, &page, &early).await.page().has("approve"));

    let elsewhere = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &elsewhere).await.page();
    for used in [early.as_str(), &code(&bank)] {
        let again = enter(&elsewhere, &page, used).await.page();
        assert_eq!(again.status, 401, "a step that was taken, or one before it");
    }
    bank.clock.advance(60);
    assert!(enter(&elsewhere, &page, &code(&bank)).await.page().has("approve"));
}

#[tokio::test]
async fn of_sixty_four_guesses_at_once_ten_are_looked_at() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    let guesses = (0..64).map(|n| {
        let form = page.form_with("code").fill("code", &format!("{n:06}"));
        post(&bank, &browser, &form, "continue").send()
    });
    let answers = join_all(guesses).await;
    let with = |status| {
        let statuses = answers.iter().map(|answer| answer.as_ref().unwrap().status().as_u16());
        statuses.filter(|found| *found == status).count()
    };
    assert_eq!((with(401), with(429)), (10, 54));
    let refused = enter(&browser, &page, &code(&bank)).await.page();
    assert_eq!(
        (refused.status, refused.headers["retry-after"].to_str().unwrap()),
        (429, "900")
    );
    assert!(
        signed_in(&bank, "carol").await.cookie_names().len() > 1,
        "the password still opens her own pages"
    );
}

#[tokio::test]
async fn a_flow_that_was_opened_twice_needs_one_code() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    let same = browser.open(page.url.as_str()).await.page();
    assert!(enter(&browser, &page, &code(&bank)).await.page().has("approve"));
    let other_tab = enter(&browser, &same, &code(&bank)).await.page();
    assert!(
        other_tab.has("approve"),
        "the code is used up, but what it was for is reached"
    );
    assert!(browser.open(page.url.as_str()).await.page().has("approve"));
}

#[tokio::test]
async fn after_signing_out_the_page_of_a_factor_leads_to_the_password() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    let account = browser.open("/account").await.page();
    browser.press(&account, "sign-out").await.page();
    for answer in [
        enter(&browser, &page, &code(&bank)).await,
        browser.open(page.url.as_str()).await,
    ] {
        let page = answer.page();
        assert!(page.has("password") && !page.has("code"));
    }
    // And who signs in as somebody else is asked for nothing of carol's.
    let sign_in_page = browser.open(page.url.as_str()).await.page();
    let as_alice = sign_in(&browser, &sign_in_page, "alice").await;
    assert!(as_alice.has("approve"));
    let replayed = enter(&browser, &page, &code(&bank)).await.page();
    assert!(
        replayed.has("approve") && !replayed.has("code"),
        "the form was another user's"
    );
}

#[tokio::test]
async fn the_form_of_another_browser_begins_again() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    let stranger = bank.browser();
    let answer = enter(&stranger, &page, &code(&bank)).await.page();
    assert!(answer.has("password") && !answer.has("approve"));
    let lost = stranger.open(page.url.as_str()).await.page();
    assert_eq!(lost.status, 400);
    assert!(
        enter(&browser, &page, &code(&bank)).await.page().has("approve"),
        "no guess was made"
    );
}

#[tokio::test]
async fn a_forged_form_proves_nothing() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let page = demanding().open(&bank, &browser).await.page();
    let form = page.form_with("code").fill("code", &code(&bank));
    for csrf in ["", "x", "x.y"] {
        let forged = form.clone().tamper("csrf", csrf);
        let answer = browser.submit(&forged, Some("continue")).await.page();
        assert!(!answer.has("approve"), "{csrf}");
    }
    let own = form.value("csrf").unwrap().split('.').next().unwrap().to_owned();
    let answer = browser
        .submit(&form.clone().tamper("csrf", &own), Some("continue"))
        .await
        .page();
    assert!(answer.has("code"), "the flow's part alone is nobody's answer");
    assert!(browser.submit(&form, Some("continue")).await.page().has("approve"));
}
