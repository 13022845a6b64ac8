//! What a server answered, whatever it is.
//! Spec: RFC 6749 §5.2, RFC 9110 §11.6.1, RFC 9449 §8 and §9

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::oidc_client::ClientError;

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    body: Vec<u8>,
}

/// The error object of OAuth 2.0, or the problem of an API (RFC 9457).
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default, alias = "detail")]
    error_description: String,
}

impl Answer {
    pub(super) async fn of(response: reqwest::Response) -> Result<Self, ClientError> {
        let status = response.status().as_u16();
        let body = response.bytes().await?.to_vec();
        Ok(Self { status, body })
    }

    /// Whether the server wants the nonce that it sent along in the proof (RFC 9449 §8).
    pub(super) fn asks_for_nonce(&self) -> bool {
        matches!(self.status, 400 | 401) && self.refusal().is_some_and(|refusal| refusal.error == "use_dpop_nonce")
    }

    /// What was asked for.
    pub(super) fn granted<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        if !(200..300).contains(&self.status) {
            return Err(self.refused());
        }
        serde_json::from_slice(&self.body).map_err(|_| ClientError::Malformed("it is not readable"))
    }

    /// The error and its description.
    pub(super) fn refused(&self) -> ClientError {
        match self.refusal() {
            Some(refusal) => ClientError::Refused {
                error: refusal.error,
                description: refusal.error_description,
            },
            None => ClientError::Malformed("the error response is not readable"),
        }
    }

    fn refusal(&self) -> Option<Refusal> {
        serde_json::from_slice(&self.body).ok()
    }
}

#[cfg(test)]
pub(super) fn test_answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        body: body.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_for_a_nonce_is_told_from_other_refusals() {
        assert!(test_answer(400, r#"{"error":"use_dpop_nonce"}"#).asks_for_nonce());
        assert!(test_answer(401, r#"{"error":"use_dpop_nonce"}"#).asks_for_nonce());
        assert!(!test_answer(400, r#"{"error":"invalid_grant"}"#).asks_for_nonce());
        assert!(!test_answer(200, r#"{"error":"use_dpop_nonce"}"#).asks_for_nonce());
        assert!(!test_answer(503, "oops").asks_for_nonce());
    }

    #[test]
    fn refusals_keep_their_words() {
        let refused = |status, body| test_answer(status, body).granted::<()>().unwrap_err().to_string();
        assert_eq!(
            refused(400, r#"{"error":"invalid_grant","error_description":"used"}"#),
            "invalid_grant: used"
        );
        assert_eq!(
            refused(409, r#"{"title":"t","detail":"paid already"}"#),
            ": paid already"
        );
        assert!(refused(502, "<html>").contains("not readable"));
    }
}
