//! A code by mail signs in, where the realm lets users.

use serde_json::{Value, json};

use super::{App, OWN, bank};
use crate::{bank::Bank, factors::VAULT, letters};

const ALICE: &str = "alice@example.com";

fn realm(issuer: &str) -> String {
    format!("email_code = true\n{}{VAULT}{OWN}", testkit::realm::bank(issuer))
}

async fn bank_with_codes() -> Bank {
    Bank::with_realm(realm).await
}

async fn begun(bank: &Bank) -> App<'_> {
    let mut app = App::own(bank);
    let request = app.request("openid");
    app.authorize(request).await;
    app
}

/// Has a code sent: what must come back with it.
async fn send(app: &mut App<'_>, username: &str) -> String {
    app.answers(json!({ "type": "send_email_code", "username": username }))
        .await;
    assert_eq!((app.status, app.step()), (200, "email_code"), "{}", app.told);
    app.shown("sent").to_owned()
}

async fn enter(app: &mut App<'_>, sent: &str, code: &str) {
    app.answers(json!({ "type": "email_code", "sent": sent, "code": code }))
        .await;
}

/// A code signs in at the lowest level, after a wrong one.
async fn signs_in(bank: &Bank) {
    let mut app = begun(bank).await;
    assert_eq!(app.told["step"]["email_code"], true);
    let sent = send(&mut app, " ALICE@example.com ").await;
    assert_eq!(app.told["step"]["minutes"], 10);
    let code = letters::newest(bank, ALICE, letters::code).await;
    enter(&mut app, &sent, "00000000").await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (401, "email_code", "sign_in.wrong_factor")
    );
    assert_eq!(app.shown("sent"), sent, "the right one can still be typed");
    enter(&mut app, &sent, &code).await;
    assert_eq!(app.step(), "done", "{}", app.told);
    let id_token = app.redeem().await;
    assert_eq!(
        (&id_token["acr"], &id_token["amr"]),
        (&json!("urn:sekisho:acr:loa1"), &json!(["otp", "email"]))
    );
}

#[tokio::test]
async fn a_code_signs_in_at_the_lowest_level_and_a_wrong_one_loses_nothing() {
    signs_in(&bank_with_codes().await).await;
}

#[tokio::test]
async fn and_so_it_does_on_the_other_engine() {
    signs_in(&Bank::on_postgres_with(realm).await).await;
}

#[tokio::test]
async fn a_code_is_taken_once_and_in_its_own_flow() {
    let bank = bank_with_codes().await;
    let mut app = begun(&bank).await;
    let first = app.flow.clone();
    let sent = send(&mut app, "alice").await;
    let code = letters::newest(&bank, ALICE, letters::code).await;
    let mut other = begun(&bank).await;
    enter(&mut other, &sent, &code).await;
    assert_eq!((other.status, other.reason()), (401, "sign_in.flow_lost"));
    enter(&mut app, &sent, &code).await;
    assert_eq!(app.step(), "done", "{}", app.told);
    (app.flow, app.session) = (first, None);
    enter(&mut app, &sent, &code).await;
    assert_eq!(
        (app.status, app.reason()),
        (401, "sign_in.wrong_factor"),
        "{}",
        app.told
    );
}

/// What does not change with each answer.
fn lasting(app: &App<'_>) -> (u16, Value) {
    let mut told = app.told.clone();
    for name in ["flow", "explain"] {
        told[name] = app.told[name].as_str().map_or(0, str::len).into();
    }
    if let Some(sent) = app.told["step"]["sent"].as_str() {
        told["step"]["sent"] = sent.len().into();
    }
    told["step"]["passkey"].take();
    (app.status, told)
}

#[tokio::test]
async fn who_is_unknown_and_who_is_not_are_told_the_same() {
    let bank = bank_with_codes().await;
    let mut told = [Vec::new(), Vec::new()];
    for (name, told) in ["alice", "nobdy"].into_iter().zip(&mut told) {
        let mut app = begun(&bank).await;
        for _ in 0..5 {
            let sent = send(&mut app, name).await;
            told.push(lasting(&app));
            for _ in 0..11 {
                enter(&mut app, &sent, "00000000").await;
                told.push(lasting(&app));
            }
            assert_eq!(app.status, 429, "{}", app.told);
        }
        app.answers(json!({ "type": "send_email_code", "username": name }))
            .await;
        assert_eq!((app.status, app.step()), (429, "sign_in"));
        told.push(lasting(&app));
        app.answers(json!({ "type": "send_reset_link", "username": name }))
            .await;
        told.push(lasting(&app));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn nothing_is_sent_without_a_name_nor_where_the_realm_does_not_let_users() {
    let bank_with = bank_with_codes().await;
    let mut app = begun(&bank_with).await;
    app.answers(json!({ "type": "send_email_code", "username": " " })).await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (400, "sign_in", "sign_in.credentials_missing")
    );

    let bank = bank().await;
    let mut app = begun(&bank).await;
    assert_eq!(app.told["step"]["email_code"], false);
    for answer in [
        json!({ "type": "send_email_code", "username": "alice" }),
        json!({ "type": "email_code", "sent": "x", "code": "1" }),
    ] {
        app.answers(answer).await;
        assert_eq!(
            (app.status, app.step(), app.reason()),
            (400, "sign_in", "flows.other_step")
        );
    }
}
