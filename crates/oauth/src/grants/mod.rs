//! Grants at the token endpoint: one file per `grant_type`.
//!
//! Spec: RFC 6749 §4, RFC 9700 §2.4
//!
//! Deliberately not: `password` (RFC 6749 §4.3), which makes apps ask for passwords.

mod authorization_code;
mod ciba;
mod client_credentials;
mod device_code;
mod first_tokens;
mod jwt_bearer;
mod polled;
mod refresh_token;
mod token_exchange;
mod vouched;

use std::{
    future::{Future, ready},
    pin::Pin,
};

use explanation::{
    Explain, Explanation,
    catalogue::{self, form, polled as polled_request},
};
use protocol::{error_code::ErrorCode, form::Form, grant_type::GrantType, pkce::PkceError};
use realm::RealmContext;

pub(crate) use self::ciba::push as push_ciba;
pub use self::token_exchange::ExchangeRefusal;

use crate::{
    Fault,
    authorization_details::DetailsRefusal,
    client_auth::AuthenticatedClient,
    issue::{ProtectionRefusal, Redeemed},
    scope_policy::ScopeRefusal,
    trusted_issuer::TrustRefusal,
};

/// Why a grant was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum GrantRefusal {
    /// A parameter is missing.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// No such code, or one that expired so long ago that it is forgotten.
    #[error("the code is unknown or has expired")]
    UnknownCode,
    /// The code of another client.
    #[error("the code was issued to another client")]
    CodeOfAnotherClient,
    /// A code was used before; what came from it has been revoked.
    #[error("the code was used before, so the tokens that came from it have been revoked; start again")]
    CodeUsed,
    /// Too late.
    #[error("the code has expired: redeem it at once, it lives {0} seconds")]
    CodeExpired(i64),
    /// A request that its user has not answered, on another device.
    #[error("the user has not answered yet: poll again after the interval")]
    Pending,
    /// The same, asked too often.
    #[error("polled too often: wait {0} seconds before the next poll, and between all that follow")]
    SlowDown(i64),
    /// The user did not permit such a request.
    #[error("the user did not permit it")]
    Denied,
    /// No such request.
    #[error("the code is unknown or has expired")]
    RequestUnknown,
    /// The request of another client.
    #[error("the code was issued to another client")]
    RequestOfAnotherClient,
    /// Such a request was not answered in time, or its tokens were not fetched.
    #[error("the request has expired: make a new one")]
    RequestExpired,
    /// The tokens of such a request were fetched before.
    #[error("the tokens of this request were fetched before: make a new one")]
    RequestUsed,
    /// A client that tokens are pushed to.
    #[error("this client is registered for the delivery mode push: its tokens are brought to it")]
    PushedTo,
    /// Another redirect URI than at the authorization endpoint.
    #[error("redirect_uri is not the one of the authorization request; send exactly the same")]
    RedirectUriMismatch,
    /// PKCE.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// The user took the permission back, signed out, or was disabled.
    #[error("the permission behind this was taken back or has ended")]
    Ended,
    /// Not a refresh token of this realm.
    #[error("the refresh token is unknown or has expired")]
    UnknownRefreshToken,
    /// The refresh token of another client.
    #[error("the refresh token was issued to another client")]
    RefreshTokenOfAnotherClient,
    /// A refresh token that was replaced; its family has been ended.
    #[error("the refresh token was used before and replaced; the permission has been ended for safety")]
    RefreshTokenReplayed,
    /// It is bound to a key that the request does not prove.
    #[error("it is bound to another key than the one that this request proves to hold")]
    OtherKey,
    /// The scope or the resource is not possible for this client.
    #[error(transparent)]
    Scope(#[from] ScopeRefusal),
    /// The authorization details are not possible.
    #[error(transparent)]
    Details(#[from] DetailsRefusal),
    /// The assertion is not believed.
    #[error("the assertion is not accepted: {0}")]
    Assertion(#[from] TrustRefusal),
    /// The assertion was used before.
    #[error("the assertion was used before: get a new one, with a jti of its own, for each request")]
    AssertionUsed,
    /// The assertion is about nobody, or somebody who is disabled.
    #[error("the assertion is about a user who is not known here")]
    NoSuchUser,
    /// The user is not asked here, and has not permitted it before.
    #[error(
        "the user has not permitted this client what it asks for: send them through the authorization endpoint once"
    )]
    NotPermitted,
    /// A token is not exchanged.
    #[error(transparent)]
    Exchange(#[from] ExchangeRefusal),
    /// The ID token cannot be protected as the client wants it.
    #[error(transparent)]
    Protection(#[from] ProtectionRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl GrantRefusal {
    /// The registered error code (RFC 6749 §5.2, RFC 8628 §3.5, CIBA §11, RFC 8707 §2, RFC 9396 §8).
    pub fn code(&self) -> ErrorCode {
        match self {
            // "if either the `subject_token` or `actor_token` are invalid for any reason, or are unacceptable based on policy
            // […] the value of the error parameter MUST be the `invalid_request` error code" (RFC 8693 §2.2.2).
            Self::Missing(_) | Self::Exchange(_) => ErrorCode::InvalidRequest,
            Self::Scope(refusal) => refusal.code(),
            Self::Details(refusal) => refusal.code(),
            Self::Protection(refusal) => refusal.code(),
            Self::Pending => ErrorCode::AuthorizationPending,
            Self::SlowDown(_) => ErrorCode::SlowDown,
            Self::Denied => ErrorCode::AccessDenied,
            Self::RequestExpired => ErrorCode::ExpiredToken,
            Self::PushedTo => ErrorCode::UnauthorizedClient,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
            _ => ErrorCode::InvalidGrant,
        }
    }
}

impl Explain for GrantRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing(name) => return Explanation::from(&form::MISSING).expected(name),
            Self::UnknownCode => &catalogue::authorization_code::UNKNOWN,
            Self::CodeOfAnotherClient => &catalogue::authorization_code::OTHER_CLIENT,
            Self::CodeUsed => &catalogue::authorization_code::USED,
            Self::CodeExpired(_) => &catalogue::authorization_code::EXPIRED,
            Self::RedirectUriMismatch => &catalogue::authorization_code::REDIRECT_URI_OTHER,
            Self::Pkce(error) => return error.explanation(),
            Self::Pending => &polled_request::PENDING,
            Self::SlowDown(interval) => {
                return Explanation::from(&polled_request::SLOW_DOWN)
                    .expected(format!("{interval} seconds between polls"));
            }
            Self::Denied => &polled_request::DENIED,
            Self::RequestUnknown => &polled_request::UNKNOWN,
            Self::RequestOfAnotherClient => &polled_request::OTHER_CLIENT,
            Self::RequestExpired => &polled_request::EXPIRED,
            Self::RequestUsed => &polled_request::USED,
            Self::PushedTo => &polled_request::PUSHED_TO,
            Self::Ended => &catalogue::grant_type::ENDED,
            Self::UnknownRefreshToken => &catalogue::refresh_token::UNKNOWN,
            Self::RefreshTokenOfAnotherClient => &catalogue::refresh_token::OTHER_CLIENT,
            Self::RefreshTokenReplayed => &catalogue::refresh_token::REPLAYED,
            Self::OtherKey => &catalogue::binding::OTHER_KEY,
            Self::AssertionUsed => &catalogue::assertion::USED,
            Self::NoSuchUser => &catalogue::trusted_issuer::NO_SUCH_USER,
            Self::NotPermitted => &catalogue::trusted_issuer::NOT_PERMITTED,
            Self::Scope(refusal) => return refusal.explanation(),
            Self::Details(refusal) => return refusal.explanation(),
            Self::Assertion(refusal) => return refusal.explanation(),
            Self::Exchange(refusal) => return refusal.explanation(),
            Self::Protection(refusal) => return refusal.explanation(),
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<storage::StorageError> for GrantRefusal {
    fn from(error: storage::StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What `redeem` answers.
pub(crate) type Redeeming<'a> = Pin<Box<dyn Future<Output = Result<Redeemed, GrantRefusal>> + Send + 'a>>;

/// One grant type.
pub(crate) struct Grant {
    grant_type: GrantType,
    redeem: for<'a> fn(&'a RealmContext, &'a AuthenticatedClient, &'a Form) -> Redeeming<'a>,
}

impl Grant {
    /// Checks what was sent and commits its use.
    pub(crate) fn redeem<'a>(
        &self,
        realm: &'a RealmContext,
        client: &'a AuthenticatedClient,
        form: &'a Form,
    ) -> Redeeming<'a> {
        (self.redeem)(realm, client, form)
    }
}

/// The grants of the token endpoint. A new one is a file and a line here.
const GRANTS: &[Grant] = &[
    Grant {
        grant_type: GrantType::AuthorizationCode,
        redeem: |realm, client, form| Box::pin(authorization_code::redeem(realm, client, form)),
    },
    Grant {
        grant_type: GrantType::RefreshToken,
        redeem: |realm, client, form| Box::pin(refresh_token::redeem(realm, client, form)),
    },
    Grant {
        grant_type: GrantType::ClientCredentials,
        redeem: |realm, client, form| Box::pin(ready(client_credentials::redeem(realm, client, form))),
    },
    Grant {
        grant_type: GrantType::DeviceCode,
        redeem: |realm, client, form| Box::pin(device_code::redeem(realm, client, form)),
    },
    Grant {
        grant_type: GrantType::JwtBearer,
        redeem: |realm, client, form| Box::pin(jwt_bearer::redeem(realm, client, form)),
    },
    Grant {
        grant_type: GrantType::TokenExchange,
        redeem: |realm, client, form| Box::pin(token_exchange::redeem(realm, client, form)),
    },
    Grant {
        grant_type: GrantType::Ciba,
        redeem: |realm, client, form| Box::pin(ciba::redeem(realm, client, form)),
    },
];

/// The grant of this type, if it is redeemed at the token endpoint.
pub(crate) fn find(grant_type: GrantType) -> Option<&'static Grant> {
    GRANTS.iter().find(|grant| grant.grant_type == grant_type)
}
