//! `/sign-in/invitation`: a link of the operator's sets the first password, and lets the next factor count at once.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sekisho::administration::{self, Action, Command};
use serde_json::{Map, Value, json};
use testkit::Browser;

use crate::{
    bank::Bank,
    factors::enter,
    letters,
    request::{Request, administer, assert_error_page, page, post, sign_in, signed_in, text},
};

const WEEK: i64 = 7 * 24 * 3600;

async fn command(bank: &Bank, action: Action) -> Value {
    let command = Command { realm: None, action };
    let answer = administration::execute(&bank.running.realms, &bank.running.passwords, command);
    answer.await.unwrap()
}

pub async fn invite(bank: &Bank, user: &str, mail: bool) -> Value {
    let action = Action::UserInvite {
        user: user.into(),
        lifetime: WEEK,
        mail,
    };
    command(bank, action).await
}

pub async fn zoe(bank: &Bank, password_hash: Option<&str>) {
    let action = Action::UserAdd {
        username: "zoë-ぞえ-👩‍🚀".into(),
        password: None,
        password_hash: password_hash.map(model::Secret::new),
        claims: Map::new(),
        groups: Vec::new(),
    };
    administer(bank, action).await;
}

/// Sets up an authenticator app at the account page: what is said of it then.
async fn enrol(bank: &Bank, browser: &Browser) -> String {
    let account = browser.open("/account").await.page();
    let page = browser.open(&account.link("enrol")).await.page();
    let secret = jose::base32::decode(&page.text_of("totp-secret").unwrap()).unwrap();
    let step = (bank.clock.now() / 30).unsigned_abs();
    let code = jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, step, 6);
    enter(browser, &page, &code).await.page().text()
}

#[tokio::test]
async fn who_has_no_password_sets_the_first_one_once_and_what_follows_counts_at_once() {
    let bank = Bank::start().await;
    zoe(&bank, None).await;
    let invitation = invite(&bank, "zoë-ぞえ-👩‍🚀", false).await;
    assert_eq!(invitation["expires_at"], json!(bank.clock.now() + WEEK));
    let link = text(&invitation, "link");
    let browser = bank.browser();
    for _ in 0..2 {
        assert!(
            browser.open(link).await.page().has("set-password"),
            "opening it does nothing"
        );
    }
    let form = browser.open(link).await.page();
    let weak = form.form_with("set-password").fill("password", "12345678");
    assert_eq!(browser.submit(&weak, None).await.page().status, 400);
    let form = form.form_with("set-password").fill("password", "seven purple lamps");
    let account = browser.submit(&form, Some("set-password")).await.page();
    assert!(
        account.has("sign-out") && account.text().contains("You were invited"),
        "{}",
        account.text()
    );
    let said = enrol(&bank, &browser).await;
    assert!(said.contains("can be used from now on"), "{said}");

    let other = bank.browser();
    assert_error_page(&other.open(link).await.page(), 404, "invalid_request");
    assert_error_page(&other.submit(&form, None).await.page(), 404, "invalid_request");
    let page = other.open("/account").await.page();
    let again = other.sign_in(&page, "zoë-ぞえ-👩‍🚀", "seven purple lamps").await.page();
    assert!(again.has("sign-out"));
}

#[tokio::test]
async fn who_has_a_password_signs_in_and_accepts_once() {
    let bank = Bank::start().await;
    let answer = invite(&bank, "alice", true).await;
    assert_eq!(answer["mailed_to"], "alice@example.com");
    assert!(
        answer.get("link").is_none(),
        "who runs this does not see what is mailed"
    );
    let link = letters::newest(&bank, "alice@example.com", letters::invitation).await;
    let browser = signed_in(&bank, "bob").await;
    let page = browser.open(&link).await.page();
    assert!(page.has("password"), "it is somebody else's: {}", page.text());
    let invited = sign_in(&browser, &page, "alice").await;
    let accept = invited.form_with("accept");
    let foreign = post(&bank, &browser, &accept, "accept").header("sec-fetch-site", "cross-site");
    let foreign = self::page(foreign.send().await.unwrap()).await;
    assert_error_page(&foreign, 404, "invalid_request");
    let account = browser.press(&invited, "accept").await.page();
    assert!(account.text().contains("You were invited"), "{}", account.text());
    let again = browser.submit(&accept, Some("accept")).await.page();
    assert_error_page(&again, 404, "invalid_request");
    let said = enrol(&bank, &browser).await;
    assert!(said.contains("can be used from now on"), "{said}");
    // An invitation is no factor: what demands two asks for the app's code.
    let page = Request::code("openid")
        .with("acr_values", "urn:sekisho:acr:loa3")
        .open(&bank, &browser)
        .await
        .page();
    assert!(page.has("code"));
}

#[tokio::test]
async fn a_browser_that_was_left_open_is_not_invited_and_links_end() {
    let bank = Bank::start().await;
    let invitation = invite(&bank, "alice", false).await;
    let link = text(&invitation, "link");
    let browser = signed_in(&bank, "alice").await;
    let accept = browser.open(link).await.page().form_with("accept");
    bank.clock.advance(16 * 60);
    assert!(browser.open(link).await.page().has("password"));
    assert!(browser.submit(&accept, Some("accept")).await.page().has("password"));
    bank.clock.advance(WEEK);
    assert_error_page(&browser.open(link).await.page(), 404, "invalid_request");
    assert_error_page(
        &browser.open("/sign-in/invitation?t=x").await.page(),
        404,
        "invalid_request",
    );
}

#[tokio::test]
async fn a_hash_that_was_brought_along_is_good_and_one_that_nobody_can_check_is_refused() {
    let bank = Bank::start().await;
    // As directories write it.
    let ssha = {
        let salt = b"saltsalt";
        let digest = jose::sha256(&[b"correct horse".as_slice(), salt].concat());
        let bytes = [digest.as_slice(), salt].concat();
        format!("{{SSHA256}}{}", STANDARD.encode(&bytes))
    };
    zoe(&bank, Some(&ssha)).await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = browser.sign_in(&page, "zoë-ぞえ-👩‍🚀", "correct horse").await.page();
    assert!(page.has("sign-out"), "{}", page.text());
    let action = Action::UserAdd {
        username: "yan".into(),
        password: None,
        password_hash: Some(model::Secret::new("5f4dcc3b5aa765d61d8327deb882cf99")),
        claims: Map::new(),
        groups: Vec::new(),
    };
    let command = Command { realm: None, action };
    let refused = administration::execute(&bank.running.realms, &bank.running.passwords, command).await;
    assert!(refused.unwrap_err().problem.contains("no kind that can be checked"));
}
