//! The error page: what happened, why, what to do, and an id to ask about.

use serde::Serialize;

use super::{Label, Link, RealmView, Text, View};

/// What went wrong, in the words of the pages. Each has a title, a cause and a remedy under `error` in the language
/// files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No client, or one that is unknown or turned off.
    UnknownClient,
    /// A redirect URI that is missing or not registered: nobody is sent there.
    RedirectUri,
    /// A request that is missing something or contradicts itself.
    BadRequest,
    /// A flow that took too long or was finished before.
    FlowExpired,
    /// A flow whose cookie did not come along.
    FlowLost,
    /// A form that is not of this flow.
    FormMismatch,
    /// Too many guesses.
    TooManyAttempts,
    /// Not permitted.
    AccessDenied,
    /// No such page.
    NotFound,
    /// A page that does not take this method.
    Method,
    /// A request that is too large.
    TooLarge,
    /// No capacity, or no database.
    Busy,
    /// The server's own mistake.
    ServerError,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::UnknownClient,
        Self::RedirectUri,
        Self::BadRequest,
        Self::FlowExpired,
        Self::FlowLost,
        Self::FormMismatch,
        Self::TooManyAttempts,
        Self::AccessDenied,
        Self::NotFound,
        Self::Method,
        Self::TooLarge,
        Self::Busy,
        Self::ServerError,
    ];

    /// The keys of its title, cause and remedy.
    fn keys(self) -> [&'static str; 3] {
        macro_rules! keys {
            ($name:literal) => {
                [
                    concat!("error.", $name, ".title"),
                    concat!("error.", $name, ".cause"),
                    concat!("error.", $name, ".remedy"),
                ]
            };
        }
        match self {
            Self::UnknownClient => keys!("unknown_client"),
            Self::RedirectUri => keys!("redirect_uri"),
            Self::BadRequest => keys!("bad_request"),
            Self::FlowExpired => keys!("flow_expired"),
            Self::FlowLost => keys!("flow_lost"),
            Self::FormMismatch => keys!("form_mismatch"),
            Self::TooManyAttempts => keys!("too_many_attempts"),
            Self::AccessDenied => keys!("access_denied"),
            Self::NotFound => keys!("not_found"),
            Self::Method => keys!("method"),
            Self::TooLarge => keys!("too_large"),
            Self::Busy => keys!("busy"),
            Self::ServerError => keys!("server_error"),
        }
    }
}

/// The error page.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// The realm; none for an address of no realm.
    pub realm: Option<RealmView>,
    /// What happened.
    pub title: Text,
    /// Why.
    pub cause: Text,
    /// What to do.
    pub remedy: Text,
    /// The way back.
    pub link: Option<Link>,
    /// More for those who make the app, in English, nothing secret.
    pub detail: Option<Label>,
    /// The error code.
    pub code: String,
    /// The id for `sekisho explain`.
    pub explain_id: String,
}

impl ErrorPage {
    /// The page of this kind. `code` is the registered error code, `explain_id` the id for `sekisho explain`.
    pub fn new(realm: Option<RealmView>, kind: ErrorKind, code: &str, explain_id: &str) -> Self {
        let [title, cause, remedy] = kind.keys().map(Text::key);
        Self {
            realm,
            title,
            cause,
            remedy,
            link: None,
            detail: None,
            code: code.to_owned(),
            explain_id: explain_id.to_owned(),
        }
    }

    /// With more for those who make the app.
    #[must_use]
    pub fn with_detail(mut self, detail: &str) -> Self {
        self.detail = Some(Label::paragraph(detail)).filter(|detail| !detail.is_empty());
        self
    }

    /// With a way back.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn realm(&self) -> Option<&RealmView> {
        self.realm.as_ref()
    }

    fn hooks(&self) -> Vec<String> {
        ["error-code", "explain-id"].map(str::to_owned).into()
    }
}
