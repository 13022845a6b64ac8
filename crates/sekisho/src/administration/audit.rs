//! `sekisho audit`: what happened.

use std::collections::HashMap;

use model::{AuditEvent, AuditKind};
use realm::{RealmContext, Realms, audit::Due};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storage::audit_event;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{AdminError, users};

/// Events told at once, at most.
pub const MOST: i64 = 1000;

/// Which events are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// From this time on, unix seconds.
    pub since: Option<i64>,
    /// Behind this one, which happened at `since`.
    pub after: Option<String>,
    /// Before this time.
    pub until: Option<i64>,
    /// Of this user: the name or the subject identifier.
    pub user: Option<String>,
    /// Of this client.
    pub client: Option<String>,
    /// Of these kinds; none: of all.
    pub kinds: Vec<String>,
    /// How many at most.
    pub limit: i64,
    /// Whether the oldest are wanted when there are more, and not the newest.
    pub oldest: bool,
}

/// What happened, the oldest first. What waits to be written is written before.
pub(super) async fn list(realms: &Realms, realm: &RealmContext, query: Query) -> Result<Value, AdminError> {
    realms.write_audit(Due::Now).await?;
    let user_id = match &query.user {
        Some(name) => Some(users::find(realm, name).await?.id),
        None => None,
    };
    let kinds = query.kinds.iter().map(|name| find_kind(name));
    let query = audit_event::AuditQuery {
        after: (query.since.unwrap_or(0), query.after.unwrap_or_default()),
        until: query.until.unwrap_or(i64::MAX),
        kinds: kinds.collect::<Result<_, _>>()?,
        user_id,
        client_id: query.client,
        limit: query.limit.clamp(1, MOST),
        newest: !query.oldest,
    };
    let events = realm.store.audit_events(realm.issuer(), &query).await?;
    let names = usernames(realm, &events).await?;
    let views: Vec<Value> = events.iter().map(|event| view(event, &names)).collect();
    let is_full = i64::try_from(events.len()).is_ok_and(|found| found >= query.limit);
    let next = events.last().filter(|_| is_full && !query.newest);
    Ok(json!({
        "events": views,
        "now": realm.now(),
        "next": next.map(|last| json!({ "since": last.at, "after": last.id })),
    }))
}

fn find_kind(name: &str) -> Result<AuditKind, AdminError> {
    AuditKind::parse(name).ok_or_else(|| {
        let remedy = "use the sekisho program of the same version as the server";
        AdminError::invalid(format!("there is no kind of event {name}"), remedy)
    })
}

/// The names of the users as they are now: an event knows who, not what they are called.
async fn usernames(realm: &RealmContext, events: &[AuditEvent]) -> Result<HashMap<String, String>, AdminError> {
    let mut names = HashMap::new();
    for id in events.iter().filter_map(|event| event.user_id.as_ref()) {
        if !names.contains_key(id)
            && let Some(user) = realm.store.find_user(realm.issuer(), id).await?
        {
            names.insert(id.clone(), user.username);
        }
    }
    Ok(names)
}

fn view(event: &AuditEvent, names: &HashMap<String, String>) -> Value {
    let time = OffsetDateTime::from_unix_timestamp(event.at).ok();
    json!({
        "id": event.id,
        "at": time.and_then(|time| time.format(&Rfc3339).ok()),
        "realm": event.realm,
        "kind": event.kind.as_str(),
        "result": event.kind.result(),
        "actor": event.actor,
        "user": event.user_id.as_ref().and_then(|id| names.get(id)),
        "sub": event.user_id,
        "client_id": event.client_id,
        "address": event.address,
        "explanation": event.explanation_id,
        "count": event.count,
        "details": event.details,
    })
}
