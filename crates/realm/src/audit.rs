//! What happened, for those who have to answer for it: who, what, from where, by which client.
//!
//! What is a durable change gets its event in the very same [`storage::Change`], so that they stand or fall together. What
//! costs no row is counted in memory, or waits there for a moment, and is written in batches ([`Tally`]): nobody can fill
//! the database by being refused. What is told of the request is its trail.

mod tally;

use explanation::ErrorCode;
use model::{Actor, AuditEvent, AuditKind, new_id};
use serde_json::{Map, Value};
use storage::{
    Statement,
    audit_event::{self, Provided},
    authorization,
};

use crate::{
    RealmContext,
    trail::{self, Trail},
};

pub use self::tally::{Due, Tally};

/// How much of a text is kept in an event, in bytes.
const LONGEST: usize = 256;

/// An event that is being told. As a statement it belongs into the change that it tells of.
#[derive(Debug, Clone)]
#[must_use]
pub struct Event(AuditEvent);

/// What happens just now in a realm.
pub fn event(realm: &RealmContext, kind: AuditKind) -> Event {
    event_at(realm.issuer(), realm.now(), kind)
}

/// The same where there is no context: the issuer, and the time in unix seconds.
pub fn event_at(issuer: &str, now: i64, kind: AuditKind) -> Event {
    trail::read(|trail| {
        let mut details = Map::new();
        if let Some(command) = trail.command {
            details.insert("command".to_owned(), command.into());
        }
        if let Some(device) = trail.device.as_deref().filter(|_| kind.tells_device()) {
            details.insert("device".to_owned(), device.into());
        }
        if kind == AuditKind::SignInSucceeded && !trail.apis.is_empty() {
            details.insert("apis".to_owned(), trail.apis.clone().into());
        }
        Event(AuditEvent {
            id: new_id(),
            realm: issuer.to_owned(),
            at: now,
            kind,
            actor: actor(trail),
            user_id: trail.user_id.clone(),
            client_id: trail.client.as_ref().map(|client| client.client_id.clone()),
            address: trail.address.map(|address| address.to_string()),
            explanation_id: trail.address.map(|_| trail.id.as_str().to_owned()),
            count: 1,
            details,
        })
    })
}

fn actor(trail: &Trail) -> Actor {
    if trail.command.is_some() {
        Actor::Operator
    } else if trail.address.is_none() {
        Actor::Server
    } else if trail.user_id.is_some() {
        Actor::User
    } else if trail.client.is_some() {
        Actor::Client
    } else {
        Actor::Anonymous
    }
}

impl Event {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The user who did it, or whom it is about.
    pub fn user(mut self, id: &str) -> Self {
        self.0.user_id = Some(id.to_owned());
        self
    }

    /// The client by which it happened, or which it is about.
    pub fn client(mut self, id: &str) -> Self {
        self.0.client_id = Some(cut(id).to_owned());
        self
    }

    /// Who did it, where the trail does not tell.
    pub fn by(mut self, actor: Actor) -> Self {
        self.0.actor = actor;
        self
    }

    /// One more thing to say. Texts are cut; neither secrets nor tokens belong here.
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::String(text) => cut(&text).into(),
            other => other,
        };
        self.0.details.insert(name.to_owned(), value);
        self
    }

    /// Wherever it comes from: what is counted by client.
    pub fn anywhere(mut self) -> Self {
        self.0.address = None;
        self
    }

    /// Ends an authorization, and is written if it was alive until then: of many who end it, one tells.
    pub fn ending(&self, authorization_id: &str) -> [Statement; 2] {
        let AuditEvent { id, realm, at, .. } = &self.0;
        [
            authorization::end_by(realm, authorization_id, id, *at),
            self.provided(Provided::HasEnded(authorization_id)),
        ]
    }

    /// Of many alike: nobody is named, and the network stands for the address.
    fn of_many(mut self) -> Self {
        self.0.address = trail::read(|trail| trail.address.map(crate::refusals::network));
        self.0.user_id = None;
        self.0.client_id = None;
        self.by(Actor::Anonymous)
    }

    /// The statement that writes it if something is true at its point of the change.
    pub fn provided(&self, provided: Provided<'_>) -> Statement {
        audit_event::insert_provided(&self.0, provided)
    }

    /// Counts it with those that are alike, since it costs no row by itself: for a minute at most.
    pub fn count(self, realm: &RealmContext) {
        realm.node.tally.count(self.0);
    }

    /// Has it written soon, and by itself as long as there are not too many of the same client or user.
    pub fn soon(self, realm: &RealmContext) {
        realm.node.tally.add(self.0);
    }
}

impl From<Event> for Statement {
    fn from(event: Event) -> Self {
        audit_event::insert(&event.0)
    }
}

/// Tells that the request in hand is refused, for the reason of this name: one that a client proved to be its own is an
/// event by itself, the others are counted by error, reason and network.
pub fn refused(realm: &RealmContext, error: ErrorCode, reason: &str, description: &str) {
    if is_told_otherwise(error) {
        return;
    }
    let is_proven = trail::read(|trail| trail.client.as_ref().is_some_and(|client| client.is_proven));
    let event = event(realm, AuditKind::RequestRefused)
        .detail("error", error.as_str())
        .detail("reason", reason);
    if is_proven {
        let event = event.by(Actor::Client).detail("description", description);
        event.soon(realm);
    } else {
        event.of_many().count(realm);
    }
}

/// Whoever polls or fetches a nonce does what the protocol wants of it; that a user permits nothing is an event of its own;
/// and when this server fails, nobody is refused.
const fn is_told_otherwise(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::AuthorizationPending
            | ErrorCode::SlowDown
            | ErrorCode::UseDpopNonce
            | ErrorCode::AccessDenied
            | ErrorCode::ServerError
            | ErrorCode::TemporarilyUnavailable
    )
}

/// Tells that somebody who is not known did not get something, for this reason: counted by network.
pub fn refused_anonymously(realm: &RealmContext, kind: AuditKind, reason: &str) {
    event(realm, kind).detail("reason", reason).of_many().count(realm);
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
