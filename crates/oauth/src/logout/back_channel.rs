//! Clients that registered a `backchannel_logout_uri` are told when a session ends in which their user signed in.
//!
//! Spec: OpenID Connect Back-Channel Logout §2.3, §2.4, §4
//!
//! Whom a user signed in to is written in the change that issues to the client; the call is owed by the change that
//! ends the session (`storage::session_client`). The token is made anew for each attempt to deliver it: it is valid for
//! two minutes, and delivery may take a day. A session that ends by its time alone owes no call. For clients whose ID
//! tokens are encrypted the logout token is too.

use model::{Client, Session, new_id};
use protocol::{
    audience::Audience,
    logout_token::{Events, LogoutTokenClaims, TYP},
};
use realm::RealmContext;
use serde::{Deserialize, Serialize};
use storage::{
    Statement,
    session_client::{self, SessionClient},
};

use crate::{
    Fault,
    issue::{Protection, ProtectionRefusal},
    subject,
};

/// "OPs are encouraged to use short expiration times in Logout Tokens, preferably at most two minutes" (§4).
const LIFETIME: i64 = 120;

/// What a call is about, from when it was owed until it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutNotice {
    /// Who is told.
    pub client_id: String,
    /// The user, as this client knows them.
    pub sub: String,
    /// The session that ended, likewise.
    pub sid: String,
}

/// Why there is no logout token.
#[derive(Debug, thiserror::Error)]
pub enum NoLogoutToken {
    /// The client was removed or disabled meanwhile.
    #[error("the client {0} is gone or disabled")]
    ClientGone(String),
    /// It cannot be protected as the client wants it, or not now.
    #[error(transparent)]
    Protection(#[from] ProtectionRefusal),
}

impl From<storage::StorageError> for NoLogoutToken {
    fn from(error: storage::StorageError) -> Self {
        Self::Protection(Fault::from(error).into())
    }
}

/// Remembers that the user of a session is signed in to a client: a part of the change that issues to it. `None` for a
/// client that does not want to know when the session ends.
pub fn remember(realm: &RealmContext, client: &Client, session: &Session) -> Result<Option<Statement>, Fault> {
    let metadata = &client.metadata;
    if metadata.backchannel_logout_uri.is_none() && metadata.frontchannel_logout_uri.is_none() {
        return Ok(None);
    }
    let notice = LogoutNotice {
        client_id: client.id().to_owned(),
        sub: subject::of(realm, metadata, &session.user_id)?,
        sid: subject::session(realm, metadata, &session.id)?,
    };
    let new = SessionClient {
        session_id: session.id.clone(),
        client_id: client.id().to_owned(),
        call_id: new_id(),
        notice: serde_json::to_string(&notice).map_err(|error| Fault::Signing(error.to_string()))?,
        expires_at: session.expires_at,
    };
    Ok(Some(session_client::put(realm.issuer(), new)))
}

/// A logout token, valid from now on: "The same keys are used to sign and encrypt Logout Tokens as are used for ID
/// Tokens" (§2.4).
pub async fn logout_token(realm: &RealmContext, notice: &LogoutNotice) -> Result<String, NoLogoutToken> {
    let client = realm
        .store
        .find_client(realm.issuer(), &notice.client_id)
        .await?
        .filter(|client| client.enabled)
        .ok_or_else(|| NoLogoutToken::ClientGone(notice.client_id.clone()))?;
    let now = realm.now();
    let claims = LogoutTokenClaims {
        iss: realm.issuer().to_owned(),
        sub: notice.sub.clone(),
        aud: Audience::one(client.id()),
        iat: now,
        exp: now + LIFETIME,
        jti: new_id(),
        sid: notice.sid.clone(),
        events: Events::default(),
    };
    let protection = Protection::of_logout_token(realm, &client.metadata).await?;
    Ok(protection
        .protect(realm, TYP, &claims)
        .map_err(ProtectionRefusal::from)?)
}
