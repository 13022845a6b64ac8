//! How the apps call the bank's API: the access token goes along, and a refusal is read.
//! Spec: RFC 6750 §2.1 and §3

use reqwest::header::WWW_AUTHENTICATE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bank::{Account, Payment};
use super::oidc_client::ClientError;

/// Why the API did not do it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// 401: the token is worth nothing (any more).
    #[error("HTTP 401 {error}")]
    TokenRefused {
        /// `invalid_token`, as a rule.
        error: String,
    },
    /// 403: the token is good, but not for this.
    #[error("HTTP 403 insufficient_scope: {scope} is needed")]
    ScopeMissing {
        /// What it would take.
        scope: String,
    },
    /// The API does not like the request.
    #[error("HTTP {status} {message}")]
    Other { status: u16, message: String },
    /// No usable answer.
    #[error("no answer from the API ({0})")]
    Unreachable(String),
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// Why a call came to nothing: the API refused it, or there was no fresh token to make it with.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Token(#[from] ClientError),
}

impl CallError {
    /// Whether only the user can mend it, by permitting the app anew.
    pub(super) fn is_permission_gone(&self) -> bool {
        matches!(
            self,
            Self::Api(ApiError::TokenRefused { .. }) | Self::Token(ClientError::Refused { .. } | ClientError::Ended)
        )
    }

    /// What the user did not allow.
    pub(super) fn missing_scope(&self) -> Option<&str> {
        match self {
            Self::Api(ApiError::ScopeMissing { scope }) => Some(scope),
            _ => None,
        }
    }
}

/// The bank's API, from an app's point of view.
#[derive(Clone)]
pub(super) struct BankClient {
    http: reqwest::Client,
    api: String,
}

impl BankClient {
    pub(super) fn new(http: reqwest::Client, api: &str) -> Self {
        let api = api.to_owned();
        Self { http, api }
    }

    /// The user's accounts.
    pub(super) async fn accounts(&self, access_token: &str) -> Result<Vec<Account>, ApiError> {
        #[derive(Deserialize)]
        struct Accounts {
            accounts: Vec<Account>,
        }
        let request = self.http.get(format!("{}/accounts", self.api));
        call::<Accounts>(request, access_token)
            .await
            .map(|answer| answer.accounts)
    }

    /// What the bank tells a program: nothing of any customer.
    pub(super) async fn summary(&self, access_token: &str) -> Result<Value, ApiError> {
        call(self.http.get(format!("{}/accounts", self.api)), access_token).await
    }

    /// Pays, and answers the account as it is afterwards.
    pub(super) async fn pay(&self, access_token: &str, payment: &Payment) -> Result<Account, ApiError> {
        let request = self.http.post(format!("{}/payments", self.api)).json(payment);
        call(request, access_token).await
    }
}

async fn call<T: DeserializeOwned>(request: reqwest::RequestBuilder, access_token: &str) -> Result<T, ApiError> {
    let answer = request.bearer_auth(access_token).send().await?;
    let status = answer.status().as_u16();
    let challenge = answer.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = answer.bytes().await?;
    match status {
        200 | 201 => {
            serde_json::from_slice(&body).map_err(|_| ApiError::Unreachable("its answer is not readable".to_owned()))
        }
        _ => Err(refusal(status, &challenge, &body)),
    }
}

fn refusal(status: u16, challenge: &str, body: &[u8]) -> ApiError {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let parameter = |name| challenge_parameter(challenge, name).unwrap_or_default();
    let error = parameter("error");
    match (status, error.as_str()) {
        (401, _) => ApiError::TokenRefused { error },
        (403, "insufficient_scope") => ApiError::ScopeMissing {
            scope: parameter("scope"),
        },
        _ => ApiError::Other {
            status,
            message: serde_json::from_slice(body).map_or_else(|_| error, |problem: Problem| problem.detail),
        },
    }
}

/// A parameter of a `WWW-Authenticate: Bearer name="value", …` header. The values looked for hold no quotes.
fn challenge_parameter(challenge: &str, name: &str) -> Option<String> {
    let parameters = challenge.strip_prefix("Bearer ")?;
    // Every second piece between quotes is a value, so that nothing inside one is taken for a parameter.
    let mut pieces = parameters.split('"');
    while let (Some(before), Some(value)) = (pieces.next(), pieces.next()) {
        if before.trim_matches([',', ' ']).strip_suffix('=') == Some(name) {
            return Some(value.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_by_the_names_of_its_parameters() {
        let challenge = r#"Bearer realm="scope=x", error="insufficient_scope", scope="a:read b:write""#;
        assert_eq!(
            challenge_parameter(challenge, "scope").as_deref(),
            Some("a:read b:write")
        );
        assert_eq!(
            challenge_parameter(challenge, "error").as_deref(),
            Some("insufficient_scope")
        );
        assert_eq!(challenge_parameter(challenge, "erro"), None);
        assert_eq!(challenge_parameter("Basic scope=\"a\"", "scope"), None);
        assert_eq!(challenge_parameter("Bearer", "scope"), None);
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(
            refusal(401, r#"Bearer error="invalid_token""#, b"").to_string(),
            "HTTP 401 invalid_token"
        );
        let missing = ApiError::ScopeMissing {
            scope: "payments:write".to_owned(),
        };
        let challenge = r#"Bearer error="insufficient_scope", scope="payments:write""#;
        assert_eq!(refusal(403, challenge, b""), missing);
        assert_eq!(
            refusal(422, "", br#"{"title":"t","detail":"amount must be at least 1"}"#).to_string(),
            "HTTP 422 amount must be at least 1"
        );
        assert_eq!(refusal(503, "", b"oops").to_string(), "HTTP 503 ");
    }
}
