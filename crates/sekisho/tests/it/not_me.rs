//! The link in the mail about a new browser: whoever did not sign in ends it, without a sign-in.

use authn::notice::{Content, Letter};
use testkit::Browser;

use crate::{
    bank::Bank,
    request::{assert_error_page, page, post, signed_in},
};

/// Somebody signs in as alice in a browser of their own: that browser, and the link in the mail to alice.
async fn somebody(bank: &Bank) -> (Browser, String) {
    let browser = signed_in(bank, "alice").await;
    let realms = &bank.running.realms;
    let realm = realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    // There is no mail server here, and the server's own delivery looks at the call too, now and then.
    for _ in 0..5 {
        let owed = realms.store.lease_due(realm.now(), 60, 100).await.unwrap();
        let letters = owed
            .iter()
            .filter_map(|call| Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload));
        for letter in letters {
            if let Content::NewSignIn { link, .. } = letter.content {
                return (browser, link);
            }
        }
        bank.clock.advance(3600);
    }
    panic!("no mail is owed");
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.open("/account").await.page().has("sign-out")
}

#[tokio::test]
async fn the_link_shows_a_page_and_its_button_alone_acts_once() {
    let bank = Bank::start().await;
    let mine = signed_in(&bank, "alice").await;
    let (theirs, link) = somebody(&bank).await;
    assert!(link.starts_with(&format!("{}/not-me?t=", bank.issuer)), "{link}");
    // As scanners of mail do, and whoever looks twice.
    for _ in 0..3 {
        assert!(bank.browser().open(&link).await.page().has("not-me"));
    }
    assert!(is_signed_in(&theirs).await);

    let reader = bank.browser();
    let question = reader.open(&link).await.page();
    let answer = reader.press(&question, "not-me").await.page();
    assert!(
        answer.text().contains("That browser is signed out"),
        "{}",
        answer.text()
    );
    let html = answer.html.replace("&#x2f;", "/");
    assert!(
        html.contains("href=\"/account/password\""),
        "it leads to a new password: {html}"
    );
    assert!(!is_signed_in(&theirs).await && is_signed_in(&mine).await);
    let again = reader.press(&question, "not-me").await.page();
    assert!(again.text().contains("signed out already"), "{}", again.text());
}

#[tokio::test]
async fn what_is_not_a_link_of_this_realm_opens_nothing() {
    let bank = Bank::start().await;
    let _mine = signed_in(&bank, "alice").await;
    let (theirs, link) = somebody(&bank).await;
    let cut = &link[..link.len() - 1];
    for wrong in [
        cut,
        &bank.url("/not-me"),
        &bank.url("/not-me?t=x"),
        &bank.url("/not-me?t=a&t=b"),
    ] {
        let answer = bank.browser().open(wrong).await.page();
        assert_error_page(&answer, 403, "invalid_request");
    }
    let question = bank.browser().open(&link).await.page();
    let form = question.form_with("not-me");
    let foreign = post(&bank, &bank.browser(), &form, "not-me").header("sec-fetch-site", "cross-site");
    assert_error_page(&page(foreign.send().await.unwrap()).await, 403, "invalid_request");
    let forged = form.tamper("t", "x");
    let answer = post(&bank, &bank.browser(), &forged, "not-me").send().await.unwrap();
    assert_error_page(&page(answer).await, 403, "invalid_request");
    assert!(is_signed_in(&theirs).await);

    bank.clock.advance(7 * 24 * 3600);
    assert_error_page(&bank.browser().open(&link).await.page(), 403, "invalid_request");
}
