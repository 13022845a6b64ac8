//! The answer to a call that does not reach its API, or comes back without an answer.
//! Spec: RFC 9110 §15.6.3, §15.6.5, RFC 6750 §3
//!
//! What the client reads says what to do, and the id by which it can be explained; what is inside is for the log.

use bytes::Bytes;
use enforcement::gate::Denied;
use explanation::{
    ErrorCode, Explain as _, Explanation, Reason,
    catalogue::{certificate, server, upstream},
};
use gateway::{Body, Failure, shape::Misshapen};
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use realm::{
    Realms,
    refusals::{Place, Told},
    trail::{self, RequestId, Trail},
};
use serde_json::json;
use web::extract::client_cert::ConnectionError;

use super::seen::Seen;

/// Why a call gets no answer of its API.
pub(super) enum Refused {
    /// By the decision, which has told why already.
    Denied(Box<Denied>),
    /// By the gateway itself.
    Here {
        status: StatusCode,
        reason: &'static Reason,
        /// For the log.
        detail: String,
    },
}

impl From<Box<Denied>> for Refused {
    fn from(denied: Box<Denied>) -> Self {
        Self::Denied(denied)
    }
}

impl From<&'static Reason> for Refused {
    fn from(reason: &'static Reason) -> Self {
        let status = match reason.code() {
            ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::Here {
            status,
            reason,
            detail: reason.cause.to_owned(),
        }
    }
}

impl From<Misshapen> for Refused {
    fn from(misshapen: Misshapen) -> Self {
        Self::Here {
            status: misshapen.status(),
            reason: &upstream::SHAPE,
            detail: misshapen.to_string(),
        }
    }
}

impl From<ConnectionError> for Refused {
    fn from(error: ConnectionError) -> Self {
        Self::Here {
            status: StatusCode::BAD_REQUEST,
            reason: &certificate::MALFORMED_BY_PROXY,
            detail: error.to_string(),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        let reason = match &failure {
            Failure::BodyTooLarge => &upstream::BODY_TOO_LARGE,
            Failure::BodyTooSlow => &upstream::BODY_TOO_SLOW,
            Failure::BodyBroken | Failure::BodyLength => &upstream::BODY_BROKEN,
            Failure::Unreachable(_) => &upstream::UNREACHABLE,
            Failure::ConnectTimeout | Failure::FirstByteTimeout | Failure::WholeTimeout => &upstream::TIME_OUT,
            Failure::Closed(_) => &upstream::CLOSED,
            Failure::Malformed(_) | Failure::UnaskedUpgrade => &upstream::MALFORMED,
            Failure::TooManyTunnels => &upstream::TOO_MANY,
        };
        Self::Here {
            status: failure.status(),
            reason,
            detail: failure.to_string(),
        }
    }
}

impl Refused {
    /// While what is needed to go on cannot be read.
    pub fn unavailable(detail: String) -> Self {
        Self::Here {
            status: StatusCode::SERVICE_UNAVAILABLE,
            reason: &server::UNAVAILABLE,
            detail,
        }
    }

    /// The answer. It is remembered with this server's refusals, if there is a server in this process.
    pub async fn answer(self, realms: Option<&Realms>, seen: &mut Seen) -> Response<Body> {
        match self {
            Self::Denied(denied) => {
                seen.is_denied(&denied);
                let answer = denied.answer();
                let mut response = Response::new(Body::from(Bytes::from(answer.body)));
                *response.status_mut() = answer.status;
                *response.headers_mut() = answer.headers;
                response
            }
            Self::Here { status, reason, detail } => {
                let id = RequestId::default();
                tracing::warn!(
                    id = id.as_str(),
                    reason = reason.name,
                    detail,
                    path = seen.path(),
                    "a call got no answer"
                );
                if let Some(realms) = realms {
                    remember(realms, (&id, seen), status, reason).await;
                }
                seen.is_refused(reason.name, id.as_str());
                plain(status, reason, &id)
            }
        }
    }
}

async fn remember(realms: &Realms, (id, seen): (&RequestId, &Seen), status: StatusCode, reason: &'static Reason) {
    let trail = Trail {
        id: id.clone(),
        address: seen.address,
        ..Trail::default()
    };
    let place = Place {
        issuer: seen.issuer(),
        method: seen.method(),
        path: seen.path(),
    };
    let told = Told {
        status: status.as_u16(),
        code: reason.code(),
        description: reason.cause,
        why: Explanation::from(reason),
    };
    trail::follow(trail, async { realms.remember_refusal(&place, told) }).await;
}

fn plain(status: StatusCode, reason: &'static Reason, id: &RequestId) -> Response<Body> {
    let body = json!({ "error": reason.code().as_str(), "error_description": reason.cause });
    let mut response = Response::new(Body::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        // RFC 9110 §15.5.6: there must be one, even if it allows nothing here.
        headers.insert(ALLOW, HeaderValue::from_static(""));
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert("sekisho-explain", id);
    }
    response
}

/// The reason of a refusal by the decision.
pub(super) fn reason(denied: &Denied) -> &'static str {
    match &denied.failure {
        enforcement::gate::Failure::Refused(refusal) => refusal.explanation().reason.name,
        _ => server::UNAVAILABLE.name,
    }
}
