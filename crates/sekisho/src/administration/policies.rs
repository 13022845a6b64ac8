//! `sekisho policy test --recorded`: the sign-ins that were recorded, judged once more by the rules that hold and by others.
//!
//! Who, for what, from where, on which device and when is in the events. Groups and claims are those that the user has now;
//! what was known of device, network and failures is found out as of then.

use std::net::IpAddr;

use authn::policy::remember;
use model::{AuditEvent, AuditKind, Policies};
use policy::{Facts, Rules, Verdict};
use realm::{RealmContext, Realms, audit::Due};
use serde_json::{Value, json};
use storage::audit_event::AuditQuery;

use super::AdminError;
use crate::policy_verdict::{self, same_outcome};

/// Events that are read at once.
const PAGE: i64 = 500;
/// Sign-ins that are replayed at most: the newest.
const MOST: usize = 10_000;

/// The sign-ins that would end differently.
pub(super) async fn replay(
    realms: &Realms,
    realm: &RealmContext,
    policies: &Policies,
    since: i64,
) -> Result<Value, AdminError> {
    realms.write_audit(Due::Now).await?;
    let rules = Rules::compile(policies).map_err(|mistakes| {
        let said: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        AdminError::invalid(said.join("; "), "mend the rules: sekisho check says where")
    })?;
    let (mut replayed, mut skipped, mut changes) = (0, 0, Vec::new());
    let mut after = (since, String::new());
    loop {
        let query = AuditQuery {
            after: after.clone(),
            until: i64::MAX,
            kinds: vec![AuditKind::SignInSucceeded],
            user_id: None,
            client_id: None,
            limit: PAGE,
            newest: false,
        };
        let events = realm.store.audit_events(realm.issuer(), &query).await?;
        let Some(last) = events.last() else { break };
        after = (last.at, last.id.clone());
        for event in &events {
            let Some((username, facts)) = facts(realm, event).await? else {
                skipped += 1;
                continue;
            };
            replayed += 1;
            changes.extend(changed(realm, &rules, (&username, &facts)));
        }
        if replayed >= MOST {
            break;
        }
    }
    Ok(json!({ "replayed": replayed, "skipped": skipped, "changes": changes }))
}

/// What is known of a recorded sign-in. `None`: the user is gone, or the event does not say from where.
async fn facts(realm: &RealmContext, event: &AuditEvent) -> Result<Option<(String, Facts)>, AdminError> {
    let Some(id) = &event.user_id else { return Ok(None) };
    let Some(address) = event.address.as_ref().and_then(|text| text.parse::<IpAddr>().ok()) else {
        return Ok(None);
    };
    let Some(user) = realm.store.find_user(realm.issuer(), id).await? else {
        return Ok(None);
    };
    let text = |name: &str| event.details.get(name).and_then(Value::as_str);
    let apis = event
        .details
        .get("apis")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut facts = Facts {
        username: user.username.clone(),
        groups: user.groups.clone(),
        claims: user.claims.clone(),
        proofing: user.proofing,
        client: event.client_id.clone().unwrap_or_default(),
        apis: apis.filter_map(Value::as_str).map(str::to_owned).collect(),
        address,
        is_recognised: false,
        has_certificate: text("method") == Some("client_certificate"),
        knows_network: false,
        failures: 0,
        at: event.at,
    };
    remember(realm, &user, text("device"), &mut facts).await?;
    Ok(Some((user.username, facts)))
}

fn changed(realm: &RealmContext, rules: &Rules, (username, facts): (&str, &Facts)) -> Option<Value> {
    let (before, after): (Verdict, Verdict) = (realm.rules.judge(facts), rules.judge(facts));
    if same_outcome(&before, &after) {
        return None;
    }
    Some(json!({
        "at": facts.at,
        "user": username,
        "client_id": facts.client,
        "address": facts.address.to_string(),
        "before": policy_verdict::view(&before),
        "after": policy_verdict::view(&after),
    }))
}
