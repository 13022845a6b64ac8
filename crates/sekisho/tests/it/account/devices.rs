//! Recognised browsers at `/account`: listed, and forgotten.

use realm::audit::Due;
use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{assert_error_page, page, post, signed_in},
};

fn forget_buttons(page: &Page) -> Vec<String> {
    let ids = page.ids().into_iter();
    ids.filter(|id| id.starts_with("forget-device-")).collect()
}

async fn account(browser: &Browser) -> Page {
    browser.open("/account").await.page()
}

async fn sign_in_again(bank: &Bank, browser: &Browser) -> usize {
    browser.forget_cookies_like("sekisho-session-");
    let page = account(browser).await;
    assert!(
        browser
            .sign_in(&page, "alice", "alice-password")
            .await
            .page()
            .has("sign-out")
    );
    let store = &bank.running.realms.store;
    store.outbox_of_realm(&bank.issuer, None, 100).await.unwrap().len()
}

#[tokio::test]
async fn a_browser_is_listed_once_and_not_recognised_after_it_was_forgotten() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = account(&browser).await;
    assert_eq!(forget_buttons(&page).len(), 1);
    assert!(page.text().contains("127.0.0.0/24"), "{}", page.text());
    assert_eq!(sign_in_again(&bank, &browser).await, 0, "it is recognised: no mail");
    let page = account(&browser).await;
    let button = forget_buttons(&page).remove(0);
    let page = browser.press(&page, &button).await.page();
    assert!(page.text().contains("not recognised any more") && forget_buttons(&page).is_empty());
    assert!(page.has("sign-out"), "this session goes on");
    assert_eq!(sign_in_again(&bank, &browser).await, 1, "mail, as about a new browser");
    assert_eq!(forget_buttons(&account(&browser).await).len(), 1);
}

#[tokio::test]
async fn nobody_forgets_for_somebody_else() {
    let bank = Bank::start().await;
    let (alice, bob) = (signed_in(&bank, "alice").await, signed_in(&bank, "bob").await);
    let of_alice = forget_buttons(&account(&alice).await).remove(0);
    let page_of_bob = account(&bob).await;
    let form = page_of_bob.form_with(&forget_buttons(&page_of_bob)[0]);
    let theirs = form.tamper("device", of_alice.trim_start_matches("forget-device-"));
    let answer = bob.submit(&theirs, None).await.page();
    assert!(answer.text().contains("Nothing was changed"), "{}", answer.text());
    assert_eq!(forget_buttons(&account(&alice).await), std::slice::from_ref(&of_alice));

    let form = account(&alice).await.form_with(&of_alice);
    let foreign = post(&bank, &alice, &form, &of_alice).header("sec-fetch-site", "cross-site");
    assert_error_page(&page(foreign.send().await.unwrap()).await, 403, "invalid_request");
    assert_eq!(forget_buttons(&account(&alice).await), [of_alice]);
}

#[tokio::test]
async fn who_fails_to_get_in_is_told_of_to_the_user() {
    let bank = Bank::start().await;
    let mine = signed_in(&bank, "alice").await;
    assert!(!account(&mine).await.has("failed-sign-ins"));
    let stranger = bank.browser();
    let mut page = account(&stranger).await;
    for _ in 0..3 {
        page = stranger.sign_in(&page, "alice", "wrong").await.page();
    }
    bank.running.realms.write_audit(Due::All).await.unwrap();
    let said = account(&mine).await.text_of("failed-sign-ins").unwrap();
    assert!(said.contains("3 attempts"), "{said}");
    let bob = signed_in(&bank, "bob").await;
    assert!(!account(&bob).await.has("failed-sign-ins"));
}
