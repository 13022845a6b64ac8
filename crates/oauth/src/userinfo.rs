//! `/userinfo`: who the user is, for a token that has the scope `openid`.
//!
//! Spec: OpenID Connect Core §5.3, §5.4, §5.5, RFC 6750 §2.1, §2.2 and §3

use explanation::{Explain, Explanation, catalogue::token as catalogue};
use protocol::{ClientMetadata, claims, error_code::ErrorCode};
use realm::RealmContext;
use serde_json::{Map, Value};

use crate::{
    Fault,
    issue::{Answer, Protection, ProtectionRefusal},
    token_access::{self, AccessRefusal, TokenRequest},
};

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoRefusal {
    /// The token does not open it.
    #[error(transparent)]
    Token(#[from] AccessRefusal),
    /// Not meant for this endpoint.
    #[error("the access token is not meant for UserInfo: its request named another resource")]
    WrongAudience,
    /// The token has no `openid`.
    #[error("the access token does not have the scope openid")]
    InsufficientScope,
    /// The answer cannot be protected as the client wants it.
    #[error(transparent)]
    Protection(#[from] ProtectionRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl UserinfoRefusal {
    /// The registered error code (RFC 6750 §3.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Token(refusal) => refusal.code(),
            Self::WrongAudience => ErrorCode::InvalidToken,
            Self::InsufficientScope => ErrorCode::InsufficientScope,
            Self::Protection(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for UserinfoRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Token(refusal) => refusal.explanation(),
            Self::WrongAudience => (&catalogue::WRONG_AUDIENCE).into(),
            Self::InsufficientScope => Explanation::from(&catalogue::INSUFFICIENT_SCOPE).expected("openid"),
            Self::Protection(refusal) => refusal.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<storage::StorageError> for UserinfoRefusal {
    fn from(error: storage::StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// The claims of the user behind a token, in the form that the token's client registered.
pub async fn userinfo(
    realm: &RealmContext,
    request: &TokenRequest<'_>,
) -> Result<Answer<Map<String, Value>>, UserinfoRefusal> {
    let live = token_access::access(realm, request).await?;
    if !live.scope.contains("openid") {
        return Err(UserinfoRefusal::InsufficientScope);
    }
    if !live.audience.iter().any(|audience| audience == realm.issuer()) {
        return Err(UserinfoRefusal::WrongAudience);
    }
    let gone = || AccessRefusal::Invalid;
    let id = live.token.authorization_id.as_deref().ok_or_else(gone)?;
    let (issuer, now) = (realm.issuer(), realm.now());
    let living = realm.store.find_living_user(issuer, id, now).await?;
    let (details, user) = living.ok_or_else(gone)?;
    let known = user.known_claims();
    let mut answer = claims::select(&known, &live.scope, &details.claims_locales);
    answer.extend(details.requested_claims(&details.claims.userinfo, &known, &live.scope));
    // "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID Token" (§5.3.2).
    answer.insert("sub".into(), Value::String(live.sub_for_client));
    protect(realm, &live.client_metadata, answer).await
}

async fn protect(
    realm: &RealmContext,
    client: &ClientMetadata,
    mut claims: Map<String, Value>,
) -> Result<Answer<Map<String, Value>>, UserinfoRefusal> {
    let Some(protection) = Protection::of_userinfo(realm, client).await? else {
        return Ok(Answer::Json(claims));
    };
    // "If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience) as members" (§5.3.2).
    claims.insert("iss".into(), realm.issuer().into());
    claims.insert("aud".into(), client.client_id.as_str().into());
    Ok(Answer::Jwt(protection.protect(realm, "JWT", &claims)?))
}
