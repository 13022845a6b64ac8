//! The parameters of an authorization request, read and checked once it is known where the answer goes.
//!
//! Spec: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, §3.2.2.1, §5.5 and §11, RFC 7636 §4.3, RFC 8707 §2.1, RFC 9396 §3
//!
//! Accepted: every parameter of OpenID Connect Core; unknown ones are ignored. Request objects are taken apart before
//! (`request_object.rs`). Deliberately not: `registration` (answered by its own error code), PKCE `plain`.

mod parse;

use std::fmt::Display;

use explanation::{Explain, Explanation};
use serde::{Deserialize, Serialize};

use crate::{
    AuthorizationDetails, ClaimsRequest, ClientMetadata, CodeChallenge, ErrorCode, Form, GrantManagement, Prompt,
    Resource, ResponseMode, ResponseType, Scope, SecurityProfile, ValidatedRedirectUri,
};

/// The parameters that are read here.
pub const PARAMETERS: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "display",
    "ui_locales",
    "claims_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "resource",
    "authorization_details",
    "registration",
];

/// What is wrong with a request: the registered code, and a sentence for the client's developer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct RequestError {
    /// The registered error code.
    pub code: ErrorCode,
    /// What to tell the client; holds nothing that the client did not know.
    pub description: String,
    /// Why, for whoever asks by the refusal's id.
    pub why: Explanation,
}

impl RequestError {
    /// A reason with its sentence.
    pub fn new(why: impl Into<Explanation>, description: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            code: why.reason.code(),
            description: description.into(),
            why,
        }
    }

    /// What a refusal amounts to whose reason is told with several codes.
    pub fn of(code: ErrorCode, refusal: &(impl Explain + Display)) -> Self {
        Self {
            code,
            description: refusal.to_string(),
            why: refusal.explanation(),
        }
    }
}

impl Explain for RequestError {
    fn explanation(&self) -> Explanation {
        self.why.clone()
    }
}

/// How the client would like pages to be shown (OpenID Connect Core §3.1.2.1, `display`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisplayMode {
    /// A full page.
    Page,
    /// A pop-up window.
    Popup,
    /// A device that is touched.
    Touch,
    /// A feature phone.
    Wap,
}

impl DisplayMode {
    /// Reads a value from the wire; `None` when it is not one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "page" => Self::Page,
            "popup" => Self::Popup,
            "touch" => Self::Touch,
            "wap" => Self::Wap,
            _ => return None,
        })
    }
}

/// An authorization request that keeps its rules. Serialisable, so that it can travel sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes; checked against the registration.
    pub redirect_uri: String,
    /// Whether the request named it, so that the token request must name it too (RFC 6749 §4.1.3).
    pub redirect_uri_was_sent: bool,
    /// What is asked for.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// The scope that was asked for; empty when none was. `offline_access` is left out where it means nothing.
    #[serde(default)]
    pub scope: Scope,
    /// Returned to the client unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Returned in the ID Token unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Which pages to show or not to show.
    #[serde(default, skip_serializing_if = "Prompt::is_empty")]
    pub prompt: Prompt,
    /// How old the sign-in may be, in seconds: the request's, else the registration's `default_max_age`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
    /// How pages should be shown; an unknown value counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<DisplayMode>,
    /// The languages that the user prefers for pages, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales: Vec<String>,
    /// The languages that the user prefers for claims, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_locales: Vec<String>,
    /// An ID Token that says who should be signed in; not verified here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// Who may want to sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The authentication context classes that the client would like, best first: the request's, else the registration's
    /// `default_acr_values`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// Single claims that are asked for; none outside of OpenID Connect.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// What the token request must prove (RFC 7636).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// The thumbprint of the key of which the token request must bring a proof (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// The APIs that the tokens are for (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<Resource>,
    /// What is asked for in detail (RFC 9396); whether each type allows it is another question.
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// What to do with a grant that the client manages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_management: Option<GrantManagement>,
}

impl AuthorizationRequest {
    /// Reads everything else, once it is settled who asks (`client`, by `client_id`) and where the answer goes
    /// (`redirect_uri`). Errors go to the client by [`ResponseMode::for_errors`].
    pub fn parse(
        form: &Form,
        client: &ClientMetadata,
        profile: &SecurityProfile,
        redirect_uri: &ValidatedRedirectUri,
        is_pushed: bool,
    ) -> Result<Self, RequestError> {
        parse::parse(form, client, profile, redirect_uri, is_pushed)
    }

    /// The values of `acr` that would do, best first: those that `claims` names, else `acr_values`. §5.5.1.1 leaves open
    /// which of the two counts; the one that can be essential does.
    pub fn wanted_acr(&self) -> Vec<&str> {
        let named = self.claims.id_token.get("acr").filter(|asked| !asked.values.is_empty());
        match named {
            Some(asked) => asked.texts().collect(),
            None => self.acr_values.iter().map(String::as_str).collect(),
        }
    }

    /// Whether it is an OpenID Connect request: `openid` is in its scope.
    pub fn is_openid(&self) -> bool {
        self.scope.contains(crate::scope::OPENID)
    }
}

#[cfg(test)]
mod tests;
