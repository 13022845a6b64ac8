//! An authenticator app is set up, confirmed, named and removed; and what a stolen password cannot do.

use authn::notice::{Content, Letter};
use sekisho::administration::Action;
use testkit::{Browser, Page};

use super::{bank, code, enter};
use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, administer, claims, post, sign_in, signed_in, text},
};

const DAY: i64 = 24 * 3600;

/// The code that the key on a page of enrolment makes.
fn code_of(bank: &Bank, page: &Page) -> String {
    let secret = jose::base32::decode(&page.text_of("totp-secret").unwrap()).unwrap();
    let step = bank.clock.now() / 30;
    jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, step.unsigned_abs(), 6)
}

/// Presses "set up": the page with the key, or what comes before it.
async fn begin(browser: &Browser) -> Page {
    let account = browser.open("/account").await.page();
    browser.open(&account.link("enrol")).await.page()
}

/// The ids of what the account page lists.
fn listed(account: &Page) -> Vec<String> {
    let ids = account.ids().into_iter();
    ids.filter(|id| id.starts_with("authenticator-")).collect()
}

fn demand() -> Request {
    Request::code("openid").with("acr_values", "urn:sekisho:acr:loa3")
}

/// The link in the mail that is owed to a user.
async fn mailed_link(bank: &Bank, to: &str) -> String {
    let realms = &bank.running.realms;
    let realm = realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    // The server's own delivery looks at the call too, now and then.
    for _ in 0..8 {
        for call in realms.store.lease_due(realm.now(), 5, 100).await.unwrap() {
            let letter = Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload).unwrap();
            if let Content::ConfirmFactor { link, .. } = letter.content {
                assert_eq!(call.destination, to);
                return link;
            }
        }
        bank.clock.advance(60);
    }
    panic!("no mail is owed");
}

async fn with_mail() -> Bank {
    let erin = r#"
        [[user]]
        username       = "erin"
        password       = "erin-password"
        email          = "erin@example.com"
        email_verified = true
    "#;
    Bank::with_realm(bank_and(erin)).await
}

#[tokio::test]
async fn an_app_is_set_up_confirmed_by_mail_and_counts_after_a_day() {
    let bank = with_mail().await;
    let browser = signed_in(&bank, "erin").await;
    let page = begin(&browser).await;
    assert!(page.html.contains("data:image") && page.link("open-app").starts_with("otpauth://totp/"));
    let secret = page.text_of("totp-secret").unwrap();
    let wrong = enter(&browser, &page, "000000").await.page();
    assert_eq!((wrong.status, wrong.text_of("totp-secret").unwrap()), (400, secret));
    let account = enter(&browser, &wrong, &code_of(&bank, &page)).await.page();
    assert!(account.text().contains("Look into your mail"), "{}", account.text());

    assert!(
        demand().open(&bank, &browser).await.page().has("approve"),
        "it does not count"
    );
    let link = mailed_link(&bank, "erin@example.com").await;
    let elsewhere = bank.browser();
    let asked = elsewhere.open(&link).await.page();
    let said = elsewhere.press(&asked, "mine").await.page();
    assert!(said.text().contains("waiting time is over"), "{}", said.text());
    assert_eq!(elsewhere.open(&link).await.page().status, 404, "the link is good once");
    assert!(
        demand().open(&bank, &browser).await.page().has("approve"),
        "it does not count yet"
    );

    bank.clock.advance(DAY);
    let browser = signed_in(&bank, "erin").await;
    let asked = demand().open(&bank, &browser).await.page();
    assert!(
        enter(&browser, &asked, &code_of(&bank, &page))
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn who_did_not_set_it_up_ends_it_and_every_session() {
    let bank = with_mail().await;
    let thief = signed_in(&bank, "erin").await;
    let page = begin(&thief).await;
    enter(&thief, &page, &code_of(&bank, &page)).await.page();
    let link = mailed_link(&bank, "erin@example.com").await;
    let owner = bank.browser();
    let asked = owner.open(&link).await.page();
    let said = owner.press(&asked, "not-mine").await.page();
    assert!(said.text().contains("signed out everywhere"), "{}", said.text());
    assert!(thief.open("/account").await.page().has("password"));
}

#[tokio::test]
async fn without_a_mail_address_the_operator_approves() {
    let bank = bank().await;
    let browser = signed_in(&bank, "frank").await;
    let page = begin(&browser).await;
    let account = enter(&browser, &page, &code_of(&bank, &page)).await.page();
    assert!(account.text().contains("must approve it"), "{}", account.text());
    let [id] = &listed(&account)[..] else {
        panic!("one is listed")
    };
    let action = Action::UserApprove {
        user: "frank".into(),
        id: id.strip_prefix("authenticator-").unwrap().to_owned(),
    };
    administer(&bank, action).await;
    assert!(demand().open(&bank, &browser).await.page().has("code"));
}

#[tokio::test]
async fn with_two_factors_another_one_counts_at_once_and_each_is_named_and_removed() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    // The account has a second factor, so it must be shown first.
    let page = begin(&browser).await;
    assert!(page.has("code") && !page.has("totp-secret"));
    let page = enter(&browser, &page, &code(&bank)).await.page();
    assert!(page.has("totp-secret"), "and it goes on where she wanted to go");
    let account = enter(&browser, &page, &code_of(&bank, &page)).await.page();
    assert!(account.text().contains("can be used from now on"));
    let both = listed(&account);
    assert_eq!(both.len(), 2);

    let item = browser.open(&account.link(&both[1])).await.page();
    assert!(!item.has("last-factor"));
    let form = item.form_with("rename").fill("name", "電話 📱 \u{202e}");
    let account = browser.submit(&form, Some("rename")).await.page();
    assert!(account.text().contains("電話 📱"));
    let item = browser.open(&account.link(&both[0])).await.page();
    let account = browser.press(&item, "remove").await.page();
    assert_eq!(listed(&account), [both[1].clone()]);
    let item = browser.open(&account.link(&both[1])).await.page();
    assert!(item.has("last-factor"), "who removes the last one is warned");
    let account = browser.press(&item, "remove").await.page();
    assert!(account.text().contains("only your password"));
}

#[tokio::test]
async fn after_a_while_the_password_is_asked_for_before_anything_changes() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let page = begin(&browser).await;
    bank.clock.advance(16 * 60);
    assert!(begin(&browser).await.has("password"));
    let late = enter(&browser, &page, &code_of(&bank, &page)).await.page();
    assert!(late.has("password"), "nor does a form that was open");
    assert!(sign_in(&browser, &late, "alice").await.has("totp-secret"));
}

#[tokio::test]
async fn the_forms_belong_to_their_session() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let page = begin(&browser).await;
    let code = code_of(&bank, &page);
    let form = page.form_with("code").fill("code", &code);
    let forged = browser
        .submit(&form.clone().tamper("csrf", "x"), Some("continue"))
        .await;
    assert_eq!(forged.page().status, 403);
    let other = signed_in(&bank, "bob").await;
    let csrf = begin(&other).await.form_with("code").value("csrf").unwrap().to_owned();
    let theirs = form.clone().tamper("csrf", &csrf);
    let answer = post(&bank, &other, &theirs, "continue").send().await.unwrap();
    assert_eq!(
        answer.headers()["location"],
        "/account/factors/totp",
        "with another secret"
    );

    for _ in 0..2 {
        enter(&browser, &page, &code).await.page();
        let account = browser.open("/account").await.page();
        assert_eq!(listed(&account).len(), 1, "the same form once more adds nothing");
    }
    let path = "/account/factors/confirm?token=x";
    assert_eq!(browser.open(path).await.page().status, 404);
    for path in ["/account/factors/item?id=nobodys", "/account/factors/recovery-codes"] {
        assert!(browser.open(path).await.page().has("enrol"), "{path}");
    }
}

#[tokio::test]
async fn recovery_codes_let_who_lost_the_device_set_up_another_one_at_once() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let demand = Request::code("openid vault:open").with("client_id", "vault-app");
    let page = demand.open(&bank, &browser).await.page();
    enter(&browser, &page, &code(&bank)).await.page();
    let account = browser.open("/account").await.page();
    let codes = browser.open(&account.link("enrol-recovery-codes")).await.page();
    let written = codes.html.split("<code>").nth(3).unwrap().split('<').next().unwrap();
    let account = browser.press(&codes, "continue").await.page();
    assert!(account.html.contains("<dd>10</dd>"), "{}", account.text());

    let elsewhere = signed_in(&bank, "carol").await;
    let page = demand.open(&bank, &elsewhere).await.page();
    let page = elsewhere.open(&page.link("other-1")).await.page();
    let page = enter(&elsewhere, &page, written).await.page();
    assert!(
        page.has("code") && page.has("to-account"),
        "it is no factor for the app"
    );
    let page = begin(&elsewhere).await;
    assert!(page.has("totp-secret"), "but it opens the way to another device");
    let account = enter(&elsewhere, &page, &code_of(&bank, &page)).await.page();
    assert!(account.text().contains("can be used from now on"));
    bank.clock.advance(30);
    let asked = demand.open(&bank, &elsewhere).await.page();
    let consent = enter(&elsewhere, &asked, &code_of(&bank, &page)).await.page();
    let callback = elsewhere.approve(&consent).await.callback();
    let id_token = claims(text(&demand.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["amr"], serde_json::json!(["pwd", "otp", "recovery", "mfa"]));
}

#[tokio::test]
async fn a_token_that_the_operator_handed_out_counts_at_once_and_finds_its_place_by_two_codes() {
    let bank = bank().await;
    let token = |counter: u64| jose::one_time_code(jose::OneTimeCodeHash::Sha1, b"12345678901234567890", counter, 6);
    let action = Action::UserAddToken {
        user: "alice".into(),
        secret: model::Secret::new(super::SECRET),
        digits: 6,
        next: 0,
        name: "No. 7".into(),
    };
    administer(&bank, action).await;
    let browser = signed_in(&bank, "alice").await;
    let page = demand().open(&bank, &browser).await.page();
    assert!(page.text().contains("your token"));
    let far = enter(&browser, &page, &token(40)).await.page();
    assert_eq!(far.status, 401, "too far ahead");
    let both = format!("{} {}", token(40), token(41));
    assert!(enter(&browser, &page, &both).await.page().has("approve"));
    let again = signed_in(&bank, "alice").await;
    let page = demand().open(&bank, &again).await.page();
    for used in [token(0), token(41)] {
        assert_eq!(enter(&again, &page, &used).await.page().status, 401);
    }
    assert!(enter(&again, &page, &token(42)).await.page().has("approve"));
}
