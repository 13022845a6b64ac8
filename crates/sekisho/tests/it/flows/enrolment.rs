//! Further factors are set up, named and removed without any page.

use serde_json::{Value, json};
use testkit::Authenticator;

use super::{App, bank};
use crate::{bank::Bank, factors::code};

/// The code that a secret makes now.
pub fn code_of(bank: &Bank, secret: &str) -> String {
    let secret = jose::base32::decode(secret).unwrap();
    let step = bank.clock.now() / 30;
    jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, step.unsigned_abs(), 6)
}

/// What the account has.
async fn listed(app: &mut App<'_>) -> Vec<Value> {
    app.account("authenticators").await["step"]["authenticators"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_named_and_removed() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    app.account("totp").await;
    assert_eq!(app.step(), "sign_in");
    app.signs_in("frank").await;
    assert_eq!(app.step(), "enrol_totp", "{}", app.told);
    let (secret, enrolment) = (app.shown("secret").to_owned(), app.shown("enrolment").to_owned());
    assert!(app.shown("uri").starts_with("otpauth://totp/"));
    let enrol = |code: &str| json!({ "type": "enrol_totp", "enrolment": enrolment, "code": code });
    app.answers(enrol("000000")).await;
    assert_eq!(
        (app.status, app.shown("secret")),
        (400, secret.as_str()),
        "the same secret again"
    );
    let flow = app.flow.clone();
    app.answers(enrol(&code_of(&bank, &secret))).await;
    assert_eq!((app.step(), app.shown("counts")), ("enrolled", "when_approved"));
    app.flow = flow;
    app.answers(enrol(&code_of(&bank, &secret))).await;
    assert_eq!(
        (app.status, app.told["reason"].as_str()),
        (400, Some("sign_in.not_enrolled")),
        "it is set up once"
    );

    let all = listed(&mut app).await;
    assert_eq!(
        (all.len(), &all[0]["state"], &all[0]["method"]),
        (1, &json!("unapproved"), &json!("totp"))
    );
    let id = all[0]["id"].clone();
    app.answers(json!({ "type": "rename", "id": id, "name": "電話 📱" }))
        .await;
    assert_eq!(app.told["step"]["authenticators"][0]["name"], "電話 📱");
    app.answers(json!({ "type": "remove", "id": id })).await;
    assert_eq!(app.told["step"]["authenticators"], json!([]));
    app.answers(json!({ "type": "remove", "id": id })).await;
    assert_eq!((app.status, app.step()), (400, "authenticators"));
}

#[tokio::test]
async fn a_passkey_is_set_up_and_signs_in() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    app.account("passkey").await;
    app.signs_in("carol").await;
    assert_eq!(app.step(), "factor", "what the account has is shown first");
    app.answers(json!({ "type": "code", "method": "totp", "code": code(&bank) }))
        .await;
    assert_eq!(app.step(), "enrol_passkey", "{}", app.told);
    let mut key = Authenticator::at(&bank.issuer);
    let asked = app.told["step"]["passkey"].clone();
    let mut elsewhere = Authenticator::at("https://evil.example");
    let answer = |credential: Value| json!({ "type": "enrol_passkey", "challenge": asked["challenge"], "credential": credential, "name": "Blue" });
    app.answers(answer(elsewhere.create(&asked["options"]))).await;
    assert_eq!((app.status, app.step()), (401, "enrol_passkey"));
    app.answers(answer(key.create(&asked["options"]))).await;
    assert_eq!(
        (app.step(), app.shown("counts")),
        ("enrolled", "at_once"),
        "{}",
        app.told
    );

    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    let asked = app.told["step"]["passkey"].clone();
    let credential = key.get(&asked["options"]);
    app.answers(json!({ "type": "passkey", "challenge": asked["challenge"], "credential": credential }))
        .await;
    assert_eq!(app.step(), "done", "{}", app.told);
}

#[tokio::test]
async fn recovery_codes_are_made_by_who_has_two_factors() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    app.account("recovery_codes").await;
    app.signs_in("alice").await;
    assert_eq!(app.step(), "enrol_first");

    let mut app = App::own(&bank);
    app.account("recovery_codes").await;
    app.signs_in("carol").await;
    app.answers(json!({ "type": "code", "method": "totp", "code": code(&bank) }))
        .await;
    assert_eq!(app.step(), "enrol_recovery_codes");
    let codes = app.told["step"]["codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    let enrolment = app.shown("enrolment").to_owned();
    app.answers(json!({ "type": "keep_recovery_codes", "enrolment": enrolment }))
        .await;
    assert_eq!((app.step(), app.shown("counts")), ("enrolled", "at_once"));
    let all = listed(&mut app).await;
    assert!(
        all.iter()
            .any(|one| one["method"] == "recovery_code" && one["left"] == 10),
        "{all:?}"
    );

    let mut elsewhere = App::own(&bank);
    let request = elsewhere.request("openid vault:open");
    elsewhere.authorize(request).await;
    elsewhere.signs_in("carol").await;
    assert_eq!(elsewhere.told["step"]["choices"], json!(["totp", "recovery_code"]));
    elsewhere
        .answers(json!({ "type": "code", "method": "recovery_code", "code": codes[3] }))
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.step()),
        (200, "factor"),
        "it is no factor for the app"
    );
    elsewhere.account("totp").await;
    assert_eq!(elsewhere.step(), "enrol_totp", "but it opens the way to another device");
}

#[tokio::test]
async fn after_a_while_the_password_is_asked_for_before_anything_changes() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    app.account("totp").await;
    app.signs_in("alice").await;
    let (secret, enrolment) = (app.shown("secret").to_owned(), app.shown("enrolment").to_owned());
    bank.clock.advance(16 * 60);
    let answer = json!({ "type": "enrol_totp", "enrolment": enrolment, "code": code_of(&bank, &secret) });
    app.answers(answer).await;
    assert_eq!(app.step(), "sign_in");
    app.signs_in("alice").await;
    assert_eq!(app.step(), "enrol_totp");
    assert_eq!(listed(&mut app).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_was_shown_in_one_session_enrolls_nothing_in_another() {
    let bank = bank().await;
    let mut alice = App::own(&bank);
    alice.account("totp").await;
    alice.signs_in("alice").await;
    let (secret, enrolment) = (alice.shown("secret").to_owned(), alice.shown("enrolment").to_owned());
    let mut bob = App::own(&bank);
    bob.account("totp").await;
    bob.signs_in("bob").await;
    let answer = json!({ "type": "enrol_totp", "enrolment": enrolment, "code": code_of(&bank, &secret) });
    bob.answers(answer).await;
    assert_eq!((bob.status, bob.step()), (400, "enrol_totp"));
    assert_ne!(bob.shown("secret"), secret);
}
