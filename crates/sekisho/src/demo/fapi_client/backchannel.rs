//! The request for a payment that goes past the user's browser: the user decides on a device of their own.
//!
//! Spec: CIBA §7.1, §7.1.1, §7.3, §10.1 and §11

use std::time::Duration;

use jose::sign_jwt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::oidc_client::ClientError;
use super::token::TokenResponse;
use super::{BoundToken, FapiClient, assertion};

/// For how long the user is waited for, in seconds.
const PATIENCE: i64 = 300;

/// "If no value is provided, clients MUST use 5 as the default value" (§7.3).
fn default_interval() -> u64 {
    5
}

/// A request that the user has not answered yet.
#[derive(Deserialize)]
pub(in crate::demo) struct Waiting {
    auth_req_id: String,
    #[serde(default = "default_interval")]
    interval: u64,
}

/// What one look brought.
pub(in crate::demo) enum Polled {
    /// The user has not decided.
    NotYet,
    /// The server wants fewer questions.
    SlowDown,
    /// The user agreed.
    Token(BoundToken),
}

impl Waiting {
    /// How long to wait before the next look.
    pub(in crate::demo) fn pause(&self) -> Duration {
        Duration::from_secs(self.interval)
    }
}

impl FapiClient {
    /// Asks a user, who is called `login_hint`, for `details`. The same `binding_message` is shown here and there, so
    /// that the user knows which till is asking.
    pub(in crate::demo) async fn ask(
        &self,
        login_hint: &str,
        binding_message: &str,
        details: &Value,
    ) -> Result<Waiting, ClientError> {
        // §7.1.1: everything is inside of what is signed, and nothing beside it.
        let mut request = assertion::claims(self.client_id, &self.server.issuer);
        let parameters = json!({
            "scope": "openid", "login_hint": login_hint, "binding_message": binding_message,
            "requested_expiry": PATIENCE, "authorization_details": details,
        });
        request.extend(parameters.as_object().cloned().unwrap_or_default());
        let request = sign_jwt(&self.keys.authentication, "JWT", &request)?;
        let endpoint = &self.server.backchannel_authentication_endpoint;
        self.post(endpoint, &[("request", &request)]).await?.granted()
    }

    /// Looks whether the user has decided. Every end but a token is an error: `access_denied`, `expired_token`, …
    pub(in crate::demo) async fn look(&self, waiting: &mut Waiting, details: &Value) -> Result<Polled, ClientError> {
        let form = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", waiting.auth_req_id.as_str()),
        ];
        let answer = self.post_with_proof(&self.server.token_endpoint, &form).await?;
        match answer.granted::<TokenResponse>() {
            Ok(response) => response.token_for(details).map(Polled::Token),
            Err(ClientError::Refused { error, .. }) if error == "authorization_pending" => Ok(Polled::NotYet),
            Err(ClientError::Refused { error, .. }) if error == "slow_down" => {
                // §11: "the interval MUST be increased by at least 5 seconds for this and all subsequent requests".
                waiting.interval += 5;
                Ok(Polled::SlowDown)
            }
            Err(error) => Err(error),
        }
    }
}
