//! API keys: made by an operator, told about by `/introspect`, taken by the library for APIs.

mod commands;
mod crate_for_apis;
mod introspected;
mod life;

use model::Secret;
use sekisho::administration::{self, Action, AdminError, Command};
use serde_json::Value;

use crate::{
    bank::Bank,
    request::{BANK_API as API, text},
};

const DAY: i64 = 24 * 3600;

async fn try_run(bank: &Bank, action: Action) -> Result<Value, AdminError> {
    let command = Command { realm: None, action };
    administration::execute(&bank.running.realms, &bank.running.passwords, command).await
}

pub async fn run(bank: &Bank, action: Action) -> Value {
    try_run(bank, action).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The command that makes a key of `robot`, which is registered for `accounts:read` there, for the bank's API.
fn adding(scope: Option<&str>) -> Action {
    Action::ApiKeyAdd {
        api: API.to_owned(),
        client_id: "robot".to_owned(),
        scope: scope.map(|scope| scope.parse().unwrap()),
        name: "nightly".to_owned(),
        lifetime: 90 * DAY,
    }
}

/// A new key: its id, and the key itself.
pub async fn new_key(bank: &Bank) -> (String, String) {
    let answer = run(bank, adding(None)).await;
    (text(&answer, "id").to_owned(), text(&answer, "api_key").to_owned())
}

pub async fn revoke(bank: &Bank, key: &str) -> Value {
    let key = Secret::new(key);
    run(bank, Action::ApiKeyRevoke { key }).await
}

async fn show(bank: &Bank, id: &str) -> Value {
    let key = Secret::new(id);
    run(bank, Action::ApiKeyShow { key }).await
}
