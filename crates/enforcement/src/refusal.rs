//! Why a request is refused, and what the answer says about it.
//! Spec: RFC 6750 §3 and §3.1
//!
//! A variant is a reason, for logs and tests; the answer on the wire only tells what the caller may know: the
//! error code and a short description.

use http::StatusCode;
use jose::JwsError;
use protocol::{Challenge, ErrorCode, Scope};

/// Why an API refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are no credentials, or only such as this API does not understand.
    #[error("no access token was sent")]
    NoCredentials,
    /// More than one `Authorization` header.
    #[error("more than one Authorization header was sent")]
    RepeatedCredentials,
    /// An access token in the query (RFC 6750 §2.3), which logs and referrers would keep.
    #[error("an access token was sent in the query")]
    TokenInQuery,
    /// The scheme is Bearer, but what follows is no token.
    #[error("the Authorization header is malformed")]
    MalformedCredentials,
    /// Neither form of token that this API takes.
    #[error("the access token is of a form that this API does not take")]
    UnknownTokenForm,
    /// Not a validly signed JWT.
    #[error("the access token is no valid JWT: {0}")]
    Signature(#[from] JwsError),
    /// A JWT, but not an access token: its `typ` is another.
    #[error("the JWT is not an access token")]
    WrongType,
    /// A claim that is needed is missing, or one is of the wrong type.
    #[error("a claim of the access token is missing or malformed")]
    Claims,
    /// From another issuer.
    #[error("the access token is from another issuer")]
    WrongIssuer,
    /// Meant for another API.
    #[error("the access token is not meant for this API")]
    WrongAudience,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Its time has not come: `nbf` or `iat` lie in the future by more than the leeway.
    #[error("the access token is not valid yet")]
    NotYetValid,
    /// The issuer says that it is not, or no longer, good.
    #[error("the access token is not active")]
    Inactive,
    /// Bound to a key (`cnf`), which was not proven. Taking it all the same would undo the binding.
    #[error("the access token is bound to a key that was not proven")]
    UnprovenBinding,
    /// Valid, but without this scope.
    #[error("the access token lacks scope; this needs: {0}")]
    InsufficientScope(Scope),
}

impl Refusal {
    /// The registered error code. `None` when no credentials were sent: RFC 6750 §3.1, "the resource server
    /// SHOULD NOT include an error code or other error information".
    pub fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::NoCredentials => None,
            Self::RepeatedCredentials | Self::TokenInQuery | Self::MalformedCredentials => {
                Some(ErrorCode::InvalidRequest)
            }
            Self::UnknownTokenForm
            | Self::Signature(_)
            | Self::WrongType
            | Self::Claims
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::Expired
            | Self::NotYetValid
            | Self::Inactive
            | Self::UnprovenBinding => Some(ErrorCode::InvalidToken),
            Self::InsufficientScope(_) => Some(ErrorCode::InsufficientScope),
        }
    }

    /// 400, 401 or 403, as belongs to the error code.
    pub fn status(&self) -> StatusCode {
        self.error_code()
            .and_then(|code| StatusCode::from_u16(code.status()).ok())
            .unwrap_or(StatusCode::UNAUTHORIZED)
    }

    /// What the client may read about it. Which check an invalid token failed is told only where it helps an
    /// honest client and tells a thief nothing.
    pub fn description(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials => return None,
            Self::RepeatedCredentials => "Send exactly one Authorization header",
            Self::TokenInQuery => "Send the access token in the Authorization header, not in the query",
            Self::MalformedCredentials => "The Authorization header is malformed",
            Self::Expired => "The access token has expired",
            Self::WrongAudience => "The access token is not meant for this API",
            Self::InsufficientScope(_) => "The access token does not have the scope that this needs",
            _ => "The access token is not valid",
        })
    }

    /// The value of `WWW-Authenticate`, to which the caller may add where the API's metadata is.
    ///
    /// `realm`: a name for what is protected; the API's identifier will do.
    pub fn challenge(&self, realm: &str) -> Challenge {
        let mut challenge = Challenge::bearer(realm);
        if let Some(code) = self.error_code() {
            challenge = challenge.error(code);
        }
        if let Some(description) = self.description() {
            challenge = challenge.error_description(description);
        }
        if let Self::InsufficientScope(needed) = self {
            challenge = challenge.scope(needed);
        }
        challenge
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use protocol::Scope;

    use super::Refusal;

    fn challenge(refusal: &Refusal) -> String {
        refusal.challenge("bank").to_string()
    }

    /// RFC 6750 §3.1: no error information without credentials.
    #[test]
    fn without_credentials_there_is_no_error_code() {
        assert_eq!(Refusal::NoCredentials.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(challenge(&Refusal::NoCredentials), r#"Bearer realm="bank""#);
    }

    #[test]
    fn a_malformed_request_is_400_invalid_request() {
        for refusal in [
            Refusal::RepeatedCredentials,
            Refusal::TokenInQuery,
            Refusal::MalformedCredentials,
        ] {
            assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
            assert!(challenge(&refusal).contains(r#"error="invalid_request""#));
        }
    }

    #[test]
    fn a_bad_token_is_401_invalid_token() {
        for refusal in [
            Refusal::UnknownTokenForm,
            Refusal::Signature(jose::JwsError::BadSignature),
            Refusal::WrongType,
            Refusal::Claims,
            Refusal::WrongIssuer,
            Refusal::WrongAudience,
            Refusal::Expired,
            Refusal::NotYetValid,
            Refusal::Inactive,
            Refusal::UnprovenBinding,
        ] {
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
            assert!(challenge(&refusal).contains(r#"error="invalid_token""#));
        }
    }

    // Conformance: F1B-RS-05 F2-RS-03
    #[test]
    fn missing_scope_is_403_and_names_what_is_needed() {
        let refusal = Refusal::InsufficientScope(Scope::parse("payments:write").unwrap());
        assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            challenge(&refusal),
            r#"Bearer realm="bank", error="insufficient_scope", error_description="The access token does not have the scope that this needs", scope="payments:write""#
        );
    }

    #[test]
    fn which_check_of_a_signature_failed_is_not_told() {
        let bad = Refusal::Signature(jose::JwsError::BadSignature);
        assert_eq!(challenge(&bad), challenge(&Refusal::Inactive));
    }
}
