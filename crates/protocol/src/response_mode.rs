//! How the parameters of an authorization response travel to the client.
//!
//! Spec: OAuth 2.0 Multiple Response Type Encoding Practices §2.1 and §5, OAuth 2.0 Form Post Response Mode §2,
//! JARM §2.3, FAPI 1.0 Advanced §5.2.2-2, FAPI 2.0 Message Signing §5.4.1
//!
//! Accepted: `query`, `fragment`, `form_post`; the same as one signed JWT (`query.jwt` and so on; `jwt` is the default of
//! the response type). Not accepted: a query for anything that contains a token, unless it is encrypted.

use explanation::{Explain, Explanation, catalogue::authorize};
use serde::{Deserialize, Serialize};

use crate::{ResponseType, SecurityProfile};

/// Why a response mode cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseModeError {
    /// The mode is not one of the supported ones.
    #[error("the response_mode is not supported")]
    Unsupported,
    /// `query` was asked for a response that contains a token.
    #[error("response_mode query cannot be used with a response_type that contains a token")]
    TokenInQuery,
    /// `query.jwt` was asked for such a response, and nothing hides the token.
    #[error(
        "response_mode query.jwt can be used with a response_type that contains a token only when the client has \
         registered authorization_encrypted_response_alg"
    )]
    TokenInReadableQuery,
    /// The response must be signed.
    #[error("the profile {0} wants this response as a signed JWT: use response_mode=jwt")]
    Unsigned(&'static str),
    /// The profile does not know the mode.
    #[error("the response_mode is not allowed by the profile {0}")]
    NotOfProfile(&'static str),
}

impl Explain for ResponseModeError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Unsupported => &authorize::RESPONSE_MODE_UNSUPPORTED,
            Self::TokenInQuery | Self::TokenInReadableQuery => &authorize::TOKEN_IN_QUERY,
            Self::Unsigned(_) => return Explanation::from(&authorize::RESPONSE_UNSIGNED).expected("jwt"),
            Self::NotOfProfile(_) => &authorize::RESPONSE_MODE_NOT_OF_PROFILE,
        };
        reason.into()
    }
}

/// How the response travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[serde(rename = "query")]
    Query,
    /// In the fragment of the redirect URI.
    #[serde(rename = "fragment")]
    Fragment,
    /// In the body of a POST request that the browser makes.
    #[serde(rename = "form_post")]
    FormPost,
    /// As a JWT, by query or fragment as the response type has it: only asked for, never done.
    #[serde(rename = "jwt")]
    Jwt,
    /// As a JWT in the query.
    #[serde(rename = "query.jwt")]
    QueryJwt,
    /// As a JWT in the fragment.
    #[serde(rename = "fragment.jwt")]
    FragmentJwt,
    /// As a JWT in the body.
    #[serde(rename = "form_post.jwt")]
    FormPostJwt,
}

impl ResponseMode {
    /// Every mode.
    pub const ALL: &[Self] = &[
        Self::Query,
        Self::Fragment,
        Self::FormPost,
        Self::Jwt,
        Self::QueryJwt,
        Self::FragmentJwt,
        Self::FormPostJwt,
    ];
    /// Those that are a JWT.
    pub const JWT: &[Self] = &[Self::Jwt, Self::QueryJwt, Self::FragmentJwt, Self::FormPostJwt];

    /// The mode as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::Jwt => "jwt",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// Reads a mode from the wire; `None` when it is not supported.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.as_str() == text)
    }

    /// Whether the response is one JWT, in the parameter `response`.
    pub fn is_jwt(self) -> bool {
        Self::JWT.contains(&self)
    }

    /// The mode when the request names none.
    ///
    /// Multiple Response Types §2.1 and §5: `code` goes by query; "for the response types that contain a token the
    /// default is the fragment encoding and the query encoding MUST NOT be used". JARM §2.3.4 says the same of JWTs.
    const fn default_for(has_token: bool, is_jwt: bool) -> Self {
        match (has_token, is_jwt) {
            (false, false) => Self::Query,
            (true, false) => Self::Fragment,
            (false, true) => Self::QueryJwt,
            (true, true) => Self::FragmentJwt,
        }
    }

    /// What is really done: for `jwt`, the default.
    fn done(self, has_token: bool) -> Self {
        match self {
            Self::Jwt => Self::default_for(has_token, true),
            other => other,
        }
    }

    /// The mode of a request: the one that it names, if that is safe for its response type and the profile has it, else
    /// the default. `is_encrypted`: whether the client gets JWTs that nobody else can read.
    pub fn check(
        requested: Option<&str>,
        response_type: ResponseType,
        profile: &SecurityProfile,
        is_encrypted: bool,
    ) -> Result<Self, ResponseModeError> {
        let has_token = response_type.is_implicit_or_hybrid();
        let mode = match requested {
            None => Self::default_for(has_token, false),
            Some(text) => Self::parse(text).ok_or(ResponseModeError::Unsupported)?,
        };
        match mode.done(has_token) {
            Self::Query if has_token => Err(ResponseModeError::TokenInQuery),
            Self::QueryJwt if has_token && !is_encrypted => Err(ResponseModeError::TokenInReadableQuery),
            plain if !plain.is_jwt() && !has_token && !profile.unsigned_code_responses => {
                Err(ResponseModeError::Unsigned(profile.name))
            }
            _ if !profile.response_modes.contains(&mode) => Err(ResponseModeError::NotOfProfile(profile.name)),
            done => Ok(done),
        }
    }

    /// The mode of an error response, which must reach the client even when the very parameters that decide the mode
    /// are wrong: as [`check`](Self::check) where possible, else the default of the response type, else `query`. An error
    /// is signed when it was to be, or when the profile does not let the response come unsigned.
    pub fn for_errors(
        requested: Option<&str>,
        response_type: Option<&str>,
        profile: &SecurityProfile,
        is_encrypted: bool,
    ) -> Self {
        let response_type = response_type.and_then(|text| ResponseType::parse(text).ok());
        let has_token = response_type.is_some_and(ResponseType::is_implicit_or_hybrid);
        let named = requested.and_then(Self::parse).map(|mode| mode.done(has_token));
        let checked = match response_type {
            Some(response_type) => Self::check(requested, response_type, profile, is_encrypted).ok(),
            None => named.filter(|mode| mode.is_jwt() || profile.unsigned_code_responses),
        };
        checked.unwrap_or_else(|| {
            let is_jwt = named.is_some_and(Self::is_jwt) || (!has_token && !profile.unsigned_code_responses);
            Self::default_for(has_token, is_jwt)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> ResponseType {
        ResponseType::parse(text).unwrap()
    }

    fn profile(name: &str) -> &'static SecurityProfile {
        SecurityProfile::find(name).unwrap()
    }

    fn check(requested: Option<&str>, response_type: &str) -> Result<ResponseMode, ResponseModeError> {
        ResponseMode::check(requested, of(response_type), profile("openid-core"), false)
    }

    fn for_errors(requested: Option<&str>, response_type: Option<&str>, name: &str) -> &'static str {
        ResponseMode::for_errors(requested, response_type, profile(name), false).as_str()
    }

    // Conformance: JARM-03 JARM-04
    #[test]
    fn a_code_goes_by_query_and_tokens_by_fragment_unless_asked_otherwise() {
        for (requested, done) in [
            (None, "query"),
            (Some("fragment"), "fragment"),
            (Some("form_post"), "form_post"),
            (Some("jwt"), "query.jwt"),
            (Some("query.jwt"), "query.jwt"),
            (Some("fragment.jwt"), "fragment.jwt"),
            (Some("form_post.jwt"), "form_post.jwt"),
        ] {
            assert_eq!(
                check(requested, "code").map(ResponseMode::as_str),
                Ok(done),
                "{requested:?}"
            );
        }
        for implicit in ["token", "id_token", "code token", "code id_token token"] {
            assert_eq!(check(None, implicit), Ok(ResponseMode::Fragment));
            assert_eq!(check(Some("jwt"), implicit), Ok(ResponseMode::FragmentJwt));
            assert_eq!(check(Some("form_post"), implicit), Ok(ResponseMode::FormPost));
            assert_eq!(check(Some("form_post.jwt"), implicit), Ok(ResponseMode::FormPostJwt));
        }
    }

    // Conformance: JARM-05
    #[test]
    fn tokens_never_go_by_query_unless_nobody_else_can_read_them() {
        for implicit in ["token", "id_token", "code id_token"] {
            assert_eq!(check(Some("query"), implicit), Err(ResponseModeError::TokenInQuery));
            assert_eq!(
                check(Some("query.jwt"), implicit),
                Err(ResponseModeError::TokenInReadableQuery)
            );
            let encrypted =
                |requested| ResponseMode::check(Some(requested), of(implicit), profile("openid-core"), true);
            assert_eq!(encrypted("query.jwt"), Ok(ResponseMode::QueryJwt));
            assert_eq!(encrypted("query"), Err(ResponseModeError::TokenInQuery));
        }
    }

    // Conformance: BCP-30
    #[test]
    fn unknown_modes_are_refused() {
        for bad in ["JWT", "Query", "web_message", "query ", "jwt.query"] {
            assert_eq!(check(Some(bad), "code"), Err(ResponseModeError::Unsupported));
        }
    }

    // Conformance: F1A-AS-03 F1A-AS-18 F2MS-04
    #[test]
    fn a_profile_may_want_responses_signed() {
        let check =
            |requested, response_type, name| ResponseMode::check(requested, of(response_type), profile(name), false);
        for name in ["fapi1-advanced", "fapi2-message-signing"] {
            for plain in [None, Some("query"), Some("fragment"), Some("form_post")] {
                assert_eq!(
                    check(plain, "code", name),
                    Err(ResponseModeError::Unsigned(name)),
                    "{plain:?}"
                );
            }
            assert_eq!(check(Some("jwt"), "code", name), Ok(ResponseMode::QueryJwt));
            assert_eq!(
                check(Some("form_post.jwt"), "code", name),
                Ok(ResponseMode::FormPostJwt)
            );
        }
        // The ID token is the signature.
        assert_eq!(
            check(None, "code id_token", "fapi1-advanced"),
            Ok(ResponseMode::Fragment)
        );
        assert_eq!(
            check(Some("query"), "code id_token", "fapi1-advanced"),
            Err(ResponseModeError::TokenInQuery)
        );
        assert_eq!(check(None, "code", "fapi2-security"), Ok(ResponseMode::Query));
    }

    #[test]
    fn errors_find_a_way_even_when_the_mode_is_wrong() {
        for (requested, response_type, expected) in [
            (Some("query"), Some("id_token"), "fragment"),
            (Some("nonsense"), Some("token"), "fragment"),
            (Some("form_post"), Some("nonsense"), "form_post"),
            (None, None, "query"),
            (Some("nonsense"), None, "query"),
            (Some("query.jwt"), Some("id_token"), "fragment.jwt"),
            (Some("jwt"), None, "query.jwt"),
            (Some("jwt"), Some("code"), "query.jwt"),
        ] {
            assert_eq!(
                for_errors(requested, response_type, "openid-core"),
                expected,
                "{requested:?}"
            );
        }
    }

    // Conformance: JARM-01 F2MS-04
    #[test]
    fn an_error_is_signed_where_the_response_would_have_to_be() {
        for (requested, response_type, expected) in [
            (None, None, "query.jwt"),
            (None, Some("code"), "query.jwt"),
            (Some("query"), Some("code"), "query.jwt"),
            (Some("form_post"), None, "query.jwt"),
            (Some("form_post.jwt"), None, "form_post.jwt"),
            (Some("fragment.jwt"), Some("code"), "fragment.jwt"),
            (None, Some("code id_token"), "fragment"),
            (Some("query"), Some("code id_token"), "fragment"),
        ] {
            assert_eq!(
                for_errors(requested, response_type, "fapi1-advanced"),
                expected,
                "{requested:?}"
            );
        }
    }

    #[test]
    fn serde_writes_the_name_on_the_wire() {
        for mode in ResponseMode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
    }
}
