//! A request that a client makes of a user who is not at its own device, and the answer that it is being dealt with.
//!
//! Spec: CIBA §7.1, §7.2 and §7.3, FAPI-CIBA §5.3 (`request_context`), RFC 8707 §2
//!
//! Accepted: the parameters below; others are ignored ("OpenID Providers MUST ignore unrecognized request parameters").
//! `requested_expiry` may be longer than a request can wait: it is shortened. Not accepted: a `user_code` that is longer
//! than people type.

use explanation::{
    Explain,
    catalogue::{authorize, ciba},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BindingMessage, Form, RequestError, Scope, TokenDeliveryMode, scope::OPENID};

/// How long a request waits for its user when the client does not say, in seconds.
pub const LIFETIME: i64 = 300;
/// How long at the longest.
pub const LONGEST_LIFETIME: i64 = 1800;
/// How long a client waits between two polls at first, in seconds (§7.3: "clients MUST use 5 as the default value").
pub const INTERVAL: i64 = 5;
/// The longest `client_notification_token`, in characters: "The length of the token MUST NOT exceed 1024 characters".
const LONGEST_TOKEN: usize = 1024;
/// The longest `user_code`, in bytes.
const LONGEST_USER_CODE: usize = 64;
/// The longest `request_context`, in bytes.
const LONGEST_CONTEXT: usize = 4096;

/// The parameters of the request, those of client authentication left out.
pub const PARAMETERS: &[&str] = &[
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
    "request_context",
    "resource",
    "authorization_details",
];

/// Who is to be asked: "REQUIRED that the Client provides one (and only one) of the hints".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something by which people name themselves.
    Login(String),
    /// A JWT of somebody who knows the user.
    LoginToken(String),
    /// An ID token that this server issued.
    IdToken(String),
}

/// A request, read and by itself sound. It holds secrets: no `Debug`.
#[derive(Clone)]
pub struct BackchannelAuthenticationRequest {
    /// What is asked for.
    pub scope: Scope,
    /// Of whom.
    pub hint: Hint,
    /// With what the client recognises that it is this server who calls; there for clients that are called.
    pub client_notification_token: Option<String>,
    /// The levels of authentication that the client prefers, best first.
    pub acr_values: Vec<String>,
    /// What the user compares.
    pub binding_message: Option<BindingMessage>,
    /// What the user agreed upon with this server, so that not everybody can have them asked.
    pub user_code: Option<String>,
    /// For how long it waits, in seconds.
    pub expires_in: i64,
    /// What the client knows of the device that it runs on.
    pub request_context: Option<Map<String, Value>>,
}

impl BackchannelAuthenticationRequest {
    /// Reads the parameters, of which none comes twice.
    pub fn parse(form: &Form, mode: TokenDeliveryMode) -> Result<Self, RequestError> {
        let text = |name| form.first(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let acr_values = form.first("acr_values").unwrap_or_default().split(' ');
        Ok(Self {
            scope: scope(form)?,
            hint: hint(form)?,
            client_notification_token: notification_token(text("client_notification_token"), mode)?,
            acr_values: acr_values
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
                .collect(),
            binding_message: form.first("binding_message").map(BindingMessage::parse).transpose()?,
            user_code: text("user_code").map(user_code).transpose()?,
            expires_in: form.first("requested_expiry").map_or(Ok(LIFETIME), expiry)?,
            request_context: form.first("request_context").map(context).transpose()?,
        })
    }
}

/// §7.1: "OpenID Connect scope values MUST include the openid scope value".
fn scope(form: &Form) -> Result<Scope, RequestError> {
    let scope = Scope::parse(form.first("scope").unwrap_or_default())
        .map_err(|error| RequestError::new(error.explanation(), error.to_string()))?;
    if scope.contains(OPENID) {
        Ok(scope)
    } else {
        Err(RequestError::new(
            &authorize::OPENID_MISSING,
            "scope must contain openid",
        ))
    }
}

fn hint(form: &Form) -> Result<Hint, RequestError> {
    let of = |name, make: fn(String) -> Hint| form.first(name).map(|text| make(text.to_owned()));
    let mut hints = [
        of("login_hint", Hint::Login),
        of("login_hint_token", Hint::LoginToken),
        of("id_token_hint", Hint::IdToken),
    ]
    .into_iter()
    .flatten();
    match (hints.next(), hints.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(RequestError::new(
            &ciba::HINT_MISSING,
            "say who is to be asked, by login_hint, login_hint_token or id_token_hint",
        )),
        _ => Err(RequestError::new(
            &ciba::SEVERAL_HINTS,
            "say who is to be asked by one of login_hint, login_hint_token and id_token_hint, not by several",
        )),
    }
}

/// "REQUIRED if the Client is registered to use Ping or Push modes"; its form is that of a Bearer token (RFC 6750 §2.1).
fn notification_token(token: Option<String>, mode: TokenDeliveryMode) -> Result<Option<String>, RequestError> {
    let Some(token) = token.filter(|_| mode.notifies()) else {
        return match mode {
            TokenDeliveryMode::Poll => Ok(None),
            _ => Err(RequestError::new(
                &ciba::NOTIFICATION_TOKEN,
                "client_notification_token is missing: this client is called when there is an answer",
            )),
        };
    };
    let is_b64token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.len() > LONGEST_TOKEN || !token.bytes().all(is_b64token) {
        let text = format!("client_notification_token must be a Bearer token of at most {LONGEST_TOKEN} characters");
        return Err(RequestError::new(&ciba::NOTIFICATION_TOKEN, text));
    }
    Ok(Some(token))
}

fn user_code(code: String) -> Result<String, RequestError> {
    if code.len() > LONGEST_USER_CODE {
        let text = format!("the user_code has more than {LONGEST_USER_CODE} bytes");
        return Err(RequestError::new(&ciba::USER_CODE_TOO_LONG, text));
    }
    Ok(code)
}

/// "A positive integer allowing the client to request the `expires_in` value".
fn expiry(text: &str) -> Result<i64, RequestError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = match text.parse::<i64>() {
        Ok(seconds) => seconds,
        // More digits than a number has.
        Err(_) if is_number => i64::MAX,
        Err(_) => 0,
    };
    if !is_number || seconds == 0 {
        return Err(RequestError::new(
            &ciba::REQUESTED_EXPIRY,
            "requested_expiry must be a positive number of seconds",
        ));
    }
    Ok(seconds.min(LONGEST_LIFETIME))
}

fn context(text: &str) -> Result<Map<String, Value>, RequestError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(context)) if text.len() <= LONGEST_CONTEXT => Ok(context),
        _ => Err(RequestError::new(
            &ciba::REQUEST_CONTEXT,
            format!("request_context must be a JSON object of at most {LONGEST_CONTEXT} bytes"),
        )),
    }
}

/// What a client gets. Holds a secret: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct BackchannelAuthenticationResponse {
    /// What names the request.
    pub auth_req_id: String,
    /// For how long it waits, in seconds from now.
    pub expires_in: i64,
    /// How many seconds the client waits between polls, if it may poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
}

#[cfg(test)]
mod tests;
