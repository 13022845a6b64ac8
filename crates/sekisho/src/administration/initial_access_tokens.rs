//! `sekisho client token …`: initial access tokens (RFC 7591 §3).

use model::{AuditKind, InitialAccessToken, initial_token_hash, new_id};
use protocol::Scope;
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome, Statement, initial_access_token};

use super::{AdminError, with};

/// How many clients a token may register, and how long it may live (in seconds), at most.
const MAX_USES: i64 = 1_000_000;
const MAX_LIFETIME: i64 = 366 * 24 * 3600;

fn view(token: &InitialAccessToken, now: i64) -> Value {
    json!({
        "id": token.id,
        "note": token.note,
        "scope": token.scope,
        "good": token.is_good(now),
        "uses_left": token.uses_left,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    })
}

async fn commit(realm: &RealmContext, statement: Statement, event: audit::Event) -> Result<Outcome, AdminError> {
    Ok(realm.store.commit(Change::new().then(statement).then(event)).await?)
}

pub(super) async fn list(realm: &RealmContext) -> Result<Value, AdminError> {
    let tokens = realm.store.initial_access_tokens(realm.issuer()).await?;
    let views: Vec<Value> = tokens.iter().map(|token| view(token, realm.now())).collect();
    Ok(json!({ "tokens": views }))
}

/// Makes a token, and shows it this once.
pub(super) async fn add(
    realm: &RealmContext,
    uses: i64,
    lifetime: i64,
    note: String,
    scope: Option<Scope>,
) -> Result<Value, AdminError> {
    if !realm.realm.registration.is_offered() {
        let remedy = "write registration = \"token\" into the realm file, and apply it";
        return Err(AdminError::invalid("the realm registers no clients by itself", remedy));
    }
    if !(1..=MAX_USES).contains(&uses) {
        let problem = format!("{uses} is no number of clients that can be registered");
        return Err(AdminError::invalid(problem, format!("use 1 to {MAX_USES}")));
    }
    if !(1..=MAX_LIFETIME).contains(&lifetime) {
        return Err(AdminError::invalid(
            "the token would not live, or longer than a year",
            "write a duration as 7d",
        ));
    }
    let unknown = scope
        .iter()
        .flat_map(Scope::iter)
        .find(|name| !realm.scopes.known.contains(name));
    if let Some(name) = unknown {
        let problem = format!("the scope {name} belongs to no API");
        return Err(AdminError::invalid(problem, "look at: sekisho api list"));
    }
    let secret = jose::random_token();
    let token = InitialAccessToken {
        id: new_id(),
        token_hash: initial_token_hash(realm.issuer(), &secret).to_vec(),
        note,
        scope,
        uses_left: uses,
        created_at: realm.now(),
        expires_at: realm.now() + lifetime,
    };
    let event = audit::event(realm, AuditKind::InitialTokenCreated)
        .detail("id", token.id.as_str())
        .detail("uses", uses);
    match commit(realm, initial_access_token::insert(realm.issuer(), &token), event).await? {
        Outcome::Applied => Ok(with(view(&token, realm.now()), "initial_access_token", secret.into())),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

/// The token registers nobody any more. Clients that it has registered stay.
pub(super) async fn revoke(realm: &RealmContext, id: &str) -> Result<Value, AdminError> {
    let event = audit::event(realm, AuditKind::InitialTokenRevoked).detail("id", id);
    match commit(realm, initial_access_token::remove(realm.issuer(), id), event).await? {
        Outcome::Applied => Ok(json!({ "id": id, "good": false })),
        Outcome::Missed => Err(AdminError::not_found(
            format!("there is no initial access token {id}"),
            "look at: sekisho client token list",
        )),
    }
}
