//! From the app's request to an account and back.

use serde_json::{Value, json};

use super::{PASSWORD, create, filled, open_bank, sign_up, users};
use crate::{
    app::granted,
    bank::Bank,
    request::{Request, claims, sign_in, signed_in, text},
};

async fn prompts(bank: &Bank) -> Value {
    let url = bank.url("/.well-known/openid-configuration");
    granted(bank.http.get(url).send().await.unwrap()).await["prompt_values_supported"].clone()
}

#[tokio::test]
async fn create_makes_an_account_signs_in_and_goes_on_with_the_request() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let request = create();
    let page = request.open(&bank, &browser).await.page();
    assert_eq!((page.url.path(), page.status), ("/sign-up", 200));
    let form = filled(&page, "carol")
        .fill("email", "carol@example.com")
        .fill("name", "Carol Example");
    let consent = browser.submit(&form, Some("sign-up")).await.page();
    assert!(
        consent.text().contains("Signed in as Carol Example"),
        "{}",
        consent.text()
    );
    let callback = browser.approve(&consent).await.callback();
    assert_eq!(callback.get("state"), Some("the state"));

    let tokens = request.redeem(&bank, &callback).await;
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!(id_token["sub"], bank.user_id("carol").await);
    assert_eq!(id_token["amr"], json!(["pwd"]));
    let userinfo = bank.http.get(bank.url("/userinfo"));
    let userinfo = userinfo
        .bearer_auth(text(&tokens, "access_token"))
        .send()
        .await
        .unwrap();
    let told = granted(userinfo).await;
    assert_eq!(
        (&told["email"], &told["email_verified"], &told["name"]),
        (&json!("carol@example.com"), &json!(false), &json!("Carol Example")),
        "an address that nobody verified is not called verified"
    );
    let page = Request::code("openid")
        .with("prompt", "login")
        .open(&bank, &bank.browser())
        .await
        .page();
    assert!(bank.browser().open("/account").await.page().has("sign-in"));
    assert!(page.has("sign-in"));
}

#[tokio::test]
async fn the_password_of_a_new_account_signs_in() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    sign_up(&browser, &page, "carol").await;
    let elsewhere = bank.browser();
    let page = Request::code("openid").open(&bank, &elsewhere).await.page();
    assert!(elsewhere.sign_in(&page, "Carol", PASSWORD).await.page().has("approve"));
}

#[tokio::test]
async fn what_the_app_knows_of_the_user_is_filled_in() {
    let bank = open_bank().await;
    for (hint, username, email) in [
        ("carol", "carol", ""),
        ("carol@example.com", "carol@example.com", "carol@example.com"),
    ] {
        let request = create().with("login_hint", hint);
        let form = request.open(&bank, &bank.browser()).await.page().form_with("sign-up");
        assert_eq!(
            (form.value("username"), form.value("email")),
            (Some(username), Some(email))
        );
    }
}

#[tokio::test]
async fn create_asks_whoever_is_signed_in_and_their_session_ends() {
    let bank = open_bank().await;
    let browser = signed_in(&bank, "alice").await;
    let page = create().open(&bank, &browser).await.page();
    assert_eq!(page.url.path(), "/sign-up");
    let consent = sign_up(&browser, &page, "carol").await;
    assert!(consent.text().contains("Signed in as carol"));
    let store = &bank.running.realms.store;
    let (alice, now) = (bank.user_id("alice").await, bank.clock.now());
    assert!(
        store
            .sessions_of_user(&bank.issuer, &alice, now)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn who_has_an_account_signs_in_instead_and_the_request_goes_on() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let request = create();
    let page = request.open(&bank, &browser).await.page();
    let page = browser.open(&page.link("to-sign-in")).await.page();
    assert!(page.has("to-sign-up"));
    let consent = sign_in(&browser, &page, "alice").await;
    let callback = browser.approve(&consent).await.callback();
    assert!(callback.get("code").is_some());
}

#[tokio::test]
async fn the_sign_in_page_leads_to_the_sign_up_page_of_its_flow() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    assert_eq!(page.url.path(), "/sign-in");
    let page = browser.open(&page.link("to-sign-up")).await.page();
    let consent = sign_up(&browser, &page, "carol").await;
    assert!(browser.approve(&consent).await.callback().get("code").is_some());
}

#[tokio::test]
async fn who_comes_for_their_own_pages_ends_there() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = browser.open(&page.link("to-sign-up")).await.page();
    let account = sign_up(&browser, &page, "carol").await;
    assert_eq!((account.url.path(), account.has("sign-out")), ("/account", true));
}

#[tokio::test]
async fn metadata_says_create_where_it_is_offered_alone() {
    let bank = Bank::start().await;
    let without = json!(["none", "login", "consent", "select_account"]);
    assert_eq!(prompts(&bank).await, without);
    let bank = open_bank().await;
    assert_eq!(
        prompts(&bank).await,
        json!(["none", "login", "consent", "select_account", "create"])
    );
}

#[tokio::test]
async fn where_it_is_not_offered_there_is_no_page_and_no_link_and_create_is_refused() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    assert!(!page.has("to-sign-up"));
    let mut url = page.url.clone();
    url.set_path("/sign-up");
    assert_eq!(browser.open(url.as_str()).await.page().status, 404);
    let form = page
        .form_with("sign-in")
        .fill("username", "carol")
        .fill("password", PASSWORD)
        .sent_to("/sign-up");
    assert_eq!(browser.submit(&form, Some("sign-in")).await.page().status, 404);
    assert_eq!(users(&bank).await, ["alice", "bob"]);
    let callback = create().open(&bank, &browser).await.callback();
    assert_eq!(callback.get("error"), Some("invalid_request"));
    assert!(callback.get("error_description").unwrap().contains("create"));
}
