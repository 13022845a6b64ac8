//! The authorization response, built from a validated redirect URI alone.
//!
//! Spec: RFC 6749 §4.1.2, RFC 9207 (`iss` in every response, errors too), Form Post Response Mode.

use protocol::{
    authorization_request::RequestError, redirect_uri::ValidatedRedirectUri, response_mode::ResponseMode,
    token_response::safe_description,
};

/// An answer to the client, through the browser.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    redirect_uri: ValidatedRedirectUri,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

/// How the browser is to carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// By a redirect to this URL.
    Redirect(String),
    /// By posting these fields.
    FormPost {
        /// Where to.
        action: String,
        /// What.
        fields: Vec<(&'static str, String)>,
    },
}

impl AuthorizationResponse {
    pub(crate) fn success(
        issuer: &str,
        redirect_uri: ValidatedRedirectUri,
        mode: ResponseMode,
        state: Option<&str>,
        parameters: Vec<(&'static str, String)>,
    ) -> Self {
        let mut this = Self {
            redirect_uri,
            mode,
            parameters,
        };
        this.finish(issuer, state);
        this
    }

    pub(crate) fn error(
        issuer: &str,
        redirect_uri: ValidatedRedirectUri,
        mode: ResponseMode,
        state: Option<&str>,
        error: &RequestError,
    ) -> Self {
        let mut parameters = vec![("error", error.code.as_str().to_owned())];
        let description = safe_description(&error.description);
        if !description.is_empty() {
            parameters.push(("error_description", description));
        }
        Self::success(issuer, redirect_uri, mode, state, parameters)
    }

    fn finish(&mut self, issuer: &str, state: Option<&str>) {
        if let Some(state) = state {
            self.parameters.push(("state", state.to_owned()));
        }
        self.parameters.push(("iss", issuer.to_owned()));
    }

    /// How it travels.
    pub fn destination(&self) -> Destination {
        let borrowed: Vec<(&str, &str)> = self
            .parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        match self.mode {
            ResponseMode::Query => Destination::Redirect(self.redirect_uri.with_query(&borrowed)),
            ResponseMode::Fragment => Destination::Redirect(self.redirect_uri.with_fragment(&borrowed)),
            ResponseMode::FormPost => Destination::FormPost {
                action: self.redirect_uri.as_str().to_owned(),
                fields: self.parameters.clone(),
            },
        }
    }
}
