//! Every registered error code that this server answers with, with its HTTP status and its section.
//!
//! Spec: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 8707 §2,
//! RFC 9396 §5, RFC 9449 §12.2, RFC 9470 §3, OpenID Connect Core §3.1.2.6, CIBA §12 and §13
//!
//! The status belongs to the code, here and nowhere else. Codes that only travel in a redirect carry the status that
//! an error page or a JSON answer would use for them.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal, $section:literal;)+) => {
        /// A registered OAuth or OpenID Connect error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the specifications.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it is written on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The HTTP status of an answer that carries the code directly (not in a redirect).
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The section that defines the code.
            pub const fn section(self) -> &'static str {
                match self { $(Self::$variant => $section,)+ }
            }
        }
    };
}

error_codes! {
    /// A parameter is missing, repeated, malformed or unsupported.
    InvalidRequest = "invalid_request", 400, "RFC 6749 §5.2";
    /// Client authentication failed: unknown client, none included, or an unsupported method.
    InvalidClient = "invalid_client", 401, "RFC 6749 §5.2";
    /// The code or refresh token is invalid, expired, revoked, or was issued to another client or redirect URI.
    InvalidGrant = "invalid_grant", 400, "RFC 6749 §5.2";
    /// The client may not use this grant type or response type.
    UnauthorizedClient = "unauthorized_client", 400, "RFC 6749 §5.2";
    /// The server does not support the grant type.
    UnsupportedGrantType = "unsupported_grant_type", 400, "RFC 6749 §5.2";
    /// The scope is unknown, malformed, or more than was granted.
    InvalidScope = "invalid_scope", 400, "RFC 6749 §5.2";
    /// The user or the server refused.
    AccessDenied = "access_denied", 400, "RFC 6749 §4.1.2.1";
    /// The server does not support the response type.
    UnsupportedResponseType = "unsupported_response_type", 400, "RFC 6749 §4.1.2.1";
    /// An unexpected condition on the server's side.
    ServerError = "server_error", 500, "RFC 6749 §4.1.2.1";
    /// The server is overloaded or under maintenance.
    TemporarilyUnavailable = "temporarily_unavailable", 503, "RFC 6749 §4.1.2.1";
    /// A sign-in is needed, and `prompt=none` forbids to ask for it.
    LoginRequired = "login_required", 400, "OpenID Connect Core §3.1.2.6";
    /// A consent is needed, and `prompt=none` forbids to ask for it.
    ConsentRequired = "consent_required", 400, "OpenID Connect Core §3.1.2.6";
    /// Some other page is needed, and `prompt=none` forbids to show it.
    InteractionRequired = "interaction_required", 400, "OpenID Connect Core §3.1.2.6";
    /// The user must choose an account, and `prompt=none` forbids to ask.
    AccountSelectionRequired = "account_selection_required", 400, "OpenID Connect Core §3.1.2.6";
    /// The `request` parameter is not supported.
    RequestNotSupported = "request_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// The `request_uri` parameter is not supported.
    RequestUriNotSupported = "request_uri_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// The `request_uri` cannot be used: it is not registered, or what is there cannot be had.
    InvalidRequestUri = "invalid_request_uri", 400, "OpenID Connect Core §3.1.2.6";
    /// The request object is not valid.
    InvalidRequestObject = "invalid_request_object", 400, "OpenID Connect Core §3.1.2.6";
    /// The `registration` parameter is not supported.
    RegistrationNotSupported = "registration_not_supported", 400, "OpenID Connect Core §3.1.2.6";
    /// An essential authentication requirement of the request cannot be met.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements", 400, "OpenID Connect Core Error Code unmet_authentication_requirements §2";
    /// The resource is invalid, missing, unknown or malformed.
    InvalidTarget = "invalid_target", 400, "RFC 8707 §2";
    /// The authorization details are of an unknown type, not as their type wants them, or more than was granted.
    InvalidAuthorizationDetails = "invalid_authorization_details", 400, "RFC 9396 §5";
    /// The access token is expired, revoked, malformed or not meant for this API.
    InvalidToken = "invalid_token", 401, "RFC 6750 §3.1";
    /// The request needs more scope than the access token has.
    InsufficientScope = "insufficient_scope", 403, "RFC 6750 §3.1";
    /// The authentication behind the access token is too weak or too old.
    InsufficientUserAuthentication = "insufficient_user_authentication", 401, "RFC 9470 §3";
    /// The server cannot revoke this kind of token.
    UnsupportedTokenType = "unsupported_token_type", 400, "RFC 7009 §2.2.1";
    /// A redirect URI cannot be registered.
    InvalidRedirectUri = "invalid_redirect_uri", 400, "RFC 7591 §3.2.2";
    /// A client metadata member is invalid.
    InvalidClientMetadata = "invalid_client_metadata", 400, "RFC 7591 §3.2.2";
    /// A software statement is invalid.
    InvalidSoftwareStatement = "invalid_software_statement", 400, "RFC 7591 §3.2.2";
    /// A software statement is not approved for use here.
    UnapprovedSoftwareStatement = "unapproved_software_statement", 400, "RFC 7591 §3.2.2";
    /// The user has not answered yet.
    AuthorizationPending = "authorization_pending", 400, "RFC 8628 §3.5";
    /// The user has not answered yet, and the client asks too often.
    SlowDown = "slow_down", 400, "RFC 8628 §3.5";
    /// The device code expired before the user answered.
    ExpiredToken = "expired_token", 400, "RFC 8628 §3.5";
    /// The DPoP proof is not valid. An API answers 401 with it (§7.1).
    InvalidDpopProof = "invalid_dpop_proof", 400, "RFC 9449 §5";
    /// The DPoP proof must hold the nonce that comes with this answer. An API answers 401 with it (§9).
    UseDpopNonce = "use_dpop_nonce", 400, "RFC 9449 §8";
    /// A hint that names the user has expired.
    ExpiredLoginHintToken = "expired_login_hint_token", 400, "CIBA §13";
    /// The hint of a request names no user.
    UnknownUserId = "unknown_user_id", 400, "CIBA §13";
    /// The user has a code without which they are not asked, and the request lacks it.
    MissingUserCode = "missing_user_code", 400, "CIBA §13";
    /// The user's code is another one.
    InvalidUserCode = "invalid_user_code", 400, "CIBA §13";
    /// What is to be shown beside a request cannot be.
    InvalidBindingMessage = "invalid_binding_message", 400, "CIBA §13";
    /// Something kept a request from being answered with tokens; told to a client that they are pushed to.
    TransactionFailed = "transaction_failed", 400, "CIBA §12";
    /// The grant is unknown, or not one of this client and user.
    InvalidGrantId = "invalid_grant_id", 404, "Grant Management §5.4";
}

impl ErrorCode {
    /// Reads a code from the wire; `None` when it is not one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_itself_and_uses_only_the_allowed_characters() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(
                code.as_str()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            );
            assert!(!code.section().is_empty());
        }
        assert_eq!(ErrorCode::parse("no_such_code"), None);
        assert_eq!(ErrorCode::parse("Invalid_Request"), None);
    }

    /// RFC 6749 §5.2: 400 unless specified otherwise; `invalid_client` may be 401. RFC 6750 §3.1: 400, 401, 403.
    #[test]
    fn the_status_is_the_one_of_the_specification() {
        let unusual: Vec<_> = ErrorCode::ALL
            .iter()
            .filter(|code| code.status() != 400)
            .map(|code| (code.as_str(), code.status()))
            .collect();
        assert_eq!(
            unusual,
            [
                ("invalid_client", 401),
                ("server_error", 500),
                ("temporarily_unavailable", 503),
                ("invalid_token", 401),
                ("insufficient_scope", 403),
                ("insufficient_user_authentication", 401),
                ("invalid_grant_id", 404),
            ]
        );
    }
}
