//! `[[policy]]`: who gets in from where, and what is asked of them.

mod broken;
mod denied;
mod email_code;
mod history;
mod replay;

use testkit::{Answer, Browser};

use crate::{
    bank::Bank,
    factors::{VAULT, code, enter},
    request::{Request, claims, text},
};

/// An address of the office, and one elsewhere.
const OFFICE: &str = "192.0.2.10";
const HOME: &str = "198.51.100.20";

/// The rule of the guide.
const NETWORK_RULE: &str = r#"
[[network]]
name      = "office"
addresses = ["192.0.2.0/24"]

[[policy]]
name    = "outside"
outside = ["office"]
require = ["otp"]
"#;

/// A bank with the users of the tests of factors (carol has an authenticator app) and these rules.
async fn bank_with(rules: &str) -> Bank {
    let rules = rules.to_owned();
    Bank::behind_trusted_proxy(move |issuer| format!("{}{VAULT}{rules}", testkit::realm::bank(issuer))).await
}

fn at(bank: &Bank, address: &str) -> Browser {
    bank.browser().moved_to(address)
}

/// Opens a request and signs in by name and password: what comes then.
async fn sign_in(bank: &Bank, browser: &Browser, request: &Request, username: &str) -> Answer {
    let page = request.open(bank, browser).await.page();
    let password = format!("{username}-password");
    browser.sign_in(&page, username, &password).await
}

/// What the tokens say of the authentication.
async fn amr(bank: &Bank, browser: &Browser, request: &Request, answer: Answer) -> String {
    let callback = match answer {
        Answer::Page(page) => browser.approve(&page).await.callback(),
        Answer::Callback(callback) => callback,
    };
    let tokens = request.redeem(bank, &callback).await;
    let amr = &claims(text(&tokens, "id_token"))["amr"];
    amr.as_array()
        .unwrap()
        .iter()
        .map(|method| method.as_str().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn inside_the_network_a_password_is_enough_and_outside_a_code_is_asked_for_too() {
    let bank = bank_with(NETWORK_RULE).await;
    let request = Request::code("openid");
    let office = at(&bank, OFFICE);
    let answer = sign_in(&bank, &office, &request, "carol").await;
    assert_eq!(amr(&bank, &office, &request, answer).await, "pwd");

    let request = Request::code("openid");
    let home = at(&bank, HOME);
    let page = sign_in(&bank, &home, &request, "carol").await.page();
    assert!(page.has("code") && !page.has("password"), "{}", page.text());
    let answer = enter(&home, &page, &code(&bank)).await;
    assert_eq!(amr(&bank, &home, &request, answer).await, "pwd otp mfa");
}

#[tokio::test]
async fn a_session_that_began_inside_proves_the_code_when_it_is_used_outside() {
    let bank = bank_with(NETWORK_RULE).await;
    let request = Request::code("openid");
    let browser = at(&bank, OFFICE);
    let answer = sign_in(&bank, &browser, &request, "carol").await;
    let _ = amr(&bank, &browser, &request, answer).await;

    let browser = browser.moved_to(HOME);
    let silent = Request::code("openid").with("prompt", "none");
    let refused = silent.open(&bank, &browser).await.callback();
    assert_eq!(refused.get("error"), Some("login_required"));
    let account = browser.open("/account").await.page();
    assert!(account.has("code"), "{}", account.text());
    let request = Request::code("openid");
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("code"), "{}", page.text());
    let answer = enter(&browser, &page, &code(&bank)).await;
    assert_eq!(amr(&bank, &browser, &request, answer).await, "pwd otp mfa");

    // It counts from now on, outside too.
    let again = silent.open(&bank, &browser).await.callback();
    assert!(again.get("code").is_some(), "{:?}", again.parameters);
}

#[tokio::test]
async fn who_has_nothing_to_prove_more_with_is_told_to_set_it_up_and_can() {
    let bank = bank_with(NETWORK_RULE).await;
    let browser = at(&bank, HOME);
    let page = sign_in(&bank, &browser, &Request::code("openid"), "frank").await.page();
    assert!(page.has("to-account") && page.has("back-to-app"), "{}", page.text());
    assert!(browser.open("/account").await.page().url.path().ends_with("/account"));
    let answered = browser.press(&page, "back-to-app").await.callback();
    assert_eq!(answered.get("error"), Some("unmet_authentication_requirements"));
}

#[tokio::test]
async fn a_rule_about_an_app_or_an_api_is_about_no_other() {
    let rules = "[[policy]]\nname = \"vault\"\nclients = [\"vault-app\"]\nrequire = [\"otp\"]\n\
                 [[policy]]\nname = \"reports\"\napis = [\"https://reports.example.com\"]\nrequire = [\"otp\"]\n";
    let bank = bank_with(rules).await;
    let browser = at(&bank, HOME);
    let web = Request::code("openid");
    let answer = sign_in(&bank, &browser, &web, "carol").await;
    assert_eq!(amr(&bank, &browser, &web, answer).await, "pwd");
    let vault = Request::code("openid").with("client_id", "vault-app");
    assert!(vault.open(&bank, &browser).await.page().has("code"));
    let reports = Request::code("openid reports:read");
    assert!(reports.open(&bank, &browser).await.page().has("code"));
}
