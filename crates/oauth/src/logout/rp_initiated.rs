//! An app sends the browser here, so that its user is signed out.
//!
//! Spec: OpenID Connect RP-Initiated Logout §2, §3, §4
//!
//! Accepted: everything absent; an ID token as the hint, also an expired one; `logout_hint`, which changes nothing.
//! Deliberately not: going on to the app without a hint (`client_id` is what anybody can write), or to a URI that is
//! registered up to its port or query.

use explanation::{Explain, Explanation, catalogue::logout, shown_uri};
use model::{Client, Session};
use protocol::{
    error_code::ErrorCode,
    form::Form,
    form::twice,
    redirect_uri::{RedirectUriError, ValidatedRedirectUri},
};
use realm::{RealmContext, trail};

use crate::{Fault, id_token_hint::IdTokenHint, subject};

/// A request that may be followed. Made only by [`validate`].
pub struct LogoutRequest {
    hint: Option<IdTokenHint>,
    /// Which app asks, when its hint proves it.
    pub client: Option<Client>,
    /// Where the browser goes on to when nobody is signed in any more.
    pub next: Option<String>,
}

/// Why a log-out request is refused: always on a page, since "the OP MUST NOT perform post-logout redirection" (§4).
#[derive(Debug, thiserror::Error)]
pub enum LogoutRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} is included more than once")]
    Twice(String),
    /// Not an ID token of this issuer.
    #[error("id_token_hint is not an ID token of this issuer: send one as it was issued")]
    Hint,
    /// The ID token was issued to another client.
    #[error("client_id is not the client that id_token_hint was issued to")]
    OtherClient,
    /// No such client any more, or a disabled one.
    #[error("the app {0} is not registered here, or has been disabled")]
    ClientUnknown(String),
    /// Not registered.
    #[error(
        "post_logout_redirect_uri {} is not, character by character, one of the post_logout_redirect_uris of {}",
        shown_uri(.0),
        .1
    )]
    RedirectUri(String, String),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl LogoutRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Twice(_) | Self::Hint | Self::OtherClient | Self::RedirectUri(..) => ErrorCode::InvalidRequest,
            Self::ClientUnknown(_) => ErrorCode::UnauthorizedClient,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for LogoutRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Twice(name) => return twice(name),
            Self::Hint => &logout::BAD_HINT,
            Self::OtherClient => &logout::OTHER_CLIENT,
            Self::ClientUnknown(_) => &logout::CLIENT_UNKNOWN,
            Self::RedirectUri(uri, _) => return Explanation::from(&logout::REDIRECT_URI).found(shown_uri(uri)),
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<storage::StorageError> for LogoutRefusal {
    fn from(error: storage::StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl LogoutRequest {
    /// Whether this session may be ended without asking its user: the app proves that it signed in in this very one.
    /// Of anything else "the OP MUST ask the End-User this question" (§2).
    pub fn is_from(&self, realm: &RealmContext, session: &Session) -> Result<bool, Fault> {
        let Some(client) = &self.client else { return Ok(false) };
        let sid = self.hint.as_ref().and_then(|hint| hint.sid.as_deref());
        Ok(sid == Some(subject::session(realm, &client.metadata, &session.id)?.as_str()))
    }
}

/// Validates a log-out request.
pub async fn validate(realm: &RealmContext, form: &Form) -> Result<LogoutRequest, LogoutRefusal> {
    if let Some(name) = form.duplicate() {
        return Err(LogoutRefusal::Twice(name.to_owned()));
    }
    // "When an id_token_hint parameter is present, the OP MUST validate that it was the issuer of the ID Token."
    let Some(hint) = form.first("id_token_hint") else {
        return Ok(LogoutRequest {
            hint: None,
            client: None,
            next: None,
        });
    };
    let hint = IdTokenHint::verify(realm, hint).ok_or(LogoutRefusal::Hint)?;
    trail::says_client(&hint.client_id);
    // "the OP MUST verify that the Client Identifier matches the one used when issuing the ID Token".
    if form.first("client_id").is_some_and(|id| id != hint.client_id) {
        return Err(LogoutRefusal::OtherClient);
    }
    let client = realm
        .store
        .find_client(realm.issuer(), &hint.client_id)
        .await?
        .filter(|client| client.enabled)
        .ok_or_else(|| LogoutRefusal::ClientUnknown(hint.client_id.clone()))?;
    trail::passed(&logout::HINT);
    let next = next(form, &client)?;
    Ok(LogoutRequest {
        hint: Some(hint),
        client: Some(client),
        next,
    })
}

/// "the OP MUST NOT perform post-logout redirection if the `post_logout_redirect_uri` value supplied does not exactly
/// match one of the previously registered `post_logout_redirect_uris` values" (§3).
fn next(form: &Form, client: &Client) -> Result<Option<String>, LogoutRefusal> {
    let Some(uri) = form.first("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let registered = &client.metadata.post_logout_redirect_uris;
    let valid = ValidatedRedirectUri::check(Some(uri), registered, true, true).map_err(|_: RedirectUriError| {
        trail::compared(&logout::REDIRECT_URI, &registered.join(", "), &shown_uri(uri));
        LogoutRefusal::RedirectUri(uri.to_owned(), client.id().to_owned())
    })?;
    Ok(Some(match form.first("state") {
        Some(state) => valid.with_query(&[("state", state)]),
        None => valid.as_str().to_owned(),
    }))
}
