//! A rule wants a code by mail of who is signed in.

use serde_json::json;

use super::{App, OWN, bank};
use crate::{app::bank_and, bank::Bank, factors::VAULT, letters};

/// The tests call from this machine.
const RULE: &str = r#"
[[policy]]
name    = "outside"
outside = ["192.0.2.0/24"]
require = ["email_code"]
"#;

#[tokio::test]
async fn it_is_sent_when_the_app_asks_and_raises_no_level() {
    let bank = Bank::with_realm(bank_and(&format!("{VAULT}{OWN}{RULE}"))).await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    app.signs_in("carol").await;
    assert_eq!(
        (app.step(), app.shown("target")),
        ("factor", "urn:sekisho:acr:loa2"),
        "{}",
        app.told
    );
    assert_eq!(app.told["step"]["choices"], json!(["email_code"]));
    let send = json!({ "type": "send_factor_code" });
    let typed = |code: &str| json!({ "type": "code", "method": "email_code", "code": code });
    app.answers(send.clone()).await;
    assert_eq!((app.status, app.step()), (200, "factor"), "{}", app.told);
    let code = letters::newest(&bank, "carol@example.com", letters::code).await;
    app.answers(typed("00000000")).await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (401, "factor", "sign_in.wrong_factor")
    );
    for _ in 0..4 {
        assert_eq!(app.answers(send.clone()).await["step"]["type"], "factor");
    }
    app.answers(send).await;
    assert_eq!((app.status, app.step()), (429, "factor"), "{}", app.told);
    app.answers(typed(&code)).await;
    assert_eq!(app.step(), "done", "{}", app.told);
    let id_token = app.redeem().await;
    assert_eq!(
        (&id_token["acr"], &id_token["amr"]),
        (&json!("urn:sekisho:acr:loa2"), &json!(["pwd", "otp", "email"]))
    );

    let mut frank = App::own(&bank);
    let request = frank.request("openid");
    frank.authorize(request).await;
    frank.signs_in("frank").await;
    assert_eq!(frank.step(), "enrol_first");
    assert_eq!(
        frank.told["step"]["methods"],
        json!(["email_code"]),
        "he has no confirmed address"
    );
}

#[tokio::test]
async fn nothing_is_sent_where_no_rule_wants_it() {
    let bank = bank().await;
    let mut app = App::own(&bank);
    let request = app.request("openid vault:open");
    app.authorize(request).await;
    app.answers(json!({ "type": "send_factor_code" })).await;
    assert_eq!((app.status, app.step()), (400, "sign_in"), "nobody is signed in");
    app.signs_in("carol").await;
    app.answers(json!({ "type": "send_factor_code" })).await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (400, "factor", "flows.other_step")
    );
    assert!(
        letters::owed(&bank, "carol@example.com", letters::code)
            .await
            .is_empty()
    );
}
