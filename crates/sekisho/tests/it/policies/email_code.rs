//! `require = ["email_code"]`: a code that is mailed to who is signed in.

use super::{HOME, OFFICE, amr, at, bank_with, sign_in};
use crate::{
    audit::only,
    bank::Bank,
    factors::{code, enter},
    letters,
    request::{Request, post},
};

const RULE: &str = r#"
[[policy]]
name    = "outside"
outside = ["192.0.2.0/24"]
require = ["email_code"]
"#;
const CAROL: &str = "carol@example.com";

/// Whether a code is on its way to carol.
async fn is_mailed(bank: &Bank) -> bool {
    bank.clock.advance(5);
    !letters::owed(bank, CAROL, letters::code).await.is_empty()
}

#[tokio::test]
async fn it_is_mailed_when_its_user_asks_and_proved_beside_the_password() {
    let bank = bank_with(RULE).await;
    let request = Request::code("openid");
    let office = at(&bank, OFFICE);
    let answer = sign_in(&bank, &office, &request, "carol").await;
    assert_eq!(amr(&bank, &office, &request, answer).await, "pwd");

    let request = Request::code("openid");
    let home = at(&bank, HOME);
    let page = sign_in(&bank, &home, &request, "carol").await.page();
    assert!(
        page.has("send-code") && !page.has("code") && !page.has("password"),
        "{}",
        page.text()
    );
    assert!(!is_mailed(&bank).await, "to open the page sends nothing");
    let page = home.press(&page, "send-code").await.page();
    assert!(page.has("code") && page.has("send-code"), "{}", page.text());
    let wrong = enter(&home, &page, "00000000").await.page();
    assert_eq!(wrong.status, 401);
    assert!(wrong.text().contains("have another one sent"), "{}", wrong.text());
    let mailed = letters::newest(&bank, CAROL, letters::code).await;
    let answer = enter(&home, &wrong, &mailed).await;
    assert_eq!(amr(&bank, &home, &request, answer).await, "pwd otp email");

    // It counts from now on, and is no second factor.
    let silent = Request::code("openid").with("prompt", "none");
    assert!(silent.open(&bank, &home).await.callback().get("code").is_some());
    let vault = Request::code("openid vault:open").with("client_id", "vault-app");
    let page = vault.open(&bank, &home).await.page();
    assert!(page.has("code") && !page.has("send-code"), "{}", page.text());
    assert!(!enter(&home, &page, &mailed).await.page().has("approve"));
}

#[tokio::test]
async fn who_has_no_confirmed_address_is_told_what_to_do() {
    let bank = bank_with(RULE).await;
    let home = at(&bank, HOME);
    let page = sign_in(&bank, &home, &Request::code("openid"), "frank").await.page();
    assert!(page.has("no-address") && page.has("to-account"), "{}", page.text());
    assert!(page.text().contains("has no confirmed address"), "{}", page.text());
    assert!(home.open("/account").await.page().url.path().ends_with("/account"));
    let answered = home.press(&page, "back-to-app").await.callback();
    assert_eq!(answered.get("error"), Some("unmet_authentication_requirements"));

    let either = RULE.replace("email_code", "otp or email_code");
    let bank = bank_with(&either).await;
    let page = sign_in(&bank, &at(&bank, HOME), &Request::code("openid"), "frank")
        .await
        .page();
    assert!(
        page.text().contains("authenticator app") && page.has("no-address"),
        "{}",
        page.text()
    );
    let carol = at(&bank, HOME);
    let page = sign_in(&bank, &carol, &Request::code("openid"), "carol").await.page();
    assert!(page.has("code") && page.has("other-1"), "{}", page.text());
    let page = carol.open(&page.link("other-1")).await.page();
    assert!(page.has("send-code"), "{}", page.text());
}

#[tokio::test]
async fn nothing_is_mailed_where_no_rule_wants_it_or_too_often() {
    let bank = bank_with(RULE).await;
    let office = at(&bank, OFFICE);
    let request = Request::code("openid").with("acr_values", "urn:sekisho:acr:loa3");
    let page = sign_in(&bank, &office, &request, "carol").await.page();
    assert!(page.has("code") && !page.has("send-code"), "{}", page.text());
    let form = page.form_with("code");
    let fields = [
        ("flow", form.value("flow").unwrap()),
        ("csrf", form.value("csrf").unwrap()),
    ];
    let fields = fields.into_iter().chain([("decision", "send")]).collect::<Vec<_>>();
    let forged = post(&bank, &office, &form, "continue")
        .header("x-forwarded-for", OFFICE)
        .form(&fields);
    assert_eq!(forged.send().await.unwrap().status(), 303);
    assert!(!is_mailed(&bank).await);

    let home = at(&bank, HOME);
    let page = sign_in(&bank, &home, &Request::code("openid"), "carol").await.page();
    for _ in 0..5 {
        assert_eq!(home.press(&page, "send-code").await.page().status, 200);
    }
    let refused = home.press(&page, "send-code").await.page();
    assert_eq!(
        (refused.status, refused.headers.contains_key("retry-after")),
        (429, true)
    );
    assert!(refused.has("code"), "what was sent before can be typed");
}

#[tokio::test]
async fn it_makes_nothing_known_by_itself() {
    let new = "[[policy]]\nname = \"new\"\ndevice = \"new\"\nrequire = [\"otp\"]\n";
    let bank = bank_with(&format!("{RULE}{new}")).await;
    let home = at(&bank, HOME);
    let request = Request::code("openid");
    let page = sign_in(&bank, &home, &request, "carol").await.page();
    let page = home.press(&page, "send-code").await.page();
    let mailed = letters::newest(&bank, CAROL, letters::code).await;
    let page = enter(&home, &page, &mailed).await.page();
    assert!(
        page.has("code") && !page.has("send-code"),
        "the device is as new as before: {}",
        page.text()
    );
    assert_eq!(only(&bank, "factor.code_by_mail").await["user"], "carol");
    let answer = enter(&home, &page, &code(&bank)).await;
    assert_eq!(amr(&bank, &home, &request, answer).await, "pwd otp email mfa");
}
