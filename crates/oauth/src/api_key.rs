//! API keys: what one is worth just now.
//!
//! A key permits what it was made for, as far as its client is still registered for it, at one API. Each check asks the
//! database, so that a key that is revoked, and one whose client is disabled, opens nothing any more.
//!
//! Deliberately not: keys of public clients, which can keep no secret; keys where the client's profile, or the API's, wants
//! tokens that are bound to a key of the sender: whoever has an API key can use it.

use std::sync::Arc;

use explanation::{Explain, Explanation, catalogue::api_key as catalogue};
use model::{ApiKey, ApiKeyState, api_key_hash};
use protocol::{ApiKeyError, ApiKeySecret, ClientMetadata, ErrorCode, Scope};
use realm::RealmContext;
use storage::api_key::PresentedApiKey;

use crate::{Fault, scope_policy, sender_constraint};

/// How exactly the last use of a key is known, in seconds: so that not every call is a write.
const COARSELY: i64 = 3600;

/// Why a key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyRefusal {
    /// Mistyped, or cut off.
    #[error(transparent)]
    Mistyped(#[from] ApiKeyError),
    /// Nobody's, or its client or its API is gone.
    #[error("the API key is unknown")]
    Unknown,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// Somebody took it back.
    #[error("the API key was revoked")]
    Revoked,
    /// Its client is off.
    #[error("the client of the API key is disabled")]
    ClientDisabled,
    /// Its client, or its API, must have better than a key.
    #[error("the client or the API takes no API keys by its security profile")]
    NotOfProfile,
    /// Its client is no longer registered for any of it.
    #[error("the client of the API key is no longer registered for what the key permits")]
    NothingLeft,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ApiKeyRefusal {
    /// The registered error code (RFC 6750 §3.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Mistyped(_)
            | Self::Unknown
            | Self::Expired
            | Self::Revoked
            | Self::ClientDisabled
            | Self::NotOfProfile
            | Self::NothingLeft => ErrorCode::InvalidToken,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for ApiKeyRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Mistyped(_) => &catalogue::MISTYPED,
            Self::Unknown => &catalogue::UNKNOWN,
            Self::Expired => &catalogue::EXPIRED,
            Self::Revoked => &catalogue::REVOKED,
            Self::ClientDisabled => &catalogue::CLIENT_DISABLED,
            Self::NotOfProfile => &catalogue::NOT_OF_PROFILE,
            Self::NothingLeft => &catalogue::NOTHING_LEFT,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

/// A key that opens its API. Made only here.
#[derive(Debug, Clone)]
pub struct LiveApiKey {
    /// The key.
    pub key: ApiKey,
    /// What it permits now.
    pub scope: Scope,
    /// What its client is registered for.
    pub client_metadata: Arc<ClientMetadata>,
}

/// What a text that is meant to be an API key is worth. [`note_use`] is for whoever takes it.
pub async fn live(realm: &RealmContext, text: &str) -> Result<LiveApiKey, ApiKeyRefusal> {
    let secret = ApiKeySecret::parse(text)?;
    let hash = api_key_hash(realm.issuer(), secret.as_str());
    let presented = realm.store.presented_api_key(realm.issuer(), hash);
    judge(
        realm,
        presented.await.map_err(Fault::from)?.ok_or(ApiKeyRefusal::Unknown)?,
    )
}

fn judge(realm: &RealmContext, presented: PresentedApiKey) -> Result<LiveApiKey, ApiKeyRefusal> {
    let PresentedApiKey {
        key,
        client_metadata,
        client_is_enabled,
    } = presented;
    match key.state(realm.now()) {
        ApiKeyState::Revoked => return Err(ApiKeyRefusal::Revoked),
        ApiKeyState::Expired => return Err(ApiKeyRefusal::Expired),
        ApiKeyState::Good | ApiKeyState::Replaced => {}
    }
    if !client_is_enabled {
        return Err(ApiKeyRefusal::ClientDisabled);
    }
    if !is_possible(realm, &client_metadata, &key.api) {
        return Err(ApiKeyRefusal::NotOfProfile);
    }
    let scope = key.scope.intersection(&scope_at(realm, &client_metadata, &key.api));
    if scope.is_empty() {
        return Err(ApiKeyRefusal::NothingLeft);
    }
    Ok(LiveApiKey {
        key,
        scope,
        client_metadata,
    })
}

/// Whether a client may have keys for an API at all.
pub fn is_possible(realm: &RealmContext, client: &ClientMetadata, api: &str) -> bool {
    let profile = client.profile_or(realm.realm.profile.0);
    !client.is_public()
        && sender_constraint::is_bound_enough(client, profile, None)
        && scope_policy::admits(realm, api, profile)
}

/// What a client is registered for at an API.
pub fn scope_at(realm: &RealmContext, client: &ClientMetadata, api: &str) -> Scope {
    let registered = client.scope.clone().unwrap_or_default();
    let of_api = realm.scopes.of_apis.iter().find(|(identifier, _)| identifier == api);
    of_api.map_or_else(Scope::default, |(_, scope)| registered.intersection(scope))
}

/// Notes that a key was used, once an hour. Whether that could be written has nothing to do with the call: the next one
/// tries again.
pub async fn note_use(realm: &RealmContext, key: &ApiKey) {
    let (now, before) = (realm.now(), realm.now() - COARSELY);
    if key.last_used_at.is_none_or(|at| at <= before) {
        let used = storage::api_key::used(realm.issuer(), &key.id, now, before);
        let _ = realm.store.commit(used).await;
    }
}
