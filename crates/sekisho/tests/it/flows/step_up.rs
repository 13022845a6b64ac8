//! More than a password: only what is missing is asked for.

use serde_json::json;
use testkit::Authenticator;

use super::{App, bank};
use crate::{factors::code, passkeys::enrolled};

#[tokio::test]
async fn an_api_that_needs_two_factors_has_the_second_one_asked_for() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    app.signs_in("carol").await;
    assert_eq!(app.step(), "done");
    assert_eq!(app.redeem().await["acr"], "urn:sekisho:acr:loa2");

    let request = app.request("openid vault:open");
    app.authorize(request).await;
    assert_eq!((app.step(), app.shown("target")), ("factor", "urn:sekisho:acr:loa3"));
    assert_eq!(app.told["step"]["choices"], json!(["totp"]));
    app.answers(json!({ "type": "code", "method": "totp", "code": "000000" }))
        .await;
    assert_eq!((app.status, app.step()), (401, "factor"));
    assert_eq!(app.told["reason"], "sign_in.wrong_factor");
    app.answers(json!({ "type": "code", "method": "totp", "code": code(&bank) }))
        .await;
    assert_eq!(app.step(), "done", "{}", app.told);
    let id_token = app.redeem().await;
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa3");
    assert_eq!(id_token["amr"], json!(["pwd", "otp", "mfa"]));

    let mut elsewhere = App::own(&bank);
    let request = elsewhere.request("openid vault:open");
    elsewhere.authorize(request).await;
    elsewhere.signs_in("carol").await;
    elsewhere
        .answers(json!({ "type": "code", "method": "totp", "code": code(&bank) }))
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.step()),
        (401, "factor"),
        "a code is taken once"
    );
}

#[tokio::test]
async fn who_has_no_second_factor_goes_back_without() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid vault:open");
    app.authorize(request).await;
    app.signs_in("frank").await;
    assert_eq!(app.step(), "enrol_first");
    app.answers(json!({ "type": "back" })).await;
    assert_eq!((app.status, app.step()), (400, "done"));
    assert_eq!(
        app.told["step"]["parameters"]["error"],
        "unmet_authentication_requirements"
    );
}

#[tokio::test]
async fn a_passkey_signs_in_alone_or_is_the_second_factor() {
    let bank = bank().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let mut app = App::own(&bank);
    let request = app.request("openid vault:open");
    app.authorize(request.clone()).await;
    let asked = app.told["step"]["passkey"].clone();
    let credential = key.get(&asked["options"]);
    let answer = json!({ "type": "passkey", "challenge": asked["challenge"], "credential": credential });
    app.answers(answer.clone()).await;
    assert_eq!(app.step(), "done", "{}", app.told);
    let id_token = app.redeem().await;
    assert_eq!(
        (&id_token["acr"], &id_token["amr"][0]),
        (&json!("urn:sekisho:acr:loa3"), &json!("swk"))
    );

    let mut app = App::own(&bank);
    app.authorize(request).await;
    let mut stranger = Authenticator::at("https://evil.example");
    stranger.user_handle.clone_from(&key.user_handle);
    let asked = app.told["step"]["passkey"].clone();
    let foreign = stranger.get(&asked["options"]);
    app.answers(json!({ "type": "passkey", "challenge": asked["challenge"], "credential": foreign }))
        .await;
    assert_eq!((app.status, app.step()), (401, "sign_in"));
    app.answers(answer).await;
    assert_eq!(
        (app.status, app.step()),
        (401, "sign_in"),
        "the challenge of another flow"
    );

    app.signs_in("alice").await;
    assert_eq!(app.told["step"]["choices"], json!(["passkey"]));
    let asked = app.told["step"]["passkey"].clone();
    let credential = key.get(&asked["options"]);
    let answer = json!({ "type": "factor_passkey", "challenge": asked["challenge"], "credential": credential });
    app.answers(answer).await;
    assert_eq!(app.step(), "done", "{}", app.told);
}

#[tokio::test]
async fn a_step_is_answered_by_whom_it_was_shown_to() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid vault:open");
    app.authorize(request.clone()).await;
    app.signs_in("carol").await;
    let of_carol = app.flow.clone();
    app.signs_in("dave").await;
    assert_eq!(app.step(), "enrol_first", "dave's account is capped: {}", app.told);
    app.flow = of_carol;
    app.answers(json!({ "type": "code", "method": "totp", "code": code(&bank) }))
        .await;
    assert_eq!(
        (app.status, app.told["reason"].as_str()),
        (400, Some("sign_in.form_mismatch"))
    );
}
