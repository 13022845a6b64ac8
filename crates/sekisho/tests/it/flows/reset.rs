//! Who has forgotten the password sets a new one by a link in a mail, without any page.

use serde_json::json;

use super::{App, OWN, bank};
use crate::{
    bank::Bank,
    factors::{self, VAULT},
    letters,
    passkeys::enrolled,
};

const NEW: &str = "seven purple lamps";

/// A flow in which a link was asked for, and the link.
async fn asked<'a>(bank: &'a Bank, username: &str) -> (App<'a>, String) {
    let mut app = App::own(bank);
    let request = app.request("openid");
    app.authorize(request).await;
    assert_eq!(app.told["step"]["password_reset"], true);
    app.answers(json!({ "type": "send_reset_link", "username": username }))
        .await;
    assert_eq!((app.status, app.step()), (200, "link_sent"), "{}", app.told);
    assert_eq!(app.told["step"]["minutes"], 30);
    let link = letters::newest(bank, &format!("{username}@example.com"), letters::reset).await;
    (app, link)
}

async fn set(app: &mut App<'_>, password: &str, code: &str) {
    app.answers(json!({ "type": "set_password", "password": password, "code": code }))
        .await;
}

#[tokio::test]
async fn the_link_sets_a_new_password_once_and_the_flow_where_it_was_asked_for_goes_on() {
    let bank = bank().await;
    let mut elsewhere = App::own(&bank);
    let request = elsewhere.request("openid");
    elsewhere.authorize(request.clone()).await;
    elsewhere.signs_in("alice").await;
    let (mut app, link) = asked(&bank, "alice").await;

    let mut opened = App::own(&bank);
    opened.opens(&link).await;
    assert_eq!((opened.step(), opened.shown("username")), ("set_password", "alice"));
    assert_eq!(opened.told["step"]["wants_code"], false);
    set(&mut opened, "alice123", "").await;
    assert_eq!((opened.status, opened.step()), (400, "set_password"), "{}", opened.told);
    assert!(!opened.told["message"].is_null());
    let flow = opened.flow.clone();
    set(&mut opened, NEW, "").await;
    assert_eq!((opened.status, opened.step()), (200, "password_set"), "{}", opened.told);
    assert!(
        opened.flow.is_null() && opened.session.is_none(),
        "nobody is signed in by it"
    );

    opened.flow = flow;
    set(&mut opened, "eight yellow bottles", "").await;
    assert_eq!((opened.status, opened.reason()), (400, "sign_in.reset_link"));
    opened.opens(&link).await;
    assert_eq!((opened.status, opened.reason()), (400, "sign_in.reset_link"));
    assert!(opened.told["step"].is_null());

    app.answers(json!({ "type": "password", "username": "alice", "password": NEW }))
        .await;
    assert_eq!(app.step(), "done", "{}", app.told);
    elsewhere.authorize(request).await;
    assert_eq!(elsewhere.step(), "sign_in", "she was signed out everywhere");
}

#[tokio::test]
async fn a_mail_alone_does_not_pass_by_the_second_factor() {
    let bank = bank().await;
    let (_, link) = asked(&bank, "carol").await;
    let mut app = App::own(&bank);
    app.opens(&link).await;
    assert_eq!(app.told["step"]["wants_code"], true);
    for wrong in ["", "000000"] {
        set(&mut app, NEW, wrong).await;
        assert_eq!((app.status, app.step()), (401, "set_password"), "{}", app.told);
        assert_eq!(
            (&app.told["field"], app.reason()),
            (&json!("code"), "sign_in.wrong_factor")
        );
    }
    set(&mut app, NEW, &factors::code(&bank)).await;
    assert_eq!(app.step(), "password_set", "{}", app.told);

    let (_, link) = asked(&bank, "alice").await;
    enrolled(&bank, "alice", |_| {}).await;
    app.opens(&link).await;
    assert_eq!((app.status, app.reason()), (400, "sign_in.reset_link"));
    assert!(
        app.told["message"].as_str().unwrap().contains("no code"),
        "{}",
        app.told
    );
}

#[tokio::test]
async fn what_is_no_link_of_this_realm_begins_nothing() {
    let bank = bank().await;
    let (_, link) = asked(&bank, "alice").await;
    let token = link.split_once("?t=").unwrap().1;
    let mut app = App::own(&bank);
    for (address, reason) in [
        (
            bank.url("/sign-in/reset?t=YWxpY2U.9999999999.AAAA"),
            "sign_in.reset_link",
        ),
        (bank.url("/sign-in/reset?t="), "flows.malformed"),
        (
            bank.url(&format!("/sign-in/invitation?t={token}")),
            "sign_in.invitation",
        ),
        (
            format!("https://evil.example/sign-in/reset?t={token}"),
            "flows.malformed",
        ),
        (bank.url(&format!("/not-me?t={token}")), "flows.malformed"),
        (bank.url("/sign-in/reset"), "flows.malformed"),
        (String::new(), "flows.malformed"),
    ] {
        app.opens(&address).await;
        assert_eq!((app.status, app.reason()), (400, reason), "{address}");
        assert!(app.told["step"].is_null());
    }
    // The link of one flow is not that of another.
    let request = app.request("openid");
    app.authorize(request).await;
    set(&mut app, NEW, "").await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (400, "sign_in", "flows.other_step")
    );
    app.opens(&link).await;
    bank.clock.advance(30 * 60);
    set(&mut app, NEW, "").await;
    assert_eq!((app.status, app.reason()), (400, "sign_in.flow_lost"));
    app.opens(&link).await;
    assert_eq!((app.status, app.reason()), (400, "sign_in.reset_link"));
}

#[tokio::test]
async fn a_realm_may_go_without() {
    let bank =
        Bank::with_realm(|issuer| format!("password_reset = false\n{}{VAULT}{OWN}", testkit::realm::bank(issuer)))
            .await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    assert_eq!(app.told["step"]["password_reset"], false);
    app.answers(json!({ "type": "send_reset_link", "username": "alice" }))
        .await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (400, "sign_in", "flows.other_step")
    );
    app.opens(&bank.url("/sign-in/reset?t=x")).await;
    assert_eq!((app.status, app.reason()), (400, "flows.malformed"));
}
