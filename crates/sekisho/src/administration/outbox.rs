//! `sekisho outbox …`: what is owed to others, and whether it arrived.

use realm::RealmContext;
use serde_json::{Value, json};
use storage::outbox::OutboxEntry;

use super::AdminError;

/// Calls shown at once, at most.
const MOST: i64 = 1000;

/// What was to be delivered is not shown: it may be secret.
fn view(entry: &OutboxEntry) -> Value {
    json!({
        "id": entry.id,
        "kind": entry.kind,
        "destination": entry.destination,
        "state": entry.state,
        "attempts": entry.attempts,
        "next_attempt_at": (entry.state == "pending").then_some(entry.next_attempt_at),
        "last_error": entry.last_error,
        "created_at": entry.created_at,
        "finished_at": entry.finished_at,
    })
}

pub(super) async fn list(realm: &RealmContext, state: Option<&str>, limit: i64) -> Result<Value, AdminError> {
    let limit = limit.clamp(1, MOST);
    let calls = realm.store.outbox_of_realm(realm.issuer(), state, limit).await?;
    Ok(json!({ "calls": calls.iter().map(view).collect::<Vec<_>>() }))
}
