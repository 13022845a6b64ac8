//! `POST /revocations`: tell me at once which tokens for my APIs may be worth less than before.
//!
//! Accepted: who may ask about the tokens of some API (RFC 7662 §2), by the same credentials. It is told of what was
//! revoked for these APIs, by tags, and of clients, which have no API. Deliberately not: what a client may learn of its own
//! tokens; it has revoked them, or finds out when it uses them.

use std::collections::HashSet;

use explanation::{
    Explain, Explanation,
    catalogue::{server, token},
};
use protocol::{error_code::ErrorCode, form::twice, revocation_events::Event};
use realm::{RealmContext, revocations::Subscriber};
use tokio::sync::mpsc;

use crate::{
    EndpointRequest,
    client_auth::{self, ClientAuthRefusal},
};

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub enum RevocationEventsRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// The caller did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// It may ask about the tokens of no API.
    #[error("no API names this client in introspection")]
    NoApi,
    /// There are as many streams as there can be.
    #[error("there are too many streams")]
    TooMany,
}

impl RevocationEventsRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) => ErrorCode::InvalidRequest,
            Self::Client(refusal) => refusal.code(),
            Self::NoApi => ErrorCode::UnauthorizedClient,
            Self::TooMany => ErrorCode::TemporarilyUnavailable,
        }
    }

    /// The status: a client that is who it says, and may not, is 403 here.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoApi => 403,
            _ => self.code().status(),
        }
    }
}

impl Explain for RevocationEventsRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::DuplicateParameter(name) => twice(name),
            Self::Client(refusal) => refusal.explanation(),
            Self::NoApi => (&token::NO_API).into(),
            Self::TooMany => (&server::TOO_MANY_STREAMS).into(),
        }
    }
}

/// Begins a stream.
pub async fn listen(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
) -> Result<mpsc::Receiver<Event>, RevocationEventsRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(RevocationEventsRefusal::DuplicateParameter(name.to_owned()));
    }
    let client = client_auth::authenticate(realm, request)
        .await?
        .require_confidential()?;
    let client_id = client.client().id();
    let names_it = |api: &&model::Api| api.introspection.iter().any(|id| id == client_id);
    let apis: HashSet<String> = realm
        .apis
        .iter()
        .filter(names_it)
        .map(|api| api.identifier.clone())
        .collect();
    if apis.is_empty() {
        return Err(RevocationEventsRefusal::NoApi);
    }
    let who = Subscriber {
        issuer: realm.issuer().to_owned(),
        client_id: client_id.to_owned(),
        apis,
    };
    let stream = realm.node.revocations.listen(who);
    stream.ok_or(RevocationEventsRefusal::TooMany)
}
