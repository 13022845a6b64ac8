//! How the parameters of an authorization response travel to the client.
//!
//! Spec: OAuth 2.0 Multiple Response Type Encoding Practices §2.1 and §5, OAuth 2.0 Form Post Response Mode §2
//!
//! Accepted: `query`, `fragment`, `form_post`. Not accepted: `query` for anything that contains a token.

use serde::{Deserialize, Serialize};

use crate::ResponseType;

/// Why a response mode cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseModeError {
    /// The mode is not one of the supported ones.
    #[error("the response_mode is not supported")]
    Unsupported,
    /// `query` was asked for a response that contains a token.
    #[error("response_mode query cannot be used with a response_type that contains a token")]
    TokenInQuery,
}

/// How the response travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In the fragment of the redirect URI.
    Fragment,
    /// In the body of a POST request that the browser makes.
    FormPost,
}

impl ResponseMode {
    /// Every mode.
    pub const ALL: &[Self] = &[Self::Query, Self::Fragment, Self::FormPost];

    /// The mode as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// Reads a mode from the wire; `None` when it is not supported.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.as_str() == text)
    }

    /// The mode when the request names none.
    ///
    /// Multiple Response Types §2.1 and §5: `code` goes by query; "for the response types that contain a token the
    /// default is the fragment encoding and the query encoding MUST NOT be used".
    pub const fn default_for(response_type: ResponseType) -> Self {
        if response_type.is_implicit_or_hybrid() {
            Self::Fragment
        } else {
            Self::Query
        }
    }

    /// The mode of a request: the one that it names, if that is safe for its response type, else the default.
    pub fn check(requested: Option<&str>, response_type: ResponseType) -> Result<Self, ResponseModeError> {
        let Some(requested) = requested else {
            return Ok(Self::default_for(response_type));
        };
        match Self::parse(requested).ok_or(ResponseModeError::Unsupported)? {
            Self::Query if response_type.is_implicit_or_hybrid() => Err(ResponseModeError::TokenInQuery),
            mode => Ok(mode),
        }
    }

    /// The mode of an error response, which must reach the client even when the very parameters that decide the mode
    /// are wrong: as [`check`](Self::check) where possible, else the default of the response type, else `query`.
    pub fn for_errors(requested: Option<&str>, response_type: Option<&str>) -> Self {
        match response_type.and_then(|text| ResponseType::parse(text).ok()) {
            Some(response_type) => {
                Self::check(requested, response_type).unwrap_or_else(|_| Self::default_for(response_type))
            }
            None => requested.and_then(Self::parse).unwrap_or(Self::Query),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> ResponseType {
        ResponseType::parse(text).unwrap()
    }

    #[test]
    fn a_code_goes_by_query_and_tokens_by_fragment_unless_asked_otherwise() {
        assert_eq!(ResponseMode::check(None, ResponseType::CODE), Ok(ResponseMode::Query));
        for implicit in ["token", "id_token", "code token", "code id_token token"] {
            assert_eq!(ResponseMode::check(None, of(implicit)), Ok(ResponseMode::Fragment));
        }
        assert_eq!(
            ResponseMode::check(Some("fragment"), ResponseType::CODE),
            Ok(ResponseMode::Fragment)
        );
        assert_eq!(
            ResponseMode::check(Some("form_post"), of("id_token token")),
            Ok(ResponseMode::FormPost)
        );
    }

    #[test]
    fn tokens_never_go_by_query() {
        for implicit in ["token", "id_token", "code id_token"] {
            assert_eq!(
                ResponseMode::check(Some("query"), of(implicit)),
                Err(ResponseModeError::TokenInQuery)
            );
        }
    }

    // Conformance: BCP-30
    #[test]
    fn unknown_modes_are_refused() {
        for bad in ["jwt", "Query", "web_message", "query "] {
            assert_eq!(
                ResponseMode::check(Some(bad), ResponseType::CODE),
                Err(ResponseModeError::Unsupported)
            );
        }
    }

    #[test]
    fn errors_find_a_way_even_when_the_mode_is_wrong() {
        assert_eq!(
            ResponseMode::for_errors(Some("query"), Some("id_token")),
            ResponseMode::Fragment
        );
        assert_eq!(
            ResponseMode::for_errors(Some("nonsense"), Some("token")),
            ResponseMode::Fragment
        );
        assert_eq!(
            ResponseMode::for_errors(Some("form_post"), Some("nonsense")),
            ResponseMode::FormPost
        );
        assert_eq!(ResponseMode::for_errors(None, None), ResponseMode::Query);
        assert_eq!(ResponseMode::for_errors(Some("nonsense"), None), ResponseMode::Query);
    }

    #[test]
    fn serde_writes_the_name_on_the_wire() {
        for mode in ResponseMode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
    }
}
