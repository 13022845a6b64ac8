//! The two answers of the token endpoint.
//!
//! Spec: RFC 6749 §5.1 and §5.2, RFC 9396 §7, OpenID Connect Core §3.1.3.3

use serde::{Deserialize, Serialize};

use crate::{AuthorizationDetails, ErrorCode, RequestError, Scope, characters::is_nqchar};

/// A successful answer. Holds secrets: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// How it must be presented: `Bearer`.
    pub token_type: String,
    /// How long it lasts, in seconds from now.
    pub expires_in: i64,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// What it permits in detail (RFC 9396 §7).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// Gets further access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What kind of token an exchange gave (RFC 8693 §2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<String>,
    /// Says who the user is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The grant behind it, when the client manages that by its id (Grant Management §5.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The registered code.
    pub error: ErrorCode,
    /// What went wrong, for the client's developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl ErrorResponse {
    /// A refusal with a sentence, of which characters that the member cannot have are replaced.
    pub fn new(error: ErrorCode, description: &str) -> Self {
        let description = safe_description(description);
        Self {
            error,
            error_description: Some(description).filter(|text| !text.is_empty()),
        }
    }
}

impl From<ErrorCode> for ErrorResponse {
    fn from(error: ErrorCode) -> Self {
        Self {
            error,
            error_description: None,
        }
    }
}

impl From<&RequestError> for ErrorResponse {
    fn from(error: &RequestError) -> Self {
        Self::new(error.code, &error.description)
    }
}

/// The text as an `error_description` may have it.
///
/// RFC 6749 §5.2: "Values for the `error_description` parameter MUST NOT include characters outside the set
/// %x20-21 / %x23-5B / %x5D-7E." The double quote becomes a single one, everything else a question mark.
pub fn safe_description(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' ' => ' ',
            '"' => '\'',
            '\\' => '/',
            other if u8::try_from(other).is_ok_and(is_nqchar) => other,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_response_leaves_out_what_is_not_there() {
        let response = TokenResponse {
            access_token: "a".into(),
            token_type: "Bearer".into(),
            expires_in: 600,
            scope: Some(Scope::parse("openid a").unwrap()),
            authorization_details: AuthorizationDetails::default(),
            refresh_token: None,
            issued_token_type: None,
            id_token: None,
            grant_id: None,
        };
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"access_token":"a","token_type":"Bearer","expires_in":600,"scope":"a openid"}"#
        );
    }

    #[test]
    fn an_error_response_is_read_and_written() {
        let response = ErrorResponse::new(ErrorCode::InvalidGrant, "the code has expired");
        let json = serde_json::to_string(&response).unwrap();
        assert_eq!(
            json,
            r#"{"error":"invalid_grant","error_description":"the code has expired"}"#
        );
        assert_eq!(serde_json::from_str::<ErrorResponse>(&json).unwrap(), response);
        let bare = serde_json::to_string(&ErrorResponse::from(ErrorCode::InvalidClient)).unwrap();
        assert_eq!(bare, r#"{"error":"invalid_client"}"#);
        assert_eq!(ErrorResponse::new(ErrorCode::InvalidClient, "").error_description, None);
        assert_eq!(
            ErrorResponse::from(&RequestError::new(&explanation::catalogue::scope::MALFORMED, "x")).error,
            ErrorCode::InvalidScope
        );
    }

    #[test]
    fn a_description_has_only_the_allowed_characters() {
        assert_eq!(
            safe_description("the \"name\" \\ é\r\n\t\u{7f}あ!~"),
            "the 'name' / ??????!~"
        );
        let every: String = (0..=0x2FF).filter_map(char::from_u32).collect();
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(safe_description(&every).bytes().all(allowed));
    }
}
