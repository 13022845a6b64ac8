//! Why an authorization request is refused, and where that may be said.
//!
//! Spec: RFC 6749 §4.1.2.1
//!
//! Deliberately not: a redirect when client or redirect URI are wrong. The server "MUST NOT automatically redirect the
//! user agent to the invalid redirection URI".

use explanation::{Explain, Explanation, catalogue, shown_uri};
use model::AuditKind;
use protocol::{authorization_request::RequestError, error_code::ErrorCode, redirect_uri::RedirectUriError};
use realm::{RealmContext, audit};
use storage::{Change, StorageError, pushed_request};

use super::{AuthorizationResponse, ValidRequest};
use crate::{Fault, issue::ProtectionRefusal};

/// A refusal of the authorization endpoint.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeRefusal {
    /// No client is named, or several.
    #[error("the request does not say which app it comes from: client_id is missing or there twice")]
    ClientMissing,
    /// No such client, or a disabled one.
    #[error("the app {0} is not registered here, or has been disabled")]
    ClientUnknown(String),
    /// `redirect_uri` came twice.
    #[error("redirect_uri may appear only once")]
    RedirectUriTwice,
    /// Not a redirect URI of the client.
    #[error("{error}")]
    RedirectUri {
        /// What is wrong with it.
        error: RedirectUriError,
        /// What was sent.
        sent: Option<String>,
        /// The client.
        client_id: String,
    },
    /// The parameters that count cannot be had, and nobody knows where else to say so.
    #[error("{0}")]
    Parameters(RequestError),
    /// Told to the client by a redirect.
    #[error(transparent)]
    Redirected(Box<RedirectedRefusal>),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A refusal that the client learns of.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct RedirectedRefusal {
    /// What is wrong.
    pub error: RequestError,
    /// How it reaches the client.
    pub response: AuthorizationResponse,
}

impl AuthorizeRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::ClientMissing | Self::RedirectUriTwice | Self::RedirectUri { .. } => ErrorCode::InvalidRequest,
            Self::ClientUnknown(_) => ErrorCode::UnauthorizedClient,
            Self::Parameters(error) => error.code,
            Self::Redirected(refusal) => refusal.error.code,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }

    /// A refusal of a valid request.
    pub(crate) fn redirect(issuer: &str, valid: &ValidRequest, error: RequestError) -> Self {
        let response = valid.response().error(issuer, valid.request.state.as_deref(), &error);
        Self::Redirected(Box::new(RedirectedRefusal { error, response }))
    }
}

impl Explain for AuthorizeRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::ClientMissing => (&catalogue::authorize::CLIENT_MISSING).into(),
            Self::ClientUnknown(_) => (&catalogue::authorize::CLIENT_UNKNOWN).into(),
            Self::RedirectUriTwice => (&catalogue::redirect_uri::TWICE).into(),
            Self::RedirectUri { error, sent, .. } => {
                let sent = sent.as_deref().map_or_else(|| "none".to_owned(), shown_uri);
                error.explanation().found(sent)
            }
            Self::Parameters(error) => error.explanation(),
            Self::Redirected(refusal) => refusal.error.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<ProtectionRefusal> for AuthorizeRefusal {
    fn from(refusal: ProtectionRefusal) -> Self {
        match refusal {
            ProtectionRefusal::Fault(fault) => Self::Fault(fault),
            keys @ ProtectionRefusal::Keys { .. } => Self::Parameters(RequestError::of(keys.code(), &keys)),
        }
    }
}

impl From<StorageError> for AuthorizeRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// The user does not permit it. A pushed request is answered by that: nobody can ask by it again, and if it was answered
/// before, looking again will say so.
pub async fn deny(realm: &RealmContext, valid: &ValidRequest) -> Result<AuthorizeRefusal, StorageError> {
    let event = audit::event(realm, AuditKind::ConsentRefused)
        .client(valid.client.id())
        .detail("scope", valid.asked().scope.to_string());
    match &valid.pushed_id {
        Some(id) => {
            let answer = pushed_request::answer(realm.issuer(), id, realm.now());
            let _ = realm.store.commit(Change::new().then(answer).then(event)).await?;
        }
        // Nothing is written by it otherwise.
        None => event.soon(realm),
    }
    let error = RequestError::new(&catalogue::authorize::DENIED, "the user did not permit it");
    Ok(AuthorizeRefusal::redirect(realm.issuer(), valid, error))
}
