//! A code without any page: password, consent, session.

use serde_json::json;

use super::{App, bank, posted};
use crate::request::signed_in;

#[tokio::test]
async fn a_password_is_enough_for_a_code_and_a_wrong_one_loses_nothing() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    assert_eq!((app.status, app.step()), (200, "sign_in"), "{}", app.told);

    let wrong = json!({ "type": "password", "username": "alice", "password": "wrong" });
    app.answers(wrong).await;
    assert_eq!((app.status, app.step()), (401, "sign_in"));
    assert_eq!(app.told["reason"], "sign_in.wrong_credentials");
    assert_eq!(
        app.told["message"],
        "The user name or the password is not right. Check both and try again."
    );
    let empty = json!({ "type": "password", "username": " ", "password": "" });
    assert_eq!(app.answers(empty).await["reason"], "sign_in.credentials_missing");

    app.signs_in("alice").await;
    let parameters = &app.told["step"]["parameters"];
    assert_eq!((app.status, app.step()), (200, "done"), "{}", app.told);
    assert_eq!(
        (&parameters["state"], &parameters["iss"]),
        (&json!("the state"), &json!(bank.issuer))
    );
    assert!(
        app.shown("redirect_to")
            .starts_with("https://own.example.com/callback?code=")
    );
    assert!(app.flow.is_null(), "it is over");
    let id_token = app.redeem().await;
    assert_eq!(
        (&id_token["acr"], &id_token["amr"]),
        (&json!("urn:sekisho:acr:loa2"), &json!(["pwd"]))
    );
}

#[tokio::test]
async fn consent_is_asked_where_the_page_asks_and_what_is_left_out_is_not_permitted() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid email offline_access accounts:read");
    app.authorize(request.clone()).await;
    app.signs_in("alice").await;
    assert_eq!(app.step(), "consent");
    let step = &app.told["step"];
    let names: Vec<&str> = step["scopes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["openid", "email", "offline_access", "accounts:read"]);
    assert_eq!(step["scopes"][3]["title"], "See your accounts");
    assert_eq!(step["long_lived"], 365);

    let nothing = json!({ "type": "consent", "approve": true, "scope": ["made:up"] });
    app.answers(nothing).await;
    // `openid` stays by itself.
    assert_eq!(app.step(), "done", "{}", app.told);
    let id_token = app.redeem().await;
    assert_eq!(id_token["aud"], "own-app");

    let mut app = App::own(&bank);
    app.authorize(request).await;
    app.signs_in("alice").await;
    app.answers(json!({ "type": "consent", "approve": false })).await;
    assert_eq!((app.status, app.step()), (400, "done"));
    assert_eq!(
        (&app.told["error"], &app.told["step"]["parameters"]["error"]),
        (&json!("access_denied"), &json!("access_denied"))
    );
    assert_eq!(app.told["step"]["parameters"]["state"], "the state");
}

#[tokio::test]
async fn who_is_unknown_and_who_is_not_are_told_the_same() {
    let bank = bank().await;
    let mut told = Vec::new();
    for username in ["alice", "nobody-of-this-name"] {
        let mut app = App::own(&bank);
        let request = app.request("openid");
        app.authorize(request).await;
        app.answers(json!({ "type": "password", "username": username, "password": "wrong" }))
            .await;
        let mut answer = app.told.clone();
        for name in ["flow", "explain", "step"] {
            answer.as_object_mut().unwrap().remove(name);
        }
        told.push((app.status, answer));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn guesses_are_counted_as_on_the_page() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    for _ in 0..10 {
        app.answers(json!({ "type": "password", "username": "bob", "password": "wrong" }))
            .await;
        assert_eq!(app.status, 401);
    }
    app.signs_in("bob").await;
    assert_eq!((app.status, app.step()), (429, "sign_in"), "{}", app.told);
    assert!(app.told["retry_after"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn the_session_lets_the_next_flow_go_on_for_this_app_alone() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request.clone()).await;
    app.signs_in("alice").await;
    let session = app.session.clone().unwrap();
    assert!(!session.contains("alice"));
    app.authorize(request.clone()).await;
    assert_eq!(app.step(), "done", "nobody is asked twice");

    let mut login = request.clone();
    login["prompt"] = "login".into();
    app.authorize(login).await;
    assert_eq!(app.step(), "sign_in");
    app.signs_in("alice").await;
    assert_eq!(app.step(), "done");
    app.session = Some(session);
    app.authorize(request.clone()).await;
    assert_eq!(
        app.step(),
        "sign_in",
        "a sign-in makes a new secret: the former one is worth nothing"
    );

    let mut other = App::of(&bank, "other-own-app");
    other.session.clone_from(&app.session);
    let mut theirs = other.request("openid");
    theirs["redirect_uri"] = "https://other.example.com/callback".into();
    other.authorize(theirs).await;
    assert_eq!(other.step(), "sign_in");

    bank.end_sessions("alice").await;
    app.authorize(request).await;
    assert_eq!(app.step(), "sign_in");
}

#[tokio::test]
async fn nobodys_cookies_count_for_an_app_without_a_browser() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let app = App::own(&bank);
    let body = json!({ "authorize": app.request("openid") });
    let request = crate::request::with_cookies(posted(&bank, "/flows", "own-app", &body), &browser);
    let response = request.send().await.unwrap();
    assert!(response.headers().get("set-cookie").is_none());
    let (_, told) = super::answer(&bank, response).await;
    assert_eq!(told["step"]["type"], "sign_in");
}

#[tokio::test]
async fn a_request_that_cannot_be_answered_is_refused_as_by_a_redirect() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let mut silent = app.request("openid");
    silent["prompt"] = "none".into();
    app.authorize(silent).await;
    assert_eq!((app.status, app.step()), (400, "done"));
    assert_eq!(app.told["step"]["parameters"]["error"], "login_required");

    let mut unprotected = app.request("openid");
    unprotected.as_object_mut().unwrap().remove("code_challenge");
    app.authorize(unprotected).await;
    assert_eq!(app.told["step"]["parameters"]["error"], "invalid_request");
    let mut elsewhere = app.request("openid");
    elsewhere["redirect_uri"] = "https://evil.example/".into();
    app.authorize(elsewhere).await;
    assert_eq!(app.told["reason"], "redirect_uri.not_registered");
    assert!(app.told["step"].is_null(), "nothing goes to where nobody registered");
}

#[tokio::test]
async fn another_account_can_be_chosen_and_the_words_are_in_the_users_language() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let mut request = app.request("openid");
    app.authorize(request.clone()).await;
    app.signs_in("alice").await;
    request["prompt"] = "select_account".into();
    request["ui_locales"] = "ja".into();
    app.authorize(request.clone()).await;
    assert_eq!((app.step(), app.shown("username")), ("select_account", "alice"));
    app.answers(json!({ "type": "select_account", "another": true })).await;
    assert_eq!(app.step(), "sign_in");
    app.answers(json!({ "type": "password", "username": "bob", "password": "no" }))
        .await;
    assert!(!app.told["message"].as_str().unwrap().is_ascii(), "{}", app.told);

    app.authorize(request).await;
    app.answers(json!({ "type": "select_account", "another": false })).await;
    assert_eq!(app.step(), "done");
}
