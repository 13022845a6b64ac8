//! `urn:ietf:params:oauth:grant-type:token-exchange`: one token becomes another, never a wider or longer one.
//!
//! Spec: RFC 8693 §2.1, §2.2, §4.1 and §4.4
//!
//! Accepted: as `subject_token` an access token of this server that belongs to the client or is meant for its API, an ID
//! token of the client, or a JWT of a `[[trusted_issuer]]` with the purpose `token-exchange`; as `actor_token` an access
//! token of the client's own. The new token is an access token; it ends with the authorization behind the old one.
//! Deliberately not: public clients, since whoever found a token could exchange it; refresh tokens, either way.

mod actor;
mod request;
mod subject;

use explanation::{
    Explain, Explanation,
    catalogue::{token_exchange as catalogue, trusted_issuer},
};
use model::AuditKind;
use protocol::{form::Form, grant_type::GrantType, token_type::TokenType};
use realm::{RealmContext, audit};

use self::request::ExchangeRequest;
use super::GrantRefusal;
use crate::{
    client_auth::AuthenticatedClient,
    issue::{Redeemed, is_signed},
    trusted_issuer::TrustRefusal,
};

/// Why a token is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeRefusal {
    /// A type that is not exchanged.
    #[error("{0} is missing or not a type that is exchanged: use {known}", known = known_types())]
    Type(&'static str),
    /// What is asked for is not issued.
    #[error("requested_token_type can be an access token or, for an API that takes JWTs, a JWT")]
    RequestedType,
    /// One without the other.
    #[error("send actor_token and actor_token_type together, or neither")]
    ActorParameters,
    /// Unknown, expired, revoked, or of no concern to the client: not told apart.
    #[error("the {0} is unknown, expired or revoked, or was not issued to or meant for this client")]
    Token(&'static str),
    /// A JWT of another issuer.
    #[error("the subject_token is not accepted: {0}")]
    Trust(#[from] TrustRefusal),
    /// The user whom it names has not permitted the client what it asks for.
    #[error(
        "the user has not permitted this client what it asks for: send them through the authorization endpoint once"
    )]
    NotPermitted,
    /// `act` or `may_act` is something else.
    #[error("the claim {0} of the subject_token is malformed")]
    Malformed(&'static str),
    /// The subject says who may act, and it is not this party.
    #[error("the subject_token says who may act for its subject, and it is somebody else")]
    NotTheActor,
    /// An actor that is acted for itself, or a long chain.
    #[error("too many act for each other: use a token of the subject that has passed fewer hands")]
    TooManyActors,
}

fn known_types() -> String {
    TokenType::ALL.map(TokenType::as_str).join(", ")
}

impl Explain for ExchangeRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Type(name) => return Explanation::from(&catalogue::TYPE).with(known_types(), *name),
            Self::RequestedType => &catalogue::REQUESTED_TYPE,
            Self::ActorParameters => &catalogue::ACTOR_PARAMETERS,
            Self::Token(name) => return Explanation::from(&catalogue::TOKEN).found(name),
            Self::Trust(refusal) => return refusal.explanation(),
            Self::NotPermitted => &trusted_issuer::NOT_PERMITTED,
            Self::Malformed(name) => return Explanation::from(&catalogue::MALFORMED).found(name),
            Self::NotTheActor => &catalogue::NOT_THE_ACTOR,
            Self::TooManyActors => &catalogue::TOO_MANY_ACTORS,
        };
        reason.into()
    }
}

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let request = ExchangeRequest::parse(form)?;
    let client = client.client();
    let subject = subject::find(realm, client, &request).await?;
    let acting = actor::settle(realm, client, &request, &subject).await?;
    let (mut token, details) = subject.token(realm, client, form, request.wants_jwt()).await?;
    let event = subject.is_token().then(|| {
        audit::event(realm, AuditKind::TokenIssued)
            .client(client.id())
            .detail("grant_type", GrantType::TokenExchange.as_str())
            .detail("api", token.audience.clone())
            .anywhere()
    });
    token.act = acting.act;
    token.may_act = acting.may_act;
    let issued = if request.wants_jwt() {
        TokenType::Jwt
    } else {
        TokenType::AccessToken
    };
    Ok(Redeemed {
        issued_token_type: Some(issued),
        counted: event,
        ..Redeemed::token(client, token, details)
    })
}

/// A JWT is issued to APIs that take one.
fn check_form(realm: &RealmContext, audience: &[String], wants_jwt: bool) -> Result<(), ExchangeRefusal> {
    if wants_jwt && !is_signed(realm, audience) {
        return Err(ExchangeRefusal::RequestedType);
    }
    Ok(())
}
