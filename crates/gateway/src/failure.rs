//! Why a permitted request got no answer from its upstream.
//! Spec: RFC 9110 §15.5.9, §15.5.14, §15.6.3, §15.6.5

use http::StatusCode;

/// Why there is no answer. What an upstream is and where it runs is for logs, never for clients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The client's body is longer than the API takes.
    #[error("the body of the request is larger than the API takes")]
    BodyTooLarge,
    /// The client's body does not come.
    #[error("the body of the request came too slowly")]
    BodyTooSlow,
    /// The client's body broke off, or is no body.
    #[error("the body of the request broke off")]
    BodyBroken,
    /// What is said of the body's length is not what comes.
    #[error("the body of the request does not have the length that its header says")]
    BodyLength,
    /// No connection.
    #[error("the upstream cannot be reached: {0}")]
    Unreachable(String),
    /// No connection in time.
    #[error("the upstream took too long to accept a connection")]
    ConnectTimeout,
    /// No beginning of an answer in time.
    #[error("the upstream took too long to begin its answer")]
    FirstByteTimeout,
    /// The limit for the whole exchange.
    #[error("the exchange with the upstream took longer than it may")]
    WholeTimeout,
    /// The connection ended before an answer.
    #[error("the upstream ended the connection before it answered: {0}")]
    Closed(String),
    /// What came is no HTTP.
    #[error("the upstream's answer is no valid HTTP: {0}")]
    Malformed(String),
    /// The upstream changes the protocol, and nobody asked it to.
    #[error("the upstream switched protocols without being asked to")]
    UnaskedUpgrade,
    /// More connections of other protocols than there are places.
    #[error("too many upgraded connections are open")]
    TooManyTunnels,
}

impl Failure {
    /// The status that the client gets.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::BodyLength => StatusCode::BAD_REQUEST,
            Self::Unreachable(_) | Self::Closed(_) | Self::Malformed(_) | Self::UnaskedUpgrade => {
                StatusCode::BAD_GATEWAY
            }
            Self::ConnectTimeout | Self::FirstByteTimeout | Self::WholeTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::TooManyTunnels => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether it is the upstream's fault, and not the client's or ours.
    pub fn is_of_upstream(&self) -> bool {
        matches!(self.status(), StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
    }
}

/// An error with everything that led to it; the outermost alone says little.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
