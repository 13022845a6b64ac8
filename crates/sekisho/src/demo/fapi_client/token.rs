//! The token: bound to the app's key, and good for what the user allowed.
//! Spec: RFC 6749 §4.1.3 and §5.1, RFC 9449 §5, RFC 9396 §7

use serde::Deserialize;
use serde_json::Value;

use super::super::oidc_client::ClientError;
use super::super::oidc_client::authorization::{ExpectedCode, Pending};
use super::FapiClient;

/// An access token that is worth nothing without the app's key. Only the token endpoint's answer makes one.
#[derive(Clone)]
pub(in crate::demo) struct BoundToken {
    pub(super) access_token: String,
}

/// RFC 6749 §5.1, RFC 9396 §7.
#[derive(Deserialize)]
pub(super) struct TokenResponse {
    access_token: String,
    token_type: String,
    #[serde(default)]
    authorization_details: Value,
}

impl FapiClient {
    /// Changes the code into a token for `details`.
    pub(in crate::demo) async fn redeem(
        &self,
        pending: &Pending,
        code: &ExpectedCode,
        details: &Value,
    ) -> Result<BoundToken, ClientError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code.0),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &pending.code_verifier),
        ];
        let response: TokenResponse = self
            .post_with_proof(&self.server.token_endpoint, &form)
            .await?
            .granted()?;
        response.token_for(details)
    }
}

impl TokenResponse {
    /// The token, if it is what was asked for.
    pub(super) fn token_for(self, details: &Value) -> Result<BoundToken, ClientError> {
        // RFC 9449 §5: a `token_type` of `Bearer` would mean that the server has not bound it.
        if !self.token_type.eq_ignore_ascii_case("DPoP") {
            return Err(ClientError::Malformed("the token is not bound to the app's key"));
        }
        if self.authorization_details != *details {
            return Err(ClientError::Malformed("the token is for something else"));
        }
        Ok(BoundToken {
            access_token: self.access_token,
        })
    }
}

/// A token that nobody issued.
#[cfg(test)]
pub(in crate::demo) fn test_token() -> BoundToken {
    BoundToken {
        access_token: "a".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(token_type: &str, details: &Value) -> Result<BoundToken, ClientError> {
        let response = json!({
            "access_token": "a", "token_type": token_type, "expires_in": 60, "authorization_details": details,
        });
        let asked = json!([{ "type": "payment", "amount": 1 }]);
        serde_json::from_value::<TokenResponse>(response)
            .unwrap()
            .token_for(&asked)
    }

    #[test]
    fn a_token_is_taken_when_it_is_bound_and_for_what_was_asked() {
        let asked = json!([{ "type": "payment", "amount": 1 }]);
        assert!(token("DPoP", &asked).is_ok());
        assert!(token("Bearer", &asked).is_err());
        assert!(token("DPoP", &json!([{ "type": "payment", "amount": 2 }])).is_err());
        assert!(token("DPoP", &Value::Null).is_err());
    }
}
