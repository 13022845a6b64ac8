//! Guesses are counted: ten in fifteen minutes, in two lanes per account.

use testkit::{Browser, Page, realm};

use crate::{
    bank::Bank,
    request::{Request, signed_in},
};

async fn attempt(bank: &Bank, browser: &Browser, username: &str, password: &str) -> Page {
    let page = Request::code("openid")
        .with("prompt", "login")
        .open(bank, browser)
        .await
        .page();
    browser.sign_in(&page, username, password).await.page()
}

async fn guess(bank: &Bank, username: &str, times: usize) {
    let browser = bank.browser();
    for _ in 0..times {
        assert_eq!(attempt(bank, &browser, username, "wrong").await.status, 401);
    }
}

#[tokio::test]
async fn the_eleventh_guess_is_not_looked_at() {
    let bank = Bank::start().await;
    guess(&bank, "alice", 10).await;
    let page = attempt(&bank, &bank.browser(), "alice", &realm::password("alice")).await;
    assert_eq!(page.status, 429);
    assert!(page.html.contains("role=\"alert\"") && page.text().contains("too many attempts. Wait 15 minutes"));
    assert_eq!(page.headers["retry-after"], "900");
    assert_eq!(page.form_with("password").value("username"), Some("alice"));
}

#[tokio::test]
async fn after_a_quarter_of_an_hour_guesses_are_forgotten() {
    let bank = Bank::start().await;
    guess(&bank, "alice", 10).await;
    bank.clock.advance(15 * 60);
    assert!(
        attempt(&bank, &bank.browser(), "alice", &realm::password("alice"))
            .await
            .has("approve")
    );
}

#[tokio::test]
async fn a_right_password_forgets_the_guesses_before_it() {
    let bank = Bank::start().await;
    guess(&bank, "alice", 9).await;
    assert!(
        attempt(&bank, &bank.browser(), "alice", &realm::password("alice"))
            .await
            .has("approve")
    );
    guess(&bank, "alice", 10).await;
}

#[tokio::test]
async fn guesses_at_one_user_are_not_counted_for_another() {
    let bank = Bank::start().await;
    guess(&bank, "alice", 10).await;
    assert!(
        attempt(&bank, &bank.browser(), "bob", &realm::password("bob"))
            .await
            .has("approve")
    );
}

#[tokio::test]
async fn a_stranger_cannot_lock_out_who_has_signed_in_here_before() {
    let bank = Bank::start().await;
    let own = signed_in(&bank, "alice").await;
    guess(&bank, "alice", 10).await;
    assert_eq!(attempt(&bank, &bank.browser(), "alice", "wrong").await.status, 429);
    assert!(
        attempt(&bank, &own, "alice", &realm::password("alice"))
            .await
            .has("approve")
    );
}

#[tokio::test]
async fn a_browser_that_is_recognised_has_ten_guesses_of_its_own() {
    let bank = Bank::start().await;
    let own = signed_in(&bank, "alice").await;
    for _ in 0..10 {
        assert_eq!(attempt(&bank, &own, "alice", "wrong").await.status, 401);
    }
    assert_eq!(
        attempt(&bank, &own, "alice", &realm::password("alice")).await.status,
        429
    );
    assert!(
        attempt(&bank, &bank.browser(), "alice", &realm::password("alice"))
            .await
            .has("approve")
    );
}

#[tokio::test]
async fn an_unknown_user_is_refused_after_as_many_guesses() {
    let bank = Bank::start().await;
    guess(&bank, "nobody", 10).await;
    assert_eq!(attempt(&bank, &bank.browser(), "nobody", "wrong").await.status, 429);
}
