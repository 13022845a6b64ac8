//! Names of all the world: very long ones, other scripts, from right to left, emoji; and those that are made to deceive.

use sekisho::administration::Action;
use serde_json::{Map, Value, json};

use crate::{
    app::bank_and,
    bank::Bank,
    letters,
    request::{Request, administer, claims, text},
};

const PASSWORD: &str = "seven purple lamps";

fn users() -> Vec<(String, Value)> {
    let (long, longer) = ("長".repeat(255), "名".repeat(600));
    [
        ("寿限無寿限無", "寿限無 寿限無 五劫の擦り切れ"),
        ("عبد-الرحمن", "عبد الرحمن بن عوف"),
        ("שרה", "שרה כהן"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦 家族 👨🏽‍🚀"),
        ("İstanbul-ß-ﬁ", "Ǆ İ ß ﬁ"),
        (long.as_str(), longer.as_str()),
        ("mallory", "</b><script>alert(1)</script>\u{202e}ecila\u{2066}"),
    ]
    .map(|(username, name)| (username.to_owned(), json!(name)))
    .into()
}

async fn bank() -> Bank {
    let bank = Bank::with_realm(bank_and("")).await;
    for (number, (username, name)) in users().into_iter().enumerate() {
        let claims = [
            ("name", name),
            ("email", json!(format!("user-{number}@example.com"))),
            ("email_verified", json!(true)),
        ];
        let add = Action::UserAdd {
            username,
            password: Some(model::Secret::new(PASSWORD)),
            password_hash: None,
            claims: claims
                .map(|(claim, value)| (claim.to_owned(), value))
                .into_iter()
                .collect::<Map<_, _>>(),
            groups: Vec::new(),
        };
        administer(&bank, add).await;
    }
    bank
}

#[tokio::test]
async fn each_signs_in_is_shown_safely_and_told_to_apps_as_it_is() {
    let bank = bank().await;
    for (username, name) in users() {
        let browser = bank.browser();
        let request = Request::code("openid profile");
        let page = request.open(&bank, &browser).await.page();
        let wrong = browser.sign_in(&page, &username, "wrong").await.page();
        assert_eq!(wrong.status, 401, "{username}");
        assert_eq!(wrong.form_with("password").value("username"), Some(username.as_str()));
        let consent = browser.sign_in(&wrong, &format!(" {username} "), PASSWORD).await.page();
        let account = browser.open("/account").await.page();
        for page in [&consent, &account] {
            assert!(page.status == 200 && !page.html.contains("<script>alert"), "{username}");
            assert!(!page.html.contains(['\u{202e}', '\u{2066}']), "{username}");
            assert!(page.html.matches('名').count() < 400, "{username}");
        }
        let callback = browser.approve(&consent).await.callback();
        let tokens = request.redeem(&bank, &callback).await;
        let told = bank
            .http
            .get(bank.url("/userinfo"))
            .bearer_auth(text(&tokens, "access_token"))
            .send()
            .await
            .unwrap();
        let told: Value = told.json().await.unwrap();
        assert_eq!(told["name"], name);
        assert_eq!(told["sub"], claims(text(&tokens, "id_token"))["sub"]);
    }
}

#[tokio::test]
async fn each_finds_the_way_back_by_mail() {
    let bank = bank().await;
    for (number, (username, _)) in users().into_iter().enumerate() {
        let browser = bank.browser();
        let page = browser.open("/account").await.page();
        let page = browser.open(&page.link("forgotten")).await.page();
        let form = page.form_with("send-link").fill("username", &username);
        let _ = browser.submit(&form, Some("send-link")).await.page();
        let link = letters::newest(&bank, &format!("user-{number}@example.com"), letters::reset).await;
        let page = browser.open(&link).await.page();
        assert!(
            page.has("set-password") && !page.html.contains('\u{202e}'),
            "{username}"
        );
        let form = page.form_with("set-password").fill("password", "مفتاح-鍵-🔑-llave");
        let page = browser.submit(&form, Some("set-password")).await.page();
        let page = browser.sign_in(&page, &username, "مفتاح-鍵-🔑-llave").await.page();
        assert!(page.has("sign-out"), "{username}: {}", page.text());
    }
}
