//! Whom a rule does not let in.

use serde_json::json;

use super::{App, OWN};
use crate::{app::bank_and, audit::only, bank::Bank, factors::VAULT};

/// The tests call from this machine.
const CLOSED: &str = r#"
[[policy]]
name    = "office-only"
outside = ["192.0.2.0/24"]
clients = ["own-app"]
deny    = { en = "Only from the office.", ja = "社内からのみ利用できます。" }
"#;

#[tokio::test]
async fn they_are_told_why_and_what_to_do_and_go_back_without_a_code() {
    let bank = Bank::with_realm(bank_and(&format!("{VAULT}{OWN}{CLOSED}"))).await;
    let mut app = App::own(&bank);
    for (language, words) in [("en", "Only from the office."), ("ja", "社内からのみ利用できます。")] {
        let mut request = app.request("openid");
        request["ui_locales"] = language.into();
        app.session = None;
        app.authorize(request).await;
        app.signs_in("carol").await;
        assert_eq!(
            (app.status, app.step(), app.reason()),
            (403, "not_let_in", "policy.denied")
        );
        assert_eq!(
            (app.shown("message"), &app.told["error"]),
            (words, &json!("access_denied"))
        );
    }
    // Once more, and by another answer: it stays so.
    app.answers(json!({ "type": "consent", "approve": true })).await;
    assert_eq!((app.status, app.step()), (403, "not_let_in"), "{}", app.told);
    app.answers(json!({ "type": "back" })).await;
    assert_eq!(
        (app.status, app.step(), app.reason()),
        (400, "done", "policy.denied"),
        "{}",
        app.told
    );
    let parameters = &app.told["step"]["parameters"];
    assert_eq!(
        (&parameters["error"], &parameters["state"]),
        (&json!("access_denied"), &json!("the state"))
    );
    assert!(app.flow.is_null());

    let mut silent = app.request("openid");
    silent["prompt"] = "none".into();
    app.authorize(silent).await;
    assert_eq!(
        (app.step(), &app.told["step"]["parameters"]["error"]),
        ("done", &json!("access_denied"))
    );
    // The rule is about one app.
    let mut other = App::of(&bank, "other-own-app");
    let mut request = other.request("openid");
    request["redirect_uri"] = "https://other.example.com/callback".into();
    other.authorize(request).await;
    other.signs_in("carol").await;
    assert_eq!(other.step(), "done", "{}", other.told);
}

#[tokio::test]
async fn who_answers_for_it_sees_it() {
    let bank = Bank::with_realm(bank_and(&format!("{VAULT}{OWN}{CLOSED}"))).await;
    let mut app = App::own(&bank);
    let request = app.request("openid");
    app.authorize(request).await;
    app.signs_in("carol").await;
    let explain = app.told["explain"].clone();
    let event = only(&bank, "policy.denied").await;
    assert_eq!(
        (&event["user"], &event["client_id"], &event["explanation"]),
        (&json!("carol"), &json!("own-app"), &explain)
    );
}
