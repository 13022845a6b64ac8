//! `sekisho key …`

use jose::SigningAlg;
use model::SigningKeyRow;
use realm::{RealmContext, Realms};
use serde_json::{Value, json};

use super::{AdminError, AdminErrorKind};

fn view(row: &SigningKeyRow) -> Value {
    json!({
        "kid": row.kid,
        "alg": row.alg,
        "state": row.state.as_str(),
        "created_at": row.created_at,
        "activates_at": row.activates_at,
        "retired_at": row.retired_at,
    })
}

pub(super) async fn list(realm: &RealmContext) -> Result<Value, AdminError> {
    let keys = realm.store.signing_keys(realm.issuer()).await?;
    Ok(json!({ "keys": keys.iter().map(view).collect::<Vec<_>>() }))
}

/// Publishes next keys. A key that waits to sign already is not followed by another; when it is to sign at once, it
/// does.
pub(super) async fn rotate(
    realms: &Realms,
    realm: &RealmContext,
    alg: Option<SigningAlg>,
    now: bool,
) -> Result<Value, AdminError> {
    let moved = realm::rotate(&realm.store, &realm.clock, realms.wrap_key(), realm.issuer(), alg, now).await?;
    if moved.is_empty() {
        let remedy = "wait until they sign (sekisho key list shows when), or let them sign at once with --now";
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            "next keys are waiting already",
            remedy,
        ));
    }
    let keys = realm.store.signing_keys(realm.issuer()).await?;
    let new: Vec<Value> = keys.iter().filter(|row| moved.contains(&row.kid)).map(view).collect();
    Ok(json!({ "keys": new }))
}
