//! Why a call of `/flows` is refused, and how that is said.

use std::fmt::Display;

use ::oauth::{Fault, authorize::AuthorizeRefusal};
use authn::{invitation::InvitationRefusal, password_reset::ResetRefusal};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::{
    Explain, Explanation,
    catalogue::{authorize, flows, sign_in},
};
use protocol::{error_code::ErrorCode, token_response::safe_description};
use realm::RealmError;
use serde::Serialize;
use storage::StorageError;

use crate::{
    again::Again,
    extract::{BodyError, Call},
    flow::FlowError,
    locale::Locale,
    pages::Text,
    respond::{self, Told},
    views,
};

/// Why a call is refused.
#[derive(Debug, thiserror::Error)]
pub enum FlowsRefusal {
    /// Nobody says which app calls.
    #[error("say which app calls: client_id in the query of the address, once")]
    ClientMissing,
    /// No such client, or a disabled one.
    #[error("the app {0} is not registered here, or has been disabled")]
    ClientUnknown(String),
    /// An app of somebody else.
    #[error(
        "only an app of the organisation itself (first_party) may show these steps: send the browser to /authorize"
    )]
    NotFirstParty,
    /// A script of somebody else.
    #[error("scripts of the origin {0} may not call for this client: its origins name others")]
    Origin(String),
    /// The request is another client's.
    #[error("the authorization request names another client than the address does")]
    OtherClient,
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is not as it should be.
    #[error("the body is not as /flows/openapi.json describes it")]
    Malformed,
    /// The flow was completed before, or the session ended meanwhile.
    #[error("the flow is over: begin another one")]
    Over,
    /// A link to a new password is of no use.
    #[error(transparent)]
    Reset(ResetRefusal),
    /// An invitation is of no use.
    #[error(transparent)]
    Invitation(InvitationRefusal),
    /// The flow cannot go on.
    #[error(transparent)]
    Flow(FlowError),
    /// The authorization request is refused.
    #[error(transparent)]
    Authorize(Box<AuthorizeRefusal>),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl FlowsRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Body(error) => error.status(),
            refusal => StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::ClientUnknown(_) | Self::NotFirstParty | Self::Origin(_) => ErrorCode::UnauthorizedClient,
            Self::ClientMissing
            | Self::OtherClient
            | Self::Body(_)
            | Self::Malformed
            | Self::Over
            | Self::Reset(_)
            | Self::Invitation(_)
            | Self::Flow(FlowError::Lost | FlowError::BeginAgain(_)) => ErrorCode::InvalidRequest,
            Self::Flow(_) => ErrorCode::TemporarilyUnavailable,
            Self::Authorize(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }

    /// In words for the user, where they can do something else.
    fn message(&self) -> Option<Text> {
        matches!(self, Self::Reset(ResetRefusal::NoCode)).then(|| Text::key("reset.no_code"))
    }
}

impl Explain for FlowsRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::ClientMissing => (&authorize::CLIENT_MISSING).into(),
            Self::ClientUnknown(_) => (&authorize::CLIENT_UNKNOWN).into(),
            Self::NotFirstParty => (&flows::NOT_FIRST_PARTY).into(),
            Self::Origin(origin) => Explanation::from(&flows::FOREIGN_ORIGIN).found(origin),
            Self::OtherClient => (&flows::OTHER_CLIENT).into(),
            Self::Body(error) => error.explanation(),
            Self::Malformed => (&flows::MALFORMED).into(),
            Self::Over => (&sign_in::FLOW_LOST).into(),
            Self::Reset(refusal) => refusal.explanation(),
            Self::Invitation(refusal) => refusal.explanation(),
            Self::Flow(error) => error.explanation(),
            Self::Authorize(refusal) => refusal.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<AuthorizeRefusal> for FlowsRefusal {
    fn from(refusal: AuthorizeRefusal) -> Self {
        match refusal {
            AuthorizeRefusal::Fault(fault) => Self::Fault(fault),
            refusal => Self::Authorize(Box::new(refusal)),
        }
    }
}

impl From<ResetRefusal> for FlowsRefusal {
    fn from(refusal: ResetRefusal) -> Self {
        match refusal {
            ResetRefusal::Fault(error) => Self::Fault(error.into()),
            refusal => Self::Reset(refusal),
        }
    }
}

impl From<InvitationRefusal> for FlowsRefusal {
    fn from(refusal: InvitationRefusal) -> Self {
        match refusal {
            InvitationRefusal::Fault(error) => Self::Fault(error.into()),
            refusal => Self::Invitation(refusal),
        }
    }
}

impl From<FlowError> for FlowsRefusal {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Storage(error) => Self::Fault(error.into()),
            FlowError::Realm(error) => Self::Fault(error.into()),
            error => Self::Flow(error),
        }
    }
}

impl From<StorageError> for FlowsRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<RealmError> for FlowsRefusal {
    fn from(error: RealmError) -> Self {
        Self::Fault(error.into())
    }
}

/// What an answer says of what was wrong.
#[derive(Debug, Serialize)]
pub struct Wrong {
    /// The registered code.
    error: ErrorCode,
    /// For whoever makes the app.
    error_description: Option<String>,
    /// The reason, by its name in the catalogue.
    reason: &'static str,
    /// For the user, in their language.
    message: Option<String>,
    /// The member of the answer that it is about.
    field: Option<&'static str>,
    /// After how many seconds to try again.
    retry_after: Option<i64>,
    /// By this it can be explained.
    explain: String,
}

impl Wrong {
    /// A step that is to be done again.
    pub fn again(call: &Call, again: &Again, locale: Locale) -> Self {
        Self {
            error_description: None,
            message: Some(again.text.said(locale)),
            field: again.field,
            retry_after: again.retry_after,
            ..Self::of(call, again.why.reason.code(), &again.why)
        }
    }

    /// Something that ends the flow, in words for whoever makes the app.
    pub fn refused(call: &Call, code: ErrorCode, why: &Explanation, text: &impl Display) -> Self {
        Self {
            error_description: Some(safe_description(&text.to_string())),
            ..Self::of(call, code, why)
        }
    }

    fn of(call: &Call, error: ErrorCode, why: &Explanation) -> Self {
        Self {
            error,
            error_description: None,
            reason: why.reason.name,
            message: None,
            field: None,
            retry_after: None,
            explain: call.id.as_str().to_owned(),
        }
    }
}

/// A refusal that leaves no step to show. What failed here is logged and not told.
pub fn refused(call: &Call, refusal: &FlowsRefusal) -> Response {
    let (code, why) = (refusal.code(), refusal.explanation());
    let text = match refusal {
        FlowsRefusal::Fault(fault) => {
            tracing::error!(%fault, "a request failed");
            "the server cannot answer right now; try again in a moment".to_owned()
        }
        refusal => refusal.to_string(),
    };
    remember(call, (refusal.status(), code), why.clone(), &text);
    let wrong = Wrong {
        retry_after: (code == ErrorCode::TemporarilyUnavailable).then_some(1),
        message: refusal.message().map(|text| text.said(views::locale(call, &[]))),
        ..Wrong::refused(call, code, &why, &text)
    };
    let mut response = respond::json(refusal.status(), &super::without_nulls(&wrong));
    if let Some(seconds) = wrong.retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Remembers a refusal with the trail of the request.
pub fn remember(call: &Call, (status, code): (StatusCode, ErrorCode), why: Explanation, text: &str) {
    tracing::info!(error = code.as_str(), reason = text, "refused");
    let told = Told {
        status: status.as_u16(),
        code,
        description: text,
        why,
    };
    respond::refused(call, told);
}
