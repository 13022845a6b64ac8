//! `sekisho policy test --recorded`: sign-ins that were recorded, by rules that are not applied yet.

use model::{Policies, Policy};
use sekisho::administration::{self, Action, Command};
use serde_json::{Value, json};

use super::{HOME, OFFICE, amr, at, bank_with, sign_in};
use crate::{
    bank::{Bank, NOON},
    request::Request,
};

async fn replay(bank: &Bank, rules: Vec<Policy>) -> Value {
    let policies = Policies {
        rules,
        ..Policies::default()
    };
    let command = Command {
        realm: None,
        action: Action::PolicyReplay {
            policies: Box::new(policies),
            since: 0,
        },
    };
    administration::execute(&bank.running.realms, &bank.running.passwords, command)
        .await
        .unwrap()
}

fn rule(name: &str) -> Policy {
    Policy {
        name: name.into(),
        require: vec!["otp".into()],
        ..Policy::default()
    }
}

#[tokio::test]
async fn it_tells_which_sign_ins_would_end_differently_and_how() {
    let bank = bank_with("").await;
    for address in [OFFICE, HOME] {
        let browser = at(&bank, address);
        let request = Request::code("openid accounts:read");
        let answer = sign_in(&bank, &browser, &request, "carol").await;
        let _ = amr(&bank, &browser, &request, answer).await;
        bank.clock.advance(3600);
    }
    let outside = Policy {
        outside: vec!["192.0.2.0/24".into()],
        apis: vec!["https://api.example.com".into()],
        ..rule("outside")
    };
    let told = replay(&bank, vec![outside.clone()]).await;
    assert_eq!((&told["replayed"], &told["skipped"]), (&json!(2), &json!(0)));
    let changes = told["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{told}");
    let change = &changes[0];
    assert_eq!(
        (&change["user"], &change["client_id"], &change["address"], &change["at"]),
        (&json!("carol"), &json!("web-app"), &json!(HOME), &json!(NOON + 3600))
    );
    assert_eq!(
        change["before"],
        json!({ "permitted": true, "rules": [], "require": [], "acr": null })
    );
    assert_eq!(
        change["after"],
        json!({ "permitted": true, "rules": ["outside"], "require": ["otp"], "acr": null })
    );
    let other = Policy {
        apis: vec!["https://other.example.com".into()],
        ..outside
    };
    assert_eq!(replay(&bank, vec![other]).await["changes"], json!([]));
}

#[tokio::test]
async fn what_was_new_then_is_new_in_the_replay() {
    let bank = bank_with("").await;
    let browser = at(&bank, HOME);
    for _ in 0..2 {
        let request = Request::code("openid").with("prompt", "login");
        let answer = sign_in(&bank, &browser, &request, "carol").await;
        let _ = amr(&bank, &browser, &request, answer).await;
        bank.clock.advance(3600);
    }
    for rule in [
        Policy {
            device: Some(model::policy::DeviceState::New),
            ..rule("device")
        },
        Policy {
            unusual: vec![model::policy::Unusual::NewNetwork],
            ..rule("network")
        },
    ] {
        let told = replay(&bank, vec![rule]).await;
        let changes = told["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{told}");
        assert_eq!(changes[0]["at"], NOON);
    }
}
