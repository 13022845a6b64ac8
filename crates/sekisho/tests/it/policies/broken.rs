//! Rules that are stored and that this version cannot compile: another one wrote them, or somebody by hand. Nobody signs in
//! there, nothing else is concerned, and a file mends it.

use sekisho::{
    administration::{self, Action, Command},
    config,
};
use serde_json::{Value, json};
use storage::{Change, realm};

use super::{HOME, at, bank_with, sign_in};
use crate::{
    app::{BANK_API, ROBOT, granted, header, text},
    bank::Bank,
    explain::recorded::explain,
    factors::VAULT,
    request::Request,
};

async fn run(bank: &Bank, action: Action) -> Value {
    let command = Command { realm: None, action };
    let answer = administration::execute(&bank.running.realms, &bank.running.passwords, command).await;
    answer.unwrap_or_else(|error| panic!("{error}"))
}

async fn apply(bank: &Bank, toml: &str) {
    let file = config::from_text("realm.toml".as_ref(), toml).unwrap_or_else(|problems| panic!("{problems}"));
    run(bank, Action::Apply { files: vec![file] }).await;
}

/// Puts rules where the realm has its own, past every check.
async fn store(bank: &Bank, rules: Value) {
    let context = bank.running.realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let mut settings = serde_json::to_value(&context.realm).unwrap();
    settings["policies"] = json!({ "rules": rules });
    let broken = serde_json::from_value(settings).unwrap();
    let change = Change::new().then(realm::put(&broken, bank.clock.now()).unwrap());
    bank.change(change.then(realm::raise_revision())).await;
    bank.running.realms.refresh().await.unwrap();
}

async fn broken(bank: &Bank) -> Vec<Value> {
    let found = run(bank, Action::Doctor).await["findings"].clone();
    let found = found.as_array().unwrap().iter();
    found
        .filter(|finding| finding["kind"] == "policies_broken")
        .cloned()
        .collect()
}

/// Signs carol in at home: why she does not get in, if she does not.
async fn kept_out(bank: &Bank) -> Option<Value> {
    let browser = at(bank, HOME);
    let page = sign_in(bank, &browser, &Request::code("openid"), "carol").await.page();
    if page.has("approve") {
        return None;
    }
    assert_eq!(page.status, 403);
    let explained = explain(bank, &page.explain_id().unwrap()).await.unwrap();
    Some(explained["failed"]["name"].clone())
}

#[tokio::test]
async fn nobody_signs_in_and_nothing_else_is_concerned_until_a_file_mends_it() {
    let bank = bank_with("").await;
    let mended = format!("{}{VAULT}", testkit::realm::bank(&bank.issuer));
    let other = format!("{}/other", bank.issuer);
    apply(&bank, &testkit::realm::bank(&other)).await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let before = granted(ROBOT.post(&bank, "/token", &form).await).await;
    for (rules, problem) in [
        (
            json!([{ "name": "night", "when": "context.moon == \"full\"", "allow": true }]),
            "night",
        ),
        (json!([{ "name": "night", "moon": "full", "allow": true }]), "moon"),
        (
            json!([{ "name": "night", "device": "of-glass", "allow": true }]),
            "of-glass",
        ),
    ] {
        assert!(kept_out(&bank).await.is_none() && broken(&bank).await.is_empty());
        store(&bank, rules).await;
        assert_eq!(kept_out(&bank).await, Some(json!("policy.not_evaluated")), "{problem}");

        // What was decided before goes on, and so does what needs no user.
        assert!(BANK_API.sees(&bank, text(&before, "access_token")).await);
        granted(ROBOT.post(&bank, "/token", &form).await).await;
        // So does the other realm.
        let url = Request::code("openid").url(&bank).replacen(&bank.issuer, &other, 1);
        let page = bank.http.get(url).send().await.unwrap();
        assert_eq!(page.status(), 303);
        assert!(header(&page, "location").contains("/other/sign-in?"), "{page:?}");

        let [finding] = &broken(&bank).await[..] else {
            panic!("{problem}: one finding")
        };
        assert_eq!(finding["place"], bank.issuer.as_str());
        assert!(finding["problem"].as_str().unwrap().contains(problem), "{finding}");
        assert!(finding["remedy"].as_str().unwrap().contains("sekisho apply"));

        apply(&bank, &mended).await;
    }
    assert!(kept_out(&bank).await.is_none() && broken(&bank).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_not_exported_as_if_it_were_nothing() {
    let bank = bank_with("").await;
    let export = async || {
        let command = Command {
            realm: None,
            action: Action::Export,
        };
        administration::execute(&bank.running.realms, &bank.running.passwords, command).await
    };
    assert!(export().await.is_ok());
    store(&bank, json!([{ "name": "night", "moon": "full", "allow": true }])).await;
    let error = export().await.unwrap_err();
    assert!(error.problem.contains("moon"), "{error}");
}
