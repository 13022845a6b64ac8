//! What the apps whose tokens are kept by a program have in common: finding the authorization server, and talking to it.
//! Spec: OIDC Discovery §4, RFC 8414 §3
//!
//! [`authorization`] sends the user away and checks what comes back, [`token`] calls the server, [`id_token`]
//! checks who signed in. An app of your own would rather take a library; this is what a library does.

pub(super) mod authorization;
pub(super) mod id_token;
pub(super) mod token;

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why the app has no token, or no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// The authorization server refuses, by an error code of the specifications.
    #[error("{error}: {description}")]
    Refused {
        /// `access_denied`, `invalid_grant`, …
        error: String,
        /// What it says about it; may be empty.
        description: String,
    },
    /// An authorization response that is not the answer to this app's question.
    #[error("the answer is refused: {0}")]
    ForeignResponse(&'static str),
    /// The ID token fails a check.
    #[error("the ID token is refused: {0}")]
    IdToken(&'static str),
    /// The access token has ended, and there is no refresh token.
    #[error("the access token has ended, and there is no refresh token")]
    Ended,
    /// A signature that the app needs was not made.
    #[error("the app's key did not sign ({0})")]
    Key(#[from] jose::SignJwtError),
    /// An answer that is not what the specifications promise.
    #[error("the server's answer cannot be used: {0}")]
    Malformed(&'static str),
    /// No answer.
    #[error("no answer from the server ({0})")]
    Unreachable(#[from] reqwest::Error),
}

/// The members of the server's metadata that the apps use.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ServerMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub revocation_endpoint: String,
    pub pushed_authorization_request_endpoint: String,
    pub backchannel_authentication_endpoint: String,
    pub jwks_uri: String,
}

impl ServerMetadata {
    /// Reads the metadata of the issuer that the app was told to trust.
    pub(super) async fn discover(http: &reqwest::Client, issuer: &str) -> Result<Self, ClientError> {
        let url = format!("{issuer}/.well-known/openid-configuration");
        let server: Self = get(http, &url).await?;
        // OIDC Discovery §4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as
        // the prefix": otherwise one server could pose as another.
        if server.issuer != issuer {
            return Err(ClientError::Malformed("the metadata is of another issuer"));
        }
        Ok(server)
    }
}

/// How the app is registered at the server.
#[derive(Clone)]
pub(super) struct Registration {
    /// The public name of the app.
    pub client_id: &'static str,
    /// Its password; an app on the user's machine has none, for it could not keep it.
    pub client_secret: Option<&'static str>,
    /// Where the user comes back to.
    pub redirect_uri: String,
}

/// An app, ready to ask its authorization server.
#[derive(Clone)]
pub(super) struct OidcClient {
    http: reqwest::Client,
    server: ServerMetadata,
    registration: Registration,
}

impl OidcClient {
    /// Finds the endpoints of the issuer.
    pub(super) async fn discover(issuer: &str, registration: Registration) -> Result<Self, ClientError> {
        let http = http()?;
        let server = ServerMetadata::discover(&http, issuer).await?;
        Ok(Self {
            http,
            server,
            registration,
        })
    }

    /// The same app, where the user comes back to another address.
    pub(super) fn with_redirect_uri(&self, redirect_uri: String) -> Self {
        let mut client = self.clone();
        client.registration.redirect_uri = redirect_uri;
        client
    }

    /// The authorization server.
    pub(super) fn issuer(&self) -> &str {
        &self.server.issuer
    }

    /// The public keys of the server. A busy app would keep them until a token names one that it does not have.
    async fn keys(&self) -> Result<jose::KeySet, ClientError> {
        get(&self.http, &self.server.jwks_uri).await
    }
}

/// An HTTP client with limits: no redirects, no proxy (everything is on this machine), ten seconds of patience.
pub(super) fn http() -> Result<reqwest::Client, ClientError> {
    http_as("sekisho-demo-app")
}

/// The same, which says of itself that it is this.
pub(super) fn http_as(user_agent: &str) -> Result<reqwest::Client, ClientError> {
    let client = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10));
    Ok(client.build()?)
}

async fn get<T: DeserializeOwned>(http: &reqwest::Client, url: &str) -> Result<T, ClientError> {
    let answer = http.get(url).send().await?;
    if !answer.status().is_success() {
        return Err(ClientError::Malformed("a published document is missing"));
    }
    let text = answer.bytes().await?;
    serde_json::from_slice(&text).map_err(|_| ClientError::Malformed("a published document is not readable"))
}

/// The endpoints of `https://id.example`, where no server is.
#[cfg(test)]
pub(super) fn test_server() -> ServerMetadata {
    let at = |path: &str| format!("https://id.example{path}");
    ServerMetadata {
        issuer: at(""),
        authorization_endpoint: at("/authorize"),
        token_endpoint: at("/token"),
        userinfo_endpoint: at("/userinfo"),
        revocation_endpoint: at("/revoke"),
        pushed_authorization_request_endpoint: at("/par"),
        backchannel_authentication_endpoint: at("/bc-authorize"),
        jwks_uri: at("/jwks"),
    }
}

/// A client of `https://id.example`, without any server behind it.
#[cfg(test)]
pub(super) fn test_client() -> OidcClient {
    OidcClient {
        http: http().unwrap(),
        server: test_server(),
        registration: Registration {
            client_id: "budget-web",
            client_secret: Some("secret"),
            redirect_uri: "https://app.example/callback".to_owned(),
        },
    }
}
