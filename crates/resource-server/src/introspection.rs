//! Asking the issuer about a token.
//! Spec: RFC 7662 §2, RFC 6749 §2.3.1
//!
//! Every call is a question: what was revoked a moment ago is refused now. What may be kept is in `remembered.rs`.

use std::sync::Arc;

use enforcement::Refusal;
use protocol::Confirmation;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize as _;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use crate::discovery::Discovery;
use crate::http_client::{self, SendError};
use crate::remembered::Answer;
use crate::{CheckError, Unavailable};

/// With what an API shows who it is. It has no `Debug`: it holds a secret.
pub(crate) struct Credentials {
    /// Form-encoded already, as RFC 6749 §2.3.1 wants them in the `Authorization` header.
    client_id: String,
    client_secret: String,
}

impl Credentials {
    pub(crate) fn new(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: byte_serialize(client_id.as_bytes()).collect(),
            client_secret: byte_serialize(client_secret.as_bytes()).collect(),
        }
    }

    pub(crate) fn put_into(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.client_id, Some(&self.client_secret))
    }
}

pub(crate) struct Introspection {
    discovery: Arc<Discovery>,
    http: Client,
    credentials: Credentials,
}

impl Introspection {
    pub(crate) fn new(discovery: Arc<Discovery>, http: Client, credentials: Credentials) -> Self {
        Self {
            discovery,
            http,
            credentials,
        }
    }

    /// The issuer's answer, and all of its members as they came.
    pub(crate) async fn ask(&self, token: &str) -> Result<Answer, CheckError> {
        let endpoints = self.discovery.endpoints().await?;
        let endpoint = endpoints
            .introspection_endpoint
            .clone()
            .ok_or_else(|| Unavailable::new("its metadata has no introspection_endpoint"))?;
        let request = self
            .credentials
            .put_into(self.http.post(endpoint))
            .form(&[("token", token), ("token_type_hint", "access_token")]);
        let answer: Map<String, Value> = match http_client::json(request).await {
            Ok((_, answer)) => answer,
            Err(SendError::Status(StatusCode::UNAUTHORIZED)) => {
                let reason = "it refuses the client_id and client_secret that this API introspects with";
                return Err(Unavailable::new(reason).into());
            }
            Err(error) => return Err(Unavailable::from(error).into()),
        };
        // A key that nobody here can check is not proven (RFC 7800 §3.1).
        let cnf = answer.get("cnf").filter(|cnf| !cnf.is_null());
        if cnf.is_some_and(|cnf| Confirmation::deserialize(cnf).is_err()) {
            return Err(Refusal::UnprovenBinding.into());
        }
        let read = serde_json::from_value(Value::Object(answer.clone()))
            .map_err(|_| Unavailable::new("its answer is no introspection response"))?;
        Ok((read, answer))
    }
}
