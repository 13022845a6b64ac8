//! A step that is to be done again: what its user is told of it, on a page or in JSON.

use ::oauth::Fault;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explanation;
use realm::RealmError;
use storage::StorageError;

use crate::{extract::Call, pages::Text, respond};

/// Why a step is not done.
pub enum NotDone {
    /// It is to be done again.
    Again(Box<Again>),
    /// This server failed.
    Fault(Fault),
}

/// What was wrong with a step.
pub struct Again {
    /// The status of the answer.
    pub status: StatusCode,
    /// In words for the user.
    pub text: Text,
    /// The field that it is about, if it is about one alone.
    pub field: Option<&'static str>,
    /// After how many seconds to try again.
    pub retry_after: Option<i64>,
    /// For whoever makes the app.
    pub why: Explanation,
}

impl Again {
    /// Something that can be mended at once.
    pub fn new(status: StatusCode, text: Text, why: Explanation) -> Self {
        Self {
            status,
            text,
            field: None,
            retry_after: None,
            why,
        }
    }

    /// Too many tries: `key` is a message with `count`, which stands for minutes.
    pub fn too_many(key: &'static str, retry_after: i64, why: Explanation) -> Self {
        let minutes = (retry_after + 59) / 60;
        let text = Text::key(key).with("count", minutes.to_string());
        Self::new(StatusCode::TOO_MANY_REQUESTS, text, why).after(retry_after)
    }

    /// Not before this many seconds.
    #[must_use]
    pub fn after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// About this field.
    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Remembers it with the trail of the request. `what`: what the user sees.
    pub fn tell(&self, call: &Call, what: &str) {
        respond::shown_again(call, self.status, what, self.why.clone());
    }

    /// The answer that shows it says when to try again.
    pub fn shown(&self, mut response: Response) -> Response {
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Again> for NotDone {
    fn from(again: Again) -> Self {
        Self::Again(Box::new(again))
    }
}

impl From<Fault> for NotDone {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StorageError> for NotDone {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<RealmError> for NotDone {
    fn from(error: RealmError) -> Self {
        Self::Fault(error.into())
    }
}
