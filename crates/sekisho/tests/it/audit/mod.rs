//! What happened, as `sekisho audit` tells it.

mod people;
mod tokens;

use sekisho::administration::{self, Action, AuditQuery, Command};
use serde_json::Value;

use crate::bank::Bank;

/// All events, the oldest first, once what was counted is written.
async fn events(bank: &Bank) -> Vec<Value> {
    bank.clock.advance(60);
    let query = AuditQuery {
        oldest: true,
        limit: 1000,
        ..AuditQuery::default()
    };
    let command = Command {
        realm: None,
        action: Action::Audit { query },
    };
    let answer = administration::execute(&bank.running.realms, &bank.running.passwords, command)
        .await
        .unwrap();
    answer["events"].as_array().unwrap().clone()
}

/// The events of a kind.
async fn of_kind(bank: &Bank, kind: &str) -> Vec<Value> {
    let all = events(bank).await;
    all.into_iter().filter(|event| event["kind"] == kind).collect()
}

/// The only event of a kind.
async fn only(bank: &Bank, kind: &str) -> Value {
    let mut found = of_kind(bank, kind).await;
    assert_eq!(found.len(), 1, "{kind}: {found:?}");
    found.remove(0)
}
