//! What happened, as `sekisho audit` tells it.

mod command;
mod operators;
mod people;
mod refusals;
mod secrets;
mod tokens;

use model::AuditKind;
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
pub async fn of_kind(bank: &Bank, kind: &str) -> Vec<Value> {
    let all = events(bank).await;
    all.into_iter().filter(|event| event["kind"] == kind).collect()
}

/// The only event of a kind.
pub async fn only(bank: &Bank, kind: &str) -> Value {
    let mut found = of_kind(bank, kind).await;
    assert_eq!(found.len(), 1, "{kind}: {found:?}");
    found.remove(0)
}

#[test]
fn the_documentation_names_each_kind_as_it_is() {
    let page = include_str!("../../../../../docs/audit.md");
    for kind in AuditKind::ALL {
        let row = format!("| `{}` | {} | {} |", kind.as_str(), kind.result().as_str(), kind.text());
        assert!(page.contains(&row), "docs/audit.md lacks: {row}");
    }
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains('.') && line.matches('|').count() == 4);
    let named = rows.filter(|row| {
        ["succeeded", "refused", "failed"]
            .iter()
            .any(|result| row.contains(&format!("| {result} |")))
    });
    assert_eq!(
        named.count(),
        AuditKind::ALL.len(),
        "docs/audit.md names kinds that are none"
    );
}
